#include "onecard/ledger/fund.hpp"

#include <algorithm>

namespace onecard::ledger {

std::optional<Purpose> purpose_of(std::string_view code) {
    for (const PurposeText& text : purposes)
        if (text.code == code) return text.purpose;
    return std::nullopt;
}

const PurposeText& text_of(Purpose purpose) {
    const auto found = std::ranges::find(purposes, purpose, &PurposeText::purpose);
    ensure(found != purposes.end(), "a purpose without a text");
    return *found;
}

bool is_for(Purpose purpose, Programme programme) {
    const bool is_disability =
        programme == Programme::disability_living || programme == Programme::disability_nursing;
    switch (purpose) {
        case Purpose::general: return true;
        case Purpose::relief: return !is_disability;
        case Purpose::children:
            return programme == Programme::orphan || programme == Programme::unattended_child;
        case Purpose::disability: return is_disability;
    }
    broken("a purpose that is none");
}

FundShares of_no_fund(Money amount) { return {{Fund{}, amount}}; }

Money total_of(const FundShares& shares) {
    Money sum;
    for (const FundShare& share : shares) sum += share.amount;
    return sum;
}

void FundPot::put(const Fund& fund, Money amount) { left_[fund] += amount; }

void FundPot::put(const FundShares& shares) {
    for (const FundShare& share : shares) put(share.fund, share.amount);
}

Money FundPot::total() const {
    Money sum;
    for (const auto& [fund, amount] : left_)
        if (amount > Money{}) sum += amount;
    return sum;
}

FundShares FundPot::shares() const {
    FundShares shares;
    for (const auto& [fund, amount] : left_)
        if (amount > Money{}) shares.push_back({fund, amount});
    return shares;
}

FundShares FundPot::overdrawn() const {
    FundShares shares;
    for (const auto& [fund, amount] : left_)
        if (amount.is_negative()) shares.push_back({fund, -amount});
    return shares;
}

FundShares FundPot::take(Money amount) {
    ensure(amount > Money{}, "nothing, or less, is taken from funds");
    const Money there = std::min(amount, total());
    std::vector<Money> parts;
    if (!there.is_zero()) {
        std::vector<std::int64_t> weights;
        for (const auto& [fund, left] : left_) weights.push_back(std::max(left, Money{}).fen());
        auto divided = split(there, weights);
        ensure(divided.has_value(), "a pot with money that cannot be divided");
        parts = *std::move(divided);
    }
    FundShares shares;
    std::size_t i = 0;
    for (auto& [fund, left] : left_) {
        const Money part = parts.empty() ? Money{} : parts[i++];
        if (part.is_zero()) continue;
        left -= part;
        shares.push_back({fund, part});
    }
    if (there < amount) {
        // The fund that nobody knows comes first in the order.
        if (!shares.empty() && !shares.front().fund.is_known())
            shares.front().amount += amount - there;
        else
            shares.insert(shares.begin(), {Fund{}, amount - there});
    }
    return shares;
}

}  // namespace onecard::ledger
