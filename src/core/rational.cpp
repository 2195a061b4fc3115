#include "onecard/core/rational.hpp"

#include <bit>
#include <limits>
#include <utility>

namespace onecard {
namespace {

using Wide = __int128;
using Magnitude = unsigned __int128;

// Nearly every amount of a real household fits 64 bits, where dividing is several times cheaper than in 128.
constexpr bool fits_64(Wide a) { return a == static_cast<std::int64_t>(a); }
constexpr bool fits_64(Magnitude a) { return a == static_cast<std::uint64_t>(a); }

constexpr Magnitude magnitude(Wide a) {
    return a < 0 ? Magnitude{0} - static_cast<Magnitude>(a) : static_cast<Magnitude>(a);
}

/// Divides exactly or towards zero; `divisor` > 0.
Wide quotient(Wide a, Wide divisor) {
    if (fits_64(a) && fits_64(divisor))
        return static_cast<std::int64_t>(a) / static_cast<std::int64_t>(divisor);
    return a / divisor;
}

std::uint64_t common_divisor(std::uint64_t a, std::uint64_t b) {
    if (a == 0) return b;
    if (b == 0) return a;
    const int twos = std::countr_zero(a | b);
    a >>= std::countr_zero(a);
    while (b != 0) {
        b >>= std::countr_zero(b);
        if (a > b) std::swap(a, b);
        b -= a;
    }
    return a << twos;
}

/// The greatest common divisor of any number and one > 0.
Wide common_divisor(Wide number, Wide positive) {
    Magnitude a = magnitude(number);
    auto b = static_cast<Magnitude>(positive);
    while (!fits_64(a) || !fits_64(b)) {
        if (b == 0) return static_cast<Wide>(a);
        a = std::exchange(b, a % b);
    }
    return static_cast<Wide>(common_divisor(static_cast<std::uint64_t>(a), static_cast<std::uint64_t>(b)));
}

std::unexpected<Failure> overflow() {
    return refuse(Fault::out_of_range, "a fraction does not fit 128 bits");
}

/// Towards minus infinity, leaving a remainder in [0, divisor).
struct Floored {
    Wide quotient;
    Wide remainder;
};
Floored floored(Wide a, Wide divisor) {
    Wide q = a / divisor;
    Wide r = a % divisor;
    if (r < 0) {
        r += divisor;
        --q;
    }
    return {q, r};
}

/// a/over_a ± b/over_b, in lowest terms given that both are (Knuth, TAOCP 2, 4.5.1): the only common factors that can
/// arise are those of the two denominators, so the numbers stay as small as they can be. False on overflow.
template <class Combine>
bool combined(Wide a, Wide over_a, Wide b, Wide over_b, Combine combine, Wide& top, Wide& bottom) {
    const Wide shared = over_a == 1 || over_b == 1 ? 1 : common_divisor(over_a, over_b);
    const Wide rest_a = quotient(over_a, shared);
    const Wide rest_b = quotient(over_b, shared);
    Wide left = 0;
    Wide right = 0;
    if (__builtin_mul_overflow(a, rest_b, &left) || __builtin_mul_overflow(b, rest_a, &right) ||
        combine(left, right, &top))
        return false;
    const Wide cancelled = shared == 1 ? 1 : common_divisor(top, shared);
    top = quotient(top, cancelled);
    return !__builtin_mul_overflow(rest_a, quotient(over_b, cancelled), &bottom);
}

constexpr auto add = [](Wide a, Wide b, Wide* sum) { return __builtin_add_overflow(a, b, sum); };
constexpr auto subtract = [](Wide a, Wide b, Wide* difference) {
    return __builtin_sub_overflow(a, b, difference);
};

/// By continued fractions: where the whole parts agree, the reciprocals of what is left compare the other way round.
std::strong_ordering compare_step_by_step(Wide a, Wide a_over, Wide b, Wide b_over) {
    for (;;) {
        const Floored whole_a = floored(a, a_over);
        const Floored whole_b = floored(b, b_over);
        if (whole_a.quotient != whole_b.quotient) return whole_a.quotient <=> whole_b.quotient;
        if (whole_a.remainder == 0 || whole_b.remainder == 0)
            return (whole_a.remainder != 0) <=> (whole_b.remainder != 0);
        a = std::exchange(b_over, whole_b.remainder);
        b = std::exchange(a_over, whole_a.remainder);
        std::swap(a_over, b_over);
    }
}

constexpr std::int64_t fen_in(RoundingUnit unit) {
    switch (unit) {
        case RoundingUnit::fen: return 1;
        case RoundingUnit::jiao: return 10;
        case RoundingUnit::yuan: return 100;
    }
    broken("a rounding unit without a size");
}

}  // namespace

Result<Rational> Rational::reduced(__int128 numerator, __int128 denominator) {
    const Wide divisor = denominator == 1 ? 1 : common_divisor(numerator, denominator);
    if (divisor == 1) return Rational{numerator, denominator};
    return Rational{quotient(numerator, divisor), quotient(denominator, divisor)};
}

Result<Rational> Rational::of(std::int64_t numerator, std::int64_t denominator) {
    if (denominator == 0) return refuse(Fault::out_of_range, "the denominator of a fraction is 0");
    if (denominator < 0) return reduced(-Wide{numerator}, -Wide{denominator});
    return reduced(numerator, denominator);
}

Result<Rational> Rational::plus(Rational other) const {
    Wide top = 0;
    if (denominator_ == other.denominator_) {
        if (add(numerator_, other.numerator_, &top)) return overflow();
        return reduced(top, denominator_);
    }
    Wide bottom = 0;
    if (!combined(numerator_, denominator_, other.numerator_, other.denominator_, add, top, bottom))
        return overflow();
    return Rational{top, bottom};
}

Result<Rational> Rational::minus(Rational other) const {
    Wide top = 0;
    if (denominator_ == other.denominator_) {
        if (subtract(numerator_, other.numerator_, &top)) return overflow();
        return reduced(top, denominator_);
    }
    Wide bottom = 0;
    if (!combined(numerator_, denominator_, other.numerator_, other.denominator_, subtract, top, bottom))
        return overflow();
    return Rational{top, bottom};
}

Result<Rational> Rational::times(std::int64_t numerator, std::int64_t denominator) const {
    if (denominator == 0) return refuse(Fault::out_of_range, "the denominator of a ratio is 0");
    Wide top = numerator;
    Wide bottom = denominator;
    if (bottom < 0) {
        top = -top;
        bottom = -bottom;
    }
    Wide own_top = numerator_;
    Wide own_bottom = denominator_;
    // First what the ratio itself has in common, then crosswise: afterwards the product is in lowest terms,
    // and only overflows where its lowest terms do.
    if (bottom != 1) {
        const Wide own = common_divisor(top, bottom);
        top = quotient(top, own);
        bottom = quotient(bottom, own);
        const Wide cross = common_divisor(own_top, bottom);
        own_top = quotient(own_top, cross);
        bottom = quotient(bottom, cross);
    }
    if (own_bottom != 1) {
        const Wide cross = common_divisor(top, own_bottom);
        top = quotient(top, cross);
        own_bottom = quotient(own_bottom, cross);
    }
    Rational product;
    if (__builtin_mul_overflow(own_top, top, &product.numerator_) ||
        __builtin_mul_overflow(own_bottom, bottom, &product.denominator_))
        return overflow();
    return product;
}

Result<Money> Rational::round(Rounding rounding) const {
    const std::int64_t unit = fen_in(rounding.unit);
    // The magnitude in whole fen and a fraction, then in whole units and fen: nothing here can overflow.
    const bool negative = numerator_ < 0;
    const Magnitude over = static_cast<Magnitude>(denominator_);
    const Magnitude amount = magnitude(numerator_);
    Magnitude fen = amount;
    Magnitude fraction = 0;
    if (over != 1) {
        if (fits_64(amount) && fits_64(over)) {
            fen = static_cast<std::uint64_t>(amount) / static_cast<std::uint64_t>(over);
            fraction = static_cast<std::uint64_t>(amount) % static_cast<std::uint64_t>(over);
        } else {
            fen = amount / over;
            fraction = amount % over;
        }
    }
    if (!fits_64(fen)) return refuse(Fault::out_of_range, "a rounded amount does not fit 64 bits of fen");
    const auto whole_fen = static_cast<std::uint64_t>(fen);
    const auto units = static_cast<std::uint64_t>(unit);
    const std::uint64_t odd_fen = whole_fen % units;
    const bool exact = odd_fen == 0 && fraction == 0;

    const auto away_from_zero = [&] {
        switch (rounding.mode) {
            case RoundingMode::ceiling: return !exact && !negative;
            case RoundingMode::floor: return !exact && negative;
            // Half of a jiao or a yuan is a whole number of fen; only half a fen lies in the fraction.
            case RoundingMode::half_up: return unit == 1 ? fraction >= over - fraction : odd_fen >= units / 2;
        }
        broken("a rounding mode without a rule");
    };
    Wide rounded = Wide{whole_fen} - odd_fen;
    if (away_from_zero()) rounded += unit;
    if (negative) rounded = -rounded;
    if (!fits_64(rounded)) return refuse(Fault::out_of_range, "a rounded amount does not fit 64 bits of fen");
    return Money::of_fen(static_cast<std::int64_t>(rounded));
}

std::strong_ordering operator<=>(const Rational& a, const Rational& b) {
    if (a.denominator_ == b.denominator_) return a.numerator_ <=> b.numerator_;
    Wide left = 0;
    Wide right = 0;
    if (__builtin_mul_overflow(a.numerator_, b.denominator_, &left) ||
        __builtin_mul_overflow(b.numerator_, a.denominator_, &right))
        return compare_step_by_step(a.numerator_, a.denominator_, b.numerator_, b.denominator_);
    return left <=> right;
}

}  // namespace onecard
