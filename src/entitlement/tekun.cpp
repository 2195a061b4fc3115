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

std::optional<Standard> care_standard(registry::Ability ability) {
    switch (ability) {
        case registry::Ability::none_given: return std::nullopt;
        case registry::Ability::self: return Standard::tekun_care_self;
        case registry::Ability::half: return Standard::tekun_care_half;
        case registry::Ability::full: return Standard::tekun_care_full;
    }
    broken("an ability without a standard");
}

}  // namespace

void assess_tekun(Case& of, const Enrolment& enrolment, Member*) {
    award_standard(of, enrolment, Component::basic, basic_standard(of, enrolment));
    if (const auto standard = care_standard(enrolment.ability))
        award_standard(of, enrolment, Component::care, *standard);
    else
        refuse_award(of, enrolment, true, Fault::missing, "tekun.care",
                     "the ability to care for oneself has not been assessed");
}

}  // namespace onecard::entitlement
