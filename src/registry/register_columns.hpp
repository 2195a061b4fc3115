#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "onecard/core/result.hpp"
#include "onecard/registry/csv.hpp"
#include "shown_value.hpp"

/// The columns of the register's files and the words in them (schemas/register.md).
namespace onecard::registry {

enum class Needs : std::uint8_t {
    always,         ///< may not be empty
    unless_absent,  ///< may be empty in a row that says `absent`
    may_be_empty,
    optional_column  ///< the whole column may be left out
};

struct Column {
    std::string_view name;
    Needs needs;
    Shows shows;
};

constexpr Column county{"county", Needs::always, Shows::number};
constexpr Column valid_from{"valid_from", Needs::always, Shows::number};
constexpr Column valid_to{"valid_to", Needs::may_be_empty, Shows::number};
constexpr Column absent{"absent", Needs::optional_column, Shows::word};

// The columns of each kind, by name. A column's place in these tables is the index that the row readers below use.
constexpr std::array household_columns{
    county,
    Column{"household_no", Needs::always, Shows::number},
    Column{"area", Needs::unless_absent, Shows::word},
    Column{"village", Needs::unless_absent, Shows::number},
    Column{"representative", Needs::unless_absent, Shows::number},
    valid_from,
    valid_to,
    absent,
};
constexpr std::array person_columns{
    county,
    Column{"person_no", Needs::always, Shows::number},
    Column{"household_no", Needs::always, Shows::number},
    Column{"name", Needs::always, Shows::name},
    Column{"resident_id", Needs::always, Shows::resident_id},
    Column{"disability_class", Needs::may_be_empty, Shows::number},
    Column{"disability_level", Needs::may_be_empty, Shows::number},
    Column{"seriously_ill", Needs::may_be_empty, Shows::word},
    Column{"in_full_time_school", Needs::may_be_empty, Shows::word},
    Column{"died_on", Needs::may_be_empty, Shows::number},
    valid_from,
    valid_to,
    absent,
};
constexpr std::array income_columns{
    county,
    Column{"household_no", Needs::always, Shows::number},
    Column{"person_no", Needs::may_be_empty, Shows::number},
    Column{"item", Needs::always, Shows::number},
    Column{"monthly", Needs::unless_absent, Shows::number},
    Column{"supporter_members", Needs::optional_column, Shows::number},
    Column{"dependants", Needs::optional_column, Shows::number},
    valid_from,
    valid_to,
    absent,
};
constexpr std::array enrolment_columns{
    county,
    Column{"household_no", Needs::always, Shows::number},
    Column{"person_no", Needs::may_be_empty, Shows::number},
    Column{"programme", Needs::always, Shows::word},
    Column{"applied_on", Needs::unless_absent, Shows::number},
    Column{"confirmed_on", Needs::unless_absent, Shows::number},
    Column{"setting", Needs::may_be_empty, Shows::word},
    Column{"ability", Needs::may_be_empty, Shows::word},
    Column{"payee_no", Needs::may_be_empty, Shows::number},
    Column{"institution_no", Needs::may_be_empty, Shows::number},
    Column{"grade", Needs::optional_column, Shows::number},
    Column{"grace_reason", Needs::optional_column, Shows::word},
    Column{"ended_on", Needs::optional_column, Shows::number},
    Column{"end_reason", Needs::optional_column, Shows::word},
    Column{"caregiver_no", Needs::optional_column, Shows::number},
    valid_from,
    valid_to,
    absent,
};
constexpr std::array account_columns{
    county,
    Column{"payee_kind", Needs::always, Shows::word},
    Column{"payee_no", Needs::always, Shows::number},
    Column{"bank_code", Needs::always, Shows::number},
    Column{"account_kind", Needs::always, Shows::word},
    Column{"account", Needs::always, Shows::account},
    Column{"holder", Needs::always, Shows::name},
    valid_from,
    valid_to,
    absent,
};
constexpr std::array institution_columns{
    county,
    Column{"institution_no", Needs::always, Shows::number},
    Column{"name", Needs::unless_absent, Shows::word},
    valid_from,
    valid_to,
    absent,
};

inline std::span<const Column> columns_of(FileKind kind) {
    switch (kind) {
        case FileKind::households: return household_columns;
        case FileKind::persons: return person_columns;
        case FileKind::incomes: return income_columns;
        case FileKind::enrolments: return enrolment_columns;
        case FileKind::accounts: return account_columns;
        case FileKind::institutions: return institution_columns;
    }
    broken("a register file of no kind");
}

constexpr std::size_t columns_max = 20;
static_assert(person_columns.size() <= columns_max && enrolment_columns.size() <= columns_max);

template <std::size_t size>
consteval std::size_t index_in(const std::array<Column, size>& columns, std::string_view name) {
    for (std::size_t i = 0; i < size; ++i)
        if (columns[i].name == name) return i;
    throw "no such column";
}

/// A word of a file and what it means; the first of a value is the one that faults recommend.
template <class Value>
struct Word {
    std::string_view text;
    Value value;
};

constexpr std::array areas{Word<Area>{"urban", Area::urban}, Word<Area>{"rural", Area::rural},
                           Word<Area>{"城市", Area::urban}, Word<Area>{"农村", Area::rural}};
constexpr std::array settings{
    Word<Setting>{"dispersed", Setting::dispersed}, Word<Setting>{"central", Setting::central},
    Word<Setting>{"分散", Setting::dispersed}, Word<Setting>{"集中", Setting::central}};
constexpr std::array abilities{
    Word<Ability>{"self", Ability::self},   Word<Ability>{"half", Ability::half},
    Word<Ability>{"full", Ability::full},   Word<Ability>{"全自理", Ability::self},
    Word<Ability>{"半护理", Ability::half}, Word<Ability>{"全护理", Ability::full}};
constexpr std::array payee_kinds{
    Word<PayeeKind>{"person", PayeeKind::person}, Word<PayeeKind>{"institution", PayeeKind::institution},
    Word<PayeeKind>{"个人", PayeeKind::person}, Word<PayeeKind>{"机构", PayeeKind::institution}};
constexpr std::array account_kinds{
    Word<AccountKind>{"card", AccountKind::card}, Word<AccountKind>{"passbook", AccountKind::passbook},
    Word<AccountKind>{"银行卡", AccountKind::card}, Word<AccountKind>{"存折", AccountKind::passbook}};
constexpr std::array grace_reasons{Word<GraceReason>{"pension", GraceReason::pension},
                                   Word<GraceReason>{"employed", GraceReason::employed},
                                   Word<GraceReason>{"graduate", GraceReason::graduate},
                                   Word<GraceReason>{"placed", GraceReason::placed},
                                   Word<GraceReason>{"disabled_placed", GraceReason::disabled_placed},
                                   Word<GraceReason>{"领取养老金", GraceReason::pension},
                                   Word<GraceReason>{"就业", GraceReason::employed},
                                   Word<GraceReason>{"高校毕业生就业", GraceReason::graduate},
                                   Word<GraceReason>{"介绍就业", GraceReason::placed},
                                   Word<GraceReason>{"残疾人就业", GraceReason::disabled_placed}};
constexpr std::array end_reasons{Word<EndReason>{"decision", EndReason::decision},
                                 Word<EndReason>{"parent_found", EndReason::parent_found},
                                 Word<EndReason>{"moved_away", EndReason::moved_away},
                                 Word<EndReason>{"missing", EndReason::missing},
                                 Word<EndReason>{"custody", EndReason::custody},
                                 Word<EndReason>{"own_request", EndReason::own_request},
                                 Word<EndReason>{"fraud", EndReason::fraud},
                                 Word<EndReason>{"审核退出", EndReason::decision},
                                 Word<EndReason>{"查找到父母", EndReason::parent_found},
                                 Word<EndReason>{"迁出", EndReason::moved_away},
                                 Word<EndReason>{"失踪", EndReason::missing},
                                 Word<EndReason>{"服刑", EndReason::custody},
                                 Word<EndReason>{"本人申请", EndReason::own_request},
                                 Word<EndReason>{"骗取", EndReason::fraud}};
constexpr std::array yes_or_no{Word<bool>{"0", false}, Word<bool>{"1", true}, Word<bool>{"否", false},
                               Word<bool>{"是", true}};

}  // namespace onecard::registry
