#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "onecard/policy/book.hpp"

namespace onecard::policy {

/// Makes a book of values as they were read, whatever they were read from.
class Book::Builder {
public:
    /// Amounts and choices are text, percentages and ages whole numbers, item codes and percentages in a row lists of
    /// whole numbers, amounts in a row lists of text.
    using Input =
        std::variant<std::string, std::int64_t, bool, std::vector<std::int64_t>, std::vector<std::string>>;

    struct Setting {
        std::string_view division;  ///< "370212", "370200" (prefecture), "370000" (province)
        std::string_view key;       ///< "dibao.urban"
        Months months;              ///< without an end: until the next value of the same division and key
        Input input;
        Source source;
        Day published = always_known;
    };

    Builder();
    ~Builder();

    /// Errors, all without a place: unknown key, malformed division or value, out_of_range, duplicate (the same
    /// division, key, first month and day of publication; names where the other one stands), missing document.
    Result<void> add(Setting setting);

    /// What was added; the builder is empty afterwards.
    Book build();

private:
    std::unique_ptr<Impl> impl_;
};

/// Whether a pack may set this key, and whether it is a published amount or a rule.
bool is_standard_key(std::string_view key);
bool is_rule_key(std::string_view key);
inline bool is_key(std::string_view key) { return is_standard_key(key) || is_rule_key(key); }
/// All of them, standards first.
std::vector<std::string_view> keys();

/// The check of `Builder::add` on the division alone. Errors: malformed.
Result<void> check_division(std::string_view division);
/// The check of `Builder::add` on a value alone. Errors: unknown key, malformed, out_of_range.
Result<void> check_value(std::string_view key, const Book::Builder::Input& input);

}  // namespace onecard::policy
