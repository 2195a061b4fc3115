#include "settle_past.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <set>
#include <tuple>

#include "onecard/audit/merkle.hpp"

namespace onecard::app {

namespace {

using ledger::EntryKind;

ledger::Entry must(Result<ledger::Entry> entry) {
    ensure(entry.has_value(), "a standard entry that does not balance");
    return std::move(*entry);
}

/// Lines of one entry, as they come.
struct Lines {
    explicit Lines(const HashFunction& sha256) : tree{sha256} {}
    audit::MerkleFrontier tree;
    Money total;
    void add(const std::string& leaf, Money amount) {
        tree.add_leaf(bytes_of(leaf));
        total += amount;
    }
    void tell(ledger::Entry::About& about) const {
        const Digest root = tree.root();
        about.lines = static_cast<std::int32_t>(tree.size());
        about.line_total = total;
        about.lines_root.assign(reinterpret_cast<const char*>(root.bytes.data()), root.bytes.size());
    }
};

std::vector<Receivable> found_by(const Run& run, const Unit& unit, const Identity& by,
                                 const std::vector<Correction>& corrections, Moment now) {
    std::vector<Receivable> found;
    const Day today = now.day_in_china();
    for (const Correction& correction : corrections) {
        if (correction.demanded.is_zero()) continue;
        Receivable& receivable = found.emplace_back();
        receivable.county = unit.county;
        receivable.cause =
            fmt::format("correction {}/{}/{}/{}/{}", text_of(correction.programme).code,
                        static_cast<int>(correction.component), correction.benefit_month.digits(),
                        correction.beneficiary, correction.step);
        receivable.origin = Origin::difference;
        receivable.programme = correction.programme;
        receivable.component = correction.component;
        receivable.benefit_month = correction.benefit_month;
        receivable.beneficiary = correction.beneficiary;
        receivable.household = correction.household;
        receivable.person = correction.person;
        receivable.payee_kind = correction.payee_kind;
        receivable.payee = correction.payee;
        receivable.amount = correction.demanded;
        receivable.found = today;
        receivable.prior_year = correction.benefit_month.year() < today.month().year();
        receivable.reason = fmt::format("run {}: awarded {} yuan, should be {}", run.no.number(),
                                        correction.awarded.yuan(), correction.due.yuan());
        receivable.made_by = by.name;
    }
    return found;
}

Result<std::vector<Recovered>> kept_by(Work& work, const Run& run, const Unit& unit, const Identity& by,
                                       const std::vector<Offset>& offsets, Moment now) {
    std::map<std::int64_t, OpenReceivable> open;
    for (OpenReceivable& one : work.recovery().open_receivables(unit.county, unit.period))
        open.emplace(one.receivable.no, std::move(one));
    std::vector<Recovered> kept;
    for (const Offset& offset : offsets) {
        const auto found = open.find(offset.receivable);
        if (found == open.end() || found->second.open < offset.amount)
            return refuse(
                Fault::stale,
                fmt::format("receivable {} was settled otherwise since this unit was computed: cancel the "
                            "run and create it again",
                            offset.receivable),
                fmt::format("run {}/{}", run.no.number(), unit.county.text()));
        OpenReceivable& owed = found->second;
        Recovered& one = kept.emplace_back();
        one.of = owed.receivable;
        one.recovery.county = unit.county;
        one.recovery.receivable = offset.receivable;
        one.recovery.step = ++owed.steps;
        one.recovery.kind = RecoveryKind::offset;
        one.recovery.amount = offset.amount;
        one.recovery.owed_before = owed.open;
        one.recovery.value_day = now.day_in_china();
        one.recovery.document = PaymentReference{unit.county, unit.period.number(), offset.serial, 1}.text();
        one.recovery.officer = by.name;
        one.recovery.fingerprint = by.fingerprint;
        one.recovery.at = now;
        one.recovery.run = run.no;
        one.recovery.serial = offset.serial;
        owed.open -= offset.amount;
    }
    return kept;
}

}  // namespace

EntryKind kind_of_found(const Receivable& receivable) {
    if (receivable.origin == Origin::transferred) return EntryKind::recoverable_taken_over;
    return receivable.prior_year ? EntryKind::overpayment_prior_year : EntryKind::overpayment;
}

std::string cause_of_found(const Receivable& receivable) {
    // A run's own are told together; its number leads the reason.
    return receivable.origin == Origin::difference
               ? fmt::format("{}/{}/{}", receivable.reason.substr(0, receivable.reason.find(':')),
                             text_of(receivable.programme).code, receivable.benefit_month.digits())
               : fmt::format("receivable {}/{}", receivable.no, text_of(receivable.programme).code);
}

EntryKind kind_of_recovery(RecoveryKind kind) {
    switch (kind) {
        case RecoveryKind::cash: return EntryKind::recovered_in_cash;
        case RecoveryKind::offset: return EntryKind::recovered_by_offset;
        case RecoveryKind::write_off: return EntryKind::write_off;
        case RecoveryKind::transfer: return EntryKind::recoverable_given_away;
    }
    std::unreachable();
}

std::string cause_of_recovery(const Recovery& recovery, const Receivable& of) {
    return recovery.kind == RecoveryKind::offset
               ? fmt::format("run {}/{}/{}{}", recovery.run.number(), text_of(of.programme).code,
                             of.benefit_month.digits(), of.prior_year ? " prior year" : "")
               : fmt::format("receivable {}/{}/{}", recovery.receivable, recovery.step,
                             text_of(of.programme).code);
}

void add_entries_of_found(const HashFunction& sha256, ledger::FundBooks& books,
                          std::span<const Receivable> found, std::vector<ledger::Entry>& entries) {
    struct Group {
        Lines lines;
        const Receivable* one;
    };
    std::map<std::pair<EntryKind, std::string>, Group> groups;
    for (const Receivable& receivable : found)
        groups
            .try_emplace({kind_of_found(receivable), cause_of_found(receivable)},
                         Group{Lines{sha256}, &receivable})
            .first->second.lines.add(receivable.canonical(), receivable.amount);
    for (const auto& [key, group] : groups) {
        ledger::Entry::About about;
        about.county = group.one->county;
        about.kind = key.first;
        about.cause = key.second;
        about.value_day = group.one->found;
        about.programme = static_cast<std::int16_t>(group.one->programme);
        about.period = group.one->benefit_month.number();
        group.lines.tell(about);
        entries.push_back(must(books.post(std::move(about), group.lines.total)));
    }
}

namespace {

/// Recoveries that are booked as one.
struct Group {
    Lines lines;
    const Recovered* one;

    ledger::Entry::About about(EntryKind kind, const std::string& cause) const {
        ledger::Entry::About about;
        about.county = one->recovery.county;
        about.kind = kind;
        about.cause = cause;
        about.value_day = one->recovery.value_day;
        about.programme = static_cast<std::int16_t>(one->of.programme);
        about.period = one->of.benefit_month.number();
        lines.tell(about);
        return about;
    }
};
using Groups = std::map<std::pair<EntryKind, std::string>, Group>;

Groups grouped(const HashFunction& sha256, std::span<const Recovered> recovered) {
    Groups groups;
    for (const Recovered& one : recovered)
        groups
            .try_emplace({kind_of_recovery(one.recovery.kind), cause_of_recovery(one.recovery, one.of)},
                         Group{Lines{sha256}, &one})
            .first->second.lines.add(one.recovery.canonical(), one.recovery.amount);
    return groups;
}

/// It was paid out of a closed year's money: it is not this year's to spend.
void add_remittance(ledger::FundBooks& books, ledger::Entry::About about, const ledger::FundShares& shares,
                    std::vector<ledger::Entry>& entries) {
    about.kind = EntryKind::remittance_owed;
    about.lines = 0;
    about.line_total = Money{};
    about.lines_root.clear();
    entries.push_back(must(books.post(std::move(about), shares)));
}

/// Offsets keep a part of what is owed. The entitlement was the whole amount: the batches are over what is left of it, and
/// what is kept is owed besides. Money of an open year pays it that comes back by the same stroke; a closed year's goes to
/// the treasury, so that it is paid out of what pays for the unit.
void add_offsets(const HashFunction& sha256, ledger::FundBooks& books, const Run& run, const Unit& unit,
                 std::span<const Recovered> kept, std::map<Programme, ledger::FundPot>& promised, Moment now,
                 std::vector<ledger::Entry>& entries) {
    std::map<Programme, ledger::FundPot> withheld;
    std::vector<ledger::Entry> offsets;
    for (const auto& [key, group] : grouped(sha256, kept)) {
        const auto about = group.about(key.first, key.second);
        const Programme programme = group.one->of.programme;
        const ledger::FundShares back = books.would_take(about, group.lines.total);
        const ledger::FundShares paid_by =
            group.one->of.prior_year ? promised[programme].take(group.lines.total) : back;
        withheld[programme].put(paid_by);
        offsets.push_back(must(ledger::offset_between_funds(about, paid_by, back)));
        books.replay(offsets.back());
        if (group.one->of.prior_year) add_remittance(books, about, back, offsets);
    }
    for (const auto& [programme, shares] : withheld) {
        ledger::Entry::About about;
        about.county = unit.county;
        about.kind = EntryKind::withheld;
        about.cause = fmt::format("run {}/{}", run.no.number(), text_of(programme).code);
        about.value_day = now.day_in_china();
        about.programme = static_cast<std::int16_t>(programme);
        about.period = unit.period.number();
        entries.push_back(must(books.post(std::move(about), shares.shares())));
    }
    std::ranges::move(offsets, std::back_inserter(entries));
}

}  // namespace

void add_entries_of_recovered(const HashFunction& sha256, ledger::FundBooks& books,
                              std::span<const Recovered> recovered, std::vector<ledger::Entry>& entries) {
    for (const auto& [key, group] : grouped(sha256, recovered)) {
        const auto about = group.about(key.first, key.second);
        entries.push_back(must(books.post(about, group.lines.total)));
        const bool brings_money = group.one->recovery.kind == RecoveryKind::cash;
        if (group.one->of.prior_year && brings_money)
            add_remittance(books, about, shares_of(entries.back()), entries);
    }
}

Result<void> settle_past(const Tools& tools, Work& work, const Run& run, const Unit& unit, const Identity& by,
                         Moment now, std::map<Programme, ledger::FundPot>& promised,
                         std::vector<ledger::Entry>& entries) {
    if (run.kind == RunKind::reissue || !work.recovery().run_past(run.no)) return {};
    work.recovery().lock(unit.county);
    work.recovery().realize_corrections(run.no, unit.county);
    std::vector<Receivable> found =
        found_by(run, unit, by, work.recovery().corrections(run.no, unit.county), now);
    work.recovery().put_receivables(found);
    std::vector<Recovered> kept;
    if (const auto offsets = work.recovery().offsets(run.no, unit.county); !offsets.empty()) {
        auto all = kept_by(work, run, unit, by, offsets, now);
        if (!all) return std::unexpected{all.error()};
        kept = *std::move(all);
    }
    std::set<Month> months;
    for (const Receivable& one : found) months.insert(one.benefit_month);
    for (const Recovered& one : kept) months.insert(one.of.benefit_month);
    if (months.empty()) return {};
    std::vector<Recovery> recoveries;
    for (const Recovered& one : kept) recoveries.push_back(one.recovery);
    work.recovery().put_recoveries(recoveries);
    ledger::FundBooks books =
        work.ledger().fund_books(unit.county, std::vector<Month>{months.begin(), months.end()});
    add_entries_of_found(tools.log(), books, found, entries);
    std::ranges::sort(
        kept, {}, [](const Recovered& one) { return std::pair{one.recovery.receivable, one.recovery.step}; });
    add_offsets(tools.log(), books, run, unit, kept, promised, now, entries);
    return {};
}

}  // namespace onecard::app
