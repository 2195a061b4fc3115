#pragma once

#include "onecard/app/tools.hpp"

/// What becomes of breaks and failures when people have decided: in the records and on the books.
namespace onecard::app {

/// Errors: unknown.
Result<OpenFailure> open_failure(Work& work, const PaymentReference& reference);

/// Paid after all, or no longer owed (`prior_year`: in a year that is over).
void end_failure(Work& work, const HashFunction& hash, const OpenFailure& failure, bool paid, bool prior_year,
                 const Motion& proposal, Moment now);

/// `about`: what the resolution names, see recon::named_by. Errors: conflict (things are not so, or have changed since),
/// mismatch (another amount, bank or county), malformed.
Result<void> end_break(Tools& tools, Work& work, const BreakRecord& one, recon::Resolution resolution,
                       std::string_view about, const Motion& proposal, Moment now);

}  // namespace onecard::app
