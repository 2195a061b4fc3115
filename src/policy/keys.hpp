#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "onecard/policy/builder.hpp"

namespace onecard::policy {

/// How a value is written, and so what is checked before it may enter a book.
enum class KeyKind : std::uint8_t {
    standard,
    amount,
    percent,
    age,
    months,
    rate,
    once,
    flag,
    choice,
    codes,
    amounts,
    percents,
    parts,  ///< two of them: one part in so many
    order,  ///< all the choices, each once
};

/// A value that has been checked: fen, percent, hundredths of a percent, years, 0 or 1, the position of a choice; or item codes, sorted; or
/// amounts or percentages in their order.
struct Checked {
    std::int64_t number = 0;
    std::vector<std::int16_t> codes;
    std::vector<std::int64_t> numbers = {};
    friend bool operator==(const Checked&, const Checked&) = default;
};

struct Rule {
    std::string_view name;
    KeyKind kind;
    void (*set)(CountyPolicy& policy, const Checked& value);
    std::span<const std::string_view> choices = {};
};

/// A key's number: standards first, in the order of the enum, then the rules in the order of their table.
using KeyNo = std::size_t;
inline constexpr std::size_t standards_count = static_cast<std::size_t>(Standard::count);
std::span<const Rule> rules();
inline std::size_t keys_count() { return standards_count + rules().size(); }
std::optional<KeyNo> key_no(std::string_view name);
std::string_view name_of(KeyNo key);
KeyKind kind_of(KeyNo key);

/// Errors: malformed, out_of_range; the text says how the value is to be written.
Result<Checked> check(KeyNo key, const Book::Builder::Input& input);

/// What a month has of a standard. One of a year is spread over its months so that twelve of them make it to the fen:
/// a twelfth of 989.00 is no amount.
Money monthly(const Checked& standard, Month month);

/// As it would be written in a pack.
std::string text_of(KeyNo key, const Checked& value);
/// And back. Errors: malformed, for what no `text_of` of this key has written.
Result<Book::Builder::Input> input_of_text(KeyNo key, std::string_view text);

}  // namespace onecard::policy
