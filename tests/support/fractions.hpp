#pragma once

#include <cstdint>
#include <tuple>
#include <utility>

#include "onecard/core/rational.hpp"

/// Fractions of a reference's own: as they are taught, in wide numbers, without a look at the engine's.
namespace onecard::entitlement {

struct Fraction {
    __int128 top = 0;
    __int128 bottom = 1;
    Fraction(__int128 a, __int128 b = 1) {  // NOLINT: a whole number is a fraction
        __int128 x = a < 0 ? -a : a;
        __int128 y = b;
        while (y != 0) std::tie(x, y) = std::pair{y, x % y};
        top = x == 0 ? 0 : a / x;
        bottom = x == 0 ? 1 : b / x;
    }
    friend Fraction operator+(Fraction a, Fraction b) {
        return {a.top * b.bottom + b.top * a.bottom, a.bottom * b.bottom};
    }
    friend Fraction operator-(Fraction a, Fraction b) {
        return {a.top * b.bottom - b.top * a.bottom, a.bottom * b.bottom};
    }
    friend Fraction operator*(Fraction a, Fraction b) { return {a.top * b.top, a.bottom * b.bottom}; }
    friend Fraction operator/(Fraction a, Fraction b) { return {a.top * b.bottom, a.bottom * b.top}; }
    friend bool operator<(Fraction a, Fraction b) { return a.top * b.bottom < b.top * a.bottom; }
};

/// Of an amount >= 0.
inline std::int64_t rounded(Fraction amount, Rounding rounding) {
    const std::int64_t unit = rounding.unit == RoundingUnit::fen    ? 1
                              : rounding.unit == RoundingUnit::jiao ? 10
                                                                    : 100;
    const Fraction units = amount / unit;
    const auto below = static_cast<std::int64_t>(units.top / units.bottom);
    const Fraction rest = units - below;
    bool up = false;
    if (rounding.mode == RoundingMode::ceiling) up = rest.top > 0;
    if (rounding.mode == RoundingMode::half_up) up = !(rest < Fraction{1, 2});
    return (below + (up ? 1 : 0)) * unit;
}

}  // namespace onecard::entitlement
