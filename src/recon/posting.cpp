#include "onecard/recon/posting.hpp"

namespace onecard::recon {

std::vector<DueEntry> entries_due(const Matched& matched) {
    using ledger::EntryKind;
    std::vector<DueEntry> due;
    const auto add = [&](EntryKind kind, Standing to, const Tally& tally, std::string_view cause_ending) {
        if (tally.count > 0) due.push_back({kind, to, tally, cause_ending});
    };
    add(EntryKind::paid, Standing::paid, matched.paid, {});
    add(EntryKind::failed, Standing::failed, matched.failed, {});
    add(EntryKind::late_return, Standing::returned, matched.returned, {});
    add(EntryKind::success_corrected, Standing::corrected, matched.corrected, {});
    add(EntryKind::failed, Standing::corrected, matched.corrected, correction_cause);
    return due;
}

}  // namespace onecard::recon
