#include "onecard/entitlement/assess.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

#include "case.hpp"
#include "onecard/registry/income_items.hpp"
#include "walk.hpp"

namespace onecard::entitlement {
namespace {

using Rules = void (*)(Case& of, const Enrolment& enrolment, Member* member);

// By number of the programme.
constexpr std::array<Rules, programmes.size()> rules_by_number{
#define PROGRAMME(number, name, code, chinese, english, summary, function_code, subject, kind, area, start, \
                  function)                                                                                 \
    function,
#include "onecard/core/programmes.inc"
#undef PROGRAMME
};
Rules rules_of(Programme programme) { return rules_by_number[static_cast<std::size_t>(programme) - 1]; }

/// The same kind in the other area, if there is one.
constexpr Programmes twin_of(Programme programme) {
    if (text_of(programme).area == ProgrammeArea::any) return 0;
    for (const ProgrammeText& other : programmes)
        if (other.programme != programme && other.kind == kind_of(programme)) return only(other.programme);
    return 0;
}

constexpr registry::Area area_of(Programme programme) {
    return text_of(programme).area == ProgrammeArea::urban ? registry::Area::urban : registry::Area::rural;
}

std::optional<Programme> first_in(Programmes set) {
    for (const ProgrammeText& row : programmes)
        if (set & only(row.programme)) return row.programme;
    return std::nullopt;
}

constexpr std::array<Said (*)(const std::string&), policy::end_events.size()> ends{
    [](const std::string& on) { return Said{"于 " + on + " 决定退出", "ended by decision on " + on}; },
    [](const std::string& on) { return Said{"于 " + on + " 查找到父母", "a parent was found on " + on}; },
    [](const std::string& on) { return Said{"于 " + on + " 迁出", "moved away on " + on}; },
    [](const std::string& on) { return Said{"于 " + on + " 失踪", "missing since " + on}; },
    [](const std::string& on) { return Said{"于 " + on + " 服刑", "in custody since " + on}; },
    [](const std::string& on) { return Said{"于 " + on + " 本人申请退出", "ended by own request on " + on}; },
    [](const std::string& on) { return Said{"于 " + on + " 查实骗取", "found to be fraud on " + on}; },
};

Said why_not(const Case& of, const Enrolment& enrolment, const Member* member, Standing standing) {
    const bool is_applied = of.policy.start_of(enrolment.programme) == StartRule::month_of_application;
    const std::string month = of.policy.month.text();
    switch (standing) {
        case Standing::undated:
            return is_applied ? Said{"没有申请日期", "has no day of application"}
                              : Said{"没有确认日期", "has no day of confirmation"};
        case Standing::not_started: {
            const std::string on = (is_applied ? enrolment.applied : enrolment.confirmed).text();
            return {
                fmt::format("{} {}，{} 尚未起发", on, is_applied ? "申请" : "确认", month),
                fmt::format("{} on {}: not paid yet in {}", is_applied ? "applied" : "confirmed", on, month)};
        }
        case Standing::ended: {
            const auto reason = static_cast<std::size_t>(enrolment.end_reason);
            ensure(reason < ends.size(), "an enrolment ended for no known reason");
            return ends[reason](enrolment.ended.text());
        }
        case Standing::deceased: {
            const std::string died = member->person->died.text();
            return {fmt::format("已于 {} 死亡", died), fmt::format("died on {}", died)};
        }
        case Standing::grown_up: {
            const std::string born = member->person->born.text();
            return {fmt::format("{} 出生，{} 前已满 18 周岁", born, month),
                    fmt::format("born on {}, 18 before {}", born, month)};
        }
        case Standing::active: break;
    }
    broken("an active enrolment has no reason against it");
}

std::string_view code_of(const Enrolment& enrolment) { return text_of(enrolment.programme).code; }

/// Dates that contradict each other: nobody is paid by them, nor refused without saying so.
std::optional<Said> contradiction(const Enrolment& enrolment, const Member* member, const Terms& terms) {
    const auto said = [](std::string_view chinese, std::string_view english, Day one, Day other) {
        return Said{fmt::format(fmt::runtime(chinese), one.text(), other.text()),
                    fmt::format(fmt::runtime(english), one.text(), other.text())};
    };
    if (enrolment.applied != Day{} && enrolment.confirmed != Day{} && enrolment.confirmed < enrolment.applied)
        return said("{} 确认，早于 {} 申请", "confirmed on {}, before it was applied for on {}",
                    enrolment.confirmed, enrolment.applied);
    if (enrolment.has_ended() && enrolment.ended < enrolment.confirmed)
        return said("{} 终止，早于 {} 确认", "ended on {}, before it was confirmed on {}", enrolment.ended,
                    enrolment.confirmed);
    if (!member) return std::nullopt;
    const registry::Person& person = *member->person;
    if (person.is_deceased() && person.died < person.born)
        return said("{} 死亡，早于 {} 出生", "died on {}, before being born on {}", person.died, person.born);
    if (person.born >= terms.first_of_next)
        return said("{} 出生，晚于 {}", "born on {}, after {}", person.born,
                    terms.first_of_next.plus_days(-1));
    return std::nullopt;
}

Said excluded(const Case& of, const Enrolment& enrolment, const Member* member, Programme winner) {
    const OverlapRow* row = policy::overlap_row(kind_of(winner), kind_of(enrolment.programme));
    const auto who = [&](std::string_view person, std::string_view household) {
        return member ? fmt::format("{} {}", person, enrolment.person.number()) : std::string{household};
    };
    const auto& first = text_of(winner);
    const auto& second = text_of(enrolment.programme);
    const std::string month = of.policy.month.text();
    return {fmt::format("{}同时认定为{}和{}，{} 不得重复享受：保留{}（{}）", who("人员", "本户"),
                        first.chinese, second.chinese, month, first.chinese, row ? row->basis : "按户籍城乡"),
            fmt::format("{} is enrolled in {} and in {}, which exclude each other in {}: {} goes first ({})",
                        who("person", "the household"), first.code, second.code, month, first.code,
                        row ? row->basis : "the household's area")};
}

/// What another office pays to the person that excludes the programme, or null.
const registry::IncomeItem* excluded_elsewhere(const Case& of, const Enrolment& enrolment,
                                               const Member& member) {
    for (std::size_t i = 0; i < policy::elsewhere_overlaps.size(); ++i) {
        const policy::ElsewhereRow& row = policy::elsewhere_overlaps[i];
        const auto* item = member.elsewhere[static_cast<std::size_t>(row.elsewhere)];
        if (item && row.kind == kind_of(enrolment.programme) && of.policy.elsewhere[i] == Overlap::exclusive)
            return item;
    }
    return nullptr;
}

/// One enrolment: the checks that all programmes share, then its own rules.
void assess_one(Case& of, const Enrolment& enrolment) {
    if (!of.household)
        return refuse_award(of, enrolment, true, Fault::unknown, "household",
                            {"登记中没有该户", "the register has no such household"});
    Member* member = nullptr;
    if (enrolment.person) {
        member = of.member(enrolment.person);
        if (!member)
            return refuse_award(
                of, enrolment, true, Fault::unknown, code_of(enrolment),
                {fmt::format("人员 {} 不在本户", enrolment.person.number()),
                 fmt::format("person {} is not in this household", enrolment.person.number())});
    } else if (text_of(enrolment.programme).subject == Subject::person) {
        return refuse_award(
            of, enrolment, true, Fault::missing, code_of(enrolment),
            {"该项目按人发放，但未指明人员", "is a programme for persons, but the enrolment names none"});
    }
    if (auto said = contradiction(enrolment, member, of.terms))
        return refuse_award(of, enrolment, true, Fault::conflict, code_of(enrolment), std::move(*said));
    const Standing standing = standing_of(of.terms, enrolment, member);
    if (standing != Standing::active)
        return refuse_award(of, enrolment, standing == Standing::undated,
                            standing == Standing::undated ? Fault::missing : Fault::out_of_range,
                            code_of(enrolment), why_not(of, enrolment, member, standing));
    if (const auto winner = gives_way_to(of, enrolment, member))
        return refuse_award(of, enrolment, true, Fault::conflict, code_of(enrolment),
                            excluded(of, enrolment, member, *winner));
    if (member && member->has_elsewhere)
        if (const auto* item = excluded_elsewhere(of, enrolment, *member)) {
            const auto& text = *registry::register_item_of(item->item);
            return refuse_award(of, enrolment, true, Fault::conflict, code_of(enrolment),
                                {fmt::format("人员 {} 已享受{}（项目 {}），不得同时享受",
                                             enrolment.person.number(), text.chinese, item->item),
                                 fmt::format("person {} draws the {} (item {}), which excludes it",
                                             enrolment.person.number(), text.english, item->item)});
        }
    rules_of(enrolment.programme)(of, enrolment, member);
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
    of.has_unpaid = false;
    of.members.clear();
    for (const registry::Person& person : rows.persons)
        of.members.push_back(
            {.person = &person, .is_alive = !person.is_deceased() || person.died >= of.terms.alive_from});
    for (const registry::IncomeItem& item : rows.incomes) {
        if (item.item < registry::first_elsewhere_item) continue;
        const auto which = static_cast<std::size_t>(item.item - registry::first_elsewhere_item);
        Member* who = which < policy::elsewhere_count ? of.member(item.person) : nullptr;
        if (!who) continue;
        who->elsewhere[which] = &item;
        who->has_elsewhere = true;
    }
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
        member->is_apart |= (of.terms.apart & only(enrolment.programme)) != 0;
    }
}

Standing standing_of(const Terms& terms, const Enrolment& enrolment, const Member* member) {
    const policy::StartRule start = terms.policy.start_of(enrolment.programme);
    const bool is_applied = start == policy::StartRule::month_of_application;
    const Day from = is_applied ? enrolment.applied : enrolment.confirmed;
    // Nobody enrolled on 1970-01-01: that is the day of who has none.
    if (from == Day{}) return Standing::undated;
    const Day before =
        start == policy::StartRule::month_after_confirmation ? terms.first : terms.first_of_next;
    if (from >= before) return Standing::not_started;
    if (enrolment.has_ended()) {
        const policy::StopRule stop =
            terms.policy.stop_on_end[static_cast<std::size_t>(enrolment.end_reason)];
        if (enrolment.ended <
            (stop == policy::StopRule::month_after_event ? terms.first : terms.first_of_next))
            return Standing::ended;
    }
    if (!member) return Standing::active;
    if (!member->is_alive) return Standing::deceased;
    if (text_of(enrolment.programme).is_for_children && member->person->born <= terms.grown_up_until &&
        !(terms.policy.children_stay_while_in_school && member->person->in_full_time_school &&
          member->person->born > terms.school_until))
        return Standing::grown_up;
    return Standing::active;
}

std::optional<Programme> gives_way_to(const Case& of, const Enrolment& enrolment, const Member* member) {
    Programmes active = member ? member->active : of.unit_active;
    const Programme programme = enrolment.programme;
    // Who is counted in the household's dibao draws it.
    if (member && !member->is_apart) active |= of.unit_active;
    if (active == only(programme)) return std::nullopt;
    if (const Programmes set = active & of.terms.blocked_by[static_cast<std::size_t>(programme)])
        return first_in(set);
    if (const Programmes twin = active & twin_of(programme); twin && area_of(programme) != of.household->area)
        return first_in(twin);
    if (programme == Programme::disability_living && (active & only(Programme::unattended_child)) &&
        of.policy.overlap_of(Kind::unattended, Kind::living) == Overlap::by_policy &&
        !(of.policy.unattended_gap_allows_living && member->dibao != Drawing::nothing && pays_gap(of.policy)))
        return Programme::unattended_child;
    return std::nullopt;
}

void assess_household(Case& of, const Rows& rows) {
    const std::size_t first_award = of.out.awards.size();
    open_case(of, rows);
    for (const Enrolment& enrolment : rows.enrolments) assess_in_turn(of, enrolment);
    if (!of.terms.on_top.empty()) pay_on_top(of, first_award);
    forget_unpaid(of, first_award);
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
