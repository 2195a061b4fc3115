#include <gmock/gmock.h>

#include <map>
#include <set>

#include "onecard/entitlement/assess.hpp"
#include "onecard/entitlement/overlap.hpp"
#include "onecard/ops/policy_files.hpp"
#include "onecard/registry/income_items.hpp"
#include "support/entitlement_story.hpp"

/// What was published comes out to the fen; every row of the overlap matrix; every start and stop rule.
namespace onecard::entitlement::story {
namespace {

using testing::HasSubstr;

const policy::Book& packs() {
    static const ops::LoadedBook loaded = ops::load_policy_book(ONECARD_SOURCE_DIR "/config/policy");
    EXPECT_TRUE(loaded.faults.empty());
    return loaded.book;
}

policy::CountyPolicy pack(std::int32_t county, std::string_view in) {
    return packs().at(County::of_number(county), month(in)).value();
}

TEST(LaoshanFigures, ComeOutToTheFen) {
    struct Row {
        std::string_view month;
        std::int64_t dibao, tekun_urban, tekun_rural, self, half, full, child, living[4], nursing;
    };
    for (const Row& row : {Row{"2021-01",
                               90'400,
                               135'600,
                               135'600,
                               66'000,
                               132'000,
                               198'000,
                               165'000,
                               {51'300, 40'300, 26'500, 26'500},
                               18'200},
                           Row{"2021-12",
                               90'400,
                               135'600,
                               135'600,
                               66'000,
                               132'000,
                               198'000,
                               165'000,
                               {51'300, 40'300, 26'500, 26'500},
                               18'200},
                           Row{"2022-01",
                               99'500,
                               149'300,
                               156'000,
                               72'600,
                               145'200,
                               217'800,
                               181'500,
                               {56'500, 44'400, 29'200, 29'200},
                               20'100}}) {
        for (const Programme programme : {Programme::dibao_urban, Programme::dibao_rural}) {
            Story story{pack(370212, row.month)};
            story.person(1);
            story.person(2);
            story.enrol(0, programme);
            EXPECT_EQ(story.fen(0, programme), 2 * row.dibao) << row.month;
            story.income(1, 101, "500.01").income(2, 201, "99.99");
            EXPECT_EQ(story.fen(0, programme), 2 * row.dibao - 60'000) << row.month;
        }
        const std::map<registry::Ability, std::int64_t> care{{registry::Ability::self, row.self},
                                                             {registry::Ability::half, row.half},
                                                             {registry::Ability::full, row.full}};
        for (const auto& [ability, amount] : care) {
            Story story{pack(370212, row.month)};
            story.person(1);
            story.person(2);
            story.enrol(1, Programme::tekun_urban).ability = ability;
            story.enrol(2, Programme::tekun_rural).ability = ability;
            EXPECT_EQ(story.fen(1, Programme::tekun_urban), row.tekun_urban) << row.month;
            EXPECT_EQ(story.fen(1, Programme::tekun_urban, Component::care), amount) << row.month;
            EXPECT_EQ(story.fen(2, Programme::tekun_rural), row.tekun_rural) << row.month;
            EXPECT_EQ(story.fen(2, Programme::tekun_rural, Component::care), amount) << row.month;
        }
        Story children{pack(370212, row.month)};
        children.person(1, "2012-05-05");
        children.person(2, "2012-05-05");
        children.enrol(1, Programme::orphan).payee = PersonNo{9};
        children.enrol(2, Programme::unattended_child).payee = PersonNo{9};
        EXPECT_EQ(children.fen(1, Programme::orphan), row.child) << row.month;
        EXPECT_EQ(children.fen(2, Programme::unattended_child), row.child) << row.month;
        EXPECT_EQ(children.assessed().awards.front().payee, 9);
        for (std::uint8_t level = 1; level <= 4; ++level) {
            Story story{pack(370212, row.month)};
            story.person(1).disability_level = level;
            story.enrol(1, Programme::disability_living);
            story.enrol(1, Programme::disability_nursing);
            EXPECT_EQ(story.fen(1, Programme::disability_living), row.living[level - 1]) << row.month;
            EXPECT_EQ(story.fen(1, Programme::disability_nursing), level <= 2 ? row.nursing : 0) << row.month;
        }
    }
}

TEST(LaoshanFigures, TekunWarningToleratesTheYuanOfItsOwnRounding) {
    for (const std::string& warning : packs().warnings())
        EXPECT_THAT(warning, testing::Not(HasSubstr("370212/")));
}

TEST(Packs, GiveTheFiguresOfTheirMonths) {
    using policy::Standard;
    struct Row {
        std::int32_t county;
        std::string_view month;
        Standard standard;
        std::int64_t fen;  ///< 0: nothing was published for it
    };
    for (const Row& row : {
             Row{370181, "2022-06", Standard::dibao_rural, 77'000},
             Row{370181, "2022-12", Standard::tekun_basic_urban, 149'200},
             Row{370181, "2023-01", Standard::tekun_basic_urban, 0},
             Row{370181, "2023-01", Standard::dibao_urban, 104'500},
             Row{370181, "2023-05", Standard::orphan_dispersed, 172'700},
             Row{370181, "2024-01", Standard::orphan_central, 278'500},
             Row{370181, "2024-01", Standard::tekun_care_full, 98'200},
             Row{370302, "2021-05", Standard::disability_nursing_2, 12'700},
             Row{370302, "2022-05", Standard::tekun_care_half, 68'500},
             Row{370302, "2023-05", Standard::dibao_rural, 80'100},
             Row{370302, "2023-05", Standard::tekun_care_half, 0},
             Row{500153, "2019-09", Standard::dibao_urban, 58'000},
             Row{500153, "2020-09", Standard::tekun_basic_rural, 80'600},
             Row{500153, "2020-09", Standard::tekun_care_self, 5'000},
             Row{500153, "2021-08", Standard::orphan_central, 145'600},
             Row{500153, "2021-09", Standard::orphan_central, 0},
             Row{500153, "2021-12", Standard::dibao_rural, 51'500},
             Row{500153, "2022-09", Standard::tekun_basic_urban, 93'200},
             Row{500153, "2025-07", Standard::orphan_dispersed, 165'100},
             Row{511302, "2021-12", Standard::dibao_rural, 41'500},
             Row{511302, "2022-07", Standard::tekun_basic_urban, 88'400},
             Row{511302, "2023-07", Standard::tekun_basic_rural, 69'300},
             Row{510502, "2024-06", Standard::dibao_urban, 74'000},
             Row{510502, "2024-07", Standard::tekun_basic_urban, 102'500},
             Row{510502, "2024-07", Standard::tekun_basic_rural_central, 81'000},
             Row{610102, "2020-10", Standard::dibao_urban, 74'000},
             Row{610102, "2019-10", Standard::dibao_rural, 50'000},
             Row{340102, "2023-05", Standard::orphan_central, 242'000},
             Row{340102, "2023-05", Standard::disability_living_3, 18'500},
             Row{350121, "2023-05", Standard::orphan_dispersed, 140'000},
         }) {
        const auto value = pack(row.county, row.month).standard(row.standard);
        EXPECT_EQ(value ? value->amount.fen() : 0, row.fen)
            << row.county << ' ' << row.month << ' ' << policy::key_of(row.standard);
    }
    EXPECT_FALSE(packs().at(County::of_number(500153), month("2019-08")));
}

TEST(Packs, TierModeIsRefusedAndNotPaidAsADifference) {
    Story story{pack(610102, "2021-01")};
    story.person(1);
    story.enrol(0, Programme::dibao_rural);
    const Refusal* refusal = story.refusal(0, Programme::dibao_rural);
    ASSERT_NE(refusal, nullptr);
    EXPECT_TRUE(refusal->is_error);
    EXPECT_EQ(refusal->why.place, "610102/2021-01/household 12/dibao.rural_mode");
}

TEST(Packs, LuzhouPaysRuralTekunInInstitutionsItsOwnStandard) {
    Story story{pack(510502, "2024-07")};
    story.person(1);
    auto& enrolment = story.enrol(1, Programme::tekun_rural);
    EXPECT_EQ(story.fen(1, Programme::tekun_rural), 75'400);
    enrolment.setting = registry::Setting::central;
    enrolment.institution = InstitutionNo{7};
    EXPECT_EQ(story.fen(1, Programme::tekun_rural), 81'000);
}

// Zhongshan's and Yiwu's published examples (DOMAIN 0.5), with their standards.
TEST(GapOfUnattendedChildren, YiwuTakesTheDibaoStandardOff) {
    auto policy = plain_policy();
    policy.standards[static_cast<std::size_t>(policy::Standard::unattended_child)]->amount = yuan("2342");
    policy.standards[static_cast<std::size_t>(policy::Standard::dibao_rural)]->amount = yuan("1050");
    Story story{policy};
    story.person(1);
    story.person(2, "2012-01-01");
    story.enrol(0, Programme::dibao_rural);
    story.enrol(2, Programme::unattended_child);
    story.income(1, 101, "1000");
    EXPECT_EQ(story.fen(2, Programme::unattended_child), 129'200);
    story.rules().unattended_on_dibao = policy::UnattendedOnDibao::full_amount;
    EXPECT_EQ(story.fen(2, Programme::unattended_child), 234'200);
    story.rules().unattended_on_dibao = policy::UnattendedOnDibao::less_dibao_standard;
    story.income(1, 102, "2000");
    EXPECT_EQ(story.fen(0, Programme::dibao_rural), 0) << "the household has no dibao any more";
    EXPECT_EQ(story.fen(2, Programme::unattended_child), 234'200);
}

TEST(GapOfUnattendedChildren, MinhouTakesOffWhatIsReceivedWithTheLivingSubsidy) {
    auto policy = pack(350121, "2023-02");
    static const policy::Source source{.document = "example", .note = "", .place = ""};
    const auto give = [&](policy::Standard which, std::string_view amount) {
        policy.standards[static_cast<std::size_t>(which)] =
            policy::CountyPolicy::Value{.amount = yuan(amount), .source = &source};
    };
    give(policy::Standard::dibao_rural, "800");
    give(policy::Standard::disability_living_2, "110");
    Story story{policy};
    story.person(1);
    story.person(2, "2012-01-01").disability_level = 2;
    story.person(3);
    story.enrol(0, Programme::dibao_rural);
    story.enrol(2, Programme::unattended_child);
    story.enrol(2, Programme::disability_living);
    story.income(1, 101, "1000");
    // 2400 − 1000 = 1400, of which the second of three has 466.67 (the odd fen go to the lowest numbers).
    EXPECT_EQ(story.fen(0, Programme::dibao_rural), 140'000);
    EXPECT_EQ(story.fen(2, Programme::disability_living), 11'000);
    EXPECT_EQ(story.fen(2, Programme::unattended_child), 140'000 - 46'667 - 11'000);
    story.income(1, 102, "2000");
    EXPECT_EQ(story.fen(2, Programme::unattended_child), 140'000) << "full amount without dibao";
    EXPECT_EQ(story.fen(2, Programme::disability_living), 0) << "and then no living subsidy beside it";
}

// ---------------------------------------------------------------------------------------------- the overlap matrix

Programme one_of(Kind kind) {
    switch (kind) {
        case Kind::orphan: return Programme::orphan;
        case Kind::tekun: return Programme::tekun_rural;
        case Kind::unattended: return Programme::unattended_child;
        case Kind::dibao: return Programme::dibao_rural;
        case Kind::living: return Programme::disability_living;
        case Kind::nursing: return Programme::disability_nursing;
        case Kind::on_top:
        case Kind::beside: break;  // Go together with all.
    }
    broken("a kind without a programme");
}

TEST(OverlapMatrix, HasARowForEveryPair) {
    std::set<std::pair<Kind, Kind>> pairs;
    for (const OverlapRow& row : overlaps) {
        EXPECT_LT(row.kept, row.other) << "the order of the enum is the precedence";
        EXPECT_TRUE(pairs.emplace(row.kept, row.other).second);
    }
    EXPECT_EQ(pairs.size(), 15U);
}

TEST(OverlapMatrix, IsTheOneOfTheDomain) {
    // Rows and columns: orphan tekun unattended dibao living nursing. Y both, N exclusive, G gap, P as the policy says.
    constexpr std::array<std::string_view, 6> matrix{"-NNNNY", "N-NNNN", "NN-GPY",
                                                     "NNG-YY", "NNPY-Y", "YNYYY-"};
    for (const OverlapRow& row : overlaps) {
        const auto kept = static_cast<std::size_t>(row.kept);
        const auto other = static_cast<std::size_t>(row.other);
        const char expected = row.overlap == Overlap::together    ? 'Y'
                              : row.overlap == Overlap::exclusive ? 'N'
                              : row.overlap == Overlap::gap       ? 'G'
                                                                  : 'P';
        EXPECT_EQ(matrix[kept][other], expected) << kept << other;
        EXPECT_EQ(matrix[other][kept], expected) << other << kept;
    }
}

TEST(OverlapMatrix, EveryRowIsAppliedToAPersonWhoHoldsBoth) {
    for (const OverlapRow& row : overlaps) {
        Story story{plain_policy()};
        story.person(1, "2012-01-01").disability_level = 1;
        const Programme kept = one_of(row.kept);
        const Programme other = one_of(row.other);
        for (const Programme programme : {kept, other})
            story.enrol(1, programme).ability = registry::Ability::self;
        const std::string what = std::string{text_of(kept).code} + " and " + std::string{text_of(other).code};
        EXPECT_GT(story.fen(1, kept), 0) << what;
        EXPECT_EQ(story.refusal(1, kept), nullptr) << what;
        const bool is_paid = row.overlap == Overlap::together || row.overlap == Overlap::gap;
        EXPECT_EQ(story.fen(1, other) > 0, is_paid) << what;
        const Refusal* refusal = story.refusal(1, other);
        ASSERT_EQ(refusal == nullptr, is_paid) << what;
        if (is_paid) continue;
        EXPECT_TRUE(refusal->is_error) << what;
        EXPECT_EQ(refusal->why.fault, Fault::conflict);
        EXPECT_THAT(refusal->why.text, HasSubstr(text_of(kept).code));
        EXPECT_THAT(refusal->why.text, HasSubstr(text_of(other).code));
        EXPECT_EQ(refusal->why.place, "370212/2022-01/household 12/" + std::string{text_of(other).code});
    }
}

TEST(OverlapMatrix, AnEnrolmentThatHasNotBegunOrHasEndedBlocksNothing) {
    Story story{plain_policy()};
    story.person(1, "2012-01-01");
    story.enrol(1, Programme::orphan).confirmed = day("2022-01-01");
    story.enrol(1, Programme::unattended_child);
    EXPECT_GT(story.fen(1, Programme::unattended_child), 0);
    EXPECT_EQ(story.fen(1, Programme::orphan), 0);
}

TEST(OverlapMatrix, TheLivingSubsidyStandsBesideAGapOnlyWhereThePolicyAllowsIt) {
    Story story{plain_policy()};
    story.person(1);
    story.person(2, "2012-01-01").disability_level = 1;
    story.enrol(0, Programme::dibao_rural);
    story.enrol(2, Programme::unattended_child);
    story.enrol(2, Programme::disability_living);
    EXPECT_EQ(story.fen(2, Programme::disability_living), 0);
    story.rules().unattended_gap_allows_living = true;
    EXPECT_GT(story.fen(2, Programme::disability_living), 0);
    story.rules().unattended_on_dibao = policy::UnattendedOnDibao::full_amount;
    EXPECT_EQ(story.fen(2, Programme::disability_living), 0);
}

TEST(OverlapMatrix, OfUrbanAndRuralTheOneOfTheHouseholdsAreaIsKept) {
    for (const auto area : {registry::Area::urban, registry::Area::rural}) {
        Story story{plain_policy()};
        story.household().area = area;
        story.person(1);
        story.person(2);
        for (const Programme programme : {Programme::dibao_urban, Programme::dibao_rural})
            story.enrol(0, programme);
        for (const Programme programme : {Programme::tekun_urban, Programme::tekun_rural})
            story.enrol(2, programme).ability = registry::Ability::self;
        const bool is_urban = area == registry::Area::urban;
        EXPECT_EQ(story.fen(0, Programme::dibao_urban) > 0, is_urban);
        EXPECT_EQ(story.fen(0, Programme::dibao_rural) > 0, !is_urban);
        EXPECT_EQ(story.fen(2, Programme::tekun_urban) > 0, is_urban);
        EXPECT_EQ(story.fen(2, Programme::tekun_rural) > 0, !is_urban);
        const Refusal* loser = story.refusal(0, is_urban ? Programme::dibao_rural : Programme::dibao_urban);
        ASSERT_NE(loser, nullptr);
        EXPECT_TRUE(loser->is_error);
    }
}

// ------------------------------------------------------------------------------------------- start and stop rules

TEST(StartRules, ByTheirDefaultsPayFromTheFirstMonthAndNotTheOneBefore) {
    struct Row {
        Programme programme;
        bool counts_application;
    };
    for (const Row& row :
         {Row{Programme::dibao_urban, false}, Row{Programme::dibao_rural, false},
          Row{Programme::tekun_urban, false}, Row{Programme::tekun_rural, false},
          Row{Programme::orphan, false}, Row{Programme::unattended_child, false},
          Row{Programme::disability_living, true}, Row{Programme::disability_nursing, true}}) {
        Story story{plain_policy()};
        story.person(1, "2012-01-01").disability_level = 1;
        const bool is_household = text_of(row.programme).subject == Subject::household;
        const std::int64_t who = is_household ? 0 : 1;
        auto& enrolment = story.enrol(who, row.programme);
        enrolment.ability = registry::Ability::self;
        const auto pays = [&](std::string_view applied, std::string_view confirmed) {
            enrolment.applied = day(applied);
            enrolment.confirmed = day(confirmed);
            return story.fen(who, row.programme) > 0;
        };
        const auto code = text_of(row.programme).code;
        EXPECT_TRUE(pays("2021-11-01", "2021-12-31")) << code;
        EXPECT_EQ(pays("2021-11-01", "2022-01-01"), row.counts_application) << code;
        EXPECT_EQ(pays("2022-01-31", "2022-03-01"), row.counts_application) << code;
        EXPECT_FALSE(pays("2022-02-01", "2022-02-01")) << code;
        const Refusal* refusal = story.refusal(who, row.programme);
        ASSERT_NE(refusal, nullptr);
        EXPECT_FALSE(refusal->is_error) << code;
        story.rules().start[static_cast<std::size_t>(row.programme) - 1] =
            policy::StartRule::month_of_confirmation;
        EXPECT_TRUE(pays("2021-11-01", "2022-01-31")) << code;
        EXPECT_FALSE(pays("2021-11-01", "2022-02-01")) << code;
    }
}

TEST(StartRules, AnEnrolmentWithoutItsDayIsAnError) {
    Story story{plain_policy()};
    story.person(1);
    story.enrol(0, Programme::dibao_rural).confirmed = Day{};
    const Refusal* refusal = story.refusal(0, Programme::dibao_rural);
    ASSERT_NE(refusal, nullptr);
    EXPECT_TRUE(refusal->is_error);
    EXPECT_EQ(refusal->why.fault, Fault::missing);
}

TEST(StopRules, DeathIsPaidForItsMonthAndStopsFromTheNext) {
    for (const Programme programme : {Programme::tekun_rural, Programme::orphan, Programme::unattended_child,
                                      Programme::disability_living, Programme::disability_nursing}) {
        Story story{plain_policy()};
        auto& person = story.person(1, "2012-01-01");
        person.disability_level = 1;
        story.enrol(1, programme).ability = registry::Ability::self;
        person.died = day("2022-01-01");
        EXPECT_GT(story.fen(1, programme), 0) << text_of(programme).code;
        person.died = day("2021-12-31");
        EXPECT_EQ(story.fen(1, programme), 0) << text_of(programme).code;
        EXPECT_FALSE(story.refusal(1, programme)->is_error);
        person.died = day("2022-01-31");
        story.rules().stop_on_death = policy::StopRule::month_of_event;
        EXPECT_EQ(story.fen(1, programme), 0) << text_of(programme).code;
    }
}

TEST(StopRules, ADeadMemberLeavesTheHouseholdFromTheNextMonth) {
    Story story{plain_policy()};
    story.person(1);
    auto& second = story.person(2);
    story.enrol(0, Programme::dibao_rural);
    const std::int64_t standard = story.rules().standard(policy::Standard::dibao_rural)->amount.fen();
    story.income(1, 101, "100").income(2, 101, "300");
    second.died = day("2022-01-31");
    EXPECT_EQ(story.fen(0, Programme::dibao_rural), 2 * standard - 40'000);
    second.died = day("2021-12-31");
    EXPECT_EQ(story.fen(0, Programme::dibao_rural), standard - 10'000);
}

TEST(StopRules, ChildrenArePaidThroughTheMonthOfTheir18thBirthdayAndLongerInSchool) {
    for (const Programme programme : {Programme::orphan, Programme::unattended_child}) {
        struct Row {
            std::string_view born;
            bool in_school;
            bool is_paid;
        };
        for (const Row& row : {Row{"2004-01-31", false, true}, Row{"2004-01-01", false, true},
                               Row{"2003-12-31", false, false}, Row{"2003-12-31", true, true}}) {
            Story story{plain_policy()};
            story.person(1, row.born).in_full_time_school = row.in_school;
            story.enrol(1, programme);
            EXPECT_EQ(story.fen(1, programme) > 0, row.is_paid) << row.born;
            story.rules().children_stay_while_in_school = false;
            EXPECT_EQ(story.fen(1, programme) > 0, row.is_paid && !row.in_school) << row.born;
        }
        // Who is born on 29 February completes 18 on 1 March: March is the last month.
        Story march{plain_policy("2022-03")};
        march.person(1, "2004-02-29");
        march.enrol(1, programme);
        EXPECT_GT(march.fen(1, programme), 0);
        Story april{plain_policy("2022-04")};
        april.person(1, "2004-02-29");
        april.enrol(1, programme);
        EXPECT_EQ(april.fen(1, programme), 0);
        // 2024 has the day that the year of birth lacks.
        Story leap{plain_policy("2024-03")};
        leap.person(1, "2006-03-01");
        leap.person(2, "2006-02-28");
        leap.enrol(1, programme);
        leap.enrol(2, programme);
        EXPECT_GT(leap.fen(1, programme), 0);
        EXPECT_EQ(leap.fen(2, programme), 0);
    }
}

TEST(Policy, ExcludesByDefaultWhatTheRegisterMarksAsUsuallyExcluded) {
    std::vector<std::int16_t> expected;
    for (const auto& item : registry::income_items)
        if (item.usually_excluded) expected.push_back(item.code);
    EXPECT_EQ(policy::CountyPolicy{}.excluded_income_items, expected);
}

}  // namespace
}  // namespace onecard::entitlement::story
