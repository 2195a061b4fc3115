#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "case.hpp"
#include "walk.hpp"

/// How one award came about, in words.
namespace onecard::entitlement {
namespace {

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
        if (of.out.refusals.size() > refused_before) {
            const Refusal& refusal = of.out.refusals.back();
            return refuse(refusal.why.fault,
                          steps.language == Language::chinese ? refusal.chinese : refusal.why.text,
                          refusal.why.place);
        }
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

}  // namespace

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
            .history_from = history_from(policy)};
    Steps steps{.language = language, .component = component, .lines = {}};
    const Rows rows = Walk{snapshot, no}.rows(no);
    open_case(of, rows);
    const auto& enrolments = rows.enrolments;
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
