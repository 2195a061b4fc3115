#include "onecard/core/digest.hpp"

namespace onecard {
namespace {

/// 0 … 15, or -1 for what is no hexadecimal digit.
constexpr int value_of_hex(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

}  // namespace

std::string Digest::hex() const {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text;
    text.reserve(2 * bytes.size());
    for (const std::uint8_t byte : bytes) {
        text.push_back(digits[byte >> 4U]);
        text.push_back(digits[byte & 0x0fU]);
    }
    return text;
}

Result<Digest> Digest::parse_hex(std::string_view text) {
    Digest digest;
    if (text.size() != 2 * digest.bytes.size())
        return refuse(Fault::malformed, "a digest is 64 hexadecimal digits");
    for (std::size_t i = 0; i < digest.bytes.size(); ++i) {
        const int high = value_of_hex(text[2 * i]);
        const int low = value_of_hex(text[2 * i + 1]);
        if (high < 0 || low < 0) return refuse(Fault::malformed, "a digest is 64 hexadecimal digits");
        digest.bytes[i] = static_cast<std::uint8_t>(high * 16 + low);
    }
    return digest;
}

}  // namespace onecard
