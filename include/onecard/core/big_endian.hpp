#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>

namespace onecard {

/// Writes a number in network byte order and returns the place after it: the form of Merkle leaves and binary COPY.
template <class Number>
    requires std::is_integral_v<Number>
inline std::byte* put_big_endian(std::byte* out, Number number) {
    const auto bits = static_cast<std::uint64_t>(number);
    for (std::size_t i = 0; i < sizeof(Number); ++i)
        out[i] = static_cast<std::byte>(bits >> (8 * (sizeof(Number) - 1 - i)));
    return out + sizeof(Number);
}

template <class Number>
    requires std::is_integral_v<Number>
inline Number take_big_endian(const std::byte* in) {
    std::uint64_t bits = 0;
    for (std::size_t i = 0; i < sizeof(Number); ++i) bits = bits << 8 | static_cast<std::uint64_t>(in[i]);
    return static_cast<Number>(bits);
}

}  // namespace onecard
