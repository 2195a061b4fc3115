#include "onecard/core/identity.hpp"

#include <array>

#include "digits.hpp"

namespace onecard {
namespace {

constexpr char32_t ill_formed = 0xFFFFFFFF;
constexpr char32_t middle_dot = 0x00B7;
constexpr int name_length_max = 50;

/// GB 11643-1999, annex A (ISO 7064 MOD 11-2).
char check_character(std::string_view first_17) {
    constexpr std::array weights{7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2};
    constexpr std::string_view characters = "10X98765432";
    int sum = 0;
    for (std::size_t i = 0; i < weights.size(); ++i) sum += weights[i] * (first_17[i] - '0');
    return characters[static_cast<std::size_t>(sum % 11)];
}

bool satisfies_luhn(std::string_view digits) {
    int sum = 0;
    bool doubled = false;
    for (auto place = digits.rbegin(); place != digits.rend(); ++place) {
        const int digit = (*place - '0') * (doubled ? 2 : 1);
        sum += digit / 10 + digit % 10;
        doubled = !doubled;
    }
    return sum % 10 == 0;
}

constexpr bool is_space(char32_t c) { return c == U' ' || c == 0x00A0 || c == 0x3000; }

constexpr bool is_separator(char32_t c) {
    return c == middle_dot || c == 0x2022 || c == 0x2027 || c == 0x30FB || c == 0xFF0E || c == U'.';
}

constexpr bool is_private_use(char32_t c) { return (c >= 0xE000 && c <= 0xF8FF) || c >= 0xF0000; }

constexpr bool is_control(char32_t c) {
    return c < 0x20 || (c >= 0x7F && c < 0xA0) || c == 0x00AD || c == 0x061C ||
           (c >= 0x200B && c <= 0x200F) || (c >= 0x2028 && c <= 0x202E) || (c >= 0x2060 && c <= 0x206F) ||
           c == 0xFEFF || c == 0xFFFD || (c & 0xFFFE) == 0xFFFE;
}

std::unexpected<Failure> malformed_name(const char* text) { return refuse(Fault::malformed, text); }

}  // namespace

Result<ResidentId> ResidentId::parse(std::string_view text, Day today) {
    const bool is_old_form = text.size() == 15;
    if ((!is_old_form && text.size() != 18) || !digits::all_digits(text.substr(0, is_old_form ? 15 : 17)))
        return refuse(Fault::malformed, "a resident number is 17 digits and a check character, or 15 digits");

    std::string number{text};
    if (is_old_form) {
        number.insert(6, "19");
        number.push_back(check_character(number));
    }
    if (number.back() == 'x') number.back() = 'X';
    if (!digits::is_digit(number.back()) && number.back() != 'X')
        return refuse(Fault::malformed, "a resident number is 17 digits and a check character, or 15 digits");

    const auto born = Day::parse(std::string_view{number}.substr(6, 8));
    if (!born) return refuse(Fault::out_of_range, "the date of birth in a resident number does not exist");
    if (*born > today)
        return refuse(Fault::out_of_range, "the date of birth in a resident number lies in the future");
    if (number.back() != check_character(number))
        return refuse(Fault::malformed, "the check character of a resident number does not match");
    return ResidentId{std::move(number)};
}

Day ResidentId::born() const {
    ensure(!text_.empty(), "an empty resident number has no date of birth");
    const auto day = Day::parse(std::string_view{text_}.substr(6, 8));
    ensure(day.has_value(), "a resident number was made without its checks");
    return *day;
}

Sex ResidentId::sex() const {
    ensure(!text_.empty(), "an empty resident number has no sex");
    return (text_[16] - '0') % 2 == 0 ? Sex::female : Sex::male;
}

std::string ResidentId::masked() const {
    if (text_.empty()) return {};
    return text_.substr(0, 6) + "********" + text_.substr(14);
}

Result<AccountNumber> AccountNumber::parse(std::string_view text, AccountKind kind) {
    if (text.size() < 12 || text.size() > 30 || !digits::all_digits(text))
        return refuse(Fault::malformed, "an account number is 12 to 30 digits");
    switch (kind) {
        case AccountKind::passbook: break;
        case AccountKind::card:
            if (text.size() < 16 || text.size() > 19)
                return refuse(Fault::malformed, "a card number is 16 to 19 digits");
            if (!satisfies_luhn(text))
                return refuse(Fault::malformed, "the check digit of a card number does not match");
            break;
    }
    return AccountNumber{std::string{text}};
}

std::string AccountNumber::masked() const {
    if (text_.empty()) return {};
    // Always twelve stars: the length of an account number tells the bank.
    return "************" + text_.substr(text_.size() - 4);
}

Result<PersonName> PersonName::parse(std::string_view utf8) {
    std::array<char32_t, name_length_max> name;  // NOLINT: only what was written is read
    std::size_t length = 0;
    std::size_t spaces = 0;                         // seen, but not yet known to be inside the name
    std::array<char32_t, name_length_max> pending;  // NOLINT
    for (std::size_t position = 0; position < utf8.size();) {
        const char32_t c = next_code_point(utf8, position);
        if (c == ill_formed) return malformed_name("a name is not well-formed UTF-8");
        if (is_control(c)) return malformed_name("a name contains a control, invisible or lost character");
        if (is_private_use(c))
            return malformed_name("a name contains a private-use character, which no bank can read");
        if (c == U'|') return malformed_name("a name contains '|'");
        if (is_space(c)) {
            if (length == 0) continue;
            if (spaces < pending.size()) pending[spaces] = c;
            ++spaces;
            continue;
        }
        if (length + spaces >= name.size()) return malformed_name("a name has more than 50 characters");
        for (std::size_t i = 0; i < spaces; ++i) name[length++] = pending[i];
        spaces = 0;
        name[length++] = c;
    }
    if (length == 0) return malformed_name("a name is empty");

    const auto is_letter = [&](std::size_t i) { return !is_space(name[i]) && !is_separator(name[i]); };
    std::string text;
    for (std::size_t i = 0; i < length; ++i) {
        const bool stands_between = i > 0 && i + 1 < length && is_letter(i - 1) && is_letter(i + 1);
        append_utf8(text, is_separator(name[i]) && stands_between ? middle_dot : name[i]);
    }
    return PersonName{std::move(text)};
}

std::string PersonName::masked() const {
    if (text_.empty()) return {};
    std::size_t position = 0;
    next_code_point(text_, position);
    return text_.substr(0, position) + "**";
}

char32_t next_code_point(std::string_view utf8, std::size_t& position) {
    if (position >= utf8.size()) return ill_formed;
    const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(utf8[i]); };
    const std::size_t start = position++;
    const std::uint8_t lead = byte(start);
    if (lead < 0x80) return lead;

    // The second byte alone decides over overlong forms, surrogates and numbers beyond U+10FFFF (Unicode, table 3-7).
    std::size_t length = 0;
    std::uint8_t second_min = 0x80;
    std::uint8_t second_max = 0xBF;
    char32_t value = 0;
    if (lead >= 0xC2 && lead <= 0xDF) {
        length = 2;
        value = lead & 0x1FU;
    } else if (lead >= 0xE0 && lead <= 0xEF) {
        length = 3;
        value = lead & 0x0FU;
        if (lead == 0xE0) second_min = 0xA0;
        if (lead == 0xED) second_max = 0x9F;
    } else if (lead >= 0xF0 && lead <= 0xF4) {
        length = 4;
        value = lead & 0x07U;
        if (lead == 0xF0) second_min = 0x90;
        if (lead == 0xF4) second_max = 0x8F;
    } else {
        return ill_formed;
    }
    if (utf8.size() - start < length) return ill_formed;
    if (byte(start + 1) < second_min || byte(start + 1) > second_max) return ill_formed;
    for (std::size_t i = start + 1; i < start + length; ++i) {
        if ((byte(i) & 0xC0U) != 0x80) return ill_formed;
        value = (value << 6U) | (byte(i) & 0x3FU);
    }
    position = start + length;
    return value;
}

void append_utf8(std::string& out, char32_t code_point) {
    ensure(code_point <= 0x10FFFF && (code_point < 0xD800 || code_point > 0xDFFF),
           "not a Unicode scalar value");
    const auto put = [&](char32_t bits) {
        out.push_back(static_cast<char>(static_cast<std::uint8_t>(bits)));
    };
    const auto put_tail = [&](unsigned shift) { put(0x80U | ((code_point >> shift) & 0x3FU)); };
    if (code_point < 0x80) {
        put(code_point);
    } else if (code_point < 0x800) {
        put(0xC0U | (code_point >> 6U));
        put_tail(0);
    } else if (code_point < 0x10000) {
        put(0xE0U | (code_point >> 12U));
        put_tail(6);
        put_tail(0);
    } else {
        put(0xF0U | (code_point >> 18U));
        put_tail(12);
        put_tail(6);
        put_tail(0);
    }
}

}  // namespace onecard
