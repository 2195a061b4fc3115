#include "onecard/app/screening_records.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace onecard::app {

const ListText& text_of(ListKind kind) {
    const auto found = std::ranges::find(list_kinds, kind, &ListText::kind);
    ensure(found != list_kinds.end(), "a list of no kind");
    return *found;
}

std::optional<ListKind> list_kind_of(std::string_view code) {
    const auto found = std::ranges::find(list_kinds, code, &ListText::code);
    if (found == list_kinds.end() || found->kind == ListKind::same_person) return std::nullopt;
    return found->kind;
}

std::string ScreeningRule::text() const {
    std::string concerned;
    for (const Programme programme : programmes)
        concerned += (concerned.empty() ? "" : ",") + std::string{onecard::text_of(programme).code};
    return fmt::format("{} {} {}+{} {}", text_of(kind).code, holds ? "holds" : "shows", months_valid,
                       grace_days, concerned.empty() ? "all" : concerned);
}

std::vector<ScreeningRule> default_screening() {
    // DOMAIN 1.8: who draws the work-injury nursing fee draws neither of the two subsidies. D3: a hit holds. D15 and the
    // elder-care allowance (the higher one is chosen): shown to the office, which decides.
    const std::vector<Programme> subsidies{Programme::disability_living, Programme::disability_nursing};
    const std::vector<Programme> means_tested{Programme::dibao_urban, Programme::dibao_rural,
                                              Programme::tekun_urban, Programme::tekun_rural};
    std::vector<ScreeningRule> rules;
    for (const ListText& list : list_kinds) {
        if (list.kind == ListKind::same_person) continue;
        ScreeningRule rule;
        rule.kind = list.kind;
        rule.holds = list.kind != ListKind::officials_relatives && list.kind != ListKind::elder_care;
        if (list.kind == ListKind::work_injury_care) rule.programmes = subsidies;
        if (list.kind == ListKind::elder_care) rule.programmes = {Programme::disability_nursing};
        if (list.kind == ListKind::fiscal_payroll || list.kind == ListKind::vehicles ||
            list.kind == ListKind::houses || list.kind == ListKind::companies)
            rule.programmes = means_tested;
        rules.push_back(std::move(rule));
    }
    return rules;
}

std::string Finding::canonical() const {
    return fmt::format("finding|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}", no, subject, household.number(),
                       person.number(), list_no, line, holds ? "holds" : "shows", payments, total.fen(),
                       evidence);
}

std::string Hold::canonical() const {
    return fmt::format("hold|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}", no, finding_no,
                       onecard::text_of(programme).code, static_cast<int>(component), benefit_month.text(),
                       beneficiary, household.number(), person.number(), static_cast<int>(payee_kind), payee,
                       amount.fen());
}

}  // namespace onecard::app
