#pragma once

#include <map>
#include <string>
#include <vector>

#include "onecard/app/tools.hpp"
#include "onecard/ledger/fund_books.hpp"

namespace onecard::app {

/// The lines of a batch that belong to one month: what an entry over them says. A regular batch has one month; the
/// payments that a re-issue tries again lie in many, and each month's money stays its own.
struct MonthOfBatch {
    Month period;
    std::int32_t lines = 0;
    Money total;
    Digest root;
};
std::vector<MonthOfBatch> months_of(const HashFunction& hash, Work& work, const Batch& batch);

/// "batch 370212/202202/1", " round 2", " of 202201" where it is a re-issue's.
ledger::Entry::About about_batch(const Batch& batch, const MonthOfBatch& month, ledger::EntryKind kind,
                                 Moment now, std::int16_t round = 1);
/// Of a regular batch.
ledger::Entry::About about_batch(const Batch& batch, ledger::EntryKind kind, Moment now,
                                 std::int16_t round = 1);
/// The entries over a whole batch that moves (dispatch again, refusal), a month each.
Result<std::vector<ledger::Entry>> entries_of_batch(const HashFunction& hash, Work& work, const Batch& batch,
                                                    ledger::EntryKind kind, Moment now, std::int16_t round);

}  // namespace onecard::app
