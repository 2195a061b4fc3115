#include "onecard/core/rational.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <limits>
#include <optional>

namespace onecard {
namespace {

using Wide = __int128;
constexpr auto least = std::numeric_limits<std::int64_t>::min();
constexpr auto most = std::numeric_limits<std::int64_t>::max();

/// The reference: school arithmetic, reduced by Euclid's oldest method, for numbers small enough not to overflow.
struct Slow {
    Wide top;
    Wide bottom;

    static Slow of(Wide top, Wide bottom) {
        if (bottom < 0) return of(-top, -bottom);
        Wide a = top < 0 ? -top : top;
        Wide b = bottom;
        while (b != 0) {
            const Wide rest = a % b;
            a = b;
            b = rest;
        }
        return {top / a, bottom / a};
    }
};

bool same(const Result<Rational>& fraction, Slow slow) {
    return fraction.has_value() && fraction->numerator() == slow.top &&
           fraction->denominator() == slow.bottom;
}

Rational ratio(std::int64_t numerator, std::int64_t denominator) {
    return Rational::of(numerator, denominator).value();
}

Rational times(Rational a, std::int64_t numerator, std::int64_t denominator = 1) {
    return a.times(numerator, denominator).value();
}

std::int64_t nonzero(std::int64_t bound) {
    return *rc::gen::suchThat(rc::gen::inRange<std::int64_t>(-bound, bound), [](auto n) { return n != 0; });
}

RC_GTEST_PROP(Rational, AgreesWithSchoolArithmetic, ()) {
    // Small bounds as well as large ones: common factors and whole numbers are the interesting cases.
    const auto bound = *rc::gen::element<std::int64_t>(3, 100, 2'000'000'000);
    const auto any = rc::gen::inRange<std::int64_t>(-bound, bound);
    const std::int64_t a = *any;
    const std::int64_t c = *any;
    const std::int64_t b = *rc::gen::element<std::int64_t>(1, nonzero(bound));
    const std::int64_t d = *rc::gen::element<std::int64_t>(1, b, nonzero(bound));
    const Rational left = ratio(a, b);
    const Rational right = ratio(c, d);
    RC_ASSERT(same(left, Slow::of(a, b)));
    RC_ASSERT(same(left.plus(right), Slow::of(Wide{a} * d + Wide{c} * b, Wide{b} * d)));
    RC_ASSERT(same(left.minus(right), Slow::of(Wide{a} * d - Wide{c} * b, Wide{b} * d)));
    RC_ASSERT(same(left.times(c, d), Slow::of(Wide{a} * c, Wide{b} * d)));
    RC_ASSERT(same(left.times(c), Slow::of(Wide{a} * c, b)));
    const Wide sign = (b < 0) != (d < 0) ? -1 : 1;
    RC_ASSERT((left <=> right) == (sign * a * d <=> sign * c * b));
    RC_ASSERT((left == right) == (Wide{a} * d == Wide{c} * b));
    RC_ASSERT(left.is_negative() == (left < Rational{}));
    RC_ASSERT(left.is_zero() == (a == 0));
}

RC_GTEST_PROP(Rational, RoundsToTheNeighbourThatTheModeNames, ()) {
    const auto bound = *rc::gen::element<std::int64_t>(3, 1'000, 2'000'000'000'000);
    const std::int64_t a = *rc::gen::inRange<std::int64_t>(-bound, bound);
    const std::int64_t b = *rc::gen::inRange<std::int64_t>(1, 9);
    const auto unit = *rc::gen::element(RoundingUnit::fen, RoundingUnit::jiao, RoundingUnit::yuan);
    const std::int64_t size = unit == RoundingUnit::fen ? 1 : unit == RoundingUnit::jiao ? 10 : 100;
    const Rational exact = ratio(a, b);
    const auto rounded = [&](RoundingMode mode) { return exact.round({unit, mode}).value().fen(); };
    const std::int64_t floor = rounded(RoundingMode::floor);
    const std::int64_t ceiling = rounded(RoundingMode::ceiling);
    const std::int64_t half_up = rounded(RoundingMode::half_up);
    RC_ASSERT(floor % size == 0);
    RC_ASSERT(ceiling % size == 0);
    RC_ASSERT(floor * b <= a);
    RC_ASSERT((floor + size) * b > a);
    RC_ASSERT(ceiling * b >= a);
    RC_ASSERT((ceiling - size) * b < a);
    const std::int64_t below = a - floor * b;
    const std::int64_t above = ceiling * b - a;
    const std::int64_t away = a < 0 ? floor : ceiling;
    RC_ASSERT(half_up == (below < above ? floor : above < below ? ceiling : away));
}

TEST(Rational, RoundsPublishedAmountsAsTheyWerePublished) {
    const Rational standard{Money::of_fen(234'200)};
    // Yiwu 2023: 20 % of 2342 = 468.40 is paid as 469.
    EXPECT_EQ(times(standard, 20, 100).round({RoundingUnit::yuan, RoundingMode::ceiling}).value().fen(),
              46'900);
    // Chongqing 2022 rounds 1.3 × 717 = 932.1 to 932, Sichuan 1.3 × 788 = 1024.4 to 1025.
    const auto tekun = [](std::int64_t dibao) { return times(Rational{Money::of_fen(dibao)}, 13, 10); };
    EXPECT_EQ(tekun(71'700).round({RoundingUnit::yuan, RoundingMode::half_up}).value().fen(), 93'200);
    EXPECT_EQ(tekun(78'800).round({RoundingUnit::yuan, RoundingMode::ceiling}).value().fen(), 102'500);
}

TEST(Rational, StaysExactThroughAChainOfRules) {
    const Rational third = times(Rational{Money::of_fen(100)}, 1, 3);
    EXPECT_EQ(times(third, 3), Rational{Money::of_fen(100)});
    EXPECT_EQ(third.plus(third).value().plus(third).value(), Money::of_fen(100));
    EXPECT_GT(third, Money::of_fen(33));
    EXPECT_LT(third, Money::of_fen(34));
}

TEST(Rational, RefusesADenominatorOfZero) {
    EXPECT_EQ(Rational::of(1, 0).error().fault, Fault::out_of_range);
    EXPECT_EQ(Rational{}.times(1, 0).error().fault, Fault::out_of_range);
}

TEST(Rational, TakesTheLargestAndSmallestNumbers) {
    EXPECT_EQ(ratio(least, -1).numerator(), -Wide{least});
    EXPECT_EQ(ratio(least, least), Rational{Money::of_fen(1)});
    EXPECT_EQ(ratio(1, least).denominator(), -Wide{least});
    EXPECT_EQ(times(Rational{Money::of_fen(1)}, least, least), Rational{Money::of_fen(1)});
    EXPECT_EQ(times(ratio(most, 7), 7, most), Rational{Money::of_fen(1)});
}

TEST(Rational, RefusesWhatDoesNotFit) {
    const Rational large = times(Rational{Money::of_fen(most)}, most);
    EXPECT_EQ(large.times(3).error().fault, Fault::out_of_range);
    EXPECT_EQ(times(large, 2).plus(large).error().fault, Fault::out_of_range);
    EXPECT_EQ(times(large, -2).minus(large).error().fault, Fault::out_of_range);
    EXPECT_EQ(times(ratio(1, most), 1, most).times(1, 3).error().fault, Fault::out_of_range);
    EXPECT_EQ(times(ratio(1, most), 1, most).plus(ratio(1, 5)).error().fault, Fault::out_of_range);
    EXPECT_EQ(large.round({}).error().fault, Fault::out_of_range);
}

TEST(Rational, RoundsUpToTheLastAmountThatFitsAndRefusesTheNext) {
    const auto rounded = [](Rational fraction, Rounding rounding) -> std::optional<std::int64_t> {
        const auto money = fraction.round(rounding);
        return money ? std::optional{money->fen()} : std::nullopt;
    };
    EXPECT_EQ(rounded(Money::of_fen(most), {}), most);
    EXPECT_EQ(rounded(Money::of_fen(least), {}), least);
    EXPECT_EQ(rounded(Money::of_fen(most), {RoundingUnit::yuan, RoundingMode::floor}), most - 7);
    EXPECT_EQ(rounded(Money::of_fen(most), {RoundingUnit::yuan, RoundingMode::ceiling}), std::nullopt);
    EXPECT_EQ(rounded(Money::of_fen(least), {RoundingUnit::yuan, RoundingMode::ceiling}), least + 8);
    EXPECT_EQ(rounded(Money::of_fen(least), {RoundingUnit::yuan, RoundingMode::floor}), std::nullopt);
}

TEST(Rational, ComparesExactlyWhereCrossProductsOverflow) {
    // a² against (a + 1)(a - 1) over the same kind of denominators: they differ in the last of 250 bits.
    const Rational tiny = times(ratio(1, most), 1, most - 2);
    const Rational close = times(ratio(1, most - 1), 1, most - 1);
    EXPECT_GT(tiny, close);
    EXPECT_LT(close, tiny);
    EXPECT_EQ(tiny <=> tiny, std::strong_ordering::equal);
    EXPECT_LT(times(tiny, -1), times(close, -1));
    EXPECT_LT(times(tiny, -1), close);
    const Rational huge = times(Rational{Money::of_fen(most)}, most);
    EXPECT_LT(tiny, huge);
    EXPECT_GT(huge, times(ratio(most, 3), most));
    EXPECT_LT(times(huge, -1), tiny);
}

RC_GTEST_PROP(Rational, OrdersLongFractionsLikeTheirDifference, ()) {
    const auto any = [] { return *rc::gen::inRange<std::int64_t>(most / 2, most); };
    const std::int64_t a = any();
    const std::int64_t b = any();
    const std::int64_t near = *rc::gen::inRange<std::int64_t>(-3, 4);
    // x = a/b, y = (a + near)/(b + near): for positive a < b, y > x exactly when near > 0.
    const Rational x = ratio(a, b);
    const Rational y = ratio(a + near, b + near);
    // Over a common long factor, so that the cross products leave 128 bits.
    const Rational long_x = times(x, 1, most - 24);
    const Rational long_y = times(y, 1, most - 24);
    const auto expected = a == b ? std::strong_ordering::equal : a < b ? 0 <=> near : near <=> 0;
    RC_ASSERT((x <=> y) == expected);
    RC_ASSERT((long_x <=> long_y) == expected);
    RC_ASSERT((long_y <=> long_x) == (0 <=> expected));
}

}  // namespace
}  // namespace onecard
