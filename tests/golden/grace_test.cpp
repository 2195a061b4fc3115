#include <gmock/gmock.h>

#include <map>

#include "support/entitlement_story.hpp"

/// Grace (渐退期) month by month: its first and last month, the first one outside, the bounds of income, the schedule.
namespace onecard::entitlement::story {
namespace {

using testing::HasSubstr;

/// One person alone, standard 1,000.00; the income of each month decides.
class GraceTest : public testing::Test {
protected:
    GraceTest() {
        facts.county = County::of_number(370212);
        const registry::Recorded always{.months = {.from = month("2021-01")}, .import = ImportNo{1}};
        facts.households.push_back({.no = HouseholdNo{12},
                                    .recorded = always,
                                    .area = registry::Area::rural,
                                    .village = 370212004201,
                                    .representative = PersonNo{1}});
        facts.persons.push_back(
            {.no = PersonNo{1}, .household = HouseholdNo{12}, .recorded = always, .born = day("1980-01-01")});
        facts.enrolments.push_back({.household = HouseholdNo{12},
                                    .programme = Programme::dibao_rural,
                                    .recorded = always,
                                    .applied = day("2020-01-01"),
                                    .confirmed = day("2020-02-01")});
        rules.grace_months = 3;
    }

    void income(std::string_view in, std::string_view amount) {
        facts.incomes.push_back(
            {.household = HouseholdNo{12},
             .person = PersonNo{1},
             .item = 401,
             .recorded = {.months = {.from = month(in), .to = month(in).next()}, .import = ImportNo{1}},
             .monthly = yuan(amount)});
    }
    /// Incomes of 2022-01, 2022-02, …
    void incomes(std::initializer_list<std::string_view> amounts) {
        Month in = month("2022-01");
        for (const std::string_view amount : amounts) {
            income(in.text(), amount);
            in = in.next();
        }
    }
    policy::CountyPolicy policy_of(Month in) {
        policy::CountyPolicy made = rules;
        made.county = facts.county;
        made.month = in;
        made.standards = plain_policy(in.text()).standards;
        made.standards[static_cast<std::size_t>(policy::Standard::dibao_rural)]->amount = yuan("1000");
        return made;
    }
    History& past() {
        facts.put_in_order();
        history.emplace(facts, ImportNo{1}, [this](Month in) -> std::optional<policy::CountyPolicy> {
            if (in < month("2021-01")) return std::nullopt;
            return policy_of(in);
        });
        return *history;
    }
    /// Fen of one month, looked at by itself.
    std::int64_t fen(std::string_view in) {
        History& before = past();
        registry::take_snapshot(facts, month(in), ImportNo{1}, snapshot);
        policy = policy_of(month(in));
        assess(snapshot, policy, out, &before);
        return out.awards.empty() ? 0 : out.awards.front().amount.fen();
    }

    registry::Register facts;
    policy::CountyPolicy rules;
    policy::CountyPolicy policy;
    registry::Snapshot snapshot;
    Assessment out;
    std::optional<History> history;
};

TEST_F(GraceTest, PaysTheLastAmountFromItsFirstToItsLastMonthAndNothingAfter) {
    incomes({"400", "1200", "1300", "1400", "1500", "400"});
    EXPECT_EQ(fen("2022-01"), 60'000);
    EXPECT_EQ(fen("2022-02"), 60'000);
    EXPECT_EQ(out.awards.front().grace_month, 1);
    EXPECT_EQ(fen("2022-04"), 60'000);
    EXPECT_EQ(out.awards.front().grace_month, 3);
    EXPECT_EQ(fen("2022-05"), 0);
    EXPECT_THAT(out.refusals.front().why.text, HasSubstr("reaches the standard"));
    EXPECT_EQ(fen("2022-06"), 60'000);  // Below the standard again: dibao as ever.
    EXPECT_EQ(out.awards.front().grace_month, 0);
}

TEST_F(GraceTest, HoldsOnlyStrictlyBetweenTheStandardAndTheMultiple) {
    struct Row {
        std::string_view name, income;
        std::int64_t fen;
    };
    for (const Row& row :
         {Row{"one fen below the standard", "999.99", 1}, Row{"the standard", "1000.00", 0},
          Row{"one fen above it", "1000.01", 60'000}, Row{"one fen below twice", "1999.99", 60'000},
          Row{"twice the standard", "2000.00", 0}}) {
        facts.incomes.clear();
        incomes({"400", row.income});
        EXPECT_EQ(fen("2022-02"), row.fen) << row.name;
    }
    rules.grace_below_percent = 150;
    facts.incomes.clear();
    incomes({"400", "1500"});
    EXPECT_EQ(fen("2022-02"), 0);
}

TEST_F(GraceTest, FollowsTheScheduleWhoseLastStepHoldsOn) {
    rules.grace_months = 4;
    rules.grace_schedule = {100, 50, 33};
    rules.dibao_rounding = {RoundingUnit::yuan, RoundingMode::ceiling};
    incomes({"389.50", "1200", "1200", "1200", "1200", "1200"});
    const std::map<std::string_view, std::int64_t> expected{{"2022-01", 61'100}, {"2022-02", 61'100},
                                                            {"2022-03", 30'600},  // 305.50
                                                            {"2022-04", 20'200},  // 201.63
                                                            {"2022-05", 20'200}, {"2022-06", 0}};
    for (const auto& [in, amount] : expected) EXPECT_EQ(fen(in), amount) << in;
}

// What is left of the last amount is rounded by the rule of dibao: a third month at 33 % of 610.55 as it was paid.
TEST_F(GraceTest, RoundsWhatTheScheduleLeavesByEveryUnitAndMode) {
    rules.grace_schedule = {100, 33};
    incomes({"389.45", "1200", "1200"});
    struct Row {
        RoundingUnit unit;
        RoundingMode mode;
        std::int64_t dibao, left;
    };
    constexpr auto jiao = RoundingUnit::jiao;
    constexpr auto whole = RoundingUnit::yuan;
    constexpr auto half_up = RoundingMode::half_up;
    for (const Row& row :
         {Row{RoundingUnit::fen, RoundingMode::ceiling, 61'055, 20'149},
          Row{RoundingUnit::fen, half_up, 61'055, 20'148},
          Row{RoundingUnit::fen, RoundingMode::floor, 61'055, 20'148},
          Row{jiao, RoundingMode::ceiling, 61'060, 20'150}, Row{jiao, half_up, 61'060, 20'150},
          Row{jiao, RoundingMode::floor, 61'050, 20'140}, Row{whole, RoundingMode::ceiling, 61'100, 20'200},
          Row{whole, half_up, 61'100, 20'200}, Row{whole, RoundingMode::floor, 61'000, 20'100}}) {
        rules.dibao_rounding = {row.unit, row.mode};
        EXPECT_EQ(fen("2022-01"), row.dibao) << static_cast<int>(row.unit) << static_cast<int>(row.mode);
        EXPECT_EQ(fen("2022-02"), row.dibao);
        EXPECT_EQ(fen("2022-03"), row.left) << static_cast<int>(row.unit) << static_cast<int>(row.mode);
    }
}

TEST_F(GraceTest, OnceLeftDoesNotComeBackWithoutDibaoInBetween) {
    incomes({"400", "2500", "1200"});
    EXPECT_EQ(fen("2022-02"), 0);
    EXPECT_EQ(fen("2022-03"), 0);
}

TEST_F(GraceTest, IsNothingWithoutMonthsHistoryOrDibaoBefore) {
    incomes({"400", "1200"});
    rules.grace_months = 0;
    EXPECT_EQ(fen("2022-02"), 0);
    rules.grace_months = 3;
    policy = policy_of(month("2022-02"));
    registry::take_snapshot(facts, month("2022-02"), ImportNo{1}, snapshot);
    assess(snapshot, policy, out);
    EXPECT_TRUE(out.awards.empty());
    facts.enrolments.front().confirmed = day("2022-01-05");  // First owed for February.
    EXPECT_EQ(fen("2022-02"), 0);
}

TEST_F(GraceTest, OneHistoryGivesEveryMonthWhateverWasAskedBefore) {
    incomes({"400", "1200", "1300", "2600", "400", "1100", "1100", "1100", "1100", "1000"});
    std::map<Month, std::int64_t> alone;
    for (Month in = month("2022-01"); in <= month("2022-10"); in = in.next()) alone[in] = fen(in.text());
    History& shared = past();
    const auto again = [&](Month in) {
        registry::take_snapshot(facts, in, ImportNo{1}, snapshot);
        policy = policy_of(in);
        assess(snapshot, policy, out, &shared);
        EXPECT_EQ(out.awards.empty() ? 0 : out.awards.front().amount.fen(), alone[in]) << in.text();
    };
    for (Month in = month("2022-01"); in <= month("2022-10"); in = in.next()) again(in);
    for (Month in = month("2022-10"); in >= month("2022-01"); in = in.previous()) again(in);
}

// Ganzhou (S25): 6 months for a pension, 12 for a graduate's job, 24 for a job found by the service, 36 for the
// disabled.
TEST_F(GraceTest, LastsAsLongAsTheReasonOfTheRiseGivesFromItsFirstToItsLastMonth) {
    using enum registry::GraceReason;
    rules.grace_months = 3;
    rules.grace_months_by_reason = {std::nullopt, 6, 0, 12, 24, 36};
    EXPECT_EQ(rules.longest_grace(), 36);
    for (const auto& [reason, months] : {std::pair{none_given, 3},
                                         {pension, 6},
                                         {employed, 0},
                                         {graduate, 12},
                                         {placed, 24},
                                         {disabled_placed, 36}}) {
        facts.incomes.clear();
        income("2022-01", "400");
        facts.incomes.push_back({.household = HouseholdNo{12},
                                 .person = PersonNo{1},
                                 .item = 401,
                                 .recorded = {.months = {.from = month("2022-02")}, .import = ImportNo{1}},
                                 .monthly = yuan("1500")});
        facts.enrolments.front().grace_reason = reason;
        const auto after = [](int count) { return month("2022-01").plus_months(count).text(); };
        const auto name = policy::grace_reasons[static_cast<std::size_t>(reason)];
        EXPECT_EQ(fen("2022-01"), 60'000) << name;
        if (months > 0) {
            EXPECT_EQ(fen(after(1)), 60'000) << name;
            EXPECT_EQ(fen(after(months)), 60'000) << name;
            EXPECT_EQ(out.awards.front().grace_month, months) << name;
        }
        EXPECT_EQ(fen(after(months + 1)), 0) << name;
        EXPECT_THAT(out.refusals.front().chinese, HasSubstr("达到人均标准"));
    }
}

TEST_F(GraceTest, IsExplainedWithMonthBoundsAndLastAmount) {
    incomes({"400", "1200"});
    ASSERT_EQ(fen("2022-02"), 60'000);
    const auto why = explain(snapshot, policy, Programme::dibao_rural, Component::basic, 12,
                             Language::english, {}, &*history);
    ASSERT_TRUE(why) << why.error().message();
    EXPECT_EQ(why->amount, yuan("600"));
    EXPECT_THAT(why->lines,
                testing::Contains(
                    "grace, month 1 of 3: income 1200.00 is above the standard 1000.00 and below 200 % of "
                    "it; last amount 600.00 × 100 % = 600.00 yuan"));
}

}  // namespace
}  // namespace onecard::entitlement::story
