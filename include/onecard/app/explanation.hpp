#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

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
/// which the two computations part. The same records give the same bytes. A standard that rises late corrects everybody:
/// the list is read a page at a time, a county's facts in memory. Goes through the counties of the caller's region in order.
class RunDifferences {
public:
    /// `cursor` is empty, or what `cursor()` said behind an earlier page. Errors: forbidden, unknown, tampered; malformed
    /// (the cursor).
    static Result<RunDifferences> open(Tools& tools, const Identity& by, RunNo run, const std::string& cursor,
                                       Language language);
    RunDifferences(RunDifferences&&) noexcept;
    ~RunDifferences();

    /// What all of it comes to: run, period, from when, arrears and demands.
    const std::vector<Field>& about() const;
    /// At most `rows_max` rows. Errors: tampered; what a policy refuses.
    Result<Table> next(std::int64_t rows_max);
    /// Where the next page begins; empty at the end.
    std::string cursor() const;

private:
    struct Impl;
    explicit RunDifferences(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace onecard::app
