#include <gmock/gmock.h>

#include <array>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "onecard/ops/policy_files.hpp"
#include "onecard/policy/builder.hpp"
#include "support/entitlement_story.hpp"

/// Every figure that DOMAIN.md 1.2 to 1.7 quotes from a place, from its shipped pack through the rules to the fen of the
/// award. A row stands for one published amount.
namespace onecard::entitlement::story {
namespace {

using registry::Ability;
using registry::Setting;

constexpr auto urban = Programme::dibao_urban;
constexpr auto rural = Programme::dibao_rural;
constexpr auto t_urban = Programme::tekun_urban;
constexpr auto t_rural = Programme::tekun_rural;
constexpr auto orphan = Programme::orphan;
constexpr auto living = Programme::disability_living;
constexpr auto nursing = Programme::disability_nursing;
constexpr auto self = Ability::self;
constexpr auto half = Ability::half;
constexpr auto full = Ability::full;

struct Who {
    int level = 0;  ///< of disability
    Ability care = Ability::none_given;
    Setting setting = Setting::dispersed;
};
constexpr Who central{.setting = Setting::central};
constexpr Who level(int no) { return {.level = no}; }
constexpr Who care(Ability ability) { return {.care = ability}; }

struct Published {
    std::int32_t county;
    std::string_view month;
    Programme programme;
    std::int64_t fen;
    Who who = {};
};

const policy::Book& packs() {
    static const ops::LoadedBook loaded = ops::load_policy_book(ONECARD_SOURCE_DIR "/config/policy");
    EXPECT_TRUE(loaded.faults.empty());
    return loaded.book;
}

/// What one person, alone and without income, is paid: of tekun the care where an ability is named, else the basic
/// living.
std::int64_t paid(const Published& row) {
    Story story{packs().at(County::of_number(row.county), month(row.month)).value()};
    story.household().area = row.programme == urban ? registry::Area::urban : registry::Area::rural;
    const bool is_child = text_of(row.programme).is_for_children;
    story.person(1, is_child ? "2015-01-01" : "1980-01-01").disability_level =
        static_cast<std::uint8_t>(row.who.level);
    const std::int64_t who = text_of(row.programme).subject == Subject::household ? 0 : 1;
    auto& enrolment = story.enrol(who, row.programme);
    enrolment.applied = day("2010-01-01");
    enrolment.confirmed = day("2010-01-01");
    enrolment.ability = row.who.care;
    enrolment.setting = row.who.setting;
    if (row.who.setting == Setting::central) enrolment.institution = InstitutionNo{1};
    return story.fen(who, row.programme,
                     row.who.care == Ability::none_given ? Component::basic : Component::care);
}

const std::vector<Published>& figures() {
    static const std::vector<Published> all{
        // SD-JN-202201 Jinan (S20 S43), and what its five inner districts pay instead.
        {370181, "2022-01", urban, 99'500},
        {370181, "2022-01", rural, 77'000},
        {370181, "2022-01", t_urban, 149'200},  // 1.5 × 995 is 1492.50: what is published is paid
        {370181, "2022-01", t_rural, 135'600},
        {370181, "2022-01", t_urban, 25'500, care(self)},
        {370181, "2022-01", t_urban, 42'400, care(half)},
        {370181, "2022-01", t_rural, 84'700, care(full)},
        {370181, "2022-01", living, 18'200, level(1)},
        {370181, "2022-01", living, 18'200, level(2)},
        {370181, "2022-01", living, 14'600, level(3)},
        {370181, "2022-01", living, 14'600, level(4)},
        {370181, "2022-01", nursing, 16'700, level(1)},
        {370181, "2022-12", nursing, 16'700, level(2)},
        {370102, "2022-01", urban, 99'500},
        {370102, "2022-01", rural, 99'500},
        {370103, "2022-06", rural, 99'500},
        {370104, "2022-06", t_urban, 156'000},
        {370105, "2022-06", t_rural, 156'000},
        {370112, "2022-12", t_rural, 156'000},
        {370112, "2022-12", t_rural, 25'500, care(self)},
        // SD-JN-202301 and 2024 (S54).
        {370181, "2023-01", urban, 104'500},
        {370181, "2023-12", rural, 81'400},
        {370181, "2023-01", orphan, 261'300, central},
        {370181, "2023-01", orphan, 172'700},
        {370181, "2024-01", urban, 111'400},
        {370181, "2024-01", rural, 88'400},
        {370181, "2024-01", orphan, 278'500, central},
        {370181, "2024-01", orphan, 186'500},
        // SD-LS Laoshan (S21): both years; its other figures are in LaoshanFigures.
        {370212, "2021-12", urban, 90'400},
        {370212, "2022-01", urban, 99'500},
        {370212, "2022-01", t_urban, 149'300},
        {370212, "2022-01", t_rural, 156'000},
        {370212, "2022-01", t_urban, 217'800, care(full)},
        {370212, "2022-01", t_urban, 145'200, care(half)},
        {370212, "2022-01", t_urban, 72'600, care(self)},
        // SD-ZB Zibo (S19 S20 S43).
        {370302, "2023-01", urban, 92'400},
        {370302, "2021-06", living, 16'200, level(1)},
        {370302, "2021-06", living, 16'200, level(2)},
        {370302, "2021-06", living, 13'100, level(3)},
        {370302, "2021-06", living, 13'100, level(4)},
        {370302, "2021-06", nursing, 14'600, level(1)},
        {370302, "2021-06", nursing, 12'700, level(2)},
        {370302, "2022-06", t_urban, 132'000},
        {370302, "2022-06", t_rural, 105'000},
        {370302, "2022-06", t_rural, 24'000, care(self)},
        {370302, "2022-06", t_rural, 68'500, care(half)},
        {370302, "2022-06", t_urban, 109'000, care(full)},
        // CQ Chongqing with Rongchang, from 2019 on (S7 S9); rounding down 1.3 × 717 is what was published.
        {500153, "2019-09", urban, 58'000},
        {500153, "2019-09", rural, 44'000},
        {500153, "2019-09", t_urban, 75'400},
        {500153, "2019-09", t_rural, 75'400},
        {500153, "2019-09", orphan, 140'400, central},
        {500153, "2020-08", orphan, 120'400},
        {500153, "2020-09", urban, 62'000},
        {500153, "2020-09", rural, 49'600},
        {500153, "2020-09", t_urban, 80'600},
        {500153, "2020-09", t_rural, 80'600},
        {500153, "2020-09", t_rural, 5'000, care(self)},
        {500153, "2020-09", orphan, 145'600, central},
        {500153, "2020-09", orphan, 125'600},
        {500153, "2021-09", urban, 63'600},
        {500153, "2021-09", rural, 51'500},
        {500153, "2021-09", t_rural, 82'700},
        {500153, "2022-09", urban, 71'700},
        {500153, "2022-09", rural, 58'100},
        {500153, "2022-09", t_urban, 93'200},
        {500153, "2025-07", urban, 77'000},
        {500153, "2025-07", rural, 63'000},
        {500153, "2025-07", t_rural, 100'100},
        {500153, "2025-07", orphan, 185'100, central},
        {500153, "2025-07", orphan, 165'100},
        // SC Sichuan's floor, inherited by a county of Nanchong (S55).
        {511302, "2021-12", urban, 61'500},
        {511302, "2021-12", rural, 41'500},
        {511302, "2021-12", t_urban, 80'000},
        {511302, "2021-12", t_rural, 54'000},
        {511302, "2022-07", urban, 68'000},
        {511302, "2022-07", rural, 48'000},
        {511302, "2022-07", t_urban, 88'400},
        {511302, "2022-07", t_rural, 62'400},
        {511302, "2023-07", urban, 74'000},
        {511302, "2023-07", rural, 53'300},
        {511302, "2023-07", t_urban, 96'200},
        {511302, "2023-07", t_rural, 69'300},
        // SC-LZ Luzhou (S13): tekun 1.3 × 788 = 1024.40 was rounded up to 1025.
        {510502, "2024-07", urban, 78'800},
        {510502, "2024-07", rural, 58'000},
        {510502, "2024-07", t_urban, 102'500},
        {510502, "2024-07", t_rural, 75'400},
        {510502, "2024-07", t_rural, 81'000, central},
        // SN-XA Xi'an (S23), AH-HF Hefei (S36), FJ-MH Minhou (S31), and 1.4: Guangzhou, Jiangxi, Suining.
        {610102, "2020-10", urban, 74'000},
        {340102, "2023-01", orphan, 242'000, central},
        {340102, "2023-01", orphan, 242'000},
        {340102, "2023-01", living, 27'700, level(1)},
        {340102, "2023-01", living, 27'700, level(2)},
        {340102, "2023-01", living, 18'500, level(3)},
        {340102, "2023-01", living, 18'500, level(4)},
        {340102, "2023-01", nursing, 27'700, level(1)},
        {340102, "2023-01", nursing, 27'700, level(2)},
        {350121, "2023-02", orphan, 180'000, central},
        {350121, "2023-02", orphan, 140'000},
        {440104, "2021-05", living, 18'100, level(4)},
        {440104, "2021-05", nursing, 24'300, level(1)},
        {361102, "2021-05", living, 8'000, level(3)},
        {361102, "2021-05", nursing, 8'000, level(2)},
        {510903, "2019-06", living, 9'000, level(2)},
        // Yiwu 2023 (S29); its classes of children are in Yiwu.
        {330782, "2023-05", urban, 105'000},
        {330782, "2023-05", rural, 105'000},
        {330782, "2023-05", Programme::unattended_child, 234'200},
        // The rest of Jinan's years, of its inner districts and of Laoshan 2021 and 2022.
        {370181, "2023-06", t_urban, 28'100, care(self)},
        {370181, "2023-06", t_urban, 46'600, care(half)},
        {370181, "2023-06", t_rural, 93'200, care(full)},
        {370181, "2024-06", t_urban, 29'600, care(self)},
        {370181, "2024-06", t_urban, 49'100, care(half)},
        {370181, "2024-06", t_rural, 98'200, care(full)},
        {370102, "2022-06", t_urban, 156'000},
        {370102, "2022-06", t_rural, 156'000},
        {370103, "2022-06", t_urban, 156'000},
        {370103, "2022-06", t_rural, 156'000},
        {370104, "2022-06", rural, 99'500},
        {370104, "2022-06", t_rural, 156'000},
        {370105, "2022-06", rural, 99'500},
        {370105, "2022-06", t_urban, 156'000},
        {370112, "2022-06", rural, 99'500},
        {370112, "2022-06", t_urban, 156'000},
        {370212, "2021-06", rural, 90'400},
        {370212, "2022-06", rural, 99'500},
        {370212, "2021-06", t_urban, 135'600},
        {370212, "2021-06", t_rural, 135'600},
        {370212, "2021-06", t_urban, 66'000, care(self)},
        {370212, "2021-06", t_rural, 132'000, care(half)},
        {370212, "2021-06", t_rural, 198'000, care(full)},
        {370212, "2021-06", orphan, 165'000},
        {370212, "2022-06", orphan, 181'500},
        {370212, "2021-06", living, 51'300, level(1)},
        {370212, "2021-06", living, 40'300, level(2)},
        {370212, "2021-06", living, 26'500, level(3)},
        {370212, "2021-06", living, 26'500, level(4)},
        {370212, "2021-06", nursing, 18'200, level(1)},
        {370212, "2021-06", nursing, 18'200, level(2)},
        {370212, "2022-06", living, 56'500, level(1)},
        {370212, "2022-06", living, 44'400, level(2)},
        {370212, "2022-06", living, 29'200, level(3)},
        {370212, "2022-06", living, 29'200, level(4)},
        {370212, "2022-06", nursing, 20'100, level(1)},
        {370212, "2022-06", nursing, 20'100, level(2)},
        // What 1.4 and 1.7 say in one figure for several levels or both areas.
        {361102, "2021-05", living, 8'000, level(1)},
        {361102, "2021-05", living, 8'000, level(2)},
        {361102, "2021-05", living, 8'000, level(4)},
        {361102, "2021-05", nursing, 8'000, level(1)},
        {440104, "2021-05", living, 18'100, level(1)},
        {440104, "2021-05", living, 18'100, level(2)},
        {440104, "2021-05", living, 18'100, level(3)},
        {440104, "2021-05", nursing, 24'300, level(2)},
        {500153, "2021-09", t_urban, 82'700},
        {500153, "2022-09", t_rural, 93'200},
        {500153, "2025-07", t_urban, 100'100},
        {510903, "2019-06", living, 9'000, level(1)},
        {510903, "2019-06", living, 9'000, level(3)},
        {510903, "2019-06", living, 9'000, level(4)},
    };
    return all;
}

/// Published, and in the packs, but not to be paid by it alone: rural dibao by tiers, whose amounts were not found (refused,
/// Packs.TierModeIsRefusedAndNotPaidAsADifference), and Hefei's care, of which the twelve months make the year (Hefei).
struct OnlyPublished {
    std::string_view division, key, from, yuan;
};
constexpr OnlyPublished only_published[] = {
    {"370300", "dibao.rural", "2023-01", "801.00"},
    {"610100", "dibao.rural", "2019-10", "500.00"},
    {"340100", "tekun.care.self", "2023-01", "742.00 a year"},
    {"340100", "tekun.care.half", "2023-01", "4944.00 a year"},
    {"340100", "tekun.care.full", "2023-01", "8652.00 a year"},
    {"340100", "tekun.care_central.self", "2023-01", "989.00 a year"},
    {"340100", "tekun.care_central.half", "2023-01", "7416.00 a year"},
    {"340100", "tekun.care_central.full", "2023-01", "12360.00 a year"},
};

/// One line of the book's canonical text.
struct Line {
    std::string division, key, from, to, value;  ///< `to`: empty, or the last month
    bool covers(const Published& row) const {
        const std::string county = std::to_string(row.county);
        const std::size_t own = division.ends_with("0000") ? 2 : division.ends_with("00") ? 4 : 6;
        return county.starts_with(division.substr(0, own)) && from <= row.month &&
               (to.empty() || row.month <= to);
    }
};
std::vector<Line> lines_of_packs(bool standards) {
    std::vector<Line> lines;
    std::istringstream text{packs().canonical_text()};
    std::string line;
    std::getline(text, line);
    while (std::getline(text, line)) {
        std::array<std::string, 4> cells;
        std::istringstream in{line};
        for (std::string& cell : cells) std::getline(in, cell, '\t');
        if (policy::is_standard_key(cells[1]) == standards)
            lines.push_back({cells[0], cells[1], cells[2].substr(0, 7), cells[2].substr(9), cells[3]});
    }
    return lines;
}

std::string key_of(const Published& row, const policy::CountyPolicy& policy) {
    const bool is_central = row.who.setting == Setting::central;
    const auto ability = row.who.care == self ? "self" : row.who.care == half ? "half" : "full";
    if (row.programme == urban) return "dibao.urban";
    if (row.programme == rural) return "dibao.rural";
    if (row.programme == t_urban || row.programme == t_rural) {
        if (row.who.care != Ability::none_given) return std::string{"tekun.care."} + ability;
        if (row.programme == t_urban) return "tekun.basic.urban";
        return is_central && policy.standard(policy::Standard::tekun_basic_rural_central)
                   ? "tekun.basic.rural_central"
                   : "tekun.basic.rural";
    }
    if (row.programme == orphan) return is_central ? "orphan.central" : "orphan.dispersed";
    if (row.programme == Programme::unattended_child) return "unattended_child";
    const std::string level = ".level_" + std::to_string(row.who.level);
    return (row.programme == living ? "disability.living" : "disability.nursing") + level;
}

TEST(PublishedFigures, ComeOutToTheFenFromTheirPacks) {
    for (const Published& row : figures())
        EXPECT_EQ(paid(row), row.fen)
            << row.county << ' ' << row.month << ' ' << text_of(row.programme).code << " level "
            << row.who.level << " ability " << static_cast<int>(row.who.care);
}

// A value in a pack that no row of the table pays out would be shipped unseen.
TEST(PublishedFigures, AreEveryStandardOfEveryShippedPack) {
    const std::vector<Line> lines = lines_of_packs(true);
    ASSERT_GT(lines.size(), 150U);
    std::set<const Line*> seen;
    for (const Published& row : figures()) {
        const auto policy = packs().at(County::of_number(row.county), month(row.month)).value();
        const std::string key = key_of(row, policy);
        // The nearest division that has a value, and of that its newest.
        const Line* best = nullptr;
        for (const Line& line : lines)
            if (line.key == key && line.covers(row) &&
                (!best || std::pair{line.division.find_last_not_of('0'), line.from} >=
                              std::pair{best->division.find_last_not_of('0'), best->from}))
                best = &line;
        ASSERT_NE(best, nullptr) << row.county << ' ' << row.month << ' ' << key;
        EXPECT_EQ(yuan(best->value).fen(), row.fen) << row.county << ' ' << row.month << ' ' << key;
        seen.insert(best);
    }
    for (const OnlyPublished& row : only_published) {
        const auto line = std::ranges::find_if(lines, [&](const Line& one) {
            return one.division == row.division && one.key == row.key && one.from == row.from;
        });
        ASSERT_NE(line, lines.end()) << row.division << ' ' << row.key;
        EXPECT_EQ(line->value, row.yuan) << row.division << ' ' << row.key;
        seen.insert(&*line);
    }
    for (const Line& line : lines)
        EXPECT_TRUE(seen.contains(&line)) << line.division << ' ' << line.key << ' ' << line.from << " = "
                                          << line.value << " has no row in the table of figures";
}

/// Where each rule of a pack is seen to do what its source says.
struct SeenIn {
    std::string_view division, keys;  ///< the beginning of the keys
    std::string_view suite, test;
};
constexpr SeenIn rules_seen[] = {
    {"100000", "price.", "NationalTriggers", "HoldInTheirMonthsWhereAPlaceSaysNothingElse"},
    {"230000", "dibao.grace.months", "HeilongjiangAndShaanxi", "LeaveTwelveMonthsOfGrace"},
    {"320000", "price.", "PricePacks", "EachPlaceByItsOwnFormulaAndFloor"},
    {"321100", "dibao.", "Zhenjiang", "RaisesByTheHighestClassAndPaysSinglePersonsByTheirs"},
    {"330782", "children.", "Yiwu", "PaysEachClassOfChildrenItsPublishedPart"},
    {"350000", "price.floor", "PricePacks", "EachPlaceByItsOwnFormulaAndFloor"},
    {"350121", "children.", "GapOfUnattendedChildren", "MinhouTakesOffWhatIsReceivedWithTheLivingSubsidy"},
    {"360700", "dibao.", "Ganzhou", "LeavesGraceByReasonAndTakesThirtyPercentOfTheStandardOffWages"},
    {"370212", "children.class_1.amount", "Laoshan", "PaysTheKeyChildItsOwnStandard"},
    {"370300", "dibao.rural_mode", "PublishedFigures", "OfRuralTiersAreRefusedUntilTheirAmountsAreFound"},
    {"420100", "price.", "Wuhan", "FollowsTheIndexOfLowIncomesAndLowerTriggersFrom2023"},
    {"430000", "price.floor", "PricePacks", "EachPlaceByItsOwnFormulaAndFloor"},
    {"430400", "dibao.", "Hengyang", "DeductsAndAdmitsAloneByItsOwnRules"},
    {"440100", "start.dibao_", "Guangzhou", "PaysBothSubsidiesAndDibaoFromTheMonthOfConfirmation"},
    {"450300", "price.", "PricePacks", "GuilinsTwoListsGoByTheirOwnStandards"},
    {"610000", "dibao.grace.months", "HeilongjiangAndShaanxi", "LeaveTwelveMonthsOfGrace"},
    {"610100", "dibao.rural_mode", "PublishedFigures", "OfRuralTiersAreRefusedUntilTheirAmountsAreFound"},
};

TEST(PublishedFigures, OfRuralTiersAreRefusedUntilTheirAmountsAreFound) {
    for (const auto& [county, in] : {std::pair{370302, "2023-01"}, {610102, "2021-01"}}) {
        Story story{packs().at(County::of_number(county), month(in)).value()};
        story.person(1);
        story.enrol(0, rural);
        EXPECT_EQ(story.fen(0, rural), 0);
        ASSERT_NE(story.refusal(0, rural), nullptr);
        EXPECT_TRUE(story.refusal(0, rural)->is_error);
        EXPECT_EQ(story.refusal(0, rural)->why.place,
                  std::to_string(county) + "/" + in + "/household 12/dibao.rural_mode");
    }
}

TEST(PublishedFigures, EveryRuleOfAShippedPackIsSeenInATest) {
    const auto has_test = [](const SeenIn& row) {
        const auto& all = *testing::UnitTest::GetInstance();
        for (int suite = 0; suite < all.total_test_suite_count(); ++suite) {
            const testing::TestSuite& each = *all.GetTestSuite(suite);
            if (each.name() != row.suite) continue;
            for (int test = 0; test < each.total_test_count(); ++test)
                if (each.GetTestInfo(test)->name() == row.test) return true;
        }
        return false;
    };
    for (const SeenIn& row : rules_seen) EXPECT_TRUE(has_test(row)) << row.suite << '.' << row.test;
    for (const Line& line : lines_of_packs(false))
        EXPECT_TRUE(std::ranges::any_of(rules_seen,
                                        [&](const SeenIn& row) {
                                            return row.division == line.division &&
                                                   line.key.starts_with(row.keys);
                                        }))
            << line.division << ' ' << line.key << ' ' << line.from << " = " << line.value
            << " is in no test";
    for (const Line& line : lines_of_packs(true)) EXPECT_NE(line.division, "100000");
}

// Each value with its document and its source: nothing is in a pack that nobody published.
TEST(PublishedFigures, NameTheirDocumentAndTheirSource) {
    std::istringstream text{packs().canonical_text()};
    std::string line;
    std::getline(text, line);
    while (std::getline(text, line)) {
        std::vector<std::string> cells;
        std::istringstream in{line};
        for (std::string cell; std::getline(in, cell, '\t');) cells.push_back(cell);
        ASSERT_GE(cells.size(), 6U) << line;
        EXPECT_GT(cells[4].size(), 6U) << line;
        EXPECT_THAT(cells[5], testing::MatchesRegex("^[A-Z][0-9]+: .+")) << line;
    }
}

// S·n − I rounded once is 629 yuan; each of three rounded apart is 210, together 630 (DOMAIN 0.2).
TEST(PublishedFigures, AHouseholdRoundedOnceAndPersonByPersonDifferByAYuan) {
    for (const auto& [stage, fen] : {std::pair{policy::RoundingStage::household, 62'900},
                                     std::pair{policy::RoundingStage::person, 63'000}}) {
        auto policy = plain_policy();
        policy.standards[static_cast<std::size_t>(policy::Standard::dibao_rural)]->amount = yuan("500");
        policy.dibao_rounding = {RoundingUnit::yuan, RoundingMode::ceiling};
        policy.dibao_rounding_stage = stage;
        Story story{policy};
        for (int no = 1; no <= 3; ++no) story.person(no);
        story.enrol(0, rural);
        story.income(1, 101, "871.60");
        EXPECT_EQ(story.fen(0, rural), fen);
    }
}

// Parts of a fen come from percentages: 800.05 and its 33 % make 1064.0665 a head.
TEST(PublishedFigures, PartsOfAFenAreRoundedOnceAtTheStageThatThePolicyNames) {
    struct Row {
        policy::RoundingStage stage;
        RoundingMode mode;
        std::int64_t one, two;
    };
    using enum policy::RoundingStage;
    for (const Row& row : {Row{household, RoundingMode::half_up, 106'407, 212'813},
                           Row{household, RoundingMode::ceiling, 106'407, 212'814},
                           Row{household, RoundingMode::floor, 106'406, 212'813},
                           Row{person, RoundingMode::half_up, 106'407, 212'814},
                           Row{person, RoundingMode::ceiling, 106'407, 212'814},
                           Row{person, RoundingMode::floor, 106'406, 212'812}})
        for (const int heads : {1, 2}) {
            auto policy = plain_policy();
            policy.standards[static_cast<std::size_t>(policy::Standard::dibao_rural)]->amount =
                yuan("800.05");
            policy.uplift(policy::UpliftClass::seriously_ill).percent = 33;
            policy.dibao_rounding = {RoundingUnit::fen, row.mode};
            policy.dibao_rounding_stage = row.stage;
            Story story{policy};
            for (int no = 1; no <= heads; ++no) story.person(no).seriously_ill = true;
            story.enrol(0, rural);
            EXPECT_EQ(story.fen(0, rural), heads == 1 ? row.one : row.two)
                << static_cast<int>(row.stage) << static_cast<int>(row.mode);
        }
}

// Zhongshan 2020 (S10): 440 yuan for each member of a class, beside the difference.
TEST(PublishedFigures, ZhongshanAdds440ForEachMemberOfAClass) {
    auto policy = plain_policy();
    policy.standards[static_cast<std::size_t>(policy::Standard::dibao_rural)]->amount = yuan("1000");
    policy.uplift(policy::UpliftClass::minor).rural = yuan("440");
    policy.uplift(policy::UpliftClass::severely_disabled).rural = yuan("440");
    Story story{policy};
    story.person(1);
    story.person(2, "2015-01-01");
    story.person(3).disability_level = 1;
    story.enrol(0, rural);
    story.income(1, 101, "1200");
    EXPECT_EQ(story.fen(0, rural), 300'000 - 120'000 + 2 * 44'000);
}

// A gap of less than 20 % of the standard is paid as 20 % a head (S12).
TEST(PublishedFigures, ASmallGapIsPaidAsTheMinimumAHead) {
    auto policy = plain_policy();
    policy.standards[static_cast<std::size_t>(policy::Standard::dibao_rural)]->amount = yuan("1000");
    policy.dibao_minimum_percent = 20;
    for (const auto& [income, fen] : {std::pair{"1599.99", 40'001},
                                      {"1600.00", 40'000},
                                      {"1600.01", 40'000},
                                      {"1999.99", 40'000},
                                      {"2000.00", 0}}) {
        Story story{policy};
        story.person(1);
        story.person(2);
        story.enrol(0, rural);
        story.income(1, 101, income);
        EXPECT_EQ(story.fen(0, rural), fen) << income;
    }
}

// Where the town's rules of care say percentages of a minimum wage (Anhui 2023: 50, 30 and 4 % of 2060 a month in
// institutions, 35, 20 and 3 % outside), Hefei's published yearly amounts are those rounded up to the yuan (S35 S36):
// inputs, which the pack holds and nobody computes.
TEST(PublishedFigures, HefeisCareIsThatOfTheMinimumWageRoundedUp) {
    using policy::Standard;
    struct Row {
        Standard standard;
        std::int64_t percent;
    };
    for (const Row& row :
         {Row{Standard::tekun_care_central_full, 50}, Row{Standard::tekun_care_central_half, 30},
          Row{Standard::tekun_care_central_self, 4}, Row{Standard::tekun_care_full, 35},
          Row{Standard::tekun_care_half, 20}, Row{Standard::tekun_care_self, 3}}) {
        std::int64_t year = 0;
        for (int no = 1; no <= 12; ++no)
            year += packs()
                        .at(County::of_number(340102), Month::of(2023, no).value())
                        .value()
                        .standard(row.standard)
                        ->amount.fen();
        EXPECT_EQ(year, (206'000 * 12 * row.percent / 100 + 99) / 100 * 100) << row.percent;
    }
}

}  // namespace
}  // namespace onecard::entitlement::story
