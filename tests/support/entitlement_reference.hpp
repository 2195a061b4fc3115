#pragma once

#include "support/reference_dibao.hpp"

/// The engine's independent reference: slow, by maps, with fractions of its own.
namespace onecard::entitlement {

class Reference : private ReferenceDibao {
public:
    /// `last_month` is what the reference gave for the month before; grace goes on from it.
    Reference(const registry::Snapshot& facts, const policy::CountyPolicy& policy,
              const Expected& last_month = {})
        : ReferenceDibao{facts, policy, last_month} {
        for (const auto& household : facts.households) assess_household(household);
    }
    Expected take() { return std::move(expected_); }

private:
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
        if (own.amount) {
            pay(household, one, Component::basic, own.amount->fen());
            return;
        }
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
                const auto pocket =
                    is_central ? amount_of(Standard::tekun_pocket_money) : std::optional<std::int64_t>{};
                const auto whole = amount_of(basic);
                if (!pocket || !policy_.pocket_money_within_basic || !whole)
                    pay_standard(household, one, Component::basic, basic);
                else if (*whole <= *pocket)
                    refuse(one, true);
                else
                    pay(household, one, Component::basic, *whole - *pocket);
                if (pocket)
                    expected_.awards[{household.no.number(), one.person.number(), one.programme,
                                      Component::pocket}] = {*pocket, registry::PayeeKind::person,
                                                             one.person.number()};
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
            case low_margin: return low_margin_household(household, one);
            case orphan:
                return pay_standard(household, one, Component::basic,
                                    is_central ? Standard::orphan_central : Standard::orphan_dispersed);
            case unattended_child: return unattended(household, one);
            case disability_living:
            case disability_nursing: return subsidy(household, one);
        }
    }

    /// Owed nothing; who is paid on top by it is found here. The row is kept apart from what is owed.
    void low_margin_household(const registry::Household& household, const Enrolment& one) {
        const bool is_price = price_is_triggered() && policy_.price.covers.low_margin;
        const bool is_one_off = (policy_.one_off && policy_.one_off_covers.low_margin) ||
                                policy_.one_off_amounts.low_margin.has_value();
        if ((is_price || is_one_off) && pay(household, one, Component::basic, 0)) {
            const AwardKey key{household.no.number(), one.person.number(), one.programme, Component::basic};
            low_margin_[key] = expected_.awards[key];
            expected_.awards.erase(key);
        }
    }

    bool price_is_triggered() const {
        const auto& price = policy_.price;
        return (price.cpi && *price.cpi >= price.cpi_trigger) ||
               (price.food && *price.food >= price.food_trigger) ||
               (price.scpi && price.scpi_trigger && *price.scpi >= *price.scpi_trigger);
    }

    void assess_household(const registry::Household& household) {
        standings_.clear();
        low_margin_.clear();
        for (const Enrolment& one : facts_.enrolments)
            if (one.household == household.no) assess_enrolment(household, one);
        on_top(household);
    }

    /// The price-linked and the one-off payment, person by person.
    void on_top(const registry::Household& household) {
        const auto owed = expected_.awards;
        auto drawn = owed;
        drawn.insert(low_margin_.begin(), low_margin_.end());
        const auto& price = policy_.price;
        const bool by_cpi = price.cpi && *price.cpi >= price.cpi_trigger;
        const bool by_food = price.food && *price.food >= price.food_trigger;
        const bool by_scpi = price.scpi && price.scpi_trigger && *price.scpi >= *price.scpi_trigger;
        for (const auto& person : facts_.persons) {
            if (person.household != household.no) continue;
            const bool is_apart = leaves(household.no.number(), person.no);
            for (const bool is_price : {true, false}) {
                if (is_price && !by_cpi && !by_food && !by_scpi) continue;
                policy::Covers covers = is_price ? price.covers : policy_.one_off_covers;
                if (!is_price && !policy_.one_off) covers = {false, false, false, false, false, false, false};
                const policy::OneOffAmounts own =
                    is_price ? policy::OneOffAmounts{} : policy_.one_off_amounts;
                struct Best {
                    std::optional<std::int64_t> standard;
                    AwardKey key;
                    std::int64_t flat;
                };
                std::optional<Best> best;
                // Who draws something is paid by it; by being low-margin only if that is more.
                std::vector<AwardKey> ways;
                for (const auto* part : {&owed, &std::as_const(low_margin_)})
                    for (const auto& [key, award] : *part) ways.push_back(key);
                for (const AwardKey& key : ways) {
                    const auto& [its_household, its_person, programme, component] = key;
                    if (its_household != household.no.number() || component != Component::basic) continue;
                    if (its_person != 0 ? its_person != person.no.number() : is_apart || !is_alive(person))
                        continue;
                    std::optional<std::int64_t> s =
                        amount_of(household.area == registry::Area::urban ? Standard::dibao_urban
                                                                          : Standard::dibao_rural);
                    bool is_covered = false;
                    std::optional<Money> own_amount;
                    switch (programme) {
                        case Programme::dibao_urban:
                        case Programme::dibao_rural:
                            is_covered = covers.dibao;
                            own_amount = own.dibao;
                            s = amount_of(programme == Programme::dibao_urban ? Standard::dibao_urban
                                                                              : Standard::dibao_rural);
                            break;
                        case Programme::tekun_urban:
                        case Programme::tekun_rural:
                            is_covered = covers.tekun;
                            own_amount = own.tekun;
                            break;
                        case Programme::orphan:
                            is_covered = covers.orphan;
                            own_amount = own.orphan;
                            break;
                        case Programme::unattended_child:
                            is_covered = covers.unattended_child;
                            own_amount = own.unattended_child;
                            break;
                        case Programme::low_margin:
                            is_covered = covers.low_margin;
                            own_amount = own.low_margin;
                            break;
                        case Programme::disability_living:
                            is_covered = !is_price && covers.living;
                            own_amount = own.living;
                            break;
                        case Programme::disability_nursing:
                            is_covered = !is_price && covers.nursing;
                            own_amount = own.nursing;
                            break;
                        case Programme::price_subsidy:
                        case Programme::one_off: break;
                    }
                    if (!is_covered && !own_amount) continue;
                    const std::int64_t flat =
                        is_price ? 0 : own_amount.value_or(policy_.one_off.value_or(Money{})).fen();
                    if (!best || flat > best->flat ||
                        (flat == best->flat && s.value_or(0) > best->standard.value_or(0)))
                        best = Best{s, key, flat};
                }
                if (!best) continue;
                const Programme programme = is_price ? Programme::price_subsidy : Programme::one_off;
                std::int64_t amount = best->flat;
                if (is_price) {
                    if (!best->standard) {
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
                    const Fraction exact = share * *best->standard;
                    amount = std::max(exact.top < 0 ? 0 : rounded(exact, price.rounding), price.floor.fen());
                    if (amount == 0) {
                        expected_.refusals.emplace(household.no.number(), person.no.number(), programme,
                                                   false);
                        continue;
                    }
                }
                const auto& basis = drawn.at(best->key);
                expected_.awards[{household.no.number(), person.no.number(), programme, Component::basic}] = {
                    amount, basis.payee_kind, basis.payee};
            }
        }
    }

    std::map<AwardKey, Owed> low_margin_;
};

}  // namespace onecard::entitlement
