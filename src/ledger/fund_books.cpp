#include "onecard/ledger/fund_books.hpp"

#include <algorithm>
#include <array>

namespace onecard::ledger {

namespace {

/// What a kind moves by funds. Nothing: nowhere that is followed.
struct FundMove {
    EntryKind kind;
    std::optional<FundPlace> from;
    std::optional<FundPlace> to;
    int spent = 0;  ///< 1: more is spent besides, -1: less
};

using enum FundPlace;
constexpr std::array fund_moves{
    FundMove{EntryKind::accrual, {}, owed, 1},
    FundMove{EntryKind::withheld, {}, {}, 1},
    FundMove{EntryKind::dispatch, owed, in_transit},
    FundMove{EntryKind::refused, in_transit, owed},
    FundMove{EntryKind::paid, in_transit, paid},
    FundMove{EntryKind::failed, in_transit, returned},
    FundMove{EntryKind::late_return, paid, returned},
    FundMove{EntryKind::unidentified_is_return, paid, returned},
    FundMove{EntryKind::success_corrected, paid, in_transit},
    FundMove{EntryKind::failure_corrected, returned, in_transit},
    FundMove{EntryKind::reissue, returned, in_transit},
    FundMove{EntryKind::cancelled, owed, {}, -1},
    FundMove{EntryKind::cancelled_prior_year, owed, {}, -1},
    FundMove{EntryKind::return_cancelled, returned, {}, -1},
    FundMove{EntryKind::return_cancelled_prior_year, returned, {}, -1},
    FundMove{EntryKind::overpayment, spent, recoverable},
    FundMove{EntryKind::overpayment_prior_year, spent, recoverable},
    FundMove{EntryKind::recoverable_taken_over, {}, recoverable},
    FundMove{EntryKind::recovered_in_cash, recoverable, {}},
    FundMove{EntryKind::recovered_by_offset, recoverable, {}},
    FundMove{EntryKind::write_off, recoverable, {}},
    FundMove{EntryKind::recoverable_given_away, recoverable, {}},
    FundMove{EntryKind::remittance_owed, {}, to_remit},
    FundMove{EntryKind::unidentified_to_remit, {}, to_remit},
    FundMove{EntryKind::interest, {}, to_remit},
    FundMove{EntryKind::remitted, to_remit, {}},
};

const FundMove* move_of(EntryKind kind) {
    const auto* const found = std::ranges::find(fund_moves, kind, &FundMove::kind);
    return found == fund_moves.end() ? nullptr : found;
}

FundBooks::Key key_of(FundPlace place, const Entry::About& about) {
    switch (place) {
        case owed:
        case in_transit:
        case paid: return {place, about.programme, about.period, about.bank};
        case returned:
        case spent:
        case recoverable: return {place, about.programme, about.period, BankNo{}};
        case to_remit: return {place, 0, 0, BankNo{}};
    }
    broken("a place that is none");
}

FundShares negated(FundShares shares) {
    for (FundShare& share : shares) share.amount = -share.amount;
    return shares;
}

}  // namespace

FundPot& FundBooks::pot(FundPlace place, const Entry::About& about) { return pots_[key_of(place, about)]; }

Money FundBooks::total(FundPlace place) const {
    Money sum;
    for (const auto& [key, pot] : pots_)
        if (key.place == place) sum += pot.total();
    return sum;
}

bool FundBooks::takes(EntryKind kind) const {
    const FundMove* const row = move_of(kind);
    return row != nullptr && row->from.has_value();
}

FundShares FundBooks::would_take(const Entry::About& about, Money amount) const {
    const FundMove* const row = move_of(about.kind);
    ensure(row != nullptr && row->from.has_value(), "an entry that takes from nowhere");
    const auto found = pots_.find(key_of(*row->from, about));
    FundPot copy = found == pots_.end() ? FundPot{} : found->second;
    return copy.take(amount);
}

void FundBooks::move(const Entry::About& about, const FundShares& shares) {
    const FundMove* const row = move_of(about.kind);
    if (row == nullptr) return;
    if (row->from) pot(*row->from, about).put(negated(shares));
    if (row->to) pot(*row->to, about).put(shares);
    if (row->spent != 0) pot(spent, about).put(row->spent > 0 ? shares : negated(shares));
}

Result<Entry> FundBooks::post(Entry::About about, Money amount) {
    if (amount <= Money{} || !takes(about.kind)) return post(std::move(about), of_no_fund(amount));
    const FundShares shares = would_take(about, amount);
    return post(std::move(about), shares);
}

Result<Entry> FundBooks::post(Entry::About about, const FundShares& shares) {
    auto entry = about.kind == EntryKind::unidentified_is_return
                     ? returned_unidentified(std::move(about), shares)
                     : standard_entry(std::move(about), shares);
    if (entry) move(entry->about(), shares);
    return entry;
}

void FundBooks::replay(const Entry& entry) { move(entry.about(), shares_of(entry)); }

FundShares shares_of(const Entry& entry) {
    // Of an entry that moves money between funds the side that stands somewhere: the receivable's, the payment's.
    const EntryKind kind = entry.about().kind;
    const auto credited = [&]() -> std::optional<Account> {
        if (kind == EntryKind::recovered_by_offset) return Account::recoverable;
        if (kind == EntryKind::unidentified_is_return) return Account::returned;
        return std::nullopt;
    }();
    FundShares shares;
    for (const Posting& posting : entry.postings()) {
        if (credited ? posting.account != *credited : posting.amount.is_negative()) continue;
        shares.push_back({posting.fund, credited ? -posting.amount : posting.amount});
    }
    std::ranges::sort(shares, {}, &FundShare::fund);
    return shares;
}

}  // namespace onecard::ledger
