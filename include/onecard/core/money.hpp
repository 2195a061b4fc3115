#pragma once

#include <compare>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "onecard/core/result.hpp"

namespace onecard {

/// An amount of renminbi in fen, signed 64 bit. Arithmetic is checked; there is no floating point in, out or between.
class Money {
public:
    constexpr Money() = default;

    static constexpr Money of_fen(std::int64_t fen) { return Money{fen}; }

    /// Yuan with at most two decimals, no thousands separator ("638", "638.5", "-0.01").
    /// Errors: malformed, out_of_range.
    static Result<Money> parse_yuan(std::string_view text);

    constexpr std::int64_t fen() const { return fen_; }
    constexpr bool is_zero() const { return fen_ == 0; }
    constexpr bool is_negative() const { return fen_ < 0; }

    /// Errors: out_of_range when the sum does not fit 64 bits.
    Result<Money> plus(Money other) const;
    Result<Money> minus(Money other) const;
    Result<Money> times(std::int64_t factor) const;

    /// For totals of amounts that were each bounded before: an overflow there is our own mistake (BrokenInvariant).
    Money& operator+=(Money other);
    Money& operator-=(Money other);
    friend Money operator+(Money a, Money b) { return a += b; }
    friend Money operator-(Money a, Money b) { return a -= b; }
    constexpr Money operator-() const {
        ensure(fen_ != std::numeric_limits<std::int64_t>::min(), "the negative of an amount overflows");
        return Money{-fen_};
    }

    /// "638.00", "-0.01": yuan with two decimals.
    std::string yuan() const;
    /// "1,234,638.00"
    std::string grouped_yuan() const;

    friend constexpr auto operator<=>(Money, Money) = default;

private:
    constexpr explicit Money(std::int64_t fen) : fen_{fen} {}
    std::int64_t fen_ = 0;
};

/// Splits `whole` (>= 0) by weights (each >= 0, not all 0) with the largest-remainder method: each share is
/// floored in fen, the rest goes to the largest fractions, ties to the lowest index. The shares sum to `whole`.
/// Errors: out_of_range for a negative whole or weight, missing when no weight is positive.
Result<std::vector<Money>> split(Money whole, std::span<const std::int64_t> weights);

}  // namespace onecard
