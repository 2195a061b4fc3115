#include "batch_entry.hpp"

#include <fmt/format.h>

#include <array>

#include "onecard/audit/merkle.hpp"

namespace onecard::app {

std::vector<MonthOfBatch> months_of(const HashFunction& hash, Work& work, const Batch& batch) {
    if (batch.first_serial) return {{batch.period, batch.lines, batch.total, batch.lines_root}};
    struct Lines {
        audit::MerkleFrontier tree;
        Money total;
    };
    std::map<Month, Lines> months;
    std::array<std::byte, reissue_leaf_bytes> leaf;
    for (const Reissue& again : work.payments().reissue_lines(batch)) {
        Lines& lines =
            months.try_emplace(period_of(again.part), Lines{audit::MerkleFrontier{hash}, {}}).first->second;
        write_leaf(again, leaf.data());
        lines.tree.add_leaf(leaf);
        lines.total += again.amount;
    }
    std::vector<MonthOfBatch> all;
    for (const auto& [period, lines] : months)
        all.push_back({period, static_cast<std::int32_t>(lines.tree.size()), lines.total, lines.tree.root()});
    return all;
}

ledger::Entry::About about_batch(const Batch& batch, const MonthOfBatch& month, ledger::EntryKind kind,
                                 Moment now, std::int16_t round) {
    ledger::Entry::About about;
    about.county = batch.county;
    about.kind = kind;
    about.cause = "batch " + batch.name();
    if (round > 1) about.cause += fmt::format(" round {}", round);
    if (!batch.first_serial) about.cause += month_ending(month.period);
    about.value_day = now.day_in_china();
    about.programme = static_cast<std::int16_t>(batch.programme);
    about.bank = batch.bank;
    about.period = month.period.number();
    about.lines = month.lines;
    about.line_total = month.total;
    about.lines_root.assign(reinterpret_cast<const char*>(month.root.bytes.data()), month.root.bytes.size());
    return about;
}

ledger::Entry::About about_batch(const Batch& batch, ledger::EntryKind kind, Moment now, std::int16_t round) {
    ensure(bool{batch.first_serial}, "the lines of a re-issue lie in many months");
    return about_batch(batch, {batch.period, batch.lines, batch.total, batch.lines_root}, kind, now, round);
}

Result<std::vector<ledger::Entry>> entries_of_batch(const HashFunction& hash, Work& work, const Batch& batch,
                                                    ledger::EntryKind kind, Moment now, std::int16_t round) {
    const std::vector<MonthOfBatch> months = months_of(hash, work, batch);
    std::vector<Month> periods;
    for (const MonthOfBatch& month : months) periods.push_back(month.period);
    ledger::FundBooks books = work.ledger().fund_books(batch.county, periods);
    std::vector<ledger::Entry> entries;
    for (const MonthOfBatch& month : months) {
        auto entry = books.post(about_batch(batch, month, kind, now, round), month.total);
        if (!entry) return std::unexpected{entry.error()};
        entries.push_back(*std::move(entry));
    }
    return entries;
}

}  // namespace onecard::app
