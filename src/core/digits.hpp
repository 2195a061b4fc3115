#pragma once

#include <algorithm>
#include <cstdint>
#include <string_view>

namespace onecard::digits {

// Independent of the locale, unlike std::isdigit.
constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }

constexpr bool all_digits(std::string_view text) { return std::ranges::all_of(text, is_digit); }

/// The number in up to nine digits that were checked before.
constexpr std::int32_t number_in(std::string_view digits) {
    std::int32_t number = 0;
    for (const char c : digits) number = number * 10 + (c - '0');
    return number;
}

/// Writes exactly `width` digits with leading zeros and returns the end. The number must fit (checked before).
constexpr char* put(char* out, std::uint32_t number, int width) {
    for (char* place = out + width; place != out; number /= 10)
        *--place = static_cast<char>('0' + number % 10);
    return out + width;
}

}  // namespace onecard::digits
