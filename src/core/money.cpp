#include "onecard/core/money.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

#include "digits.hpp"

namespace onecard {
namespace {

/// The yuan text of an amount, built from its end, so that no length has to be known before.
std::string written(std::int64_t fen, bool grouped) {
    std::array<char, 32> buffer{};  // "-92,233,720,368,547,758.08" is the longest: 26
    char* const end = buffer.data() + buffer.size();
    char* place = end;
    // Negating as unsigned is defined for the smallest amount too.
    const auto bits = static_cast<std::uint64_t>(fen);
    std::uint64_t rest = fen < 0 ? 0 - bits : bits;
    for (int digits = 0; digits < 3 || rest != 0; ++digits) {
        if (digits == 2) *--place = '.';
        if (grouped && digits > 2 && (digits - 2) % 3 == 0) *--place = ',';
        *--place = static_cast<char>('0' + rest % 10);
        rest /= 10;
    }
    if (fen < 0) *--place = '-';
    return {place, end};
}

}  // namespace

Result<Money> Money::parse_yuan(std::string_view text) {
    const auto malformed = [] {
        return refuse(Fault::malformed, "an amount is yuan with at most two decimals, like 638.50");
    };
    const bool negative = text.starts_with('-');
    if (negative) text.remove_prefix(1);
    const std::size_t point = text.find('.');
    const std::string_view yuan = text.substr(0, point);
    const std::string_view decimals = point == std::string_view::npos ? "" : text.substr(point + 1);
    if (yuan.empty() || !digits::all_digits(yuan) || !digits::all_digits(decimals)) return malformed();
    if (point != std::string_view::npos && (decimals.empty() || decimals.size() > 2)) return malformed();

    // Summed up below zero: the smallest amount has no positive counterpart.
    std::int64_t fen = 0;
    bool overflows = false;
    const auto append = [&](char digit) {
        overflows = overflows || __builtin_mul_overflow(fen, 10, &fen) ||
                    __builtin_sub_overflow(fen, digit - '0', &fen);
    };
    for (const char digit : yuan) append(digit);
    append(decimals.empty() ? '0' : decimals[0]);
    append(decimals.size() < 2 ? '0' : decimals[1]);
    if (!negative) overflows = overflows || __builtin_sub_overflow(0, fen, &fen);
    if (overflows) return refuse(Fault::out_of_range, "the amount does not fit 64 bits of fen");
    return Money{fen};
}

Result<Money> Money::plus(Money other) const {
    std::int64_t sum = 0;
    if (__builtin_add_overflow(fen_, other.fen_, &sum))
        return refuse(Fault::out_of_range, "a sum of money overflows");
    return Money{sum};
}

Result<Money> Money::minus(Money other) const {
    std::int64_t difference = 0;
    if (__builtin_sub_overflow(fen_, other.fen_, &difference))
        return refuse(Fault::out_of_range, "a difference of money overflows");
    return Money{difference};
}

Result<Money> Money::times(std::int64_t factor) const {
    std::int64_t product = 0;
    if (__builtin_mul_overflow(fen_, factor, &product))
        return refuse(Fault::out_of_range, "a multiple of money overflows");
    return Money{product};
}

Money& Money::operator+=(Money other) {
    // Into a copy: what is thrown out of must be left as it was.
    std::int64_t sum = 0;
    ensure(!__builtin_add_overflow(fen_, other.fen_, &sum), "a total of money overflows");
    fen_ = sum;
    return *this;
}

Money& Money::operator-=(Money other) {
    std::int64_t difference = 0;
    ensure(!__builtin_sub_overflow(fen_, other.fen_, &difference), "a total of money overflows");
    fen_ = difference;
    return *this;
}

std::string Money::yuan() const { return written(fen_, false); }

std::string Money::grouped_yuan() const { return written(fen_, true); }

Result<std::vector<Money>> split(Money whole, std::span<const std::int64_t> weights) {
    if (whole.is_negative()) return refuse(Fault::out_of_range, "a negative amount cannot be split");
    __int128 total = 0;
    for (const std::int64_t weight : weights) {
        if (weight < 0) return refuse(Fault::out_of_range, "a weight is negative");
        total += weight;
    }
    if (total == 0) return refuse(Fault::missing, "no weight is positive");

    struct Fraction {
        __int128 remainder;
        std::size_t index;
    };
    std::vector<Money> shares;
    std::vector<Fraction> fractions;
    shares.reserve(weights.size());
    fractions.reserve(weights.size());
    std::int64_t left = whole.fen();
    for (const std::int64_t weight : weights) {
        // Two factors of 63 bits: the product always fits.
        const __int128 product = static_cast<__int128>(whole.fen()) * weight;
        const auto share = static_cast<std::int64_t>(product / total);
        fractions.push_back({product % total, shares.size()});
        shares.push_back(Money::of_fen(share));
        left -= share;
    }
    // The fractions sum up to `left`, so fewer than all shares get one fen more, and none whose fraction is zero.
    const auto last = fractions.begin() + static_cast<std::ptrdiff_t>(left);
    std::ranges::nth_element(fractions, last, [](const Fraction& a, const Fraction& b) {
        return a.remainder != b.remainder ? a.remainder > b.remainder : a.index < b.index;
    });
    for (auto fraction = fractions.begin(); fraction != last; ++fraction)
        shares[fraction->index] += Money::of_fen(1);
    return shares;
}

}  // namespace onecard
