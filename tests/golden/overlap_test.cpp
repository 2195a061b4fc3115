#include <gmock/gmock.h>

#include "onecard/entitlement/overlap.hpp"
#include "onecard/policy/builder.hpp"
#include "onecard/registry/income_items.hpp"
#include "support/entitlement_story.hpp"

/// The overlap matrix as data: every row set to each thing that it may be, the precedence turned round, and what
/// other offices pay.
namespace onecard::entitlement::story {
namespace {

using policy::Elsewhere;
using testing::HasSubstr;

Programme one_of(Kind kind) {
    for (const ProgrammeText& row : programmes)
        if (row.kind == kind && row.area != ProgrammeArea::urban) return row.programme;
    broken("a kind without a programme");
}

/// A disabled child who holds both, and nobody else.
Story who_holds(Kind one, Kind other) {
    Story story{plain_policy()};
    story.person(1, "2012-01-01").disability_level = 1;
    for (const Kind kind : {one, other}) {
        auto& enrolment = story.enrol(1, one_of(kind));
        if (kind == Kind::tekun) enrolment.ability = registry::Ability::self;
    }
    return story;
}

std::string name_of(const OverlapRow& row) { return std::string{row.key}; }

TEST(OverlapRules, EveryRowMayBePaidTogetherOrExcludeEachOther) {
    for (std::size_t i = 0; i < overlaps.size(); ++i) {
        const OverlapRow& row = overlaps[i];
        Story story = who_holds(row.kept, row.other);
        story.rules().overlap[i] = Overlap::together;
        EXPECT_GT(story.fen(1, one_of(row.kept)), 0) << name_of(row);
        EXPECT_GT(story.fen(1, one_of(row.other)), 0) << name_of(row);
        story.rules().overlap[i] = Overlap::exclusive;
        EXPECT_GT(story.fen(1, one_of(row.kept)), 0) << name_of(row);
        EXPECT_EQ(story.fen(1, one_of(row.other)), 0) << name_of(row);
        const Refusal* refusal = story.refusal(1, one_of(row.other));
        ASSERT_NE(refusal, nullptr) << name_of(row);
        EXPECT_TRUE(refusal->is_error);
        EXPECT_THAT(refusal->why.text, HasSubstr(row.basis));
        EXPECT_THAT(refusal->chinese, HasSubstr("不得重复享受"));
    }
}

TEST(OverlapRules, ThePrecedenceSaysWhichOfTwoIsKept) {
    for (std::size_t i = 0; i < overlaps.size(); ++i) {
        const OverlapRow& row = overlaps[i];
        Story story = who_holds(row.kept, row.other);
        story.rules().overlap[i] = Overlap::exclusive;
        std::ranges::reverse(story.rules().precedence);
        EXPECT_EQ(story.fen(1, one_of(row.kept)), 0) << name_of(row);
        EXPECT_GT(story.fen(1, one_of(row.other)), 0) << name_of(row);
    }
}

TEST(OverlapRules, WhereDibaoGoesFirstAMemberOfItsHouseholdGetsNothingThatItExcludes) {
    Story story{plain_policy()};
    story.person(1);
    story.person(2);
    story.enrol(0, Programme::dibao_rural);
    story.enrol(2, Programme::tekun_rural).ability = registry::Ability::self;
    const std::int64_t standard = story.rules().standard(policy::Standard::dibao_rural)->amount.fen();
    EXPECT_EQ(story.fen(0, Programme::dibao_rural), standard);
    EXPECT_GT(story.fen(2, Programme::tekun_rural), 0);
    std::ranges::reverse(story.rules().precedence);
    EXPECT_EQ(story.fen(0, Programme::dibao_rural), 2 * standard);
    EXPECT_EQ(story.fen(2, Programme::tekun_rural), 0);
}

TEST(OverlapRules, OfTheTwoSubsidiesTheHigherIsPaidWhereTheRowSaysSo) {
    Story story = who_holds(Kind::living, Kind::nursing);
    auto& rules = story.rules();
    rules.overlap[static_cast<std::size_t>(policy::overlap_row(Kind::living, Kind::nursing) -
                                           overlaps.data())] = Overlap::higher;
    auto& living = rules.standards[static_cast<std::size_t>(policy::Standard::disability_living_1)]->amount;
    auto& nursing = rules.standards[static_cast<std::size_t>(policy::Standard::disability_nursing_1)]->amount;
    struct Row {
        std::string_view living, nursing;
        bool is_living;
    };
    for (const Row& row : {Row{"565", "201", true}, Row{"100", "201", false}, Row{"201", "201", true}}) {
        living = yuan(row.living);
        nursing = yuan(row.nursing);
        EXPECT_EQ(story.fen(1, Programme::disability_living) > 0, row.is_living) << row.living;
        EXPECT_EQ(story.fen(1, Programme::disability_nursing) > 0, !row.is_living) << row.living;
        const Refusal* loser =
            story.refusal(1, row.is_living ? Programme::disability_nursing : Programme::disability_living);
        ASSERT_NE(loser, nullptr);
        EXPECT_FALSE(loser->is_error);
        EXPECT_THAT(loser->chinese, HasSubstr("就高"));
    }
}

/// The matrix of DOMAIN 1.8 and the table of 1.4: rows by what another office pays, columns dibao tekun orphan
/// unattended living nursing. Y both, N not paid here, H the higher.
TEST(PaidElsewhere, StandsToEveryProgrammeAsTheDomainSays) {
    struct Row {
        Elsewhere elsewhere;
        std::string_view columns;
    };
    for (const Row& row : {Row{Elsewhere::work_injury, "YYYYNN"}, Row{Elsewhere::elder_care, "YYYYYH"},
                           Row{Elsewhere::retired_cadre, "YYYYNH"}}) {
        constexpr std::array columns{Kind::dibao,      Kind::tekun,  Kind::orphan,
                                     Kind::unattended, Kind::living, Kind::nursing};
        for (std::size_t i = 0; i < columns.size(); ++i) {
            const Programme programme = one_of(columns[i]);
            for (const bool is_higher_there : {false, true}) {
                Story story{plain_policy()};
                story.person(1, "2012-01-01").disability_level = 1;
                auto& enrolment = story.enrol(1, programme);
                if (columns[i] == Kind::tekun) enrolment.ability = registry::Ability::self;
                const auto code = static_cast<std::int16_t>(801 + static_cast<int>(row.elsewhere));
                story.income(1, code, is_higher_there ? "9000.00" : "0.01");
                const bool is_paid = row.columns[i] == 'Y' || (row.columns[i] == 'H' && !is_higher_there);
                EXPECT_EQ(story.fen(1, programme) > 0, is_paid) << text_of(programme).code << ' ' << code;
                const Refusal* refusal = story.refusal(1, programme);
                ASSERT_EQ(refusal == nullptr, is_paid);
                if (!is_paid) EXPECT_EQ(refusal->is_error, row.columns[i] == 'N');
            }
        }
    }
}

/// The columns price-linked and one-off of DOMAIN 1.8: Y beside every programme, whatever another office pays; a
/// disability subsidy alone is no reason for either (n/a), unless a campaign covers it.
TEST(PaidOnTop, StandsBesideEveryRowOfTheMatrix) {
    for (const Kind kind :
         {Kind::dibao, Kind::tekun, Kind::orphan, Kind::unattended, Kind::living, Kind::nursing})
        for (const std::int16_t elsewhere : std::initializer_list<std::int16_t>{0, 801, 802, 803}) {
            Story story{plain_policy()};
            story.person(1, "2012-01-01").disability_level = 1;
            auto& enrolment = story.enrol(1, one_of(kind));
            if (kind == Kind::tekun) enrolment.ability = registry::Ability::self;
            if (elsewhere != 0) story.income(1, elsewhere, "0.01");
            story.rules().price.cpi = 400;
            story.rules().one_off = yuan("100");
            const bool is_subsidy = kind == Kind::living || kind == Kind::nursing;
            const std::string name =
                std::string{text_of(one_of(kind)).code} + " " + std::to_string(elsewhere);
            EXPECT_EQ(story.fen(1, Programme::price_subsidy) > 0, !is_subsidy) << name;
            EXPECT_EQ(story.fen(1, Programme::one_off), is_subsidy ? 0 : 10'000) << name;
            if (!is_subsidy) EXPECT_GT(story.fen(1, one_of(kind)), 0) << name;
            story.rules().one_off_covers.living = story.rules().one_off_covers.nursing = true;
            EXPECT_EQ(story.fen(1, Programme::one_off), story.fen(1, one_of(kind)) > 0 ? 10'000 : 0) << name;
        }
}

TEST(PaidOnTop, StandsOnceBesideTwoProgrammesOfOnePersonAndByTheHigherStandard) {
    Story story{plain_policy()};
    story.household().area = registry::Area::urban;
    story.rules().standards[static_cast<std::size_t>(policy::Standard::dibao_rural)]->amount = yuan("500");
    story.rules().standards[static_cast<std::size_t>(policy::Standard::dibao_urban)]->amount = yuan("1000");
    story.person(1);
    story.person(2, "2012-01-01").disability_level = 1;
    story.enrol(0, Programme::dibao_rural);
    story.enrol(2, Programme::unattended_child);
    story.enrol(2, Programme::disability_nursing);
    story.rules().price.cpi = 400;
    EXPECT_EQ(story.fen(1, Programme::price_subsidy), 2'000);
    EXPECT_EQ(story.fen(2, Programme::price_subsidy), 4'000) << "as a child of an urban household";
    EXPECT_GT(story.fen(2, Programme::disability_nursing), 0);
    const auto& awards = story.assessed().awards;
    EXPECT_EQ(std::ranges::count(awards, Programme::price_subsidy, &Award::programme), 2);
}

/// The table of 1.4 for what is no obstacle: an age allowance or elder service of another purpose, and the pension of
/// disabled soldiers and police.
TEST(PaidElsewhere, AgeAllowancesAndPensionsOfSoldiersStandBesideBothSubsidies) {
    for (const std::int16_t item : std::initializer_list<std::int16_t>{902, 903}) {
        Story story = who_holds(Kind::living, Kind::nursing);
        story.income(1, item, "9000");
        EXPECT_GT(story.fen(1, Programme::disability_living), 0) << item;
        EXPECT_GT(story.fen(1, Programme::disability_nursing), 0) << item;
    }
}

TEST(PaidElsewhere, AtTheSameAmountIsTheOneThatIsKept) {
    Story story{plain_policy()};
    story.person(1).disability_level = 1;
    story.enrol(1, Programme::disability_nursing);
    const std::int64_t own = story.rules().standard(policy::Standard::disability_nursing_1)->amount.fen();
    story.income(1, 802, Money::of_fen(own).yuan());
    EXPECT_EQ(story.fen(1, Programme::disability_nursing), 0);
    story.facts().incomes.front().monthly = Money::of_fen(own - 1);
    EXPECT_EQ(story.fen(1, Programme::disability_nursing), own);
}

TEST(PaidElsewhere, EveryRowMayBeSetByItsKey) {
    for (const policy::ElsewhereRow& row : policy::elsewhere_overlaps)
        for (const auto& [choice, is_paid] : {std::pair{"together", true}, {"exclusive", false}}) {
            policy::Book::Builder builder;
            const auto set = [&](std::string_view key, std::string_view value) {
                const auto added = builder.add({.division = "370212",
                                                .key = key,
                                                .months = {.from = month("2022-01")},
                                                .input = std::string{value},
                                                .source = {.document = "a notice", .note = "", .place = {}}});
                ASSERT_TRUE(added) << added.error().message();
            };
            for (const std::string_view key :
                 {"dibao.rural", "tekun.basic.rural", "tekun.care.self", "orphan.dispersed",
                  "unattended_child", "disability.living.level_1", "disability.nursing.level_1"})
                set(key, "500");
            set(row.key, choice);
            const policy::Book book = builder.build();
            Story story{book.at(County::of_number(370212), month("2022-01")).value()};
            story.person(1, "2012-01-01").disability_level = 1;
            auto& enrolment = story.enrol(1, one_of(row.kind));
            if (row.kind == Kind::tekun) enrolment.ability = registry::Ability::self;
            story.income(1, static_cast<std::int16_t>(801 + static_cast<int>(row.elsewhere)), "9000");
            EXPECT_EQ(story.fen(1, one_of(row.kind)) > 0, is_paid) << row.key << ' ' << choice;
        }
}

TEST(PaidElsewhere, IsNoIncome) {
    Story story{plain_policy()};
    story.person(1);
    story.enrol(0, Programme::dibao_rural);
    const std::int64_t before = story.fen(0, Programme::dibao_rural);
    story.income(1, 801, "300").income(1, 802, "300").income(1, 803, "300");
    EXPECT_EQ(story.fen(0, Programme::dibao_rural), before);
}

TEST(PaidElsewhere, ItemsAreInTheOrderOfTheRules) {
    EXPECT_EQ(registry::register_item_of(801)->chinese, "工伤生活护理费");
    EXPECT_EQ(registry::register_item_of(802)->chinese, "养老护理补贴");
    EXPECT_EQ(registry::register_item_of(803)->chinese, "离休人员护理费");
    EXPECT_EQ(registry::first_elsewhere_item, 801);
}

}  // namespace
}  // namespace onecard::entitlement::story
