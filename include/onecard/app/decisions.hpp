#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "onecard/app/deadlines.hpp"
#include "onecard/app/identity.hpp"
#include "onecard/app/paging.hpp"
#include "onecard/app/report.hpp"
#include "onecard/app/tools.hpp"

namespace onecard::app {

struct OpenItem;  // closing_records.hpp

/// What people decide where matching cannot: breaks, failures that no new account can mend, files refused whole. A maker
/// proposes, with evidence; a checker agrees, who is another person. Only a break over less than the office's limit is
/// resolved by one person alone.
class Decisions {
public:
    explicit Decisions(Tools& tools, Deadlines deadlines = {}) : tools_{tools}, deadlines_{deadlines} {}

    struct Proposed {
        std::int64_t no = 0;
        bool done = false;  ///< nobody else had to be asked
    };
    /// Ends a break. `about`: what the resolution names (recon::named_by), else empty. Errors: forbidden, unknown (break),
    /// duplicate (resolved before), conflict (a resolution that does not fit the break, or a failure that something has
    /// followed), mismatch (what it names is over another amount or at another bank), malformed (no evidence).
    Result<Proposed> resolve(const Identity& by, County county, std::int64_t break_no,
                             recon::Resolution resolution, std::string_view about, std::string_view evidence,
                             Moment now);
    /// Says who looks after a break: a person, or the bank that was asked. Errors: forbidden, unknown, duplicate.
    Result<void> give(const Identity& by, County county, std::int64_t break_no, std::string_view owner,
                      Moment now);
    /// A failed or returned payment is no longer owed (the payee died, the award was wrong): Dr 2111 / Cr 5001, or 3002
    /// for a year before. Errors: forbidden, unknown (no such open failure), malformed.
    Result<Proposed> cancel(const Identity& by, const PaymentReference& reference, std::string_view evidence,
                            Moment now);
    /// Holds a failure back, or frees it to be tried again whatever its reason suggests. Errors: as cancel.
    Result<void> note(const Identity& by, const PaymentReference& reference, bool retry,
                      std::string_view reason, Moment now);
    /// Hands a file over again that its bank has refused whole: Dr 2101 / Cr 2102. Errors: forbidden, unknown, conflict
    /// (not refused).
    Result<Proposed> send_again(const Identity& by, std::string_view file_id, std::string_view evidence,
                                Moment now);
    /// Closes a month ("2022-01") or a fiscal year ("2022") of a county. `carried`: what is open and goes over, each as
    /// the closing report calls it. A year's income and expenditure go to what is carried forward (3001). Errors:
    /// forbidden, malformed, duplicate (closed before), conflict (open and not listed: each is named; a year whose months
    /// are not closed).
    Result<Proposed> close(const Identity& by, County county, std::string_view period,
                           std::span<const std::string> carried, std::string_view evidence, Moment now);
    /// What is open of a county at the end of a month or year.
    Result<Report> open_items(const Identity& by, County county, std::string_view period);
    /// The second person's answer; what is agreed to is done at once. Errors: forbidden (role, region, the proposer),
    /// unknown, duplicate (answered before), conflict (things have changed since).
    Result<void> answer(const Identity& by, std::int64_t proposal_no, bool agrees, Moment now);

    Result<Report> proposals(const Identity& by, const Region& region, const Slice& slice = {});
    /// Money that waits, by account, bank, reason and days, and what of it is overdue.
    Result<Report> ageing(const Identity& by, const Region& region);
    /// How well a run was paid, by bank.
    Result<Report> indicators(const Identity& by, RunNo run);

private:
    Result<Proposed> propose(Work& work, Motion proposal, const Identity& by, Moment now,
                             std::span<const OpenItem> carried = {});
    Result<void> carry_out(Work& work, const Motion& proposal, Moment now);
    Result<void> close_now(Work& work, const Motion& proposal, Moment now);
    Tools& tools_;
    Deadlines deadlines_;
};

}  // namespace onecard::app
