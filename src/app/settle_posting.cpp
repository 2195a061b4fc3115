#include "settle_posting.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <utility>

#include "batch_entry.hpp"

namespace onecard::app {

namespace {

ledger::Entry::About about_return(const Batch& batch, const ReturnFile& file, ledger::EntryKind kind,
                                  Moment now) {
    ledger::Entry::About about;
    about.county = batch.county;
    about.kind = kind;
    about.cause = fmt::format("return {}", file.no);
    about.value_day = now.day_in_china();
    about.programme = static_cast<std::int16_t>(batch.programme);
    about.bank = batch.bank;
    about.period = batch.period.number();
    return about;
}

/// Adds what was matched so far to the trees, in the order of the file.
void add_leaves(const HashFunction& sha256, Answered& answered) {
    std::array<std::byte, recon::outcome_leaf_bytes> leaf;
    const auto return_no = static_cast<std::int32_t>(answered.file->no);
    const auto add = [&](recon::Standing to, const recon::Outcome& word) {
        const PartNo part = answered.part_of(word);
        recon::write_leaf(part, answered.batch.county, to, word, return_no, leaf.data());
        WordsOfMonth& words = answered.month(sha256, period_of(part));
        words.of(to).add_leaf(leaf);
        words.tally(to).add(word.amount);
    };
    for (const recon::Outcome& outcome : answered.matched.outcomes)
        add(outcome.paid ? recon::Standing::paid : recon::Standing::failed, outcome);
    for (const recon::Reversal& reversal : answered.matched.reversals) add(reversal.to, reversal.word);
}

void add_entries(Settling& settling, ledger::FundBooks& books, Answered& answered,
                 std::vector<ledger::Entry>& entries) {
    std::ranges::sort(answered.months, {}, &WordsOfMonth::period);
    for (WordsOfMonth& words : answered.months)
        for (const recon::DueEntry& due : recon::entries_due(words.sums)) {
            auto about = about_return(answered.batch, *answered.file, due.kind, settling.now);
            about.cause += due.cause_ending;
            if (!answered.batch.first_serial) about.cause += month_ending(words.period);
            about.period = words.period.number();
            const audit::MerkleFrontier& lines = words.of(due.to);
            ensure(static_cast<std::int64_t>(lines.size()) == due.tally.count,
                   "an entry over other lines than were counted");
            const Digest root = lines.root();
            about.lines = due.tally.count;
            about.line_total = due.tally.total;
            about.lines_root.assign(reinterpret_cast<const char*>(root.bytes.data()), root.bytes.size());
            auto entry = books.post(std::move(about), due.tally.total);
            ensure(entry.has_value(), "a standard entry that does not balance");
            entries.push_back(std::move(*entry));
        }
    const auto counted = [&](recon::Tally recon::Matched::* which) {
        recon::Tally sum;
        for (const WordsOfMonth& words : answered.months) {
            sum.count += (words.sums.*which).count;
            sum.total += (words.sums.*which).total;
        }
        return sum == answered.matched.*which;
    };
    ensure(counted(&recon::Matched::paid) && counted(&recon::Matched::failed) &&
               counted(&recon::Matched::returned) && counted(&recon::Matched::corrected),
           "entries over other words than were matched");
}

std::vector<OpenFailure> failures_of(Work& work, const std::vector<Answered>& all) {
    std::vector<OpenFailure> failures;
    std::map<std::pair<PartNo, Serial>, std::size_t> wanted;
    std::vector<PaymentReference> references;
    for (const Answered& answered : all) {
        const auto add = [&](recon::Standing standing, const recon::Outcome& word) {
            OpenFailure failure;
            failure.part = answered.part_of(word);
            failure.county = answered.batch.county;
            failure.serial = word.serial;
            failure.attempt = word.attempt;
            failure.standing = standing;
            failure.reason = word.reason;
            failure.amount = word.amount;
            failure.bank = answered.batch.bank;
            failure.programme = answered.batch.programme;
            failure.return_no = answered.file->no;
            failure.line = word.line;
            failure.value_day = word.value_day;
            wanted.emplace(std::pair{failure.part, failure.serial}, failures.size());
            references.push_back(
                {failure.county, failure.period().number(), failure.serial, failure.attempt});
            failures.push_back(failure);
        };
        for (const recon::Outcome& outcome : answered.matched.outcomes)
            if (!outcome.paid) add(recon::Standing::failed, outcome);
        for (const recon::Reversal& reversal : answered.matched.reversals) add(reversal.to, reversal.word);
    }
    if (failures.empty()) return failures;
    for (const payment::Payment& owed : work.payments().find(references)) {
        const auto found = wanted.find({owed.part, owed.serial});
        if (found == wanted.end()) continue;
        failures[found->second].payee_kind = owed.payee_kind;
        failures[found->second].payee = owed.payee;
    }
    for (const OpenFailure& failure : failures)
        ensure(failure.payee != 0, "a failure of a payment that is not on record");
    return failures;
}

void put_outcomes(Work& work, const std::vector<Answered>& all) {
    // Only re-issues are scattered over parts; what they need lives here until it is written.
    std::map<PartNo, std::vector<OutcomesOfReturn>> by_part;
    std::vector<std::map<PartNo, std::vector<recon::Outcome>>> scattered(all.size());
    std::vector<ReversalRecord> reversals;
    for (std::size_t i = 0; i < all.size(); ++i) {
        const Answered& answered = all[i];
        for (const recon::Reversal& reversal : answered.matched.reversals)
            reversals.push_back(
                {answered.part_of(reversal.word), answered.batch.county, answered.file->no, reversal});
        if (answered.batch.first_serial) {
            by_part[answered.batch.part].push_back({answered.file->no, answered.matched.outcomes});
            continue;
        }
        for (const recon::Outcome& outcome : answered.matched.outcomes)
            scattered[i][answered.part_of(outcome)].push_back(outcome);
        for (const auto& [part, outcomes] : scattered[i])
            by_part[part].push_back({answered.file->no, outcomes});
    }
    for (const auto& [part, returns] : by_part)
        work.payments().put_outcomes(part, all.front().batch.county, returns);
    work.payments().put_reversals(reversals);
}

}  // namespace

void refuse_return(const HashFunction& sha256, Posting& posting, const ReturnFile& file, std::string reason,
                   Moment now) {
    posting.acts.push_back({"return-refused", County{},
                            fmt::format("return-refused|{}|{}|{}|{}", file.no, file.name, file.digest.hex(),
                                        digest_of(sha256, reason).hex())});
    ReturnResult result;
    result.no = file.no;
    result.reason = std::move(reason);
    result.at = now;
    posting.results.push_back(std::move(result));
}

void tell_breaks(Answered& answered) {
    for (const recon::Break& one : answered.matched.breaks)
        answered.told->update(bytes_of(fmt::format("{}|{}|{}\n", code_of(one.kind), one.line, one.evidence)));
}

void accept_return(Posting& posting, Answered answered, bool is_first, Moment now) {
    const ReturnFile& file = *answered.file;
    const recon::Matched& matched = answered.matched;
    ReturnResult result;
    result.no = file.no;
    result.accepted = true;
    result.county = answered.batch.county;
    result.period = answered.batch.period;
    result.batch = answered.batch.no;
    result.paid = matched.paid.count;
    result.paid_total = matched.paid.total;
    result.failed = matched.failed.count;
    result.failed_total = matched.failed.total;
    result.in_progress = matched.in_progress;
    result.breaks = matched.broken;
    result.corrects = answered.corrects;
    result.repeated = matched.repeated;
    result.returned = matched.returned.count;
    result.returned_total = matched.returned.total;
    result.corrected = matched.corrected.count;
    result.corrected_total = matched.corrected.total;
    result.is_first = is_first;
    result.at = now;
    posting.results.push_back(std::move(result));
    posting.acts.push_back(
        {"return-posted", answered.batch.county,
         fmt::format("return-posted|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}", file.no, file.name,
                     file.digest.hex(), matched.paid.count, matched.failed.count, matched.in_progress,
                     matched.broken, answered.corrects, matched.repeated, matched.returned.count,
                     matched.corrected.count, answered.told->finish().hex())});
    posting.answered.push_back(std::move(answered));
}

std::vector<ledger::Entry> entries_of(Settling& settling, Work& work, std::vector<Answered>& all) {
    std::set<Month> periods;
    for (const Answered& answered : all)
        for (const WordsOfMonth& words : answered.months) periods.insert(words.period);
    std::vector<ledger::Entry> entries;
    if (periods.empty()) return entries;
    ledger::FundBooks books = work.ledger().fund_books(all.front().batch.county,
                                                       std::vector<Month>{periods.begin(), periods.end()});
    for (Answered& answered : all) add_entries(settling, books, answered, entries);
    return entries;
}

void write_out(const HashFunction& sha256, Work& work, std::vector<Answered>& all, Moment now) {
    if (all.empty()) return;
    put_outcomes(work, all);
    work.payments().put_failures(failures_of(work, all));
    for (Answered& answered : all) {
        work.exchange().put_breaks(answered.batch.county, answered.batch.bank, answered.file->no,
                                   answered.matched.breaks, now);
        add_leaves(sha256, answered);
        answered.matched.outcomes.clear();
        answered.matched.reversals.clear();
        answered.matched.breaks.clear();
    }
}

}  // namespace onecard::app
