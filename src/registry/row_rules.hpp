#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <tuple>

#include "onecard/core/result.hpp"
#include "onecard/registry/facts.hpp"
#include "onecard/registry/income_items.hpp"

/// The rules inside one row. The decoder and `check_together` share them.
namespace onecard::registry {

struct RowFault {
    Fault fault;
    std::string_view column;
    std::string_view other;  ///< the other column that the rule looks at; empty when there is none
    std::string_view text;
};

inline bool is_tekun(Programme programme) { return text_of(programme).kind == ProgrammeKind::tekun; }

/// Calls `report(RowFault)` for every rule that the row breaks.
template <class Report>
void check_row(const Recorded& recorded, Report&& report) {
    if (recorded.months.to <= recorded.months.from)
        report(RowFault{Fault::out_of_range, "valid_to", "valid_from", "ends before it begins"});
}

template <class Report>
void check_row(const Household& row, Report&& report) {
    check_row(row.recorded, report);
    if (row.recorded.absent) return;
    if (!row.representative)
        report(RowFault{
            Fault::missing, "representative", {}, "a household needs a representative, who is paid"});
}

template <class Report>
void check_row(const Person& row, Report&& report) {
    check_row(row.recorded, report);
    if ((row.disability_class == 0) != (row.disability_level == 0))
        report(RowFault{Fault::conflict, "disability_level", "disability_class",
                        "class and level of a disability are given together or not at all"});
    if (row.disability_class > 7)
        report(RowFault{Fault::out_of_range, "disability_class", {}, "the class of a disability is 1 to 7"});
    if (row.disability_level > 4)
        report(RowFault{Fault::out_of_range, "disability_level", {}, "the level of a disability is 1 to 4"});
    if (row.is_deceased() && row.died < row.born)
        report(RowFault{Fault::conflict, "died_on", "resident_id", "died before being born"});
}

template <class Report>
void check_row(const IncomeItem& row, Report&& report) {
    check_row(row.recorded, report);
    if (row.monthly.is_negative())
        report(
            RowFault{Fault::out_of_range, "monthly", {}, "a net income below zero counts as zero: write 0"});
    if (row.item >= first_elsewhere_item && row.item < income_items.back().code && !row.person &&
        income_item_of(row.item) == nullptr)
        report(RowFault{Fault::missing, "person_no", "item", "what another office pays is paid to a person"});
    const bool is_supporter = is_supporter_item(row.item);
    for (const auto& [column, count, most] :
         {std::tuple{"supporter_members", int{row.supporter_members}, supporter_members_max},
          std::tuple{"dependants", int{row.dependants}, dependants_max}}) {
        if (is_supporter && count == 0 && !row.recorded.absent)
            report(RowFault{Fault::missing, column, "item",
                            "the household of a legal supporter needs its members and its dependants"});
        if (!is_supporter && count != 0)
            report(RowFault{Fault::conflict, column, "item",
                            "only the household of a legal supporter (701 to 709) has it"});
        if (count > most) report(RowFault{Fault::out_of_range, column, "item", "is more than may be"});
    }
}

template <class Report>
void check_row(const Enrolment& row, Report&& report) {
    check_row(row.recorded, report);
    if (text_of(row.programme).subject == Subject::person && !row.person)
        report(RowFault{Fault::missing, "person_no", "programme", "this programme is for a person"});
    if (row.recorded.absent) return;
    if (row.confirmed < row.applied)
        report(
            RowFault{Fault::conflict, "confirmed_on", "applied_on", "confirmed before it was applied for"});
    if (is_tekun(row.programme) && row.ability == Ability::none_given)
        report(RowFault{Fault::missing, "ability", "programme",
                        "the care of a tekun person depends on the ability (self, "
                        "half, full)"});
    if (!is_tekun(row.programme) && row.ability != Ability::none_given)
        report(RowFault{Fault::conflict, "ability", "programme",
                        "only tekun knows the ability to care for oneself"});
    if (row.setting == Setting::central) {
        if (!text_of(row.programme).may_be_central)
            report(RowFault{Fault::conflict, "setting", "programme",
                            "only tekun persons and children live in an institution (central)"});
        if (!row.institution)
            report(RowFault{Fault::missing, "institution_no", "setting",
                            "a central enrolment needs the institution that is paid"});
        if (row.payee)
            report(RowFault{Fault::conflict, "payee_no", "setting",
                            "a central enrolment is paid to the institution, not to a person"});
    } else if (row.institution && !is_tekun(row.programme)) {
        report(RowFault{Fault::conflict, "institution_no", "setting",
                        "a dispersed enrolment has no institution"});
    }
    const ProgrammeKind kind = text_of(row.programme).kind;
    if (row.grade != 0 && kind != ProgrammeKind::dibao && kind != ProgrammeKind::unattended)
        report(RowFault{Fault::conflict, "grade", "programme",
                        "only dibao (tiers) and unattended children (classes) are graded"});
    if (row.grace_reason != GraceReason::none_given && kind != ProgrammeKind::dibao)
        report(RowFault{Fault::conflict, "grace_reason", "programme", "only dibao knows grace"});
    if (row.caregiver && (!is_tekun(row.programme) || row.setting == Setting::central))
        report(RowFault{Fault::conflict, "caregiver_no", "programme",
                        "only dispersed tekun persons have a caregiver by agreement"});
    if (row.caregiver && row.institution)
        report(RowFault{Fault::conflict, "caregiver_no", "institution_no",
                        "care is paid to a person or to an agency, not to both"});
    if (row.has_ended() && row.ended < row.confirmed)
        report(RowFault{Fault::conflict, "ended_on", "confirmed_on", "ended before it was confirmed"});
    if (!row.has_ended() && row.end_reason != EndReason::decision)
        report(RowFault{Fault::missing, "ended_on", "end_reason", "an end has a reason, but no day"});
}

template <class Report>
void check_row(const Account& row, Report&& report) {
    check_row(row.recorded, report);
}

template <class Report>
void check_row(const Institution& row, Report&& report) {
    check_row(row.recorded, report);
}

}  // namespace onecard::registry
