#include "keys.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <iterator>
#include <limits>

namespace onecard::policy {
namespace {

constexpr std::array<std::string_view, standards_count> standard_names{
    "dibao.urban",
    "dibao.rural",
    "tekun.basic.urban",
    "tekun.basic.rural",
    "tekun.basic.rural_central",
    "tekun.care.self",
    "tekun.care.half",
    "tekun.care.full",
    "orphan.central",
    "orphan.dispersed",
    "unattended_child",
    "disability.living.level_1",
    "disability.living.level_2",
    "disability.living.level_3",
    "disability.living.level_4",
    "disability.nursing.level_1",
    "disability.nursing.level_2",
};

// Each list is in the order of its enum.
constexpr std::array<std::string_view, 3> units{"fen", "jiao", "yuan"};
constexpr std::array<std::string_view, 3> modes{"ceiling", "half_up", "floor"};
constexpr std::array<std::string_view, 2> stages{"household", "person"};
constexpr std::array<std::string_view, 2> dibao_modes{"difference", "tiers"};
constexpr std::array<std::string_view, 2> payees{"representative", "each_person"};
constexpr std::array<std::string_view, 3> starts{"month_after_confirmation", "month_of_confirmation",
                                                 "month_of_application"};
constexpr std::array<std::string_view, 2> stops{"month_after_event", "month_of_event"};
constexpr std::array<std::string_view, 3> formulas{"cpi", "triggering_index", "fraction"};
constexpr std::array<std::string_view, 3> gaps{"full_amount", "less_dibao_standard", "less_received"};

template <auto field>
void set_percent(CountyPolicy& policy, const Checked& value) {
    policy.*field = static_cast<std::int32_t>(value.number);
}
template <auto field>
void set_amount(CountyPolicy& policy, const Checked& value) {
    policy.*field = Money::of_fen(value.number);
}
template <auto field>
void set_flag(CountyPolicy& policy, const Checked& value) {
    policy.*field = value.number != 0;
}
template <auto field>
void set_choice(CountyPolicy& policy, const Checked& value) {
    using Choice = std::remove_reference_t<decltype(policy.*field)>;
    policy.*field = static_cast<Choice>(value.number);
}
template <Programme programme>
void set_start(CountyPolicy& policy, const Checked& value) {
    policy.start[static_cast<std::size_t>(programme) - 1] = static_cast<StartRule>(value.number);
}

std::vector<Money> fen_of(const Checked& value) {
    std::vector<Money> all;
    for (const std::int64_t fen : value.numbers) all.push_back(Money::of_fen(fen));
    return all;
}

using P = CountyPolicy;
using enum KeyKind;

// One line a rule. The order is that of the canonical text: add at the end.
constexpr std::array rule_table{
    Rule{"dibao.rounding.unit", choice,
         [](P& p, const Checked& v) { p.dibao_rounding.unit = static_cast<RoundingUnit>(v.number); }, units},
    Rule{"dibao.rounding.mode", choice,
         [](P& p, const Checked& v) { p.dibao_rounding.mode = static_cast<RoundingMode>(v.number); }, modes},
    Rule{"dibao.rounding.stage", choice, set_choice<&P::dibao_rounding_stage>, stages},
    Rule{"dibao.payee", choice, set_choice<&P::dibao_payee>, payees},
    Rule{"dibao.minimum_per_head", amount, set_amount<&P::dibao_minimum_per_head>},
    Rule{"dibao.uplift.elderly", percent, set_percent<&P::uplift_percent_elderly>},
    Rule{"dibao.uplift.minor", percent, set_percent<&P::uplift_percent_minor>},
    Rule{"dibao.uplift.severely_disabled", percent, set_percent<&P::uplift_percent_severely_disabled>},
    Rule{"dibao.uplift.seriously_ill", percent, set_percent<&P::uplift_percent_seriously_ill>},
    Rule{"dibao.uplift.elderly_age", age, set_percent<&P::uplift_age_elderly>},
    Rule{"dibao.uplift.sums", flag, set_flag<&P::uplift_sums>},
    Rule{"dibao.single_person", percent, set_percent<&P::single_person_percent>},
    Rule{"dibao.work_cost", percent, set_percent<&P::work_cost_percent>},
    Rule{"dibao.excluded_income_items", codes,
         [](P& p, const Checked& v) { p.excluded_income_items = v.codes; }},
    Rule{"children.unattended_on_dibao", choice, set_choice<&P::unattended_on_dibao>, gaps},
    Rule{"children.unattended_gap_allows_living", flag, set_flag<&P::unattended_gap_allows_living>},
    Rule{"children.unattended_follows_orphan", flag, set_flag<&P::unattended_follows_orphan>},
    Rule{"children.stay_while_in_school", flag, set_flag<&P::children_stay_while_in_school>},
    Rule{"stop.death", choice, set_choice<&P::stop_on_death>, stops},
    Rule{"poverty_line", amount, set_amount<&P::poverty_line>},
    Rule{"start.dibao_urban", choice, set_start<Programme::dibao_urban>, starts},
    Rule{"start.dibao_rural", choice, set_start<Programme::dibao_rural>, starts},
    Rule{"start.tekun_urban", choice, set_start<Programme::tekun_urban>, starts},
    Rule{"start.tekun_rural", choice, set_start<Programme::tekun_rural>, starts},
    Rule{"start.orphan", choice, set_start<Programme::orphan>, starts},
    Rule{"start.unattended_child", choice, set_start<Programme::unattended_child>, starts},
    Rule{"start.disability_living", choice, set_start<Programme::disability_living>, starts},
    Rule{"start.disability_nursing", choice, set_start<Programme::disability_nursing>, starts},
    Rule{"dibao.urban_mode", choice, set_choice<&P::dibao_urban_mode>, dibao_modes},
    Rule{"dibao.rural_mode", choice, set_choice<&P::dibao_rural_mode>, dibao_modes},
    Rule{"dibao.urban_tiers.amounts", amounts,
         [](P& p, const Checked& v) { p.dibao_urban_tiers.amounts = fen_of(v); }},
    Rule{"dibao.urban_tiers.income_below", amounts,
         [](P& p, const Checked& v) { p.dibao_urban_tiers.income_below = fen_of(v); }},
    Rule{"dibao.rural_tiers.amounts", amounts,
         [](P& p, const Checked& v) { p.dibao_rural_tiers.amounts = fen_of(v); }},
    Rule{"dibao.rural_tiers.income_below", amounts,
         [](P& p, const Checked& v) { p.dibao_rural_tiers.income_below = fen_of(v); }},
    Rule{"dibao.minimum_percent", percent, set_percent<&P::dibao_minimum_percent>},
    Rule{"dibao.single_person_class.severely_disabled", percent,
         set_percent<&P::single_percent_severely_disabled>},
    Rule{"dibao.single_person_class.seriously_ill", percent, set_percent<&P::single_percent_seriously_ill>},
    Rule{"dibao.single_person_class.elderly", percent, set_percent<&P::single_percent_elderly>},
    Rule{"dibao.single_person_floor_with_living", percent, set_percent<&P::single_floor_percent_with_living>},
    Rule{"dibao.grace.months", months, set_percent<&P::grace_months>},
    Rule{"dibao.grace.below_percent", percent, set_percent<&P::grace_below_percent>},
    Rule{"dibao.grace.schedule", percents,
         [](P& p, const Checked& v) { p.grace_schedule.assign(v.numbers.begin(), v.numbers.end()); }},
    Rule{"price.cpi", rate, [](P& p, const Checked& v) { p.price.cpi = v.number; }},
    Rule{"price.food", rate, [](P& p, const Checked& v) { p.price.food = v.number; }},
    Rule{"price.cpi_trigger", rate, [](P& p, const Checked& v) { p.price.cpi_trigger = v.number; }},
    Rule{"price.food_trigger", rate, [](P& p, const Checked& v) { p.price.food_trigger = v.number; }},
    Rule{"price.formula", choice,
         [](P& p, const Checked& v) { p.price.formula = static_cast<PriceFormula>(v.number); }, formulas},
    Rule{"price.rounding.unit", choice,
         [](P& p, const Checked& v) { p.price.rounding.unit = static_cast<RoundingUnit>(v.number); }, units},
    Rule{"price.rounding.mode", choice,
         [](P& p, const Checked& v) { p.price.rounding.mode = static_cast<RoundingMode>(v.number); }, modes},
    Rule{"price.floor", amount, [](P& p, const Checked& v) { p.price.floor = Money::of_fen(v.number); }},
    Rule{"price.covers.dibao", flag, [](P& p, const Checked& v) { p.price.covers.dibao = v.number != 0; }},
    Rule{"price.covers.tekun", flag, [](P& p, const Checked& v) { p.price.covers.tekun = v.number != 0; }},
    Rule{"price.covers.orphan", flag, [](P& p, const Checked& v) { p.price.covers.orphan = v.number != 0; }},
    Rule{"price.covers.unattended_child", flag,
         [](P& p, const Checked& v) { p.price.covers.unattended_child = v.number != 0; }},
    Rule{"one_off.amount", once, [](P& p, const Checked& v) { p.one_off = Money::of_fen(v.number); }},
    Rule{"one_off.covers.dibao", flag,
         [](P& p, const Checked& v) { p.one_off_covers.dibao = v.number != 0; }},
    Rule{"one_off.covers.tekun", flag,
         [](P& p, const Checked& v) { p.one_off_covers.tekun = v.number != 0; }},
    Rule{"one_off.covers.orphan", flag,
         [](P& p, const Checked& v) { p.one_off_covers.orphan = v.number != 0; }},
    Rule{"one_off.covers.unattended_child", flag,
         [](P& p, const Checked& v) { p.one_off_covers.unattended_child = v.number != 0; }},
};

// A month's standard above this is a slip of the decimal point or fen taken for yuan.
constexpr std::int64_t fen_max = 10'000'000;
constexpr std::int64_t percent_max = 1'000;
constexpr std::int64_t years_max = 150;
constexpr std::int64_t months_max = 60;
constexpr std::size_t list_max = 60;
constexpr std::int64_t code_max = std::numeric_limits<std::int16_t>::max();

KeyKind kind_of(KeyNo key) {
    return key < standards_count ? standard : rule_table[key - standards_count].kind;
}

std::span<const std::string_view> choices_of(KeyNo key) { return rule_table[key - standards_count].choices; }

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

}  // namespace

std::string_view key_of(Standard standard) { return standard_names[static_cast<std::size_t>(standard)]; }

std::span<const Rule> rules() { return rule_table; }

std::optional<KeyNo> key_no(std::string_view name) {
    if (const auto found = std::ranges::find(standard_names, name); found != standard_names.end())
        return static_cast<KeyNo>(found - standard_names.begin());
    if (const auto found = std::ranges::find(rule_table, name, &Rule::name); found != rule_table.end())
        return standards_count + static_cast<KeyNo>(found - rule_table.begin());
    return std::nullopt;
}

std::string_view name_of(KeyNo key) {
    return key < standards_count ? standard_names[key] : rule_table[key - standards_count].name;
}

bool is_standard_key(std::string_view key) {
    return std::ranges::find(standard_names, key) != standard_names.end();
}
bool is_rule_key(std::string_view key) {
    return std::ranges::find(rule_table, key, &Rule::name) != rule_table.end();
}

std::vector<std::string_view> keys() {
    std::vector<std::string_view> all{standard_names.begin(), standard_names.end()};
    std::ranges::transform(rule_table, std::back_inserter(all), &Rule::name);
    return all;
}

Result<Checked> check(KeyNo key, const Book::Builder::Input& input) {
    switch (kind_of(key)) {
        case standard: return check_amount(input, false);
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
    }
    broken("a key without a kind");
}

Result<void> check_value(std::string_view key, const Book::Builder::Input& input) {
    const auto number = key_no(key);
    if (!number) return refuse(Fault::unknown, fmt::format("there is no key \"{}\"", key));
    if (const auto checked = check(*number, input); !checked) return std::unexpected{checked.error()};
    return {};
}

std::string text_of(KeyNo key, const Checked& value) {
    switch (kind_of(key)) {
        case standard:
        case rate:
        case once:
        case amount: return Money::of_fen(value.number).yuan();
        case percent:
        case age:
        case months: return fmt::format("{}", value.number);
        case flag: return value.number != 0 ? "true" : "false";
        case choice: return std::string{choices_of(key)[static_cast<std::size_t>(value.number)]};
        case codes: return fmt::format("[{}]", fmt::join(value.codes, ", "));
        case percents: return fmt::format("[{}]", fmt::join(value.numbers, ", "));
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
        case amounts: {
            if (!text.starts_with('[') || !text.ends_with(']')) return malformed;
            text = text.substr(1, text.size() - 2);
            std::vector<std::int64_t> numbers;
            std::vector<std::string> texts;
            while (!text.empty()) {
                const std::size_t end = std::min(text.find(", "), text.size());
                if (kind_of(key) == amounts) {
                    texts.emplace_back(text.substr(0, end));
                } else {
                    const auto number = number_of(text.substr(0, end));
                    if (!number) return malformed;
                    numbers.push_back(*number);
                }
                text = end == text.size() ? std::string_view{} : text.substr(end + 2);
            }
            if (kind_of(key) == amounts) return texts;
            return numbers;
        }
    }
    broken("a key without a kind");
}

const Source* CountyPolicy::source_of_rule(std::string_view key) const {
    const auto number = key_no(key);
    ensure(number && *number >= standards_count, "there is no such rule");
    const std::size_t position = *number - standards_count;
    return position < rule_sources.size() ? rule_sources[position] : nullptr;
}

}  // namespace onecard::policy
