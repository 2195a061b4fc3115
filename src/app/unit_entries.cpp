#include "unit_entries.hpp"

#include <fmt/format.h>

#include <map>
#include <set>
#include <tuple>
#include <utility>

#include "batch_entry.hpp"

namespace onecard::app {

namespace {

ledger::Entry must(Result<ledger::Entry> entry) {
    ensure(entry.has_value(), "a standard entry that does not balance");
    return std::move(*entry);
}

/// Money that goes between the special account and an agency bank, for no payment by name.
ledger::Entry::About about_transfer(ledger::Entry::About about, ledger::EntryKind kind, BankNo bank) {
    about.kind = kind;
    about.lines = 0;
    about.line_total = Money{};
    about.lines_root.clear();
    about.bank = bank;
    return about;
}

}  // namespace

std::vector<ledger::Entry> entries_of_check(const Run& run, const std::vector<Batch>& batches,
                                            std::map<Programme, ledger::FundPot>& promised, Moment now) {
    std::vector<ledger::Entry> entries;
    if (run.kind != RunKind::reissue)
        for (const Batch& batch : batches)
            entries.push_back(must(ledger::standard_entry(about_batch(batch, ledger::EntryKind::accrual, now),
                                                          promised[batch.programme].take(batch.total))));
    return entries;
}

std::vector<ledger::Entry> entries_of_first_attempts(const std::vector<Batch>& batches, Work& work,
                                                     Moment now) {
    using ledger::EntryKind;
    std::vector<ledger::Entry> entries;
    if (batches.empty()) return entries;
    ledger::FundBooks books = work.ledger().fund_books(batches.front().county, {&batches.front().period, 1});
    for (const Batch& batch : batches) {
        const auto dispatched = must(books.post(about_batch(batch, EntryKind::dispatch, now), batch.total));
        entries.push_back(must(ledger::standard_entry(
            about_transfer(dispatched.about(), EntryKind::funding, batch.bank), shares_of(dispatched))));
        entries.push_back(dispatched);
    }
    return entries;
}

std::vector<ledger::Entry> entries_of_reissue(const HashFunction& sha256, const std::vector<Batch>& batches,
                                              Work& work, Moment now) {
    using ledger::EntryKind;
    std::vector<ledger::Entry> entries;
    if (batches.empty()) return entries;
    const County county = batches.front().county;
    std::map<std::tuple<PartNo, Serial, std::int16_t>, BankNo> failed_at;
    for (const OpenFailure& failure : work.payments().open_failures(Region::of(county)))
        failed_at[{failure.part, failure.serial, failure.attempt}] = failure.bank;
    std::vector<std::vector<MonthOfBatch>> months_of_batches;
    std::set<Month> periods;
    for (const Batch& batch : batches)
        for (const MonthOfBatch& month : months_of_batches.emplace_back(months_of(sha256, work, batch)))
            periods.insert(month.period);
    ledger::FundBooks books =
        work.ledger().fund_books(county, std::vector<Month>{periods.begin(), periods.end()});
    for (std::size_t i = 0; i < batches.size(); ++i) {
        const Batch& batch = batches[i];
        std::map<Month, std::map<BankNo, Money>> moved;
        for (const Reissue& again : work.payments().reissue_lines(batch)) {
            const auto found =
                failed_at.find({again.part, again.serial, static_cast<std::int16_t>(again.attempt - 1)});
            if (found != failed_at.end() && found->second != batch.bank)
                moved[period_of(again.part)][found->second] += again.amount;
        }
        for (const MonthOfBatch& month : months_of_batches[i]) {
            const auto about = about_batch(batch, month, EntryKind::reissue, now);
            const auto again = must(books.post(about, month.total));
            entries.push_back(again);
            ledger::FundPot shares{shares_of(again)};
            for (const auto& [from, amount] : moved[month.period]) {
                const ledger::FundShares part = shares.take(amount);
                auto back = about_transfer(about, EntryKind::cash_back, from);
                back.cause += fmt::format(" from bank {}", from.number());
                entries.push_back(must(ledger::standard_entry(back, part)));
                entries.push_back(
                    must(ledger::standard_entry(about_transfer(back, EntryKind::funding, batch.bank), part)));
            }
        }
    }
    return entries;
}

}  // namespace onecard::app
