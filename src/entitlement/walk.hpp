#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "onecard/registry/facts.hpp"

/// A snapshot household by household, in one pass over its ordered rows.
namespace onecard::entitlement {

/// What a snapshot holds of one household.
struct Rows {
    HouseholdNo no;
    std::span<const registry::Household> households;  ///< one or none
    std::span<const registry::Person> persons;
    std::span<const registry::IncomeItem> incomes;
    std::span<const registry::Enrolment> enrolments;
};

class Walk {
public:
    explicit Walk(const registry::Snapshot& snapshot) : snapshot_{snapshot} {}
    /// Begins at a household.
    Walk(const registry::Snapshot& snapshot, HouseholdNo no)
        : snapshot_{snapshot},
          household_{first(snapshot.households, no, own_number)},
          person_{first(snapshot.persons, no, household_of)},
          income_{first(snapshot.incomes, no, household_of)},
          enrolment_{first(snapshot.enrolments, no, household_of)} {}

    /// The next household that is enrolled in something.
    std::optional<HouseholdNo> next() const {
        if (enrolment_ == snapshot_.enrolments.size()) return std::nullopt;
        return snapshot_.enrolments[enrolment_].household;
    }

    /// Moves behind the household; only to ask for higher numbers afterwards.
    Rows rows(HouseholdNo no) {
        return {.no = no,
                .households = take(snapshot_.households, household_, no, own_number),
                .persons = take(snapshot_.persons, person_, no, household_of),
                .incomes = take(snapshot_.incomes, income_, no, household_of),
                .enrolments = take(snapshot_.enrolments, enrolment_, no, household_of)};
    }

private:
    static constexpr auto own_number = [](const registry::Household& row) { return row.no; };
    static constexpr auto household_of = [](const auto& row) { return row.household; };

    template <class Row, class Number>
    static std::size_t first(const std::vector<Row>& rows, HouseholdNo no, Number number) {
        return static_cast<std::size_t>(std::ranges::lower_bound(rows, no, {}, number) - rows.begin());
    }
    template <class Row, class Number>
    static std::span<const Row> take(const std::vector<Row>& rows, std::size_t& position, HouseholdNo no,
                                     Number number) {
        while (position < rows.size() && number(rows[position]) < no) ++position;
        const std::size_t from = position;
        while (position < rows.size() && number(rows[position]) == no) ++position;
        return std::span{rows}.subspan(from, position - from);
    }

    const registry::Snapshot& snapshot_;
    std::size_t household_ = 0;
    std::size_t person_ = 0;
    std::size_t income_ = 0;
    std::size_t enrolment_ = 0;
};

}  // namespace onecard::entitlement
