#include "onecard/entitlement/difference.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "support/entitlement_story.hpp"

namespace onecard::entitlement::story {
namespace {

using testing::HasSubstr;

Award award(std::int64_t household, Programme programme, std::int64_t fen) {
    return {.programme = programme,
            .benefit_month = month("2022-01"),
            .beneficiary = household,
            .household = HouseholdNo{household},
            .amount = Money::of_fen(fen)};
}

TEST(Differences, AreWhatIsDueLessWhatWasAwardedForEachObligation) {
    const std::vector awarded{award(1, Programme::dibao_rural, 100), award(2, Programme::dibao_rural, 100),
                              award(3, Programme::dibao_rural, 100), award(4, Programme::dibao_rural, 100)};
    const std::vector due{award(1, Programme::dibao_rural, 100), award(2, Programme::dibao_rural, 130),
                          award(4, Programme::dibao_urban, 100), award(5, Programme::dibao_rural, 7)};
    std::vector<std::tuple<std::int64_t, Programme, std::int64_t>> found;
    for (const Difference& one : differences(awarded, due))
        found.emplace_back(one.household.number(), one.programme, one.amount().fen());
    EXPECT_THAT(found, testing::ElementsAre(std::tuple{2, Programme::dibao_rural, 30},
                                            std::tuple{3, Programme::dibao_rural, -100},
                                            std::tuple{4, Programme::dibao_urban, 100},
                                            std::tuple{4, Programme::dibao_rural, -100},
                                            std::tuple{5, Programme::dibao_rural, 7}));
}

TEST(Differences, CountWhatWasAwardedInSeveralPartsTogetherInAnyOrder) {
    std::vector awarded{award(1, Programme::dibao_rural, 60), award(1, Programme::dibao_rural, 40),
                        award(2, Programme::dibao_rural, 9)};
    const std::vector due{award(1, Programme::dibao_rural, 100)};
    const auto found = differences(awarded, due);
    ASSERT_EQ(found.size(), 1);
    EXPECT_EQ(found.front().beneficiary, 2);
    std::ranges::reverse(awarded);
    EXPECT_EQ(differences(awarded, due), found);
}

TEST(FirstDifference, NamesTheStepInWhichTheComputationsPart) {
    Story then{plain_policy()}, now{plain_policy()};
    for (Story* story : {&then, &now}) {
        story->person(1);
        story->person(2);
        story->enrol(0, Programme::dibao_rural);
        story->income(1, 101, "10.00");
    }
    now.income(2, 401, "100.00");
    const auto was = then.assessed().awards, is = now.assessed().awards;
    const auto found = differences(was, is);
    ASSERT_EQ(found.size(), 1);
    EXPECT_EQ(found.front().amount(), -yuan("100.00"));
    const View before{then.facts(), then.rules()}, after{now.facts(), now.rules()};
    EXPECT_EQ(
        first_difference(before, after, found.front(), Language::english),
        "then: standard × members − income: 1100.00 × 2 − 10.00 = 2190.00 yuan; now: income item 401 pensions of "
        "person 2: 100.00 yuan");
    EXPECT_THAT(first_difference(before, after, found.front(), Language::chinese),
                HasSubstr("现：收入项目 401"));
}

TEST(FirstDifference, GivesTheReasonWhereOneSideComesToNothing) {
    Story then{plain_policy()}, now{plain_policy()};
    then.person(1).disability_level = 1;
    now.person(1).disability_level = 1;
    then.enrol(1, Programme::disability_living);
    now.enrol(1, Programme::disability_living);
    now.facts().persons.front().died = day("2021-11-30");
    const auto was = then.assessed().awards, is = now.assessed().awards;
    const auto found = differences(was, is);
    ASSERT_EQ(found.size(), 1);
    EXPECT_EQ(first_difference({then.facts(), then.rules()}, {now.facts(), now.rules()}, found.front(),
                               Language::english),
              "then: owed; now: died on 2021-11-30");
}

}  // namespace
}  // namespace onecard::entitlement::story
