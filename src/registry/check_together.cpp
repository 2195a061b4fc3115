#include <fmt/core.h>

#include <algorithm>
#include <cstdint>
#include <functional>
#include <tuple>
#include <utility>
#include <vector>

#include "onecard/registry/together.hpp"
#include "row_rules.hpp"

namespace onecard::registry {
namespace {

// As in `Register`, but for the whole key of each kind.
using Key = std::array<std::int64_t, 3>;
Key key_of(const Household& row) { return {row.no.number()}; }
Key key_of(const Person& row) { return {row.no.number()}; }
Key key_of(const IncomeItem& row) { return {row.household.number(), row.person.number(), row.item}; }
Key key_of(const Enrolment& row) {
    return {row.household.number(), row.person.number(), static_cast<std::int64_t>(row.programme)};
}
Key key_of(const Account& row) { return {static_cast<std::int64_t>(row.kind), row.payee}; }
Key key_of(const Institution& row) { return {row.no.number()}; }

/// What faults call the key, and the column that they point at.
struct KeyText {
    std::string_view column;
    std::string text;
};
KeyText key_text(const Household& row) {
    return {"household_no", fmt::format("household {}", row.no.number())};
}
KeyText key_text(const Person& row) { return {"person_no", fmt::format("person {}", row.no.number())}; }
KeyText key_text(const IncomeItem& row) {
    return {"item", fmt::format("household {}, person {}, item {}", row.household.number(),
                                row.person.number(), row.item)};
}
KeyText key_text(const Enrolment& row) {
    return {"programme", fmt::format("household {}, person {}, {}", row.household.number(),
                                     row.person.number(), text_of(row.programme).code)};
}
KeyText key_text(const Account& row) {
    return {"payee_no",
            fmt::format("{} {}", row.kind == PayeeKind::person ? "person" : "institution", row.payee)};
}
KeyText key_text(const Institution& row) {
    return {"institution_no", fmt::format("institution {}", row.no.number())};
}

std::string place(FileKind kind, std::int64_t line, std::string_view column) {
    return fmt::format("{}:{}:{}", file_name_of(kind), line, column);
}

template <class Row>
using Rows = std::vector<RegisterFiles::In<Row>>;

/// Whether rows with one key stand together, the ones that begin earlier first: files usually come in the order of
/// their keys, county by county, in whatever order of the counties.
template <class Row>
bool is_grouped(const Rows<Row>& rows) {
    std::vector<County> counties;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const auto& in = rows[i];
        if (i == 0 || rows[i - 1].county != in.county) {
            counties.push_back(in.county);
            continue;
        }
        const auto& before = rows[i - 1].row;
        const Key key = key_of(in.row);
        const Key key_before = key_of(before);
        if (key < key_before ||
            (key == key_before && in.row.recorded.months.from < before.recorded.months.from))
            return false;
    }
    std::ranges::sort(counties);
    return std::ranges::adjacent_find(counties) == counties.end();
}

template <class Row>
void check_kind(FileKind kind, const Rows<Row>& rows, const std::function<void(TogetherFault)>& on_fault) {
    const auto report = [&](const RegisterFiles::In<Row>& in, Fault fault, std::string_view column,
                            std::string text) {
        on_fault({kind, in.county, key_of(in.row), in.row.recorded.months.from, in.line,
                  Failure{fault, place(kind, in.line, column), std::move(text)}});
    };
    for (const auto& in : rows)
        check_row(in.row, [&](const RowFault& found) {
            report(in, found.fault, found.column,
                   fmt::format("{}: {} ({})", in.county.text(), found.text, key_text(in.row).text));
        });

    const auto place_of = [](const RegisterFiles::In<Row>& in) {
        return std::tuple{in.county, key_of(in.row)};
    };
    // Only files in another order pay for sorting.
    std::vector<std::uint32_t> order;
    if (!is_grouped(rows)) {
        ensure(rows.size() <= UINT32_MAX, "an import of more than four billion rows");
        order.resize(rows.size());
        for (std::uint32_t i = 0; i < order.size(); ++i) order[i] = i;
        const auto rank = [&](std::uint32_t i) {
            return std::tuple{rows[i].county, key_of(rows[i].row), rows[i].row.recorded.months.from, i};
        };
        std::ranges::sort(order, {}, rank);
    }
    // Of the rows with one key so far, the one that holds longest: a later one that begins inside it overlaps.
    const RegisterFiles::In<Row>* longest = nullptr;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const auto& in = rows[order.empty() ? i : order[i]];
        if (longest == nullptr || place_of(*longest) != place_of(in)) {
            longest = &in;
            continue;
        }
        if (in.row.recorded.months.from < longest->row.recorded.months.to) {
            const KeyText name = key_text(in.row);
            report(in, Fault::duplicate, name.column,
                   fmt::format("{}: {} is there twice for {}; the other row is on line {}", in.county.text(),
                               name.text, in.row.recorded.months.from.text(), longest->line));
        }
        if (longest->row.recorded.months.to < in.row.recorded.months.to) longest = &in;
    }
}

}  // namespace

void check_together(const RegisterFiles& files, const std::function<void(TogetherFault)>& on_fault) {
    check_kind(FileKind::households, files.households, on_fault);
    check_kind(FileKind::persons, files.persons, on_fault);
    check_kind(FileKind::incomes, files.incomes, on_fault);
    check_kind(FileKind::enrolments, files.enrolments, on_fault);
    check_kind(FileKind::accounts, files.accounts, on_fault);
    check_kind(FileKind::institutions, files.institutions, on_fault);
}

void check_together(const RegisterFiles& files, Faults& faults) {
    std::vector<TogetherFault> found;
    check_together(files, [&](TogetherFault fault) { found.push_back(std::move(fault)); });
    std::ranges::sort(found, std::less{});
    for (TogetherFault& fault : found) faults.push_back(std::move(fault.failure));
}

}  // namespace onecard::registry
