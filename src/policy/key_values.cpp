#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <limits>

#include "keys.hpp"

/// Values as they are written in packs and in the text of a book.
namespace onecard::policy {
namespace {

using enum KeyKind;

// A month's standard above this is a slip of the decimal point or fen taken for yuan.
constexpr std::int64_t fen_max = 10'000'000;
constexpr std::int64_t months_of_year = 12;
constexpr std::int64_t percent_max = 1'000;
constexpr std::int64_t years_max = 150;
constexpr std::int64_t months_max = 60;
constexpr std::size_t list_max = 60;
constexpr std::int64_t code_max = std::numeric_limits<std::int16_t>::max();

std::span<const std::string_view> choices_of(KeyNo key) { return rules()[key - standards_count].choices; }

constexpr std::string_view a_year = " a year";

Result<Checked> check_amount(const Book::Builder::Input& input, bool may_be_zero) {
    const auto* text = std::get_if<std::string>(&input);
    if (!text) return refuse(Fault::malformed, "an amount is written in yuan and in quotes: \"995.00\"");
    const auto amount = Money::parse_yuan(*text);
    if (!amount) return refuse(amount.error().fault, fmt::format("\"{}\": {}", *text, amount.error().text));
    if (amount->is_negative() || (amount->is_zero() && !may_be_zero) || amount->fen() > fen_max)
        return refuse(Fault::out_of_range, fmt::format("{} yuan a month is not between 0.01 and {}",
                                                       amount->yuan(), Money::of_fen(fen_max).yuan()));
    return Checked{.number = amount->fen(), .codes = {}, .numbers = {}};
}

/// A published amount of a month, or of a year: "12360.00 a year".
Result<Checked> check_standard(const Book::Builder::Input& input) {
    const auto* text = std::get_if<std::string>(&input);
    if (!text || !text->ends_with(a_year)) return check_amount(input, false);
    const auto year = Money::parse_yuan(std::string_view{*text}.substr(0, text->size() - a_year.size()));
    if (!year) return refuse(year.error().fault, fmt::format("\"{}\": {}", *text, year.error().text));
    if (year->fen() < months_of_year || year->fen() > fen_max * months_of_year)
        return refuse(Fault::out_of_range,
                      fmt::format("{} yuan a year is not between 0.12 and {}", year->yuan(),
                                  Money::of_fen(fen_max * months_of_year).yuan()));
    return Checked{.number = year->fen(), .codes = {}, .numbers = {months_of_year}};
}

/// Prices rise and fall by less than this.
constexpr std::int64_t rate_max = 10'000;

Result<Checked> check_rate(const Book::Builder::Input& input) {
    const auto* text = std::get_if<std::string>(&input);
    const auto rate = text ? Money::parse_yuan(*text) : Result<Money>{Money{}};
    if (!text || !rate)
        return refuse(Fault::malformed, "a rate is written in percent and in quotes: \"3.5\"");
    if (rate->fen() < -rate_max || rate->fen() > rate_max)
        return refuse(Fault::out_of_range, fmt::format("a rate lies between -100 and 100 %, not {}", *text));
    return Checked{.number = rate->fen(), .codes = {}, .numbers = {}};
}

Result<Checked> check_number(const Book::Builder::Input& input, std::int64_t most, std::string_view what) {
    const auto* number = std::get_if<std::int64_t>(&input);
    if (!number) return refuse(Fault::malformed, fmt::format("{} is a whole number without quotes", what));
    if (*number < 0 || *number > most)
        return refuse(Fault::out_of_range,
                      fmt::format("{} lies between 0 and {}, not {}", what, most, *number));
    return Checked{.number = *number, .codes = {}, .numbers = {}};
}

Result<Checked> check_choice(const Book::Builder::Input& input, std::span<const std::string_view> choices) {
    const auto* text = std::get_if<std::string>(&input);
    const auto found = text ? std::ranges::find(choices, *text) : choices.end();
    if (found == choices.end())
        return refuse(Fault::malformed, fmt::format("must be one of \"{}\"", fmt::join(choices, "\", \"")));
    return Checked{.number = found - choices.begin(), .codes = {}, .numbers = {}};
}

Result<Checked> check_codes(const Book::Builder::Input& input) {
    const auto* numbers = std::get_if<std::vector<std::int64_t>>(&input);
    if (!numbers) return refuse(Fault::malformed, "item codes are a list of whole numbers: [402, 403]");
    Checked checked;
    for (const std::int64_t number : *numbers) {
        if (number < 1 || number > code_max)
            return refuse(Fault::out_of_range, fmt::format("{} is not the code of an income item", number));
        checked.codes.push_back(static_cast<std::int16_t>(number));
    }
    std::ranges::sort(checked.codes);
    if (const auto twice = std::ranges::adjacent_find(checked.codes); twice != checked.codes.end())
        return refuse(Fault::duplicate, fmt::format("item {} stands there twice", *twice));
    return checked;
}

/// A tier or a step of a schedule after the other.
template <class Item, class Check>
Result<Checked> check_list(const Book::Builder::Input& input, std::string_view how, const Check& check_item) {
    const auto* items = std::get_if<std::vector<Item>>(&input);
    // An empty list is of no type.
    const auto* none = std::get_if<std::vector<std::int64_t>>(&input);
    if (!items && !(none && none->empty())) return refuse(Fault::malformed, std::string{how});
    Checked all;
    if (!items) return all;
    if (items->size() > list_max)
        return refuse(Fault::out_of_range, fmt::format("a list of more than {}", list_max));
    for (const Item& item : *items) {
        const auto checked = check_item(Book::Builder::Input{item});
        if (!checked) return std::unexpected{checked.error()};
        all.numbers.push_back(checked->number);
    }
    return all;
}

Result<Checked> check_parts(const Book::Builder::Input& input) {
    auto all = check_list<std::int64_t>(input, "parts are two whole numbers: [12, 8]", [](const auto& item) {
        return check_number(item, percent_max, "one part in so many");
    });
    if (all && (all->numbers.size() != 2 || std::ranges::find(all->numbers, 0) != all->numbers.end()))
        return refuse(Fault::malformed, "parts are two whole numbers: [12, 8]");
    return all;
}

Result<Checked> check_order(const Book::Builder::Input& input, std::span<const std::string_view> choices) {
    auto all = check_list<std::string>(
        input, fmt::format("an order is a list of all of \"{}\"", fmt::join(choices, "\", \"")),
        [&](const auto& item) { return check_choice(item, choices); });
    if (!all) return all;
    auto sorted = all->numbers;
    std::ranges::sort(sorted);
    if (sorted.size() != choices.size() || std::ranges::adjacent_find(sorted) != sorted.end())
        return refuse(Fault::malformed,
                      fmt::format("an order names each of \"{}\" once", fmt::join(choices, "\", \"")));
    return all;
}

}  // namespace

Result<Checked> check(KeyNo key, const Book::Builder::Input& input) {
    switch (kind_of(key)) {
        case standard: return check_standard(input);
        case amount: return check_amount(input, true);
        case percent: return check_number(input, percent_max, "a percentage");
        case age: return check_number(input, years_max, "an age in years");
        case months: return check_number(input, months_max, "a number of months");
        case rate: return check_rate(input);
        case once: return check_amount(input, false);
        case flag:
            if (const bool* yes = std::get_if<bool>(&input))
                return Checked{.number = *yes ? 1 : 0, .codes = {}, .numbers = {}};
            return refuse(Fault::malformed, "must be true or false, without quotes");
        case choice: return check_choice(input, choices_of(key));
        case codes: return check_codes(input);
        case amounts:
            return check_list<std::string>(
                input, "amounts are a list in yuan and in quotes: [\"995.00\", \"800.00\"]",
                [](const auto& item) { return check_amount(item, false); });
        case percents:
            return check_list<std::int64_t>(
                input, "percentages are a list of whole numbers: [100, 50]",
                [](const auto& item) { return check_number(item, percent_max, "a percentage"); });
        case parts: return check_parts(input);
        case order: return check_order(input, choices_of(key));
    }
    broken("a key without a kind");
}

Result<void> check_value(std::string_view key, const Book::Builder::Input& input) {
    const auto number = key_no(key);
    if (!number) return refuse(Fault::unknown, fmt::format("there is no key \"{}\"", key));
    if (const auto checked = check(*number, input); !checked) return std::unexpected{checked.error()};
    return {};
}

Money monthly(const Checked& standard, Month month) {
    if (standard.numbers.empty()) return Money::of_fen(standard.number);
    const std::int64_t parts = standard.numbers.front();
    return Money::of_fen(standard.number * month.month() / parts -
                         standard.number * (month.month() - 1) / parts);
}

std::string text_of(KeyNo key, const Checked& value) {
    switch (kind_of(key)) {
        case standard:
            return Money::of_fen(value.number).yuan() + std::string{value.numbers.empty() ? "" : a_year};
        case rate:
        case once:
        case amount: return Money::of_fen(value.number).yuan();
        case percent:
        case age:
        case months: return fmt::format("{}", value.number);
        case flag: return value.number != 0 ? "true" : "false";
        case choice: return std::string{choices_of(key)[static_cast<std::size_t>(value.number)]};
        case codes: return fmt::format("[{}]", fmt::join(value.codes, ", "));
        case parts:
        case percents: return fmt::format("[{}]", fmt::join(value.numbers, ", "));
        case order: {
            std::vector<std::string_view> names;
            for (const std::int64_t place : value.numbers)
                names.push_back(choices_of(key)[static_cast<std::size_t>(place)]);
            return fmt::format("[{}]", fmt::join(names, ", "));
        }
        case amounts: {
            std::vector<std::string> yuan;
            for (const std::int64_t fen : value.numbers) yuan.push_back(Money::of_fen(fen).yuan());
            return fmt::format("[{}]", fmt::join(yuan, ", "));
        }
    }
    broken("a key without a kind");
}

Result<Book::Builder::Input> input_of_text(KeyNo key, std::string_view text) {
    const auto number_of = [](std::string_view digits) -> std::optional<std::int64_t> {
        std::int64_t number = 0;
        const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), number);
        if (digits.empty() || read.ec != std::errc{} || read.ptr != digits.data() + digits.size())
            return std::nullopt;
        return number;
    };
    const auto malformed = refuse(Fault::malformed, fmt::format("\"{}\" is no value of this key", text));
    switch (kind_of(key)) {
        case standard:
        case amount:
        case rate:
        case once:
        case choice: return std::string{text};
        case percent:
        case age:
        case months:
            if (const auto number = number_of(text)) return *number;
            return malformed;
        case flag:
            if (text == "true" || text == "false") return text == "true";
            return malformed;
        case codes:
        case percents:
        case parts:
        case order:
        case amounts: {
            const bool is_text = kind_of(key) == amounts || kind_of(key) == order;
            if (!text.starts_with('[') || !text.ends_with(']')) return malformed;
            text = text.substr(1, text.size() - 2);
            std::vector<std::int64_t> numbers;
            std::vector<std::string> texts;
            while (!text.empty()) {
                const std::size_t end = std::min(text.find(", "), text.size());
                if (is_text) {
                    texts.emplace_back(text.substr(0, end));
                } else {
                    const auto number = number_of(text.substr(0, end));
                    if (!number) return malformed;
                    numbers.push_back(*number);
                }
                text = end == text.size() ? std::string_view{} : text.substr(end + 2);
            }
            if (is_text) return texts;
            return numbers;
        }
    }
    broken("a key without a kind");
}

}  // namespace onecard::policy
