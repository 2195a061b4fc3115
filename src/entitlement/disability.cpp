#include <fmt/format.h>

#include "case.hpp"

/// The two disability subsidies (残疾人两项补贴, DOMAIN 1.4).
namespace onecard::entitlement {
namespace {

using policy::Standard;

std::optional<Standard> nursing_standard(std::uint8_t level) {
    switch (level) {
        case 1: return Standard::disability_nursing_1;
        case 2: return Standard::disability_nursing_2;
        default: return std::nullopt;
    }
}

void assess_level(Case& of, const Enrolment& enrolment, const Member& member,
                  std::optional<Standard> standard, std::string_view field) {
    const int level = member.person->disability_level;
    if (!standard)
        // The office confirmed it, the register contradicts: neither can be followed blindly.
        return refuse_award(of, enrolment, true, Fault::conflict, field,
                            level == 0
                                ? "the register knows of no disability"
                                : fmt::format("there is no such subsidy for disability level {}", level));
    if (Steps* steps = of.steps_for(Component::basic))
        steps->say(fmt::format("残疾等级 {} 级", level), fmt::format("disability level {}", level));
    award_standard(of, enrolment, Component::basic, *standard);
}

}  // namespace

std::optional<Standard> living_standard(std::uint8_t level) {
    switch (level) {
        case 1: return Standard::disability_living_1;
        case 2: return Standard::disability_living_2;
        case 3: return Standard::disability_living_3;
        case 4: return Standard::disability_living_4;
        default: return std::nullopt;
    }
}

void assess_living(Case& of, const Enrolment& enrolment, Member* member) {
    assess_level(of, enrolment, *member, living_standard(member->person->disability_level),
                 "disability.living");
}

void assess_nursing(Case& of, const Enrolment& enrolment, Member* member) {
    assess_level(of, enrolment, *member, nursing_standard(member->person->disability_level),
                 "disability.nursing");
}

}  // namespace onecard::entitlement
