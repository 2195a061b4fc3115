#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "onecard/entitlement/assess.hpp"

/// What a past month should have given against what was awarded for it (追补与追缴, DOMAIN 1.9).
namespace onecard::entitlement {

/// One obligation of a month: awarded so far, and what today's facts and policies give for it. They differ.
struct Difference {
    Programme programme = Programme::dibao_rural;
    Component component = Component::basic;
    Month benefit_month;
    std::int64_t beneficiary = 0;  ///< as in Award
    HouseholdNo household;
    PersonNo person;
    Money awarded;
    Money due;
    /// Positive: arrears. Negative: paid too much, a receivable, never a line in a bank file.
    Money amount() const { return due - awarded; }
    friend bool operator==(const Difference&, const Difference&) = default;
};

/// Every obligation of one month whose amounts differ, ordered by (household, person, programme, component). The same
/// awards in any order give the same differences. An obligation that stands twice in `awarded` counts with its sum.
std::vector<Difference> differences(std::span<const Award> awarded, std::span<const Award> due);

/// One side of a comparison.
struct View {
    const registry::Snapshot& facts;
    const policy::CountyPolicy& policy;
    History* history = nullptr;
};
/// The first step in which the two computations of one obligation part, then and now, in one language. Where one of
/// them comes to nothing, its reason.
std::string first_difference(const View& then, const View& now, const Difference& difference,
                             Language language);

}  // namespace onecard::entitlement
