#include "shown_value.hpp"

#include <algorithm>
#include <cstddef>

#include "onecard/core/identity.hpp"

namespace onecard::registry {
namespace {

constexpr std::size_t shown_max = 40;
/// As long as the shorter form of a resident number: codes of villages and banks (12 digits) stay readable.
constexpr std::ptrdiff_t digits_shown_max = 14;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool has_long_number(std::string_view value) {
    std::ptrdiff_t run = 0;
    for (const char c : value) {
        run = is_digit(c) ? run + 1 : 0;
        if (run > digits_shown_max) return true;
    }
    return false;
}

std::string stars(std::size_t count) { return std::string(std::min(count, shown_max), '*'); }

/// The first `kept` characters if they are digits, and stars for the rest, so that the length can be seen.
std::string masked_number(std::string_view value, std::size_t kept) {
    const std::string_view head = value.substr(0, kept);
    if (value.size() < 2 * kept || !std::ranges::all_of(head, is_digit)) return stars(value.size());
    return std::string{head} + stars(value.size() - kept);
}

std::string readable(std::string_view value) {
    std::string text;
    for (std::size_t position = 0; position < value.size();) {
        if (text.size() >= shown_max) return text + "…";
        const char32_t c = next_code_point(value, position);
        if (c < 0x20 || (c >= 0x7F && c < 0xA0) || (c >= 0x2028 && c <= 0x202E) || c > 0x10FFFF)
            text += '?';
        else
            append_utf8(text, c);
    }
    return text;
}

}  // namespace

std::string shown_value(std::string_view value, Shows shows) {
    switch (shows) {
        case Shows::word:
            if (has_long_number(value)) return masked_number(value, 6);
            return readable(value);
        case Shows::number:
            if (has_long_number(value)) return masked_number(value, 6);
            if (std::ranges::any_of(value, [](char c) { return static_cast<unsigned char>(c) >= 0x80; }))
                return stars(3);
            return readable(value);
        case Shows::name: {
            std::size_t position = 0;
            next_code_point(value, position);
            const std::string first = readable(value.substr(0, position));
            // A number in the place of a name shows nothing of itself.
            return (first.empty() || is_digit(first.front()) ? "*" : first) + "**";
        }
        case Shows::resident_id: return masked_number(value, 6);
        case Shows::account:
            if (value.size() < 12 || !std::ranges::all_of(value, is_digit)) return stars(value.size());
            return stars(value.size() - 4) + std::string{value.substr(value.size() - 4)};
    }
    return {};
}

}  // namespace onecard::registry
