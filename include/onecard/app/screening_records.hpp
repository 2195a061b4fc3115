#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "onecard/app/records.hpp"

/// Screening before paying: the lists of other authorities, and what they find (schemas/db/0004_past.sql).
namespace onecard::app {

/// What a list says of the persons on it. The number is what the database stores; 0 is no list: one person in several
/// units.
enum class ListKind : std::int16_t {
    same_person = 0,
    deaths = 1,
    custody = 2,
    work_injury_care = 3,
    elder_care = 4,
    fiscal_payroll = 5,
    vehicles = 6,
    houses = 7,
    companies = 8,
    officials_relatives = 9,
    other = 10,
};

struct ListText {
    ListKind kind;
    std::string_view code;
    std::string_view chinese;
    std::string_view english;
    bool
        accumulates;  ///< every list that was ever handed in counts, not just the newest: who is dead stays dead
};
inline constexpr std::array list_kinds{
    ListText{ListKind::same_person, "same-person", "重复保障", "one person in several units", true},
    ListText{ListKind::deaths, "deaths", "死亡名单", "deaths", true},
    ListText{ListKind::custody, "custody", "服刑羁押名单", "in custody", false},
    ListText{ListKind::work_injury_care, "work-injury-care", "工伤护理费名单", "work-injury nursing fee",
             false},
    ListText{ListKind::elder_care, "elder-care", "养老护理补贴名单", "elder-care allowance", false},
    ListText{ListKind::fiscal_payroll, "fiscal-payroll", "财政供养人员", "on the public payroll", false},
    ListText{ListKind::vehicles, "vehicles", "购车名单", "owners of vehicles", false},
    ListText{ListKind::houses, "houses", "购房名单", "owners of houses", false},
    ListText{ListKind::companies, "companies", "公司股东名单", "shareholders", false},
    ListText{ListKind::officials_relatives, "officials-relatives", "经办人员近亲属备案",
             "relatives of officials", false},
    ListText{ListKind::other, "other", "其他名单", "another list", false},
};
const ListText& text_of(ListKind kind);
std::optional<ListKind> list_kind_of(std::string_view code);

/// What is done about a list: a line of the configuration ([[screening]]).
struct ScreeningRule {
    ListKind kind = ListKind::deaths;
    bool holds = true;     ///< a hit holds the payment; else it is shown
    int months_valid = 0;  ///< cadence: 1 monthly, 3 quarterly, 12 yearly; 0: the list need not be there
    int grace_days = 15;   ///< how late the next one may come
    std::vector<Programme> programmes;  ///< that a hit concerns; empty: all
    /// "deaths holds monthly+15 all": the form in which a run records it.
    std::string text() const;
};
/// What holds where the configuration says nothing: nothing is demanded, hits hold as DOMAIN 1.8 and 5.4 say.
std::vector<ScreeningRule> default_screening();

struct ScreeningList {
    std::int32_t no = 0;
    ListKind kind = ListKind::deaths;
    Region region;
    Day snapshot;
    std::string source;
    Digest file;
    std::int32_t rows = 0;
    std::string made_by;
    Digest fingerprint;
    Moment made_at;
};

struct ScreeningRow {
    std::int32_t line = 0;
    std::string identity;  ///< keyed digest of the resident ID, 16 bytes
    Day from;              ///< epoch day 0: from ever on
    Day until;             ///< the last day; epoch day 0: without end
    std::string note;
};

/// A person of the county whom a list names.
struct Hit {
    PersonNo person;
    ListKind kind = ListKind::deaths;
    std::int32_t list_no = 0;
    std::int32_t line = 0;
    Day from, until;
    std::string note;
};

/// A person of the county who is somebody else's number too; `programmes` are those of the other enrolments in the month
/// (a whole-household dibao counts for every member).
struct Double {
    PersonNo person;
    County other_county;
    PersonNo other;
    std::vector<Programme> programmes;
};

struct Finding {
    std::int32_t no = 0;
    std::string subject;  ///< "deaths/31/2022-01-05": what a release names
    ListKind kind = ListKind::deaths;
    HouseholdNo household;
    PersonNo person;
    std::int32_t list_no = 0;
    std::int32_t line = 0;
    County other_county;
    PersonNo other_person;
    bool holds = true;
    std::int32_t payments = 0;
    Money total;
    std::string evidence;
    /// One line, for digests.
    std::string canonical() const;
};

struct Hold {
    std::int32_t no = 0;
    std::int32_t finding_no = 0;
    Programme programme = Programme::dibao_rural;
    Component component = Component::basic;
    Month benefit_month;
    std::int64_t beneficiary = 0;
    HouseholdNo household;
    PersonNo person;
    registry::PayeeKind payee_kind = registry::PayeeKind::person;
    std::int64_t payee = 0;
    Money amount;
    std::string canonical() const;
};

struct RunScreening {
    RunNo run;
    std::int32_t lists_known = 0;
    std::string rules;
    Moment at;
};

struct StaleAcceptance {
    RunNo run;
    ListKind kind = ListKind::deaths;
    Region region;
    std::string officer;
    Digest fingerprint;
    std::string reason;
    Moment at;
};

struct FindingRelease {
    County county;
    std::string subject;
    std::int16_t step = 1;
    std::string officer;
    Digest fingerprint;
    std::string reason;
    Moment at;
};

/// What screening needs to know about a county's persons.
class ScreeningFacts {
public:
    virtual ~ScreeningFacts() = default;
    /// Of the persons as known at an import, by lists up to `lists_known`, by person.
    virtual std::vector<Hit> hits(County county, ImportNo known_at, std::int32_t lists_known) = 0;
    virtual std::vector<Double> doubles(County county, ImportNo known_at, Month month) = 0;
    /// Subjects that two persons released, in order.
    virtual std::vector<std::string> released(County county) = 0;
};

class ScreeningRecords : public ScreeningFacts {
public:
    /// Takes the number of the next list; others wait until this work ends.
    virtual std::int32_t begin_list() = 0;
    /// Also finds whom of the register the rows name.
    virtual void put_list(const ScreeningList& list, std::span<const ScreeningRow> rows) = 0;
    virtual std::vector<ScreeningList> lists() = 0;
    /// After the rows of a register import: finds those whom a list names and those who have another number already.
    virtual void match_import(ImportNo import, std::span<const County> counties) = 0;
    /// Whether there is any hit or double at all: where not, a unit asks nothing.
    virtual bool has_matches() = 0;

    /// The first one stays: false where the run's screening is fixed already.
    virtual bool put_run_screening(const RunScreening& screening) = 0;
    virtual std::optional<RunScreening> run_screening(RunNo run) = 0;
    virtual void put_acceptance(const StaleAcceptance& acceptance) = 0;
    virtual std::vector<StaleAcceptance> acceptances(RunNo run) = 0;
    virtual void put_findings(RunNo run, County county, std::span<const Finding> findings,
                              std::span<const Hold> holds) = 0;
    virtual std::vector<Finding> findings(RunNo run, County county) = 0;
    virtual std::vector<Hold> holds(RunNo run, County county) = 0;
    virtual bool has_finding(County county, std::string_view subject) = 0;
    virtual void put_release(const FindingRelease& release) = 0;
};

}  // namespace onecard::app
