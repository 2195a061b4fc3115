#include <gmock/gmock.h>

#include "onecard/policy/builder.hpp"
#include "support/entitlement_story.hpp"

/// The price-linked subsidy by every published variant (DOMAIN 1.5), and one-off payments.
namespace onecard::entitlement::story {
namespace {

using policy::PriceFormula;
using testing::HasSubstr;

constexpr auto price = Programme::price_subsidy;
constexpr auto rural = Programme::dibao_rural;

/// Two members on rural dibao, person 1 represents them.
Story two_on_dibao(std::string_view standard) {
    auto policy = plain_policy();
    policy.standards[static_cast<std::size_t>(policy::Standard::dibao_rural)]->amount = yuan(standard);
    Story story{policy};
    story.person(1);
    story.person(2);
    story.enrol(0, rural);
    return story;
}

TEST(PriceSubsidy, FollowsEachPublishedFormula) {
    struct Row {
        std::string_view name, standard;
        PriceFormula formula;
        std::int64_t cpi, food;
        std::string_view floor;
        RoundingUnit unit;
        std::int64_t fen;
    };
    using enum PriceFormula;
    constexpr auto yuan_unit = RoundingUnit::yuan;
    for (const Row& row : {
             Row{"no trigger is reached", "900", cpi, 349, 599, "0", yuan_unit, 0},
             Row{"the trigger itself", "900", cpi, 350, 0, "0", yuan_unit, 3'200},      // 31.50
             Row{"half a yuan less a fen", "899", cpi, 350, 0, "0", yuan_unit, 3'100},  // 31.465
             Row{"food alone, by consumer prices", "900", cpi, 200, 600, "0", yuan_unit, 1'800},
             Row{"Guilin's floor of 10", "400", cpi, 200, 600, "10", yuan_unit, 1'000},
             Row{"Hunan's floor of 20", "400", cpi, 350, 600, "20", yuan_unit, 2'000},
             Row{"prices fall but food rises", "400", cpi, -50, 600, "0", yuan_unit, 0},
             Row{"Wuhan: food triggered", "900", triggering_index, 340, 700, "0", yuan_unit, 6'300},
             Row{"Wuhan: consumer prices triggered", "900", triggering_index, 400, 500, "0", yuan_unit,
                 3'600},
             Row{"Wuhan: both, so the higher", "900", triggering_index, 400, 700, "0", yuan_unit, 6'300},
             Row{"Jiangsu below 5 %", "900", fraction, 499, 0, "0", RoundingUnit::fen, 7'500},
             Row{"Jiangsu from 5 % on", "900", fraction, 500, 0, "0", RoundingUnit::fen, 11'250},
         }) {
        Story story = two_on_dibao(row.standard);
        story.rules().price.cpi = row.cpi;
        story.rules().price.food = row.food;
        story.rules().price.formula = row.formula;
        story.rules().price.floor = yuan(row.floor);
        story.rules().price.rounding.unit = row.unit;
        EXPECT_EQ(story.fen(1, price), row.fen) << row.name;
        EXPECT_EQ(story.fen(2, price), row.fen) << row.name;
    }
}

TEST(PriceSubsidy, TriggersAreDataAndMayBeLower) {
    Story story = two_on_dibao("1000");
    story.rules().price.cpi = 300;
    EXPECT_EQ(story.fen(1, price), 0);
    story.rules().price.cpi_trigger = 300;  // September 2022 to March 2023 (S46).
    EXPECT_EQ(story.fen(1, price), 3'000);
}

TEST(PriceSubsidy, IsPaidOnceAPersonByTheWayOfWhatThePersonDraws) {
    Story story = two_on_dibao("1000");
    story.person(3, "2015-01-01");
    story.person(4);
    story.person(5);
    story.facts().persons.back().died = day("2021-12-31");
    story.enrol(3, Programme::unattended_child).payee = PersonNo{9};
    auto& tekun = story.enrol(4, Programme::tekun_rural);
    tekun.ability = registry::Ability::self;
    tekun.setting = registry::Setting::central;
    tekun.institution = InstitutionNo{7};
    story.rules().price.cpi = 400;
    std::vector<std::tuple<std::int64_t, registry::PayeeKind, std::int64_t>> paid;
    for (const Award& award : story.assessed().awards)
        if (award.programme == price) {
            EXPECT_EQ(award.amount, yuan("40"));
            EXPECT_EQ(award.beneficiary, award.person.number());
            paid.emplace_back(award.person.number(), award.payee_kind, award.payee);
        }
    using enum registry::PayeeKind;
    EXPECT_THAT(paid, testing::ElementsAre(std::tuple{1, person, 1}, std::tuple{2, person, 1},
                                           std::tuple{3, person, 1}, std::tuple{4, institution, 7}));
    story.rules().price.covers = {.dibao = false, .tekun = false, .orphan = true, .unattended_child = true};
    EXPECT_EQ(story.fen(1, price), 0);
    EXPECT_EQ(story.fen(4, price), 0);
    EXPECT_EQ(story.fen(3, price), 4'000);
}

TEST(PriceSubsidy, WhoDrawsNothingGetsNothingAndNobodyEnrolsInIt) {
    Story story = two_on_dibao("1000");
    story.income(1, 401, "2000");
    story.rules().price.cpi = 400;
    EXPECT_EQ(story.fen(1, price), 0);
    story.enrol(1, price);
    ASSERT_NE(story.refusal(1, price), nullptr);
    EXPECT_THAT(story.refusal(1, price)->why.text, HasSubstr("nobody is enrolled in it"));
}

TEST(PriceSubsidy, IsExplainedWithIndicesTriggersAndRounding) {
    Story story = two_on_dibao("900");
    story.rules().price.cpi = 350;
    story.assessed();
    const auto why = explain(story.facts(), story.rules(), price, Component::basic, 2, Language::english);
    ASSERT_TRUE(why) << why.error().message();
    EXPECT_EQ(why->amount, yuan("32"));
    EXPECT_THAT(why->lines,
                testing::IsSupersetOf({HasSubstr("draws rural dibao"), HasSubstr("dibao.rural = 900.00"),
                                       HasSubstr("consumer prices 3.50% on the year (trigger 3.50%)"),
                                       HasSubstr("rounded to 32.00 yuan")}));
}

TEST(OneOff, PaysEachPersonOnceInTheFirstMonthOfItsValueOnly) {
    policy::Book::Builder builder;
    const auto set = [&](std::string_view key, std::string_view from, std::string_view amount) {
        const auto added =
            builder.add({.division = "370212",
                         .key = key,
                         .months = {.from = month(from)},
                         .input = std::string{amount},
                         .source = {.document = "关于发放一次性生活补贴的通知", .note = "", .place = {}}});
        ASSERT_TRUE(added) << added.error().message();
    };
    set("dibao.rural", "2021-01", "900");
    set("one_off.amount", "2022-01", "244");
    set("one_off.amount", "2022-09", "34.78");
    const policy::Book book = builder.build();
    for (const auto& [in, fen] :
         {std::pair{"2021-12", 0}, {"2022-01", 24'400}, {"2022-02", 0}, {"2022-09", 3'478}}) {
        Story story{book.at(County::of_number(370212), month(in)).value()};
        story.person(1);
        story.person(2);
        story.enrol(0, rural);
        EXPECT_EQ(story.fen(0, rural), 180'000);
        EXPECT_EQ(story.fen(1, Programme::one_off), fen) << in;
        EXPECT_EQ(story.fen(2, Programme::one_off), fen) << in;
    }
}

// Flat by programme and campaign (DOMAIN 1.6): who draws several gets the highest, once, and who draws none of them nothing.
TEST(OneOff, MayPayEveryProgrammeAnAmountOfItsOwn) {
    policy::Book::Builder builder;
    const auto set = [&](std::string_view key, std::string_view from, std::string_view amount) {
        const auto added =
            builder.add({.division = "370212",
                         .key = key,
                         .months = {.from = month(from)},
                         .input = std::string{amount},
                         .source = {.document = "春节慰问〔2022〕1号", .note = "", .place = {}}});
        ASSERT_TRUE(added) << added.error().message();
    };
    set("dibao.rural", "2021-01", "900");
    set("unattended_child", "2021-01", "1500");
    set("tekun.basic.rural", "2021-01", "1500");
    set("tekun.care.self", "2021-01", "100");
    set("disability.nursing.level_1", "2021-01", "120");
    set("one_off.amount_for.dibao", "2022-01", "300");
    set("one_off.amount_for.unattended_child", "2022-01", "800");
    set("one_off.amount_for.disability_nursing", "2022-01", "200");
    set("one_off.amount_for.low_margin", "2022-01", "100");
    set("one_off.amount_for.dibao", "2022-09", "50");
    const policy::Book book = builder.build();
    const auto story_in = [&](std::string_view in) {
        Story story{book.at(County::of_number(370212), month(in)).value()};
        story.person(1);
        story.person(2, "2012-01-01");
        story.person(3).disability_level = 1;
        story.person(4);
        story.enrol(0, rural);
        story.enrol(2, Programme::unattended_child).payee = PersonNo{9};
        story.enrol(3, Programme::disability_nursing);
        story.enrol(4, Programme::tekun_rural).ability = registry::Ability::self;
        return story;
    };
    for (const auto& [in, dibao, child, nursed] : {std::tuple{"2021-12", 0, 0, 0},
                                                   {"2022-01", 30'000, 80'000, 30'000},
                                                   {"2022-02", 0, 0, 0},
                                                   {"2022-09", 5'000, 5'000, 5'000}}) {
        Story story = story_in(in);
        EXPECT_EQ(story.fen(1, Programme::one_off), dibao) << in;
        EXPECT_EQ(story.fen(2, Programme::one_off), child) << in;
        EXPECT_EQ(story.fen(3, Programme::one_off), nursed) << in << ": dibao's is the higher";
        EXPECT_EQ(story.fen(4, Programme::one_off), 0) << in << ": no amount for tekun";
        EXPECT_LE(std::ranges::count(story.assessed().awards, Programme::one_off, &Award::programme), 3);
    }
    Story story = story_in("2022-01");
    story.assessed();
    for (const Award& award : story.assessed().awards)
        if (award.programme == Programme::one_off && award.person.number() == 2)
            EXPECT_EQ(award.payee, 9) << "paid like the programme that gives it";
    const auto why =
        explain(story.facts(), story.rules(), Programme::one_off, Component::basic, 2, Language::chinese);
    ASSERT_TRUE(why) << why.error().message();
    EXPECT_THAT(why->lines, testing::Contains("一次性补贴：每人 800.00 元（春节慰问〔2022〕1号）"));
    // Together with an amount for all: those with an amount of their own get that, also where it is less.
    story.rules().one_off = yuan("244");
    EXPECT_EQ(story.fen(4, Programme::one_off), 24'400);
    EXPECT_EQ(story.fen(1, Programme::one_off), 30'000);
    story.rules().one_off_amounts.tekun = yuan("10");
    EXPECT_EQ(story.fen(4, Programme::one_off), 1'000);
    // A low-margin household that nothing else covers.
    Story margin{book.at(County::of_number(370212), month("2022-01")).value()};
    margin.person(1);
    margin.enrol(0, Programme::low_margin);
    EXPECT_EQ(margin.fen(1, Programme::one_off), 10'000);
}

}  // namespace
}  // namespace onecard::entitlement::story
