#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "onecard/entitlement/assess.hpp"
#include "onecard/policy/book.hpp"
#include "onecard/registry/facts.hpp"

/// One household in one month, told in the words of the rules.
namespace onecard::entitlement::story {

inline Day day(std::string_view text) { return Day::parse(text).value(); }
inline Month month(std::string_view text) { return Month::parse(text).value(); }
inline Money yuan(std::string_view text) { return Money::parse_yuan(text).value(); }

/// The household is number 12; persons have the numbers that the test gives them.
class Story {
public:
    explicit Story(policy::CountyPolicy policy) : policy_{std::move(policy)} {
        facts_.county = policy_.county;
        facts_.month = policy_.month;
        facts_.households.push_back({.no = HouseholdNo{12},
                                     .area = registry::Area::rural,
                                     .village = 370212004201,
                                     .representative = PersonNo{1}});
    }

    policy::CountyPolicy& rules() { return policy_; }
    registry::Snapshot& facts() { return facts_; }
    registry::Household& household() { return facts_.households.front(); }

    registry::Person& person(std::int64_t no, std::string_view born = "1980-06-15") {
        return facts_.persons.emplace_back(
            registry::Person{.no = PersonNo{no}, .household = HouseholdNo{12}, .born = day(born)});
    }
    Story& income(std::int64_t person, std::int16_t item, std::string_view amount) {
        facts_.incomes.push_back({.household = HouseholdNo{12},
                                  .person = PersonNo{person},
                                  .item = item,
                                  .recorded = {},
                                  .monthly = yuan(amount)});
        return *this;
    }
    /// Long since applied for and confirmed. Person 0: the whole household.
    registry::Enrolment& enrol(std::int64_t person, Programme programme) {
        return facts_.enrolments.emplace_back(registry::Enrolment{.household = HouseholdNo{12},
                                                                  .person = PersonNo{person},
                                                                  .programme = programme,
                                                                  .applied = day("2019-02-01"),
                                                                  .confirmed = day("2019-03-01")});
    }

    const Assessment& assessed() {
        const auto by = [](auto key) {
            return [key](const auto& a, const auto& b) { return key(a) < key(b); };
        };
        std::ranges::sort(facts_.persons, by([](const auto& one) { return one.no; }));
        std::ranges::sort(facts_.incomes,
                          by([](const auto& one) { return std::pair{one.person, one.item}; }));
        std::ranges::sort(facts_.enrolments,
                          by([](const auto& one) { return std::pair{one.person, one.programme}; }));
        assess(facts_, policy_, out_);
        return out_;
    }

    /// The amount of a component in fen; 0 when there is no award. Person 0: of the household.
    std::int64_t fen(std::int64_t person, Programme programme, Component component = Component::basic) {
        assessed();
        for (const Award& award : out_.awards)
            if (award.person.number() == person && award.programme == programme &&
                award.component == component)
                return award.amount.fen();
        return 0;
    }
    /// The refusal of an enrolment, null when there is none.
    const Refusal* refusal(std::int64_t person, Programme programme) {
        assessed();
        for (const Refusal& refusal : out_.refusals)
            if (refusal.person.number() == person && refusal.programme == programme) return &refusal;
        return nullptr;
    }

private:
    policy::CountyPolicy policy_;
    registry::Snapshot facts_;
    Assessment out_;
};

/// Round figures for rules that no published pack exercises.
inline policy::CountyPolicy plain_policy(std::string_view in = "2022-01") {
    static const policy::Source source{.document = "plain", .note = "test", .place = ""};
    policy::CountyPolicy policy;
    policy.county = County::of_number(370212);
    policy.month = month(in);
    std::int64_t amount = 100'000;
    for (auto& standard : policy.standards) {
        standard = policy::CountyPolicy::Value{.amount = Money::of_fen(amount), .source = &source};
        amount += 10'000;
    }
    return policy;
}

}  // namespace onecard::entitlement::story
