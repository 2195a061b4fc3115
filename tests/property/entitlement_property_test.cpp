#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <optional>
#include <tuple>
#include <vector>

#include "onecard/entitlement/assess.hpp"
#include "support/entitlement_reference.hpp"
#include "support/random_cases.hpp"

/// The engine against the independent reference, over one to six months. Whatever differs is shown with the number of
/// its round.
namespace onecard::entitlement {
namespace {

/// What the rounds came across: a test that never met a case has not tested it.
struct Met {
    std::size_t awards = 0;
    std::size_t in_grace = 0;
    std::map<std::pair<registry::GraceReason, bool>, int>
        grace;                                       ///< by reason, and whether in its last month
    std::map<std::pair<Programme, bool>, int> seen;  ///< paid or refused
    std::map<Component, int> components;

    void count(const Assessment& out, const registry::Snapshot& facts, const policy::CountyPolicy& policy) {
        awards += out.awards.size();
        for (const Award& award : out.awards) {
            ++seen[{award.programme, true}];
            ++components[award.component];
            if (award.grace_month == 0) continue;
            ++in_grace;
            for (const registry::Enrolment& one : facts.enrolments)
                if (one.household == award.household && one.programme == award.programme &&
                    (one.person == award.person || !one.person)) {
                    const auto& by_reason =
                        policy.grace_months_by_reason[static_cast<std::size_t>(one.grace_reason)];
                    ++grace[{one.grace_reason, award.grace_month == by_reason.value_or(policy.grace_months)}];
                    break;
                }
        }
        for (const Refusal& refusal : out.refusals) ++seen[{refusal.programme, false}];
    }
};

TEST(Entitlement, AgreesWithAnIndependentReferenceOnRandomHouseholdsPoliciesAndMonths) {
    constexpr int rounds = 25'000;
    constexpr int households_each = 5;
    Met met;
    Assessment out;
    registry::Snapshot facts;
    for (int round = 0; round < rounds; ++round) {
        Chance chance{static_cast<std::uint64_t>(round)};
        const auto last_policy = random_policy(chance);
        const auto last_facts = random_facts(chance, last_policy, households_each);
        const int months = chance.one_in(2) ? 1 : static_cast<int>(chance.between(2, 6));
        const registry::Register all = told_over(chance, last_facts, months);
        // The rules of a month may be others than those of the month before.
        std::map<Month, policy::CountyPolicy> policies;
        for (int back = 0; back < months; ++back) {
            const Month month = last_policy.month.plus_months(-back);
            policies[month] = back > 0 && chance.one_in(6) ? random_policy(chance)
                              : policies.empty()           ? last_policy
                                                           : policies.begin()->second;
            policies[month].month = month;
        }
        const auto policy_at = [&](Month month) -> std::optional<policy::CountyPolicy> {
            const auto found = policies.find(month);
            return found == policies.end() ? std::nullopt : std::optional{found->second};
        };
        History history{all, ImportNo{2}, policy_at};
        Expected last;
        for (const auto& [month, policy] : policies) {
            registry::take_snapshot(all, month, ImportNo{2}, facts);
            assess(facts, policy, out, &history);
            Expected expected = Reference{facts, policy, last}.take();
            const Expected found = as_expected(out);
            ASSERT_EQ(found.awards.size(), out.awards.size()) << "round " << round;
            ASSERT_TRUE(expected == found)
                << "round " << round << " " << month.text() << " of " << months << " months\n"
                << differences(expected, found);
            ASSERT_TRUE(std::ranges::is_sorted(out.awards, {},
                                               [](const Award& one) {
                                                   return std::tuple{one.household, one.person, one.programme,
                                                                     one.component};
                                               }))
                << "round " << round;
            for (const Award& award : out.awards) ASSERT_GT(award.amount, Money{});
            met.count(out, facts, policy);
            last = std::move(expected);
        }
    }
    EXPECT_GT(met.awards, 250'000U);
    EXPECT_GT(met.in_grace, 4'000U);
    for (const auto reason : {registry::GraceReason::none_given, registry::GraceReason::pension,
                              registry::GraceReason::employed, registry::GraceReason::graduate,
                              registry::GraceReason::placed, registry::GraceReason::disabled_placed})
        for (const bool is_last_month : {true, false})
            EXPECT_GT((met.grace[{reason, is_last_month}]), 100)
                << static_cast<int>(reason) << (is_last_month ? " in its last month" : "");
    for (const ComponentText& row : components)
        EXPECT_GT(met.components[row.component], 1'000) << row.english;
    for (const ProgrammeText& row : programmes)
        for (const bool is_paid : {true, false}) {
            if (row.programme == Programme::low_margin && is_paid) {
                EXPECT_EQ((met.seen[{row.programme, true}]), 0) << "is owed nothing for being it";
                continue;
            }
            EXPECT_GT((met.seen[{row.programme, is_paid}]), row.is_on_top && !is_paid ? -1 : 1'000)
                << row.code << (is_paid ? " paid" : " refused");
        }
}

TEST(Entitlement, EveryAwardIsExplainedWithItsOwnAmount) {
    Assessment out;
    registry::Snapshot facts;
    std::size_t in_grace = 0;
    for (int round = 0; round < 300; ++round) {
        Chance chance{static_cast<std::uint64_t>(round)};
        const auto policy = random_policy(chance);
        const registry::Register all = told_over(chance, random_facts(chance, policy, 5), 3);
        History history{all, ImportNo{2}, [&](Month month) -> std::optional<policy::CountyPolicy> {
                            if (month < policy.month.plus_months(-2)) return std::nullopt;
                            auto same = policy;
                            same.month = month;
                            return same;
                        }};
        registry::take_snapshot(all, policy.month, ImportNo{2}, facts);
        assess(facts, policy, out, &history);
        for (const Award& award : out.awards) {
            const auto why =
                explain(facts, policy, award.programme, award.component, award.beneficiary,
                        round % 2 == 0 ? Language::english : Language::chinese, award.household, &history);
            ASSERT_TRUE(why) << why.error().message();
            ASSERT_EQ(why->amount, award.amount) << "round " << round;
            in_grace += award.grace_month > 0 ? 1 : 0;
        }
    }
    EXPECT_GT(in_grace, 10U);
}

}  // namespace
}  // namespace onecard::entitlement
