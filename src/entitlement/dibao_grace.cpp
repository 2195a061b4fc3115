#include <fmt/format.h>

#include <algorithm>

#include "dibao.hpp"

/// Grace (渐退期, DOMAIN 1.1).
namespace onecard::entitlement::dibao {

bool pay_grace(Case& of, const Unit& unit, Money standard) {
    const policy::CountyPolicy& rules = of.policy;
    const Month before = rules.month.previous();
    const auto& by_reason =
        rules.grace_months_by_reason[static_cast<std::size_t>(unit.enrolment.grace_reason)];
    const std::int32_t months = by_reason.value_or(rules.grace_months);
    if (!of.history || months == 0 || before < of.history_from) return false;
    const Wide line = unit.standard * unit.heads;
    if (unit.income <= line || unit.income * percent >= line * rules.grace_below_percent) return false;
    const Enrolment& enrolment = unit.enrolment;
    const auto& awards = of.history->month(before, of.history_from).awards;
    const auto [first, last] = std::ranges::equal_range(awards, enrolment.household, {}, &Award::household);
    bool is_paid = false;
    for (const Award& last_award : std::ranges::subrange{first, last}) {
        if (last_award.programme != enrolment.programme) continue;
        const Member* member = last_award.person ? of.member(last_award.person) : nullptr;
        if (unit.single ? member != unit.single : (last_award.person && (!member || !unit.counts(*member))))
            continue;
        const auto month = static_cast<std::int16_t>(last_award.grace_month + 1);
        if (month > months) continue;
        const Money base = last_award.grace_month > 0 ? last_award.grace_base : last_award.amount;
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
                    month, months, yuan_of(unit.income), yuan_of(line), rules.grace_below_percent,
                    base.yuan(), share, amount->yuan()),
                fmt::format(
                    "grace, month {} of {}: income {} is above the standard {} and below {} % of it; last "
                    "amount {} × {} % = {} yuan",
                    month, months, yuan_of(unit.income), yuan_of(line), rules.grace_below_percent,
                    base.yuan(), share, amount->yuan()));
        const std::size_t awarded_before = of.out.awards.size();
        if (last_award.person && !unit.single)
            award_to(of, enrolment, Component::basic, last_award.person,
                     {registry::PayeeKind::person, last_award.person.number()}, *amount);
        else
            award(of, enrolment, Component::basic, *amount, unit.field);
        is_paid = true;
        if (of.out.awards.size() == awarded_before) continue;  // Nobody to be paid: refused.
        of.out.awards.back().grace_month = month;
        of.out.awards.back().grace_base = base;
    }
    if (!is_paid) return false;
    for (Member& one : of.members)
        if (unit.counts(one)) {
            // What each one's share of a last amount is, no rule says.
            one.dibao = rules.unattended_on_dibao == policy::UnattendedOnDibao::less_received
                            ? Drawing::undetermined
                            : Drawing::drawn;
            one.dibao_standard = standard;
        }
    return true;
}

}  // namespace onecard::entitlement::dibao
