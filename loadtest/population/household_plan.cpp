#include "household_plan.hpp"

#include <algorithm>
#include <array>
#include <string>

#include "names.hpp"

namespace onecard::loadtest {

namespace {

using registry::Ability;
using registry::Setting;

// The two standards that the demo's months lie on (Laoshan, DOMAIN.md 1.7): incomes are laid out around them.
constexpr std::int64_t standard_2021_fen = 90'400;
constexpr std::int64_t standard_2022_fen = 99'500;

int lines_of(Programme programme) {
    // Basic living and care are two lines.
    return programme == Programme::tekun_urban || programme == Programme::tekun_rural ? 2 : 1;
}

}  // namespace

HouseholdPlan::HouseholdPlan(const PopulationWish& wish, std::size_t place, std::int64_t institutions,
                             Random& random, GeneratedCounts& counts)
    : wish_{wish},
      county_{wish.counties[place]},
      institutions_{institutions},
      random_{random},
      counts_{counts},
      today_{first_day_of(wish.first_month)},
      numbers_{static_cast<std::int64_t>(place)} {}

const Case& HouseholdPlan::next() {
    case_.clear();
    is_over_standard_ = false;
    case_.no = ++households_;
    ++counts_.households;
    static constexpr std::array kind_weights{5'908, 1'207, 2'748, 37, 100};
    const auto kind = static_cast<Kind>(random_.weighted(kind_weights));
    case_.is_urban = random_.chance(1'700);
    case_.village = county_.number() * std::int64_t{1'000'000} +
                    (case_.is_urban ? random_.between(1, 6) * 1'000 + random_.between(1, 20)
                                    : random_.between(100, 107) * 1'000 + random_.between(200, 230));

    draw_change();
    if (change_ == Change::begins) {
        applied_ =
            first_day_of(change_month_.previous()).plus_days(-static_cast<int>(random_.between(1, 25)));
        confirmed_ = applied_.plus_days(27);
    } else {
        apply(static_cast<int>(random_.between(4, 60)));
    }
    switch (kind) {
        case Kind::dibao: plan_dibao(); break;
        case Kind::tekun: plan_tekun(); break;
        case Kind::nursing: plan_nursing(); break;
        case Kind::orphan: plan_child(Programme::orphan); break;
        case Kind::unattended_child: plan_child(Programme::unattended_child); break;
    }
    for (const PlannedEnrolment& enrolment : case_.enrolments)
        if (enrolment.from <= wish_.first_month && (enrolment.member != nobody || !is_over_standard_))
            case_.lines += lines_of(enrolment.programme);
    apply_change(kind);
    return case_;
}

void HouseholdPlan::apply(int months_ago) {
    applied_ = first_day_of(wish_.first_month.plus_months(-months_ago))
                   .plus_days(static_cast<int>(random_.below(28)));
    confirmed_ = applied_.plus_days(static_cast<int>(random_.between(12, 30)));
}

Member& HouseholdPlan::add_member(int age, Sex sex, std::string_view family) {
    Member& member = case_.members.emplace_back();
    member.no = ++persons_;
    ++counts_.persons;
    member.age = age;
    member.sex = sex;
    const auto days_old = age * std::int64_t{1461} / 4 + random_.between(2, 363);
    numbers_.be_born(member, today_.plus_days(-static_cast<int>(days_old)));
    compose_name(random_, sex, family, member.name);
    member.from = std::max(case_.from, member.born.month());
    member.in_school = (age >= 6 && age <= 18) || (age >= 19 && age <= 22 && random_.chance(3'000));
    return member;
}

void HouseholdPlan::disable(Member& member) {
    static constexpr std::array class_weights{12, 18, 3, 45, 9, 8, 5};
    static constexpr std::array level_weights{15, 30, 30, 25};
    member.disability_class = 1 + static_cast<int>(random_.weighted(class_weights));
    member.disability_level = 1 + static_cast<int>(random_.weighted(level_weights));
}

void HouseholdPlan::need_account(std::size_t member, Month from) {
    for (const PlannedAccount& account : case_.accounts)
        if (account.member == member) return;
    case_.accounts.push_back({.member = member, .from = from});
}

std::size_t HouseholdPlan::payee_of(std::size_t member) {
    const Member& person = case_.members[member];
    const bool cannot_act =
        (person.disability_class == 5 || person.disability_class == 6) && random_.chance(5'000);
    const bool is_cared_for = member != case_.representative && (!person.is_adult() || cannot_act);
    const std::size_t payee = is_cared_for ? case_.representative : member;
    need_account(payee, std::max(case_.from, case_.members[payee].from));
    return is_cared_for ? payee : nobody;
}

void HouseholdPlan::enrol_disabled(std::size_t member, Programme programme) {
    const Member& person = case_.members[member];
    Day applied = applied_;
    if (change_ == Change::begins) {
        applied = first_day_of(change_month_).plus_days(static_cast<int>(random_.below(10)));
    } else {
        // Some time after the household was admitted, and not before the third month before the first.
        const int room = wish_.first_month.months_since(applied_.month()) - 3;
        applied = applied_.plus_days(static_cast<int>(28 * random_.between(0, std::max(0, room * 2 / 3))));
    }
    if (applied < person.born.plus_days(365)) return;
    case_.enrolments.push_back({.member = member,
                                .programme = programme,
                                .applied = applied,
                                .confirmed = applied.plus_days(static_cast<int>(random_.between(3, 15))),
                                .from = applied.month(),
                                .payee = payee_of(member)});
}

// Kinds of households.

void HouseholdPlan::plan_dibao() {
    case_.from = applied_.month();
    static constexpr std::array urban_sizes{66, 21, 9, 4};      // 1.51 persons on average
    static constexpr std::array rural_sizes{52, 26, 14, 6, 2};  // 1.80
    const bool is_single_person = random_.chance(700);
    std::size_t size = 1 + (case_.is_urban ? random_.weighted(urban_sizes) : random_.weighted(rural_sizes));
    if (is_single_person) size = static_cast<std::size_t>(random_.between(2, 4));
    plan_family(size);

    const Programme programme = case_.is_urban ? Programme::dibao_urban : Programme::dibao_rural;
    PlannedEnrolment dibao{.member = nobody,
                           .programme = programme,
                           .applied = applied_,
                           .confirmed = confirmed_,
                           .from = confirmed_.month().next()};
    for (Member& member : case_.members) {
        if (random_.chance(3'000)) disable(member);
        member.seriously_ill = random_.chance(1'000);
    }
    if (is_single_person) {
        // 单人保: a severely disabled or seriously ill adult of a household that is not itself admitted.
        std::size_t admitted = 0;
        for (std::size_t i = 0; i < size; ++i)
            if (case_.members[i].is_adult() && random_.chance(5'000)) admitted = i;
        Member& person = case_.members[admitted];
        person.disability_class = 4;
        person.disability_level = static_cast<int>(random_.between(1, 2));
        for (std::size_t i = 0; i < size; ++i)
            if (i != admitted) case_.members[i].disability_class = case_.members[i].disability_level = 0;
        dibao.member = admitted;
        need_account(admitted, case_.from);
        case_.enrolments.push_back(dibao);
        plan_incomes(random_.between(standard_2022_fen + 5'000, standard_2022_fen + 30'000), admitted);
        enrol_disabled(admitted, Programme::disability_living);
        enrol_disabled(admitted, Programme::disability_nursing);
        return;
    }
    need_account(case_.representative, case_.from);
    case_.enrolments.push_back(dibao);
    plan_incomes(income_per_head());
    for (std::size_t i = 0; i < size; ++i) {
        const Member& member = case_.members[i];
        if (member.disability_level == 0 || random_.chance(300)) continue;
        enrol_disabled(i, Programme::disability_living);
        if (member.is_severely_disabled()) enrol_disabled(i, Programme::disability_nursing);
    }
}

void HouseholdPlan::plan_family(std::size_t size) {
    static constexpr std::array age_weights{8, 44, 38, 10};
    int age = 0;
    switch (random_.weighted(age_weights)) {
        case 0: age = static_cast<int>(random_.between(22, 35)); break;
        case 1: age = static_cast<int>(random_.between(36, 59)); break;
        case 2: age = static_cast<int>(random_.between(60, 79)); break;
        default: age = static_cast<int>(random_.between(80, 94)); break;
    }
    const Sex sex = random_.chance(6'000) ? Sex::male : Sex::female;
    add_member(age, sex);
    const std::string family{family_of(case_.members.front().name)};
    for (std::size_t i = 1; i < size; ++i) {
        const bool is_spouse = i == 1 && random_.chance(6'000);
        if (is_spouse)
            add_member(std::max(20, age + static_cast<int>(random_.between(-5, 5))),
                       sex == Sex::male ? Sex::female : Sex::male);
        else if (age >= 55 && random_.chance(6'000))
            add_member(static_cast<int>(random_.between(22, std::min(50, age - 22))), any_sex(), family);
        else
            add_member(static_cast<int>(random_.between(0, std::min(24, std::max(1, age - 20)))), any_sex(),
                       family);
    }
}

std::int64_t HouseholdPlan::income_per_head() {
    // Two of a hundred wait between the standards: the raise admits them. Three of a thousand earn too much.
    const std::int64_t draw = random_.below(1'000);
    if (draw < 3) {
        is_over_standard_ = true;
        return random_.between(standard_2022_fen, standard_2022_fen + 20'000);
    }
    if (draw < 23) {
        is_over_standard_ = true;
        return random_.between(standard_2021_fen, standard_2022_fen - 1);
    }
    if (draw < 60) return 0;
    return (random_.between(500, 85'000) + random_.between(500, 85'000)) / 2;
}

void HouseholdPlan::plan_incomes(std::int64_t per_head, std::size_t admitted) {
    static constexpr std::array earned{101, 102, 201, 202, 203, 404};
    static constexpr std::array of_the_old{401, 401, 402, 404, 201, 301};
    std::int64_t left = per_head * static_cast<std::int64_t>(case_.members.size());
    std::size_t last_earner = admitted == nobody ? 0 : nobody;
    for (std::size_t i = 0; i < case_.members.size() && left > 0; ++i) {
        const Member& member = case_.members[i];
        if (!member.is_adult()) continue;
        if (i != admitted) last_earner = i;
        const std::int64_t part =
            i == admitted ? random_.between(0, 60'000) : left * random_.between(20, 80) / 100;
        if (part == 0) continue;
        add_income(i, member.age < 60 ? random_.one_of(earned) : random_.one_of(of_the_old), part);
        left -= part;
    }
    // Together exactly the wanted sum: gifts from outside make up the rest.
    if (left > 0) add_income(last_earner, last_earner == nobody ? 301 : 405, left);
    // What policies do not count.
    for (std::size_t i = 0; i < case_.members.size(); ++i) {
        const Member& member = case_.members[i];
        if (member.disability_level != 0 && random_.chance(1'000)) add_income(i, 901, 26'500);
        if (member.age >= 80 && random_.chance(5'000)) add_income(i, 903, 10'000);
        if (member.age >= 19 && member.in_school && random_.chance(3'000)) add_income(i, 904, 25'000);
    }
}

void HouseholdPlan::add_income(std::size_t member, int item, std::int64_t fen) {
    const Month from = member == nobody ? case_.from : std::max(case_.from, case_.members[member].from);
    case_.incomes.push_back({.member = member, .item = item, .fen = fen, .from = from});
}

void HouseholdPlan::plan_tekun() {
    case_.from = applied_.month();
    const bool is_disabled = random_.chance(1'000);
    const int age = static_cast<int>(is_disabled ? random_.between(40, 59) : random_.between(62, 92));
    Member& person = add_member(age, random_.chance(8'500) ? Sex::male : Sex::female);
    if (is_disabled) {
        disable(person);
        person.disability_level = static_cast<int>(random_.between(1, 2));
    }
    static constexpr std::array ability_weights{72, 17, 11};
    const auto ability = static_cast<Ability>(1 + random_.weighted(ability_weights));
    const bool is_central = random_.chance(ability == Ability::full ? 4'000 : 1'200);
    case_.enrolments.push_back({.member = 0,
                                .programme = case_.is_urban ? Programme::tekun_urban : Programme::tekun_rural,
                                .applied = applied_,
                                .confirmed = confirmed_,
                                .from = confirmed_.month().next(),
                                .setting = is_central ? Setting::central : Setting::dispersed,
                                .ability = ability,
                                .institution = is_central ? random_.between(1, institutions_) : 0});
    if (!is_central) need_account(0, case_.from);
}

void HouseholdPlan::plan_nursing() {
    case_.from = applied_.month();
    const int age = static_cast<int>(random_.chance(700) ? random_.between(7, 17) : random_.between(18, 90));
    const bool has_guardian = age < 18 || random_.chance(3'500);
    if (has_guardian) add_member(static_cast<int>(random_.between(35, 70)), any_sex());
    const std::string family =
        has_guardian ? std::string{family_of(case_.members.front().name)} : std::string{};
    Member& person = add_member(age, any_sex(), family);
    disable(person);
    person.disability_level = static_cast<int>(random_.between(1, 2));
    enrol_disabled(case_.members.size() - 1, Programme::disability_nursing);
}

void HouseholdPlan::plan_child(Programme programme) {
    // A few are of age and still at school.
    const bool is_student = random_.chance(400);
    const int age = static_cast<int>(is_student ? random_.between(18, 20) : random_.between(1, 16));
    // When the household applied the child was born, and not yet of age.
    if (change_ != Change::begins)
        apply(static_cast<int>(is_student ? random_.between(36, 60)
                                          : random_.between(4, std::min(60, 12 * age - 3))));
    case_.from = applied_.month();
    add_member(static_cast<int>(random_.between(40, 68)), any_sex());
    const std::string family{family_of(case_.members.front().name)};
    Member& child = add_member(age, any_sex(), family);
    if (is_student) child.in_school = true;
    need_account(0, case_.from);
    case_.enrolments.push_back({.member = 1,
                                .programme = programme,
                                .applied = applied_,
                                .confirmed = confirmed_,
                                .from = confirmed_.month().next(),
                                .payee = 0});
    if (age >= 6 && random_.chance(300)) {
        disable(child);
        child.disability_level = static_cast<int>(random_.between(1, 2));
        enrol_disabled(1, Programme::disability_nursing);
    }
}

}  // namespace onecard::loadtest
