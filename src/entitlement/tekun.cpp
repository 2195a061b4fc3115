#include <fmt/format.h>

#include "case.hpp"

/// Tekun (特困人员救助供养, DOMAIN 1.2): basic living and care by ability, two lines for one person; in an institution a third one where there is pocket money.
namespace onecard::entitlement {
namespace {

using policy::Standard;

Standard basic_standard(const Case& of, const Enrolment& enrolment) {
    if (enrolment.programme == Programme::tekun_urban) return Standard::tekun_basic_urban;
    const bool is_central = enrolment.setting == registry::Setting::central;
    return is_central && of.policy.standard(Standard::tekun_basic_rural_central)
               ? Standard::tekun_basic_rural_central
               : Standard::tekun_basic_rural;
}

struct CareStandards {
    Standard dispersed;
    Standard central;
};

std::optional<Standard> care_standard(const Case& of, const Enrolment& enrolment) {
    const auto of_setting = [&](CareStandards both) {
        const bool is_central = enrolment.setting == registry::Setting::central;
        return is_central && of.policy.standard(both.central) ? both.central : both.dispersed;
    };
    switch (enrolment.ability) {
        case registry::Ability::none_given: return std::nullopt;
        case registry::Ability::self:
            return of_setting({Standard::tekun_care_self, Standard::tekun_care_central_self});
        case registry::Ability::half:
            return of_setting({Standard::tekun_care_half, Standard::tekun_care_central_half});
        case registry::Ability::full:
            return of_setting({Standard::tekun_care_full, Standard::tekun_care_central_full});
    }
    broken("an ability without a standard");
}

/// Who is paid for the care of a dispersed person by agreement; nothing: whoever is paid the basic living.
std::optional<Payee> carer(const Enrolment& enrolment) {
    if (enrolment.setting == registry::Setting::central) return std::nullopt;
    if (enrolment.institution) return Payee{registry::PayeeKind::institution, enrolment.institution.number()};
    if (enrolment.caregiver) return Payee{registry::PayeeKind::person, enrolment.caregiver.number()};
    return std::nullopt;
}

/// What an institution is paid for the basic living where pocket money is part of it.
void award_basic_less_pocket(Case& of, const Enrolment& enrolment, Standard which, Money pocket) {
    const auto* value = require(of, enrolment, which);
    if (!value) return;
    const Money rest = value->amount - pocket;
    if (Steps* steps = of.steps_for(Component::basic)) {
        say_value(*steps, policy::key_of(which), value->amount, value->source);
        steps->say(
            fmt::format("其中零花钱 {} 元发给本人：{} − {} = {} 元", pocket.yuan(), value->amount.yuan(),
                        pocket.yuan(), rest.yuan()),
            fmt::format("pocket money of {} yuan is part of it and paid to the person: {} − {} = {} yuan",
                        pocket.yuan(), value->amount.yuan(), pocket.yuan(), rest.yuan()));
    }
    if (rest <= Money{})
        return refuse_award(
            of, enrolment, true, Fault::conflict, policy::key_of(Standard::tekun_pocket_money),
            {"零花钱不低于基本生活标准", "the pocket money leaves nothing of the basic standard"});
    award(of, enrolment, Component::basic, rest, policy::key_of(which));
}

void assess_care(Case& of, const Enrolment& enrolment) {
    const auto standard = care_standard(of, enrolment);
    if (!standard)
        return refuse_award(
            of, enrolment, true, Fault::missing, "tekun.care",
            {"尚未评估生活自理能力", "the ability to care for oneself has not been assessed"});
    if (const auto payee = carer(enrolment))
        return award_standard_to(of, enrolment, Component::care, *standard, *payee);
    award_standard(of, enrolment, Component::care, *standard);
}

}  // namespace

void assess_tekun(Case& of, const Enrolment& enrolment, Member*) {
    const Standard basic = basic_standard(of, enrolment);
    const bool is_central = enrolment.setting == registry::Setting::central;
    const auto& pocket = of.policy.standard(Standard::tekun_pocket_money);
    if (!is_central || !pocket) {
        award_standard(of, enrolment, Component::basic, basic);
        return assess_care(of, enrolment);
    }
    if (of.policy.pocket_money_within_basic)
        award_basic_less_pocket(of, enrolment, basic, pocket->amount);
    else
        award_standard(of, enrolment, Component::basic, basic);
    assess_care(of, enrolment);
    // To the person, whoever is paid for the rest.
    award_standard_to(of, enrolment, Component::pocket, Standard::tekun_pocket_money,
                      {registry::PayeeKind::person, enrolment.person.number()});
}

}  // namespace onecard::entitlement
