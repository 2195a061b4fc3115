#pragma once

#include <span>
#include <string>
#include <vector>

#include "onecard/app/identity.hpp"
#include "onecard/app/tools.hpp"
#include "onecard/ledger/entry.hpp"

namespace onecard::app {

/// When a unit is checked: its corrections of past months become real, what was paid too much becomes receivables, and
/// what was kept of its payments is recovered. Appends the entries. Errors: stale when a receivable was settled
/// otherwise since the unit was computed. A correction that another unit made first is refused by the database.
Result<void> settle_past(const Tools& tools, Work& work, const Run& run, const Unit& unit, const Identity& by,
                         Moment now, std::vector<ledger::Entry>& entries);

/// Under which entry a receivable or a recovery is booked: those of one unit together by programme, others alone.
ledger::EntryKind kind_of_found(const Receivable& receivable);
std::string cause_of_found(const Receivable& receivable);
ledger::EntryKind kind_of_recovery(RecoveryKind kind);
std::string cause_of_recovery(const Recovery& recovery, Programme programme);

/// Entries over receivables of one county that were found (Dr 1211), numbered already, ascending.
void add_entries_of_found(const HashFunction& sha256, std::span<const Receivable> found,
                          std::vector<ledger::Entry>& entries);

/// One recovery with the receivable that it belongs to.
struct Recovered {
    Recovery recovery;
    Receivable of;
};
/// Entries over recoveries of one county, in the order (receivable, step), and over the prior-year money among them.
void add_entries_of_recovered(const HashFunction& sha256, std::span<const Recovered> recovered,
                              std::vector<ledger::Entry>& entries);

}  // namespace onecard::app
