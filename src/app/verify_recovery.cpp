#include <fmt/format.h>

#include <map>
#include <string>
#include <tuple>

#include "onecard/audit/merkle.hpp"
#include "settle_past.hpp"
#include "verify_records.hpp"

namespace onecard::app {

namespace {

using ledger::EntryKind;
using EntryKey = std::tuple<County, EntryKind, std::string>;

struct Sum {
    audit::MerkleFrontier lines;
    Money total;
};

bool is_of_recovery(EntryKind kind) {
    return kind == EntryKind::overpayment || kind == EntryKind::overpayment_prior_year ||
           kind == EntryKind::recoverable_taken_over || kind == EntryKind::recovered_in_cash ||
           kind == EntryKind::recovered_by_offset || kind == EntryKind::write_off ||
           kind == EntryKind::recoverable_given_away;
}

}  // namespace

void RecordCheck::recoveries() const {
    std::map<EntryKey, Sum> sums;
    const auto add = [&](const EntryKey& key, const std::string& leaf, Money amount) {
        Sum& sum = sums.try_emplace(key, Sum{audit::MerkleFrontier{hash}, {}}).first->second;
        sum.lines.add_leaf(bytes_of(leaf));
        sum.total += amount;
    };
    std::map<County, Money> open;
    std::map<std::pair<County, std::int64_t>, std::pair<Receivable, Money>> left;
    work.recovery().each_receivable([&](const Receivable& one) {
        add({one.county, kind_of_found(one), cause_of_found(one)}, one.canonical(), one.amount);
        open[one.county] += one.amount;
        left[{one.county, one.no}] = {one, one.amount};
    });
    work.recovery().each_recovery([&](const Recovery& one) {
        const auto owed = left.find({one.county, one.receivable});
        const std::string place = fmt::format("receivable {}/{}", one.county.text(), one.receivable);
        if (owed == left.end()) return finds(place + ": something was recovered of it, and it is gone");
        add({one.county, kind_of_recovery(one.kind), cause_of_recovery(one, owed->second.first)},
            one.canonical(), one.amount);
        open[one.county] -= one.amount;
        if (one.owed_before != owed->second.second)
            finds(fmt::format("{}: step {} begins with {} yuan, {} were left", place, one.step,
                              one.owed_before.yuan(), owed->second.second.yuan()));
        owed->second.second -= one.amount;
        if (owed->second.second.is_negative()) finds(place + ": more was recovered than was owed");
    });
    std::map<County, Money> balances;
    work.ledger().each_entry([&](const LoggedEntry& row) {
        const ledger::Entry::About& about = row.entry.about();
        for (const ledger::Posting& posting : row.entry.postings())
            if (posting.account == ledger::Account::recoverable) balances[about.county] += posting.amount;
        if (!is_of_recovery(about.kind)) return;
        const std::string place =
            fmt::format("entry {} {} of {}", code_of(about.kind), about.cause, about.county.text());
        const auto found = sums.find({about.county, about.kind, about.cause});
        if (found == sums.end()) return finds(place + ": what it records is gone");
        const Digest root = found->second.lines.root();
        if (about.line_total != found->second.total ||
            static_cast<std::uint64_t>(about.lines) != found->second.lines.size())
            finds(fmt::format("{}: it is over {} yuan, the records over {}", place, about.line_total.yuan(),
                              found->second.total.yuan()));
        else if (about.lines_root !=
                 std::string_view{reinterpret_cast<const char*>(root.bytes.data()), root.bytes.size()})
            finds(place + ": what it records was altered");
        sums.erase(found);
    });
    for (const auto& [key, sum] : sums)
        finds(fmt::format("{} {} of {}: no entry records it", code_of(std::get<1>(key)), std::get<2>(key),
                          std::get<0>(key).text()));
    for (const auto& [county, amount] : open)
        if (balances[county] != amount)
            finds(fmt::format("account 1211 of {}: its balance is {} yuan, the open receivables are {}",
                              county.text(), balances[county].yuan(), amount.yuan()));
    for (const auto& [county, balance] : balances)
        if (!open.contains(county) && !balance.is_zero())
            finds(fmt::format("account 1211 of {}: its balance is {} yuan, there is no receivable",
                              county.text(), balance.yuan()));
}

}  // namespace onecard::app
