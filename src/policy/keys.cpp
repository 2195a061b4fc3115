#include "keys.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace onecard::policy {
namespace {

constexpr std::array<std::string_view, standards_count> standard_names{
#define STANDARD(name, key) key,
#include "onecard/policy/standards.inc"
#undef STANDARD
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
constexpr std::array<std::string_view, 4> formulas{"cpi", "triggering_index", "fraction", "scpi"};
constexpr std::array<std::string_view, 2> single_amounts{"difference", "flat"};
constexpr std::array<std::string_view, 2> class_bases{"standard", "gap"};
constexpr std::array<std::string_view, overlap_kinds> kinds{"orphan", "tekun",  "unattended",
                                                            "dibao",  "living", "nursing"};
// What a row of the matrix may be: the third is its own.
constexpr std::array<std::string_view, 3> plain_overlaps{"together", "exclusive"};
constexpr std::array<std::string_view, 3> gap_overlaps{"together", "exclusive", "gap"};
constexpr std::array<std::string_view, 3> policy_overlaps{"together", "exclusive", "by_policy"};
constexpr std::array<std::string_view, 3> higher_overlaps{"together", "exclusive", "higher"};
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

template <UpliftClass which>
void set_uplift(CountyPolicy& policy, const Checked& value) {
    policy.uplift(which).percent = static_cast<std::int32_t>(value.number);
}
template <UpliftClass which, auto area>
void set_uplift_amount(CountyPolicy& policy, const Checked& value) {
    policy.uplift(which).*area = Money::of_fen(value.number);
}

template <auto programme>
void set_one_off(CountyPolicy& policy, const Checked& value) {
    policy.one_off_amounts.*programme = Money::of_fen(value.number);
}

// One line a rule. The order is that of the canonical text: add at the end.
constexpr std::array own_rules{
    Rule{"dibao.rounding.unit", choice,
         [](P& p, const Checked& v) { p.dibao_rounding.unit = static_cast<RoundingUnit>(v.number); }, units},
    Rule{"dibao.rounding.mode", choice,
         [](P& p, const Checked& v) { p.dibao_rounding.mode = static_cast<RoundingMode>(v.number); }, modes},
    Rule{"dibao.rounding.stage", choice, set_choice<&P::dibao_rounding_stage>, stages},
    Rule{"dibao.payee", choice, set_choice<&P::dibao_payee>, payees},
    Rule{"dibao.minimum_per_head", amount, set_amount<&P::dibao_minimum_per_head>},
    Rule{"dibao.uplift.elderly", percent, set_uplift<UpliftClass::elderly>},
    Rule{"dibao.uplift.minor", percent, set_uplift<UpliftClass::minor>},
    Rule{"dibao.uplift.severely_disabled", percent, set_uplift<UpliftClass::severely_disabled>},
    Rule{"dibao.uplift.seriously_ill", percent, set_uplift<UpliftClass::seriously_ill>},
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
    Rule{"price.separately", flag, [](P& p, const Checked& v) { p.price.separately = v.number != 0; }},
    Rule{"one_off.separately", flag, set_flag<&P::one_off_separately>},
    Rule{"one_off.amount", once, [](P& p, const Checked& v) { p.one_off = Money::of_fen(v.number); }},
    Rule{"one_off.covers.dibao", flag,
         [](P& p, const Checked& v) { p.one_off_covers.dibao = v.number != 0; }},
    Rule{"one_off.covers.tekun", flag,
         [](P& p, const Checked& v) { p.one_off_covers.tekun = v.number != 0; }},
    Rule{"one_off.covers.orphan", flag,
         [](P& p, const Checked& v) { p.one_off_covers.orphan = v.number != 0; }},
    Rule{"one_off.covers.unattended_child", flag,
         [](P& p, const Checked& v) { p.one_off_covers.unattended_child = v.number != 0; }},
    Rule{"dibao.uplift.aged", percent, set_uplift<UpliftClass::aged>},
    Rule{"dibao.uplift.aged_age", age, set_percent<&P::uplift_age_aged>},
    Rule{"dibao.uplift.living_alone", percent, set_uplift<UpliftClass::living_alone>},
    Rule{"dibao.uplift.disabled", percent, set_uplift<UpliftClass::disabled>},
    Rule{"dibao.uplift.disabled_adds", flag, set_flag<&P::uplift_disabled_adds>},
    Rule{"dibao.single_person_amount", choice, set_choice<&P::single_amount>, single_amounts},
    Rule{"dibao.single_person_household_below", percent, set_percent<&P::single_household_below_percent>},
    Rule{"dibao.single_person_only_classes", flag, set_flag<&P::single_only_classes>},
    Rule{"dibao.deduct.items", codes, [](P& p, const Checked& v) { p.deducted_items = v.codes; }},
    Rule{"dibao.deduct.cap_percent", percent, set_percent<&P::deduction_cap_percent>},
    Rule{"dibao.deduct.disability_subsidies", flag, set_flag<&P::deduct_disability_subsidies>},
    Rule{"children.in_school_until_age", age, set_percent<&P::children_in_school_until_age>},
    Rule{"children.class_rounding.unit", choice,
         [](P& p, const Checked& v) { p.child_class_rounding.unit = static_cast<RoundingUnit>(v.number); },
         units},
    Rule{"children.class_rounding.mode", choice,
         [](P& p, const Checked& v) { p.child_class_rounding.mode = static_cast<RoundingMode>(v.number); },
         modes},
    Rule{"disability.nursing_classes", codes, [](P& p, const Checked& v) { p.nursing_classes = v.codes; }},
    Rule{"stop.grown_up", choice, set_choice<&P::stop_on_grown_up>, stops},
    Rule{"overlap.precedence", order,
         [](P& p, const Checked& v) {
             for (std::size_t i = 0; i < p.precedence.size(); ++i)
                 p.precedence[i] = static_cast<ProgrammeKind>(v.numbers[i]);
         },
         kinds},
    Rule{"price.scpi", rate, [](P& p, const Checked& v) { p.price.scpi = v.number; }},
    Rule{"price.scpi_trigger", rate, [](P& p, const Checked& v) { p.price.scpi_trigger = v.number; }},
    Rule{"price.steep_from", rate, [](P& p, const Checked& v) { p.price.steep_from = v.number; }},
    Rule{"price.fractions", parts,
         [](P& p, const Checked& v) {
             for (std::size_t i = 0; i < p.price.fractions.size(); ++i)
                 p.price.fractions[i] = static_cast<std::int32_t>(v.numbers[i]);
         }},
    Rule{"funds.services_percent", percent, set_percent<&P::services_percent>},
    Rule{"price.covers.low_margin", flag,
         [](P& p, const Checked& v) { p.price.covers.low_margin = v.number != 0; }},
    Rule{"one_off.covers.low_margin", flag,
         [](P& p, const Checked& v) { p.one_off_covers.low_margin = v.number != 0; }},
    Rule{"one_off.covers.disability_living", flag,
         [](P& p, const Checked& v) { p.one_off_covers.living = v.number != 0; }},
    Rule{"one_off.covers.disability_nursing", flag,
         [](P& p, const Checked& v) { p.one_off_covers.nursing = v.number != 0; }},
    Rule{"tekun.pocket_money_within_basic", flag, set_flag<&P::pocket_money_within_basic>},
    Rule{"dibao.maintenance.percent", percent, set_percent<&P::maintenance_percent>},
    Rule{"dibao.maintenance.line_percent", percent, set_percent<&P::maintenance_line_percent>},
    Rule{"one_off.amount_for.dibao", once, set_one_off<&OneOffAmounts::dibao>},
    Rule{"one_off.amount_for.tekun", once, set_one_off<&OneOffAmounts::tekun>},
    Rule{"one_off.amount_for.orphan", once, set_one_off<&OneOffAmounts::orphan>},
    Rule{"one_off.amount_for.unattended_child", once, set_one_off<&OneOffAmounts::unattended_child>},
    Rule{"one_off.amount_for.low_margin", once, set_one_off<&OneOffAmounts::low_margin>},
    Rule{"one_off.amount_for.disability_living", once, set_one_off<&OneOffAmounts::living>},
    Rule{"one_off.amount_for.disability_nursing", once, set_one_off<&OneOffAmounts::nursing>},
};

// The rules that come in rows: one a programme, a class, a reason, a pair of kinds.

constexpr std::array start_rules{
#define PROGRAMME(number, name, ...) Rule{"start." #name, choice, set_start<Programme::name>, starts},
#include "onecard/core/programmes.inc"
#undef PROGRAMME
};

template <UpliftClass which>
constexpr std::array<Rule, 2> amounts_of(std::string_view urban, std::string_view rural) {
    return {Rule{urban, amount, set_uplift_amount<which, &Uplift::urban>},
            Rule{rural, amount, set_uplift_amount<which, &Uplift::rural>}};
}

template <std::size_t which>
constexpr std::array<Rule, 3> class_rules(std::string_view percentage, std::string_view base,
                                          std::string_view fixed) {
    return {Rule{percentage, percent,
                 [](P& p, const Checked& v) {
                     p.child_class[which].percent = static_cast<std::int32_t>(v.number);
                 }},
            Rule{base, choice,
                 [](P& p, const Checked& v) {
                     p.child_class[which].base = static_cast<ChildClass::Base>(v.number);
                 },
                 class_bases},
            Rule{fixed, amount,
                 [](P& p, const Checked& v) { p.child_class[which].amount = Money::of_fen(v.number); }}};
}

template <std::size_t which>
constexpr Rule grace_rule(std::string_view name) {
    return {name, months, [](P& p, const Checked& v) {
                p.grace_months_by_reason[which] = static_cast<std::int32_t>(v.number);
            }};
}

template <std::size_t which>
constexpr Rule stop_rule(std::string_view name) {
    return {name, choice,
            [](P& p, const Checked& v) { p.stop_on_end[which] = static_cast<StopRule>(v.number); }, stops};
}

constexpr std::span<const std::string_view> overlap_choices(Overlap also) {
    switch (also) {
        case Overlap::gap: return gap_overlaps;
        case Overlap::by_policy: return policy_overlaps;
        case Overlap::higher: return higher_overlaps;
        case Overlap::together:
        case Overlap::exclusive: break;
    }
    return std::span{plain_overlaps}.first(2);
}

/// From the position of a choice.
constexpr Overlap overlap_of(std::int64_t choice, Overlap also) {
    return choice == 0 ? Overlap::together : choice == 1 ? Overlap::exclusive : also;
}

constexpr auto overlap_rules = []<std::size_t... row>(std::index_sequence<row...>) {
    return std::array{
        Rule{overlaps[row].key, choice,
             [](P& p, const Checked& v) { p.overlap[row] = overlap_of(v.number, overlaps[row].also); },
             overlap_choices(overlaps[row].also)}...};
}(std::make_index_sequence<overlaps.size()>{});

constexpr auto elsewhere_rules = []<std::size_t... row>(std::index_sequence<row...>) {
    return std::array{Rule{
        elsewhere_overlaps[row].key, choice,
        [](P& p, const Checked& v) { p.elsewhere[row] = overlap_of(v.number, elsewhere_overlaps[row].also); },
        overlap_choices(elsewhere_overlaps[row].also)}...};
}(std::make_index_sequence<elsewhere_overlaps.size()>{});

template <std::size_t... sizes>
constexpr auto joined(const std::array<Rule, sizes>&... tables) {
    std::array<Rule, (sizes + ...)> all{};
    std::size_t end = 0;
    const auto append = [&](const auto& table) {
        for (const Rule& rule : table) all[end++] = rule;
    };
    (append(tables), ...);
    return all;
}

constexpr auto rule_table = joined(
    own_rules, start_rules,
    amounts_of<UpliftClass::elderly>("dibao.uplift_amount.elderly.urban",
                                     "dibao.uplift_amount.elderly.rural"),
    amounts_of<UpliftClass::minor>("dibao.uplift_amount.minor.urban", "dibao.uplift_amount.minor.rural"),
    amounts_of<UpliftClass::severely_disabled>("dibao.uplift_amount.severely_disabled.urban",
                                               "dibao.uplift_amount.severely_disabled.rural"),
    amounts_of<UpliftClass::seriously_ill>("dibao.uplift_amount.seriously_ill.urban",
                                           "dibao.uplift_amount.seriously_ill.rural"),
    amounts_of<UpliftClass::aged>("dibao.uplift_amount.aged.urban", "dibao.uplift_amount.aged.rural"),
    amounts_of<UpliftClass::living_alone>("dibao.uplift_amount.living_alone.urban",
                                          "dibao.uplift_amount.living_alone.rural"),
    amounts_of<UpliftClass::disabled>("dibao.uplift_amount.disabled.urban",
                                      "dibao.uplift_amount.disabled.rural"),
    class_rules<0>("children.class_1.percent", "children.class_1.of", "children.class_1.amount"),
    class_rules<1>("children.class_2.percent", "children.class_2.of", "children.class_2.amount"),
    class_rules<2>("children.class_3.percent", "children.class_3.of", "children.class_3.amount"),
    class_rules<3>("children.class_4.percent", "children.class_4.of", "children.class_4.amount"),
    std::array{grace_rule<1>("dibao.grace_reason.pension"), grace_rule<2>("dibao.grace_reason.employed"),
               grace_rule<3>("dibao.grace_reason.graduate"), grace_rule<4>("dibao.grace_reason.placed"),
               grace_rule<5>("dibao.grace_reason.disabled_placed")},
    std::array{stop_rule<0>("stop.decision"), stop_rule<1>("stop.parent_found"),
               stop_rule<2>("stop.moved_away"), stop_rule<3>("stop.missing"), stop_rule<4>("stop.custody"),
               stop_rule<5>("stop.own_request"), stop_rule<6>("stop.fraud")},
    overlap_rules, elsewhere_rules);

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

KeyKind kind_of(KeyNo key) {
    return key < standards_count ? standard : rule_table[key - standards_count].kind;
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

std::int32_t CountyPolicy::longest_grace() const {
    std::int32_t longest = grace_months;
    for (const auto& by_reason : grace_months_by_reason) longest = std::max(longest, by_reason.value_or(0));
    return longest;
}

const Source* CountyPolicy::source_of_rule(std::string_view key) const {
    const auto number = key_no(key);
    ensure(number && *number >= standards_count, "there is no such rule");
    const std::size_t position = *number - standards_count;
    return position < rule_sources.size() ? rule_sources[position] : nullptr;
}

}  // namespace onecard::policy
