#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "household.hpp"
#include "population.hpp"
#include "random.hpp"
#include "register_files.hpp"

namespace onecard::loadtest {

/// The rows of one county.
class RegisterRows {
public:
    /// `place`: of the county among those of the wish.
    RegisterRows(const PopulationWish& wish, std::size_t place, RegisterFiles& files, Random& random);
    void write(const Case& written);
    void write_institution(std::int64_t no);

private:
    std::string& begin(registry::FileKind kind) { return files_.of(kind).append(county_text_); }
    void write_household(const Case& of, std::size_t representative, Month from, Month to);
    void write_person(const Case& of, const Member& member, bool with_death, Month from, Month to);
    void write_income(const Case& of, const PlannedIncome& income);
    void write_enrolment(const Case& of, const PlannedEnrolment& enrolment);
    void write_account(std::string_view kind, std::int64_t payee, std::string_view holder, bool is_passbook,
                       Month from, Month to);

    const PopulationWish& wish_;
    std::int64_t place_;
    RegisterFiles& files_;
    Random& random_;
    std::string county_text_;
    std::int64_t banks_;
    std::int64_t accounts_ = 0;
};

}  // namespace onecard::loadtest
