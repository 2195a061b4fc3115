#include <gmock/gmock.h>

#include <array>
#include <functional>
#include <set>
#include <tuple>
#include <vector>

#include "support/entitlement_story.hpp"

/// Every place at which an amount is rounded, by every unit and mode: dibao at both stages, the shares of children's
/// classes, the price-linked subsidy. Each table has a row for every combination, or fails.
namespace onecard::entitlement::story {
namespace {

constexpr auto fen = RoundingUnit::fen;
constexpr auto jiao = RoundingUnit::jiao;
constexpr auto ceiling = RoundingMode::ceiling;
constexpr auto half_up = RoundingMode::half_up;

constexpr std::array units{fen, jiao, RoundingUnit::yuan};
constexpr std::array modes{ceiling, half_up, RoundingMode::floor};

Money& standard_of(Story& story, policy::Standard which) {
    return story.rules().standards[static_cast<std::size_t>(which)]->amount;
}

/// Three members with 800.05 a head, of whom one is raised by 33 % of it, and 1141.15 of income: 1523.0165, or a head
/// 419.6666…, 419.6666… and 683.6831666….
TEST(RoundingStages, OfDibaoByEveryUnitAndMode) {
    struct Row {
        policy::RoundingStage stage;
        RoundingUnit unit;
        RoundingMode mode;
        std::int64_t amount;
    };
    constexpr auto household = policy::RoundingStage::household;
    constexpr auto person = policy::RoundingStage::person;
    std::set<std::tuple<policy::RoundingStage, RoundingUnit, RoundingMode>> seen;
    for (const Row& row : {
             Row{household, fen, ceiling, 152'302},
             Row{household, fen, half_up, 152'302},
             Row{household, fen, RoundingMode::floor, 152'301},
             Row{household, jiao, ceiling, 152'310},
             Row{household, jiao, half_up, 152'300},
             Row{household, jiao, RoundingMode::floor, 152'300},
             Row{household, RoundingUnit::yuan, ceiling, 152'400},
             Row{household, RoundingUnit::yuan, half_up, 152'300},
             Row{household, RoundingUnit::yuan, RoundingMode::floor, 152'300},
             Row{person, fen, ceiling, 2 * 41'967 + 68'369},
             Row{person, fen, half_up, 2 * 41'967 + 68'368},
             Row{person, fen, RoundingMode::floor, 2 * 41'966 + 68'368},
             Row{person, jiao, ceiling, 2 * 41'970 + 68'370},
             Row{person, jiao, half_up, 2 * 41'970 + 68'370},
             Row{person, jiao, RoundingMode::floor, 2 * 41'960 + 68'360},
             Row{person, RoundingUnit::yuan, ceiling, 2 * 42'000 + 68'400},
             Row{person, RoundingUnit::yuan, half_up, 2 * 42'000 + 68'400},
             Row{person, RoundingUnit::yuan, RoundingMode::floor, 2 * 41'900 + 68'300},
         }) {
        seen.emplace(row.stage, row.unit, row.mode);
        Story story{plain_policy()};
        standard_of(story, policy::Standard::dibao_rural) = yuan("800.05");
        story.rules().uplift(policy::UpliftClass::seriously_ill).percent = 33;
        story.rules().dibao_rounding = {row.unit, row.mode};
        story.rules().dibao_rounding_stage = row.stage;
        for (int no = 1; no <= 3; ++no) story.person(no);
        story.facts().persons.back().seriously_ill = true;
        story.enrol(0, Programme::dibao_rural);
        story.income(1, 101, "1141.15");
        EXPECT_EQ(story.fen(0, Programme::dibao_rural), row.amount)
            << static_cast<int>(row.stage) << static_cast<int>(row.unit) << static_cast<int>(row.mode);
        // Paid to each person it comes to the same, whoever gets the odd fen.
        story.rules().dibao_payee = policy::DibaoPayee::each_person;
        std::int64_t sum = 0;
        for (int no = 1; no <= 3; ++no) sum += story.fen(no, Programme::dibao_rural);
        EXPECT_EQ(sum, row.amount);
    }
    EXPECT_EQ(seen.size(), 2 * units.size() * modes.size());
}

struct Rounded {
    RoundingUnit unit;
    RoundingMode mode;
    std::int64_t amount;
};
void expect_all(const std::vector<Rounded>& rows, const std::function<std::int64_t(Rounding)>& amount_by) {
    std::set<std::pair<RoundingUnit, RoundingMode>> seen;
    for (const Rounded& row : rows) {
        seen.emplace(row.unit, row.mode);
        EXPECT_EQ(amount_by({row.unit, row.mode}), row.amount)
            << static_cast<int>(row.unit) << static_cast<int>(row.mode);
    }
    EXPECT_EQ(seen.size(), units.size() * modes.size());
}

// 33 % of 2342.15 are 772.9095.
TEST(RoundingStages, OfTheSharesOfChildrenByEveryUnitAndMode) {
    expect_all({{fen, ceiling, 77'291},
                {fen, half_up, 77'291},
                {fen, RoundingMode::floor, 77'290},
                {jiao, ceiling, 77'300},
                {jiao, half_up, 77'290},
                {jiao, RoundingMode::floor, 77'290},
                {RoundingUnit::yuan, ceiling, 77'300},
                {RoundingUnit::yuan, half_up, 77'300},
                {RoundingUnit::yuan, RoundingMode::floor, 77'200}},
               [](Rounding rounding) {
                   Story story{plain_policy()};
                   standard_of(story, policy::Standard::unattended_child) = yuan("2342.15");
                   story.rules().child_class[1].percent = 33;
                   story.rules().child_class_rounding = rounding;
                   story.person(1, "2012-01-01");
                   story.enrol(1, Programme::unattended_child).grade = 2;
                   return story.fen(1, Programme::unattended_child);
               });
}

// 3.57 % of 901.33 are 32.177481.
TEST(RoundingStages, OfThePriceLinkedSubsidyByEveryUnitAndMode) {
    expect_all({{fen, ceiling, 3'218},
                {fen, half_up, 3'218},
                {fen, RoundingMode::floor, 3'217},
                {jiao, ceiling, 3'220},
                {jiao, half_up, 3'220},
                {jiao, RoundingMode::floor, 3'210},
                {RoundingUnit::yuan, ceiling, 3'300},
                {RoundingUnit::yuan, half_up, 3'200},
                {RoundingUnit::yuan, RoundingMode::floor, 3'200}},
               [](Rounding rounding) {
                   Story story{plain_policy()};
                   standard_of(story, policy::Standard::dibao_rural) = yuan("901.33");
                   story.rules().price.cpi = 357;
                   story.rules().price.rounding = rounding;
                   story.person(1);
                   story.enrol(0, Programme::dibao_rural);
                   return story.fen(1, Programme::price_subsidy);
               });
}

// The half itself goes up, a little less goes down.
TEST(RoundingStages, OfTheHalfItself) {
    struct Row {
        RoundingUnit unit;
        std::string_view income;  ///< of a standard of 1000.00
        std::int64_t amount;
    };
    for (const Row& row :
         {Row{jiao, "499.95", 50'010}, Row{jiao, "499.96", 50'000}, Row{RoundingUnit::yuan, "499.50", 50'100},
          Row{RoundingUnit::yuan, "499.51", 50'000}}) {
        Story story{plain_policy()};
        standard_of(story, policy::Standard::dibao_rural) = yuan("1000");
        story.rules().dibao_rounding = {row.unit, half_up};
        story.person(1);
        story.enrol(0, Programme::dibao_rural);
        story.income(1, 101, row.income);
        EXPECT_EQ(story.fen(0, Programme::dibao_rural), row.amount) << row.income;
    }
}

}  // namespace
}  // namespace onecard::entitlement::story
