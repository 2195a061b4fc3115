#pragma once

#include <map>
#include <span>
#include <string>
#include <vector>

#include "onecard/app/identity.hpp"
#include "onecard/app/tools.hpp"
#include "onecard/ledger/entry.hpp"

namespace onecard::app {

/// When a unit is checked: its corrections of past months become real, what was paid too much becomes receivables, and
/// what was kept of its payments is recovered. `promised`: what pays for the unit besides its batches, by programme.
/// Appends the entries. Errors: stale when a receivable was settled
/// otherwise since the unit was computed. A correction that another unit made first is refused by the database.
Result<void> settle_past(const Tools& tools, Work& work, const Run& run, const Unit& unit, const Identity& by,
                         Moment now, std::map<Programme, ledger::FundPot>& promised,
                         std::vector<ledger::Entry>& entries);

/// Under which entry a receivable or a recovery is booked: those of one unit together by programme and benefit month,
/// others alone.
ledger::EntryKind kind_of_found(const Receivable& receivable);
std::string cause_of_found(const Receivable& receivable);
ledger::EntryKind kind_of_recovery(RecoveryKind kind);
std::string cause_of_recovery(const Recovery& recovery, const Receivable& of);

/// Entries over receivables of one county that were found (Dr 1211), numbered already, ascending: the money goes back to
/// the funds that paid their month. `books` hold their benefit months.
void add_entries_of_found(const HashFunction& sha256, ledger::FundBooks& books,
                          std::span<const Receivable> found, std::vector<ledger::Entry>& entries);

/// One recovery with the receivable that it belongs to.
struct Recovered {
    Recovery recovery;
    Receivable of;
};
/// Entries over recoveries of one county other than offsets, in the order (receivable, step), and over the prior-year money
/// among them. `books` hold the receivables' benefit months.
void add_entries_of_recovered(const HashFunction& sha256, ledger::FundBooks& books,
                              std::span<const Recovered> recovered, std::vector<ledger::Entry>& entries);

}  // namespace onecard::app
