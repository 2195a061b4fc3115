#pragma once

#include <array>
#include <charconv>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "codec.hpp"
#include "fields.hpp"
#include "onecard/bankfile/ykt_text.hpp"
#include "onecard/core/digest.hpp"

namespace onecard::bankfile::ykt {

struct TextProblem {
    Fault fault;
    std::string text;
};

/// One line while it is being written. It stands apart from the file, so that a refused line leaves no trace there.
/// Whoever puts a field has checked its length, but for `text`, which checks.
class LineWriter {
public:
    /// Adds a field of ASCII.
    LineWriter& put(std::string_view field) {
        at_ += field.copy(at_, field.size());
        return close();
    }
    LineWriter& put(char field) {
        *at_++ = field;
        return close();
    }
    LineWriter& number(std::int64_t number) {
        at_ = std::to_chars(at_, bytes_.data() + bytes_.size(), number).ptr;
        return close();
    }
    /// Seven digits with leading zeros.
    LineWriter& seq(std::int32_t seq) {
        for (int i = 6; i >= 0; --i, seq /= 10) at_[i] = static_cast<char>('0' + seq % 10);
        at_ += 7;
        return close();
    }
    /// Adds a field of UTF-8 text in GB18030.
    std::optional<TextProblem> text(std::string_view utf8, const Field& field, std::size_t least,
                                    std::size_t most) {
        const auto wrong_length = [&] {
            return TextProblem{Fault::malformed,
                               fmt::format("expected {}, found {} bytes", field.expected, utf8.size())};
        };
        if (utf8.size() < least || utf8.size() > most * 4) return wrong_length();
        const char* from = utf8.data();
        const char* const end = from + utf8.size();
        std::size_t characters = 0;
        while (from < end) {
            const char32_t c = codec::next_utf8(from, end);
            if (c == codec::no_character)
                return TextProblem{Fault::malformed,
                                   fmt::format("not UTF-8 at byte offset {}", from - utf8.data())};
            if (!is_text(c)) return TextProblem{Fault::malformed, "a '|' or a control character"};
            if (++characters > most) return wrong_length();
            char* const written = codec::put_gb18030(at_, c);
            if (written == nullptr)
                return TextProblem{Fault::unknown,
                                   fmt::format("U+{:04X} is a private-use character, which GB18030 as "
                                               "agreed with banks does not have",
                                               static_cast<std::uint32_t>(c))};
            at_ = written;
        }
        close();
        return std::nullopt;
    }

    /// The line with its CRLF in the place of the last delimiter.
    std::string_view finish() {
        at_[-1] = '\r';
        *at_++ = '\n';
        return {bytes_.data(), static_cast<std::size_t>(at_ - bytes_.data())};
    }

private:
    LineWriter& close() {
        *at_++ = delimiter;
        return *this;
    }

    // The longest line is far from the format's limit: two long texts of 4 bytes a character and ASCII fields.
    std::array<char, 2048> bytes_;
    char* at_ = bytes_.data();
    static_assert(4 * (name_characters_max + summary_characters_max + remark_characters_max) + 512 < 2048);
    static_assert(4 * bank_text_characters_max + 512 < 2048);
    static_assert(2048 <= line_bytes_max);
};

/// For reading back a header before it is written: no trailer is ever compared.
class NoHash final : public StreamHash {
public:
    void update(std::span<const std::byte>) override {}
    Digest finish() override { return {}; }
};

/// "T|count|total|hash" with the hash of `bytes` and everything hashed before.
inline void append_trailer(std::string& bytes, StreamHash& sm3, std::int32_t count, std::int64_t total_fen) {
    sm3.update(bytes_of(bytes));
    std::array<char, 64> hex{};
    std::size_t at = 0;
    for (const std::uint8_t byte : sm3.finish().bytes) {
        constexpr std::string_view digits = "0123456789ABCDEF";
        hex[at++] = digits[byte >> 4];
        hex[at++] = digits[byte & 0x0F];
    }
    LineWriter line;
    line.put('T').number(count).number(total_fen).put(std::string_view{hex.data(), hex.size()});
    bytes.append(line.finish());
}

}  // namespace onecard::bankfile::ykt
