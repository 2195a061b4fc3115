#include "onecard/ledger/waterfall.hpp"

#include <algorithm>

namespace onecard::ledger {

namespace {

/// Takes at most `wanted` from the sources in order; what each gave is added to `given`. Returns what they could not.
Money take(BySource& left, Money wanted, BySource* given) {
    for (std::size_t i = 0; i < left.size() && wanted > Money{}; ++i) {
        const Money part = std::min(left[i], wanted);
        if (part <= Money{}) continue;
        left[i] -= part;
        wanted -= part;
        if (given != nullptr) (*given)[i] += part;
    }
    return wanted;
}

// The narrowest first.
constexpr std::array narrowest_first{Purpose::children, Purpose::relief, Purpose::disability,
                                     Purpose::general};

class Left {
public:
    explicit Left(std::span<const Pot> pots) {
        for (const Pot& pot : pots)
            for (std::size_t i = 0; i < pot.received.size(); ++i) of(pot.purpose)[i] += pot.received[i];
    }
    Money take_for(Programme programme, Money wanted, BySource* given) {
        for (const Purpose purpose : narrowest_first)
            if (is_for(purpose, programme)) wanted = take(of(purpose), wanted, given);
        return wanted;
    }
    void take_for_none(Money wanted) {
        for (const Purpose purpose :
             {Purpose::relief, Purpose::children, Purpose::general, Purpose::disability})
            wanted = take(of(purpose), wanted, nullptr);
    }

private:
    BySource& of(Purpose purpose) { return left_[static_cast<std::size_t>(purpose) - 1]; }
    std::array<BySource, purposes.size()> left_{};
};

}  // namespace

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

Money Funding::missing() const {
    Money sum;
    for (const Need& need : shortfall) sum += need.amount;
    return sum;
}

Funding fund(std::span<const Pot> pots, std::span<const Need> spent, Money spent_on_none,
             std::span<const Need> needs) {
    Left left{pots};
    for (const Need& before : spent) left.take_for(before.programme, before.amount, nullptr);
    left.take_for_none(spent_on_none);
    Funding funding;
    for (const Need& need : needs)
        if (const Money open = left.take_for(need.programme, need.amount, &funding.by_source); open > Money{})
            funding.shortfall.push_back({need.programme, open});
    return funding;
}

}  // namespace onecard::ledger
