#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "onecard/app/identity.hpp"
#include "onecard/app/paging.hpp"
#include "onecard/app/records.hpp"
#include "onecard/app/report.hpp"
#include "onecard/app/run_life.hpp"
#include "onecard/app/screening_records.hpp"
#include "onecard/app/tools.hpp"
#include "onecard/policy/book.hpp"

namespace onecard::app {

struct RunLimits {
    std::size_t lines_per_file_max = 200'000;
    std::int64_t payments_per_part = 250'000;  ///< PERFORMANCE: a part holds many counties of one run
    std::vector<ScreeningRule> screening = default_screening();
    AccountRules accounts = {};
    std::int64_t outlier_times =
        10;  ///< a payment of more than so many times the standard is looked at by itself
};

/// What a run does about the months before its own; leave it out and it leaves them alone.
struct PastWish {
    Month from;              ///< the first month that is computed again
    int offset_percent = 0;  ///< of a payment, at most, kept for open receivables: 0 … 99
    std::string
        excluded;  ///< to whom no arrears are paid: "deceased,in-grace,not-on-roster,unattended-child"
};

/// The life of a run: create → compute → propose → check → release. Each unit stands for itself, whatever becomes of the others.
class Runs {
public:
    Runs(Tools& tools, const policy::Book& book, RunLimits limits)
        : tools_{tools}, book_{book}, limits_{limits} {}

    /// Plans a run over every county of the region that has enrolments (regular), open failures that can be tried
    /// again (re-issue), or a released regular run of the month and what the kind pays (the others).
    /// Errors: forbidden (role, region), missing (no register, no policy, nothing to re-issue or to stand on), duplicate (a
    /// county has a live regular unit for the period: named).
    /// Of `past` (regular and supplementary runs): out_of_range (the first month lies after what the kind corrects; the
    /// percentage), unknown (an exclusion), conflict (another kind).
    Result<Run> create(const Identity& by, RunKind kind, Month period, const Region& region, Moment now,
                       const std::optional<PastWish>& past = std::nullopt);

    struct Progress {
        std::int64_t units_done = 0, units_all = 0, payments = 0;
    };
    /// Computes every unit that has no result yet, on all workers; safe to repeat after any crash.
    /// Errors (first of them; the others are in the log text): what the rules or files refuse, naming the unit.
    Result<Progress> compute(const Identity& by, RunNo run, Moment now,
                             const std::function<void(const Progress&)>& on_progress);

    /// Lets computations end after the unit that each worker is at; what is done stays done. For good.
    void stop_soon() { stopping_ = true; }

    /// What an officer signs for one unit.
    struct ApprovalText {
        County county;
        std::string text;
    };
    /// The texts that wait for this officer's step (maker: proposed, checker: checked, releaser: released).
    Result<std::vector<ApprovalText>> approval_texts(const Identity& by, RunNo run);
    /// Takes the officer's signatures (CMS with the text) by county, each for itself: the answer is the first county's that
    /// was refused, and the others are taken. Errors: forbidden (role, another's signature, the same person twice), stale
    /// (the text is not what stands now), missing (steps before).
    Result<std::int64_t> approve(const Identity& by, RunNo run,
                                 const std::map<County, std::string>& signatures, Moment now);
    /// Accepts outliers of a unit by their numbers, in writing; a unit can be checked when all are accepted. Errors: forbidden
    /// (not a checker of the county), malformed (reason), unknown (no such outlier), duplicate (accepted before).
    Result<void> accept_outliers(const Identity& by, RunNo run, County county,
                                 std::span<const std::int32_t> outliers, std::string_view reason, Moment now);
    /// What a checker must look at in a run, with who accepted it and why. Errors: unknown, forbidden.
    Result<Report> outliers(const Identity& by, RunNo run, const Slice& slice = {});
    /// Cancels the units that are not checked, or one county's alone; those that are stay as they are. Errors: forbidden,
    /// unknown (no such county), conflict (none of them can be cancelled: the first one is named).
    Result<std::int64_t> cancel(const Identity& by, RunNo run, Moment now, std::optional<County> county = {});
    /// Takes checked units back before their release: what the check posted is posted back, the month can be run again.
    /// Errors: forbidden; unknown; conflict (none is checked and not released, or its check has settled the past).
    Result<std::int64_t> withdraw(const Identity& by, RunNo run, Moment now,
                                  std::optional<County> county = {});

    Result<Report> status(const Identity& by, RunNo run);
    Report list(const Identity& by, const Slice& slice = {});
    /// Errors: unknown, forbidden (a region apart from the officer's).
    Result<Run> find(RunNo run, const Identity& by);

private:
    Result<std::int64_t> end_units(const Identity& by, RunNo run, Move move, Moment now,
                                   std::optional<County> county);

    Tools& tools_;
    std::atomic<bool> stopping_ = false;
    const policy::Book& book_;
    RunLimits limits_;
};

}  // namespace onecard::app
