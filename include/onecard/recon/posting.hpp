#pragma once

#include <string_view>
#include <vector>

#include "onecard/ledger/entry.hpp"
#include "onecard/recon/match.hpp"

/// What a matched return file brings into the books (DOMAIN 5.2).
namespace onecard::recon {

/// One entry that is due: over the lines that lead to `to`.
struct DueEntry {
    ledger::EntryKind kind = ledger::EntryKind::paid;
    Standing to = Standing::paid;
    Tally tally;
    std::string_view cause_ending;  ///< after "return N": that return file may have failures of its own
};

/// In the order in which they are posted. A success that is corrected takes two: the money is in transit again, and then
/// failed.
std::vector<DueEntry> entries_due(const Matched& matched);

inline constexpr std::string_view correction_cause = " correction";

}  // namespace onecard::recon
