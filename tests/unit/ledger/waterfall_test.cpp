#include "onecard/ledger/waterfall.hpp"

#include <gtest/gtest.h>

namespace onecard::ledger {
namespace {

Money fen(std::int64_t amount) { return Money::of_fen(amount); }
BySource money(std::int64_t central, std::int64_t province, std::int64_t prefecture, std::int64_t own) {
    return {fen(central), fen(province), fen(prefecture), fen(own)};
}

TEST(Waterfall, UsesTheSourcesInTheirOrder) {
    const std::vector<Need> needs{{Programme::dibao_rural, fen(120)}, {Programme::dibao_urban, fen(30)}};
    const Funding funding = fund(money(100, 20, 0, 50), fen(0), needs);
    EXPECT_EQ(funding.by_source, money(100, 20, 0, 30));
    EXPECT_TRUE(funding.shortfall.empty());
    EXPECT_EQ(funding.missing(), Money{});
}

TEST(Waterfall, LeavesToEachSourceWhatOthersHaveNotUsed) {
    const std::vector<Need> needs{{Programme::dibao_rural, fen(25)}};
    EXPECT_EQ(fund(money(100, 20, 0, 50), fen(110), needs).by_source, money(0, 10, 0, 15));
}

TEST(Waterfall, SaysToTheFenWhichProgrammeIsShortOfWhat) {
    const std::vector<Need> needs{{Programme::dibao_rural, fen(120)}, {Programme::dibao_urban, fen(30)}};
    const Funding funding = fund(money(60, 0, 0, 50), fen(0), needs);
    ASSERT_EQ(funding.shortfall.size(), 2U);
    EXPECT_EQ(funding.shortfall[0].amount, fen(10));
    EXPECT_EQ(funding.shortfall[1].amount, fen(30));
    EXPECT_EQ(funding.missing(), fen(40));
}

TEST(Waterfall, LosesNothingBetweenWhatIsNeededAndWhatIsFoundOrMissing) {
    for (std::int64_t used = 0; used < 300; used += 7)
        for (std::int64_t need = 1; need < 200; need += 11) {
            const std::vector<Need> needs{{Programme::dibao_rural, fen(need)},
                                          {Programme::dibao_urban, fen(40)}};
            const Funding funding = fund(money(90, 30, 10, 50), fen(used), needs);
            Money sum = funding.missing();
            for (const Money part : funding.by_source) sum += part;
            EXPECT_EQ(sum, fen(need + 40));
            const std::int64_t left = std::max<std::int64_t>(0, 180 - used);
            EXPECT_EQ(funding.missing(), fen(std::max<std::int64_t>(0, need + 40 - left)));
        }
}

TEST(Waterfall, GivesNothingWhereMoreWasUsedThanReceived) {
    const std::vector<Need> needs{{Programme::dibao_rural, fen(5)}};
    EXPECT_EQ(fund(money(10, 0, 0, 0), fen(11), needs).missing(), fen(5));
}

}  // namespace
}  // namespace onecard::ledger
