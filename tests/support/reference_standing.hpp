#pragma once

#include <algorithm>
#include <initializer_list>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "onecard/entitlement/assess.hpp"
#include "onecard/policy/book.hpp"
#include "support/fractions.hpp"

/// The independent reference, written from DOMAIN.md section 1 and not from the engine: who is enrolled in what, how
/// programmes stand to each other, who is paid.
namespace onecard::entitlement {

using policy::Standard;
using registry::Enrolment;

/// The month in which somebody completes a number of years.
inline Month birthday(Day born, int years) {
    const Month month = born.month().plus_months(12 * years);
    const bool lacks_the_day = !Day::of(month.year(), month.month(), born.day_of_month());
    return lacks_the_day ? month.next() : month;  // 29 February
}

using AwardKey = std::tuple<std::int64_t, std::int64_t, Programme, Component>;  // household, person
using RefusalKey = std::tuple<std::int64_t, std::int64_t, Programme, bool>;

struct Owed {
    std::int64_t fen = 0;
    registry::PayeeKind payee_kind = registry::PayeeKind::person;
    std::int64_t payee = 0;
    int grace_month = 0;           ///< 1, 2, … in grace
    std::int64_t last_amount = 0;  ///< then: the last one before it
    friend bool operator==(const Owed&, const Owed&) = default;
};

struct Expected {
    std::map<AwardKey, Owed> awards;
    std::multiset<RefusalKey> refusals;
    friend bool operator==(const Expected&, const Expected&) = default;
};

inline Expected as_expected(const Assessment& assessment) {
    Expected found;
    for (const Award& award : assessment.awards) {
        const AwardKey key{award.household.number(), award.person.number(), award.programme, award.component};
        found.awards[key] = {award.amount.fen(), award.payee_kind, award.payee, award.grace_month,
                             award.grace_base.fen()};
    }
    for (const Refusal& refusal : assessment.refusals)
        found.refusals.emplace(refusal.household.number(), refusal.person.number(), refusal.programme,
                               refusal.is_error);
    return found;
}

inline std::string differences(const Expected& expected, const Expected& found) {
    std::string text;
    const auto name = [](const auto& key) {
        return "household " + std::to_string(std::get<0>(key)) + " person " +
               std::to_string(std::get<1>(key)) + " " + std::string{text_of(std::get<2>(key)).code};
    };
    for (const auto& [key, value] : expected.awards) {
        const auto there = found.awards.find(key);
        if (there == found.awards.end() || there->second != value)
            text += name(key) + ": should be " + std::to_string(value.fen) + " (grace " +
                    std::to_string(value.grace_month) + "), is " +
                    (there == found.awards.end() ? "nothing" : std::to_string(there->second.fen)) + "\n";
    }
    for (const auto& [key, value] : found.awards)
        if (!expected.awards.contains(key))
            text += name(key) + ": " + std::to_string(value.fen) + " too many\n";
    for (const auto& key : expected.refusals)
        if (!found.refusals.contains(key)) text += name(key) + ": not refused\n";
    for (const auto& key : found.refusals)
        if (!expected.refusals.contains(key)) text += name(key) + ": refused\n";
    return text;
}

class ReferenceStanding {
protected:
    ReferenceStanding(const registry::Snapshot& facts, const policy::CountyPolicy& policy)
        : facts_{facts}, policy_{policy} {}

    bool is_alive(const registry::Person& person) const {
        if (!person.is_deceased()) return true;
        return policy_.stop_on_death == policy::StopRule::month_after_event
                   ? policy_.month <= person.died.month()
                   : policy_.month < person.died.month();
    }
    Month first_paid(const Enrolment& one) const {
        switch (policy_.start_of(one.programme)) {
            case policy::StartRule::month_after_confirmation: return one.confirmed.month().next();
            case policy::StartRule::month_of_confirmation: return one.confirmed.month();
            case policy::StartRule::month_of_application: return one.applied.month();
        }
        return {};
    }
    const registry::Person* person_of(PersonNo no) const {
        for (const auto& person : facts_.persons)
            if (person.no == no) return &person;
        return nullptr;
    }
    bool is_active(const Enrolment& one) const {
        if (policy_.month < first_paid(one)) return false;
        if (one.ended != Day{}) {
            const Month last = policy_.stop_on_end[static_cast<std::size_t>(one.end_reason)] ==
                                       policy::StopRule::month_after_event
                                   ? one.ended.month()
                                   : one.ended.month().previous();
            if (last < policy_.month) return false;
        }
        if (!one.person) return true;
        const auto& person = *person_of(one.person);
        if (!is_alive(person)) return false;
        const bool is_child =
            one.programme == Programme::orphan || one.programme == Programme::unattended_child;
        if (!is_child) return true;
        const int limit = policy_.children_in_school_until_age;
        const bool may_stay = limit == 0 || policy_.month <= birthday(person.born, limit);
        if (person.in_full_time_school && policy_.children_stay_while_in_school && may_stay) return true;
        return policy_.stop_on_grown_up == policy::StopRule::month_after_event
                   ? policy_.month <= birthday(person.born, 18)
                   : policy_.month < birthday(person.born, 18);
    }
    bool holds(std::int64_t household, PersonNo person, std::initializer_list<Programme> any) const {
        for (const Enrolment& one : facts_.enrolments)
            if (one.household.number() == household && one.person == person && is_active(one) &&
                std::find(any.begin(), any.end(), one.programme) != any.end())
                return true;
        return false;
    }
    static ProgrammeKind kind(Programme programme) {
        using enum Programme;
        if (programme == dibao_urban || programme == dibao_rural) return ProgrammeKind::dibao;
        if (programme == tekun_urban || programme == tekun_rural) return ProgrammeKind::tekun;
        if (programme == orphan) return ProgrammeKind::orphan;
        if (programme == unattended_child) return ProgrammeKind::unattended;
        if (programme == disability_living) return ProgrammeKind::living;
        if (programme == disability_nursing) return ProgrammeKind::nursing;
        return ProgrammeKind::beside;
    }
    bool goes_before(ProgrammeKind one, ProgrammeKind other) const {
        for (const ProgrammeKind each : policy_.precedence) {
            if (each == one) return true;
            if (each == other) return false;
        }
        return false;
    }
    policy::Overlap overlap(ProgrammeKind one, ProgrammeKind other) const {
        for (std::size_t i = 0; i < policy::overlaps.size(); ++i) {
            const auto& row = policy::overlaps[i];
            if ((row.kept == one && row.other == other) || (row.kept == other && row.other == one))
                return policy_.overlap[i];
        }
        return policy::Overlap::together;
    }
    /// No member of the household's dibao: lives on something of their own that dibao excludes and yields to.
    bool leaves(std::int64_t household, PersonNo person) const {
        for (const Enrolment& one : facts_.enrolments) {
            if (one.household.number() != household || one.person != person || !is_active(one)) continue;
            const ProgrammeKind its = kind(one.programme);
            if (its == ProgrammeKind::dibao) return true;
            if (overlap(its, ProgrammeKind::dibao) == policy::Overlap::exclusive &&
                goes_before(its, ProgrammeKind::dibao))
                return true;
        }
        return false;
    }
    /// What the person has of an item; nothing where it is not there.
    std::optional<std::int64_t> item(const registry::Household& household, PersonNo person,
                                     std::int16_t code) const {
        for (const auto& row : facts_.incomes)
            if (row.household == household.no && row.person == person && row.item == code)
                return row.monthly.fen();
        return std::nullopt;
    }
    bool is_contradictory(const Enrolment& one) const {
        if (one.confirmed < one.applied) return true;
        if (one.ended != Day{} && one.ended < one.confirmed) return true;
        if (!one.person) return false;
        const auto& person = *person_of(one.person);
        return person.is_deceased() && person.died < person.born;
    }
    std::optional<std::int64_t> amount_of(Standard which) const {
        const auto& value = policy_.standard(which);
        return value ? std::optional{value->amount.fen()} : std::nullopt;
    }

    void refuse(const Enrolment& one, bool is_error) {
        expected_.refusals.emplace(one.household.number(), one.person.number(), one.programme, is_error);
    }
    /// False where there is nobody to be paid.
    bool pay(const registry::Household& household, const Enrolment& one, Component component,
             std::int64_t amount) {
        registry::PayeeKind kind = registry::PayeeKind::person;
        std::int64_t payee = one.payee ? one.payee.number() : one.person.number();
        if (component == Component::care && one.setting == registry::Setting::dispersed &&
            (one.institution || one.caregiver)) {
            expected_.awards[{household.no.number(), one.person.number(), one.programme, component}] = {
                amount, one.institution ? registry::PayeeKind::institution : registry::PayeeKind::person,
                one.institution ? one.institution.number() : one.caregiver.number()};
            return true;
        }
        const auto nobody = [&] {
            refuse(one, true);
            return false;
        };
        if (one.person && one.setting == registry::Setting::central) {
            kind = registry::PayeeKind::institution;
            payee = one.institution.number();
            if (payee == 0) return nobody();
        } else {
            if (!one.person && !one.payee) payee = household.representative.number();
            const auto* who = person_of(PersonNo{payee});
            if (payee != one.person.number() && who && who->household == household.no && !is_alive(*who))
                return nobody();
        }
        expected_.awards[{household.no.number(), one.person.number(), one.programme, component}] = {
            amount, kind, payee};
        return true;
    }
    void pay_standard(const registry::Household& household, const Enrolment& one, Component component,
                      Standard which) {
        if (const auto amount = amount_of(which))
            pay(household, one, component, *amount);
        else
            refuse(one, true);
    }

    enum class OnDibao { no, yes, unknown };
    struct Standing {
        OnDibao on = OnDibao::no;
        std::int64_t standard = 0;
        std::int64_t share = 0;
    };

    static constexpr std::array living{Standard::disability_living_1, Standard::disability_living_2,
                                       Standard::disability_living_3, Standard::disability_living_4};

    const registry::Snapshot& facts_;
    const policy::CountyPolicy& policy_;
    std::map<PersonNo, Standing> standings_;
    Expected expected_;
};

}  // namespace onecard::entitlement
