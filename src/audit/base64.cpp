#include <algorithm>
#include <array>

#include "onecard/audit/checkpoint.hpp"

namespace onecard::audit {
namespace {

constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::uint8_t no_digit = 0xff;

constexpr auto value_of_digit = [] {
    std::array<std::uint8_t, 256> values{};
    values.fill(no_digit);
    for (std::size_t i = 0; i < alphabet.size(); ++i)
        values[static_cast<std::uint8_t>(alphabet[i])] = static_cast<std::uint8_t>(i);
    return values;
}();

}  // namespace

std::string base64(std::string_view bytes) {
    std::string text;
    text.reserve((bytes.size() + 2) / 3 * 4);
    for (std::size_t at = 0; at < bytes.size(); at += 3) {
        const std::size_t taken = std::min<std::size_t>(3, bytes.size() - at);
        std::uint32_t group = 0;
        for (std::size_t i = 0; i < 3; ++i)
            group = group << 8U | (i < taken ? static_cast<std::uint8_t>(bytes[at + i]) : 0U);
        for (std::size_t i = 0; i < 4; ++i)
            text.push_back(i <= taken ? alphabet[group >> (18U - 6U * i) & 0x3fU] : '=');
    }
    return text;
}

Result<std::string> parse_base64(std::string_view text) {
    const auto malformed = [] { return refuse(Fault::malformed, "not base64 (RFC 4648, padded)"); };
    if (text.size() % 4 != 0) return malformed();
    std::size_t padding = 0;
    while (padding < 2 && padding < text.size() && text[text.size() - 1 - padding] == '=') ++padding;
    const std::size_t digits = text.size() - padding;

    std::string bytes;
    bytes.reserve(text.size() / 4 * 3);
    std::uint32_t pending = 0;
    std::uint32_t pending_bits = 0;
    for (std::size_t i = 0; i < digits; ++i) {
        const std::uint8_t value = value_of_digit[static_cast<std::uint8_t>(text[i])];
        if (value == no_digit) return malformed();
        pending = pending << 6U | value;
        pending_bits += 6;
        if (pending_bits >= 8) {
            pending_bits -= 8;
            bytes.push_back(static_cast<char>(pending >> pending_bits & 0xffU));
        }
    }
    // Bits that no byte uses must be zero: one value has one text, so that what was signed is what was read.
    if ((pending & ((1U << pending_bits) - 1U)) != 0) return malformed();
    return bytes;
}

}  // namespace onecard::audit
