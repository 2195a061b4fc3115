#pragma once

#include <fmt/format.h>
#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "onecard/core/result.hpp"

/// The fields of YKT-TXT 1.0: what they are called, what is expected in them, and how that is told to a person.
/// Writers and readers ask the same questions, so that neither accepts what the other refuses.
namespace onecard::bankfile::ykt {

inline constexpr char delimiter = '|';

struct Field {
    std::string_view name;
    std::string_view expected;
};

namespace field {

inline constexpr Field line{"line", "a line that ends in CRLF and has at most 4096 bytes with it"};
inline constexpr Field record{"record", "H in the first line, then D, then one T"};
inline constexpr Field version{"version", "1.0"};
inline constexpr Field return_version{"version", "1.0, or 1.1 with the number of the file that is corrected"};
inline constexpr Field corrects{"corrects", "the number in the receipt of the return file that is corrected"};
inline constexpr Field file_id{"file_id", "YKT, county (6 digits), period yyyymm, serial (4 to 7 digits)"};
inline constexpr Field county{"county", "a county's division code of 6 digits"};
inline constexpr Field bank_code{"bank_code", "12 digits"};
inline constexpr Field period{"period", "a month as yyyymm"};
inline constexpr Field function_code{"function_code", "7 digits"};
inline constexpr Field count{"count", "a number of lines, 0 to 9999999, without leading zeros"};
inline constexpr Field total{"total", "an amount in fen, 0 or more, without leading zeros"};
inline constexpr Field made_at{"made_at", "a time in China as yyyyMMddHHmmss"};
inline constexpr Field currency{"currency", "CNY"};
inline constexpr Field value_day{"value_day", "a day as yyyyMMdd"};
inline constexpr Field paid_count{"paid_count", count.expected};
inline constexpr Field paid_total{"paid_total", total.expected};
inline constexpr Field failed_count{"failed_count", count.expected};
inline constexpr Field failed_total{"failed_total", total.expected};
inline constexpr Field seq{"seq", "7 digits, 0000001 to 9999999"};
inline constexpr Field payment{"payment", "1 to 26 printable ASCII characters"};
inline constexpr Field name{"name", "1 to 50 characters"};
inline constexpr Field account_kind{"account_kind", "2 (passbook) or 4 (card)"};
inline constexpr Field account{"account", "12 to 30 digits"};
inline constexpr Field amount{"amount", "an amount in fen, 1 or more, without leading zeros"};
inline constexpr Field summary{"summary", "at most 20 characters"};
inline constexpr Field remark{"remark", "at most 100 characters"};
inline constexpr Field status{"status", "S, F or P"};
inline constexpr Field code{"code", "1 to 16 printable ASCII characters"};
inline constexpr Field text{"text", "at most 100 characters"};
inline constexpr Field bank_day{"bank_day", "a day as yyyyMMdd"};
inline constexpr Field bank_reference{"bank_reference", "at most 64 printable ASCII characters"};
inline constexpr Field hash{"hash", "64 upper-case hexadecimal digits"};

}  // namespace field

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }

constexpr bool is_digits(std::string_view text, std::size_t least, std::size_t most) {
    if (text.size() < least || text.size() > most) return false;
    bool all = true;
    for (const char c : text) all &= is_digit(c);
    return all;
}

/// Printable ASCII without the delimiter.
constexpr bool is_printable(std::string_view text, std::size_t least, std::size_t most) {
    if (text.size() < least || text.size() > most) return false;
    bool all = true;
    for (const char c : text) all &= c >= 0x20 && c <= 0x7E && c != delimiter;
    return all;
}

/// What a text field may hold: no delimiter and no control characters, neither of ASCII nor of ISO 6429 (U+0080 …).
constexpr bool is_text(char32_t c) {
    return c >= 0x20 && c != static_cast<char32_t>(delimiter) && (c < 0x7F || c > 0x9F);
}

constexpr bool is_file_id(std::string_view text) {
    return text.starts_with("YKT") && is_digits(text.substr(3), 6 + 6 + 4, 6 + 6 + 7);
}

/// A decimal number in the one way to write it: no sign, no leading zeros, at most 64 bits.
inline std::optional<std::int64_t> canonical_number(std::string_view text) {
    if (!is_digits(text, 1, 19) || (text.front() == '0' && text.size() > 1)) return std::nullopt;
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{}) return std::nullopt;
    return number;
}

/// A field as it may stand in a message. When columns have shifted any field may hold a name or an account number:
/// only short numbers and single letters are shown, a longer number by its length and last four digits.
inline std::string shown(std::string_view found) {
    if (found.empty()) return "an empty field";
    if (is_digits(found, 1, 11) || (found.size() == 1 && is_printable(found, 1, 1)))
        return fmt::format("'{}'", found);
    if (is_digits(found, 12, found.size()))
        return fmt::format("{} digits ending in {}", found.size(), found.substr(found.size() - 4));
    return fmt::format("{} bytes that are not all digits", found.size());
}

inline std::string unexpected(const Field& field, std::string_view found) {
    return fmt::format("expected {}, found {}", field.expected, shown(found));
}

inline std::string place(std::string_view file, std::int32_t line, const Field& field) {
    return fmt::format("{}:{}:{}", file, line, field.name);
}

}  // namespace onecard::bankfile::ykt
