#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "onecard/app/records.hpp"

/// Past months computed again, and the recovery of what was paid too much (schemas/db/0004_past.sql).
namespace onecard::app {

/// What a run does about the past.
struct RunPast {
    RunNo run;
    Month from;              ///< the first month that is computed again
    int offset_percent = 0;  ///< of a payment, at most, kept for receivables: 0 … 99
    std::string excluded;    ///< exclusion rules, see `Exclusions`
};

/// An obligation of a past month, corrected. `serial` is that of the arrears payment; 0 where less is due.
struct Correction {
    std::int32_t no = 0;  ///< in its unit
    Programme programme = Programme::dibao_rural;
    Component component = Component::basic;
    Month benefit_month;
    std::int64_t beneficiary = 0;
    std::int32_t step = 1;
    HouseholdNo household;
    PersonNo person;
    registry::PayeeKind payee_kind = registry::PayeeKind::person;
    std::int64_t payee = 0;
    Money awarded;
    Money due;
    Money demanded;  ///< of a negative one: what becomes a receivable
    Serial serial;
    std::string canonical() const;
};

/// What an obligation came to by its last correction.
struct Corrected {
    Programme programme = Programme::dibao_rural;
    Component component = Component::basic;
    Month benefit_month;
    std::int64_t beneficiary = 0;
    std::int32_t step = 1;
    Money due;
    Money added;  ///< by all its corrections that added something
    registry::PayeeKind payee_kind = registry::PayeeKind::person;
    std::int64_t payee = 0;
};

/// The amount of an obligation, by what names it.
struct Obligation {
    Programme programme = Programme::dibao_rural;
    Component component = Component::basic;
    Month benefit_month;
    std::int64_t beneficiary = 0;
    Money amount;
};

/// So much of a payment is kept for a receivable.
struct Offset {
    Serial serial;
    std::int64_t receivable = 0;
    Money amount;
    std::string canonical() const;
};

enum class Origin : std::int16_t {
    difference = 1,
    double_payment = 2,
    death = 3,
    other = 4,
    transferred = 5
};
std::string_view code_of(Origin origin);

struct Receivable {
    County county;
    std::int64_t no = 0;
    std::string cause;
    Origin origin = Origin::difference;
    Programme programme = Programme::dibao_rural;
    Component component = Component::basic;
    Month benefit_month;
    std::int64_t beneficiary = 0;
    HouseholdNo household;
    PersonNo person;
    registry::PayeeKind payee_kind = registry::PayeeKind::person;
    std::int64_t payee = 0;
    Money amount;
    Day found;
    bool prior_year = false;
    std::string reason;
    std::string made_by;
    /// One line, the leaf of its entry's Merkle tree.
    std::string canonical() const;
};

enum class RecoveryKind : std::int16_t { cash = 1, offset = 2, write_off = 3, transfer = 4 };
std::string_view code_of(RecoveryKind kind);

struct Proposal {
    County county;
    std::int64_t no = 0;
    std::int64_t receivable = 0;
    RecoveryKind kind = RecoveryKind::write_off;
    Money amount;
    County to;
    std::string reason;
    std::string officer;
    Digest fingerprint;
    Moment at;
};

struct Recovery {
    County county;
    std::int64_t receivable = 0;
    std::int32_t step = 1;
    RecoveryKind kind = RecoveryKind::cash;
    Money amount;
    Money owed_before;
    Day value_day;
    std::string document;
    std::string officer;
    Digest fingerprint;
    Moment at;
    RunNo run;  ///< of an offset, like `serial`
    Serial serial;
    std::optional<Proposal> proposal;  ///< of a write-off or transfer
    Money owed_after() const { return owed_before - amount; }
    /// One line, the leaf of its entry's Merkle tree.
    std::string canonical() const;
};

/// A receivable and what is left of it.
struct OpenReceivable {
    Receivable receivable;
    std::int32_t steps = 0;  ///< recoveries so far
    Money open;
    std::optional<Money> monthly;  ///< agreed instalment in force in the month asked for
};

struct Instalment {
    County county;
    std::int64_t receivable = 0;
    std::int32_t version = 1;
    Money monthly;
    Month from;
    std::string document;
    std::string officer;
    Digest fingerprint;
    Moment at;
};

/// A past month of a county: its one regular unit that was not cancelled.
struct PastUnit {
    Month period;
    RunNo run;
    PartNo part;
    ImportNo known_at;
    Digest policy;
    bool is_released = false;
};

class RecoveryRecords {
public:
    virtual ~RecoveryRecords() = default;
    virtual void put_run_past(const RunPast& past) = 0;
    virtual std::optional<RunPast> run_past(RunNo run) = 0;
    /// By period.
    virtual std::vector<PastUnit> past_units(County county, Month from, Month before) = 0;
    /// The last correction of each obligation of these months.
    virtual std::vector<Corrected> corrected(County county, Month from, Month before) = 0;
    /// What was demanded back of each obligation of these months so far.
    virtual std::vector<Obligation> demanded(County county, Month from, Month before) = 0;
    /// Obligations of these months with arrears that have not arrived.
    virtual std::vector<Obligation> unpaid_arrears(County county, Month from, Month before) = 0;
    /// What was kept of the payments of a part's unit, by serial.
    virtual std::vector<Offset> offsets(RunNo run, County county) = 0;
    /// Of these payments of one part those whose last attempt was paid, in any order.
    virtual std::vector<Serial> paid(PartNo part, County county, std::span<const Serial> serials) = 0;
    /// Receivables and recoveries of the county wait until this work ends.
    virtual void lock(County county) = 0;
    /// Receivables of the county with something open, by (programme, beneficiary, number), with instalments as of a month.
    virtual std::vector<OpenReceivable> open_receivables(County county, Month month) = 0;
    virtual std::vector<County> counties_with_receivables(const Region& region) = 0;
    virtual std::optional<OpenReceivable> receivable(County county, std::int64_t no, Month month) = 0;

    virtual void put_corrections(RunNo run, County county, std::span<const Correction> corrections) = 0;
    virtual void put_offsets(RunNo run, County county, std::span<const Offset> offsets) = 0;
    virtual std::vector<Correction> corrections(RunNo run, County county) = 0;
    /// The correction that an arrears payment pays.
    virtual std::optional<Correction> correction_of(RunNo run, County county, Serial serial) = 0;
    /// Makes the planned corrections of a checked unit real (one statement); the keys refuse what another unit made first.
    virtual void realize_corrections(RunNo run, County county) = 0;

    /// Numbers them. Refused by the keys where a cause is on record.
    virtual void put_receivables(std::span<Receivable> receivables) = 0;
    virtual void put_recoveries(std::span<const Recovery> recoveries) = 0;
    virtual std::int64_t put_proposal(const Proposal& proposal) = 0;
    virtual std::optional<Proposal> proposal(County county, std::int64_t no) = 0;
    virtual void put_instalment(const Instalment& instalment) = 0;

    virtual void each_receivable(const std::function<void(const Receivable&)>& on_receivable) = 0;
    virtual void each_recovery(const std::function<void(const Recovery&)>& on_recovery) = 0;
};

}  // namespace onecard::app
