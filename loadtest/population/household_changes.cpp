#include <array>
#include <string>

#include "household_plan.hpp"
#include "names.hpp"

namespace onecard::loadtest {

void HouseholdPlan::draw_change() {
    // At most one change a case, in the first month that draws it.
    change_ = Change::none;
    for (const Month month : wish_.months_with_changes) {
        if (!random_.chance(200)) continue;
        static constexpr std::array change_weights{15, 20, 35, 12, 8, 10};
        change_ = static_cast<Change>(1 + random_.weighted(change_weights));
        change_month_ = month;
        ++counts_.changes;
        break;
    }
}

void HouseholdPlan::apply_change(Kind kind) {
    const bool has_children = kind == Kind::orphan || kind == Kind::unattended_child;
    switch (change_) {
        case Change::none:
        case Change::begins: return;
        case Change::ends: return end_all();
        case Change::earns:
            // Only dibao looks at income.
            return kind == Kind::dibao ? change_incomes() : change_account();
        case Change::dies: return has_children ? end_all() : let_die();
        case Change::is_born:
            return kind == Kind::dibao && case_.members.size() < 6 ? add_baby() : change_account();
        case Change::is_led_by: return change_representative();
    }
}

void HouseholdPlan::end_all() {
    for (PlannedEnrolment& enrolment : case_.enrolments) enrolment.to = change_month_;
}

void HouseholdPlan::change_incomes() {
    const std::size_t known = case_.incomes.size();
    const std::int64_t percent = random_.chance(3'000) ? random_.between(250, 400) : random_.between(50, 150);
    for (std::size_t i = 0; i < known; ++i) {
        PlannedIncome next = case_.incomes[i];
        if (next.item >= 900) continue;
        case_.incomes[i].to = change_month_;
        next.from = change_month_;
        next.fen = next.fen * percent / 100;
        case_.incomes.push_back(next);
    }
    if (known == 0)
        case_.incomes.push_back(
            {.member = case_.representative, .item = 405, .fen = 30'000, .from = change_month_});
}

void HouseholdPlan::let_die() {
    std::size_t dead = 0;
    for (std::size_t i = 1; i < case_.members.size(); ++i)
        if (case_.members[i].age > case_.members[dead].age) dead = i;
    const Day day = first_day_of(change_month_.previous()).plus_days(static_cast<int>(random_.below(28)));
    case_.members[dead].died = day;
    for (PlannedIncome& income : case_.incomes)
        if (income.member == dead) income.to = change_month_;
    const bool is_alone = case_.members.size() == 1;
    for (PlannedEnrolment& enrolment : case_.enrolments)
        if (enrolment.member == dead || is_alone) enrolment.to = change_month_;
    if (is_alone || dead != case_.representative) return;
    std::size_t next = dead == 0 ? 1 : 0;
    for (std::size_t i = 0; i < case_.members.size(); ++i)
        if (i != dead && case_.members[i].is_adult()) next = i;
    lead(next);
}

void HouseholdPlan::lead(std::size_t next) {
    const std::size_t before = case_.representative;
    case_.next_representative = next;
    case_.next_from = change_month_;
    need_account(next, change_month_.previous());
    // Who was paid for others is so no longer.
    const std::size_t known = case_.enrolments.size();
    for (std::size_t i = 0; i < known; ++i) {
        if (case_.enrolments[i].payee != before || case_.enrolments[i].to != Month::open_end()) continue;
        PlannedEnrolment after = case_.enrolments[i];
        case_.enrolments[i].to = change_month_;
        after.from = change_month_;
        after.payee = next == after.member ? nobody : next;
        case_.enrolments.push_back(after);
    }
}

void HouseholdPlan::add_baby() {
    const std::string family{family_of(case_.members.front().name)};
    Member& baby = add_member(1, any_sex(), family);
    numbers_.be_born(baby,
                     first_day_of(change_month_.previous()).plus_days(static_cast<int>(random_.below(28))));
    baby.age = 0;
    baby.from = baby.born.month();
}

void HouseholdPlan::change_representative() {
    for (std::size_t i = 0; i < case_.members.size(); ++i)
        if (i != case_.representative && case_.members[i].is_adult()) return lead(i);
    change_account();
}

void HouseholdPlan::change_account() {
    if (case_.accounts.empty()) return;
    PlannedAccount next = case_.accounts.front();
    case_.accounts.front().to = change_month_;
    next.from = change_month_;
    case_.accounts.push_back(next);
}

}  // namespace onecard::loadtest
