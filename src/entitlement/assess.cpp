#include "onecard/entitlement/assess.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <tuple>

#include "case.hpp"

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

/// Dibao stands before a household's other programmes, so that these know what it came to.
void assess_in_turn(Case& of, const Enrolment& enrolment) {
    const std::size_t refused_before = of.out.refusals.size();
    assess_one(of, enrolment);
    if (of.out.refusals.size() > refused_before && kind_of(enrolment.programme) == Kind::dibao &&
        of.out.refusals.back().is_error)
        mark_undetermined(of, enrolment);
}

/// Fills in who the household is: its members, what each holds, who is counted apart.
void open_case(Case& of, HouseholdNo no, const registry::Household* household,
               std::span<const registry::Person> persons, std::span<const registry::IncomeItem> incomes,
               std::span<const Enrolment> enrolments) {
    of.no = no;
    of.household = household;
    of.incomes = incomes;
    of.unit_active = 0;
    of.members.clear();
    for (const registry::Person& person : persons)
        of.members.push_back(
            {.person = &person, .is_alive = !person.is_deceased() || person.died >= of.terms.alive_from});
    auto member = of.members.begin();
    for (const Enrolment& enrolment : enrolments) {
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

/// Members who are each paid dibao stand before their other awards.
void order_awards(std::vector<Award>& awards, std::size_t from) {
    const auto key = [](const Award& one) { return std::tuple{one.person, one.programme, one.component}; };
    const auto begin = awards.begin() + static_cast<std::ptrdiff_t>(from);
    if (!std::ranges::is_sorted(begin, awards.end(), {}, key))
        std::ranges::sort(begin, awards.end(), {}, key);
}

/// The rows of `rows` from `position` that belong to `household`; `position` moves behind them.
template <class Row, class Number>
std::span<const Row> take(const std::vector<Row>& rows, std::size_t& position, HouseholdNo household,
                          Number number) {
    while (position < rows.size() && number(rows[position]) < household) ++position;
    const std::size_t first = position;
    while (position < rows.size() && number(rows[position]) == household) ++position;
    return std::span{rows}.subspan(first, position - first);
}

constexpr auto own_number = [](const registry::Household& row) { return row.no; };
constexpr auto household_of = [](const auto& row) { return row.household; };

struct Positions {
    std::size_t household = 0;
    std::size_t person = 0;
    std::size_t income = 0;
    std::size_t enrolment = 0;
};

/// Where a household's rows begin.
Positions positions_of(const registry::Snapshot& snapshot, HouseholdNo no) {
    const auto first = [no](const auto& rows, auto number) {
        return static_cast<std::size_t>(std::ranges::lower_bound(rows, no, {}, number) - rows.begin());
    };
    return {.household = first(snapshot.households, own_number),
            .person = first(snapshot.persons, household_of),
            .income = first(snapshot.incomes, household_of),
            .enrolment = first(snapshot.enrolments, household_of)};
}

std::span<const Enrolment> next_case(Case& of, const registry::Snapshot& snapshot, HouseholdNo no,
                                     Positions& at) {
    const auto households = take(snapshot.households, at.household, no, own_number);
    const auto persons = take(snapshot.persons, at.person, no, household_of);
    const auto incomes = take(snapshot.incomes, at.income, no, household_of);
    const auto enrolments = take(snapshot.enrolments, at.enrolment, no, household_of);
    open_case(of, no, households.empty() ? nullptr : &households.front(), persons, incomes, enrolments);
    return enrolments;
}

/// Who the facts say the household is; only the person's own where one person is asked about.
void say_facts(const Case& of, Steps& steps, PersonNo person) {
    if (of.household)
        steps.say(fmt::format("户主人员 {}，{}", of.household->representative.number(),
                              of.household->area == registry::Area::urban ? "城市" : "农村"),
                  fmt::format("representative: person {}, {}", of.household->representative.number(),
                              of.household->area == registry::Area::urban ? "urban" : "rural"));
    for (const Member& member : of.members) {
        const registry::Person& one = *member.person;
        if (person && one.no != person) continue;
        std::string chinese = fmt::format("人员 {}：{} 出生", one.no.number(), one.born.text());
        std::string english = fmt::format("person {}: born on {}", one.no.number(), one.born.text());
        const auto add = [&](bool holds, const std::string& in_chinese, const std::string& in_english) {
            if (!holds) return;
            chinese += "，" + in_chinese;
            english += ", " + in_english;
        };
        add(one.is_deceased(), fmt::format("{} 死亡", one.died.text()),
            fmt::format("died on {}", one.died.text()));
        add(one.disability_level != 0, fmt::format("残疾 {} 级", one.disability_level),
            fmt::format("disability level {}", one.disability_level));
        add(one.seriously_ill, "重病", "seriously ill");
        add(one.in_full_time_school, "全日制在校", "in full-time school");
        add(member.is_apart && !person, "另行救助，不计入本户低保",
            "counted apart from the household's dibao");
        steps.say(std::move(chinese), std::move(english));
    }
}

void say_decision(const Case& of, Steps& steps, const Enrolment& enrolment) {
    static constexpr std::array rules{"the month after confirmation", "the month of confirmation",
                                      "the month of application"};
    static constexpr std::array rules_chinese{"确认次月起发", "确认当月起发", "申请当月起发"};
    const auto rule = static_cast<std::size_t>(of.policy.start_of(enrolment.programme));
    const auto day = [](Day one) { return one == Day{} ? std::string{"-"} : one.text(); };
    steps.say(fmt::format("{} 申请，{} 确认，{}", day(enrolment.applied), day(enrolment.confirmed),
                          rules_chinese[rule]),
              fmt::format("applied on {}, confirmed on {}, paid from {}", day(enrolment.applied),
                          day(enrolment.confirmed), rules[rule]));
}

/// Which programme, month and household this is about, and who the facts say the household is.
void say_heading(const Case& of, Steps& steps, Programme programme, PersonNo person) {
    steps.say(
        fmt::format("{}（{}），{}，{}年{}月，户 {}{}", text_of(programme).chinese, text_of(programme).code,
                    of.policy.county.text(), of.policy.month.year(), of.policy.month.month(), of.no.number(),
                    person ? fmt::format("，人员 {}", person.number()) : ""),
        fmt::format("{} ({}), {}, {}, household {}{}", text_of(programme).english, text_of(programme).code,
                    of.policy.county.text(), of.policy.month.text(), of.no.number(),
                    person ? fmt::format(", person {}", person.number()) : ""));
    say_facts(of, steps, person);
}

/// The award that was asked for, or why there is none.
Result<Explanation> told(Case& of, Steps& steps, Programme programme, std::int64_t beneficiary,
                         std::size_t refused_before) {
    const auto found = std::ranges::find_if(of.out.awards, [&](const Award& one) {
        return one.programme == programme && one.component == steps.component &&
               one.beneficiary == beneficiary;
    });
    if (found == of.out.awards.end()) {
        if (of.out.refusals.size() > refused_before) return std::unexpected{of.out.refusals.back().why};
        return refuse(Fault::unknown, "this programme has no such component for this beneficiary",
                      place_in(of, text_of(programme).code));
    }
    const std::string_view payee =
        found->payee_kind == registry::PayeeKind::person ? "person" : "institution";
    const std::string_view payee_chinese = found->payee_kind == registry::PayeeKind::person ? "人员" : "机构";
    steps.say(
        fmt::format("应发 {} 元，收款：{} {}", found->amount.grouped_yuan(), payee_chinese, found->payee),
        fmt::format("owed {} yuan, paid to {} {}", found->amount.grouped_yuan(), payee, found->payee));
    return Explanation{.lines = std::move(steps.lines),
                       .amount = found->amount,
                       .payee_kind = found->payee_kind,
                       .payee = found->payee};
}

void check_pair(const registry::Snapshot& snapshot, const policy::CountyPolicy& policy) {
    ensure(snapshot.month == policy.month && snapshot.county == policy.county,
           "facts and policy are not of the same county and month");
}

}  // namespace

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

namespace {
void assess_from(const registry::Snapshot& snapshot, const policy::CountyPolicy& policy, Assessment& out,
                 History* history, Month history_from) {
    check_pair(snapshot, policy);
    out.clear();
    const Terms terms{policy};
    Case of{.terms = terms, .policy = policy, .out = out, .history = history, .history_from = history_from};
    Positions at;
    while (at.enrolment < snapshot.enrolments.size()) {
        const std::size_t first_award = out.awards.size();
        for (const Enrolment& enrolment :
             next_case(of, snapshot, snapshot.enrolments[at.enrolment].household, at))
            assess_in_turn(of, enrolment);
        if (!terms.on_top.empty()) pay_on_top(of, first_award);
        order_awards(out.awards, first_award);
    }
}
}  // namespace

void assess(const registry::Snapshot& snapshot, const policy::CountyPolicy& policy, Assessment& out,
            History* history) {
    assess_from(snapshot, policy, out, history, policy.month.plus_months(-policy.grace_months));
}

struct History::Impl {
    const registry::Register& all;
    ImportNo known_at;
    PolicyAt policy_at;
    Month from = Month::open_end();  ///< how far back the months below have looked
    std::map<Month, Assessment> months;
};

History::History(const registry::Register& all, ImportNo known_at, PolicyAt policy_at)
    : impl_{std::make_unique<Impl>(
          Impl{.all = all, .known_at = known_at, .policy_at = std::move(policy_at)})} {}
History::~History() = default;

const Assessment& History::month(Month month, Month from) {
    if (from < impl_->from) {
        impl_->months.clear();
        impl_->from = from;
    }
    if (const auto found = impl_->months.find(month); found != impl_->months.end()) return found->second;
    Assessment assessed;
    if (const auto policy = impl_->policy_at(month)) {
        registry::Snapshot snapshot;
        registry::take_snapshot(impl_->all, month, impl_->known_at, snapshot);
        assess_from(snapshot, *policy, assessed, month > from ? this : nullptr, from);
    }
    // Asking about the months before may have begun anew: only now there is a place for this one.
    return impl_->months.insert_or_assign(month, std::move(assessed)).first->second;
}

Result<Explanation> explain(const registry::Snapshot& snapshot, const policy::CountyPolicy& policy,
                            Programme programme, Component component, std::int64_t beneficiary,
                            Language language, HouseholdNo hint, History* history) {
    check_pair(snapshot, policy);
    const bool is_household = text_of(programme).subject == Subject::household && beneficiary > 0;
    const PersonNo person{is_household ? 0 : beneficiary < 0 ? -beneficiary : beneficiary};
    HouseholdNo no = is_household ? HouseholdNo{beneficiary} : hint;
    if (!no) {
        const auto found = std::ranges::find(snapshot.persons, person, &registry::Person::no);
        if (found != snapshot.persons.end()) no = found->household;
    }
    Assessment out;
    const Terms terms{policy};
    Case of{.terms = terms,
            .policy = policy,
            .out = out,
            .history = history,
            .history_from = policy.month.plus_months(-policy.grace_months)};
    Steps steps{.language = language, .component = component, .lines = {}};
    Positions at = positions_of(snapshot, no);
    const auto enrolments = next_case(of, snapshot, no, at);
    const auto holds = [&](PersonNo of_person) {
        return std::ranges::any_of(enrolments, [&](const Enrolment& one) {
            return one.programme == programme && one.person == of_person;
        });
    };
    if (text_of(programme).is_on_top) {
        for (const Enrolment& enrolment : enrolments) assess_in_turn(of, enrolment);
        say_heading(of, steps, programme, person);
        of.steps = &steps;
        pay_on_top(of, 0, person);
        return told(of, steps, programme, beneficiary, 0);
    }
    // Where each member is paid, the enrolment is the household's.
    const PersonNo enrolled =
        person && !holds(person) && text_of(programme).subject == Subject::household ? PersonNo{} : person;
    if (!holds(enrolled))
        return refuse(
            Fault::unknown,
            fmt::format("no enrolment in {} of {} {}", text_of(programme).code,
                        is_household ? "household" : "person", is_household ? beneficiary : person.number()),
            fmt::format("{}/{}", policy.county.text(), policy.month.text()));
    say_heading(of, steps, programme, person);
    for (const Enrolment& enrolment : enrolments) {
        const bool is_asked = enrolment.programme == programme && enrolment.person == enrolled;
        of.steps = is_asked ? &steps : nullptr;
        if (is_asked) say_decision(of, steps, enrolment);
        const std::size_t refused_before = out.refusals.size();
        assess_in_turn(of, enrolment);
        if (!is_asked) continue;
        return told(of, steps, programme, beneficiary, refused_before);
    }
    broken("an enrolment was found and lost");
}

}  // namespace onecard::entitlement
