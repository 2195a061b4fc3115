#pragma once

#include "onecard/app/identity.hpp"
#include "onecard/app/report.hpp"
#include "onecard/app/tools.hpp"
#include "onecard/core/ids.hpp"

namespace onecard::app {

/// How a payment's amount came about: facts, values with their documents, each step, the rounding.
/// Recomputed from the records: the facts as known at the run's import, the policy book as the run recorded it.
/// Errors: forbidden, unknown; tampered when the recorded book is not the one that the run names; mismatch when the
/// recomputation gives another amount or payee than what was owed, or nothing.
Result<Report> explain_payment(Tools& tools, const Identity& by, const PaymentReference& reference,
                               Language language);

/// What a run made of past months, month by month: awarded, what should be, the difference, and the first component in
/// which the two computations part. The same records give the same bytes. Errors: forbidden, unknown, tampered.
Result<Report> report_differences(Tools& tools, const Identity& by, RunNo run, Language language);

}  // namespace onecard::app
