#pragma once

#include "onecard/app/records.hpp"
#include "onecard/ledger/entry.hpp"

namespace onecard::app {

/// An entry that concerns every line of a batch. `round`: how often its file was handed over.
ledger::Entry::About about_batch(const Batch& batch, ledger::EntryKind kind, Moment now,
                                 std::int16_t round = 1);

}  // namespace onecard::app
