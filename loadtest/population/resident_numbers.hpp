#pragma once

#include <cstdint>
#include <vector>

#include "household.hpp"

namespace onecard::loadtest {

/// Gives the people of one county their numbers: each is unique there, and nobody's elsewhere.
class ResidentNumbers {
public:
    /// `place`: of the county among those that are made.
    explicit ResidentNumbers(std::int64_t place);
    /// Sets the day of birth, or one before it when that is full, and the resident number.
    void be_born(Member& member, Day born);

private:
    static constexpr std::int64_t days_of_birth_max = 366 * 160;
    std::int64_t area_;
    std::vector<std::uint16_t> born_on_;  ///< how many, by day of birth and sex
};

}  // namespace onecard::loadtest
