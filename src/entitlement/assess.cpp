#include "onecard/entitlement/assess.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

#include "case.hpp"
#include "walk.hpp"

namespace onecard::entitlement {
namespace {

// By number of the programme.
constexpr std::array table{
    ProgrammeRules{Programme::dibao_urban, false, true, assess_dibao},
    ProgrammeRules{Programme::dibao_rural, false, true, assess_dibao},
    ProgrammeRules{Programme::tekun_urban, false, true, assess_tekun},
    ProgrammeRules{Programme::tekun_rural, false, true, assess_tekun},
    ProgrammeRules{Programme::orphan, true, true, assess_orphan},
    ProgrammeRules{Programme::unattended_child, true, false, assess_unattended},
    ProgrammeRules{Programme::disability_living, false, false, assess_living},
    ProgrammeRules{Programme::disability_nursing, false, false, assess_nursing},
    ProgrammeRules{Programme::price_subsidy, false, false, refuse_enrolment},
    ProgrammeRules{Programme::one_off, false, false, refuse_enrolment},
};
static_assert(table.size() == programmes.size() &&
              std::ranges::equal(table, programmes, {}, &ProgrammeRules::programme,
                                 &ProgrammeText::programme));

constexpr const OverlapRow* row_of(Kind kept, Kind other) {
    for (const OverlapRow& row : overlaps)
        if (row.kept == kept && row.other == other) return &row;
    return nullptr;
}

/// For each programme those before which it always gives way.
constexpr auto blocked_by = [] {
    std::array<Programmes, programmes.size() + 1> sets{};
    for (const ProgrammeText& loser : programmes)
        for (const ProgrammeText& winner : programmes) {
            const OverlapRow* row = row_of(kind_of(winner.programme), kind_of(loser.programme));
            if (row && row->overlap == Overlap::exclusive)
                sets[static_cast<std::size_t>(loser.programme)] |= only(winner.programme);
        }
    return sets;
}();

/// The same kind in the other area, if there is one.
constexpr Programmes twin_of(Programme programme) {
    for (const ProgrammeText& other : programmes)
        if (other.programme != programme && kind_of(other.programme) == kind_of(programme))
            return only(other.programme);
    return 0;
}

constexpr registry::Area area_of(Programme programme) {
    return programme == Programme::dibao_urban || programme == Programme::tekun_urban ? registry::Area::urban
                                                                                      : registry::Area::rural;
}

std::optional<Programme> first_in(Programmes set) {
    for (const ProgrammeText& row : programmes)
        if (set & only(row.programme)) return row.programme;
    return std::nullopt;
}

std::string why_not(const Case& of, const Enrolment& enrolment, const Member* member, Standing standing) {
    const bool is_applied =
        of.policy.start_of(enrolment.programme) == policy::StartRule::month_of_application;
    switch (standing) {
        case Standing::undated:
            return is_applied ? "has no day of application" : "has no day of confirmation";
        case Standing::not_started:
            return fmt::format("{} on {}: not paid yet in {}", is_applied ? "applied" : "confirmed",
                               (is_applied ? enrolment.applied : enrolment.confirmed).text(),
                               of.policy.month.text());
        case Standing::deceased: return fmt::format("died on {}", member->person->died.text());
        case Standing::grown_up:
            return fmt::format("born on {}, 18 before {}", member->person->born.text(),
                               of.policy.month.text());
        case Standing::active: break;
    }
    broken("an active enrolment has no reason against it");
}

std::string_view code_of(const Enrolment& enrolment) { return text_of(enrolment.programme).code; }

/// One enrolment: the checks that all programmes share, then its own rules.
void assess_one(Case& of, const Enrolment& enrolment) {
    const ProgrammeRules& rules = rules_of(enrolment.programme);
    if (!of.household)
        return refuse_award(of, enrolment, true, Fault::unknown, "household",
                            "the register has no such household");
    Member* member = nullptr;
    if (enrolment.person) {
        member = of.member(enrolment.person);
        if (!member)
            return refuse_award(of, enrolment, true, Fault::unknown, code_of(enrolment),
                                fmt::format("person {} is not in this household", enrolment.person.number()));
    } else if (text_of(enrolment.programme).subject == Subject::person) {
        return refuse_award(of, enrolment, true, Fault::missing, code_of(enrolment),
                            "is a programme for persons, but the enrolment names none");
    }
    const Standing standing = standing_of(of.terms, enrolment, member);
    if (standing != Standing::active)
        return refuse_award(of, enrolment, standing == Standing::undated,
                            standing == Standing::undated ? Fault::missing : Fault::out_of_range,
                            code_of(enrolment), why_not(of, enrolment, member, standing));
    if (member && member->person->born >= of.terms.first_of_next)
        return refuse_award(
            of, enrolment, true, Fault::conflict, code_of(enrolment),
            fmt::format("born on {}, after {}", member->person->born.text(), of.policy.month.text()));
    if (const auto winner = gives_way_to(of, enrolment, member)) {
        const OverlapRow* row = row_of(kind_of(*winner), kind_of(enrolment.programme));
        const std::string who =
            member ? fmt::format("person {}", enrolment.person.number()) : "the household";
        return refuse_award(
            of, enrolment, true, Fault::conflict, code_of(enrolment),
            fmt::format("{} is enrolled in {} and in {}, which exclude each other in {}: {} goes first ({})",
                        who, text_of(*winner).code, code_of(enrolment), of.policy.month.text(),
                        text_of(*winner).code, row ? row->basis : "the household's area"));
    }
    rules.assess(of, enrolment, member);
}

/// What hangs on a dibao that could not be worked out must not be paid as if there were none.
void mark_undetermined(Case& of, const Enrolment& enrolment) {
    for (Member& member : of.members) {
        const bool lives_on_it = enrolment.person ? member.person->no == enrolment.person : !member.is_apart;
        if (lives_on_it && member.dibao == Drawing::nothing) member.dibao = Drawing::undetermined;
    }
}

/// Members who are each paid dibao stand before their other awards.
void order_awards(std::vector<Award>& awards, std::size_t from) {
    const auto key = [](const Award& one) { return std::tuple{one.person, one.programme, one.component}; };
    const auto begin = awards.begin() + static_cast<std::ptrdiff_t>(from);
    if (!std::ranges::is_sorted(begin, awards.end(), {}, key))
        std::ranges::sort(begin, awards.end(), {}, key);
}

}  // namespace

void assess_in_turn(Case& of, const Enrolment& enrolment) {
    const std::size_t refused_before = of.out.refusals.size();
    assess_one(of, enrolment);
    if (of.out.refusals.size() > refused_before && kind_of(enrolment.programme) == Kind::dibao &&
        of.out.refusals.back().is_error)
        mark_undetermined(of, enrolment);
}

void open_case(Case& of, const Rows& rows) {
    of.no = rows.no;
    of.household = rows.households.empty() ? nullptr : &rows.households.front();
    of.incomes = rows.incomes;
    of.unit_active = 0;
    of.members.clear();
    for (const registry::Person& person : rows.persons)
        of.members.push_back(
            {.person = &person, .is_alive = !person.is_deceased() || person.died >= of.terms.alive_from});
    auto member = of.members.begin();
    for (const Enrolment& enrolment : rows.enrolments) {
        if (!enrolment.person) {
            if (standing_of(of.terms, enrolment, nullptr) == Standing::active)
                of.unit_active |= only(enrolment.programme);
            continue;
        }
        while (member != of.members.end() && member->person->no < enrolment.person) ++member;
        if (member == of.members.end()) break;
        if (member->person->no != enrolment.person) continue;
        if (standing_of(of.terms, enrolment, &*member) != Standing::active) continue;
        member->active |= only(enrolment.programme);
        member->is_apart |= rules_of(enrolment.programme).is_counted_apart;
    }
}

const ProgrammeRules& rules_of(Programme programme) { return table[static_cast<std::size_t>(programme) - 1]; }

Standing standing_of(const Terms& terms, const Enrolment& enrolment, const Member* member) {
    const policy::StartRule start = terms.policy.start_of(enrolment.programme);
    const bool is_applied = start == policy::StartRule::month_of_application;
    const Day from = is_applied ? enrolment.applied : enrolment.confirmed;
    // Nobody enrolled on 1970-01-01: that is the day of who has none.
    if (from == Day{}) return Standing::undated;
    const Day before =
        start == policy::StartRule::month_after_confirmation ? terms.first : terms.first_of_next;
    if (from >= before) return Standing::not_started;
    if (!member) return Standing::active;
    if (!member->is_alive) return Standing::deceased;
    if (rules_of(enrolment.programme).ends_at_18 && member->person->born <= terms.adult_until &&
        !(terms.policy.children_stay_while_in_school && member->person->in_full_time_school))
        return Standing::grown_up;
    return Standing::active;
}

std::optional<Programme> gives_way_to(const Case& of, const Enrolment& enrolment, const Member* member) {
    const Programmes active = member ? member->active : of.unit_active;
    const Programme programme = enrolment.programme;
    if (active == only(programme)) return std::nullopt;
    if (const Programmes set = active & blocked_by[static_cast<std::size_t>(programme)]) return first_in(set);
    if (const Programmes twin = active & twin_of(programme); twin && area_of(programme) != of.household->area)
        return first_in(twin);
    if (programme == Programme::disability_living && (active & only(Programme::unattended_child)) &&
        !(of.policy.unattended_gap_allows_living && member->dibao != Drawing::nothing &&
          of.policy.unattended_on_dibao != policy::UnattendedOnDibao::full_amount))
        return Programme::unattended_child;
    return std::nullopt;
}

void assess_household(Case& of, const Rows& rows) {
    const std::size_t first_award = of.out.awards.size();
    open_case(of, rows);
    for (const Enrolment& enrolment : rows.enrolments) assess_in_turn(of, enrolment);
    if (!of.terms.on_top.empty()) pay_on_top(of, first_award);
    order_awards(of.out.awards, first_award);
}

void assess_from(const registry::Snapshot& snapshot, const policy::CountyPolicy& policy, Assessment& out,
                 History* history, Month history_from) {
    check_pair(snapshot, policy);
    out.clear();
    const Terms terms{policy};
    Case of{.terms = terms, .policy = policy, .out = out, .history = history, .history_from = history_from};
    Walk walk{snapshot};
    while (const auto no = walk.next()) assess_household(of, walk.rows(*no));
}

void assess(const registry::Snapshot& snapshot, const policy::CountyPolicy& policy, Assessment& out,
            History* history) {
    assess_from(snapshot, policy, out, history, history_from(policy));
}

}  // namespace onecard::entitlement
