#include <gmock/gmock.h>

#include "onecard/ops/policy_files.hpp"
#include "support/entitlement_story.hpp"

/// Low-margin households, pocket money in institutions, and what relatives outside are taken to give.
namespace onecard::entitlement::story {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr auto price = Programme::price_subsidy;
constexpr auto rural = Programme::dibao_rural;
constexpr auto low_margin = Programme::low_margin;

Story household(std::string_view standard) {
    auto policy = plain_policy();
    policy.standards[static_cast<std::size_t>(policy::Standard::dibao_rural)]->amount = yuan(standard);
    return Story{policy};
}

// ------------------------------------------------------------------------------------------- low margin

TEST(LowMargin, IsOwedNothingItselfAndThePriceSubsidyOnlyWhereItIsCovered) {
    Story story = household("900");
    story.person(1);
    story.person(2, "2015-01-01");
    story.person(3).died = day("2021-12-31");
    story.enrol(0, low_margin);
    EXPECT_TRUE(story.assessed().awards.empty());
    EXPECT_TRUE(story.assessed().refusals.empty());
    story.rules().price.cpi = 400;
    EXPECT_TRUE(story.assessed().awards.empty());
    story.rules().price.covers.low_margin = true;
    EXPECT_EQ(story.assessed().awards.size(), 2U);
    EXPECT_EQ(story.fen(1, price), 3'600);
    EXPECT_EQ(story.fen(2, price), 3'600);
    for (const Award& award : story.assessed().awards) {
        EXPECT_EQ(award.programme, price);
        EXPECT_EQ(award.payee, 1) << "the household's representative";
    }
    story.household().area = registry::Area::urban;
    story.rules().standards[static_cast<std::size_t>(policy::Standard::dibao_urban)]->amount = yuan("1000");
    EXPECT_EQ(story.fen(1, price), 4'000) << "by the standard of the household's area";
    story.facts().enrolments.front().ended = day("2021-12-31");
    EXPECT_EQ(story.fen(1, price), 0);
    EXPECT_EQ(story.refusal(0, low_margin)->why.text, "ended by decision on 2021-12-31");
}

TEST(LowMargin, WhoDrawsSomethingThatIsCoveredIsPaidByThatAndOnce) {
    Story story = household("1000");
    story.person(1);
    story.person(2).disability_level = 1;
    story.person(3, "2015-01-01");
    story.enrol(0, low_margin);
    story.enrol(2, rural);
    auto& child = story.enrol(3, Programme::unattended_child);
    child.payee = PersonNo{9};
    story.rules().price.cpi = 400;
    story.rules().price.covers.low_margin = true;
    std::vector<std::pair<std::int64_t, std::int64_t>> paid;
    for (const Award& award : story.assessed().awards)
        if (award.programme == price) paid.emplace_back(award.person.number(), award.payee);
    EXPECT_THAT(paid, ElementsAre(std::pair{1, 1}, std::pair{2, 2}, std::pair{3, 9}));
    EXPECT_EQ(story.fen(2, rural), 100'000) << "single-person dibao of a low-margin household (单人保)";
}

TEST(LowMargin, IsCoveredByOneOffPaymentsOfItsOwnAndSoAreTheSubsidies) {
    Story story = household("1000");
    story.person(1);
    story.person(2).disability_level = 2;
    story.enrol(0, low_margin);
    story.enrol(2, Programme::disability_nursing);
    story.rules().one_off = yuan("244");
    EXPECT_EQ(story.fen(1, Programme::one_off), 0);
    EXPECT_EQ(story.fen(2, Programme::one_off), 0);
    story.rules().one_off_covers.nursing = true;
    EXPECT_EQ(story.fen(1, Programme::one_off), 0);
    EXPECT_EQ(story.fen(2, Programme::one_off), 24'400);
    story.rules().one_off_covers.low_margin = true;
    EXPECT_EQ(story.fen(1, Programme::one_off), 24'400);
    EXPECT_EQ(story.fen(2, Programme::one_off), 24'400) << "once";
}

TEST(LowMargin, IsExplained) {
    Story story = household("900");
    story.person(1);
    story.enrol(0, low_margin);
    story.rules().price.cpi = 300;
    story.rules().price.cpi_trigger = 300;
    story.rules().price.covers.low_margin = true;
    story.assessed();
    const auto why = explain(story.facts(), story.rules(), price, Component::basic, 1, Language::english);
    ASSERT_TRUE(why) << why.error().message();
    EXPECT_EQ(why->amount, yuan("27"));
    EXPECT_THAT(why->lines, Contains("draws low-margin households in the month").Times(0));
    EXPECT_THAT(why->lines, Contains("belongs to a low-margin household in the month"));
    const auto itself =
        explain(story.facts(), story.rules(), low_margin, Component::basic, 12, Language::chinese);
    ASSERT_FALSE(itself);
    EXPECT_THAT(itself.error().text, HasSubstr("低保边缘家庭本身不发放"));
}

// September 2022 to March 2023: 3.0 % is enough, and low-margin households are covered everywhere (S45). Before and
// after it is 3.5 % (or food 6 %), and they are not.
TEST(NationalTriggers, HoldInTheirMonthsWhereAPlaceSaysNothingElse) {
    const auto loaded = ops::load_policy_book(ONECARD_SOURCE_DIR "/config/policy");
    ASSERT_TRUE(loaded.faults.empty());
    struct Row {
        std::string_view name, month;
        std::int64_t cpi, food;
        bool dibao, low_margin, orphan;
    };
    for (const Row& row : {Row{"2020, 3.5 %", "2020-09", 350, 0, true, false, false},
                           Row{"2021, orphans too", "2021-12", 350, 0, true, false, true},
                           Row{"the month before", "2022-08", 349, 599, false, false, false},
                           Row{"the month before, by food", "2022-08", 300, 600, true, false, true},
                           Row{"its first month", "2022-09", 300, 0, true, true, true},
                           Row{"one hundredth below", "2022-09", 299, 599, false, false, false},
                           Row{"food stays at 6 %", "2022-12", 200, 600, true, true, true},
                           Row{"its last month", "2023-03", 300, 0, true, true, true},
                           Row{"the month after", "2023-04", 349, 0, false, false, false},
                           Row{"the month after, 3.5 %", "2023-04", 350, 0, true, false, true}}) {
        // Rongchang: neither the district nor Chongqing has a rule of its own.
        auto policy = loaded.book.at(County::of_number(500153), month(row.month)).value();
        static const policy::Source source{.document = "test", .note = "", .place = ""};
        for (const auto which : {policy::Standard::dibao_rural, policy::Standard::orphan_dispersed})
            policy.standards[static_cast<std::size_t>(which)] =
                policy::CountyPolicy::Value{yuan("600"), &source};
        policy.price.cpi = row.cpi;
        policy.price.food = row.food;
        const auto pays = [&](std::int64_t who, Programme programme) {
            Story story{policy};
            story.person(1, "2012-01-01");
            story.enrol(who, programme);
            return story.fen(1, price) > 0;
        };
        EXPECT_EQ(pays(0, rural), row.dibao) << row.name;
        EXPECT_EQ(pays(0, low_margin), row.low_margin) << row.name;
        EXPECT_EQ(pays(1, Programme::orphan), row.orphan) << row.name;
    }
    EXPECT_EQ(loaded.book.at(County::of_number(320102), month("2022-06")).has_value(), false)
        << "the country's rules are no standards";
}

// --------------------------------------------------------------------------------------------- pocket money

TEST(PocketMoney, OfWhoLivesInAnInstitutionIsPaidToThePersonOnALineOfItsOwn) {
    auto policy = plain_policy();
    const auto set = [&](policy::Standard which, std::string_view amount) {
        policy.standards[static_cast<std::size_t>(which)]->amount = yuan(amount);
    };
    set(policy::Standard::tekun_basic_rural, "1000");
    set(policy::Standard::tekun_basic_rural_central, "1000");
    set(policy::Standard::tekun_care_central_half, "600");
    set(policy::Standard::tekun_pocket_money, "80");
    Story story{policy};
    story.person(1);
    auto& enrolment = story.enrol(1, Programme::tekun_rural);
    enrolment.ability = registry::Ability::half;
    EXPECT_EQ(story.fen(1, Programme::tekun_rural, Component::pocket), 0) << "dispersed";
    enrolment.setting = registry::Setting::central;
    enrolment.institution = InstitutionNo{7};
    using enum registry::PayeeKind;
    const auto lines = [&] {
        std::vector<std::tuple<Component, std::int64_t, registry::PayeeKind, std::int64_t>> all;
        for (const Award& award : story.assessed().awards)
            all.emplace_back(award.component, award.amount.fen(), award.payee_kind, award.payee);
        return all;
    };
    EXPECT_THAT(lines(), ElementsAre(std::tuple{Component::basic, 100'000, institution, 7},
                                     std::tuple{Component::care, 60'000, institution, 7},
                                     std::tuple{Component::pocket, 8'000, person, 1}));
    story.rules().pocket_money_within_basic = true;
    EXPECT_THAT(lines(), ElementsAre(std::tuple{Component::basic, 92'000, institution, 7},
                                     std::tuple{Component::care, 60'000, institution, 7},
                                     std::tuple{Component::pocket, 8'000, person, 1}));
    const auto why =
        explain(story.facts(), story.rules(), Programme::tekun_rural, Component::basic, 1, Language::english);
    ASSERT_TRUE(why);
    EXPECT_THAT(why->lines, Contains(HasSubstr(
                                "pocket money of 80.00 yuan is part of it and paid to the person: 1000.00 − "
                                "80.00 = 920.00 yuan")));
    const auto pocket = explain(story.facts(), story.rules(), Programme::tekun_rural, Component::pocket, 1,
                                Language::chinese);
    ASSERT_TRUE(pocket);
    EXPECT_EQ(pocket->amount, yuan("80"));
    EXPECT_THAT(pocket->lines, Contains(HasSubstr("tekun.pocket_money = 80.00")));
    story.rules().standards[static_cast<std::size_t>(policy::Standard::tekun_pocket_money)]->amount =
        yuan("1000");
    ASSERT_NE(story.refusal(1, Programme::tekun_rural), nullptr);
    EXPECT_EQ(story.refusal(1, Programme::tekun_rural)->why.place,
              "370212/2022-01/household 12/tekun.pocket_money");
    EXPECT_TRUE(story.refusal(1, Programme::tekun_rural)->is_error);
}

// ---------------------------------------------------------------------------------------------- maintenance

registry::IncomeItem& supporter(Story& story, std::int64_t of, std::int16_t item, std::string_view monthly,
                                int members, int dependants) {
    story.income(of, item, monthly);
    auto& row = story.facts().incomes.back();
    row.supporter_members = static_cast<std::uint8_t>(members);
    row.dependants = static_cast<std::uint8_t>(dependants);
    return row;
}

// (supporter household's income − S × members) × 50 % / dependants (S33), month for month.
TEST(Maintenance, IsHalfOfWhatASupportersHouseholdHasOverItsOwnNeedSharedAmongItsDependants) {
    struct Row {
        std::string_view name, monthly;
        int members, dependants;
        std::int64_t fen;
    };
    for (const Row& row : {
             Row{"nothing over its own need", "3000.00", 3, 1, 200'000},
             Row{"less than its own need", "1000.00", 3, 1, 200'000},
             Row{"one dependant", "4000.00", 3, 1, 150'000},
             Row{"two dependants", "4000.00", 3, 2, 175'000},
             Row{"three dependants, a third of a fen left", "4000.00", 3, 3, 183'333},
             Row{"seven dependants", "3000.01", 3, 7, 200'000},
             Row{"enough to live on", "7000.00", 3, 1, 0},
         }) {
        Story story = household("1000");
        story.person(1, "1950-01-01");
        story.person(2, "1950-01-01");
        story.enrol(0, rural);
        story.rules().maintenance_percent = 50;
        supporter(story, 1, 701, row.monthly, row.members, row.dependants);
        EXPECT_EQ(story.fen(0, rural), row.fen) << row.name;
    }
}

TEST(Maintenance, OfSeveralSupportersAddsUpExactlyBeforeTheOneRounding) {
    Story story = household("1000");
    story.person(1, "1950-01-01");
    story.enrol(0, rural);
    story.rules().maintenance_percent = 50;
    story.rules().dibao_rounding = {RoundingUnit::fen, RoundingMode::floor};
    // Each gives a third of 50.00: three of them 50.00 and not 49.98.
    for (const std::int16_t item : std::initializer_list<std::int16_t>{701, 702, 703})
        supporter(story, 1, item, "3100.00", 3, 3);
    EXPECT_EQ(story.fen(0, rural), 95'000);
    story.facts().incomes.pop_back();
    EXPECT_EQ(story.fen(0, rural), 96'666);
}

TEST(Maintenance, IsReckonedOnlyWhereARuleSaysSoAndStandsBesideAgreementsAndJudgments) {
    Story story = household("1000");
    story.person(1, "1950-01-01");
    story.enrol(0, rural);
    supporter(story, 1, 701, "4000.00", 3, 2);
    EXPECT_EQ(story.fen(0, rural), 100'000);
    story.rules().maintenance_percent = 50;
    EXPECT_EQ(story.fen(0, rural), 75'000);
    story.income(1, 402, "100.00");
    EXPECT_EQ(story.fen(0, rural), 65'000) << "another supporter's, by judgment";
    story.rules().maintenance_line_percent = 150;  // Their own need at 1.5 times the standard: 4500 of 4000.
    EXPECT_EQ(story.fen(0, rural), 90'000);
    story.rules().maintenance_line_percent = 100;
    story.rules().maintenance_percent = 30;
    EXPECT_EQ(story.fen(0, rural), 75'000);
}

TEST(Maintenance, WithoutMembersOrDependantsIsAContradictionAndRefusedByName) {
    Story story = household("1000");
    story.person(1, "1950-01-01");
    story.enrol(0, rural);
    supporter(story, 1, 701, "4000.00", 3, 0);
    ASSERT_NE(story.refusal(0, rural), nullptr);
    EXPECT_TRUE(story.refusal(0, rural)->is_error);
    EXPECT_EQ(story.refusal(0, rural)->why.text,
              "income item 701 of person 1 lacks the supporter's members or dependants");
}

TEST(Maintenance, IsExplainedWithEveryNumber) {
    Story story = household("1000");
    story.person(1, "1950-01-01");
    story.enrol(0, rural);
    story.rules().maintenance_percent = 50;
    supporter(story, 1, 702, "4000.00", 3, 3);
    story.assessed();
    const auto english =
        explain(story.facts(), story.rules(), rural, Component::basic, 12, Language::english);
    ASSERT_TRUE(english);
    EXPECT_EQ(english->amount, Money::of_fen(83'333));
    EXPECT_THAT(
        english->lines,
        Contains("maintenance by the household of the second legal supporter (item 702) of person 1: "
                 "(4000.00 − 100 % of the standard, 1000.00 × 3 members, at least nothing) × 50 % / 3 "
                 "dependant(s) = 166.666666… yuan"));
    EXPECT_THAT(english->lines,
                Contains("standard × members − income: 1000.00 × 1 − 166.666666… = 833.333333… yuan"));
    const auto chinese =
        explain(story.facts(), story.rules(), rural, Component::basic, 12, Language::chinese);
    ASSERT_TRUE(chinese);
    EXPECT_THAT(chinese->lines, Contains(HasSubstr("× 50% ÷ 3 人 = 166.666666… 元")));
    story.rules().maintenance_percent = 0;
    const auto none = explain(story.facts(), story.rules(), rural, Component::basic, 12, Language::english);
    ASSERT_TRUE(none);
    EXPECT_THAT(none->lines, Contains(HasSubstr("no maintenance is reckoned")));
}

}  // namespace
}  // namespace onecard::entitlement::story
