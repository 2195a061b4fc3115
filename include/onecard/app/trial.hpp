#pragma once

#include <filesystem>
#include <optional>
#include <vector>

#include "onecard/app/report.hpp"
#include "onecard/app/screening_records.hpp"
#include "onecard/core/digest.hpp"
#include "onecard/core/result.hpp"
#include "onecard/policy/book.hpp"

namespace onecard::app {

/// A list of another authority (schemas/screening.md), as of a day.
struct TrialList {
    ListKind kind = ListKind::deaths;
    std::filesystem::path file;
    Day snapshot;
};

struct TrialWish {
    /// The files of schemas/register.md. A folder below it that is named like a month, "2022-01", is a later import: known
    /// from the run of that month on.
    std::filesystem::path folder;
    Month month;
    std::optional<Month> from;        ///< also the past months from this one on, and what they differ by
    std::optional<HouseholdNo> only;  ///< tell of one household alone
    Language language = Language::english;  ///< of steps and causes; the rest comes in both
    bool explains = false;                  ///< with the steps of every award
    std::vector<TrialList> lists;           ///< by what is screened, beside one person under two numbers
    /// What is done about them: of an installation's configuration, or what holds without one.
    std::vector<ScreeningRule> screening = default_screening();
    Day today;  ///< for dates that may not lie in the future
};

struct Trial {
    Report report;
    Faults faults;  ///< all faults of all files, where one is of no household: then the report is empty
    /// Faults of single rows: their households are left out and listed among the refusals, the others computed.
    Faults left_out;
};

/// Trial calculation (试算): what the rules give from files alone, without database and service, by the same rules as
/// a run. Nothing is recorded. The form of the report is in schemas/assess.md; the same files give the same bytes.
/// `policy` is the digest of the book, for the report.
Trial try_out(const TrialWish& wish, const policy::Book& book, const Digest& policy);

}  // namespace onecard::app
