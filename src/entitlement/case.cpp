#include "case.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace onecard::entitlement {
namespace {

Day first_of(Month month) {
    const auto day = Day::of(month.year(), month.month(), 1);
    ensure(day.has_value(), "the month of a policy is no real month");
    return *day;
}

/// The latest day of birth of who has completed `years` on `day`. Where that year has no 29 February, the 28th: who
/// is born on 1 March has not completed them.
Day latest_birth(Day day, int years) {
    const Month month = day.month();
    const int year = month.year() - years;
    auto born = Day::of(year, month.month(), day.day_of_month());
    if (!born) born = Day::of(year, month.month(), 28);
    return born ? *born : Day::of_epoch_days(std::numeric_limits<std::int32_t>::min());
}

constexpr int years_of_majority = 18;

/// Of whom has completed so many years in the months that `stop` says, the latest day of birth.
Day grown_up(Month month, policy::StopRule stop) {
    const Month after = stop == policy::StopRule::month_after_event ? month : month.next();
    return latest_birth(first_of(after).plus_days(-1), years_of_majority);
}

Programmes of_kind(Kind kind) {
    Programmes set = 0;
    for (const ProgrammeText& row : programmes)
        if (row.kind == kind) set |= only(row.programme);
    return set;
}

}  // namespace

Terms::Terms(const policy::CountyPolicy& the_policy)
    : policy{the_policy},
      first{first_of(the_policy.month)},
      first_of_next{first_of(the_policy.month.next())},
      alive_from{the_policy.stop_on_death == policy::StopRule::month_after_event ? first : first_of_next},
      adult_until{latest_birth(first.plus_days(-1), years_of_majority)},
      elderly_until{latest_birth(first.plus_days(-1), the_policy.uplift_age_elderly)},
      aged_until{latest_birth(first.plus_days(-1), the_policy.uplift_age_aged)},
      grown_up_until{grown_up(the_policy.month, the_policy.stop_on_grown_up)},
      school_until{the_policy.children_in_school_until_age > 0
                       ? latest_birth(first.plus_days(-1), the_policy.children_in_school_until_age)
                       : Day::of_epoch_days(std::numeric_limits<std::int32_t>::min() / 2)},
      births{adult_until, elderly_until, aged_until, grown_up_until, school_until},
      apart{of_kind(Kind::dibao)},
      on_top{on_top_of(the_policy)} {
    const auto before = [this](Kind one, Kind other) {
        const auto place = [this](Kind kind) { return std::ranges::find(policy.precedence, kind); };
        return place(one) < place(other);
    };
    for (std::size_t i = 0; i < policy::overlaps.size(); ++i) {
        if (policy.overlap[i] != Overlap::exclusive) continue;
        Kind winner = policy::overlaps[i].kept;
        Kind loser = policy::overlaps[i].other;
        if (before(loser, winner)) std::swap(winner, loser);
        for (const ProgrammeText& row : programmes)
            if (row.kind == loser) blocked_by[static_cast<std::size_t>(row.programme)] |= of_kind(winner);
        if (loser == Kind::dibao) apart |= of_kind(winner);
    }
    if (policy.excluded_income_items.empty()) return;
    excluded_items = std::make_unique<typename decltype(excluded_items)::element_type>();
    for (const std::int16_t item : policy.excluded_income_items)
        if (item >= 0) excluded_items->set(static_cast<std::size_t>(item));
}

Member* Case::member(PersonNo person) {
    // Households are small and their members ordered: looking along them is quickest.
    for (Member& one : members)
        if (one.person->no == person) return &one;
    return nullptr;
}

void check_pair(const registry::Snapshot& snapshot, const policy::CountyPolicy& policy) {
    ensure(snapshot.month == policy.month && snapshot.county == policy.county,
           "facts and policy are not of the same county and month");
}

std::string place_in(const Case& of, std::string_view field) {
    return fmt::format("{}/{}/household {}/{}", of.policy.county.text(), of.policy.month.text(),
                       of.no.number(), field);
}

void refuse_award(Case& of, const Enrolment& enrolment, bool is_error, Fault fault, std::string_view field,
                  Said said) {
    of.out.refusals.push_back({.programme = enrolment.programme,
                               .household = enrolment.household,
                               .person = enrolment.person,
                               .is_error = is_error,
                               .why = {fault, place_in(of, field), std::move(said.english)},
                               .chinese = std::move(said.chinese)});
}

const policy::CountyPolicy::Value* require(Case& of, const Enrolment& enrolment, policy::Standard standard) {
    const auto& value = of.policy.standard(standard);
    if (value) return &*value;
    refuse_award(of, enrolment, true, Fault::missing, policy::key_of(standard),
                 {fmt::format("{} {} 没有公布 {}", of.policy.county.text(), of.policy.month.text(),
                              policy::key_of(standard)),
                  fmt::format("{} has no published {} in {}", of.policy.county.text(),
                              policy::key_of(standard), of.policy.month.text())});
    return nullptr;
}

std::optional<Payee> payee_of(Case& of, const Enrolment& enrolment, std::string_view field) {
    const bool is_whole = !enrolment.person;
    if (!is_whole && enrolment.setting == registry::Setting::central) {
        if (enrolment.institution)
            return Payee{registry::PayeeKind::institution, enrolment.institution.number()};
        refuse_award(of, enrolment, true, Fault::missing, field,
                     {"集中供养，但未指明机构", "in central setting, but no institution is named"});
        return std::nullopt;
    }
    PersonNo payee = enrolment.person;
    if (enrolment.payee)
        payee = enrolment.payee;
    else if (is_whole)
        payee = of.household->representative;
    if (!payee) {
        refuse_award(of, enrolment, true, Fault::missing, field,
                     {"未指明收款人", "nobody is named who is to be paid"});
        return std::nullopt;
    }
    // Another's money is not sent to an account of the dead; a payee from outside the household cannot be seen here.
    if (payee != enrolment.person) {
        if (const Member* member = of.member(payee); member && !member->is_alive) {
            refuse_award(
                of, enrolment, true, Fault::conflict, field,
                {fmt::format("收款人（人员 {}）已于 {} 死亡", payee.number(), member->person->died.text()),
                 fmt::format("person {}, who is to be paid, died on {}", payee.number(),
                             member->person->died.text())});
            return std::nullopt;
        }
    }
    return Payee{registry::PayeeKind::person, payee.number()};
}

void award_to(Case& of, const Enrolment& enrolment, Component component, PersonNo person, Payee payee,
              Money amount) {
    const bool is_household = text_of(enrolment.programme).subject == Subject::household;
    std::int64_t beneficiary = person.number();
    if (is_household) beneficiary = person ? -person.number() : enrolment.household.number();
    of.out.awards.push_back({.programme = enrolment.programme,
                             .component = component,
                             .benefit_month = of.policy.month,
                             .beneficiary = beneficiary,
                             .household = enrolment.household,
                             .person = person,
                             .payee_kind = payee.kind,
                             .payee = payee.no,
                             .village = of.household->village,
                             .amount = amount});
}

void award(Case& of, const Enrolment& enrolment, Component component, Money amount, std::string_view field) {
    const auto payee = payee_of(of, enrolment, field);
    if (!payee) return;
    award_to(of, enrolment, component, enrolment.person, *payee, amount);
}

void award_standard(Case& of, const Enrolment& enrolment, Component component, policy::Standard standard) {
    const auto* value = require(of, enrolment, standard);
    if (!value) return;
    if (Steps* steps = of.steps_for(component))
        say_value(*steps, policy::key_of(standard), value->amount, value->source);
    award(of, enrolment, component, value->amount, policy::key_of(standard));
}

void award_standard_to(Case& of, const Enrolment& enrolment, Component component, policy::Standard standard,
                       Payee payee) {
    const auto* value = require(of, enrolment, standard);
    if (!value) return;
    if (Steps* steps = of.steps_for(component))
        say_value(*steps, policy::key_of(standard), value->amount, value->source);
    award_to(of, enrolment, component, enrolment.person, payee, value->amount);
}

void say_value(Steps& steps, std::string_view key, Money amount, const policy::Source* source) {
    const std::string_view document = source ? std::string_view{source->document} : "?";
    const std::string_view note = source ? std::string_view{source->note} : "";
    steps.say(
        fmt::format("标准 {} = {} 元/月（《{}》，{}）", key, amount.grouped_yuan(), document, note),
        fmt::format("standard {} = {} yuan a month ({}; {})", key, amount.grouped_yuan(), document, note));
}

}  // namespace onecard::entitlement
