#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "onecard/core/calendar.hpp"
#include "onecard/core/identity.hpp"
#include "onecard/core/programme.hpp"
#include "onecard/registry/facts.hpp"

/// One household and everything about it, before it is written.
namespace onecard::loadtest {

inline constexpr std::size_t nobody = 99;  ///< in the place of a member's index

struct Member {
    std::int64_t no = 0;
    std::string name;
    std::string resident_id;
    Sex sex = Sex::female;
    int age = 0;
    Day born;
    Day died;
    Month from;
    int disability_class = 0;
    int disability_level = 0;
    bool seriously_ill = false;
    bool in_school = false;
    bool is_adult() const { return age >= 18; }
    bool is_severely_disabled() const { return disability_level == 1 || disability_level == 2; }
};

struct PlannedIncome {
    std::size_t member;
    int item;
    std::int64_t fen;
    Month from;
    Month to = Month::open_end();
};

struct PlannedEnrolment {
    std::size_t member;  ///< `nobody` for the whole household
    Programme programme;
    Day applied;
    Day confirmed;
    Month from;
    Month to = Month::open_end();
    std::size_t payee = nobody;
    registry::Setting setting = registry::Setting::dispersed;
    registry::Ability ability = registry::Ability::none_given;
    std::int64_t institution = 0;
};

struct PlannedAccount {
    std::size_t member;
    Month from;
    Month to = Month::open_end();
};

struct Case {
    std::int64_t no = 0;
    bool is_urban = false;
    std::int64_t village = 0;
    Month from;
    std::size_t representative = 0;
    std::size_t next_representative = nobody;
    Month next_from;
    std::vector<Member> members;
    std::vector<PlannedIncome> incomes;
    std::vector<PlannedEnrolment> enrolments;
    std::vector<PlannedAccount> accounts;
    int lines = 0;  ///< payment lines in the first month
    void clear() {
        representative = 0;
        next_representative = nobody;
        members.clear();
        incomes.clear();
        enrolments.clear();
        accounts.clear();
        lines = 0;
    }
};

inline Day first_day_of(Month month) {
    const auto day = Day::of(month.year(), month.month(), 1);
    ensure(day.has_value(), "a month without a first day");
    return *day;
}

}  // namespace onecard::loadtest
