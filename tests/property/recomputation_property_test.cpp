#include <gtest/gtest.h>

#include <algorithm>

#include "onecard/entitlement/recomputation.hpp"
#include "support/random_cases.hpp"

/// A recomputation month by month against each month assessed by itself, on registers whose facts and policies change in
/// between: the same awards and refusals, to the byte.
namespace onecard::entitlement {
namespace {

/// A register in which rows hold for some of the months around the snapshot's, and some are painted over.
registry::Register around(Chance& chance, const registry::Snapshot& facts, std::int64_t share) {
    registry::Register all{.county = facts.county};
    const auto scatter = [&](const auto& rows, auto& into, auto change) {
        for (auto row : rows) {
            row.recorded = {.months = {.from = facts.month.plus_months(-40)}, .import = ImportNo{1}};
            into.push_back(row);
            if (!chance.one_in(share)) continue;
            row.recorded.months.from = facts.month.plus_months(static_cast<int>(chance.between(0, 11)));
            if (chance.one_in(2))
                row.recorded.months.to =
                    row.recorded.months.from.plus_months(static_cast<int>(chance.between(1, 6)));
            row.recorded.import = ImportNo{2};
            if (chance.one_in(4))
                row.recorded.absent = true;
            else
                change(row);
            into.push_back(row);
        }
    };
    scatter(facts.households, all.households, [&](auto& row) {
        row.area = row.area == registry::Area::urban ? registry::Area::rural : registry::Area::urban;
    });
    scatter(facts.persons, all.persons, [&](auto& row) {
        row.seriously_ill = !row.seriously_ill;
        if (chance.one_in(3)) row.household = HouseholdNo{row.household.number() + 3};
    });
    scatter(facts.incomes, all.incomes,
            [&](auto& row) { row.monthly = Money::of_fen(chance.between(0, 150'000)); });
    scatter(facts.enrolments, all.enrolments, [&](auto& row) {
        row.confirmed = row.confirmed.plus_days(static_cast<std::int32_t>(chance.between(0, 90)));
    });
    all.put_in_order();
    return all;
}

bool same(const Refusal& a, const Refusal& b) {
    return a.programme == b.programme && a.household == b.household && a.person == b.person &&
           a.is_error == b.is_error && a.why.message() == b.why.message();
}

TEST(Recomputation, GivesWhatEachMonthGivesByItself) {
    constexpr int rounds = 2'500;
    constexpr int months = 12;
    std::size_t taken_over = 0;
    std::size_t assessed = 0;
    for (int round = 0; round < rounds; ++round) {
        Chance chance{static_cast<std::uint64_t>(round)};
        auto policy = random_policy(chance);
        policy.grace_months = static_cast<std::int32_t>(chance.between(0, 6));
        auto changed = random_policy(chance);
        const registry::Register all = around(chance, random_facts(chance, policy, 6), chance.between(2, 30));
        const Month first = policy.month;
        const int changes_after = chance.one_in(2) ? static_cast<int>(chance.between(1, 11)) : months;
        const auto policy_at = [&](Month month) {
            auto in = month.months_since(first) < changes_after ? policy : changed;
            in.month = month;
            return in;
        };
        History history{all, ImportNo{2}, policy_at};
        Recomputation recomputation;
        registry::Snapshot facts;
        Assessment alone;
        for (int i = 0; i < months; ++i) {
            const auto in = policy_at(first.plus_months(i));
            registry::take_snapshot(all, in.month, ImportNo{2}, recomputation.next_facts());
            const Assessment& told = recomputation.assess(in, &history);
            registry::take_snapshot(all, in.month, ImportNo{2}, facts);
            assess(facts, in, alone, &history);
            ASSERT_EQ(told.awards.size(), alone.awards.size()) << "round " << round << " month " << i;
            ASSERT_TRUE(told.awards == alone.awards) << "round " << round << " month " << i;
            ASSERT_TRUE(std::ranges::equal(told.refusals, alone.refusals, same))
                << "round " << round << " month " << i;
            taken_over += recomputation.taken_over();
            assessed += recomputation.assessed();
        }
    }
    EXPECT_GT(taken_over, 5'000U);
    EXPECT_GT(assessed, 10'000U);
}

TEST(Recomputation, TakesOverEveryHouseholdOfMonthsInWhichNothingMoves) {
    Chance chance{7};
    auto policy = random_policy(chance);
    policy.grace_months = 0;
    registry::Register all{.county = policy.county};
    const registry::Recorded always{.months = {.from = policy.month}, .import = ImportNo{1}};
    for (auto& standard : policy.standards) standard = policy::CountyPolicy::Value{Money::of_fen(100'000)};
    policy.dibao_rural_mode = policy::DibaoMode::difference;
    policy.price.cpi = policy.price.food = std::nullopt;
    policy.one_off.reset();
    for (std::int64_t no = 1; no <= 100; ++no) {
        all.households.push_back({.no = HouseholdNo{no},
                                  .recorded = always,
                                  .area = registry::Area::rural,
                                  .village = no,
                                  .representative = PersonNo{no}});
        all.persons.push_back({.no = PersonNo{no},
                               .household = HouseholdNo{no},
                               .recorded = always,
                               .born = Day::of(1980, 6, 15).value()});
        all.enrolments.push_back({.household = HouseholdNo{no},
                                  .programme = Programme::dibao_rural,
                                  .recorded = always,
                                  .applied = Day::of(2015, 1, 1).value(),
                                  .confirmed = Day::of(2015, 1, 1).value()});
    }
    Recomputation recomputation;
    for (int i = 0; i < 12; ++i) {
        registry::take_snapshot(all, policy.month, ImportNo{1}, recomputation.next_facts());
        EXPECT_EQ(recomputation.assess(policy).awards.size(), 100U);
        EXPECT_EQ(recomputation.assessed(), i == 0 ? 100U : 0U);
        EXPECT_EQ(recomputation.assessment().awards.back().benefit_month, policy.month);
        policy.month = policy.month.next();
    }
}

}  // namespace
}  // namespace onecard::entitlement
