#include "onecard/ledger/waterfall.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

namespace onecard::ledger {

namespace {

Fund fund_of(const Pot& pot, std::size_t source) {
    return {static_cast<std::int16_t>(source + 1), pot.year, static_cast<std::int16_t>(pot.purpose)};
}

/// Takes at most `wanted` from the sources of a pot in order; what each gave is put into `given`. Returns what they could
/// not.
Money take(Pot& pot, Money wanted, FundPot* given) {
    for (std::size_t i = 0; i < pot.left.size() && wanted > Money{}; ++i) {
        const Money part = std::min(pot.left[i], wanted);
        if (part <= Money{}) continue;
        pot.left[i] -= part;
        wanted -= part;
        if (given != nullptr) given->put(fund_of(pot, i), part);
    }
    return wanted;
}

// The narrowest first.
constexpr std::array narrowest_first{Purpose::children, Purpose::relief, Purpose::disability,
                                     Purpose::general};

class Left {
public:
    explicit Left(std::span<const Pot> pots) : pots_{pots.begin(), pots.end()} {
        std::ranges::sort(pots_, {}, [](const Pot& pot) { return std::pair{pot.year, pot.purpose}; });
    }
    Money take_for(Programme programme, Money wanted, FundPot* given) {
        for (const Purpose purpose : narrowest_first)
            if (is_for(purpose, programme)) wanted = take_of(purpose, wanted, given);
        return wanted;
    }
    void take_for_none(Money wanted) {
        for (const Purpose purpose :
             {Purpose::relief, Purpose::children, Purpose::general, Purpose::disability})
            wanted = take_of(purpose, wanted, nullptr);
    }

private:
    Money take_of(Purpose purpose, Money wanted, FundPot* given) {
        for (Pot& pot : pots_)
            if (pot.purpose == purpose) wanted = take(pot, wanted, given);
        return wanted;
    }
    std::vector<Pot> pots_;  // the oldest year first
};

}  // namespace

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
    for (const Need& need : needs) {
        FundPot& given = funding.by_programme[need.programme];
        if (const Money open = left.take_for(need.programme, need.amount, &given); open > Money{})
            funding.shortfall.push_back({need.programme, open});
    }
    for (const auto& [programme, given] : funding.by_programme)
        for (const FundShare& share : given.shares())
            funding.by_source[static_cast<std::size_t>(share.fund.source) - 1] += share.amount;
    return funding;
}

Result<FundShares> relief_for_services(std::span<const Pot> pots, std::int16_t year, const BySource& wanted) {
    FundPot given;
    for (std::size_t i = 0; i < wanted.size(); ++i) {
        Money open = wanted[i];
        for (const Purpose purpose : {Purpose::relief, Purpose::children})
            for (const Pot& pot : pots) {
                if (pot.purpose != purpose || pot.year != year) continue;
                const Money part = std::min(open, std::max(pot.left[i], Money{}));
                given.put(fund_of(pot, i), part);
                open -= part;
            }
        if (open > Money{})
            return refuse(Fault::missing, fmt::format("{} yuan of {}'s relief money of {} are not left",
                                                      open.yuan(), source_codes[i + 1], year));
    }
    return given.shares();
}

}  // namespace onecard::ledger
