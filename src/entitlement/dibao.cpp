#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "case.hpp"
#include "onecard/registry/income_items.hpp"

/// Dibao (最低生活保障, DOMAIN 1.1), by difference: S·n − I for the household, or for one person as a household of one
/// (单人保), with the uplift of its members (分类施保). All sums are exact until the one rounding that the policy names.
namespace onecard::entitlement {
namespace {

using policy::DibaoPayee;
using policy::RoundingStage;
using policy::Standard;
using policy::UnattendedOnDibao;

constexpr int percent = 100;

constexpr bool is_wage(const registry::IncomeItemText& item) {
    return item.in_class == registry::IncomeClass::wages;
}

/// Who is assessed together. Amounts in hundredths of a fen: percentages of standards are whole there.
struct Unit {
    const Enrolment& enrolment;
    std::string_view field;
    const Member* single = nullptr;  ///< null for the whole household
    Wide standard = 0;               ///< per head
    Wide full_standard = 0;          ///< of which uplift and work cost are percentages
    Wide income = 0;
    Wide gap = 0;
    std::int64_t heads = 0;
    std::int64_t uplift_percent = 0;  ///< of all members together

    bool counts(const Member& member) const {
        return single ? &member == single : member.is_alive && !member.is_apart;
    }
};

std::string yuan_of(Wide hundredths) {
    const bool negative = hundredths < 0;
    const Wide rest = negative ? -hundredths : hundredths;
    const auto parts = static_cast<std::uint64_t>(rest % (percent * percent));
    const auto yuan = static_cast<std::uint64_t>(rest / (percent * percent));
    if (parts % percent == 0) return fmt::format("{}{}.{:02}", negative ? "-" : "", yuan, parts / percent);
    return fmt::format("{}{}.{:04}", negative ? "-" : "", yuan, parts);
}

/// Nothing where the result does not fit.
std::optional<Money> rounded(Wide numerator, Wide denominator, Rounding rounding) {
    const auto fits = [](Wide number) { return number == static_cast<std::int64_t>(number); };
    if (!fits(numerator) || !fits(denominator)) return std::nullopt;
    const auto top = static_cast<std::int64_t>(numerator);
    const auto bottom = static_cast<std::int64_t>(denominator);
    if (rounding.unit == RoundingUnit::fen && top % bottom == 0) return Money::of_fen(top / bottom);
    const auto exact = Rational::of(top, bottom);
    if (!exact) return std::nullopt;
    const auto amount = exact->round(rounding);
    if (!amount) return std::nullopt;
    return *amount;
}

std::int32_t uplift_of(const Case& of, const registry::Person& person) {
    const policy::CountyPolicy& rules = of.policy;
    std::int32_t sum = 0;
    std::int32_t highest = 0;
    const auto apply = [&](bool is_of_class, std::int32_t percentage) {
        if (!is_of_class) return;
        sum += percentage;
        highest = std::max(highest, percentage);
    };
    apply(person.born <= of.terms.elderly_until, rules.uplift_percent_elderly);
    apply(person.born > of.terms.adult_until, rules.uplift_percent_minor);
    apply(person.disability_level == 1 || person.disability_level == 2,
          rules.uplift_percent_severely_disabled);
    apply(person.seriously_ill, rules.uplift_percent_seriously_ill);
    return rules.uplift_sums ? sum : highest;
}

/// Counts heads and uplift. False after a refusal.
bool count_heads(Case& of, Unit& unit) {
    for (Member& member : of.members) {
        if (!unit.counts(member)) continue;
        if (member.person->born >= of.terms.first_of_next) {
            refuse_award(of, unit.enrolment, true, Fault::conflict, unit.field,
                         fmt::format("person {} is born on {}, after the month", member.person->no.number(),
                                     member.person->born.text()));
            return false;
        }
        member.uplift_percent = uplift_of(of, *member.person);
        unit.uplift_percent += member.uplift_percent;
        ++unit.heads;
    }
    if (unit.heads > 0) return true;
    if (of.members.empty())
        refuse_award(of, unit.enrolment, true, Fault::missing, unit.field,
                     "the register knows no person of it");
    else
        not_entitled(of, unit.enrolment, unit.field, "no member is left: each died or is counted apart");
    return false;
}

/// Sums what counts as income, less the cost of work. False after a refusal.
bool sum_income(Case& of, Unit& unit) {
    const Wide cost_max = unit.full_standard * of.policy.work_cost_percent / percent;
    Steps* steps = of.steps_for(Component::basic);
    const Member* earner = nullptr;
    Wide wages = 0;
    const auto deduct_work_cost = [&] {
        const Wide cost = std::min(wages, cost_max);
        wages = 0;
        if (cost == 0) return;
        unit.income -= cost;
        if (steps)
            steps->say(
                fmt::format("减：务工成本（人员 {}，标准的 {}%，不超过工资）{} 元",
                            earner->person->no.number(), of.policy.work_cost_percent, yuan_of(cost)),
                fmt::format("less work cost of person {} ({} % of the standard, at most the wages): {} yuan",
                            earner->person->no.number(), of.policy.work_cost_percent, yuan_of(cost)));
    };
    const auto refuse_item = [&](const registry::IncomeItem& item, std::string_view why) {
        refuse_award(of, unit.enrolment, true, Fault::conflict, unit.field,
                     fmt::format("income item {} of person {} {}", item.item, item.person.number(), why));
        return false;
    };
    for (const registry::IncomeItem& item : of.incomes) {
        const Member* member = item.person ? of.member(item.person) : nullptr;
        if (item.person && !member) {
            if (unit.single) continue;
            return refuse_item(item, "is of nobody in this household");
        }
        if (member ? !unit.counts(*member) : unit.single != nullptr) continue;
        const registry::IncomeItemText* text = registry::income_item_of(item.item);
        if (!text) return refuse_item(item, "has an unknown code");
        if (item.monthly.is_negative()) return refuse_item(item, "is negative");
        if (member != earner) {
            deduct_work_cost();
            earner = member;
        }
        const bool is_excluded =
            of.terms.excluded_items && of.terms.excluded_items->test(static_cast<std::size_t>(item.item));
        if (steps)
            steps->say(
                fmt::format("收入项目 {} {}（人员 {}）：{} 元{}", item.item, text->chinese,
                            item.person.number(), item.monthly.yuan(), is_excluded ? "，不计入" : ""),
                fmt::format("income item {} {} of person {}: {} yuan{}", item.item, text->english,
                            item.person.number(), item.monthly.yuan(), is_excluded ? ", not counted" : ""));
        if (is_excluded) continue;
        const Wide amount = Wide{item.monthly.fen()} * percent;
        unit.income += amount;
        if (is_wage(*text) && member) wages += amount;
    }
    deduct_work_cost();
    return true;
}

/// What a member's needs weigh in the amount of the unit, in hundredths of a fen × heads.
Wide weight_of(const Unit& unit, const Member& member) {
    return unit.gap + unit.heads * unit.full_standard / percent * member.uplift_percent;
}

/// The amount of the unit, or nothing when it does not fit.
std::optional<Money> amount_of(const Case& of, const Unit& unit) {
    const Rounding rounding = of.policy.dibao_rounding;
    if (of.policy.dibao_rounding_stage == RoundingStage::household)
        return rounded(unit.gap + unit.full_standard / percent * unit.uplift_percent, percent, rounding);
    std::int64_t total = 0;
    for (const Member& member : of.members) {
        if (!unit.counts(member)) continue;
        const auto own = rounded(weight_of(unit, member), Wide{percent} * unit.heads, rounding);
        if (!own || __builtin_add_overflow(total, own->fen(), &total)) return std::nullopt;
    }
    return Money::of_fen(total);
}

/// Each member's share of the amount: as rounded where persons are rounded, else in proportion, by the largest
/// remainder, ties to the lowest number. The shares sum to the amount. False where one does not fit.
bool share_out(Case& of, const Unit& unit, Money amount) {
    if (of.policy.dibao_rounding_stage == RoundingStage::person) {
        for (Member& member : of.members)
            if (unit.counts(member)) {
                const auto own =
                    rounded(weight_of(unit, member), Wide{percent} * unit.heads, of.policy.dibao_rounding);
                if (!own) return false;
                member.dibao_share = *own;
            }
        return true;
    }
    Wide all = 0;
    for (const Member& member : of.members)
        if (unit.counts(member)) all += weight_of(unit, member);
    std::int64_t left = amount.fen();
    of.weights.assign(of.members.size(), -1);
    for (std::size_t i = 0; i < of.members.size(); ++i) {
        Member& member = of.members[i];
        if (!unit.counts(member)) continue;
        Wide product = 0;
        if (__builtin_mul_overflow(weight_of(unit, member), Wide{amount.fen()}, &product)) return false;
        member.dibao_share = Money::of_fen(static_cast<std::int64_t>(product / all));
        of.weights[i] = product % all;
        left -= member.dibao_share.fen();
    }
    for (; left > 0; --left) {
        const auto largest = std::ranges::max_element(of.weights);
        of.members[static_cast<std::size_t>(largest - of.weights.begin())].dibao_share += Money::of_fen(1);
        *largest = -1;
    }
    return true;
}

void say_how(const Case& of, Steps& steps, const Unit& unit, Money amount) {
    const auto rule = [&](std::string_view key) {
        const policy::Source* source = of.policy.source_of_rule(key);
        return source ? source->document : std::string{};
    };
    if (unit.single && of.policy.single_person_percent != percent)
        steps.say(
            fmt::format("单人保：标准的 {}% = {} 元（{}）", of.policy.single_person_percent,
                        yuan_of(unit.standard), rule("dibao.single_person")),
            fmt::format("single person: {} % of the standard = {} yuan ({})", of.policy.single_person_percent,
                        yuan_of(unit.standard), rule("dibao.single_person")));
    const Wide difference = unit.standard * unit.heads - unit.income;
    steps.say(fmt::format("标准 × 人数 − 收入：{} × {} − {} = {} 元", yuan_of(unit.standard), unit.heads,
                          yuan_of(unit.income), yuan_of(difference)),
              fmt::format("standard × members − income: {} × {} − {} = {} yuan", yuan_of(unit.standard),
                          unit.heads, yuan_of(unit.income), yuan_of(difference)));
    if (unit.gap != difference)
        steps.say(
            fmt::format("不低于每人 {} 元：{} 元（{}）", of.policy.dibao_minimum_per_head.yuan(),
                        yuan_of(unit.gap), rule("dibao.minimum_per_head")),
            fmt::format("at least {} yuan a head: {} yuan ({})", of.policy.dibao_minimum_per_head.yuan(),
                        yuan_of(unit.gap), rule("dibao.minimum_per_head")));
    for (const Member& member : of.members)
        if (unit.counts(member) && member.uplift_percent > 0)
            steps.say(fmt::format("分类施保：人员 {}，标准的 {}% = {} 元", member.person->no.number(),
                                  member.uplift_percent,
                                  yuan_of(unit.full_standard / percent * member.uplift_percent)),
                      fmt::format("category uplift of person {}: {} % of the standard = {} yuan",
                                  member.person->no.number(), member.uplift_percent,
                                  yuan_of(unit.full_standard / percent * member.uplift_percent)));
    static constexpr std::array units{"fen", "jiao", "yuan"};
    static constexpr std::array units_chinese{"分", "角", "元"};
    static constexpr std::array modes{"up", "half up", "down"};
    static constexpr std::array modes_chinese{"进位", "四舍五入", "舍去"};
    const auto unit_no = static_cast<std::size_t>(of.policy.dibao_rounding.unit);
    const auto mode_no = static_cast<std::size_t>(of.policy.dibao_rounding.mode);
    const bool is_by_person = of.policy.dibao_rounding_stage == RoundingStage::person;
    steps.say(fmt::format("取整到{}（{}，{}）：{} 元", units_chinese[unit_no], modes_chinese[mode_no],
                          is_by_person ? "按人" : "按户", amount.yuan()),
              fmt::format("rounded {} to {}, {}: {} yuan", modes[mode_no], units[unit_no],
                          is_by_person ? "each person" : "once for all", amount.yuan()));
}

void pay(Case& of, const Unit& unit, Money amount) {
    const Enrolment& enrolment = unit.enrolment;
    if (unit.single || of.policy.dibao_payee == DibaoPayee::representative)
        return award(of, enrolment, Component::basic, amount, unit.field);
    for (const Member& member : of.members) {
        if (!unit.counts(member) || member.dibao_share.is_zero()) continue;
        if (Steps* steps = of.steps_for(Component::basic))
            steps->say(
                fmt::format("其中人员 {}：{} 元", member.person->no.number(), member.dibao_share.yuan()),
                fmt::format("of which person {}: {} yuan", member.person->no.number(),
                            member.dibao_share.yuan()));
        award_to(of, enrolment, Component::basic, member.person->no,
                 {registry::PayeeKind::person, member.person->no.number()}, member.dibao_share);
    }
}

}  // namespace

void assess_dibao(Case& of, const Enrolment& enrolment, Member* member) {
    const bool is_urban = enrolment.programme == Programme::dibao_urban;
    const Standard standard = is_urban ? Standard::dibao_urban : Standard::dibao_rural;
    const auto* value = require(of, enrolment, standard);
    if (!value) return;
    if ((is_urban ? of.policy.dibao_urban_mode : of.policy.dibao_rural_mode) == policy::DibaoMode::tiers)
        return refuse_award(of, enrolment, true, Fault::missing,
                            is_urban ? "dibao.urban_mode" : "dibao.rural_mode",
                            "is paid by tiers here, and the amounts of the tiers are not in the policy book");
    Unit unit{.enrolment = enrolment, .field = policy::key_of(standard), .single = member};
    unit.full_standard = Wide{value->amount.fen()} * percent;
    unit.standard =
        unit.single ? unit.full_standard / percent * of.policy.single_person_percent : unit.full_standard;
    if (Steps* steps = of.steps_for(Component::basic))
        say_value(*steps, unit.field, value->amount, value->source);
    if (!count_heads(of, unit) || !sum_income(of, unit)) return;

    const Wide difference = unit.standard * unit.heads - unit.income;
    if (difference <= 0)
        return not_entitled(of, enrolment, unit.field,
                            fmt::format("income {} of {} member(s) reaches the standard of {} a head",
                                        yuan_of(unit.income), unit.heads, yuan_of(unit.standard)));
    unit.gap = std::max(difference, Wide{of.policy.dibao_minimum_per_head.fen()} * percent * unit.heads);
    const auto amount = amount_of(of, unit);
    const bool is_shared = of.policy.unattended_on_dibao == UnattendedOnDibao::less_received ||
                           of.policy.dibao_payee == DibaoPayee::each_person;
    if (!amount || (is_shared && !share_out(of, unit, *amount)))
        return refuse_award(of, enrolment, true, Fault::out_of_range, unit.field,
                            "standard, members or income are too large to be computed");
    if (Steps* steps = of.steps_for(Component::basic)) say_how(of, *steps, unit, *amount);
    if (*amount <= Money{})
        return not_entitled(of, enrolment, unit.field, "the difference rounds to nothing");
    for (Member& one : of.members)
        if (unit.counts(one)) {
            one.dibao = Drawing::drawn;
            one.dibao_standard = value->amount;
        }
    pay(of, unit, *amount);
}

}  // namespace onecard::entitlement
