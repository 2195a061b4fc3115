#include "onecard/core/money.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <limits>
#include <optional>

namespace onecard {
namespace {

constexpr auto least = std::numeric_limits<std::int64_t>::min();
constexpr auto most = std::numeric_limits<std::int64_t>::max();

TEST(Money, IsReadFromYuan) {
    struct Row {
        std::string_view text;
        std::int64_t fen;
    };
    for (const Row& row : {Row{"638", 63'800},
                           {"638.5", 63'850},
                           {"638.05", 63'805},
                           {"-0.01", -1},
                           {"0", 0},
                           {"-0", 0},
                           {"007.00", 700},
                           {"92233720368547758.07", most},
                           {"-92233720368547758.08", least}}) {
        const auto money = Money::parse_yuan(row.text);
        ASSERT_TRUE(money) << row.text;
        EXPECT_EQ(money->fen(), row.fen) << row.text;
    }
}

TEST(Money, IsNotReadFromAnythingElse) {
    for (const std::string_view text : {"", "-", ".", ".5", "5.", "1.234", "1,234", "+1", "--1", " 1", "1 ",
                                        "1e3", "1.-1", "1.2.3", "0x1", "１"}) {
        const auto money = Money::parse_yuan(text);
        ASSERT_FALSE(money) << text;
        EXPECT_EQ(money.error().fault, Fault::malformed) << text;
    }
}

TEST(Money, BeyondSixtyFourBitsIsOutOfRangeAndNotMalformed) {
    for (const std::string_view text : {"92233720368547758.08", "-92233720368547758.09", "92233720368547759",
                                        "999999999999999999999999999999"}) {
        const auto money = Money::parse_yuan(text);
        ASSERT_FALSE(money) << text;
        EXPECT_EQ(money.error().fault, Fault::out_of_range) << text;
    }
}

TEST(Money, IsWrittenWithTwoDecimals) {
    EXPECT_EQ(Money::of_fen(63'800).yuan(), "638.00");
    EXPECT_EQ(Money::of_fen(-1).yuan(), "-0.01");
    EXPECT_EQ(Money{}.yuan(), "0.00");
    EXPECT_EQ(Money::of_fen(least).yuan(), "-92233720368547758.08");
}

TEST(Money, IsGroupedByThousands) {
    EXPECT_EQ(Money::of_fen(123'463'800).grouped_yuan(), "1,234,638.00");
    EXPECT_EQ(Money::of_fen(99'999).grouped_yuan(), "999.99");
    EXPECT_EQ(Money::of_fen(-100'000).grouped_yuan(), "-1,000.00");
    EXPECT_EQ(Money::of_fen(least).grouped_yuan(), "-92,233,720,368,547,758.08");
}

RC_GTEST_PROP(Money, ReadsBackWhatItWrites, ()) {
    const auto money = Money::of_fen(*rc::gen::arbitrary<std::int64_t>());
    const auto read = Money::parse_yuan(money.yuan());
    RC_ASSERT(read.has_value());
    RC_ASSERT(*read == money);
    std::string grouped = money.grouped_yuan();
    std::erase(grouped, ',');
    RC_ASSERT(grouped == money.yuan());
}

RC_GTEST_PROP(Money, AddsSubtractsAndMultipliesExactlyOrRefuses, (std::int64_t a, std::int64_t b)) {
    // Sizes of rapidcheck stay small; the shift brings the numbers to where they overflow.
    const int shift = *rc::gen::inRange(0, 40);
    a = static_cast<std::int64_t>(static_cast<std::uint64_t>(a) << shift);
    const auto check = [](const Result<Money>& result, __int128 expected) {
        const bool fits = expected >= least && expected <= most;
        RC_ASSERT(result.has_value() == fits);
        if (fits) RC_ASSERT(result->fen() == static_cast<std::int64_t>(expected));
        if (!fits) RC_ASSERT(result.error().fault == Fault::out_of_range);
    };
    check(Money::of_fen(a).plus(Money::of_fen(b)), __int128{a} + b);
    check(Money::of_fen(a).minus(Money::of_fen(b)), __int128{a} - b);
    check(Money::of_fen(a).times(b), __int128{a} * b);
}

TEST(Money, TreatsAnOverflowingTotalAsOurOwnMistakeAndLeavesTheTotalAsItWas) {
    Money total = Money::of_fen(most);
    EXPECT_THROW(total += Money::of_fen(1), BrokenInvariant);
    EXPECT_EQ(total.fen(), most);
    total = Money::of_fen(least);
    EXPECT_THROW(total -= Money::of_fen(1), BrokenInvariant);
    EXPECT_EQ(total.fen(), least);
    EXPECT_THROW((void)-total, BrokenInvariant);
}

TEST(Split, GivesTheRestToTheLargestFractionsAndTiesToTheLowestIndex) {
    const auto shares = [](std::int64_t whole, std::vector<std::int64_t> weights) {
        std::vector<std::int64_t> fen;
        for (const Money share : split(Money::of_fen(whole), weights).value()) fen.push_back(share.fen());
        return fen;
    };
    using Fen = std::vector<std::int64_t>;
    EXPECT_EQ(shares(100, {1, 1, 1}), (Fen{34, 33, 33}));
    EXPECT_EQ(shares(101, {1, 1, 1}), (Fen{34, 34, 33}));
    EXPECT_EQ(shares(10, {1, 2, 4}), (Fen{1, 3, 6}));  // 1.43, 2.86, 5.71
    EXPECT_EQ(shares(1, {0, 1, 0}), (Fen{0, 1, 0}));
    EXPECT_EQ(shares(0, {3, 4}), (Fen{0, 0}));
    EXPECT_EQ(shares(most, {most, most}), (Fen{most / 2 + 1, most / 2}));
}

TEST(Split, RefusesWhatCannotBeSplit) {
    const auto fault = [](std::int64_t whole, std::vector<std::int64_t> weights) {
        const auto shares = split(Money::of_fen(whole), weights);
        return shares ? std::nullopt : std::optional{shares.error().fault};
    };
    EXPECT_EQ(fault(-1, {1}), Fault::out_of_range);
    EXPECT_EQ(fault(1, {1, -1}), Fault::out_of_range);
    EXPECT_EQ(fault(1, {0, 0}), Fault::missing);
    EXPECT_EQ(fault(0, {}), Fault::missing);
}

RC_GTEST_PROP(Split, LosesNothingAndGivesEverybodyTheirShareToWithinOneFen, ()) {
    const auto whole = *rc::gen::inRange<std::int64_t>(0, most);
    auto weights = *rc::gen::nonEmpty(rc::gen::container<std::vector<std::int64_t>>(
        rc::gen::oneOf(rc::gen::inRange<std::int64_t>(0, 10), rc::gen::inRange<std::int64_t>(0, most))));
    if (std::ranges::all_of(weights, [](auto weight) { return weight == 0; })) weights.front() = 1;

    const auto shares = split(Money::of_fen(whole), weights);
    RC_ASSERT(shares.has_value());
    RC_ASSERT(shares->size() == weights.size());
    __int128 total = 0;
    for (const auto weight : weights) total += weight;
    std::int64_t sum = 0;
    for (std::size_t i = 0; i < weights.size(); ++i) {
        const std::int64_t share = (*shares)[i].fen();
        const auto floor = static_cast<std::int64_t>(__int128{whole} * weights[i] / total);
        RC_ASSERT(share == floor || share == floor + 1);
        if (weights[i] == 0) RC_ASSERT(share == 0);
        sum += share;
    }
    RC_ASSERT(sum == whole);
    for (std::size_t i = 0; i < weights.size(); ++i)
        for (std::size_t j = 0; j < i; ++j)
            if (weights[i] == weights[j]) RC_ASSERT((*shares)[j] >= (*shares)[i]);
}

}  // namespace
}  // namespace onecard
