#include "onecard/policy/book.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "onecard/policy/builder.hpp"

namespace onecard::policy {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

Month month(std::string_view text) { return Month::parse(text).value(); }
const County laoshan = County::of_number(370212);

class BookTest : public testing::Test {
protected:
    Result<void> add(std::string_view division, std::string_view key, std::string_view from,
                     Book::Builder::Input input, std::string_view until = "") {
        Months months{.from = month(from)};
        if (!until.empty()) months.to = month(until).next();
        return builder.add({.division = division,
                            .key = key,
                            .months = months,
                            .input = std::move(input),
                            .source = {.document = "notice", .note = "S1", .place = "a.toml:1:1"}});
    }
    void set(std::string_view division, std::string_view key, std::string_view from,
             Book::Builder::Input input, std::string_view until = "") {
        const auto added = add(division, key, from, std::move(input), until);
        ASSERT_TRUE(added) << added.error().message();
    }
    static std::int64_t fen(const Book& book, County county, std::string_view in, Standard which) {
        const auto policy = book.at(county, month(in));
        return policy && policy->standard(which) ? policy->standard(which)->amount.fen() : 0;
    }
    Book::Builder builder;
};

TEST_F(BookTest, AValueHoldsFromItsMonthUntilTheNextOne) {
    set("370212", "dibao.urban", "2022-01", "995");
    set("370212", "dibao.urban", "2021-01", "904.00");
    const Book book = builder.build();
    EXPECT_EQ(fen(book, laoshan, "2021-01", Standard::dibao_urban), 90'400);
    EXPECT_EQ(fen(book, laoshan, "2021-12", Standard::dibao_urban), 90'400);
    EXPECT_EQ(fen(book, laoshan, "2022-01", Standard::dibao_urban), 99'500);
    EXPECT_EQ(fen(book, laoshan, "2030-12", Standard::dibao_urban), 99'500);
}

TEST_F(BookTest, BeforeItsPublicationANoticeIsUnknownAndTheValueBeforeItHolds) {
    const auto publish = [&](std::string_view from, std::string_view amount, std::string_view published) {
        const auto added = builder.add({.division = "370212",
                                        .key = "dibao.urban",
                                        .months = {.from = month(from)},
                                        .input = std::string{amount},
                                        .source = {.document = "notice", .note = "", .place = "a"},
                                        .published = Day::parse(published).value()});
        ASSERT_TRUE(added) << added.error().message();
    };
    set("370212", "dibao.urban", "2021-01", "904.00");
    publish("2022-01", "995", "2022-03-29");
    publish("2022-01", "996", "2022-05-01");  // Corrected once more: the later notice holds.
    const Book book = builder.build();
    const auto known = [&](std::string_view day) {
        return book.at(laoshan, month("2022-02"), Day::parse(day).value())
            ->standard(Standard::dibao_urban)
            ->amount.fen();
    };
    EXPECT_EQ(known("2022-03-28"), 90'400);
    EXPECT_EQ(known("2022-03-29"), 99'500);
    EXPECT_EQ(known("2022-05-01"), 99'600);
    EXPECT_EQ(fen(book, laoshan, "2022-02", Standard::dibao_urban), 99'600);
    EXPECT_FALSE(book.at(laoshan, month("2020-12"), Day::parse("2022-03-28").value()));
}

TEST_F(BookTest, ComesBackFromItsCanonicalText) {
    set("370212", "dibao.urban", "2021-01", "904.00", "2021-12");
    set("370212", "dibao.excluded_income_items", "2021-01", std::vector<std::int64_t>{903, 901});
    set("370200", "dibao.excluded_income_items", "2021-01", std::vector<std::int64_t>{});
    set("370212", "dibao.uplift.sums", "2021-01", true);
    set("370212", "dibao.work_cost", "2021-01", std::int64_t{30});
    set("370212", "dibao.rounding.mode", "2021-01", "ceiling");
    set("370000", "poverty_line", "2021-01", "500");
    set("370212", "dibao.rural_tiers.amounts", "2021-01", std::vector<std::string>{"533", "400.5"});
    set("370212", "dibao.rural_tiers.income_below", "2021-01", std::vector<std::string>{"200"});
    set("370212", "dibao.urban_tiers.income_below", "2021-01", std::vector<std::int64_t>{});
    set("370212", "dibao.grace.months", "2021-01", std::int64_t{12});
    set("370212", "dibao.grace.schedule", "2021-01", std::vector<std::int64_t>{100, 100, 50});
    ASSERT_TRUE(builder.add({.division = "370212",
                             .key = "dibao.rural",
                             .months = {.from = month("2022-01")},
                             .input = "995",
                             .source = {.document = "a\tb\nc", .note = "", .place = "x"},
                             .published = Day::parse("2022-03-29").value()}));
    set("370212", "overlap.precedence", "2021-01",
        std::vector<std::string>{"tekun", "orphan", "dibao", "unattended", "nursing", "living"});
    set("370212", "overlap.living_nursing", "2021-01", "higher");
    set("370212", "overlap.elder_care_nursing", "2021-01", "exclusive");
    set("370212", "price.fractions", "2021-01", std::vector<std::int64_t>{16, 6});
    set("370212", "tekun.care.self", "2021-01", "989.00 a year");
    set("370212", "children.class_2.of", "2021-01", "gap");
    set("370212", "stop.parent_found", "2021-01", "month_after_event");
    set("370212", "dibao.grace_reason.placed", "2021-01", std::int64_t{24});
    const Book book = builder.build();
    const auto again = parse_book(book.canonical_text());
    ASSERT_TRUE(again) << again.error().message();
    EXPECT_EQ(again->canonical_text(), book.canonical_text());
    EXPECT_THAT(again->canonical_text(), HasSubstr("\t2022-03-29\n"));
    const auto policy = again->at(laoshan, month("2021-06"));
    ASSERT_TRUE(policy);
    EXPECT_THAT(policy->dibao_rural_tiers.amounts, ElementsAre(Money::of_fen(53'300), Money::of_fen(40'050)));
    EXPECT_THAT(policy->dibao_rural_tiers.income_below, ElementsAre(Money::of_fen(20'000)));
    EXPECT_THAT(policy->dibao_urban_tiers.income_below, IsEmpty());
    EXPECT_EQ(policy->grace_months, 12);
    EXPECT_THAT(policy->grace_schedule, ElementsAre(100, 100, 50));
    using enum ProgrammeKind;
    EXPECT_THAT(policy->precedence,
                ElementsAre(tekun, ProgrammeKind::orphan, dibao, unattended, nursing, living));
    EXPECT_EQ(policy->overlap_of(living, nursing), Overlap::higher);
    EXPECT_EQ(policy->overlap_of(tekun, dibao), Overlap::exclusive);
    EXPECT_EQ(policy->price.fractions, (std::array<std::int32_t, 2>{16, 6}));
    EXPECT_EQ(policy->standard(Standard::tekun_care_self)->amount.fen(), 98'900 * 6 / 12 - 98'900 * 5 / 12);
    EXPECT_EQ(policy->child_class[1].base, ChildClass::Base::gap);
    EXPECT_EQ(policy->stop_on_end[1], StopRule::month_after_event);
    EXPECT_EQ(policy->grace_months_by_reason[4], 24);
}

TEST_F(BookTest, ListsOfTheWrongKindAreRefused) {
    using Numbers = std::vector<std::int64_t>;
    using Texts = std::vector<std::string>;
    EXPECT_FALSE(add("370212", "dibao.rural_tiers.amounts", "2021-01", Numbers{533}));
    EXPECT_FALSE(add("370212", "dibao.rural_tiers.amounts", "2021-01", Texts{"533", "0"}));
    EXPECT_FALSE(add("370212", "dibao.rural_tiers.amounts", "2021-01", "533"));
    EXPECT_FALSE(add("370212", "dibao.grace.schedule", "2021-01", Texts{"100"}));
    EXPECT_FALSE(add("370212", "dibao.grace.schedule", "2021-01", Numbers{100, -1}));
    EXPECT_FALSE(add("370212", "dibao.grace.schedule", "2021-01", Numbers(61, 100)));
    EXPECT_FALSE(add("370212", "dibao.grace.months", "2021-01", std::int64_t{61}));
}

TEST_F(BookTest, ATextThatIsNoBookIsRefusedNamingTheLine) {
    EXPECT_EQ(parse_book("policy").error().place, "line 1");
    const std::string good = "onecard policy book 1\n370212\tdibao.urban\t2021-01..\t904.00\tnotice\tS1\n";
    ASSERT_TRUE(parse_book(good));
    for (const std::string_view bad :
         {"370212\tdibao.urban\t2021-01..\t904.00\tnotice\n", "370212\tdibao.lunar\t2021-02..\t1\tn\tS1\n",
          "370212\tdibao.urban\t2021-02\t904.00\tn\tS1\n", "37\tdibao.urban\t2021-02..\t904.00\tn\tS1\n",
          "370212\tdibao.urban\t2021-02..\tmuch\tn\tS1\n",
          "370212\tdibao.uplift.sums\t2021-02..\tyes\tn\tS1\n",
          "370212\tdibao.work_cost\t2021-02..\t3x\tn\tS1\n",
          "370212\tdibao.excluded_income_items\t2021-02..\t[1, x]\tn\tS1\n",
          "370212\tdibao.urban\t2021-02..\t904.00\tn\tS1\t2021-02-30\n"}) {
        const auto parsed = parse_book(good + std::string{bad});
        ASSERT_FALSE(parsed) << bad;
        EXPECT_EQ(parsed.error().place, "line 3") << bad;
    }
}

TEST_F(BookTest, AMonthWithoutAnyPackIsRefusedNamingDivisionAndMonth) {
    set("370212", "dibao.urban", "2021-01", "904.00");
    set("370213", "dibao.payee", "2021-01", "each_person");
    const Book book = builder.build();
    const auto before = book.at(laoshan, month("2020-12"));
    ASSERT_FALSE(before);
    EXPECT_EQ(before.error().fault, Fault::missing);
    EXPECT_EQ(before.error().place, "370212/2020-12");
    EXPECT_FALSE(book.at(County::of_number(510502), month("2022-01")));
    EXPECT_FALSE(book.at(County::of_number(370213), month("2022-01"))) << "rules alone pay nobody";
}

TEST_F(BookTest, CountyGoesBeforePrefectureBeforeProvince) {
    set("510000", "dibao.urban", "2021-12", "615.00");
    set("510000", "dibao.rural", "2021-12", "415.00");
    set("510500", "dibao.urban", "2024-07", "788.00");
    set("510502", "dibao.rural", "2025-01", "600.00");
    const Book book = builder.build();
    const County county = County::of_number(510502);
    EXPECT_EQ(fen(book, county, "2024-06", Standard::dibao_urban), 61'500);
    EXPECT_EQ(fen(book, county, "2024-07", Standard::dibao_urban), 78'800);
    EXPECT_EQ(fen(book, county, "2024-12", Standard::dibao_rural), 41'500);
    EXPECT_EQ(fen(book, county, "2025-01", Standard::dibao_rural), 60'000);
    EXPECT_EQ(fen(book, County::of_number(510104), "2025-01", Standard::dibao_urban), 61'500);
}

TEST_F(BookTest, AnEndedValueLeavesAGapThatTheProvinceDoesNotFill) {
    set("370000", "dibao.urban", "2020-01", "700.00");
    set("370000", "dibao.rural", "2020-01", "600.00");
    set("370100", "dibao.urban", "2022-01", "995.00", "2022-12");
    const Book book = builder.build();
    const County county = County::of_number(370102);
    EXPECT_EQ(fen(book, county, "2021-12", Standard::dibao_urban), 70'000);
    EXPECT_EQ(fen(book, county, "2022-12", Standard::dibao_urban), 99'500);
    const auto after = book.at(county, month("2023-01"));
    ASSERT_TRUE(after);
    EXPECT_FALSE(after->standard(Standard::dibao_urban));
}

TEST_F(BookTest, RulesAreSetByTheirKeysAndCarryTheirSource) {
    set("370212", "dibao.urban", "2022-01", "995.00");
    set("370000", "dibao.rounding.unit", "2020-01", "yuan");
    set("370212", "dibao.rounding.mode", "2022-01", "ceiling");
    set("370212", "dibao.rounding.stage", "2022-01", "person");
    set("370212", "dibao.payee", "2022-01", "each_person");
    set("370212", "dibao.minimum_per_head", "2022-01", "50.00");
    set("370212", "dibao.uplift.elderly", "2022-01", std::int64_t{20});
    set("370212", "dibao.uplift.sums", "2022-01", true);
    set("370212", "dibao.excluded_income_items", "2022-01", std::vector<std::int64_t>{902, 401});
    set("370212", "start.dibao_rural", "2022-01", "month_of_confirmation");
    set("370212", "stop.death", "2022-01", "month_of_event");
    set("370212", "children.unattended_on_dibao", "2022-01", "less_received");
    const Book book = builder.build();
    const auto policy = book.at(laoshan, month("2022-01"));
    ASSERT_TRUE(policy);
    EXPECT_EQ(policy->dibao_rounding, (Rounding{RoundingUnit::yuan, RoundingMode::ceiling}));
    EXPECT_EQ(policy->dibao_rounding_stage, RoundingStage::person);
    EXPECT_EQ(policy->dibao_payee, DibaoPayee::each_person);
    EXPECT_EQ(policy->dibao_minimum_per_head.fen(), 5'000);
    EXPECT_EQ(policy->uplift(policy::UpliftClass::elderly).percent, 20);
    EXPECT_TRUE(policy->uplift_sums);
    EXPECT_THAT(policy->excluded_income_items, ElementsAre(401, 902));
    EXPECT_EQ(policy->start_of(Programme::dibao_rural), StartRule::month_of_confirmation);
    EXPECT_EQ(policy->start_of(Programme::dibao_urban), StartRule::month_after_confirmation);
    EXPECT_EQ(policy->start_of(Programme::disability_nursing), StartRule::month_of_application);
    EXPECT_EQ(policy->stop_on_death, StopRule::month_of_event);
    EXPECT_EQ(policy->unattended_on_dibao, UnattendedOnDibao::less_received);
    ASSERT_NE(policy->source_of_rule("dibao.payee"), nullptr);
    EXPECT_EQ(policy->source_of_rule("dibao.payee")->document, "notice");
    EXPECT_EQ(policy->source_of_rule("dibao.work_cost"), nullptr);
}

TEST_F(BookTest, UnattendedChildrenFollowDispersedOrphansUnlessThePolicySaysOtherwise) {
    set("370212", "orphan.dispersed", "2022-01", "1815.00");
    set("370213", "orphan.dispersed", "2022-01", "1815.00");
    set("370213", "unattended_child", "2022-01", "1700.00");
    set("370214", "orphan.dispersed", "2022-01", "1815.00");
    set("370214", "children.unattended_follows_orphan", "2022-01", false);
    const Book book = builder.build();
    EXPECT_EQ(fen(book, laoshan, "2022-01", Standard::unattended_child), 181'500);
    EXPECT_EQ(fen(book, County::of_number(370213), "2022-01", Standard::unattended_child), 170'000);
    EXPECT_EQ(fen(book, County::of_number(370214), "2022-01", Standard::unattended_child), 0);
}

TEST_F(BookTest, EveryKindOfWrongValueIsRefused) {
    struct Row {
        std::string_view name;
        std::string_view division;
        std::string_view key;
        Book::Builder::Input input;
        Fault fault;
    };
    for (const Row& row : {
             Row{"unknown key", "370212", "dibao.suburban", "1.00", Fault::unknown},
             Row{"division of five digits", "37021", "dibao.urban", "1.00", Fault::malformed},
             Row{"division without prefecture", "370012", "dibao.urban", "1.00", Fault::malformed},
             Row{"division with letters", "37021x", "dibao.urban", "1.00", Fault::malformed},
             Row{"amount as a number", "370212", "dibao.urban", std::int64_t{995}, Fault::malformed},
             Row{"amount with three decimals", "370212", "dibao.urban", "995.001", Fault::malformed},
             Row{"standard of nothing", "370212", "dibao.urban", "0", Fault::out_of_range},
             Row{"negative standard", "370212", "dibao.urban", "-1.00", Fault::out_of_range},
             Row{"fen taken for yuan", "370212", "dibao.urban", "995000.00", Fault::out_of_range},
             Row{"percentage as text", "370212", "dibao.uplift.minor", "10", Fault::malformed},
             Row{"negative percentage", "370212", "dibao.uplift.minor", std::int64_t{-1},
                 Fault::out_of_range},
             Row{"unknown choice", "370212", "dibao.payee", "nobody", Fault::malformed},
             Row{"flag as text", "370212", "dibao.uplift.sums", "true", Fault::malformed},
             Row{"item twice", "370212", "dibao.excluded_income_items", std::vector<std::int64_t>{7, 7},
                 Fault::duplicate},
             Row{"year of nothing", "370212", "tekun.care.self", "0.11 a year", Fault::out_of_range},
             Row{"year of no number", "370212", "tekun.care.self", "much a year", Fault::malformed},
             Row{"one part alone", "370212", "price.fractions", std::vector<std::int64_t>{12},
                 Fault::malformed},
             Row{"part of nothing", "370212", "price.fractions", std::vector<std::int64_t>{12, 0},
                 Fault::malformed},
             Row{"order without everybody", "370212", "overlap.precedence",
                 std::vector<std::string>{"tekun", "orphan"}, Fault::malformed},
             Row{"order with somebody twice", "370212", "overlap.precedence",
                 std::vector<std::string>{"tekun", "tekun", "dibao", "unattended", "nursing", "living"},
                 Fault::malformed},
             Row{"a gap where no rule knows one", "370212", "overlap.orphan_tekun", "gap", Fault::malformed},
             Row{"item code 0", "370212", "dibao.excluded_income_items", std::vector<std::int64_t>{0},
                 Fault::out_of_range},
         }) {
        const auto added = add(row.division, row.key, "2022-01", row.input);
        ASSERT_FALSE(added) << row.name;
        EXPECT_EQ(added.error().fault, row.fault) << row.name << ": " << added.error().text;
    }
    EXPECT_FALSE(add("370212", "dibao.urban", "2022-01", "1.00", "2021-12")) << "ends before it begins";
    const auto undocumented = builder.add({.division = "370212",
                                           .key = "dibao.urban",
                                           .months = {.from = month("2022-01")},
                                           .input = "1.00",
                                           .source = {}});
    ASSERT_FALSE(undocumented);
    EXPECT_EQ(undocumented.error().fault, Fault::missing);
}

TEST_F(BookTest, TheSameValueTwiceForOneMonthIsRefusedNamingTheFirst) {
    set("370212", "dibao.urban", "2022-01", "995.00");
    const auto again = add("370212", "dibao.urban", "2022-01", "995.00");
    ASSERT_FALSE(again);
    EXPECT_EQ(again.error().fault, Fault::duplicate);
    EXPECT_THAT(again.error().text, HasSubstr("a.toml:1:1"));
}

TEST_F(BookTest, TheCanonicalTextDoesNotDependOnTheOrderOfReading) {
    set("370212", "dibao.urban", "2022-01", "995.00");
    set("370212", "dibao.urban", "2021-01", "904.00");
    set("370100", "dibao.payee", "2021-01", "each_person", "2021-12");
    const Book one = builder.build();
    set("370100", "dibao.payee", "2021-01", "each_person", "2021-12");
    set("370212", "dibao.urban", "2021-01", "904.0");
    set("370212", "dibao.urban", "2022-01", "995");
    const Book other = builder.build();
    EXPECT_EQ(one.canonical_text(), other.canonical_text());
    EXPECT_EQ(one.canonical_text(),
              "onecard policy book 1\n"
              "370100\tdibao.payee\t2021-01..2021-12\teach_person\tnotice\tS1\n"
              "370212\tdibao.urban\t2021-01..\t904.00\tnotice\tS1\n"
              "370212\tdibao.urban\t2022-01..\t995.00\tnotice\tS1\n");
}

TEST_F(BookTest, TekunBelowOnePointThreeTimesUrbanDibaoIsWarnedOfBeyondOneYuan) {
    set("370212", "dibao.urban", "2022-01", "1000.00");
    set("370212", "tekun.basic.urban", "2022-01", "1299.00");
    set("370212", "tekun.basic.rural", "2022-03", "1298.99");
    const Book book = builder.build();
    EXPECT_THAT(book.warnings(),
                ElementsAre("370212/2022-03: tekun.basic.rural 1298.99 is less than 1.3 × dibao.urban "
                            "1000.00 (003 E1)"));
}

TEST_F(BookTest, AWarningIsSaidOnceInTheMonthFromWhichBothValuesHold) {
    set("370000", "dibao.urban", "2021-01", "1000.00");
    set("370000", "tekun.basic.urban", "2021-01", "1300.00");
    set("370212", "dibao.urban", "2022-01", "1100.00");
    set("370212", "dibao.rural", "2022-05", "900.00");
    set("370212", "poverty_line", "2022-06", "900.00");
    set("370212", "dibao.uplift.minor", "2022-07", std::int64_t{9});
    set("370212", "dibao.uplift.elderly", "2022-07", std::int64_t{10});
    const Book book = builder.build();
    EXPECT_THAT(book.warnings(),
                ElementsAre(HasSubstr("370212/2022-01: tekun.basic.urban 1300.00"),
                            HasSubstr("370212/2022-06: dibao.rural 900.00 is not above poverty_line"),
                            HasSubstr("370212/2022-07: dibao.uplift.minor 9 %")));
}

TEST_F(BookTest, EveryKeyHasItsOwnName) {
    auto all = keys();
    std::ranges::sort(all);
    EXPECT_EQ(std::ranges::adjacent_find(all), all.end());
    EXPECT_EQ(key_of(Standard::dibao_urban), "dibao.urban");
    EXPECT_EQ(key_of(Standard::disability_nursing_2), "disability.nursing.level_2");
    for (const auto key : all) EXPECT_TRUE(is_key(key)) << key;
}

}  // namespace
}  // namespace onecard::policy
