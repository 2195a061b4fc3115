#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <tuple>
#include <utility>

#include "onecard/core/result.hpp"
#include "onecard/registry/facts.hpp"

namespace onecard::registry {
namespace {

auto key_of(const Household& row) { return row.no; }
auto key_of(const IncomeItem& row) { return std::tuple{row.household, row.person, row.item}; }
auto key_of(const Enrolment& row) { return std::tuple{row.household, row.person, row.programme}; }
// Not the whole key: a person who moves has rows in two households. `drop_moved` settles that.
auto key_of(const Person& row) { return std::pair{row.household, row.no}; }

template <class Row>
auto order_of(const Row& row) {
    return std::tuple{key_of(row), row.recorded.import, row.recorded.months.from, row.recorded.months.to};
}

template <class Row>
void sort_rows(std::vector<Row>& rows) {
    const auto before = [](const Row& a, const Row& b) { return order_of(a) < order_of(b); };
    if (!std::ranges::is_sorted(rows, before)) std::ranges::sort(rows, before);
}

/// Calls `emit` with the row that counts for each key that has one, be it absent or not, in one pass.
template <class Row, class Emit>
void paint(const std::vector<Row>& rows, Month month, ImportNo known_at, Emit&& emit) {
    for (std::size_t i = 0; i < rows.size();) {
        const auto key = key_of(rows[i]);
        const Row* top = nullptr;
        for (; i < rows.size() && key_of(rows[i]) == key; ++i) {
            const Recorded& recorded = rows[i].recorded;
            if (recorded.import <= known_at && recorded.months.contains(month)) {
                ensure(top == nullptr || top->recorded.import <= recorded.import,
                       "a register is not in order");
                top = &rows[i];
            }
        }
        ensure(i == rows.size() || key < key_of(rows[i]), "a register is not in order");
        if (top != nullptr) emit(*top);
    }
}

template <class Row>
void paint_into(const std::vector<Row>& rows, Month month, ImportNo known_at, std::vector<Row>& out) {
    out.clear();
    paint(rows, month, known_at, [&out](const Row& row) {
        if (!row.recorded.absent) out.push_back(row);
    });
}

/// Sorts by person number with the fewest passes of eleven bits: a county's numbers span two of them, where comparing
/// would cost twenty.
void sort_by_person(std::vector<Snapshot::Claim>& claims, std::vector<Snapshot::Claim>& spare) {
    const auto [low, high] = std::ranges::minmax(claims, {}, &Snapshot::Claim::person);
    const auto base = static_cast<std::uint64_t>(low.person.number());
    const auto span = static_cast<std::uint64_t>(high.person.number()) - base;
    constexpr int bits = 11;
    spare.resize(claims.size());
    const int width = static_cast<int>(std::bit_width(span));
    for (int shift = 0; shift < width; shift += bits) {
        std::array<std::size_t, 1U << bits> start{};
        const auto digit = [&](const Snapshot::Claim& claim) {
            return ((static_cast<std::uint64_t>(claim.person.number()) - base) >> shift) & (start.size() - 1);
        };
        for (const Snapshot::Claim& claim : claims) ++start[digit(claim)];
        std::size_t sum = 0;
        for (std::size_t& place : start) sum += std::exchange(place, sum);
        for (const Snapshot::Claim& claim : claims) spare[start[digit(claim)]++] = claim;
        claims.swap(spare);
    }
}

/// A person is in one household at a time: where rows of several claim the same month, the newest import is right,
/// and of one import the row that stands later.
void paint_persons(const std::vector<Person>& rows, Month month, ImportNo known_at, Snapshot& out) {
    auto& persons = out.persons;
    auto& claims = out.claims;
    persons.clear();
    claims.clear();
    bool is_ascending = true;
    paint(rows, month, known_at, [&](const Person& row) {
        is_ascending = is_ascending && (persons.empty() || persons.back().no < row.no);
        persons.push_back(row);
    });
    if (!is_ascending) {
        claims.reserve(persons.size());
        for (std::size_t i = 0; i < persons.size(); ++i) claims.push_back({persons[i].no, i});
        sort_by_person(claims, out.spare_claims);
        // Losers become absent, and go with the other absent ones below. The sort is stable: later places come later.
        for (std::size_t i = 0; i + 1 < claims.size(); ++i) {
            if (claims[i].person != claims[i + 1].person) continue;
            Recorded& earlier = persons[claims[i].place].recorded;
            Recorded& later = persons[claims[i + 1].place].recorded;
            if (later.import >= earlier.import) {
                earlier.absent = true;
            } else {
                later.absent = true;
                claims[i + 1].place = claims[i].place;  // the best so far meets the next one
            }
        }
    }
    std::erase_if(persons, [](const Person& row) { return row.recorded.absent; });
}

}  // namespace

void Register::put_in_order() {
    sort_rows(households);
    sort_rows(persons);
    sort_rows(incomes);
    sort_rows(enrolments);
}

void take_snapshot(const Register& all, Month month, ImportNo known_at, Snapshot& snapshot) {
    snapshot.county = all.county;
    snapshot.month = month;
    snapshot.known_at = known_at;
    paint_into(all.households, month, known_at, snapshot.households);
    paint_persons(all.persons, month, known_at, snapshot);
    paint_into(all.incomes, month, known_at, snapshot.incomes);
    paint_into(all.enrolments, month, known_at, snapshot.enrolments);
}

}  // namespace onecard::registry
