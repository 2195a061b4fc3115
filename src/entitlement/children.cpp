#include <fmt/format.h>

#include "case.hpp"

/// Orphans and de-facto-unattended children (DOMAIN 1.3).
namespace onecard::entitlement {
namespace {

using policy::Standard;
using policy::UnattendedOnDibao;

/// What is taken off the standard of a child on dibao, or nothing after a refusal.
std::optional<Money> taken_off(Case& of, const Enrolment& enrolment, const Member& child) {
    switch (of.policy.unattended_on_dibao) {
        case UnattendedOnDibao::full_amount: return Money{};
        case UnattendedOnDibao::less_dibao_standard: return child.dibao_standard;
        case UnattendedOnDibao::less_received: break;
    }
    Money received = child.dibao_share;
    const bool draws_living = (child.active & only(Programme::disability_living)) &&
                              (of.policy.unattended_gap_allows_living ||
                               of.policy.overlap_of(Kind::unattended, Kind::living) == Overlap::together);
    if (!draws_living) return received;
    // Its own refusal tells what is wrong with the level; here it only leaves the gap unknown.
    const auto standard = living_standard(child.person->disability_level);
    if (!standard || !of.policy.standard(*standard)) {
        refuse_award(of, enrolment, true, Fault::missing, "unattended_child",
                     {"无法计算补差：同时享受的生活补贴标准不明",
                      "the gap cannot be computed: the living subsidy beside it is not known"});
        return std::nullopt;
    }
    return received + of.policy.standard(*standard)->amount;
}

/// A child who is not fully unattended and gets a part, by the class that the office put it into.
void assess_class(Case& of, const Enrolment& enrolment) {
    const std::size_t grade = enrolment.grade;
    const auto& classes = of.policy.child_class;
    const std::string field = fmt::format("children.class_{}", grade);
    if (grade > classes.size() || (classes[grade - 1].percent == 0 && !classes[grade - 1].amount))
        return refuse_award(of, enrolment, true, Fault::missing, field,
                            {fmt::format("本地没有第 {} 类儿童的规定", grade),
                             fmt::format("there is no class {} of children here", grade)});
    const policy::ChildClass& own = classes[grade - 1];
    Steps* steps = of.steps_for(Component::basic);
    if (own.amount) {
        if (steps)
            say_value(*steps, field + ".amount", *own.amount, of.policy.source_of_rule(field + ".amount"));
        return award(of, enrolment, Component::basic, *own.amount, field);
    }
    const auto* value = require(of, enrolment, Standard::unattended_child);
    if (!value) return;
    Money base = value->amount;
    if (steps) say_value(*steps, policy::key_of(Standard::unattended_child), value->amount, value->source);
    if (own.base == policy::ChildClass::Base::gap) {
        const Standard standard =
            of.household->area == registry::Area::urban ? Standard::dibao_urban : Standard::dibao_rural;
        const auto* dibao = require(of, enrolment, standard);
        if (!dibao) return;
        if (steps) say_value(*steps, policy::key_of(standard), dibao->amount, dibao->source);
        base = base - dibao->amount;
    }
    const auto part = Rational{base}.times(own.percent, 100);
    const auto amount = part ? part->round(of.policy.child_class_rounding) : Result<Money>{Money{}};
    if (!part || !amount)
        return refuse_award(of, enrolment, true, Fault::out_of_range, field,
                            {"金额过大，无法计算", "the amount is too large to be computed"});
    if (*amount <= Money{})
        return not_entitled(
            of, enrolment, field,
            {"低保标准不低于儿童标准", "the dibao standard leaves nothing of the child standard"});
    if (steps)
        steps->say(fmt::format("第 {} 类：{} 元的 {}% 取整 = {} 元", grade, base.yuan(), own.percent,
                               amount->yuan()),
                   fmt::format("class {}: {} % of {} yuan, rounded: {} yuan", grade, own.percent, base.yuan(),
                               amount->yuan()));
    award(of, enrolment, Component::basic, *amount, field);
}

}  // namespace

void assess_orphan(Case& of, const Enrolment& enrolment, Member*) {
    const bool is_central = enrolment.setting == registry::Setting::central;
    award_standard(of, enrolment, Component::basic,
                   is_central ? Standard::orphan_central : Standard::orphan_dispersed);
}

void assess_unattended(Case& of, const Enrolment& enrolment, Member* child) {
    const std::string_view field = policy::key_of(Standard::unattended_child);
    if (enrolment.grade > 0) return assess_class(of, enrolment);
    if (child->dibao == Drawing::nothing || !pays_gap(of.policy))
        return award_standard(of, enrolment, Component::basic, Standard::unattended_child);
    if (child->dibao == Drawing::undetermined)
        return refuse_award(of, enrolment, true, Fault::missing, field,
                            {"无法计算补差：该儿童享受的低保金额不明",
                             "the gap cannot be computed: the dibao that the child lives on is not known"});
    const auto* value = require(of, enrolment, Standard::unattended_child);
    if (!value) return;
    const auto off = taken_off(of, enrolment, *child);
    if (!off) return;
    const Money gap = value->amount - *off;
    if (Steps* steps = of.steps_for(Component::basic)) {
        say_value(*steps, field, value->amount, value->source);
        const bool is_standard = of.policy.unattended_on_dibao == UnattendedOnDibao::less_dibao_standard;
        steps->say(fmt::format("已享受低保，补差：{} − {} {} = {} 元", value->amount.yuan(),
                               is_standard ? "低保标准" : "实际领取", off->yuan(), gap.yuan()),
                   fmt::format("on dibao, so the gap: {} − {} {} = {} yuan", value->amount.yuan(),
                               is_standard ? "dibao standard" : "received", off->yuan(), gap.yuan()));
    }
    if (gap <= Money{})
        return not_entitled(
            of, enrolment, field,
            {fmt::format("该儿童已领取 {} 元，不低于 {} 元", off->yuan(), value->amount.yuan()),
             fmt::format("the child already has {} of {} yuan", off->yuan(), value->amount.yuan())});
    award(of, enrolment, Component::basic, gap, field);
}

}  // namespace onecard::entitlement
