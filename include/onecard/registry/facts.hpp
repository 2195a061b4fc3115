#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "onecard/core/calendar.hpp"
#include "onecard/core/identity.hpp"
#include "onecard/core/ids.hpp"
#include "onecard/core/money.hpp"
#include "onecard/core/programme.hpp"

/// Facts about households and persons, bitemporal: true for some months, known since an import.
namespace onecard::registry {

/// When a fact holds and since when it is known. A later import *paints over* an earlier one for the same key in
/// the months that it names; `absent` paints "there is nothing here" (an enrolment ended, a row withdrawn).
/// So nothing is ever updated, and "what did we know at import n about month m" is the newest row with
/// import <= n whose months contain m.
struct Recorded {
    Months months;
    ImportNo import;
    bool absent = false;
    friend bool operator==(const Recorded&, const Recorded&) = default;
};

enum class Area : std::uint8_t { urban = 1, rural = 2 };

/// Key: no.
struct Household {
    HouseholdNo no;
    Recorded recorded;
    Area area = Area::rural;
    std::int64_t village = 0;  ///< 12-digit statistical code (its first 9 digits: the township)
    PersonNo representative;   ///< 户主, who is paid for the household
    friend bool operator==(const Household&, const Household&) = default;
};

/// Key: no. What the rules need to know of a person; names and numbers are in PersonIdentity.
struct Person {
    PersonNo no;
    HouseholdNo household;
    Recorded recorded;
    Day born;
    Day died;  ///< epoch day 0 while alive (nobody here died on 1970-01-01)
    Sex sex = Sex::female;
    std::uint8_t disability_class = 0;  ///< 1 sight … 7 multiple (GB/T 26341), 0 none
    std::uint8_t disability_level = 0;  ///< 1 (most severe) … 4, 0 none
    bool seriously_ill = false;         ///< 重病, confirmed
    bool in_full_time_school = false;
    bool is_deceased() const { return died != Day{}; }
    friend bool operator==(const Person&, const Person&) = default;
};

/// Who the person is. Sealed before it is stored; only imports and packets touch it.
struct PersonIdentity {
    PersonNo no;
    PersonName name;
    ResidentId resident_id;
};

/// Key: household, person, item. A monthly average in fen.
struct IncomeItem {
    HouseholdNo household;
    PersonNo person;
    std::int16_t item = 0;  ///< code of income_items.hpp: 101 wages, 201 farming, 401 pensions …
    /// Of a legal supporter's household (701 …): how many it feeds, and how many of its elders or children outside are
    /// owed maintenance. 0 else.
    std::uint8_t supporter_members = 0;
    std::uint8_t dependants = 0;
    Recorded recorded;
    Money monthly;
    friend bool operator==(const IncomeItem&, const IncomeItem&) = default;
};

/// How a tekun person or a child is looked after.
enum class Setting : std::uint8_t { dispersed = 1, central = 2 };
/// Ability of a tekun person to care for themself: 全自理, 半护理, 全护理.
enum class Ability : std::uint8_t { none_given = 0, self = 1, half = 2, full = 3 };

/// Why the income of a household on dibao rose: in some places it decides about the months of grace (渐退期).
enum class GraceReason : std::uint8_t {
    none_given = 0,
    pension = 1,          ///< 领取养老金
    employed = 2,         ///< 就业
    graduate = 3,         ///< 高校毕业生就业
    placed = 4,           ///< 公共就业服务机构介绍就业
    disabled_placed = 5,  ///< 残疾人按比例就业等
};
/// Why an enrolment ended on a day: the policy says what its last month is.
enum class EndReason : std::uint8_t {
    decision = 0,  ///< 审核决定退出
    parent_found = 1,
    moved_away = 2,
    missing = 3,
    custody = 4,
    own_request = 5,
    fraud = 6,
};

/// Key: household, person, programme. Person is 0 for a whole-household enrolment (dibao); a person in a dibao
/// enrolment means single-person dibao (单人保).
struct Enrolment {
    HouseholdNo household;
    PersonNo person;
    Programme programme = Programme::dibao_rural;
    Recorded recorded;
    Day applied;
    Day confirmed;
    Setting setting = Setting::dispersed;
    Ability ability = Ability::none_given;
    PersonNo payee;  ///< another person who is paid (guardian, caregiver); 0: the usual payee
    /// The institution that is paid when central; of a dispersed tekun person the agency that is paid for care.
    InstitutionNo institution;
    /// The office's own grading: dibao, the tier (档) from 1 on, 0: by income; unattended child, the class (类) that
    /// gets a part, 0: fully unattended.
    std::uint8_t grade = 0;
    GraceReason grace_reason = GraceReason::none_given;  ///< dibao only
    EndReason end_reason = EndReason::decision;
    Day ended;           ///< epoch day 0: it goes on, as long as the row holds
    PersonNo caregiver;  ///< of a dispersed tekun person: who is paid for care by agreement; 0: nobody apart
    bool has_ended() const { return ended != Day{}; }
    friend bool operator==(const Enrolment&, const Enrolment&) = default;
};

enum class PayeeKind : std::uint8_t { person = 1, institution = 2 };

/// Key: payee kind, payee. The one-card account. `account` holds the number itself on the way in and its sealed
/// bytes on the way out of the store.
struct Account {
    PayeeKind kind = PayeeKind::person;
    std::int64_t payee = 0;  ///< PersonNo or InstitutionNo
    Recorded recorded;
    BankNo bank;
    AccountKind account_kind = AccountKind::card;
    std::string account;
    std::string holder;  ///< name as registered at the bank, UTF-8
    friend bool operator==(const Account&, const Account&) = default;
};

/// Key: no.
struct Institution {
    InstitutionNo no;
    Recorded recorded;
    std::string name;
    friend bool operator==(const Institution&, const Institution&) = default;
};

/// Every row of one county that the rules may need, all months, all imports up to some import.
/// Order: households by no; persons, incomes and enrolments by (household, person, …); newer imports after older.
struct Register {
    County county;
    std::vector<Household> households;
    std::vector<Person> persons;
    std::vector<IncomeItem> incomes;
    std::vector<Enrolment> enrolments;
    /// Sorts every vector into that order (a no-op on sorted input).
    void put_in_order();
};

/// What was known at one import about one month: at most one row a key, nothing absent, same orders as Register.
struct Snapshot {
    County county;
    Month month;
    ImportNo known_at;
    std::vector<Household> households;
    std::vector<Person> persons;
    std::vector<IncomeItem> incomes;
    std::vector<Enrolment> enrolments;

    /// Working memory of `take_snapshot`, kept with the rest so that a month costs no allocation.
    struct Claim {
        PersonNo person;
        std::size_t place = 0;
    };
    std::vector<Claim> claims;
    std::vector<Claim> spare_claims;
};

/// Fills `snapshot` (its capacity is reused) from an ordered register; BrokenInvariant for one that is not.
/// A person who moved has rows in two households: where both name the month, the newer import is right.
void take_snapshot(const Register& all, Month month, ImportNo known_at, Snapshot& snapshot);

}  // namespace onecard::registry
