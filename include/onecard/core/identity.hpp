#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "onecard/core/calendar.hpp"
#include "onecard/core/result.hpp"

namespace onecard {

enum class Sex : std::uint8_t { female, male };

/// A resident identity number (GB 11643-1999), 18 characters. Its log text is masked.
class ResidentId {
public:
    ResidentId() = default;
    /// Checks form, date (a real day not after `today`, year >= 1900) and check character; 'x' becomes 'X'.
    /// 15-digit numbers are widened (century 19, check character computed).
    /// Errors: malformed, out_of_range. The text of the error never holds the number.
    static Result<ResidentId> parse(std::string_view text, Day today);

    const std::string& text() const { return text_; }
    /// Of a parsed number only (BrokenInvariant for an empty one), like `sex`.
    Day born() const;
    Sex sex() const;
    /// "990101********0012"
    std::string masked() const;
    friend auto operator<=>(const ResidentId&, const ResidentId&) = default;

private:
    explicit ResidentId(std::string text) : text_{std::move(text)} {}
    std::string text_;
};

enum class AccountKind : std::uint8_t { passbook = 2, card = 4 };

/// A bank account or card number, 12 to 30 digits; cards are 16 to 19 digits and satisfy Luhn. Masked in logs.
class AccountNumber {
public:
    AccountNumber() = default;
    /// Errors: malformed. The text of the error never holds the number.
    static Result<AccountNumber> parse(std::string_view text, AccountKind kind);
    const std::string& text() const { return text_; }
    /// "************0019"
    std::string masked() const;
    friend auto operator<=>(const AccountNumber&, const AccountNumber&) = default;

private:
    explicit AccountNumber(std::string text) : text_{std::move(text)} {}
    std::string text_;
};

/// A name in UTF-8: 1 to 50 characters, no control characters, no private-use characters, no '|'.
/// Look-alikes of the separator in minority names between two characters (U+2022 U+2027 U+30FB U+FF0E U+002E)
/// become U+00B7; outer spaces are trimmed. (12 ministries' notice, DOMAIN 4.3.) Refused as control characters are
/// also the invisible ones that make two names look alike (zero width, text direction, line separators), and
/// U+FFFD, the trace of a character that an earlier conversion has already lost.
class PersonName {
public:
    PersonName() = default;
    /// Errors: malformed.
    static Result<PersonName> parse(std::string_view utf8);
    const std::string& text() const { return text_; }
    /// "王**": the first character, the rest hidden.
    std::string masked() const;
    friend auto operator<=>(const PersonName&, const PersonName&) = default;

private:
    explicit PersonName(std::string text) : text_{std::move(text)} {}
    std::string text_;
};

/// Decodes one code point of well-formed UTF-8 at `position` and moves past it. Where it is not well formed: U+FFFFFFFF,
/// past one byte. At the end: U+FFFFFFFF, not moving.
char32_t next_code_point(std::string_view utf8, std::size_t& position);
/// BrokenInvariant for what is no Unicode scalar value.
void append_utf8(std::string& out, char32_t code_point);

}  // namespace onecard
