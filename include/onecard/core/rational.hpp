#pragma once

#include <compare>
#include <cstdint>

#include "onecard/core/money.hpp"
#include "onecard/core/result.hpp"

namespace onecard {

/// The unit to which an amount is rounded.
enum class RoundingUnit : std::uint8_t { fen, jiao, yuan };
/// The direction: towards +∞ (见分进角, 见角进元), to the nearest with halves away from zero, or towards -∞.
enum class RoundingMode : std::uint8_t { ceiling, half_up, floor };

struct Rounding {
    RoundingUnit unit = RoundingUnit::fen;
    RoundingMode mode = RoundingMode::half_up;
    friend bool operator==(const Rounding&, const Rounding&) = default;
};

/// An exact fraction of fen: numerator / denominator in lowest terms, denominator > 0.
/// Held in 128 bits and checked, so that a chain of rules stays exact until the one rounding that the policy names.
class Rational {
public:
    constexpr Rational() = default;
    constexpr Rational(Money whole) : numerator_{whole.fen()} {}  // NOLINT: an amount is a fraction of fen

    /// Errors: out_of_range when the denominator is 0.
    static Result<Rational> of(std::int64_t numerator, std::int64_t denominator);

    /// Errors of all three: out_of_range when the result, in lowest terms, does not fit.
    Result<Rational> plus(Rational other) const;
    Result<Rational> minus(Rational other) const;
    /// times a whole number, or a ratio given as numerator and denominator (30 % = 30, 100).
    /// Also out_of_range when the denominator is 0.
    Result<Rational> times(std::int64_t numerator, std::int64_t denominator = 1) const;

    bool is_negative() const { return numerator_ < 0; }
    bool is_zero() const { return numerator_ == 0; }

    /// The one rounding. Errors: out_of_range when the amount does not fit int64 fen.
    Result<Money> round(Rounding rounding) const;

    __int128 numerator() const { return numerator_; }
    __int128 denominator() const { return denominator_; }

    /// Exact for all values, also where the cross products do not fit 128 bits.
    friend std::strong_ordering operator<=>(const Rational& a, const Rational& b);
    friend bool operator==(const Rational& a, const Rational& b) {
        return a.numerator_ == b.numerator_ && a.denominator_ == b.denominator_;
    }

private:
    constexpr Rational(__int128 numerator, __int128 denominator)
        : numerator_{numerator}, denominator_{denominator} {}
    static Result<Rational> reduced(__int128 numerator, __int128 denominator);
    __int128 numerator_ = 0;
    __int128 denominator_ = 1;
};

}  // namespace onecard
