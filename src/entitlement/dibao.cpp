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
    Wide minimum = 0;  ///< per head
    std::int64_t heads = 0;
    std::int64_t uplift_percent = 0;  ///< of all members together
    std::int32_t single_percent = percent;
    std::size_t tier = 0;  ///< 1 is the hardest; 0: by difference

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

/// % of the standard that a single person's dibao goes by.
std::int32_t single_percent_of(const Case& of, const registry::Person& person) {
    const policy::CountyPolicy& rules = of.policy;
    std::int32_t highest = 0;
    const auto apply = [&](bool is_of_class, std::int32_t percentage) {
        if (is_of_class) highest = std::max(highest, percentage);
    };
    apply(person.disability_level == 1 || person.disability_level == 2,
          rules.single_percent_severely_disabled);
    apply(person.seriously_ill, rules.single_percent_seriously_ill);
    apply(person.born <= of.terms.elderly_until, rules.single_percent_elderly);
    return highest > 0 ? highest : rules.single_person_percent;
}

/// The gap by the tier of the income a head. False after a refusal.
bool find_tier(Case& of, Unit& unit, const policy::DibaoTiers& tiers, std::string_view mode_key) {
    const auto bad = [&](Fault fault, std::string text) {
        refuse_award(of, unit.enrolment, true, fault, mode_key, std::move(text));
        return false;
    };
    if (tiers.amounts.empty())
        return bad(Fault::missing,
                   "is paid by tiers here, and the amounts of the tiers are not in the policy book");
    if (tiers.income_below.size() + 1 != tiers.amounts.size() || !std::ranges::is_sorted(tiers.income_below))
        return bad(Fault::conflict,
                   fmt::format("{} tiers need {} bounds of income, ascending, not {}", tiers.amounts.size(),
                               tiers.amounts.size() - 1, tiers.income_below.size()));
    std::size_t tier = 0;
    while (tier < tiers.income_below.size() &&
           unit.income >= Wide{tiers.income_below[tier].fen()} * percent * unit.heads)
        ++tier;
    unit.tier = tier + 1;
    unit.gap = Wide{tiers.amounts[tier].fen()} * unit.single_percent * unit.heads;
    return true;
}

/// Raises a single person's gap to what is missing to the floor, the living subsidy included. False after a refusal.
bool raise_to_floor(Case& of, Unit& unit) {
    const std::int32_t floor_percent = of.policy.single_floor_percent_with_living;
    if (!unit.single || floor_percent == 0 || !(unit.single->active & only(Programme::disability_living)))
        return true;
    const auto standard = living_standard(unit.single->person->disability_level);
    if (!standard || !of.policy.standard(*standard)) {
        refuse_award(of, unit.enrolment, true, Fault::missing, "dibao.single_person_floor_with_living",
                     "the floor cannot be computed: the living subsidy beside it is not known");
        return false;
    }
    const Money living = of.policy.standard(*standard)->amount;
    const Wide missing = unit.full_standard / percent * floor_percent - Wide{living.fen()} * percent;
    if (missing <= unit.gap) return true;
    unit.gap = missing;
    if (Steps* steps = of.steps_for(Component::basic))
        steps->say(fmt::format("与生活补贴 {} 元合计不低于标准的 {}%：{} 元", living.yuan(), floor_percent,
                               yuan_of(missing)),
                   fmt::format("with the living subsidy of {} yuan at least {} % of the standard: {} yuan",
                               living.yuan(), floor_percent, yuan_of(missing)));
    return true;
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
    if (unit.single_percent != percent)
        steps.say(fmt::format("单人保：标准的 {}% = {} 元（{}）", unit.single_percent, yuan_of(unit.standard),
                              rule("dibao.single_person")),
                  fmt::format("single person: {} % of the standard = {} yuan ({})", unit.single_percent,
                              yuan_of(unit.standard), rule("dibao.single_person")));
    const Wide difference = unit.standard * unit.heads - unit.income;
    steps.say(fmt::format("标准 × 人数 − 收入：{} × {} − {} = {} 元", yuan_of(unit.standard), unit.heads,
                          yuan_of(unit.income), yuan_of(difference)),
              fmt::format("standard × members − income: {} × {} − {} = {} yuan", yuan_of(unit.standard),
                          unit.heads, yuan_of(unit.income), yuan_of(difference)));
    const std::string minimum = yuan_of(unit.minimum);
    if (unit.tier > 0)
        steps.say(fmt::format("分档：第 {} 档，{} 元", unit.tier, yuan_of(unit.gap)),
                  fmt::format("by tiers: tier {}, {} yuan", unit.tier, yuan_of(unit.gap)));
    else if (unit.gap != difference && unit.gap == unit.minimum * unit.heads)
        steps.say(fmt::format("不低于每人 {} 元：{} 元（{}{}）", minimum, yuan_of(unit.gap),
                              rule("dibao.minimum_per_head"), rule("dibao.minimum_percent")),
                  fmt::format("at least {} yuan a head: {} yuan ({}{})", minimum, yuan_of(unit.gap),
                              rule("dibao.minimum_per_head"), rule("dibao.minimum_percent")));
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

/// Whether the household is in grace, and then its last amount by the schedule: it drew dibao last month, as an award or
/// in grace, and its income lies above the standard and below the multiple of it.
bool pay_grace(Case& of, const Unit& unit, Money standard) {
    const policy::CountyPolicy& rules = of.policy;
    const Month before = rules.month.previous();
    if (!of.history || rules.grace_months == 0 || before < of.history_from) return false;
    const Wide line = unit.standard * unit.heads;
    if (unit.income <= line || unit.income * percent >= line * rules.grace_below_percent) return false;
    const Enrolment& enrolment = unit.enrolment;
    const auto& awards = of.history->month(before, of.history_from).awards;
    const auto [first, last] = std::ranges::equal_range(awards, enrolment.household, {}, &Award::household);
    bool is_paid = false;
    for (const Award& award : std::ranges::subrange{first, last}) {
        if (award.programme != enrolment.programme) continue;
        const Member* member = award.person ? of.member(award.person) : nullptr;
        if (unit.single ? member != unit.single : (award.person && (!member || !unit.counts(*member))))
            continue;
        const auto month = static_cast<std::int16_t>(award.grace_month + 1);
        if (month > rules.grace_months) continue;
        const Money base = award.grace_month > 0 ? award.grace_base : award.amount;
        const auto& schedule = rules.grace_schedule;
        const std::int32_t share =
            schedule.empty()
                ? percent
                : schedule[std::min<std::size_t>(static_cast<std::size_t>(month), schedule.size()) - 1];
        const auto amount = rounded(Wide{base.fen()} * share, percent, rules.dibao_rounding);
        if (!amount || *amount <= Money{}) continue;
        if (Steps* steps = of.steps_for(Component::basic))
            steps->say(
                fmt::format(
                    "渐退期第 {} 个月（共 {} 个月）：收入 {} 元，高于标准 {} 元、低于其 {}%；上次 {} 元 × {}% = {} 元",
                    month, rules.grace_months, yuan_of(unit.income), yuan_of(line), rules.grace_below_percent,
                    base.yuan(), share, amount->yuan()),
                fmt::format(
                    "grace, month {} of {}: income {} is above the standard {} and below {} % of it; last "
                    "amount {} × {} % = {} yuan",
                    month, rules.grace_months, yuan_of(unit.income), yuan_of(line), rules.grace_below_percent,
                    base.yuan(), share, amount->yuan()));
        const std::size_t awarded_before = of.out.awards.size();
        if (award.person && !unit.single)
            award_to(of, enrolment, Component::basic, award.person,
                     {registry::PayeeKind::person, award.person.number()}, *amount);
        else
            entitlement::award(of, enrolment, Component::basic, *amount, unit.field);
        is_paid = true;
        if (of.out.awards.size() == awarded_before) continue;  // Nobody to be paid: refused.
        of.out.awards.back().grace_month = month;
        of.out.awards.back().grace_base = base;
    }
    if (!is_paid) return false;
    for (Member& one : of.members)
        if (unit.counts(one)) {
            // What each one's share of a last amount is, no rule says.
            one.dibao = rules.unattended_on_dibao == UnattendedOnDibao::less_received ? Drawing::undetermined
                                                                                      : Drawing::drawn;
            one.dibao_standard = standard;
        }
    return true;
}

}  // namespace

void assess_dibao(Case& of, const Enrolment& enrolment, Member* member) {
    const bool is_urban = enrolment.programme == Programme::dibao_urban;
    const Standard standard = is_urban ? Standard::dibao_urban : Standard::dibao_rural;
    const auto* value = require(of, enrolment, standard);
    if (!value) return;
    Unit unit{.enrolment = enrolment, .field = policy::key_of(standard), .single = member};
    unit.full_standard = Wide{value->amount.fen()} * percent;
    if (unit.single) unit.single_percent = single_percent_of(of, *unit.single->person);
    unit.standard = unit.full_standard / percent * unit.single_percent;
    if (Steps* steps = of.steps_for(Component::basic))
        say_value(*steps, unit.field, value->amount, value->source);
    if (!count_heads(of, unit) || !sum_income(of, unit)) return;

    const Wide difference = unit.standard * unit.heads - unit.income;
    if (difference <= 0) {
        if (pay_grace(of, unit, value->amount)) return;
        return not_entitled(of, enrolment, unit.field,
                            fmt::format("income {} of {} member(s) reaches the standard of {} a head",
                                        yuan_of(unit.income), unit.heads, yuan_of(unit.standard)));
    }
    if ((is_urban ? of.policy.dibao_urban_mode : of.policy.dibao_rural_mode) == policy::DibaoMode::tiers) {
        if (!find_tier(of, unit, is_urban ? of.policy.dibao_urban_tiers : of.policy.dibao_rural_tiers,
                       is_urban ? "dibao.urban_mode" : "dibao.rural_mode"))
            return;
    } else {
        unit.minimum = std::max(Wide{of.policy.dibao_minimum_per_head.fen()} * percent,
                                unit.full_standard / percent * of.policy.dibao_minimum_percent);
        unit.gap = std::max(difference, unit.minimum * unit.heads);
    }
    if (!raise_to_floor(of, unit)) return;
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
