#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "gb18030_table.hpp"
#include "onecard/bankfile/encoding.hpp"

/// One character at a time, inline: the loops around these differ (a whole text, a field with its limits).
namespace onecard::bankfile::codec {

inline constexpr char32_t no_character = 0xFFFF'FFFF;

constexpr bool is_private_use(char32_t c) { return (c >= 0xE000 && c <= 0xF8FF) || c >= 0xF'0000; }

/// How many bytes of `at` … `end` are ASCII before the first that is not.
inline std::size_t ascii_run(const char* at, const char* end) {
    const char* const start = at;
    while (end - at >= 8) {
        std::uint64_t word = 0;
        std::memcpy(&word, at, 8);
        word &= 0x8080'8080'8080'8080;
        // The first byte in memory is the lowest one of the word.
        static_assert(std::endian::native == std::endian::little);
        if (word != 0) return static_cast<std::size_t>(at - start + std::countr_zero(word) / 8);
        at += 8;
    }
    while (at < end && static_cast<unsigned char>(*at) < 0x80) ++at;
    return static_cast<std::size_t>(at - start);
}

/// Reads one character of UTF-8 and moves `at` past it; `no_character` (and `at` unmoved) when it is not well formed.
inline char32_t next_utf8(const char*& at, const char* end) {
    const auto byte = [&](int n) { return static_cast<unsigned char>(at[n]); };
    const auto is_tail = [&](int n) { return (byte(n) & 0xC0) == 0x80; };
    const unsigned char lead = byte(0);
    if (lead < 0x80) {
        ++at;
        return lead;
    }
    if (lead >= 0xE0 && lead <= 0xEF && end - at >= 3 && is_tail(1) && is_tail(2)) [[likely]] {
        const char32_t c = (lead & 0x0Fu) << 12 | (byte(1) & 0x3Fu) << 6 | (byte(2) & 0x3Fu);
        if (c < 0x800 || (c >= 0xD800 && c <= 0xDFFF)) return no_character;
        at += 3;
        return c;
    }
    if (lead >= 0xC2 && lead <= 0xDF && end - at >= 2 && is_tail(1)) {
        const char32_t c = (lead & 0x1Fu) << 6 | (byte(1) & 0x3Fu);
        at += 2;
        return c;
    }
    if (lead >= 0xF0 && lead <= 0xF4 && end - at >= 4 && is_tail(1) && is_tail(2) && is_tail(3)) {
        const char32_t c =
            (lead & 0x07u) << 18 | (byte(1) & 0x3Fu) << 12 | (byte(2) & 0x3Fu) << 6 | (byte(3) & 0x3Fu);
        if (c < 0x1'0000 || c > 0x10'FFFF) return no_character;
        at += 4;
        return c;
    }
    return no_character;
}

/// Writes one character, at most 4 bytes; returns the end of what was written.
inline char* put_utf8(char* out, char32_t c) {
    if (c < 0x80) {
        *out++ = static_cast<char>(c);
    } else if (c < 0x800) {
        *out++ = static_cast<char>(0xC0 | c >> 6);
        *out++ = static_cast<char>(0x80 | (c & 0x3F));
    } else if (c < 0x1'0000) {
        *out++ = static_cast<char>(0xE0 | c >> 12);
        *out++ = static_cast<char>(0x80 | (c >> 6 & 0x3F));
        *out++ = static_cast<char>(0x80 | (c & 0x3F));
    } else {
        *out++ = static_cast<char>(0xF0 | c >> 18);
        *out++ = static_cast<char>(0x80 | (c >> 12 & 0x3F));
        *out++ = static_cast<char>(0x80 | (c >> 6 & 0x3F));
        *out++ = static_cast<char>(0x80 | (c & 0x3F));
    }
    return out;
}

inline char* put_two_bytes(char* out, std::uint16_t code) {
    *out++ = static_cast<char>(code >> 8);
    *out++ = static_cast<char>(code & 0xFF);
    return out;
}

inline char* put_four_bytes(char* out, std::uint32_t number) {
    *out++ = static_cast<char>(0x81 + number / 12'600);
    *out++ = static_cast<char>(0x30 + number / 1'260 % 10);
    *out++ = static_cast<char>(0x81 + number / 10 % 126);
    *out++ = static_cast<char>(0x30 + number % 10);
    return out;
}

/// Writes one character in GB18030, at most 4 bytes; nullptr when it is a private-use one.
inline char* put_gb18030(char* out, char32_t c) {
    if (c < 0x80) {
        *out++ = static_cast<char>(c);
        return out;
    }
    if (c < 0x1'0000) {
        if (const std::uint16_t code = gb18030::to_two_byte[c]; code != 0) [[likely]]
            return put_two_bytes(out, code);
        if (const std::uint16_t next = gb18030::to_four_byte[c]; next != 0)
            return put_four_bytes(out, next - 1u);
        return nullptr;
    }
    if (is_private_use(c)) return nullptr;
    for (const auto& entry : gb18030::short_supplementary)
        if (entry.code_point == c) return put_two_bytes(out, entry.code);
    return put_four_bytes(out, gb18030::first_supplementary + (c - 0x1'0000));
}

/// Writes one character in GBK; nullptr when GBK does not have it.
inline char* put_gbk(char* out, char32_t c) {
    if (c < 0x80) {
        *out++ = static_cast<char>(c);
        return out;
    }
    if (c > 0xFFFF) return nullptr;
    const std::uint16_t code = gb18030::to_two_byte[c];
    if (code == 0) return nullptr;
    const std::size_t index = gb18030::index_of(code >> 8, code & 0xFF);
    if ((gb18030::in_gbk[index / 64] >> index % 64 & 1) == 0) return nullptr;
    return put_two_bytes(out, code);
}

/// The bytes that the character at `at` takes, by its form alone: 1 for ASCII and for what begins no character.
inline std::size_t width(const char* at, const char* end, bool four_byte_forms) {
    const auto byte = [&](int n) { return static_cast<unsigned char>(at[n]); };
    if (!gb18030::is_lead(byte(0)) || end - at < 2) return 1;
    if (gb18030::is_trail(byte(1))) return 2;
    if (four_byte_forms && end - at >= 4 && gb18030::is_digit(byte(1)) && gb18030::is_lead(byte(2)) &&
        gb18030::is_digit(byte(3)))
        return 4;
    return 1;
}

/// Reads one character of GB18030 and moves `at` past it; `no_character` (and `at` unmoved) for what is no character,
/// a private-use one, or a longer way to write one that has a shorter form: the same text has the same bytes, always.
inline char32_t next_gb18030(const char*& at, const char* end) {
    const auto byte = [&](int n) { return static_cast<unsigned char>(at[n]); };
    if (byte(0) < 0x80) return static_cast<unsigned char>(*at++);
    const std::size_t size = width(at, end, true);
    if (size == 2) [[likely]] {
        const std::uint16_t c = gb18030::two_byte[gb18030::index_of(byte(0), byte(1))];
        if (c == 0) return no_character;
        at += 2;
        if (c >= gb18030::surrogate_base && c < gb18030::surrogate_base + gb18030::short_supplementary_count)
            [[unlikely]]
            return gb18030::short_supplementary[c - gb18030::surrogate_base].code_point;
        return c;
    }
    if (size != 4) return no_character;
    const std::uint32_t number =
        ((byte(0) - 0x81u) * 10 + (byte(1) - 0x30u)) * 1'260 + (byte(2) - 0x81u) * 10 + (byte(3) - 0x30u);
    if (number < gb18030::four_byte_count) {
        const std::uint16_t c = gb18030::four_byte[number];
        if (c == 0) return no_character;
        at += 4;
        return c;
    }
    if (number < gb18030::first_supplementary) return no_character;
    const char32_t c = number - gb18030::first_supplementary + 0x1'0000;
    if (is_private_use(c)) return no_character;
    for (const auto& entry : gb18030::short_supplementary)
        if (entry.code_point == c) return no_character;
    at += 4;
    return c;
}

inline char32_t next_gbk(const char*& at, const char* end) {
    const auto byte = [&](int n) { return static_cast<unsigned char>(at[n]); };
    if (byte(0) < 0x80) return static_cast<unsigned char>(*at++);
    if (width(at, end, false) != 2) return no_character;
    const std::size_t index = gb18030::index_of(byte(0), byte(1));
    if ((gb18030::in_gbk[index / 64] >> index % 64 & 1) == 0) return no_character;
    at += 2;
    return gb18030::two_byte[index];
}

}  // namespace onecard::bankfile::codec
