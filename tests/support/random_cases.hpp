#pragma once

#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <random>
#include <tuple>

#include "onecard/policy/book.hpp"
#include "onecard/registry/facts.hpp"

/// Random policies and households, crowded around the edges where rules turn. The seed is the case.
namespace onecard::entitlement {

class Chance {
public:
    explicit Chance(std::uint64_t seed) : engine_{seed} {}
    std::int64_t between(std::int64_t low, std::int64_t high) {
        return low + static_cast<std::int64_t>(engine_() % static_cast<std::uint64_t>(high - low + 1));
    }
    bool one_in(std::int64_t n) { return between(1, n) == 1; }
    template <class Choice>
    Choice one_of(std::initializer_list<Choice> choices) {
        return choices.begin()[between(0, static_cast<std::int64_t>(choices.size()) - 1)];
    }

private:
    std::mt19937_64 engine_;
};

inline policy::CountyPolicy random_policy(Chance& chance) {
    static const policy::Source source{.document = "random", .note = "", .place = ""};
    policy::CountyPolicy policy;
    policy.county = County::of_number(370212);
    policy.month =
        Month::of(static_cast<int>(chance.between(2019, 2025)), static_cast<int>(chance.between(1, 12)))
            .value();
    for (auto& standard : policy.standards)
        if (!chance.one_in(25))
            standard = policy::CountyPolicy::Value{
                .amount = Money::of_fen(chance.one_in(2) ? chance.between(1, 250'000)
                                                         : 10'000 * chance.between(2, 20)),
                .source = &source};
    policy.dibao_rounding = {
        chance.one_of({RoundingUnit::fen, RoundingUnit::jiao, RoundingUnit::yuan}),
        chance.one_of({RoundingMode::ceiling, RoundingMode::half_up, RoundingMode::floor})};
    policy.dibao_rounding_stage =
        chance.one_of({policy::RoundingStage::household, policy::RoundingStage::person});
    policy.dibao_payee = chance.one_of({policy::DibaoPayee::representative, policy::DibaoPayee::each_person});
    if (chance.one_in(6)) policy.dibao_rural_mode = policy::DibaoMode::tiers;
    if (chance.one_in(6)) policy.dibao_urban_mode = policy::DibaoMode::tiers;
    for (policy::DibaoTiers* tiers : {&policy.dibao_urban_tiers, &policy.dibao_rural_tiers}) {
        const std::int64_t count = chance.between(0, 6);
        for (std::int64_t i = 0; i < count; ++i) {
            tiers->amounts.push_back(Money::of_fen(chance.between(1, 120'000)));
            if (i > 0) tiers->income_below.push_back(Money::of_fen(10'000 * i * chance.between(1, 2)));
        }
        std::ranges::sort(tiers->income_below);
        if (count > 0 && chance.one_in(20)) tiers->amounts.pop_back();  // A pack that does not fit itself.
    }
    if (chance.one_in(3)) policy.dibao_minimum_percent = static_cast<std::int32_t>(chance.between(1, 40));
    if (chance.one_in(2)) {
        policy.single_percent_severely_disabled = static_cast<std::int32_t>(chance.between(0, 110));
        policy.single_percent_seriously_ill = static_cast<std::int32_t>(chance.between(0, 110));
        policy.single_percent_elderly = static_cast<std::int32_t>(chance.between(0, 110));
    }
    if (chance.one_in(2))
        policy.single_floor_percent_with_living =
            static_cast<std::int32_t>(chance.one_of<std::int64_t>({80, 100, 130}));
    if (chance.one_in(2)) policy.dibao_minimum_per_head = Money::of_fen(chance.between(0, 30'000));
    if (chance.one_in(2)) {
        policy.uplift(policy::UpliftClass::elderly).percent =
            static_cast<std::int32_t>(chance.between(0, 40));
        policy.uplift(policy::UpliftClass::minor).percent = static_cast<std::int32_t>(chance.between(0, 40));
        policy.uplift(policy::UpliftClass::severely_disabled).percent =
            static_cast<std::int32_t>(chance.between(0, 40));
        policy.uplift(policy::UpliftClass::seriously_ill).percent =
            static_cast<std::int32_t>(chance.between(0, 40));
        policy.uplift_age_elderly = static_cast<std::int32_t>(chance.between(55, 80));
    }
    if (chance.one_in(2)) {
        for (const auto which :
             {policy::UpliftClass::aged, policy::UpliftClass::living_alone, policy::UpliftClass::disabled})
            policy.uplift(which).percent = static_cast<std::int32_t>(chance.between(0, 40));
        policy.uplift_age_aged = policy.uplift_age_elderly + static_cast<std::int32_t>(chance.between(0, 12));
        policy.uplift_disabled_adds = chance.one_in(2);
    }
    if (chance.one_in(3))
        for (auto& uplift : policy.uplifts) {
            uplift.urban = Money::of_fen(chance.one_of<std::int64_t>({0, 4'500, 44'000}));
            uplift.rural = Money::of_fen(chance.one_of<std::int64_t>({0, 3'000, 44'000}));
        }
    policy.uplift_sums = chance.one_in(2);
    policy.single_person_percent = static_cast<std::int32_t>(chance.one_of<std::int64_t>({100, 75, 33, 120}));
    if (chance.one_in(2)) policy.work_cost_percent = static_cast<std::int32_t>(chance.between(0, 50));
    if (chance.one_in(3)) policy.excluded_income_items = {101, 301, 402};
    policy.single_amount = chance.one_of(
        {policy::SingleAmount::difference, policy::SingleAmount::difference, policy::SingleAmount::flat});
    if (chance.one_in(3))
        policy.single_household_below_percent =
            static_cast<std::int32_t>(chance.one_of<std::int64_t>({100, 150, 200}));
    policy.single_only_classes = chance.one_in(4);
    if (chance.one_in(3)) policy.deducted_items = {601, 603};
    if (chance.one_in(3)) policy.deduction_cap_percent = static_cast<std::int32_t>(chance.between(0, 60));
    policy.deduct_disability_subsidies = chance.one_in(6);
    for (auto& one : policy.child_class) {
        one.percent = static_cast<std::int32_t>(chance.one_of<std::int64_t>({0, 20, 50, 100}));
        one.base = chance.one_of({policy::ChildClass::Base::standard, policy::ChildClass::Base::gap});
        if (chance.one_in(5)) one.amount = Money::of_fen(chance.between(1, 150'000));
    }
    policy.child_class_rounding = {
        chance.one_of({RoundingUnit::fen, RoundingUnit::jiao, RoundingUnit::yuan}),
        chance.one_of({RoundingMode::ceiling, RoundingMode::half_up, RoundingMode::floor})};
    if (chance.one_in(2)) policy.nursing_classes = {5, 6};
    if (chance.one_in(3))
        policy.children_in_school_until_age = static_cast<std::int32_t>(chance.between(18, 24));
    policy.stop_on_grown_up =
        chance.one_of({policy::StopRule::month_after_event, policy::StopRule::month_of_event});
    for (auto& stop : policy.stop_on_end)
        stop = chance.one_of({policy::StopRule::month_after_event, policy::StopRule::month_of_event});
    for (std::size_t i = 0; i < policy.overlap.size(); ++i)
        if (chance.one_in(8))
            policy.overlap[i] = chance.one_of(
                {policy::Overlap::together, policy::Overlap::exclusive, policy::overlaps[i].also});
    for (std::size_t i = 0; i < policy.elsewhere.size(); ++i)
        if (chance.one_in(3))
            policy.elsewhere[i] = chance.one_of(
                {policy::Overlap::together, policy::Overlap::exclusive, policy::elsewhere_overlaps[i].also});
    if (chance.one_in(5))
        for (std::size_t i = policy.precedence.size() - 1; i > 0; --i)
            std::swap(
                policy.precedence[i],
                policy.precedence[static_cast<std::size_t>(chance.between(0, static_cast<std::int64_t>(i)))]);
    policy.unattended_on_dibao =
        chance.one_of({policy::UnattendedOnDibao::full_amount, policy::UnattendedOnDibao::less_dibao_standard,
                       policy::UnattendedOnDibao::less_received});
    policy.unattended_gap_allows_living = chance.one_in(2);
    if (chance.one_in(3)) {
        if (!chance.one_in(4)) policy.price.cpi = chance.between(-50, 700);
        if (chance.one_in(2)) policy.price.food = chance.between(-50, 900);
        policy.price.formula =
            chance.one_of({policy::PriceFormula::cpi, policy::PriceFormula::triggering_index,
                           policy::PriceFormula::fraction, policy::PriceFormula::scpi});
        if (chance.one_in(2)) policy.price.scpi = chance.between(-50, 700);
        if (chance.one_in(3)) policy.price.scpi_trigger = 350;
        if (chance.one_in(3)) policy.price.fractions = {16, 6};
        if (chance.one_in(3)) policy.price.steep_from = 400;
        policy.price.rounding = {
            chance.one_of({RoundingUnit::fen, RoundingUnit::jiao, RoundingUnit::yuan}),
            chance.one_of({RoundingMode::ceiling, RoundingMode::half_up, RoundingMode::floor})};
        if (chance.one_in(2))
            policy.price.floor = Money::of_fen(chance.one_of<std::int64_t>({1'000, 2'000, 3'000}));
    }
    if (chance.one_in(6)) policy.one_off = Money::of_fen(chance.between(1, 50'000));
    if (auto& own = policy.one_off_amounts; chance.one_in(5))
        for (std::optional<Money>* each : {&own.dibao, &own.tekun, &own.orphan, &own.unattended_child,
                                           &own.low_margin, &own.living, &own.nursing})
            if (chance.one_in(2)) *each = Money::of_fen(1'000 * chance.between(1, 50));
    for (policy::Covers* covers : {&policy.price.covers, &policy.one_off_covers})
        for (bool* each : {&covers->dibao, &covers->tekun, &covers->orphan, &covers->unattended_child})
            *each = !chance.one_in(5);
    policy.price.covers.low_margin = chance.one_in(2);
    for (bool* each :
         {&policy.one_off_covers.low_margin, &policy.one_off_covers.living, &policy.one_off_covers.nursing})
        *each = chance.one_in(2);
    if (chance.one_in(2)) {
        policy.maintenance_percent =
            static_cast<std::int32_t>(chance.one_of<std::int64_t>({50, 50, 30, 33, 100}));
        policy.maintenance_line_percent =
            static_cast<std::int32_t>(chance.one_of<std::int64_t>({100, 100, 150, 33}));
    }
    policy.pocket_money_within_basic = chance.one_in(2);
    policy.children_stay_while_in_school = chance.one_in(2);
    policy.stop_on_death =
        chance.one_of({policy::StopRule::month_after_event, policy::StopRule::month_of_event});
    if (chance.one_in(2))
        for (auto& start : policy.start)
            start = chance.one_of({policy::StartRule::month_after_confirmation,
                                   policy::StartRule::month_of_confirmation,
                                   policy::StartRule::month_of_application});
    if (!chance.one_in(4)) {
        policy.grace_months = static_cast<std::int32_t>(chance.between(0, 4));
        for (auto& one : policy.grace_months_by_reason)
            if (chance.one_in(2)) one = static_cast<std::int32_t>(chance.between(0, 5));
        policy.grace_below_percent =
            static_cast<std::int32_t>(chance.one_of<std::int64_t>({150, 200, 200, 300}));
        for (std::int64_t left = chance.between(0, 4); left > 0; --left)
            policy.grace_schedule.push_back(
                static_cast<std::int32_t>(chance.one_of<std::int64_t>({0, 25, 50, 100, 100})));
    }
    return policy;
}

inline registry::Snapshot random_facts(Chance& chance, const policy::CountyPolicy& policy, int households) {
    registry::Snapshot facts;
    facts.county = policy.county;
    facts.month = policy.month;
    const Day first = Day::of(policy.month.year(), policy.month.month(), 1).value();
    // Near the edges of months and ages, where the rules change.
    const auto a_day_near = [&](int years_back) {
        const Day there = Day::of(policy.month.year() - years_back, policy.month.month(), 1).value();
        return there.plus_days(static_cast<std::int32_t>(chance.between(-62, 62)));
    };
    std::int64_t person_no = 0;
    for (std::int64_t number = 1; number <= households; ++number) {
        const HouseholdNo no{number * 3};
        const std::int64_t first_person = person_no + 1;
        const std::int64_t members = chance.between(chance.one_in(50) ? 0 : 1, 6);
        for (std::int64_t i = 0; i < members; ++i) {
            registry::Person person{.no = PersonNo{++person_no}, .household = no};
            const Day edge =
                a_day_near(static_cast<int>(chance.one_of<std::int64_t>({18, policy.uplift_age_elderly})));
            person.born = chance.one_in(2)
                              ? edge
                              : first.plus_days(-static_cast<std::int32_t>(chance.between(31, 33'000)));
            if (chance.one_in(60)) person.born = Day::of(2004, 2, 29).value();
            if (chance.one_in(8)) person.died = a_day_near(0);
            if (chance.one_in(2)) person.disability_level = static_cast<std::uint8_t>(chance.between(0, 4));
            if (person.disability_level > 0)
                person.disability_class = static_cast<std::uint8_t>(chance.between(1, 7));
            person.seriously_ill = chance.one_in(8);
            person.in_full_time_school = chance.one_in(3);
            facts.persons.push_back(person);
            for (const std::int16_t item : std::initializer_list<std::int16_t>{
                     101, 102, 201, 301, 402, 501, 601, 602, 603, 801, 802, 803, 901})
                if (chance.one_in(item > 800 && item < 900 ? 20 : 7))
                    facts.incomes.push_back(
                        {.household = no,
                         .person = person.no,
                         .item = item,
                         .recorded = {},
                         // Round sums meet round standards exactly.
                         .monthly = Money::of_fen(chance.one_in(2) ? chance.between(0, 120'000)
                                                                   : 10'000 * chance.between(0, 12))});
            for (const std::int16_t item : std::initializer_list<std::int16_t>{701, 702})
                if (chance.one_in(9))
                    facts.incomes.push_back(
                        {.household = no,
                         .person = person.no,
                         .item = item,
                         .supporter_members = static_cast<std::uint8_t>(chance.between(1, 4)),
                         .dependants =
                             static_cast<std::uint8_t>(chance.between(chance.one_in(40) ? 0 : 1, 10)),
                         .recorded = {},
                         .monthly = Money::of_fen(chance.between(0, 700'000))});
            for (const ProgrammeText& row : programmes)
                if (!row.is_on_top && chance.one_in(row.subject == Subject::household ? 20 : 6))
                    facts.enrolments.push_back(
                        {.household = no, .person = person.no, .programme = row.programme});
        }
        facts.households.push_back(
            {.no = no,
             .recorded = {},
             .area = chance.one_of({registry::Area::urban, registry::Area::rural}),
             .village = number,
             .representative = PersonNo{members > 0 ? chance.between(first_person, person_no) : 999'999}});
        if (chance.one_in(4))
            facts.incomes.push_back({.household = no,
                                     .person = PersonNo{},
                                     .item = 303,
                                     .recorded = {},
                                     .monthly = Money::of_fen(chance.between(0, 50'000))});
        for (const Programme programme :
             {Programme::dibao_urban, Programme::dibao_rural, Programme::low_margin})
            if (chance.one_in(programme == Programme::low_margin ? 4 : 2))
                facts.enrolments.push_back({.household = no, .person = PersonNo{}, .programme = programme});
    }
    for (registry::Enrolment& one : facts.enrolments) {
        one.confirmed = chance.one_in(3) ? a_day_near(0) : a_day_near(2);
        one.applied = one.confirmed.plus_days(-static_cast<std::int32_t>(chance.between(0, 60)));
        one.setting = chance.one_in(3) ? registry::Setting::central : registry::Setting::dispersed;
        one.ability = static_cast<registry::Ability>(chance.between(chance.one_in(10) ? 0 : 1, 3));
        if (chance.one_in(4)) one.payee = PersonNo{chance.between(1, person_no + 1)};
        if (one.setting == registry::Setting::central ? !chance.one_in(10) : chance.one_in(6))
            one.institution = InstitutionNo{chance.between(1, 5)};
        if (chance.one_in(6)) one.caregiver = PersonNo{chance.between(1, person_no + 1)};
        if (text_of(one.programme).kind == ProgrammeKind::dibao)
            one.grace_reason = static_cast<registry::GraceReason>(chance.between(0, 5));
        if (chance.one_in(8)) one.grade = static_cast<std::uint8_t>(chance.between(1, 6));
        if (chance.one_in(8)) {
            one.ended = a_day_near(0);
            one.end_reason = static_cast<registry::EndReason>(chance.between(0, 6));
        }
        if (chance.one_in(200)) one.applied = one.confirmed.plus_days(1);
    }
    std::ranges::sort(facts.incomes, {},
                      [](const auto& row) { return std::tuple{row.household, row.person, row.item}; });
    std::ranges::sort(facts.enrolments, {},
                      [](const auto& row) { return std::tuple{row.household, row.person, row.programme}; });
    return facts;
}

/// The facts of a month told for the `months` that end with it: the same households, whose incomes rise and fall from
/// month to month, and whose reason for it may be another one later.
inline registry::Register told_over(Chance& chance, const registry::Snapshot& last, int months) {
    const Month first = last.month.plus_months(1 - months);
    const registry::Recorded always{.months = {.from = first}, .import = ImportNo{1}};
    registry::Register all{.county = last.county,
                           .households = last.households,
                           .persons = last.persons,
                           .enrolments = last.enrolments};
    for (auto& row : all.households) row.recorded = always;
    for (auto& row : all.persons) {
        row.recorded = always;
        // Nobody is born later than the facts begin.
        const Day begin = Day::of(first.year(), first.month(), 1).value();
        if (row.born >= begin) row.born = begin.plus_days(-10);
    }
    for (auto& row : all.enrolments) row.recorded = always;
    const std::size_t enrolled = all.enrolments.size();
    for (std::size_t i = 0; i < enrolled; ++i) {
        if (text_of(all.enrolments[i].programme).kind != ProgrammeKind::dibao || !chance.one_in(4)) continue;
        registry::Enrolment later = all.enrolments[i];
        later.recorded = {
            .months = {.from = first.plus_months(static_cast<int>(chance.between(0, months - 1)))},
            .import = ImportNo{2}};
        later.grace_reason = static_cast<registry::GraceReason>(chance.between(0, 5));
        all.enrolments.push_back(later);
    }
    for (Month month = first; month <= last.month; month = month.next())
        for (registry::IncomeItem row : last.incomes) {
            row.recorded = {.months = {.from = month, .to = month.next()}, .import = ImportNo{1}};
            row.monthly =
                Money::of_fen(row.monthly.fen() * chance.one_of<std::int64_t>({0, 1, 1, 2, 3, 4}) / 2);
            all.incomes.push_back(row);
        }
    all.put_in_order();
    return all;
}

}  // namespace onecard::entitlement
