#include <fmt/core.h>

#include <algorithm>
#include <cstdint>
#include <tuple>
#include <vector>

#include "onecard/registry/csv.hpp"
#include "row_rules.hpp"

namespace onecard::registry {
namespace {

// As in `Register`, but for the whole key of each kind.
auto key_of(const Household& row) { return row.no; }
auto key_of(const Person& row) { return row.no; }
auto key_of(const IncomeItem& row) { return std::tuple{row.household, row.person, row.item}; }
auto key_of(const Enrolment& row) { return std::tuple{row.household, row.person, row.programme}; }
auto key_of(const Account& row) { return std::tuple{row.kind, row.payee}; }
auto key_of(const Institution& row) { return row.no; }

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
void check_kind(FileKind kind, const std::vector<RegisterFiles::In<Row>>& rows, Faults& faults) {
    for (const auto& in : rows)
        check_row(in.row, [&](const RowFault& found) {
            faults.push_back(
                Failure{found.fault, place(kind, in.line, found.column),
                        fmt::format("{}: {} ({})", in.county.text(), found.text, key_text(in.row).text)});
        });

    const auto key = [](const RegisterFiles::In<Row>& in) { return std::tuple{in.county, key_of(in.row)}; };
    const auto before = [&](const auto& a, const auto& b) {
        return std::tuple{key(a), a.row.recorded.months.from} <
               std::tuple{key(b), b.row.recorded.months.from};
    };
    // Files usually come in the order of their keys; only others pay for sorting.
    std::vector<std::uint32_t> order;
    if (!std::ranges::is_sorted(rows, before)) {
        ensure(rows.size() <= UINT32_MAX, "an import of more than four billion rows");
        order.resize(rows.size());
        for (std::uint32_t i = 0; i < order.size(); ++i) order[i] = i;
        std::ranges::sort(order, [&](std::uint32_t a, std::uint32_t b) {
            return before(rows[a], rows[b]) || (!before(rows[b], rows[a]) && a < b);
        });
    }
    // Of the rows with one key so far, the one that holds longest: a later one that begins inside it overlaps.
    const RegisterFiles::In<Row>* longest = nullptr;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const auto& in = rows[order.empty() ? i : order[i]];
        if (longest == nullptr || key(*longest) != key(in)) {
            longest = &in;
            continue;
        }
        if (in.row.recorded.months.from < longest->row.recorded.months.to) {
            const KeyText name = key_text(in.row);
            faults.push_back(Failure{
                Fault::duplicate, place(kind, in.line, name.column),
                fmt::format("{}: {} is there twice for {}; the other row is on line {}", in.county.text(),
                            name.text, in.row.recorded.months.from.text(), longest->line)});
        }
        if (longest->row.recorded.months.to < in.row.recorded.months.to) longest = &in;
    }
}

}  // namespace

void check_together(const RegisterFiles& files, Faults& faults) {
    check_kind(FileKind::households, files.households, faults);
    check_kind(FileKind::persons, files.persons, faults);
    check_kind(FileKind::incomes, files.incomes, faults);
    check_kind(FileKind::enrolments, files.enrolments, faults);
    check_kind(FileKind::accounts, files.accounts, faults);
    check_kind(FileKind::institutions, files.institutions, faults);
}

}  // namespace onecard::registry
