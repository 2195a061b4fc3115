#include "onecard/ledger/waterfall.hpp"

#include <gtest/gtest.h>

#include <random>

namespace onecard::ledger {
namespace {

Money fen(std::int64_t amount) { return Money::of_fen(amount); }
BySource money(std::int64_t central, std::int64_t province, std::int64_t prefecture, std::int64_t own) {
    return {fen(central), fen(province), fen(prefecture), fen(own)};
}
std::vector<Pot> general(const BySource& received) { return {{Purpose::general, 2022, received}}; }
const std::vector<Need> nothing;

/// Σ by_source + Σ shortfall.
Money all_of(const Funding& funding) {
    Money sum = funding.missing();
    for (const Money part : funding.by_source) sum += part;
    return sum;
}

TEST(Waterfall, UsesTheSourcesInTheirOrder) {
    const std::vector<Need> needs{{Programme::dibao_rural, fen(120)}, {Programme::dibao_urban, fen(30)}};
    const Funding funding = fund(general(money(100, 20, 0, 50)), nothing, {}, needs);
    EXPECT_EQ(funding.by_source, money(100, 20, 0, 30));
    EXPECT_TRUE(funding.shortfall.empty());
    EXPECT_EQ(funding.missing(), Money{});
}

TEST(Waterfall, LeavesToEachSourceWhatOthersHaveNotUsed) {
    const std::vector<Need> needs{{Programme::dibao_rural, fen(25)}};
    const std::vector<Need> spent{{Programme::dibao_rural, fen(110)}};
    EXPECT_EQ(fund(general(money(100, 20, 0, 50)), spent, {}, needs).by_source, money(0, 10, 0, 15));
    EXPECT_EQ(fund(general(money(100, 20, 0, 50)), nothing, fen(110), needs).by_source, money(0, 10, 0, 15));
}

TEST(Waterfall, SaysToTheFenWhichProgrammeIsShortOfWhat) {
    const std::vector<Need> needs{{Programme::dibao_rural, fen(120)}, {Programme::dibao_urban, fen(30)}};
    const Funding funding = fund(general(money(60, 0, 0, 50)), nothing, {}, needs);
    ASSERT_EQ(funding.shortfall.size(), 2U);
    EXPECT_EQ(funding.shortfall[0].amount, fen(10));
    EXPECT_EQ(funding.shortfall[1].amount, fen(30));
    EXPECT_EQ(funding.missing(), fen(40));
}

TEST(Waterfall, GivesNothingWhereMoreWasUsedThanReceived) {
    const std::vector<Need> needs{{Programme::dibao_rural, fen(5)}};
    const std::vector<Need> spent{{Programme::dibao_rural, fen(11)}};
    EXPECT_EQ(fund(general(money(10, 0, 0, 0)), spent, {}, needs).missing(), fen(5));
}

TEST(Waterfall, PaysOutOfTheNarrowestPurposeFirst) {
    const std::vector<Pot> pots{{Purpose::general, 2022, money(100, 0, 0, 0)},
                                {Purpose::relief, 2022, money(0, 30, 0, 0)},
                                {Purpose::children, 2022, money(0, 0, 20, 0)},
                                {Purpose::disability, 2022, money(0, 0, 0, 10)}};
    const auto one = [&](Programme programme, std::int64_t need) {
        const std::vector<Need> needs{{programme, fen(need)}};
        return fund(pots, nothing, {}, needs).by_source;
    };
    EXPECT_EQ(one(Programme::orphan, 60), money(10, 30, 20, 0));
    EXPECT_EQ(one(Programme::dibao_urban, 60), money(30, 30, 0, 0));
    EXPECT_EQ(one(Programme::disability_nursing, 60), money(50, 0, 0, 10));
}

TEST(Waterfall, NeverPaysOutOfMoneyForSomethingElse) {
    const std::vector<Pot> pots{{Purpose::disability, 2022, money(0, 0, 0, 1'000)}};
    const std::vector<Need> needs{{Programme::dibao_urban, fen(1)}, {Programme::disability_living, fen(1)}};
    const Funding funding = fund(pots, nothing, {}, needs);
    ASSERT_EQ(funding.shortfall.size(), 1U);
    EXPECT_EQ(funding.shortfall[0].programme, Programme::dibao_urban);
    EXPECT_EQ(funding.by_source, money(0, 0, 0, 1));
}

/// What must be missing whoever distributes the money: for some set of kinds of needs, what they need less all money that
/// is for any of them (the deficiency form of Hall's theorem). The waterfall may not miss a fen more.
TEST(Waterfall, MissesNoFenMoreThanMustBeMissing) {
    std::mt19937_64 random{20260105};
    const auto up_to = [&](std::int64_t most) {
        return std::uniform_int_distribution<std::int64_t>{0, most}(random);
    };
    int short_ones = 0, full = 0;
    for (int round = 0; round < 20'000; ++round) {
        std::vector<Pot> pots;
        for (const PurposeText& text : purposes)
            if (up_to(2) > 0)
                pots.push_back({text.purpose, 2022, money(up_to(40), up_to(40), up_to(40), up_to(40))});
        std::vector<Need> needs;
        for (const Programme programme :
             {Programme::dibao_urban, Programme::dibao_rural, Programme::orphan, Programme::unattended_child,
              Programme::disability_living, Programme::disability_nursing})
            if (up_to(3) > 0) needs.push_back({programme, fen(1 + up_to(120))});
        std::ranges::shuffle(needs, random);
        const Funding funding = fund(pots, nothing, {}, needs);

        std::int64_t must_miss = 0, needed = 0;
        for (const Need& need : needs) needed += need.amount.fen();
        for (std::size_t set = 1; set < (std::size_t{1} << needs.size()); ++set) {
            std::int64_t want = 0, have = 0;
            for (std::size_t i = 0; i < needs.size(); ++i)
                if ((set >> i & 1U) != 0) want += needs[i].amount.fen();
            for (const Pot& pot : pots) {
                bool is_for_any = false;
                for (std::size_t i = 0; i < needs.size(); ++i)
                    is_for_any |= (set >> i & 1U) != 0 && is_for(pot.purpose, needs[i].programme);
                if (is_for_any)
                    for (const Money part : pot.left) have += part.fen();
            }
            must_miss = std::max(must_miss, want - have);
        }
        ASSERT_EQ(funding.missing(), fen(must_miss)) << "round " << round;
        ASSERT_EQ(all_of(funding), fen(needed)) << "round " << round;
        ++(must_miss > 0 ? short_ones : full);
    }
    EXPECT_GT(short_ones, 2'000);
    EXPECT_GT(full, 2'000);
}

}  // namespace
}  // namespace onecard::ledger
