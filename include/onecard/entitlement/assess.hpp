#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "onecard/core/calendar.hpp"
#include "onecard/core/money.hpp"
#include "onecard/core/programme.hpp"
#include "onecard/core/result.hpp"
#include "onecard/policy/book.hpp"
#include "onecard/registry/facts.hpp"

/// The rules: facts and policy in, awards out. Pure; a county at a time.
namespace onecard::entitlement {

/// What the rules give one beneficiary for one programme, component and benefit month. Amount > 0.
struct Award {
    Programme programme = Programme::dibao_rural;
    Component component = Component::basic;
    Month benefit_month;
    /// HouseholdNo or PersonNo, as the programme's subject says. Dibao of one person (单人保, or where each member is
    /// paid) has −PersonNo: a household may hold several, and household and person numbers are not disjoint, yet
    /// (programme, component, month, beneficiary) must name one obligation.
    std::int64_t beneficiary = 0;
    HouseholdNo household;
    PersonNo person;  ///< 0 for a whole-household award
    registry::PayeeKind payee_kind = registry::PayeeKind::person;
    std::int64_t payee = 0;  ///< PersonNo or InstitutionNo to be paid
    std::int64_t village = 0;
    Money amount;
    std::int16_t grace_month = 0;  ///< 1, 2, … in the months of grace (渐退期)
    Money grace_base;              ///< then: the last amount before them
    friend bool operator==(const Award&, const Award&) = default;
};

/// An enrolment that the rules could not, or may not, turn into an award; the rest of the county goes on.
/// Nothing is silently zero: income at or above the standard is a refusal to pay with its reason, too.
struct Refusal {
    Programme programme = Programme::dibao_rural;
    HouseholdNo household;
    PersonNo person;
    bool is_error = false;  ///< a gap in policy or contradictory facts, in contrast to "not entitled"
    Failure why;            ///< place: "division/month/household/field"; the text is English
    std::string chinese;    ///< the same text in Chinese
};

struct Assessment {
    std::vector<Award> awards;  ///< ordered by (household, person, programme, component)
    std::vector<Refusal> refusals;
    void clear() {
        awards.clear();
        refusals.clear();
    }
};

/// The months before, which grace looks back on: assessed when somebody needs them, each once. Holds for one register
/// and one state of knowledge; asked about later months it remembers, about earlier ones it begins anew.
class History {
public:
    /// The policy of a month; where there is none, nothing was owed.
    using PolicyAt = std::function<std::optional<policy::CountyPolicy>(Month)>;
    History(const registry::Register& all, ImportNo known_at, PolicyAt policy_at);
    ~History();
    History(const History&) = delete;
    History& operator=(const History&) = delete;

    /// The dibao that was owed in `month`, itself looking back no further than to `from`: who has been in grace for longer than it
    /// lasts has come to nothing by then, so the months asked about come out the same.
    const Assessment& month(Month month, Month from);

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

/// Assesses every enrolment of a snapshot under a policy. `out` is cleared first; its capacity is reused.
/// The snapshot must be ordered as facts.hpp says and be of the policy's month (else BrokenInvariant).
///
/// Members of a dibao household are its persons who live in the month and are not counted apart: single-person dibao,
/// tekun and orphans leave it, with their income, while their own enrolment is active. Overlaps: overlap.hpp.
/// Who is paid: the institution in central setting, else the payee that the enrolment names, else the representative
/// of a whole household or the person.
/// Without `history` nobody is in grace.
void assess(const registry::Snapshot& snapshot, const policy::CountyPolicy& policy, Assessment& out,
            History* history = nullptr);

enum class Language : std::uint8_t { chinese, english };

/// How one award came about: facts, values with their documents, each step with its numbers, the rounding.
struct Explanation {
    std::vector<std::string> lines;
    Money amount;  ///< recomputed, like the payee; the caller compares them with what was paid
    registry::PayeeKind payee_kind = registry::PayeeKind::person;
    std::int64_t payee = 0;
};
/// `beneficiary` is that of the award; `household`, where it is known, spares the search for a person. Errors: unknown when the snapshot has no such enrolment; whatever assessing it
/// refuses.
Result<Explanation> explain(const registry::Snapshot& snapshot, const policy::CountyPolicy& policy,
                            Programme programme, Component component, std::int64_t beneficiary,
                            Language language, HouseholdNo household = {}, History* history = nullptr);

}  // namespace onecard::entitlement
