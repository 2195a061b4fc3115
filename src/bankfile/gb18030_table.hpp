#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

/// The mapping of GB18030 as arrays; cmake/gb18030_table.cpp writes their contents while the house is built.
namespace onecard::bankfile::gb18030 {

/// Two-byte characters: lead 81 … FE, trail 40 … 7E and 80 … FE.
inline constexpr std::size_t leads = 126;
inline constexpr std::size_t trails = 190;
inline constexpr std::size_t two_byte_count = leads * trails;
/// Four-byte characters of the BMP: 81308130 … 8431A439, counted from 0.
inline constexpr std::size_t four_byte_count = 39'420;
/// The four-byte character 90308130, counted the same way, is U+10000; from there on the mapping is linear.
inline constexpr std::uint32_t first_supplementary = 189'000;
/// Characters of supplementary planes that have a two-byte form. The 2005 edition has six of them (FE51 …).
inline constexpr std::size_t short_supplementary_count = 6;
/// In `two_byte`, a surrogate names the n-th short supplementary character: no character is a surrogate.
inline constexpr std::uint16_t surrogate_base = 0xD800;

struct ShortSupplementary {
    char32_t code_point;
    std::uint16_t code;  ///< lead × 256 + trail
};

/// The code point; 0 where there is none, or only a private-use one.
extern const std::array<std::uint16_t, two_byte_count> two_byte;
extern const std::array<std::uint16_t, four_byte_count> four_byte;
/// The way back. lead × 256 + trail, or 0.
extern const std::array<std::uint16_t, 65'536> to_two_byte;
/// The number of the four-byte form + 1, or 0.
extern const std::array<std::uint16_t, 65'536> to_four_byte;
extern const std::array<ShortSupplementary, short_supplementary_count> short_supplementary;
/// One bit for each of `two_byte`: the character is in GBK too.
extern const std::array<std::uint64_t, (two_byte_count + 63) / 64> in_gbk;

constexpr bool is_lead(unsigned char byte) { return byte >= 0x81 && byte <= 0xFE; }
constexpr bool is_trail(unsigned char byte) { return byte >= 0x40 && byte <= 0xFE && byte != 0x7F; }
constexpr bool is_digit(unsigned char byte) { return byte >= 0x30 && byte <= 0x39; }

/// The place of a two-byte character in `two_byte`.
constexpr std::size_t index_of(unsigned char lead, unsigned char trail) {
    return (lead - 0x81u) * trails + trail - (trail < 0x7F ? 0x40u : 0x41u);
}

}  // namespace onecard::bankfile::gb18030
