#include "onecard/entitlement/assess.hpp"

#include <gmock/gmock.h>

#include "support/entitlement_story.hpp"

namespace onecard::entitlement::story {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr auto rural = Programme::dibao_rural;

/// A standard of 1,000.00 for rural dibao.
Story a_household_of(int members) {
    auto policy = plain_policy();
    policy.standards[static_cast<std::size_t>(policy::Standard::dibao_rural)]->amount = yuan("1000");
    Story story{policy};
    for (int no = 1; no <= members; ++no) story.person(no);
    story.enrol(0, rural);
    return story;
}

TEST(Dibao, PaysTheStandardForEachMemberLessTheIncome) {
    Story story = a_household_of(3);
    EXPECT_EQ(story.fen(0, rural), 300'000);
    story.income(1, 101, "999.99").income(3, 201, "1000.02").income(0, 303, "0.01");
    EXPECT_EQ(story.fen(0, rural), 99'998);
    const Award& award = story.assessed().awards.front();
    EXPECT_EQ(award.beneficiary, 12);
    EXPECT_EQ(award.person, PersonNo{});
    EXPECT_EQ(award.payee, 1);
    EXPECT_EQ(award.village, 370212004201);
    EXPECT_EQ(award.benefit_month, month("2022-01"));
}

TEST(Dibao, ByTiersPaysTheAmountOfTheTierOfTheIncomeForEachHead) {
    struct Row {
        std::string_view name, income;  ///< of two members together
        std::int64_t fen;
    };
    for (const Row& row :
         {Row{"nothing", "0", 200'000}, Row{"one fen below the first bound", "399.99", 200'000},
          Row{"the first bound", "400.00", 120'000}, Row{"below the second", "999.98", 120'000},
          Row{"the second bound", "1000.00", 60'000}, Row{"one fen below the standard", "1999.99", 60'000},
          Row{"the standard", "2000.00", 0}}) {
        Story story = a_household_of(2);
        story.rules().dibao_rural_mode = policy::DibaoMode::tiers;
        story.rules().dibao_rural_tiers = {.amounts = {yuan("1000"), yuan("600"), yuan("300")},
                                           .income_below = {yuan("200"), yuan("500")}};
        story.rules().dibao_minimum_per_head = yuan("400");  // A tier is what it is.
        story.income(1, 101, row.income);
        EXPECT_EQ(story.fen(0, rural), row.fen) << row.name;
    }
}

TEST(Dibao, TiersThatDoNotFitTheirBoundsAreRefusedByName) {
    Story story = a_household_of(1);
    story.rules().dibao_rural_mode = policy::DibaoMode::tiers;
    ASSERT_NE(story.refusal(0, rural), nullptr);
    EXPECT_EQ(story.refusal(0, rural)->why.fault, Fault::missing);
    story.rules().dibao_rural_tiers = {.amounts = {yuan("600"), yuan("300")}, .income_below = {}};
    EXPECT_EQ(story.refusal(0, rural)->why.fault, Fault::conflict);
    EXPECT_THAT(story.refusal(0, rural)->why.place, HasSubstr("dibao.rural_mode"));
}

TEST(Dibao, TheMinimumIsTheHigherOfAmountAndShareOfTheStandard) {
    Story story = a_household_of(2);
    story.income(1, 101, "1990");
    story.rules().dibao_minimum_percent = 20;
    EXPECT_EQ(story.fen(0, rural), 40'000);
    story.rules().dibao_minimum_per_head = yuan("250");
    EXPECT_EQ(story.fen(0, rural), 50'000);
    story.income(2, 101, "10");
    EXPECT_EQ(story.fen(0, rural), 0);  // Only who has a gap.
}

TEST(Dibao, ASinglePersonGoesByTheHighestShareOfItsClassesAndByTheFloorWithTheLivingSubsidy) {
    // Zhenjiang (S11): 75 % for severe disability, 100 % for serious illness, at least 100 % with the living subsidy.
    Story story = a_household_of(2);
    story.facts().enrolments.clear();
    story.enrol(1, rural);
    story.rules().single_person_percent = 60;
    EXPECT_EQ(story.fen(1, rural), 60'000);
    story.rules().single_percent_severely_disabled = 75;
    story.rules().single_percent_seriously_ill = 100;
    story.facts().persons.front().disability_level = 2;
    EXPECT_EQ(story.fen(1, rural), 75'000);
    story.rules().single_floor_percent_with_living = 100;
    EXPECT_EQ(story.fen(1, rural), 75'000);
    story.enrol(1, Programme::disability_living);
    story.rules().standards[static_cast<std::size_t>(policy::Standard::disability_living_2)]->amount =
        yuan("146");
    EXPECT_EQ(story.fen(1, rural), 85'400);
    EXPECT_EQ(story.fen(1, Programme::disability_living), 14'600);
    story.facts().persons.front().seriously_ill = true;
    EXPECT_EQ(story.fen(1, rural), 100'000);
    story.rules().standards[static_cast<std::size_t>(policy::Standard::disability_living_2)].reset();
    ASSERT_NE(story.refusal(1, rural), nullptr);
    EXPECT_TRUE(story.refusal(1, rural)->is_error);
}

TEST(Dibao, IncomeAtTheStandardIsNotEntitledAndOneFenBelowIs) {
    Story story = a_household_of(2);
    story.income(1, 101, "1999.99");
    EXPECT_EQ(story.fen(0, rural), 1);
    story.income(2, 201, "0.01");
    EXPECT_EQ(story.fen(0, rural), 0);
    const Refusal* refusal = story.refusal(0, rural);
    ASSERT_NE(refusal, nullptr);
    EXPECT_FALSE(refusal->is_error);
    EXPECT_THAT(refusal->why.text, HasSubstr("2000.00"));
}

TEST(Dibao, DoesNotCountWhatThePolicyExcludes) {
    Story story = a_household_of(1);
    story.income(1, 101, "100").income(1, 901, "500").income(1, 906, "500");
    EXPECT_EQ(story.fen(0, rural), 90'000);
    story.rules().excluded_income_items = {101};
    EXPECT_EQ(story.fen(0, rural), 0);
    story.rules().excluded_income_items = {};
    EXPECT_EQ(story.fen(0, rural), 0);
}

TEST(Dibao, RoundsOnceAtTheStageThatThePolicyNames) {
    // 3 × 1000 − 1111.11 = 1888.89; a head 629.63.
    struct Row {
        policy::RoundingStage stage;
        Rounding rounding;
        std::int64_t fen;
    };
    using enum RoundingUnit;
    using enum RoundingMode;
    for (const Row& row : {
             Row{policy::RoundingStage::household, {fen, half_up}, 188'889},
             Row{policy::RoundingStage::household, {jiao, floor}, 188'880},
             Row{policy::RoundingStage::household, {jiao, ceiling}, 188'890},
             Row{policy::RoundingStage::household, {yuan, half_up}, 188'900},
             Row{policy::RoundingStage::household, {yuan, floor}, 188'800},
             Row{policy::RoundingStage::person, {fen, half_up}, 188'889},
             Row{policy::RoundingStage::person, {jiao, floor}, 3 * 62'960},
             Row{policy::RoundingStage::person, {yuan, floor}, 3 * 62'900},
             Row{policy::RoundingStage::person, {yuan, half_up}, 3 * 63'000},
             Row{policy::RoundingStage::person, {yuan, ceiling}, 3 * 63'000},
         }) {
        Story story = a_household_of(3);
        story.income(1, 101, "1111.11");
        story.rules().dibao_rounding = row.rounding;
        story.rules().dibao_rounding_stage = row.stage;
        EXPECT_EQ(story.fen(0, rural), row.fen);
    }
}

TEST(Dibao, ADifferenceThatRoundsToNothingIsNoAward) {
    Story story = a_household_of(1);
    story.income(1, 101, "999.50");
    story.rules().dibao_rounding = {RoundingUnit::yuan, RoundingMode::floor};
    EXPECT_THAT(story.assessed().awards, IsEmpty());
    EXPECT_FALSE(story.refusal(0, rural)->is_error);
}

TEST(Dibao, PaysTheMinimumPerHeadWhereTheGapIsSmaller) {
    Story story = a_household_of(2);
    story.rules().dibao_minimum_per_head = yuan("200");
    story.income(1, 101, "1999.99");
    EXPECT_EQ(story.fen(0, rural), 40'000);
    story.income(2, 201, "0.01");
    EXPECT_EQ(story.fen(0, rural), 0) << "there is no gap to raise";
}

TEST(Dibao, AddsTheHighestUpliftOfEachMemberOrTheirSum) {
    Story story = a_household_of(0);
    story.person(1, "1950-01-01").disability_level = 2;  // elderly, severely disabled
    story.person(2, "2012-01-01").seriously_ill = true;  // minor, ill
    story.person(3).disability_level = 3;                // none
    story.rules().uplift(policy::UpliftClass::elderly).percent = 10;
    story.rules().uplift(policy::UpliftClass::minor).percent = 15;
    story.rules().uplift(policy::UpliftClass::severely_disabled).percent = 30;
    story.rules().uplift(policy::UpliftClass::seriously_ill).percent = 20;
    EXPECT_EQ(story.fen(0, rural), 300'000 + 30'000 + 20'000);
    story.rules().uplift_sums = true;
    EXPECT_EQ(story.fen(0, rural), 300'000 + 40'000 + 35'000);
}

TEST(Dibao, CountsAgesFromTheMonthAfterTheBirthday) {
    struct Row {
        std::string_view born;
        int percent;
    };
    for (const Row& row :
         {Row{"1962-01-01", 0}, Row{"1961-12-31", 10}, Row{"2004-01-01", 20}, Row{"2003-12-31", 0}}) {
        Story story = a_household_of(0);
        story.person(1, row.born);
        story.rules().uplift(policy::UpliftClass::elderly).percent = 10;
        story.rules().uplift(policy::UpliftClass::minor).percent = 20;
        EXPECT_EQ(story.fen(0, rural), 100'000 + row.percent * 1'000) << row.born;
    }
}

TEST(Dibao, LeavesOutWhoIsCountedApartTogetherWithTheirIncome) {
    for (const Programme programme : {Programme::tekun_rural, Programme::orphan, Programme::dibao_rural}) {
        Story story = a_household_of(2);
        story.person(3, "2012-01-01");
        story.income(3, 401, "700");
        auto& apart = story.enrol(3, programme);
        apart.ability = registry::Ability::self;
        EXPECT_EQ(story.fen(0, rural), 200'000) << text_of(programme).code;
        story.facts().enrolments.back().confirmed =
            day("2022-01-01");  // Not yet: still one of the household.
        EXPECT_EQ(story.fen(0, rural), 230'000) << text_of(programme).code;
    }
}

TEST(Dibao, OfOnePersonIsThatOfAHouseholdOfOne) {
    Story story = a_household_of(2);
    story.enrol(2, rural);
    story.income(1, 101, "100").income(2, 401, "250.50");
    story.rules().single_person_percent = 75;
    EXPECT_EQ(story.fen(0, rural), 90'000);
    EXPECT_EQ(story.fen(2, rural), 75'000 - 25'050);
    const Award& single = story.assessed().awards.back();
    EXPECT_EQ(single.beneficiary, -2) << "may not be taken for household 2";
    EXPECT_EQ(single.payee, 2);
}

TEST(Dibao, TakesTheCostOfWorkOffEachMembersWagesButNotMoreThanThem) {
    Story story = a_household_of(2);
    story.income(1, 101, "200").income(1, 102, "50").income(1, 201, "100").income(2, 101, "500");
    EXPECT_EQ(story.fen(0, rural), 200'000 - 85'000);
    story.rules().work_cost_percent = 30;
    EXPECT_EQ(story.fen(0, rural), 200'000 - 10'000 - 20'000);
}

TEST(Dibao, IsPaidToEachPersonWhereThePolicySaysSoAndLosesNothing) {
    Story story = a_household_of(3);
    story.income(1, 101, "2000");
    story.rules().dibao_payee = policy::DibaoPayee::each_person;
    story.person(2 + 2).disability_level = 1;
    story.enrol(4, Programme::disability_nursing);
    story.enrol(4, Programme::tekun_rural);
    std::vector<std::int64_t> amounts;
    std::vector<std::int64_t> beneficiaries;
    for (const Award& award : story.assessed().awards)
        if (award.programme == rural) {
            amounts.push_back(award.amount.fen());
            beneficiaries.push_back(award.beneficiary);
        }
    EXPECT_THAT(amounts, ElementsAre(33'334, 33'333, 33'333));
    EXPECT_THAT(beneficiaries, ElementsAre(-1, -2, -3));
}

TEST(Payees, AreTheRepresentativeTheNamedOneOrTheInstitution) {
    Story story = a_household_of(2);
    story.facts().enrolments.front().payee = PersonNo{77};
    auto& tekun = story.enrol(2, Programme::tekun_rural);
    tekun.ability = registry::Ability::full;
    tekun.payee = PersonNo{1};
    EXPECT_EQ(story.assessed().awards[0].payee, 77);
    EXPECT_EQ(story.assessed().awards[1].payee, 1);
    EXPECT_EQ(story.assessed().awards[2].payee, 1);
    auto& central = story.facts().enrolments.back();
    central.setting = registry::Setting::central;
    ASSERT_NE(story.refusal(2, Programme::tekun_rural), nullptr);
    EXPECT_TRUE(story.refusal(2, Programme::tekun_rural)->is_error);
    central.institution = InstitutionNo{5};
    EXPECT_EQ(story.assessed().awards[1].payee_kind, registry::PayeeKind::institution);
    EXPECT_EQ(story.assessed().awards[1].payee, 5);
    EXPECT_EQ(story.assessed().awards[2].component, Component::care);
    EXPECT_EQ(story.assessed().awards[2].payee, 5);
}

TEST(Payees, WhoAreDeadOrUnnamedAreNotPaid) {
    Story story = a_household_of(2);
    story.facts().persons[0].died = day("2021-11-30");
    const Refusal* refusal = story.refusal(0, rural);
    ASSERT_NE(refusal, nullptr);
    EXPECT_TRUE(refusal->is_error);
    EXPECT_THAT(refusal->why.text, HasSubstr("2021-11-30"));
    story.household().representative = PersonNo{2};
    EXPECT_EQ(story.fen(0, rural), 100'000);
    story.household().representative = PersonNo{};
    EXPECT_EQ(story.refusal(0, rural)->why.fault, Fault::missing);
}

TEST(Refusals, NameDivisionMonthHouseholdAndField) {
    Story story = a_household_of(1);
    story.facts().persons[0].disability_level = 2;
    story.enrol(1, Programme::disability_nursing);
    story.rules().standards[static_cast<std::size_t>(policy::Standard::disability_nursing_2)].reset();
    const Refusal* refusal = story.refusal(1, Programme::disability_nursing);
    ASSERT_NE(refusal, nullptr);
    EXPECT_TRUE(refusal->is_error);
    EXPECT_EQ(refusal->why.fault, Fault::missing);
    EXPECT_EQ(refusal->why.place, "370212/2022-01/household 12/disability.nursing.level_2");
    EXPECT_EQ(story.fen(0, rural), 100'000) << "the rest is still computed";
}

TEST(Refusals, OfContradictoryFactsAreErrors) {
    struct Row {
        std::string_view name;
        void (*spoil)(Story& story);
        std::int64_t person;
        Programme programme;
    };
    const auto level_4 = [](Story& story) {
        story.facts().persons[0].disability_level = 4;
        story.enrol(1, Programme::disability_nursing);
    };
    for (const Row& row : {
             Row{"no such household", [](Story& s) { s.facts().households.clear(); }, 0, rural},
             Row{"no persons", [](Story& s) { s.facts().persons.clear(); }, 0, rural},
             Row{"person of elsewhere", [](Story& s) { s.enrol(9, rural); }, 9, rural},
             Row{"person programme without person", [](Story& s) { s.enrol(0, Programme::orphan); }, 0,
                 Programme::orphan},
             Row{"income of nobody here", [](Story& s) { s.income(9, 101, "1"); }, 0, rural},
             Row{"negative income", [](Story& s) { s.income(1, 101, "-1"); }, 0, rural},
             Row{"unknown item", [](Story& s) { s.income(1, 199, "1"); }, 0, rural},
             Row{"born later", [](Story& s) { s.facts().persons[0].born = day("2022-02-01"); }, 0, rural},
             Row{"nursing for level 4", level_4, 1, Programme::disability_nursing},
             Row{"living without disability", [](Story& s) { s.enrol(1, Programme::disability_living); }, 1,
                 Programme::disability_living},
             Row{"tekun without ability", [](Story& s) { s.enrol(1, Programme::tekun_rural); }, 1,
                 Programme::tekun_rural},
         }) {
        Story story = a_household_of(2);
        row.spoil(story);
        const Refusal* refusal = story.refusal(row.person, row.programme);
        ASSERT_NE(refusal, nullptr) << row.name;
        EXPECT_TRUE(refusal->is_error) << row.name << ": " << refusal->why.text;
    }
}

TEST(Refusals, OfAmountsThatDoNotFitAreErrors) {
    Story story = a_household_of(2);
    story.rules().standards[static_cast<std::size_t>(policy::Standard::dibao_rural)]->amount =
        Money::of_fen(std::numeric_limits<std::int64_t>::max());
    EXPECT_EQ(story.refusal(0, rural)->why.fault, Fault::out_of_range);
    EXPECT_TRUE(story.refusal(0, rural)->is_error);
}

TEST(Refusals, OfDibaoLeaveTheGapOfAChildOnItUndecided) {
    Story story = a_household_of(1);
    story.person(2, "2012-01-01");
    story.enrol(2, Programme::unattended_child);
    story.income(9, 101, "1");
    EXPECT_TRUE(story.refusal(2, Programme::unattended_child)->is_error);
    EXPECT_EQ(story.fen(2, Programme::unattended_child), 0);
}

TEST(Assess, KeepsHouseholdsApartAndOrdersTheAwards) {
    Story story = a_household_of(2);
    auto& facts = story.facts();
    facts.enrolments.front().household = HouseholdNo{12};
    for (const std::int64_t no : {14, 15}) {
        facts.households.push_back({.no = HouseholdNo{no},
                                    .recorded = {},
                                    .area = registry::Area::rural,
                                    .village = 1,
                                    .representative = PersonNo{no}});
        facts.persons.push_back(
            {.no = PersonNo{no}, .household = HouseholdNo{no}, .recorded = {}, .born = day("1980-01-01")});
    }
    facts.incomes.push_back({.household = HouseholdNo{13},
                             .person = PersonNo{1},
                             .item = 101,
                             .recorded = {},
                             .monthly = yuan("1")});
    facts.incomes.push_back({.household = HouseholdNo{15},
                             .person = PersonNo{15},
                             .item = 101,
                             .recorded = {},
                             .monthly = yuan("1")});
    auto last = facts.enrolments.front();
    last.household = HouseholdNo{15};
    facts.enrolments.push_back(last);
    Assessment out;
    assess(facts, story.rules(), out);
    ASSERT_EQ(out.awards.size(), 2U);
    EXPECT_EQ(out.awards[0].amount.fen(), 200'000);
    EXPECT_EQ(out.awards[1].amount.fen(), 99'900);
    EXPECT_EQ(out.awards[1].household, HouseholdNo{15});
    assess(facts, story.rules(), out);
    EXPECT_EQ(out.awards.size(), 2U) << "the result is cleared first";
}

TEST(Assess, RefusesFactsAndPolicyOfDifferentMonths) {
    Story story = a_household_of(1);
    story.rules().month = month("2022-02");
    EXPECT_THROW((void)story.assessed(), BrokenInvariant);
}

TEST(Explain, TellsFactsValuesStepsAndRounding) {
    Story story = a_household_of(2);
    story.income(1, 101, "333.33").income(2, 901, "100");
    story.assessed();
    const auto english =
        explain(story.facts(), story.rules(), rural, Component::basic, 12, Language::english);
    ASSERT_TRUE(english);
    EXPECT_EQ(english->amount.fen(), 166'667);
    EXPECT_THAT(
        english->lines,
        ElementsAre(
            "rural dibao (dibao-rural), 370212, 2022-01, household 12", "representative: person 1, rural",
            "person 1: born on 1980-06-15", "person 2: born on 1980-06-15",
            "applied on 2019-02-01, confirmed on 2019-03-01, paid from the month after confirmation",
            "standard dibao.rural = 1,000.00 yuan a month (plain; test)",
            "income item 101 wages and salaries of person 1: 333.33 yuan",
            "income item 901 the two disability subsidies of person 2: 100.00 yuan, not counted",
            "standard × members − income: 1000.00 × 2 − 333.33 = 1666.67 yuan",
            "rounded half up to fen, once for all: 1666.67 yuan", "owed 1,666.67 yuan, paid to person 1"));
    const auto chinese =
        explain(story.facts(), story.rules(), rural, Component::basic, 12, Language::chinese);
    ASSERT_TRUE(chinese);
    EXPECT_THAT(chinese->lines, testing::Contains("标准 × 人数 − 收入：1000.00 × 2 − 333.33 = 1666.67 元"));
}

TEST(Explain, FindsEveryAwardByItsBeneficiaryAndAgreesWithIt) {
    Story story = a_household_of(4);
    auto& facts = story.facts();
    facts.persons[1].disability_level = 1;
    facts.persons[3].born = day("2012-01-01");
    story.income(1, 101, "100");
    story.enrol(1, Programme::tekun_rural).ability = registry::Ability::half;
    story.enrol(2, rural);
    story.enrol(2, Programme::disability_living);
    story.enrol(2, Programme::disability_nursing);
    story.enrol(4, Programme::unattended_child);
    for (const auto payee : {policy::DibaoPayee::representative, policy::DibaoPayee::each_person}) {
        story.rules().dibao_payee = payee;
        const auto awards = story.assessed().awards;
        EXPECT_GE(awards.size(), 7U);
        for (const Award& award : awards) {
            const auto why = explain(facts, story.rules(), award.programme, award.component,
                                     award.beneficiary, Language::english);
            ASSERT_TRUE(why) << why.error().message();
            EXPECT_EQ(why->amount, award.amount);
            EXPECT_GE(why->lines.size(), 3U);
        }
    }
}

TEST(Explain, RefusesWhatIsNotEnrolledAndWhatAssessingRefuses) {
    Story story = a_household_of(1);
    story.income(1, 101, "1000");
    const auto refused =
        explain(story.facts(), story.rules(), rural, Component::basic, 12, Language::english);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().place, "370212/2022-01/household 12/dibao.rural");
    for (const auto& [programme, beneficiary] :
         {std::pair{rural, std::int64_t{13}}, std::pair{rural, std::int64_t{-8}},
          std::pair{Programme::orphan, std::int64_t{1}}}) {
        const auto unknown = explain(story.facts(), story.rules(), programme, Component::basic, beneficiary,
                                     Language::english);
        ASSERT_FALSE(unknown);
        EXPECT_EQ(unknown.error().fault, Fault::unknown);
    }
}

}  // namespace
}  // namespace onecard::entitlement::story
