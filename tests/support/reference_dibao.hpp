#pragma once

#include <numeric>
#include <utility>

#include "support/reference_standing.hpp"

/// The independent reference: dibao with its tiers, uplifts, single persons, deductions, maintenance and grace.
namespace onecard::entitlement {

class ReferenceDibao : protected ReferenceStanding {
protected:
    ReferenceDibao(const registry::Snapshot& facts, const policy::CountyPolicy& policy, const Expected& last)
        : ReferenceStanding{facts, policy}, last_month_{last} {}

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
            if (item.item >= 701 && item.item <= 709) {
                // (supporter household's income − S × members) × 50 % / dependants.
                if (item.supporter_members == 0 || item.dependants == 0) return std::nullopt;
                const Fraction kept = Fraction{standard} * Fraction{policy_.maintenance_line_percent, 100} *
                                      item.supporter_members;
                const Fraction over = std::max(Fraction{0}, Fraction{item.monthly.fen()} - kept);
                income = income + over * Fraction{policy_.maintenance_percent, 100} / item.dependants;
                continue;
            }
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

    /// Who drew the programme last month, or was in grace, goes on to be paid the last amount while the income lies
    /// strictly between the standard and its multiple, for as many months as the reason of the rise gives.
    bool grace(const registry::Household& household, const Enrolment& one,
               const std::vector<const registry::Person*>& members, Fraction own, Fraction per_head,
               std::int64_t standard) {
        if (!(own < per_head) || !(per_head < own * Fraction{policy_.grace_below_percent, 100})) return false;
        const auto reason = static_cast<std::size_t>(one.grace_reason);
        const int lasts = policy_.grace_months_by_reason[reason].value_or(policy_.grace_months);
        bool is_paid = false;
        for (const auto& [key, last] : last_month_.awards) {
            const auto& [its_household, its_person, programme, component] = key;
            if (its_household != household.no.number() || programme != one.programme) continue;
            const bool is_counted = std::any_of(members.begin(), members.end(), [&](const auto* member) {
                return member->no.number() == its_person;
            });
            if (one.person ? its_person != one.person.number() : its_person != 0 && !is_counted) continue;
            const int month = last.grace_month + 1;
            if (month > lasts) continue;
            const std::int64_t base = last.grace_month > 0 ? last.last_amount : last.fen;
            std::int64_t share = 100;
            if (!policy_.grace_schedule.empty())
                share = policy_.grace_schedule[std::min(policy_.grace_schedule.size(),
                                                        static_cast<std::size_t>(month)) -
                                               1];
            const std::int64_t fen = rounded(Fraction{base} * Fraction{share, 100}, policy_.dibao_rounding);
            if (fen == 0) continue;
            is_paid = true;
            const AwardKey its{household.no.number(), its_person, one.programme, Component::basic};
            if (its_person != 0 && !one.person)
                expected_.awards[its] = {fen, registry::PayeeKind::person, its_person};
            else if (!pay(household, one, Component::basic, fen))
                continue;
            expected_.awards[its].grace_month = month;
            expected_.awards[its].last_amount = base;
        }
        if (!is_paid) return false;
        const bool is_share_asked = policy_.unattended_on_dibao == policy::UnattendedOnDibao::less_received;
        for (const auto* member : members)
            standings_[member->no] = {is_share_asked ? OnDibao::unknown : OnDibao::yes, standard, 0};
        return true;
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
        if (!(per_head < own) && !household_decides) {
            if (!grace(household, one, members, own, per_head, *standard)) refuse(one, false);
            return;
        }
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
        if (one.person || policy_.dibao_payee == policy::DibaoPayee::representative) {
            pay(household, one, Component::basic, total);
            return;
        }
        for (std::size_t i = 0; i < members.size(); ++i)
            if (shares[i] > 0)
                expected_.awards[{household.no.number(), members[i]->no.number(), one.programme,
                                  Component::basic}] = {shares[i], registry::PayeeKind::person,
                                                        members[i]->no.number()};
    }

    const Expected& last_month_;
};

}  // namespace onecard::entitlement
