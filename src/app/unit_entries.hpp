#pragma once

#include <map>
#include <vector>

#include "onecard/app/store.hpp"
#include "onecard/ledger/entry.hpp"
#include "onecard/ledger/fund.hpp"

/// What the books say when a unit is checked and when it is released.
namespace onecard::app {

/// What a unit owes, each batch's share of its programme's funds: portions that together are those funds to the fen. Where
/// the county has no money on record they are of no known fund. What is left in `promised` pays for more than batches.
std::vector<ledger::Entry> entries_of_check(const Run& run, const std::vector<Batch>& batches,
                                            std::map<Programme, ledger::FundPot>& promised, Moment now);

/// Money that is owed for the first time goes to the agency bank and then out, from the funds that it was promised of.
std::vector<ledger::Entry> entries_of_first_attempts(const std::vector<Batch>& batches, Work& work,
                                                     Moment now);

/// Money for another attempt is at the bank where the one before failed, and moves only when the new account is kept by
/// another one. Each month's failures are tried again with their own money.
std::vector<ledger::Entry> entries_of_reissue(const HashFunction& sha256, const std::vector<Batch>& batches,
                                              Work& work, Moment now);

}  // namespace onecard::app
