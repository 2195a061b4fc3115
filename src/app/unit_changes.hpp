#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "onecard/app/report.hpp"
#include "onecard/app/tools.hpp"
#include "onecard/entitlement/assess.hpp"
#include "onecard/policy/book.hpp"

/// What one unit pays, held against what its county was paid before.
namespace onecard::app {

/// In which of the ways a payment differs; the order is that of the report.
enum class Cause : std::uint8_t {
    new_by_standard,
    new_by_facts,
    stopped,
    standard,
    facts,
    household,
    same,
    count
};

/// One obligation from one month to the next. A change has its cause in the standards and rules, in the facts of a
/// household, or in who belongs to it; `by_standard` and `by_facts` add up to the difference.
struct Change {
    Programme programme = Programme::dibao_rural;
    std::int64_t beneficiary = 0;
    Component component = Component::basic;
    std::int64_t village = 0;  ///< 0: nobody knows where it was
    HouseholdNo household;
    bool was_paid = false, is_paid = false;
    bool is_other_household = false;   ///< not the same persons as before
    bool is_corrected_before = false;  ///< what was paid before is not the regular run's alone
    Money before, after, by_standard, by_facts;
    Cause cause() const;  ///< the larger part's, where there are two
};

/// Of a payment that is not for the months compared: arrears, or what is kept of a payment for a receivable.
struct Extra {
    bool is_arrears = true;
    Programme programme = Programme::dibao_rural;
    std::int64_t beneficiary = 0;
    Component component = Component::basic;
    std::int64_t village = 0;
    Month benefit_month;
    Serial serial;
    Money amount;  ///< kept: positive, though less is paid
};

/// The books of runs, each parsed once.
class RecordedBooks {
public:
    explicit RecordedBooks(const Tools& tools) : tools_{tools} {}
    /// Errors: tampered.
    Result<std::shared_ptr<const policy::Book>> of(Work& work, const Digest& policy);

private:
    const Tools& tools_;
    std::mutex guard_;
    std::map<Digest, std::shared_ptr<const policy::Book>> books_;
};

struct UnitChanges {
    std::optional<Month> month_before;
    std::vector<Change> changes;  ///< by (programme, beneficiary, component), the same ones too
    std::vector<Extra> extras;    ///< of this run, by serial
    std::vector<Extra> gone;      ///< of the runs before, which end with their month
    std::int64_t same = 0;
};

/// Compares units of one run, county by county; keeps its memory between them.
///
/// A regular unit is held against everything that the month before paid: its regular run and the runs that paid whom it
/// left out. A correcting unit (records) is held against its own month as far as it was paid before.
class Comparing {
public:
    Comparing(Tools& tools, const Run& run, RecordedBooks& books) : tools_{tools}, run_{run}, books_{books} {}
    /// The unit is computed. Errors: mismatch (recomputing disagrees with what is paid, named), tampered.
    Result<UnitChanges> compare(const UnitState& state);
    /// Why a change came about, after `compare`: the first thing in which its two computations part.
    std::string why(const Change& change, Language language);

private:
    struct Item;
    struct Side;
    using Items = std::vector<Item>;
    void read(Work& work, RunNo run, PartNo part, County county, Month month, bool is_before, Items& items,
              std::vector<Extra>& extras);
    Result<void> assess_changed(County county, const std::optional<Unit>& before, UnitChanges& found);
    void locate(UnitChanges& found) const;
    HouseholdNo household_of(Programme programme, std::int64_t beneficiary) const;

    Tools& tools_;
    const Run& run_;
    RecordedBooks& books_;
    registry::Register facts_;
    registry::Snapshot facts_now_, facts_before_, some_now_, some_before_;
    struct Home {
        PersonNo person;
        bool is_now = false;
        HouseholdNo household;
    };
    std::vector<Home> homes_;  ///< of each person one: today's where both snapshots name one
    entitlement::Assessment owed_now_, owed_before_, between_;
    std::shared_ptr<const policy::Book> book_now_, book_before_;
    std::optional<policy::CountyPolicy> policy_now_, policy_before_;
    std::unique_ptr<entitlement::History> history_now_, history_before_;
};

}  // namespace onecard::app
