#include "case.hpp"

/// Tekun (特困人员救助供养, DOMAIN 1.2): basic living and care by ability, two lines for one person.
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

}  // namespace

void assess_tekun(Case& of, const Enrolment& enrolment, Member*) {
    award_standard(of, enrolment, Component::basic, basic_standard(of, enrolment));
    const auto standard = care_standard(of, enrolment);
    if (!standard)
        return refuse_award(
            of, enrolment, true, Fault::missing, "tekun.care",
            {"尚未评估生活自理能力", "the ability to care for oneself has not been assessed"});
    if (const auto payee = carer(enrolment))
        return award_standard_to(of, enrolment, Component::care, *standard, *payee);
    award_standard(of, enrolment, Component::care, *standard);
}

}  // namespace onecard::entitlement
