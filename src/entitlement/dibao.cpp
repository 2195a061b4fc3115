#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "dibao.hpp"

/// Dibao (最低生活保障, DOMAIN 1.1), by difference: S·n − I for the household, or for one person as a household of one
/// (单人保), with the uplift of its members (分类施保). All sums are exact until the one rounding that the policy names.
namespace onecard::entitlement {
namespace dibao {

std::string yuan_of(Wide parts) {
    constexpr std::int64_t parts_of_yuan = parts_of_fen * percent;
    const std::string_view sign = parts < 0 ? "-" : "";
    const Wide all = parts < 0 ? -parts : parts;
    const auto yuan = static_cast<std::uint64_t>(all / parts_of_yuan);
    const auto rest = static_cast<std::int64_t>(all % parts_of_yuan);
    constexpr std::int64_t hundredth = parts_of_fen / percent;
    if (rest % parts_of_fen == 0) return fmt::format("{}{}.{:02}", sign, yuan, rest / parts_of_fen);
    if (rest % hundredth == 0) return fmt::format("{}{}.{:04}", sign, yuan, rest / hundredth);
    return fmt::format("{}{}.{:06}…", sign, yuan, rest / (hundredth / percent));
}

/// Nothing where the result does not fit.
std::optional<Money> rounded(Wide numerator, Wide denominator, Rounding rounding) {
    const auto fits = [](Wide number) { return number == static_cast<std::int64_t>(number); };
    if (!fits(numerator) || !fits(denominator)) return std::nullopt;
    const auto top = static_cast<std::int64_t>(numerator);
    const auto bottom = static_cast<std::int64_t>(denominator);
    const bool is_whole = top % bottom == 0;
    if (rounding.unit == RoundingUnit::fen && is_whole) return Money::of_fen(top / bottom);
    const auto exact = is_whole ? Rational::of(top / bottom, 1) : Rational::of(top, bottom);
    if (!exact) return std::nullopt;
    const auto amount = exact->round(rounding);
    if (!amount) return std::nullopt;
    return *amount;
}

}  // namespace dibao

namespace {

using namespace dibao;

using policy::DibaoPayee;
using policy::RoundingStage;
using policy::Standard;
using policy::UnattendedOnDibao;

/// In parts of a fen: shares of the standard and amounts of the classes that a member is of.
Wide uplift_of(const Case& of, const Unit& unit, const registry::Person& person, bool is_alone) {
    using enum policy::UpliftClass;
    const policy::CountyPolicy& rules = of.policy;
    Wide sum = 0;
    Wide highest = 0;
    const auto worth = [&](policy::UpliftClass which) {
        const policy::Uplift& uplift = rules.uplift(which);
        const Money amount = unit.is_urban ? uplift.urban : uplift.rural;
        return unit.full_standard / percent * uplift.percent + parts_of(amount);
    };
    const auto apply = [&](bool is_of_class, policy::UpliftClass which) {
        if (!is_of_class) return;
        const Wide one = worth(which);
        sum += one;
        highest = std::max(highest, one);
    };
    apply(person.born <= of.terms.elderly_until, elderly);
    apply(person.born > of.terms.adult_until, minor);
    apply(person.disability_level == 1 || person.disability_level == 2, severely_disabled);
    apply(person.seriously_ill, seriously_ill);
    apply(person.born <= of.terms.aged_until, aged);
    apply(is_alone, living_alone);
    const Wide added = rules.uplift_disabled_adds && person.disability_level != 0 ? worth(disabled) : 0;
    if (!rules.uplift_disabled_adds) apply(person.disability_level != 0, disabled);
    return (rules.uplift_sums ? sum : highest) + added;
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

/// The gap by the tier: the office's own, or that of the income a head. False after a refusal.
bool find_tier(Case& of, Unit& unit, const policy::DibaoTiers& tiers, std::string_view mode_key) {
    const auto bad = [&](Fault fault, Said said) {
        refuse_award(of, unit.enrolment, true, fault, mode_key, std::move(said));
        return false;
    };
    if (tiers.amounts.empty())
        return bad(Fault::missing,
                   {"本地分档发放，但政策库没有各档金额",
                    "is paid by tiers here, and the amounts of the tiers are not in the policy book"});
    std::size_t tier = unit.enrolment.grade;
    unit.is_tier_assigned = tier > 0;
    if (unit.is_tier_assigned) {
        if (tier > tiers.amounts.size())
            return bad(Fault::conflict,
                       {fmt::format("认定为第 {} 档，但只有 {} 档", tier, tiers.amounts.size()),
                        fmt::format("the office put it into tier {}, and there are {}", tier,
                                    tiers.amounts.size())});
    } else {
        if (tiers.income_below.size() + 1 != tiers.amounts.size() ||
            !std::ranges::is_sorted(tiers.income_below))
            return bad(
                Fault::conflict,
                {fmt::format("{} 档需要 {} 个递增的收入界限，而不是 {} 个", tiers.amounts.size(),
                             tiers.amounts.size() - 1, tiers.income_below.size()),
                 fmt::format("{} tiers need {} bounds of income, ascending, not {}", tiers.amounts.size(),
                             tiers.amounts.size() - 1, tiers.income_below.size())});
        tier = 1;
        for (const Money bound : tiers.income_below)
            if (unit.income >= parts_of(bound) * unit.heads) ++tier;
    }
    unit.tier = tier;
    unit.gap = parts_of(tiers.amounts[tier - 1]) / percent * unit.single_percent * unit.heads;
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
                     {"无法计算下限：同时享受的生活补贴标准不明",
                      "the floor cannot be computed: the living subsidy beside it is not known"});
        return false;
    }
    const Money living = of.policy.standard(*standard)->amount;
    const Wide missing = unit.full_standard / percent * floor_percent - parts_of(living);
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
                         {fmt::format("人员 {} 于 {} 出生，晚于本月", member.person->no.number(),
                                      member.person->born.text()),
                          fmt::format("person {} is born on {}, after the month", member.person->no.number(),
                                      member.person->born.text())});
            return false;
        }
        ++unit.heads;
    }
    if (unit.heads > 0) {
        if (unit.is_everyone) return true;
        const bool is_alone = std::ranges::count(of.members, true, &Member::is_alive) == 1;
        for (Member& member : of.members)
            if (unit.counts(member)) {
                member.uplift = uplift_of(of, unit, *member.person, is_alone);
                unit.uplift += member.uplift;
            }
        return true;
    }
    if (of.members.empty())
        refuse_award(of, unit.enrolment, true, Fault::missing, unit.field,
                     {"登记中没有该户人员", "the register knows no person of it"});
    else
        not_entitled(
            of, unit.enrolment, unit.field,
            {"没有应计入的人员：均已死亡或另行救助", "no member is left: each died or is counted apart"});
    return false;
}

/// What a member's needs weigh in the amount of the unit, in parts of a fen × heads.
Wide weight_of(const Unit& unit, const Member& member) { return unit.gap + unit.heads * member.uplift; }

/// The amount of the unit, or nothing when it does not fit.
std::optional<Money> amount_of(const Case& of, const Unit& unit) {
    const Rounding rounding = of.policy.dibao_rounding;
    if (of.policy.dibao_rounding_stage == RoundingStage::household)
        return rounded(unit.gap + unit.uplift, parts_of_fen, rounding);
    std::int64_t total = 0;
    for (const Member& member : of.members) {
        if (!unit.counts(member)) continue;
        const auto own = rounded(weight_of(unit, member), Wide{parts_of_fen} * unit.heads, rounding);
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
                const auto own = rounded(weight_of(unit, member), Wide{parts_of_fen} * unit.heads,
                                         of.policy.dibao_rounding);
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
        steps.say(fmt::format("分档：第 {} 档{}，{} 元", unit.tier,
                              unit.is_tier_assigned ? "（民政认定）" : "", yuan_of(unit.gap)),
                  fmt::format("by tiers: tier {}{}, {} yuan", unit.tier,
                              unit.is_tier_assigned ? " (the office's)" : "", yuan_of(unit.gap)));
    else if (unit.gap != difference && unit.gap == unit.minimum * unit.heads)
        steps.say(fmt::format("不低于每人 {} 元：{} 元（{}{}）", minimum, yuan_of(unit.gap),
                              rule("dibao.minimum_per_head"), rule("dibao.minimum_percent")),
                  fmt::format("at least {} yuan a head: {} yuan ({}{})", minimum, yuan_of(unit.gap),
                              rule("dibao.minimum_per_head"), rule("dibao.minimum_percent")));
    for (const Member& member : of.members)
        if (unit.counts(member) && member.uplift > 0)
            steps.say(
                fmt::format("分类施保：人员 {}，{} 元", member.person->no.number(), yuan_of(member.uplift)),
                fmt::format("category uplift of person {}: {} yuan", member.person->no.number(),
                            yuan_of(member.uplift)));
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

/// Whether a person may be admitted alone: by class, and by how the household stands. False after a refusal.
bool may_be_single(Case& of, const Unit& unit) {
    const policy::CountyPolicy& rules = of.policy;
    const registry::Person& person = *unit.single->person;
    if (rules.single_only_classes && person.disability_level != 1 && person.disability_level != 2 &&
        !person.seriously_ill && person.born > of.terms.elderly_until) {
        not_entitled(of, unit.enrolment, "dibao.single_person_only_classes",
                     {fmt::format("单人保只限重残、重病和老年人：人员 {} 都不是", person.no.number()),
                      fmt::format("alone only the severely disabled, the seriously ill and the elderly are "
                                  "admitted: person {} is none of them",
                                  person.no.number())});
        return false;
    }
    if (rules.single_household_below_percent == 0) return true;
    Unit household{.enrolment = unit.enrolment,
                   .field = unit.field,
                   .asker = unit.single,
                   .is_urban = unit.is_urban,
                   .is_everyone = true};
    household.full_standard = household.standard = unit.full_standard;
    if (!count_heads(of, household) || !sum_income(of, household, nullptr)) return false;
    const Wide line =
        household.full_standard / percent * rules.single_household_below_percent * household.heads;
    if (Steps* steps = of.steps_for(Component::basic))
        steps->say(
            fmt::format("全户 {} 人收入 {} 元，界限为标准的 {}%：{} 元", household.heads,
                        yuan_of(household.income), rules.single_household_below_percent, yuan_of(line)),
            fmt::format("the household's {} members have {} yuan; the line at {} % of the standard is {}",
                        household.heads, yuan_of(household.income), rules.single_household_below_percent,
                        yuan_of(line)));
    if (household.income < line) return true;
    not_entitled(
        of, unit.enrolment, "dibao.single_person_household_below",
        {fmt::format("全户 {} 人收入 {} 元，达到标准的 {}%", household.heads, yuan_of(household.income),
                     rules.single_household_below_percent),
         fmt::format("the household's income of {} for {} member(s) reaches {} % of the standard",
                     yuan_of(household.income), household.heads, rules.single_household_below_percent)});
    return false;
}

}  // namespace

void assess_dibao(Case& of, const Enrolment& enrolment, Member* member) {
    const bool is_urban = enrolment.programme == Programme::dibao_urban;
    const Standard standard = is_urban ? Standard::dibao_urban : Standard::dibao_rural;
    const auto* value = require(of, enrolment, standard);
    if (!value) return;
    Unit unit{
        .enrolment = enrolment, .field = policy::key_of(standard), .single = member, .is_urban = is_urban};
    unit.full_standard = parts_of(value->amount);
    if (unit.single) unit.single_percent = single_percent_of(of, *unit.single->person);
    unit.standard = unit.full_standard / percent * unit.single_percent;
    if (Steps* steps = of.steps_for(Component::basic))
        say_value(*steps, unit.field, value->amount, value->source);
    if (!count_heads(of, unit)) return;
    if (unit.single && !may_be_single(of, unit)) return;
    if (!sum_income(of, unit, of.steps_for(Component::basic))) return;

    const Wide difference = unit.standard * unit.heads - unit.income;
    // Where the household's income decides, the person's own does not.
    const bool is_flat = unit.single && of.policy.single_amount == policy::SingleAmount::flat;
    const bool is_admitted = is_flat && of.policy.single_household_below_percent > 0;
    if (difference <= 0 && !is_admitted) {
        if (pay_grace(of, unit, value->amount)) return;
        return not_entitled(of, enrolment, unit.field,
                            {fmt::format("{} 人收入 {} 元，达到人均标准 {} 元", unit.heads,
                                         yuan_of(unit.income), yuan_of(unit.standard)),
                             fmt::format("income {} of {} member(s) reaches the standard of {} a head",
                                         yuan_of(unit.income), unit.heads, yuan_of(unit.standard))});
    }
    if ((is_urban ? of.policy.dibao_urban_mode : of.policy.dibao_rural_mode) == policy::DibaoMode::tiers) {
        if (!find_tier(of, unit, is_urban ? of.policy.dibao_urban_tiers : of.policy.dibao_rural_tiers,
                       is_urban ? "dibao.urban_mode" : "dibao.rural_mode"))
            return;
    } else {
        unit.minimum = std::max(parts_of(of.policy.dibao_minimum_per_head),
                                unit.full_standard / percent * of.policy.dibao_minimum_percent);
        unit.gap = is_flat ? unit.standard : std::max(difference, unit.minimum * unit.heads);
    }
    if (!raise_to_floor(of, unit)) return;
    const auto amount = amount_of(of, unit);
    const bool is_shared = of.policy.unattended_on_dibao == UnattendedOnDibao::less_received ||
                           of.policy.dibao_payee == DibaoPayee::each_person;
    if (!amount || (is_shared && !share_out(of, unit, *amount)))
        return refuse_award(
            of, enrolment, true, Fault::out_of_range, unit.field,
            {"标准、人数或收入过大，无法计算", "standard, members or income are too large to be computed"});
    if (Steps* steps = of.steps_for(Component::basic)) say_how(of, *steps, unit, *amount);
    if (*amount <= Money{})
        return not_entitled(of, enrolment, unit.field,
                            {"差额取整后为零", "the difference rounds to nothing"});
    for (Member& one : of.members)
        if (unit.counts(one)) {
            one.dibao = Drawing::drawn;
            one.dibao_standard = value->amount;
        }
    pay(of, unit, *amount);
}

}  // namespace onecard::entitlement
