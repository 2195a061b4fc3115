#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "onecard/core/calendar.hpp"
#include "onecard/core/digest.hpp"
#include "onecard/core/ids.hpp"
#include "onecard/ledger/waterfall.hpp"
#include "onecard/registry/facts.hpp"

namespace onecard::app {

/// What a caller was answered to a write under a key of its own.
struct KeptAnswer {
    Digest request;  ///< of what was asked: method, target and body
    int status = 200;
    std::string content_type;
    std::string location;  ///< empty: none
    std::string body;
};

/// A document that allots money to a county.
struct Allotment {
    County county;
    std::string document;
    ledger::Purpose purpose = ledger::Purpose::general;
    std::int16_t year = 0;         ///< fiscal year, 2000 … 2999
    ledger::BySource by_source{};  ///< the most that may be received from each
    std::string officer;
    Digest fingerprint;
};

/// What a checker has to look at by itself. The number is what the database stores.
enum class OutlierKind : std::int16_t {
    amount = 1,           ///< more than so many times the standard
    account_changed = 2,  ///< not the account of the last run
    listed_dead = 3,      ///< named by a list of deaths, and paid all the same
};
struct Outlier {
    std::int32_t no = 0;  ///< 1, 2, … in its unit
    OutlierKind kind = OutlierKind::amount;
    Serial serial;               ///< the first payment that it concerns
    std::int16_t programme = 0;  ///< 0: several
    registry::PayeeKind payee_kind = registry::PayeeKind::person;
    std::int64_t payee = 0;
    std::int32_t payments = 0;
    Money amount;  ///< of all payments that it concerns
    Money bound;   ///< what was exceeded
    std::string evidence;
    /// What the unit's digest is over.
    std::string canonical() const;
};
struct OutlierAcceptance {
    RunNo run;
    County county;
    std::int32_t outlier_no = 0;
    std::string officer;
    Digest fingerprint;
    std::string reason;
    Moment at;
};
/// A payee whose account is another one than before, and the import that says so.
struct ChangedAccount {
    registry::PayeeKind payee_kind = registry::PayeeKind::person;
    std::int64_t payee = 0;
    ImportNo import;
};

/// The port to what the office leaves behind beside runs and payments (schemas/db/0008_office.sql, 0009_funds.sql, 0011_outliers.sql).
/// A person whose resident ID and accounts are sealed.
struct SealedPerson {
    struct Account {
        BankNo bank;
        std::string holder;
        std::string account;  ///< sealed
    };
    std::string name;
    std::string resident_id;  ///< sealed
    std::vector<Account> accounts;
};
/// Who wanted to see a person's numbers, and why.
struct Unmasking {
    County county;
    PersonNo person;
    std::string reason;
    std::string officer;
    Digest fingerprint;
    Moment at;
};

/// Who looked at the bytes behind a break; unmasked ones need a reason.
struct EvidenceReading {
    County county;
    std::int64_t break_no = 0;
    bool is_masked = true;
    std::string reason;
    std::string officer;
    Digest fingerprint;
    Moment at;
};

class OfficeRecords {
public:
    virtual ~OfficeRecords() = default;
    /// Holds this caller's key until the work ends, whoever else asks under it waits; the answer if there is one.
    virtual std::optional<KeptAnswer> claim_answer(const Digest& fingerprint, std::string_view key) = 0;
    /// `digest` is that of the body.
    virtual void put_answer(const Digest& fingerprint, std::string_view key, const KeptAnswer& answer,
                            const Digest& digest, Moment at) = 0;

    /// Holds the county's money until the work ends: nobody else receives, promises or spends it meanwhile.
    virtual void hold_funds(County county) = 0;
    /// Throws RefusedByDatabase where the document is on record already.
    virtual void put_allotment(const Allotment& allotment, Moment at) = 0;

    /// Payees whose account in `month` is another one than was known of it at the import `earlier`, by (kind, payee).
    virtual std::vector<ChangedAccount> changed_accounts(County county, Month month, ImportNo earlier,
                                                         ImportNo known_at) = 0;
    virtual std::optional<SealedPerson> sealed_person(County county, PersonNo person) = 0;
    /// Returns its number.
    virtual std::int64_t put_unmasking(const Unmasking& record) = 0;
    /// Returns its number.
    virtual std::int64_t put_evidence_reading(const EvidenceReading& record) = 0;
    virtual void put_outliers(RunNo run, County county, std::span<const Outlier> outliers) = 0;  ///< bulk
    virtual std::vector<Outlier> outliers(RunNo run, County county) = 0;
    /// How many of a unit nobody has accepted yet.
    virtual std::int64_t open_outliers(RunNo run, County county) = 0;
    /// Throws RefusedByDatabase where there is no such outlier, or where it was accepted before.
    virtual void put_outlier_acceptance(const OutlierAcceptance& acceptance) = 0;
};

}  // namespace onecard::app
