#pragma once

#include "onecard/app/records.hpp"
#include "onecard/ledger/entry.hpp"

namespace onecard::app {

/// An entry that concerns every line of a batch.
ledger::Entry::About about_batch(const Batch& batch, ledger::EntryKind kind, Moment now);

}  // namespace onecard::app
