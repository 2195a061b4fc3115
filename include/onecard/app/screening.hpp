#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "onecard/app/identity.hpp"
#include "onecard/app/paging.hpp"
#include "onecard/app/report.hpp"
#include "onecard/app/tools.hpp"

namespace onecard::app {

/// Screening before paying, as officers see it. What a run does with it is in Runs::compute.
class Screening {
public:
    explicit Screening(Tools& tools) : tools_{tools} {}

    struct ListWish {
        ListKind kind = ListKind::deaths;
        Region region;       ///< what the list covers
        Day snapshot;        ///< the day for which it speaks
        std::string source;  ///< who handed it in, by which document
        std::filesystem::path file;
    };
    struct Imported {
        std::int32_t list_no = 0;  ///< 0 when a fault stopped it: then nothing was recorded
        std::int32_t rows = 0;
        Faults faults;
    };
    /// Records one list (CSV: resident_id, from, until, note; all but the first may be left out), all or nothing. Resident
    /// IDs are kept as keyed digests only; the file itself goes into the vault. Faults: forbidden (a maker of the region),
    /// whatever a row has, with line and column, masked; duplicate for the same file again.
    Imported import_list(const Identity& by, const ListWish& wish, Moment now);

    /// The lists of a region, each with the day until which its rule lets it be used.
    Result<Report> lists(const Identity& by, const Region& region, const std::vector<ScreeningRule>& rules);
    /// What one run found: findings, held payments, lists used, and written acceptances.
    /// `slice` is of the findings; what is held comes with the finding that holds it.
    Result<Report> findings(const Identity& by, RunNo run, const Slice& slice = {});
    /// One account for three payees or more, who are of different households: shown, never held (DOMAIN 4.2).
    Result<Report> account_reuse(const Identity& by, const Region& region);

    /// A checker accepts in writing that a run goes on with an old or missing list. Errors: forbidden, unknown (run),
    /// malformed (no reason), duplicate.
    Result<void> accept_stale(const Identity& by, RunNo run, ListKind kind, const Region& region,
                              std::string_view reason, Moment now);
    /// A maker proposes and a checker confirms that a finding does not stand in the way; what was held becomes arrears.
    /// Returns whether it is released now. Errors: forbidden (role, region, the same person twice), unknown, malformed,
    /// duplicate.
    Result<bool> release(const Identity& by, County county, std::string_view subject, std::string_view reason,
                         Moment now);

private:
    Tools& tools_;
};

}  // namespace onecard::app
