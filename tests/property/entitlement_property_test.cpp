#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <set>
#include <tuple>
#include <vector>

#include "onecard/entitlement/assess.hpp"
#include "onecard/policy/book.hpp"
#include "support/random_cases.hpp"

/// The engine against an independent reference: slow, by maps, with fractions of its own, written from DOMAIN.md
/// section 1 and not from the engine. Whatever differs is shown with the number of its round.
namespace onecard::entitlement {
namespace {

using policy::Standard;
using registry::Enrolment;

// -------------------------------------------------------------------------------------------------- fractions

struct Fraction {
    __int128 top = 0;
    __int128 bottom = 1;
    Fraction(__int128 a, __int128 b = 1) {  // NOLINT: a whole number is a fraction
        __int128 x = a < 0 ? -a : a;
        __int128 y = b;
        while (y != 0) std::tie(x, y) = std::pair{y, x % y};
        top = x == 0 ? 0 : a / x;
        bottom = x == 0 ? 1 : b / x;
    }
    friend Fraction operator+(Fraction a, Fraction b) {
        return {a.top * b.bottom + b.top * a.bottom, a.bottom * b.bottom};
    }
    friend Fraction operator-(Fraction a, Fraction b) {
        return {a.top * b.bottom - b.top * a.bottom, a.bottom * b.bottom};
    }
    friend Fraction operator*(Fraction a, Fraction b) { return {a.top * b.top, a.bottom * b.bottom}; }
    friend Fraction operator/(Fraction a, Fraction b) { return {a.top * b.bottom, a.bottom * b.top}; }
    friend bool operator<(Fraction a, Fraction b) { return a.top * b.bottom < b.top * a.bottom; }
};

/// Of an amount >= 0.
std::int64_t rounded(Fraction amount, Rounding rounding) {
    const std::int64_t unit = rounding.unit == RoundingUnit::fen    ? 1
                              : rounding.unit == RoundingUnit::jiao ? 10
                                                                    : 100;
    const Fraction units = amount / unit;
    const auto below = static_cast<std::int64_t>(units.top / units.bottom);
    const Fraction rest = units - below;
    bool up = false;
    if (rounding.mode == RoundingMode::ceiling) up = rest.top > 0;
    if (rounding.mode == RoundingMode::half_up) up = !(rest < Fraction{1, 2});
    return (below + (up ? 1 : 0)) * unit;
}

// -------------------------------------------------------------------------------------------------- reference

/// The month in which somebody completes a number of years.
Month birthday(Day born, int years) {
    const Month month = born.month().plus_months(12 * years);
    const bool lacks_the_day = !Day::of(month.year(), month.month(), born.day_of_month());
    return lacks_the_day ? month.next() : month;  // 29 February
}

using AwardKey = std::tuple<std::int64_t, std::int64_t, Programme, Component>;  // household, person
using RefusalKey = std::tuple<std::int64_t, std::int64_t, Programme, bool>;

struct Expected {
    std::map<AwardKey, std::tuple<std::int64_t, registry::PayeeKind, std::int64_t>> awards;
    std::multiset<RefusalKey> refusals;
    friend bool operator==(const Expected&, const Expected&) = default;
};

class Reference {
public:
    Reference(const registry::Snapshot& facts, const policy::CountyPolicy& policy)
        : facts_{facts}, policy_{policy} {
        for (const auto& household : facts.households) assess_household(household);
    }
    Expected take() { return std::move(expected_); }

private:
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
        return ProgrammeKind::nursing;
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
    void pay(const registry::Household& household, const Enrolment& one, Component component,
             std::int64_t amount) {
        registry::PayeeKind kind = registry::PayeeKind::person;
        std::int64_t payee = one.payee ? one.payee.number() : one.person.number();
        if (component == Component::care && one.setting == registry::Setting::dispersed &&
            (one.institution || one.caregiver)) {
            expected_.awards[{household.no.number(), one.person.number(), one.programme, component}] = {
                amount, one.institution ? registry::PayeeKind::institution : registry::PayeeKind::person,
                one.institution ? one.institution.number() : one.caregiver.number()};
            return;
        }
        if (one.person && one.setting == registry::Setting::central) {
            kind = registry::PayeeKind::institution;
            payee = one.institution.number();
            if (payee == 0) return refuse(one, true);
        } else {
            if (!one.person && !one.payee) payee = household.representative.number();
            const auto* who = person_of(PersonNo{payee});
            if (payee != one.person.number() && who && who->household == household.no && !is_alive(*who))
                return refuse(one, true);
        }
        expected_.awards[{household.no.number(), one.person.number(), one.programme, component}] = {
            amount, kind, payee};
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

    Fraction uplift(const registry::Person& person, bool is_urban, std::int64_t standard,
                    bool is_alone) const {
        using enum policy::UpliftClass;
        const auto worth = [&](policy::UpliftClass which) {
            const auto& row = policy_.uplifts[static_cast<std::size_t>(which)];
            return Fraction{standard} * Fraction{row.percent, 100} +
                   (is_urban ? row.urban.fen() : row.rural.fen());
        };
        std::vector<Fraction> all;
        if (birthday(person.born, policy_.uplift_age_elderly) < policy_.month) all.push_back(worth(elderly));
        if (birthday(person.born, policy_.uplift_age_aged) < policy_.month) all.push_back(worth(aged));
        if (policy_.month <= birthday(person.born, 18)) all.push_back(worth(minor));
        if (person.disability_level == 1 || person.disability_level == 2)
            all.push_back(worth(severely_disabled));
        if (person.seriously_ill) all.push_back(worth(seriously_ill));
        if (is_alone) all.push_back(worth(living_alone));
        Fraction beside{0};
        if (person.disability_level != 0) {
            if (policy_.uplift_disabled_adds)
                beside = worth(disabled);
            else
                all.push_back(worth(disabled));
        }
        Fraction best{0};
        for (const Fraction& one : all) best = policy_.uplift_sums ? best + one : std::max(best, one);
        return best + beside;
    }

    /// Monthly, of those members together; nothing where a deduction has no published amount.
    std::optional<Fraction> income_of(const registry::Household& household,
                                      const std::vector<const registry::Person*>& members, bool is_single,
                                      std::int64_t standard) const {
        Fraction income{0};
        Fraction expenses{0};
        std::map<PersonNo, Fraction> wages;
        for (const auto& item : facts_.incomes) {
            if (item.household != household.no) continue;
            const bool is_of_member = std::any_of(members.begin(), members.end(), [&](const auto* member) {
                return member->no == item.person;
            });
            if (!is_of_member && (item.person || is_single)) continue;
            if (item.item >= 801 && item.item <= 803) continue;
            if (item.item >= 601 && item.item <= 604) {
                const auto& deducted = policy_.deducted_items;
                if (std::find(deducted.begin(), deducted.end(), item.item) != deducted.end())
                    expenses = expenses + item.monthly.fen();
                continue;
            }
            const auto& excluded = policy_.excluded_income_items;
            if (std::find(excluded.begin(), excluded.end(), item.item) != excluded.end()) continue;
            income = income + item.monthly.fen();
            if (item.person && (item.item == 101 || item.item == 102 || item.item == 103)) {
                const auto [sum, is_new] = wages.try_emplace(item.person, Fraction{0});
                sum->second = sum->second + item.monthly.fen();
            }
        }
        for (const auto& [person, sum] : wages)
            income = income - std::min(sum, Fraction{standard} * Fraction{policy_.work_cost_percent, 100});
        if (policy_.deduct_disability_subsidies)
            for (const auto* member : members) {
                if (member->disability_level != 1 && member->disability_level != 2) continue;
                const bool first = member->disability_level == 1;
                const auto one =
                    amount_of(first ? Standard::disability_living_1 : Standard::disability_living_2);
                const auto other =
                    amount_of(first ? Standard::disability_nursing_1 : Standard::disability_nursing_2);
                if (!one || !other) return std::nullopt;
                expenses = expenses + *one + *other;
            }
        if (policy_.deduction_cap_percent > 0)
            expenses = std::min(expenses, Fraction{standard} * Fraction{policy_.deduction_cap_percent, 100} *
                                              static_cast<std::int64_t>(members.size()));
        return income - std::min(expenses, income);
    }

    bool is_severe(const registry::Person& person) const {
        return person.disability_level == 1 || person.disability_level == 2;
    }
    bool is_elderly(const registry::Person& person) const {
        return birthday(person.born, policy_.uplift_age_elderly) < policy_.month;
    }

    enum class Admission { yes, no, unknown };
    Admission may_be_single(const registry::Household& household, const registry::Person& person,
                            std::int64_t standard) const {
        if (policy_.single_only_classes && !is_severe(person) && !person.seriously_ill && !is_elderly(person))
            return Admission::no;
        if (policy_.single_household_below_percent == 0) return Admission::yes;
        std::vector<const registry::Person*> everyone;
        for (const auto& each : facts_.persons)
            if (each.household == household.no && is_alive(each) &&
                (each.no == person.no ||
                 !holds(household.no.number(), each.no,
                        {Programme::tekun_urban, Programme::tekun_rural, Programme::orphan})))
                everyone.push_back(&each);
        const auto income = income_of(household, everyone, false, standard);
        if (!income) return Admission::unknown;
        return *income / static_cast<std::int64_t>(everyone.size()) <
                       Fraction{standard} * Fraction{policy_.single_household_below_percent, 100}
                   ? Admission::yes
                   : Admission::no;
    }

    /// Sets `standings_` of those who live on it.
    void dibao(const registry::Household& household, const Enrolment& one) {
        std::vector<const registry::Person*> members;
        bool has_persons = false;
        for (const auto& person : facts_.persons) {
            if (person.household != household.no) continue;
            has_persons = true;
            const bool is_apart = leaves(household.no.number(), person.no);
            if (one.person ? person.no == one.person : is_alive(person) && !is_apart)
                members.push_back(&person);
        }
        const auto mark = [&](OnDibao on) {
            for (const auto& person : facts_.persons) {
                if (person.household != household.no) continue;
                const bool lives_on_it =
                    one.person ? person.no == one.person : !leaves(household.no.number(), person.no);
                if (lives_on_it && standings_[person.no].on == OnDibao::no) standings_[person.no].on = on;
            }
        };
        const bool is_urban = one.programme == Programme::dibao_urban;
        const auto standard = amount_of(is_urban ? Standard::dibao_urban : Standard::dibao_rural);
        if (!standard) {
            refuse(one, true);
            return mark(OnDibao::unknown);
        }
        if (!has_persons) {
            refuse(one, true);
            return mark(OnDibao::unknown);
        }
        if (members.empty()) return refuse(one, false);
        const auto n = static_cast<std::int64_t>(members.size());
        const Fraction s{*standard};
        std::int64_t percentage = 100;
        if (one.person) {
            const auto& person = *person_of(one.person);
            std::set<std::int64_t> classes{0};
            if (person.disability_level == 1 || person.disability_level == 2)
                classes.insert(policy_.single_percent_severely_disabled);
            if (person.seriously_ill) classes.insert(policy_.single_percent_seriously_ill);
            if (birthday(person.born, policy_.uplift_age_elderly) < policy_.month)
                classes.insert(policy_.single_percent_elderly);
            percentage = *classes.rbegin() > 0 ? *classes.rbegin() : policy_.single_person_percent;
        }
        const Fraction own = s * Fraction{percentage, 100};
        if (one.person) switch (may_be_single(household, *person_of(one.person), *standard)) {
                case Admission::yes: break;
                case Admission::no: return refuse(one, false);
                case Admission::unknown: refuse(one, true); return mark(OnDibao::unknown);
            }
        const auto counted = income_of(household, members, bool{one.person}, *standard);
        if (!counted) {
            refuse(one, true);
            return mark(OnDibao::unknown);
        }
        const Fraction income = *counted;
        const bool is_flat = one.person && policy_.single_amount == policy::SingleAmount::flat;
        const Fraction per_head = income / n;
        const bool household_decides = is_flat && policy_.single_household_below_percent > 0;
        if (!(per_head < own) && !household_decides) return refuse(one, false);
        Fraction gap = own - per_head;
        if ((is_urban ? policy_.dibao_urban_mode : policy_.dibao_rural_mode) == policy::DibaoMode::tiers) {
            const auto& tiers = is_urban ? policy_.dibao_urban_tiers : policy_.dibao_rural_tiers;
            const std::size_t given = one.grade;
            if (given > 0 ? given > tiers.amounts.size()
                          : tiers.amounts.empty() || tiers.amounts.size() != tiers.income_below.size() + 1) {
                refuse(one, true);
                return mark(OnDibao::unknown);
            }
            std::size_t below = 0;  // as many tiers lie below this income
            for (const Money bound : tiers.income_below)
                if (!(per_head < Fraction{bound.fen()})) ++below;
            if (given > 0) below = given - 1;
            gap = Fraction{tiers.amounts[below].fen()} * Fraction{percentage, 100};
        } else if (is_flat) {
            gap = own;
        } else {
            gap = std::max(gap, Fraction{policy_.dibao_minimum_per_head.fen()});
            gap = std::max(gap, s * Fraction{policy_.dibao_minimum_percent, 100});
        }
        if (one.person && policy_.single_floor_percent_with_living > 0 &&
            holds(household.no.number(), one.person, {Programme::disability_living})) {
            const int level = person_of(one.person)->disability_level;
            const auto subsidy =
                level == 0 ? std::nullopt : amount_of(living[static_cast<std::size_t>(level) - 1]);
            if (!subsidy) {
                refuse(one, true);
                return mark(OnDibao::unknown);
            }
            gap = std::max(gap, s * Fraction{policy_.single_floor_percent_with_living, 100} - *subsidy);
        }
        const bool is_alone =
            std::count_if(facts_.persons.begin(), facts_.persons.end(), [&](const auto& each) {
                return each.household == household.no && is_alive(each);
            }) == 1;
        std::vector<Fraction> needs;
        for (const auto* member : members)
            needs.push_back(gap + uplift(*member, is_urban, *standard, is_alone));
        std::int64_t total = 0;
        std::vector<std::int64_t> shares;
        if (policy_.dibao_rounding_stage == policy::RoundingStage::person) {
            for (const Fraction& need : needs) shares.push_back(rounded(need, policy_.dibao_rounding));
            total = std::accumulate(shares.begin(), shares.end(), std::int64_t{0});
        } else {
            Fraction sum{0};
            for (const Fraction& need : needs) sum = sum + need;
            total = rounded(sum, policy_.dibao_rounding);
            std::vector<std::pair<Fraction, std::size_t>> rests;
            std::int64_t left = total;
            for (std::size_t i = 0; i < needs.size(); ++i) {
                const Fraction exact = needs[i] / sum * total;
                shares.push_back(static_cast<std::int64_t>(exact.top / exact.bottom));
                rests.emplace_back(exact - shares.back(), i);
                left -= shares.back();
            }
            std::sort(rests.begin(), rests.end(), [](const auto& a, const auto& b) {
                return b.first < a.first || (!(a.first < b.first) && a.second < b.second);
            });
            for (std::size_t i = 0; left > 0; ++i, --left) ++shares[rests[i].second];
        }
        if (total == 0) return refuse(one, false);
        for (std::size_t i = 0; i < members.size(); ++i)
            standings_[members[i]->no] = {OnDibao::yes, *standard, shares[i]};
        if (one.person || policy_.dibao_payee == policy::DibaoPayee::representative)
            return pay(household, one, Component::basic, total);
        for (std::size_t i = 0; i < members.size(); ++i)
            if (shares[i] > 0)
                expected_.awards[{household.no.number(), members[i]->no.number(), one.programme,
                                  Component::basic}] = {shares[i], registry::PayeeKind::person,
                                                        members[i]->no.number()};
    }

    static constexpr std::array living{Standard::disability_living_1, Standard::disability_living_2,
                                       Standard::disability_living_3, Standard::disability_living_4};

    /// Does another active enrolment of the same person or household go before this one?
    bool is_beaten(const registry::Household& household, const Enrolment& one) {
        using enum Programme;
        const auto with = [&](std::initializer_list<Programme> any) {
            return holds(household.no.number(), one.person, any);
        };
        const ProgrammeKind own = kind(one.programme);
        for (const Enrolment& other : facts_.enrolments) {
            if (other.household != household.no || !is_active(other)) continue;
            // The household's dibao is drawn by whoever is counted in it.
            const bool is_drawn =
                other.person == one.person || (!other.person && !leaves(household.no.number(), one.person));
            if (!is_drawn || other.programme == one.programme) continue;
            const ProgrammeKind its = kind(other.programme);
            if (its == own) {
                const bool is_urban = one.programme == dibao_urban || one.programme == tekun_urban;
                if (other.person == one.person && is_urban != (household.area == registry::Area::urban))
                    return true;
            } else if (overlap(own, its) == policy::Overlap::exclusive && goes_before(its, own)) {
                return true;
            }
        }
        if (one.programme != disability_living || !with({unattended_child}) ||
            overlap(ProgrammeKind::unattended, ProgrammeKind::living) != policy::Overlap::by_policy)
            return false;
        return !(is_gap() && standings_[one.person].on != OnDibao::no &&
                 policy_.unattended_gap_allows_living);
    }
    bool is_gap() const {
        return policy_.unattended_on_dibao != policy::UnattendedOnDibao::full_amount &&
               overlap(ProgrammeKind::unattended, ProgrammeKind::dibao) == policy::Overlap::gap;
    }

    /// Drawn elsewhere: nothing, what excludes the programme, or an amount that is not below this one.
    enum class Beside { nothing, excluded, higher };
    Beside elsewhere(const registry::Household& household, const Enrolment& one, std::int64_t own) const {
        Beside found = Beside::nothing;
        for (std::size_t i = 0; i < policy::elsewhere_overlaps.size(); ++i) {
            const auto& row = policy::elsewhere_overlaps[i];
            const auto code = static_cast<std::int16_t>(801 + static_cast<int>(row.elsewhere));
            const auto amount = one.person ? item(household, one.person, code) : std::nullopt;
            if (!amount || row.kind != kind(one.programme)) continue;
            if (policy_.elsewhere[i] == policy::Overlap::exclusive) return Beside::excluded;
            if (policy_.elsewhere[i] == policy::Overlap::higher && *amount >= own) found = Beside::higher;
        }
        return found;
    }

    std::optional<Standard> nursing(const registry::Person& person) const {
        constexpr std::array levels{Standard::disability_nursing_1, Standard::disability_nursing_2,
                                    Standard::disability_nursing_3, Standard::disability_nursing_4};
        const int level = person.disability_level;
        const auto& classes = policy_.nursing_classes;
        const bool is_extended =
            std::find(classes.begin(), classes.end(), person.disability_class) != classes.end();
        if (level == 0 || (level > 2 && !is_extended)) return std::nullopt;
        return levels[static_cast<std::size_t>(level) - 1];
    }

    void subsidy(const registry::Household& household, const Enrolment& one) {
        const auto& person = *person_of(one.person);
        const auto living_of = [&]() -> std::optional<Standard> {
            if (person.disability_level == 0) return std::nullopt;
            return living[static_cast<std::size_t>(person.disability_level) - 1];
        };
        const bool is_living = one.programme == Programme::disability_living;
        const auto which = is_living ? living_of() : nursing(person);
        if (!which || !amount_of(*which)) return refuse(one, true);
        const std::int64_t own = *amount_of(*which);
        if (elsewhere(household, one, own) == Beside::higher) return refuse(one, false);
        const auto other = is_living ? nursing(person) : living_of();
        const Programme its = is_living ? Programme::disability_nursing : Programme::disability_living;
        if (overlap(ProgrammeKind::living, ProgrammeKind::nursing) == policy::Overlap::higher && other &&
            amount_of(*other) && holds(household.no.number(), one.person, {its})) {
            const bool wins_ties = goes_before(kind(one.programme), kind(its));
            if (own < *amount_of(*other) || (own == *amount_of(*other) && !wins_ties))
                return refuse(one, false);
        }
        pay(household, one, Component::basic, own);
    }

    void child_class(const registry::Household& household, const Enrolment& one) {
        if (one.grade > policy_.child_class.size()) return refuse(one, true);
        const auto& own = policy_.child_class[one.grade - 1U];
        if (own.amount) return pay(household, one, Component::basic, own.amount->fen());
        const auto standard = amount_of(Standard::unattended_child);
        if (own.percent == 0 || !standard) return refuse(one, true);
        std::int64_t base = *standard;
        if (own.base == policy::ChildClass::Base::gap) {
            const auto off = amount_of(household.area == registry::Area::urban ? Standard::dibao_urban
                                                                               : Standard::dibao_rural);
            if (!off) return refuse(one, true);
            base -= *off;
        }
        if (base <= 0) return refuse(one, false);
        const auto amount =
            rounded(Fraction{base} * Fraction{own.percent, 100}, policy_.child_class_rounding);
        if (amount == 0) return refuse(one, false);
        pay(household, one, Component::basic, amount);
    }

    void unattended(const registry::Household& household, const Enrolment& one) {
        const Standing standing = standings_[one.person];
        const auto standard = amount_of(Standard::unattended_child);
        if (one.grade > 0) return child_class(household, one);
        if (!is_gap() || standing.on == OnDibao::no)
            return pay_standard(household, one, Component::basic, Standard::unattended_child);
        if (standing.on == OnDibao::unknown || !standard) return refuse(one, true);
        std::int64_t off = standing.standard;
        if (policy_.unattended_on_dibao == policy::UnattendedOnDibao::less_received) {
            off = standing.share;
            if ((policy_.unattended_gap_allows_living ||
                 overlap(ProgrammeKind::unattended, ProgrammeKind::living) == policy::Overlap::together) &&
                holds(household.no.number(), one.person, {Programme::disability_living})) {
                const int level = person_of(one.person)->disability_level;
                const auto subsidy =
                    level == 0 ? std::nullopt : amount_of(living[static_cast<std::size_t>(level) - 1]);
                if (!subsidy) return refuse(one, true);
                off += *subsidy;
            }
        }
        if (*standard <= off) return refuse(one, false);
        pay(household, one, Component::basic, *standard - off);
    }

    void assess_enrolment(const registry::Household& household, const Enrolment& one) {
        using enum Programme;
        const bool is_central = one.setting == registry::Setting::central;
        const bool is_dibao = one.programme == dibao_urban || one.programme == dibao_rural;
        const bool is_wrong = is_contradictory(one);
        if (!is_wrong && !is_active(one)) return refuse(one, false);
        if (is_wrong || is_beaten(household, one) || elsewhere(household, one, 0) == Beside::excluded) {
            refuse(one, true);
            if (is_dibao)
                for (const auto& person : facts_.persons)
                    if (person.household == household.no && standings_[person.no].on == OnDibao::no &&
                        (one.person ? person.no == one.person : !leaves(household.no.number(), person.no)))
                        standings_[person.no].on = OnDibao::unknown;
            return;
        }
        switch (one.programme) {
            case dibao_urban:
            case dibao_rural: return dibao(household, one);
            case tekun_urban:
            case tekun_rural: {
                Standard basic = Standard::tekun_basic_urban;
                if (one.programme == tekun_rural) {
                    basic = Standard::tekun_basic_rural;
                    if (is_central && amount_of(Standard::tekun_basic_rural_central))
                        basic = Standard::tekun_basic_rural_central;
                }
                pay_standard(household, one, Component::basic, basic);
                constexpr std::array care{Standard::tekun_care_self, Standard::tekun_care_half,
                                          Standard::tekun_care_full};
                constexpr std::array central{Standard::tekun_care_central_self,
                                             Standard::tekun_care_central_half,
                                             Standard::tekun_care_central_full};
                if (one.ability == registry::Ability::none_given) return refuse(one, true);
                const std::size_t level = static_cast<std::size_t>(one.ability) - 1;
                const bool is_apart = is_central && amount_of(central[level]).has_value();
                return pay_standard(household, one, Component::care, is_apart ? central[level] : care[level]);
            }
            case price_subsidy:
            case one_off: return refuse(one, true);
            case orphan:
                return pay_standard(household, one, Component::basic,
                                    is_central ? Standard::orphan_central : Standard::orphan_dispersed);
            case unattended_child: return unattended(household, one);
            case disability_living:
            case disability_nursing: return subsidy(household, one);
        }
    }

    void assess_household(const registry::Household& household) {
        standings_.clear();
        for (const Enrolment& one : facts_.enrolments)
            if (one.household == household.no) assess_enrolment(household, one);
        on_top(household);
    }

    /// The price-linked and the one-off payment, person by person.
    void on_top(const registry::Household& household) {
        const auto drawn = expected_.awards;
        const auto& price = policy_.price;
        const bool by_cpi = price.cpi && *price.cpi >= price.cpi_trigger;
        const bool by_food = price.food && *price.food >= price.food_trigger;
        const bool by_scpi = price.scpi && price.scpi_trigger && *price.scpi >= *price.scpi_trigger;
        for (const auto& person : facts_.persons) {
            if (person.household != household.no) continue;
            const bool is_apart = leaves(household.no.number(), person.no);
            for (const bool is_price : {true, false}) {
                if (is_price ? !by_cpi && !by_food && !by_scpi : !policy_.one_off) continue;
                const policy::Covers& covers = is_price ? price.covers : policy_.one_off_covers;
                std::optional<std::pair<std::optional<std::int64_t>, AwardKey>> best;
                for (const auto& [key, award] : drawn) {
                    const auto& [its_household, its_person, programme, component] = key;
                    if (its_household != household.no.number() || component != Component::basic) continue;
                    if (its_person != 0 ? its_person != person.no.number() : is_apart || !is_alive(person))
                        continue;
                    std::optional<std::int64_t> s =
                        amount_of(household.area == registry::Area::urban ? Standard::dibao_urban
                                                                          : Standard::dibao_rural);
                    bool is_covered = false;
                    switch (programme) {
                        case Programme::dibao_urban:
                        case Programme::dibao_rural:
                            is_covered = covers.dibao;
                            s = amount_of(programme == Programme::dibao_urban ? Standard::dibao_urban
                                                                              : Standard::dibao_rural);
                            break;
                        case Programme::tekun_urban:
                        case Programme::tekun_rural: is_covered = covers.tekun; break;
                        case Programme::orphan: is_covered = covers.orphan; break;
                        case Programme::unattended_child: is_covered = covers.unattended_child; break;
                        case Programme::disability_living:
                        case Programme::disability_nursing:
                        case Programme::price_subsidy:
                        case Programme::one_off: break;
                    }
                    if (is_covered && (!best || s.value_or(0) > best->first.value_or(0))) best = {s, key};
                }
                if (!best) continue;
                const Programme programme = is_price ? Programme::price_subsidy : Programme::one_off;
                std::int64_t amount = policy_.one_off.value_or(Money{}).fen();
                if (is_price) {
                    if (!best->first) {
                        expected_.refusals.emplace(household.no.number(), person.no.number(), programme,
                                                   true);
                        continue;
                    }
                    Fraction share{price.cpi.value_or(0), 10'000};
                    if (price.formula == policy::PriceFormula::triggering_index) {
                        std::vector<std::int64_t> rates;
                        if (by_cpi) rates.push_back(*price.cpi);
                        if (by_food) rates.push_back(*price.food);
                        if (by_scpi) rates.push_back(*price.scpi);
                        share = Fraction{*std::max_element(rates.begin(), rates.end()), 10'000};
                    }
                    if (price.formula == policy::PriceFormula::scpi)
                        share = Fraction{price.scpi.value_or(0), 10'000};
                    if (price.formula == policy::PriceFormula::fraction)
                        share =
                            Fraction{1, price.fractions[price.cpi.value_or(0) < price.steep_from ? 0 : 1]};
                    const Fraction exact = share * *best->first;
                    amount = std::max(exact.top < 0 ? 0 : rounded(exact, price.rounding), price.floor.fen());
                    if (amount == 0) {
                        expected_.refusals.emplace(household.no.number(), person.no.number(), programme,
                                                   false);
                        continue;
                    }
                }
                const auto& basis = drawn.at(best->second);
                expected_.awards[{household.no.number(), person.no.number(), programme, Component::basic}] = {
                    amount, std::get<1>(basis), std::get<2>(basis)};
            }
        }
    }

    const registry::Snapshot& facts_;
    const policy::CountyPolicy& policy_;
    std::map<PersonNo, Standing> standings_;
    Expected expected_;
};

// ------------------------------------------------------------------------------------------------- both compared

Expected as_expected(const Assessment& assessment) {
    Expected found;
    for (const Award& award : assessment.awards) {
        const AwardKey key{award.household.number(), award.person.number(), award.programme, award.component};
        found.awards[key] = {award.amount.fen(), award.payee_kind, award.payee};
    }
    for (const Refusal& refusal : assessment.refusals)
        found.refusals.emplace(refusal.household.number(), refusal.person.number(), refusal.programme,
                               refusal.is_error);
    return found;
}

std::string differences(const Expected& expected, const Expected& found) {
    std::string text;
    const auto name = [](const auto& key) {
        return "household " + std::to_string(std::get<0>(key)) + " person " +
               std::to_string(std::get<1>(key)) + " " + std::string{text_of(std::get<2>(key)).code};
    };
    for (const auto& [key, value] : expected.awards) {
        const auto there = found.awards.find(key);
        if (there == found.awards.end() || there->second != value)
            text += name(key) + ": should be " + std::to_string(std::get<0>(value)) + ", is " +
                    (there == found.awards.end() ? "nothing" : std::to_string(std::get<0>(there->second))) +
                    "\n";
    }
    for (const auto& [key, value] : found.awards)
        if (!expected.awards.contains(key))
            text += name(key) + ": " + std::to_string(std::get<0>(value)) + " too many\n";
    for (const auto& key : expected.refusals)
        if (!found.refusals.contains(key)) text += name(key) + ": not refused\n";
    for (const auto& key : found.refusals)
        if (!expected.refusals.contains(key)) text += name(key) + ": refused\n";
    return text;
}

TEST(Entitlement, AgreesWithAnIndependentReferenceOnRandomHouseholdsAndPolicies) {
    constexpr int rounds = 25'000;
    constexpr int households_each = 5;
    std::size_t awards = 0;
    std::map<std::pair<Programme, bool>, int> seen;
    Assessment out;
    for (int round = 0; round < rounds; ++round) {
        Chance chance{static_cast<std::uint64_t>(round)};
        const auto policy = random_policy(chance);
        const auto facts = random_facts(chance, policy, households_each);
        assess(facts, policy, out);
        const Expected expected = Reference{facts, policy}.take();
        const Expected found = as_expected(out);
        ASSERT_EQ(found.awards.size(), out.awards.size()) << "round " << round;
        ASSERT_TRUE(expected == found) << "round " << round << "\n" << differences(expected, found);
        ASSERT_TRUE(std::ranges::is_sorted(out.awards, {},
                                           [](const Award& one) {
                                               return std::tuple{one.household, one.person, one.programme,
                                                                 one.component};
                                           }))
            << "round " << round;
        awards += out.awards.size();
        for (const Award& award : out.awards) {
            ASSERT_GT(award.amount, Money{});
            ++seen[{award.programme, true}];
        }
        for (const Refusal& refusal : out.refusals) ++seen[{refusal.programme, false}];
    }
    EXPECT_GT(awards, 100'000U);
    for (const ProgrammeText& row : programmes)
        for (const bool is_paid : {true, false})
            EXPECT_GT((seen[{row.programme, is_paid}]), row.is_on_top && !is_paid ? -1 : 1'000)
                << row.code << (is_paid ? " paid" : " refused");
}

TEST(Entitlement, EveryAwardIsExplainedWithItsOwnAmount) {
    Assessment out;
    for (int round = 0; round < 300; ++round) {
        Chance chance{static_cast<std::uint64_t>(round)};
        const auto policy = random_policy(chance);
        const auto facts = random_facts(chance, policy, 5);
        assess(facts, policy, out);
        for (const Award& award : out.awards) {
            const auto why = explain(facts, policy, award.programme, award.component, award.beneficiary,
                                     round % 2 == 0 ? Language::english : Language::chinese);
            ASSERT_TRUE(why) << why.error().message();
            ASSERT_EQ(why->amount, award.amount) << "round " << round;
        }
    }
}

}  // namespace
}  // namespace onecard::entitlement
