#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "onecard/core/calendar.hpp"
#include "onecard/core/ids.hpp"
#include "onecard/core/result.hpp"
#include "onecard/registry/csv.hpp"

/// A synthetic register: the size, mix and life of real ones (DOMAIN.md section 2), and nobody in it who exists.
/// Resident numbers lie in the unassigned areas 99xxxx, card numbers in test ranges.
namespace onecard::loadtest {

struct PopulationWish {
    std::vector<County> counties;
    std::int64_t payment_lines =
        30'000;  ///< wanted total of payment lines in `first_month`, over all counties, about
    std::uint64_t seed = 1;
    int banks_per_county = 3;             ///< at most as many as there are codes
    std::vector<std::string> bank_codes;  ///< 12 digits each; a county takes the next ones in turn
    Month first_month;
    /// In each of them about 2 % of the enrolments change against the month before: new households, exits, incomes,
    /// deaths and births, representatives and accounts. All of it is known from the start, as dated facts.
    std::vector<Month> months_with_changes;
};

struct GeneratedCounts {
    std::int64_t households = 0;  ///< cases; a household that changes has several rows
    std::int64_t persons = 0;
    std::int64_t payment_lines = 0;  ///< expected in `first_month` at the standards of Laoshan, 2021
    std::int64_t changes = 0;        ///< cases that change in one of `months_with_changes`
};

/// The six files as CSV text in pieces; of each kind the header comes first. The same wish gives the same bytes,
/// whatever the machine; a county's bytes depend on nothing but the seed, its code, its place and its share of the
/// lines. Memory is constant. BrokenInvariant for a wish without county, bank code or first month.
GeneratedCounts generate(
    const PopulationWish& wish,
    const std::function<void(registry::FileKind kind, std::string_view csv_bytes)>& sink);

/// Writes households.csv … institutions.csv into `folder`, made if need be; what was there is replaced.
/// Errors: missing for a wish without county, bank code or first month, or a file that cannot be written.
Result<GeneratedCounts> write_population(const PopulationWish& wish, const std::filesystem::path& folder);

}  // namespace onecard::loadtest
