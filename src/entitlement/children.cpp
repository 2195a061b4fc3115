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
    const bool draws_living =
        (child.active & only(Programme::disability_living)) && of.policy.unattended_gap_allows_living;
    if (!draws_living) return received;
    // Its own refusal tells what is wrong with the level; here it only leaves the gap unknown.
    const auto standard = living_standard(child.person->disability_level);
    if (!standard || !of.policy.standard(*standard)) {
        refuse_award(of, enrolment, true, Fault::missing, "unattended_child",
                     "the gap cannot be computed: the living subsidy beside it is not known");
        return std::nullopt;
    }
    return received + of.policy.standard(*standard)->amount;
}

}  // namespace

void assess_orphan(Case& of, const Enrolment& enrolment, Member*) {
    const bool is_central = enrolment.setting == registry::Setting::central;
    award_standard(of, enrolment, Component::basic,
                   is_central ? Standard::orphan_central : Standard::orphan_dispersed);
}

void assess_unattended(Case& of, const Enrolment& enrolment, Member* child) {
    const std::string_view field = policy::key_of(Standard::unattended_child);
    if (child->dibao == Drawing::nothing || of.policy.unattended_on_dibao == UnattendedOnDibao::full_amount)
        return award_standard(of, enrolment, Component::basic, Standard::unattended_child);
    if (child->dibao == Drawing::undetermined)
        return refuse_award(of, enrolment, true, Fault::missing, field,
                            "the gap cannot be computed: the dibao that the child lives on is not known");
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
            fmt::format("the child already has {} of {} yuan", off->yuan(), value->amount.yuan()));
    award(of, enrolment, Component::basic, gap, field);
}

}  // namespace onecard::entitlement
