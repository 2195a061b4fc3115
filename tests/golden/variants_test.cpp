#include <gmock/gmock.h>

#include <map>

#include "onecard/policy/builder.hpp"
#include "support/entitlement_story.hpp"

/// The rules that differ between places, each in the figures of the place that published it (DOMAIN 1.1 to 1.5).
namespace onecard::entitlement::story {
namespace {

using policy::UpliftClass;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr auto rural = Programme::dibao_rural;
constexpr auto urban = Programme::dibao_urban;

policy::CountyPolicy with(policy::CountyPolicy policy, policy::Standard which, std::string_view amount) {
    policy.standards[static_cast<std::size_t>(which)]->amount = yuan(amount);
    return policy;
}

Story household(std::string_view standard, std::string_view in = "2022-01") {
    auto policy = with(plain_policy(in), policy::Standard::dibao_rural, standard);
    return Story{with(policy, policy::Standard::dibao_urban, standard)};
}

// ---------------------------------------------------------------------------------------------------
// start and stop

TEST(StopRules, EveryEventEndsAnEnrolmentByItsOwnRule) {
    for (std::size_t event = 0; event < policy::end_events.size(); ++event)
        for (const auto rule : {policy::StopRule::month_after_event, policy::StopRule::month_of_event}) {
            Story story{plain_policy()};
            story.person(1, "2012-01-01");
            auto& enrolment = story.enrol(1, Programme::orphan);
            enrolment.end_reason = static_cast<registry::EndReason>(event);
            story.rules().stop_on_end[event] = rule;
            const auto pays = [&](std::string_view on) {
                enrolment.ended = day(on);
                return story.fen(1, Programme::orphan) > 0;
            };
            const bool is_after = rule == policy::StopRule::month_after_event;
            const auto name = policy::end_events[event];
            EXPECT_FALSE(pays("2021-12-31")) << name;
            EXPECT_FALSE(story.refusal(1, Programme::orphan)->is_error) << name;
            EXPECT_EQ(pays("2022-01-01"), is_after) << name;
            EXPECT_EQ(pays("2022-01-31"), is_after) << name;
            EXPECT_TRUE(pays("2022-02-01")) << name;
        }
}

TEST(StopRules, ByDefaultAFoundParentEndsItInTheSameMonthAndEverythingElseInTheNext) {
    for (std::size_t event = 0; event < policy::end_events.size(); ++event)
        EXPECT_EQ(policy::CountyPolicy{}.stop_on_end[event], policy::end_events[event] == "parent_found"
                                                                 ? policy::StopRule::month_of_event
                                                                 : policy::StopRule::month_after_event);
}

TEST(StopRules, DibaoOfTheHouseholdEndsLikewise) {
    Story story = household("1000");
    story.person(1);
    auto& enrolment = story.enrol(0, rural);
    enrolment.ended = day("2022-01-15");
    EXPECT_EQ(story.fen(0, rural), 100'000);
    enrolment.ended = day("2021-12-31");
    EXPECT_EQ(story.fen(0, rural), 0);
    EXPECT_EQ(story.refusal(0, rural)->why.text, "ended by decision on 2021-12-31");
    EXPECT_EQ(story.refusal(0, rural)->chinese, "于 2021-12-31 决定退出");
}

TEST(StopRules, The18thBirthdayMayEndItInItsOwnMonthAndSchoolMayHaveAnAgeOfItsOwn) {
    struct Row {
        std::string_view born;
        bool in_school;
        policy::StopRule rule;
        int until_age;
        bool is_paid;
    };
    using enum policy::StopRule;
    for (const Row& row : {
             Row{"2004-01-31", false, month_after_event, 0, true},
             Row{"2004-01-31", false, month_of_event, 0, false},
             Row{"2004-02-01", false, month_of_event, 0, true},
             Row{"2004-01-31", true, month_of_event, 0, true},
             Row{"2003-12-31", true, month_after_event, 18, false},
             Row{"2000-01-31", true, month_after_event, 22, true},
             Row{"1999-12-31", true, month_after_event, 22, false},
             Row{"1999-12-31", true, month_after_event, 0, true},
         }) {
        Story story{plain_policy()};
        story.person(1, row.born).in_full_time_school = row.in_school;
        story.enrol(1, Programme::orphan);
        story.rules().stop_on_grown_up = row.rule;
        story.rules().children_in_school_until_age = row.until_age;
        EXPECT_EQ(story.fen(1, Programme::orphan) > 0, row.is_paid) << row.born << ' ' << row.until_age;
    }
}

TEST(StartRules, AreThoseOfTheTableOfProgrammes) {
    for (const ProgrammeText& row : programmes)
        EXPECT_EQ(policy::CountyPolicy{}.start_of(row.programme), row.start) << row.code;
}

TEST(StartRules, EveryProgrammeMayBePaidByEachOfTheThree) {
    struct Row {
        StartRule rule;
        std::string_view first_late;  ///< applied or confirmed on this day it is not paid for January
        bool counts_application;
    };
    for (const Row& row : {Row{StartRule::month_after_confirmation, "2022-01-01", false},
                           Row{StartRule::month_of_confirmation, "2022-02-01", false},
                           Row{StartRule::month_of_application, "2022-02-01", true}})
        for (const ProgrammeText& text : programmes) {
            if (text.is_on_top) continue;
            Story story{plain_policy()};
            story.rules().start[static_cast<std::size_t>(text.programme) - 1] = row.rule;
            story.rules().price.cpi = 400;
            story.rules().price.covers.low_margin = true;
            story.person(1, "2012-01-01").disability_level = 1;
            const std::int64_t who = text.subject == Subject::household ? 0 : 1;
            auto& enrolment = story.enrol(who, text.programme);
            if (text.kind == ProgrammeKind::tekun) enrolment.ability = registry::Ability::self;
            // A low-margin household is owed what is on top alone.
            const bool is_low_margin = text.programme == Programme::low_margin;
            const auto pays = [&](Day on) {
                enrolment.applied = row.counts_application ? on : day("2010-01-01");
                enrolment.confirmed = row.counts_application ? day("2022-12-31") : on;
                return (is_low_margin ? story.fen(1, Programme::price_subsidy)
                                      : story.fen(who, text.programme)) > 0;
            };
            EXPECT_TRUE(pays(day(row.first_late).plus_days(-1))) << text.code;
            EXPECT_FALSE(pays(day(row.first_late))) << text.code;
        }
}

TEST(StopRules, EveryEventEndsBothDisabilitySubsidiesFromTheNextMonthByDefault) {
    // Death, missing, moved away, fraud, failed review, own request (Maoming), and a sentence (Hengyang), S42.
    for (const Programme programme : {Programme::disability_living, Programme::disability_nursing})
        for (std::size_t event = 0; event < policy::end_events.size(); ++event) {
            if (policy::end_events[event] == "parent_found") continue;
            Story story{plain_policy()};
            story.person(1).disability_level = 1;
            auto& enrolment = story.enrol(1, programme);
            enrolment.end_reason = static_cast<registry::EndReason>(event);
            enrolment.ended = day("2022-01-01");
            EXPECT_GT(story.fen(1, programme), 0) << policy::end_events[event];
            enrolment.ended = day("2021-12-31");
            EXPECT_EQ(story.fen(1, programme), 0) << policy::end_events[event];
        }
}

TEST(Contradictions, AreRefusedByDivisionMonthHouseholdAndFieldWhileTheOthersArePaid) {
    struct Row {
        std::string_view name, chinese;
        void (*spoil)(Story&);
    };
    for (const Row& row : {
             Row{"confirmed on 2019-03-01, before it was applied for on "
                 "2019-04-01",
                 "早于", [](Story& story) { story.facts().enrolments.back().applied = day("2019-04-01"); }},
             Row{"ended on 2019-02-01, before it was confirmed on 2019-03-01", "早于",
                 [](Story& story) { story.facts().enrolments.back().ended = day("2019-02-01"); }},
             Row{"died on 1979-01-01, before being born on 1980-06-15", "早于",
                 [](Story& story) { story.facts().persons.back().died = day("1979-01-01"); }},
             Row{"born on 2022-02-01, after 2022-01-31", "晚于",
                 [](Story& story) { story.facts().persons.back().born = day("2022-02-01"); }},
         }) {
        Story story{plain_policy()};
        story.person(1).disability_level = 1;
        story.enrol(1, Programme::disability_living);
        story.person(2).disability_level = 1;
        story.enrol(2, Programme::disability_living);
        row.spoil(story);
        EXPECT_GT(story.fen(1, Programme::disability_living), 0) << row.name;
        const Refusal* refusal = story.refusal(2, Programme::disability_living);
        ASSERT_NE(refusal, nullptr) << row.name;
        EXPECT_TRUE(refusal->is_error);
        EXPECT_EQ(refusal->why.text, row.name);
        EXPECT_THAT(refusal->chinese, HasSubstr(row.chinese));
        EXPECT_EQ(refusal->why.place, "370212/2022-01/household 12/disability-living");
    }
}

// ------------------------------------------------------------------------------------------------------------
// dibao

TEST(Tiers, TheOfficesOwnGoesBeforeThatOfTheIncome) {
    Story story = household("640");
    story.person(1);
    auto& enrolment = story.enrol(0, rural);
    story.rules().dibao_rural_mode = policy::DibaoMode::tiers;
    // Gansu 2023: the middle of three is 220 (S22); their bounds are the office's business.
    story.rules().dibao_rural_tiers.amounts = {yuan("400"), yuan("220"), yuan("100")};
    for (const auto& [tier, fen] : {std::pair{1, 40'000}, {2, 22'000}, {3, 10'000}}) {
        enrolment.grade = static_cast<std::uint8_t>(tier);
        EXPECT_EQ(story.fen(0, rural), fen);
    }
    enrolment.grade = 4;
    ASSERT_NE(story.refusal(0, rural), nullptr);
    EXPECT_EQ(story.refusal(0, rural)->why.text, "the office put it into tier 4, and there are 3");
    EXPECT_TRUE(story.refusal(0, rural)->is_error);
    enrolment.grade = 0;
    EXPECT_EQ(story.refusal(0, rural)->why.fault, Fault::conflict) << "by income there are no bounds";
    enrolment.grade = 1;
    story.income(1, 101, "640");
    EXPECT_EQ(story.fen(0, rural), 0) << "whoever reaches the standard is in no tier";
}

TEST(Uplift, ByShareByAmountByAreaAndTheDisabledBesideTheKeyPersons) {
    // Chongqing's old rule (S8): 45 urban and 30 rural for key persons, and 30 for any disabled person beside it.
    Story story = household("500");
    story.person(1, "1940-01-01").disability_level = 2;
    story.person(2, "2015-01-01");
    story.enrol(0, rural);
    auto& rules = story.rules();
    for (const UpliftClass which : {UpliftClass::elderly, UpliftClass::minor, UpliftClass::severely_disabled,
                                    UpliftClass::seriously_ill}) {
        rules.uplift(which).urban = yuan("45");
        rules.uplift(which).rural = yuan("30");
    }
    rules.uplift(UpliftClass::disabled).urban = rules.uplift(UpliftClass::disabled).rural = yuan("30");
    rules.uplift_disabled_adds = true;
    EXPECT_EQ(story.fen(0, rural), 100'000 + 3'000 + 3'000 + 3'000);
    story.facts().enrolments.front().programme = urban;
    story.household().area = registry::Area::urban;
    EXPECT_EQ(story.fen(0, urban), 100'000 + 4'500 + 3'000 + 4'500);
    rules.uplift_disabled_adds = false;
    EXPECT_EQ(story.fen(0, urban), 100'000 + 4'500 + 4'500);
    rules.uplift_sums = true;
    EXPECT_EQ(story.fen(0, urban), 100'000 + 4'500 + 4'500 + 3'000 + 4'500);
}

TEST(Uplift, ZhenjiangRaisesTheElderlyByTenAndTheAgedByTwentyAndTheHighestHolds) {
    struct Row {
        std::string_view born;
        std::int64_t fen;
    };
    for (const Row& row : {Row{"1962-01-15", 100'000}, Row{"1961-12-31", 110'000}, Row{"1952-01-15", 110'000},
                           Row{"1951-12-31", 120'000}}) {
        Story story = household("1000");
        story.person(1, row.born);
        story.person(2);
        story.enrol(0, rural);
        story.rules().uplift(UpliftClass::elderly).percent = 10;
        story.rules().uplift(UpliftClass::aged).percent = 20;
        EXPECT_EQ(story.fen(0, rural), row.fen + 100'000) << row.born;
    }
    Story alone = household("1000");
    alone.person(1);
    alone.enrol(0, rural);
    alone.rules().uplift(UpliftClass::living_alone).percent = 10;
    EXPECT_EQ(alone.fen(0, rural), 110'000);
    alone.person(2);
    EXPECT_EQ(alone.fen(0, rural), 200'000);
}

TEST(SinglePerson, IsAdmittedByClassAndByHowTheHouseholdStands) {
    // Zhenjiang (S11): 75 % of the standard for the severely disabled of a household below 1.5 times it.
    Story story = household("1000");
    story.person(1);
    auto& ill = story.person(2);
    story.enrol(2, rural);
    auto& rules = story.rules();
    rules.single_person_percent = 75;
    rules.single_amount = policy::SingleAmount::flat;
    rules.single_only_classes = true;
    EXPECT_EQ(story.fen(2, rural), 0);
    EXPECT_THAT(story.refusal(2, rural)->why.place, HasSubstr("dibao.single_person_only_classes"));
    ill.disability_level = 2;
    EXPECT_EQ(story.fen(2, rural), 75'000);
    rules.single_household_below_percent = 150;
    story.income(1, 101, "2999.99").income(2, 401, "0.00");
    EXPECT_EQ(story.fen(2, rural), 75'000) << "one fen below 1.5 times the standard a head";
    story.income(2, 402, "0.01");
    EXPECT_EQ(story.fen(2, rural), 0);
    EXPECT_THAT(story.refusal(2, rural)->why.place, HasSubstr("dibao.single_person_household_below"));
    EXPECT_FALSE(story.refusal(2, rural)->is_error);
    rules.single_household_below_percent = 200;  // Hengyang (S24).
    EXPECT_EQ(story.fen(2, rural), 75'000) << "the household decides, not the person's own income";
    rules.single_amount = policy::SingleAmount::difference;
    EXPECT_EQ(story.fen(2, rural), 74'999);
}

TEST(SinglePerson, WhoIsCountedApartLeavesTheHouseholdAndItsIncome) {
    // 分户: the household of three is one of two for its dibao, the third one of its own.
    Story story = household("1000");
    story.person(1);
    story.person(2);
    story.person(3).disability_level = 1;
    story.enrol(0, rural);
    story.enrol(3, rural);
    story.income(1, 101, "500").income(3, 401, "300");
    EXPECT_EQ(story.fen(0, rural), 150'000);
    EXPECT_EQ(story.fen(3, rural), 70'000);
}

TEST(Deductions, AreTheItemsThatThePolicyNamesAndNeverMoreThanTheIncome) {
    Story story = household("1000");
    story.person(1);
    story.person(2).disability_level = 1;
    story.enrol(0, rural);
    story.income(1, 101, "800").income(2, 601, "300").income(1, 602, "100");
    EXPECT_EQ(story.fen(0, rural), 120'000)
        << "an expense is no income, and taken off only where a rule says so";
    auto& rules = story.rules();
    rules.deducted_items = {601};
    EXPECT_EQ(story.fen(0, rural), 150'000);
    rules.deducted_items = {601, 602};
    EXPECT_EQ(story.fen(0, rural), 160'000);
    rules.deduction_cap_percent = 10;  // 2 × 100
    EXPECT_EQ(story.fen(0, rural), 140'000);
    rules.deduction_cap_percent = 0;
    rules.work_cost_percent = 30;  // Ganzhou (S25): 300 of the 800 first.
    EXPECT_EQ(story.fen(0, rural), 190'000);
    story.income(2, 603, "9000");
    rules.deducted_items = {601, 602, 603};
    EXPECT_EQ(story.fen(0, rural), 200'000);
    story.facts().incomes.erase(story.facts().incomes.begin() + 1, story.facts().incomes.end());
    rules.deducted_items.clear();
    rules.work_cost_percent = 0;
    rules.deduct_disability_subsidies = true;  // Hengyang (S24): both subsidies of the severely disabled.
    rules.standards[static_cast<std::size_t>(policy::Standard::disability_living_1)]->amount = yuan("80");
    rules.standards[static_cast<std::size_t>(policy::Standard::disability_nursing_1)]->amount = yuan("120");
    EXPECT_EQ(story.fen(0, rural), 120'000 + 20'000);
}

TEST(Rounding, HappensOnceAtItsStageByItsUnitAndMode) {
    struct Row {
        policy::RoundingStage stage;
        RoundingUnit unit;
        RoundingMode mode;
        std::int64_t fen;
    };
    constexpr auto household = policy::RoundingStage::household;
    constexpr auto person = policy::RoundingStage::person;
    constexpr auto fen = RoundingUnit::fen;
    constexpr auto jiao = RoundingUnit::jiao;
    constexpr auto unit_yuan = RoundingUnit::yuan;
    constexpr auto half_up = RoundingMode::half_up;
    constexpr auto ceiling = RoundingMode::ceiling;
    // Three members, 3 × 800.00 − 1141.15 = 1258.85, a head 419.61666…
    for (const Row& row : {
             Row{household, fen, half_up, 125'885},
             Row{household, jiao, half_up, 125'890},
             Row{household, jiao, ceiling, 125'890},
             Row{household, jiao, RoundingMode::floor, 125'880},
             Row{household, unit_yuan, half_up, 125'900},
             Row{household, unit_yuan, ceiling, 125'900},
             Row{household, unit_yuan, RoundingMode::floor, 125'800},
             Row{person, fen, half_up, 125'886},
             Row{person, fen, ceiling, 125'886},
             Row{person, fen, RoundingMode::floor, 125'883},
             Row{person, jiao, half_up, 125'880},
             Row{person, jiao, ceiling, 125'910},
             Row{person, jiao, RoundingMode::floor, 125'880},
             Row{person, unit_yuan, half_up, 126'000},
             Row{person, unit_yuan, ceiling, 126'000},
             Row{person, unit_yuan, RoundingMode::floor, 125'700},
         }) {
        Story story = story::household("800");
        for (int no = 1; no <= 3; ++no) story.person(no);
        story.enrol(0, rural);
        story.income(1, 101, "1141.15");
        story.rules().dibao_rounding = {row.unit, row.mode};
        story.rules().dibao_rounding_stage = row.stage;
        EXPECT_EQ(story.fen(0, rural), row.fen)
            << static_cast<int>(row.stage) << static_cast<int>(row.unit) << static_cast<int>(row.mode);
    }
}

// -------------------------------------------------------------------------------------------
// tekun, children, disabled

TEST(TekunCare, OfACentralPersonMayBePublishedApartAndIsPaidToTheInstitution) {
    auto policy = plain_policy();
    policy.standards[static_cast<std::size_t>(policy::Standard::tekun_care_half)]->amount = yuan("412");
    policy.standards[static_cast<std::size_t>(policy::Standard::tekun_care_central_half)]->amount =
        yuan("618");
    Story story{policy};
    story.person(1);
    auto& enrolment = story.enrol(1, Programme::tekun_rural);
    enrolment.ability = registry::Ability::half;
    EXPECT_EQ(story.fen(1, Programme::tekun_rural, Component::care), 41'200);
    enrolment.setting = registry::Setting::central;
    enrolment.institution = InstitutionNo{7};
    EXPECT_EQ(story.fen(1, Programme::tekun_rural, Component::care), 61'800);
    for (const Award& award : story.assessed().awards) {
        if (award.component == Component::pocket) continue;
        EXPECT_EQ(award.payee_kind, registry::PayeeKind::institution);
        EXPECT_EQ(award.payee, 7);
    }
    story.rules().standards[static_cast<std::size_t>(policy::Standard::tekun_care_central_half)].reset();
    EXPECT_EQ(story.fen(1, Programme::tekun_rural, Component::care), 41'200) << "one standard for both";
}

TEST(TekunCare, OfADispersedPersonIsPaidToTheCaregiverOrAgencyOfTheAgreement) {
    Story story{plain_policy()};
    story.person(1);
    auto& enrolment = story.enrol(1, Programme::tekun_rural);
    enrolment.ability = registry::Ability::full;
    const auto payees = [&] {
        std::vector<std::pair<registry::PayeeKind, std::int64_t>> all;
        for (const Award& award : story.assessed().awards) all.emplace_back(award.payee_kind, award.payee);
        return all;
    };
    using enum registry::PayeeKind;
    EXPECT_THAT(payees(), ElementsAre(std::pair{person, 1}, std::pair{person, 1}));
    enrolment.caregiver = PersonNo{33};
    EXPECT_THAT(payees(), ElementsAre(std::pair{person, 1}, std::pair{person, 33}));
    enrolment.caregiver = {};
    enrolment.institution = InstitutionNo{5};
    EXPECT_THAT(payees(), ElementsAre(std::pair{person, 1}, std::pair{institution, 5}));
}

TEST(NursingSubsidy, AtLevelsThreeAndFourIsForTheClassesThatThePolicyNames) {
    Story story{plain_policy()};
    auto& person = story.person(1);
    person.disability_class = 6;
    person.disability_level = 3;
    story.enrol(1, Programme::disability_nursing);
    EXPECT_EQ(story.refusal(1, Programme::disability_nursing)->why.fault, Fault::conflict);
    story.rules().nursing_classes = {5, 6};
    EXPECT_EQ(story.fen(1, Programme::disability_nursing),
              story.rules().standard(policy::Standard::disability_nursing_3)->amount.fen());
    person.disability_level = 4;
    EXPECT_EQ(story.fen(1, Programme::disability_nursing),
              story.rules().standard(policy::Standard::disability_nursing_4)->amount.fen());
    person.disability_class = 4;
    EXPECT_EQ(story.fen(1, Programme::disability_nursing), 0);
}

TEST(ChildClasses, ThatThePolicyDoesNotKnowAreRefusedByName) {
    Story story{plain_policy()};
    story.person(1, "2012-01-01");
    story.enrol(1, Programme::unattended_child).grade = 2;
    ASSERT_NE(story.refusal(1, Programme::unattended_child), nullptr);
    EXPECT_EQ(story.refusal(1, Programme::unattended_child)->why.place,
              "370212/2022-01/household 12/children.class_2");
    story.rules().child_class[1].amount = yuan("1452");
    EXPECT_EQ(story.fen(1, Programme::unattended_child), 145'200);
}

// ------------------------------------------------------------------------------------------------------
// price subsidy

TEST(PriceSubsidy, GuilinGoesByTheCostOfLivingOfLowIncomesWithAFloorOfTen) {
    Story story = household("720");
    story.person(1);
    story.enrol(0, rural);
    auto& price = story.rules().price;
    price.formula = policy::PriceFormula::scpi;
    price.floor = yuan("10");
    price.scpi = 480;
    EXPECT_EQ(story.fen(1, Programme::price_subsidy), 0) << "nothing is triggered";
    price.cpi = 350;
    EXPECT_EQ(story.fen(1, Programme::price_subsidy), 3'500);  // 34.56
    price.scpi = 100;
    EXPECT_EQ(story.fen(1, Programme::price_subsidy), 1'000);  // 7.20
    price.cpi.reset();
    price.scpi = 350;
    price.scpi_trigger = 350;
    EXPECT_EQ(story.fen(1, Programme::price_subsidy), 2'500) << "25.20, triggered by the index itself";
}

TEST(PriceSubsidy, FractionsAndTheirStepAreData) {
    Story story = household("900");
    story.person(1);
    story.enrol(0, rural);
    auto& price = story.rules().price;
    price.formula = policy::PriceFormula::fraction;
    price.cpi_trigger = 300;
    price.rounding.unit = RoundingUnit::fen;
    for (const auto& [cpi, fen] : {std::pair{299, 0}, {300, 7'500}, {499, 7'500}, {500, 11'250}}) {
        price.cpi = cpi;
        EXPECT_EQ(story.fen(1, Programme::price_subsidy), fen) << cpi;
    }
    price.fractions = {10, 6};
    price.steep_from = 400;
    price.cpi = 400;
    EXPECT_EQ(story.fen(1, Programme::price_subsidy), 15'000);
}

}  // namespace
}  // namespace onecard::entitlement::story
