#pragma once

#include <array>
#include <bitset>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "onecard/entitlement/assess.hpp"
#include "onecard/entitlement/overlap.hpp"

/// What the rules of all programmes see of one household in one month. Everything here is reused from household to
/// household: nothing is allocated and no text is made unless something is refused or explained.
namespace onecard::entitlement {

/// Exact sums in parts of a fen: an int64 amount times a percentage times a number of persons cannot overflow it.
using Wide = __int128;

using Programmes = std::uint32_t;  ///< a set, by number
static_assert(programmes.size() < 32);
constexpr Programmes only(Programme programme) {
    return static_cast<Programmes>(1U << static_cast<unsigned>(programme));
}

/// What the month pays to each person who draws one of the programmes `covers`: a flat amount, or a fraction of the
/// dibao standard.
struct OnTop {
    Programme programme;
    Programmes covers = 0;
    /// Flat amounts and where they come from, by number of the covered programme; empty: a fraction.
    struct Flat {
        Money amount;
        std::string_view key;
    };
    std::vector<Flat> flat;
    Wide numerator = 0;
    Wide denominator = 1;
    std::string chinese;  ///< why this fraction
    std::string english;
};

/// One sentence for people, twice.
struct Said {
    std::string chinese;
    std::string english;
};
/// What the policy's month pays on top, by number of the programme.
std::vector<OnTop> on_top_of(const policy::CountyPolicy& policy);

/// What one month and one policy mean for dates and codes, worked out once a county.
struct Terms {
    explicit Terms(const policy::CountyPolicy& the_policy);
    const policy::CountyPolicy& policy;
    Day first;  ///< of the month
    Day first_of_next;
    Day alive_from;     ///< who died before this day is not paid
    Day adult_until;    ///< born on this day or before: 18 by the end of the month before
    Day elderly_until;  ///< likewise for the age from which the uplift counts somebody as elderly
    Day aged_until;
    Day grown_up_until;  ///< born on this day or before: no child's programme any more, unless in school
    Day school_until;    ///< and on this one or before: even in school
    std::array<Day, 5> births;  ///< those of them that bound births: what may turn with the month
    /// By programme: those before which it always gives way.
    std::array<Programmes, programmes.size() + 1> blocked_by{};
    Programmes apart = 0;  ///< who holds one of these alone is no member of the household's dibao
    std::vector<OnTop> on_top;
    std::unique_ptr<std::bitset<std::size_t{std::numeric_limits<std::int16_t>::max()} + 1>> excluded_items;
};

/// Whether an enrolment pays in the month, by its dates and the person's.
enum class Standing : std::uint8_t { active, undated, not_started, ended, deceased, grown_up };

/// How a person stands to dibao in the month, which decides about gap amounts.
enum class Drawing : std::uint8_t { nothing, drawn, undetermined };

struct Member {
    const registry::Person* person = nullptr;
    Programmes active = 0;  ///< that the person holds alone, single-person dibao among them
    bool is_alive = true;
    bool is_apart = false;  ///< not counted in the household's dibao
    Drawing dibao = Drawing::nothing;
    Money dibao_standard;  ///< of the dibao drawn
    Money dibao_share;     ///< of the household's amount, where the policy asks for it
    Wide uplift = 0;       ///< in parts of a fen (dibao.hpp)
    bool has_elsewhere = false;
    /// What other offices pay, by policy::Elsewhere.
    std::array<const registry::IncomeItem*, policy::elsewhere_count> elsewhere{};
};

/// Collects the lines of an explanation, in one language, of one component.
struct Steps {
    Language language;
    Component component;
    std::vector<std::string> lines;
    void say(std::string chinese, std::string english) {
        lines.push_back(language == Language::chinese ? std::move(chinese) : std::move(english));
    }
    void say(Said said) { say(std::move(said.chinese), std::move(said.english)); }
};

struct Case {
    const Terms& terms;
    const policy::CountyPolicy& policy;
    Assessment& out;
    const registry::Household* household = nullptr;  ///< null when the register lacks it
    HouseholdNo no;
    std::vector<Member> members;
    std::span<const registry::IncomeItem> incomes;
    Programmes unit_active = 0;  ///< whole-household dibao
    std::vector<Wide> weights;   ///< scratch for shares
    bool has_unpaid = false;     ///< there is an award of nothing, for what is on top
    History* history = nullptr;  ///< null: nobody is in grace
    Month history_from;          ///< the first month that may be looked at; set with `history`
    Steps* steps = nullptr;      ///< set while an explanation is asked for

    Member* member(PersonNo person);
    Steps* steps_for(Component component) const {
        return steps && steps->component == component ? steps : nullptr;
    }
};

using registry::Enrolment;

/// "370212/2022-01/household 12/field"
std::string place_in(const Case& of, std::string_view field);
/// Not paid, with the reason; `is_error` where policy or facts fail, not the person.
void refuse_award(Case& of, const Enrolment& enrolment, bool is_error, Fault fault, std::string_view field,
                  Said said);
inline void not_entitled(Case& of, const Enrolment& enrolment, std::string_view field, Said said) {
    refuse_award(of, enrolment, false, Fault::out_of_range, field, std::move(said));
}
/// The standard, or null after a refusal that names it.
const policy::CountyPolicy::Value* require(Case& of, const Enrolment& enrolment, policy::Standard standard);

struct Payee {
    registry::PayeeKind kind;
    std::int64_t no;
};
/// Who is paid, or nothing after a refusal.
std::optional<Payee> payee_of(Case& of, const Enrolment& enrolment, std::string_view field);
/// Appends an award, when there is somebody to be paid.
void award(Case& of, const Enrolment& enrolment, Component component, Money amount, std::string_view field);
void award_to(Case& of, const Enrolment& enrolment, Component component, PersonNo person, Payee payee,
              Money amount);
/// For programmes that pay a published amount as it is.
void award_standard(Case& of, const Enrolment& enrolment, Component component, policy::Standard standard);
/// Likewise, to somebody else than the enrolment's payee.
void award_standard_to(Case& of, const Enrolment& enrolment, Component component, policy::Standard standard,
                       Payee payee);

// One family of programmes a file. `member` is null for a whole-household enrolment only. `refuse_enrolment` is for
// programmes without enrolments.
#define PROGRAMME(number, name, code, chinese, english, summary, function_code, subject, kind, area, start, \
                  function)                                                                                 \
    void function(Case& of, const Enrolment& enrolment, Member* member);
#include "onecard/core/programmes.inc"
#undef PROGRAMME

/// Adds what the household's awards from `first_award` on give their persons on top, each person once a programme.
/// Explains the one of `asked`.
void pay_on_top(Case& of, std::size_t first_award, PersonNo asked = {});

/// Takes out the awards of nothing by which it found persons.
void forget_unpaid(Case& of, std::size_t first_award);

/// The subsidy's standard for a person's disability; nothing for a level that has none.
std::optional<policy::Standard> living_standard(std::uint8_t level);
std::optional<policy::Standard> nursing_standard(const policy::CountyPolicy& policy,
                                                 const registry::Person& person);

Standing standing_of(const Terms& terms, const Enrolment& enrolment, const Member* member);
/// Of the programmes active for the same person or unit, the one before which this one gives way.
std::optional<Programme> gives_way_to(const Case& of, const Enrolment& enrolment, const Member* member);

/// How far back grace may look.
inline Month history_from(const policy::CountyPolicy& policy) {
    return policy.month.plus_months(-policy.longest_grace());
}
/// BrokenInvariant unless facts and policy are of one county and month.
void check_pair(const registry::Snapshot& snapshot, const policy::CountyPolicy& policy);

struct Rows;
/// Fills in who the household is: its members, what each holds, who is counted apart.
void open_case(Case& of, const Rows& rows);
/// One enrolment of an opened case. Dibao stands before a household's other programmes, so that these know what it came
/// to.
void assess_in_turn(Case& of, const Enrolment& enrolment);
/// Everything that the household is enrolled in, its awards in order.
void assess_household(Case& of, const Rows& rows);
/// `assess`, looking back no further than to `history_from`.
void assess_from(const registry::Snapshot& snapshot, const policy::CountyPolicy& policy, Assessment& out,
                 History* history, Month history_from);

/// Whether an unattended child on dibao is paid what dibao leaves open, and not all.
inline bool pays_gap(const policy::CountyPolicy& policy) {
    return policy.overlap_of(Kind::unattended, Kind::dibao) == Overlap::gap &&
           policy.unattended_on_dibao != policy::UnattendedOnDibao::full_amount;
}

/// What explanations say about a published value.
void say_value(Steps& steps, std::string_view key, Money amount, const policy::Source* source);

}  // namespace onecard::entitlement
