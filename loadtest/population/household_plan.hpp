#pragma once

#include <cstdint>
#include <string_view>

#include "household.hpp"
#include "population.hpp"
#include "random.hpp"
#include "resident_numbers.hpp"

namespace onecard::loadtest {

/// The households of one county, one after the other.
class HouseholdPlan {
public:
    /// `place`: of the county among those of the wish; `institutions`: how many it has.
    HouseholdPlan(const PopulationWish& wish, std::size_t place, std::int64_t institutions, Random& random,
                  GeneratedCounts& counts);
    /// Good until the next call.
    const Case& next();

private:
    // What the household is: weights from the national numbers of persons and households (DOMAIN.md section 2).
    enum class Kind : std::uint8_t { dibao, tekun, nursing, orphan, unattended_child };
    // Life between two months.
    enum class Change : std::uint8_t { none, begins, ends, earns, dies, is_born, is_led_by };

    void plan_dibao();
    void plan_tekun();
    void plan_nursing();
    void plan_child(Programme programme);

    // What they are made of.
    void apply(int months_ago);
    void plan_family(std::size_t size);
    Member& add_member(int age, Sex sex, std::string_view family = {});
    Sex any_sex() { return random_.chance(5'000) ? Sex::male : Sex::female; }
    void disable(Member& member);
    std::int64_t income_per_head();
    /// `admitted` alone (单人保) earns little; the others, or the household as a whole, earn the rest.
    void plan_incomes(std::int64_t per_head, std::size_t admitted = nobody);
    void add_income(std::size_t member, int item, std::int64_t fen);
    void need_account(std::size_t member, Month from);
    /// Who is paid for this member: themself, or the representative for minors and some who cannot act.
    std::size_t payee_of(std::size_t member);
    /// A disability subsidy begins with the month of application.
    void enrol_disabled(std::size_t member, Programme programme);

    // What changes (household_changes.cpp).
    void draw_change();
    void apply_change(Kind kind);
    void end_all();
    void change_incomes();
    void let_die();
    void lead(std::size_t next);
    void add_baby();
    void change_representative();
    void change_account();

    const PopulationWish& wish_;
    County county_;
    std::int64_t institutions_;
    Random& random_;
    GeneratedCounts& counts_;
    Day today_;
    ResidentNumbers numbers_;
    std::int64_t households_ = 0;
    std::int64_t persons_ = 0;

    Case case_;  // of the case at hand, like all below
    Change change_ = Change::none;
    Month change_month_;
    Day applied_;
    Day confirmed_;
    bool is_over_standard_ = false;
};

}  // namespace onecard::loadtest
