#include <gmock/gmock.h>

#include <algorithm>
#include <limits>
#include <tuple>

#include "onecard/registry/csv.hpp"
#include "support/entitlement_story.hpp"

/// Bad input: each kind is refused by division, month, household and field, in both languages; the neighbours are paid
/// all the same, and nobody is silently paid nothing.
namespace onecard::entitlement::story {
namespace {

using testing::HasSubstr;

constexpr auto rural = Programme::dibao_rural;
constexpr auto nursing = Programme::disability_nursing;

/// Household 12 is spoiled, household 13 of person 91 is not.
class BadInput : public testing::Test {
protected:
    BadInput() : story{plain_policy()} {
        story.person(1).disability_level = 1;
        story.person(2);
        story.enrol(0, rural);
        story.enrol(1, nursing);
        story.income(1, 101, "100");
    }
    /// Everything of both households, in the order of the rules.
    static Assessment assessed_with_neighbour(Story& one) {
        auto& facts = one.facts();
        facts.households.push_back({.no = HouseholdNo{13},
                                    .area = registry::Area::rural,
                                    .village = 370212004201,
                                    .representative = PersonNo{91}});
        facts.persons.push_back({.no = PersonNo{91},
                                 .household = HouseholdNo{13},
                                 .born = day("1980-01-01"),
                                 .disability_level = 2});
        for (const auto& [person, programme] : {std::pair{0, rural}, {91, nursing}})
            facts.enrolments.push_back({.household = HouseholdNo{13},
                                        .person = PersonNo{person},
                                        .programme = programme,
                                        .applied = day("2019-02-01"),
                                        .confirmed = day("2019-03-01")});
        std::ranges::sort(facts.incomes, {},
                          [](const auto& row) { return std::tuple{row.household, row.person, row.item}; });
        std::ranges::sort(facts.enrolments, {}, [](const auto& row) {
            return std::tuple{row.household, row.person, row.programme};
        });
        Assessment out;
        assess(facts, one.rules(), out);
        return out;
    }
    Story story;
};

TEST_F(BadInput, IsRefusedByPlaceAndReasonWhileTheNeighbourIsPaid) {
    struct Row {
        std::string_view name;
        void (*spoil)(Story&);
        Programme programme;
        Fault fault;
        std::string_view place, english, chinese;
    };
    const auto standard = [](Story& one,
                             policy::Standard which) -> std::optional<policy::CountyPolicy::Value>& {
        return one.rules().standards[static_cast<std::size_t>(which)];
    };
    static const auto set = standard;
    const Row rows[] = {
        {"a gap in the policy", [](Story& s) { set(s, policy::Standard::disability_nursing_1).reset(); },
         nursing, Fault::missing, "370212/2022-01/household 12/disability.nursing.level_1",
         "370212 has no published disability.nursing.level_1 in 2022-01",
         "没有公布 disability.nursing.level_1"},
        {"contradictory facts: no disability",
         [](Story& s) { s.facts().persons.front().disability_level = 0; }, nursing, Fault::conflict,
         "370212/2022-01/household 12/disability.nursing", "the register knows of no disability",
         "登记中没有残疾信息"},
        {"contradictory facts: income of nobody", [](Story& s) { s.income(77, 101, "1"); }, rural,
         Fault::conflict, "370212/2022-01/household 12/dibao.rural",
         "income item 101 of person 77 is of nobody in this household", "不属于本户任何人员"},
        {"contradictory facts: dead before born",
         [](Story& s) { s.facts().persons.front().died = day("1970-03-01"); }, nursing, Fault::conflict,
         "370212/2022-01/household 12/disability-nursing",
         "died on 1970-03-01, before being born on 1980-06-15", "1970-03-01 死亡，早于 1980-06-15 出生"},
        {"an impossible date: none", [](Story& s) { s.facts().enrolments.front().confirmed = Day{}; }, rural,
         Fault::missing, "370212/2022-01/household 12/dibao-rural", "has no day of confirmation",
         "没有确认日期"},
        {"an impossible date: born after the month",
         [](Story& s) { s.facts().persons.back().born = day("2022-02-01"); }, rural, Fault::conflict,
         "370212/2022-01/household 12/dibao.rural", "person 2 is born on 2022-02-01, after the month",
         "人员 2 于 2022-02-01 出生，晚于本月"},
        {"an unknown item", [](Story& s) { s.income(1, 199, "1"); }, rural, Fault::conflict,
         "370212/2022-01/household 12/dibao.rural", "income item 199 of person 1 has an unknown code",
         "收入项目 199（人员 1）代码不明"},
        {"a negative income", [](Story& s) { s.income(2, 101, "-0.01"); }, rural, Fault::conflict,
         "370212/2022-01/household 12/dibao.rural", "income item 101 of person 2 is negative", "为负数"},
        {"an unknown household", [](Story& s) { s.facts().households.clear(); }, rural, Fault::unknown,
         "370212/2022-01/household 12/household", "the register has no such household", "登记中没有该户"},
    };
    for (const Row& row : rows) {
        Story one = story;
        row.spoil(one);
        const Assessment out = assessed_with_neighbour(one);
        const auto of = [&](std::int64_t household, Programme programme) {
            return std::ranges::count_if(out.awards, [&](const Award& award) {
                return award.household == HouseholdNo{household} && award.programme == programme;
            });
        };
        EXPECT_EQ(of(13, rural), 1) << row.name;
        EXPECT_EQ(of(13, nursing), 1) << row.name;
        EXPECT_EQ(of(12, row.programme), 0) << row.name;
        const auto refusal = std::ranges::find_if(out.refusals, [&](const Refusal& each) {
            return each.household == HouseholdNo{12} && each.programme == row.programme;
        });
        ASSERT_NE(refusal, out.refusals.end()) << row.name;
        EXPECT_TRUE(refusal->is_error) << row.name;
        EXPECT_EQ(refusal->why.fault, row.fault) << row.name;
        EXPECT_EQ(refusal->why.place, row.place) << row.name;
        EXPECT_EQ(refusal->why.text, row.english) << row.name;
        EXPECT_THAT(refusal->chinese, HasSubstr(row.chinese)) << row.name;
    }
}

TEST_F(BadInput, AnAmountThatDoesNotFitIsRefusedByNameAndNeverWrapsRound) {
    for (const policy::RoundingStage stage :
         {policy::RoundingStage::household, policy::RoundingStage::person})
        for (const std::int64_t fen :
             {std::numeric_limits<std::int64_t>::max(), std::numeric_limits<std::int64_t>::max() / 100,
              std::numeric_limits<std::int64_t>::max() / 1'000'000}) {
            Story one = story;
            one.rules().dibao_rounding_stage = stage;
            one.rules().standards[static_cast<std::size_t>(policy::Standard::dibao_rural)]->amount =
                Money::of_fen(fen);
            const Refusal* refusal = one.refusal(0, rural);
            ASSERT_NE(refusal, nullptr) << fen;
            EXPECT_EQ(refusal->why.fault, Fault::out_of_range);
            EXPECT_EQ(refusal->why.place, "370212/2022-01/household 12/dibao.rural");
            EXPECT_TRUE(refusal->is_error);
            EXPECT_GT(one.fen(1, nursing), 0);
        }
}

// What cannot even be read is refused at the door, by file, line and column.
TEST_F(BadInput, ImpossibleDatesAndUnknownItemsOfFilesAreToldByFileLineAndColumn) {
    struct Row {
        registry::FileKind kind;
        std::string_view text, told;
    };
    for (
        const Row& row :
        {Row{registry::FileKind::incomes,
             "county,household_no,person_no,item,monthly,valid_from,valid_to\n370212,12,1,199,1.00,2022-01,\n",
             "incomes.csv:2:item"},
         Row{registry::FileKind::incomes,
             "county,household_no,person_no,item,monthly,valid_from,valid_to\n370212,12,1,101,1.00,2022-13,\n",
             "incomes.csv:2:valid_from"},
         Row{registry::FileKind::enrolments,
             "county,household_no,person_no,programme,applied_on,confirmed_on,setting,ability,payee_no,"
             "institution_no,valid_from,valid_to\n370212,12,,dibao-rural,2021-02-29,2021-03-01,,,,,2021-04,\n",
             "enrolments.csv:2:applied_on"}}) {
        registry::RegisterFiles files;
        Faults faults;
        const registry::DecodeContext context{.today = day("2022-06-30"), .bank_of = {}};
        registry::RegisterDecoder decoder{row.kind, std::string{registry::file_name_of(row.kind)}, context,
                                          files, faults};
        decoder.feed(row.text);
        decoder.finish();
        ASSERT_EQ(faults.size(), 1U) << row.told;
        EXPECT_EQ(faults.front().place, row.told);
        EXPECT_EQ(files.incomes.size() + files.enrolments.size(), 0U);
    }
}

}  // namespace
}  // namespace onecard::entitlement::story
