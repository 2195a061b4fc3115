#pragma once

#include <compare>
#include <cstdint>
#include <map>

#include "onecard/ledger/entry.hpp"
#include "onecard/ledger/fund.hpp"

namespace onecard::ledger {

/// Where the money of a programme and month stands, by funds; the number is what schemas/queries/fund_pots.sql says.
enum class FundPlace : std::int16_t {
    owed = 1,         ///< 2101, by bank
    in_transit = 2,   ///< 2102, by bank
    paid = 3,         ///< what has arrived and was not taken back, by bank
    returned = 4,     ///< 2111
    spent = 5,        ///< 5001 and 3002: benefits owed, less what is no longer or was paid too much
    recoverable = 6,  ///< 1211
    to_remit = 7,     ///< 2121, of the county whole
};

/// The books of one county seen by funds. Whoever posts an entry that moves money asks them from which funds it comes:
/// from those on which the money of this programme and month stands in the place that it leaves. They are derived from
/// the entries alone and in the order of the entries, so that anybody can derive them again (`onecard audit verify` does).
class FundBooks {
public:
    struct Key {
        FundPlace place = FundPlace::owed;
        std::int16_t programme = 0;
        std::int32_t period = 0;
        BankNo bank;
        friend auto operator<=>(const Key&, const Key&) = default;
    };
    /// What stands there already.
    void put(const Key& key, const Fund& fund, Money amount) { pots_[key].put(fund, amount); }

    /// All that stands in a place.
    Money total(FundPlace place) const;

    /// Makes the standard entry of a kind over an amount and moves it, from the funds that stand where it leaves. Errors:
    /// as standard_entry().
    Result<Entry> post(Entry::About about, Money amount);
    /// The same from given funds: of entitlements (accrual, withheld) and of transfers to and from agency banks.
    Result<Entry> post(Entry::About about, const FundShares& shares);
    /// Moves what an entry on record has moved.
    void replay(const Entry& entry);
    /// Whether the kind takes from what stands somewhere, and what it would take.
    bool takes(EntryKind kind) const;
    FundShares would_take(const Entry::About& about, Money amount) const;

private:
    FundPot& pot(FundPlace place, const Entry::About& about);
    void move(const Entry::About& about, const FundShares& shares);
    std::map<Key, FundPot> pots_;
};

/// From which funds an entry moves money: its debits; of an entry that moves money between funds, those of its kind's
/// debit account.
FundShares shares_of(const Entry& entry);

}  // namespace onecard::ledger
