#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "onecard/app/identity.hpp"
#include "onecard/app/report.hpp"
#include "onecard/app/tools.hpp"

namespace onecard::app {

/// What changed since the month before, and why: a bridge from that month's total (its regular run and those that paid whom
/// it left out) to this run's, exact to the fen, by programme and by township. The cause is found by assessing the facts
/// of before under the rules of now: what that changes is the standard's doing, the rest is the facts' or the household's.
/// Arrears and what is kept for receivables have months of their own and stand by themselves. A run that pays whom its
/// month's regular run left out is told with its month. Counties are compared on all workers, and assessed for those
/// households alone whose payments differ.
/// Errors: forbidden, unknown, missing (not computed yet, a re-issue run), mismatch (recomputing disagrees with what is
/// paid, named), tampered.
Result<Report> report_changes(Tools& tools, const Identity& by, RunNo run);

/// The same payee by payee: new, stopped, changed by the standard, the facts or the household, arrears, offset, or the same,
/// each with its cause. Read a page at a time, a county in memory.
class RunChanges {
public:
    /// `cursor` is empty, or what `cursor()` said behind an earlier page; `with_same`: those, too, for whom nothing changed.
    /// Errors: those of `report_changes`; malformed (the cursor).
    static Result<RunChanges> open(Tools& tools, const Identity& by, RunNo run, const std::string& cursor,
                                   Language language, bool with_same);
    RunChanges(RunChanges&&) noexcept;
    ~RunChanges();
    /// At most `rows_max` rows.
    Result<Table> next(std::int64_t rows_max);
    /// Where the next page begins; empty at the end.
    std::string cursor() const;

private:
    struct Impl;
    explicit RunChanges(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace onecard::app
