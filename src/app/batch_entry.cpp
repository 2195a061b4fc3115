#include "batch_entry.hpp"

#include <fmt/format.h>

namespace onecard::app {

ledger::Entry::About about_batch(const Batch& batch, ledger::EntryKind kind, Moment now, std::int16_t round) {
    ledger::Entry::About about;
    about.county = batch.county;
    about.kind = kind;
    about.cause = "batch " + batch.name();
    if (round > 1) about.cause += fmt::format(" round {}", round);
    about.value_day = now.day_in_china();
    about.programme = static_cast<std::int16_t>(batch.programme);
    about.bank = batch.bank;
    about.period = batch.period.number();
    about.lines = batch.lines;
    about.line_total = batch.total;
    about.lines_root.assign(reinterpret_cast<const char*>(batch.lines_root.bytes.data()),
                            batch.lines_root.bytes.size());
    return about;
}

}  // namespace onecard::app
