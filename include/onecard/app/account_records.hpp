#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "onecard/bankfile/reason.hpp"
#include "onecard/core/calendar.hpp"
#include "onecard/core/digest.hpp"
#include "onecard/core/ids.hpp"
#include "onecard/registry/facts.hpp"

namespace onecard::app {

/// What an account that was changed must have before money goes there.
struct AccountRules {
    /// Changes by imports from this moment on need the word of a second person; none: no change does.
    std::optional<Moment> confirmed_since;
    /// From that word to the first file with the account; 0 to 720.
    std::int32_t cool_down_hours = 0;
    /// Nothing is paid to an account before its bank has said that name and account belong together.
    bool banks_asked_first = false;
};

/// An account that is another than the payee had before.
struct AccountChange {
    registry::PayeeKind payee_kind = registry::PayeeKind::person;
    std::int64_t payee = 0;
    ImportNo import;  ///< that brought it
    std::string imported_by;
    Moment imported_at;
    BankNo bank_before;
    BankNo bank;
    std::string account;  ///< sealed
    std::string holder;
    std::string confirmed_by;  ///< empty: nobody yet
    std::optional<Moment> confirmed_at;
};

struct AccountConfirmation {
    County county;
    registry::PayeeKind payee_kind = registry::PayeeKind::person;
    std::int64_t payee = 0;
    ImportNo import;
    std::string imported_by;
    std::string officer;
    Digest fingerprint;
    Moment at;
};

/// One file in which a bank is asked whether names and accounts belong together.
struct NameCheckRecord {
    std::int32_t no = 0;
    County county;
    BankNo bank;
    ImportNo import;
    std::string file_id;
    std::int32_t lines = 0;
    Digest file_digest;
    std::string signature;
    std::string made_by;
    Moment at;
    std::optional<Moment> answered_at;
};

/// An account by its payee and the import that brought it.
struct AskedAccount {
    registry::PayeeKind payee_kind = registry::PayeeKind::person;
    std::int64_t payee = 0;
    ImportNo import;
    friend auto operator<=>(const AskedAccount&, const AskedAccount&) = default;
};
/// … and what its bank said last; nothing while it has not answered.
struct NameVerdict {
    AskedAccount account;
    std::optional<bankfile::Reason> reason;
};

/// What is known about payees' accounts besides the register (schemas/db/0006_channel.sql).
class AccountRecords {
public:
    virtual ~AccountRecords() = default;
    /// What a page of changes begins behind.
    struct After {
        std::string payee_kind;  ///< person, institution
        std::int64_t payee = -1;
        ImportNo import;
    };
    /// At most `rows_max` of those that imports since `since` brought, as known at `known_at`, by the word for the payee's
    /// kind, payee and import.
    virtual std::vector<AccountChange> changes(County county, ImportNo known_at, Moment since,
                                               const After& after, std::int64_t rows_max) = 0;
    std::vector<AccountChange> changes(County county, ImportNo known_at, Moment since) {
        return changes(county, known_at, since, After{}, std::numeric_limits<std::int64_t>::max());
    }
    /// Throws RefusedByDatabase for one that was confirmed before, or by whoever brought it.
    virtual void put_confirmation(const AccountConfirmation& confirmation) = 0;

    /// Takes the number of the next check; others wait until this work ends.
    virtual std::int32_t begin_name_check() = 0;
    virtual void put_name_check(const NameCheckRecord& check, std::span<const AskedAccount> lines) = 0;
    /// All of a bank, or the one of that name.
    virtual std::vector<NameCheckRecord> name_checks_of(BankNo bank, std::string_view file_id) = 0;
    virtual std::vector<AskedAccount> lines_of_name_check(std::int32_t no) = 0;
    /// `reasons` by line. Throws RefusedByDatabase where it was answered before.
    virtual void put_name_answer(std::int32_t no, std::string_view cms, const Digest& fingerprint, Moment at,
                                 std::span<const bankfile::Reason> reasons) = 0;
    /// The CMS of the answer; empty while there is none.
    virtual std::string name_answer_of(std::int32_t no) = 0;
    /// Of every account of the county about which a bank was ever asked, in order.
    virtual std::vector<NameVerdict> name_verdicts(County county) = 0;
};

}  // namespace onecard::app
