#include "onecard/ledger/entry.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <utility>

namespace onecard::ledger {
namespace {

Entry::About about(EntryKind kind) {
    Entry::About about;
    about.county = County::of_number(370212);
    about.kind = kind;
    about.cause = "batch 370212/202201/1";
    about.value_day = Day::of(2022, 1, 6).value();
    about.programme = 2;
    about.bank = BankNo{1};
    about.period = 202201;
    about.lines = 3;
    about.line_total = Money::of_fen(12'000);
    return about;
}

std::string text_of_standard(EntryKind kind) {
    return standard_entry(about(kind), Money::of_fen(12'000)).value().text();
}

// DOMAIN 5.2, row by row.
TEST(StandardEntry, OwesTheCheckedEntitlement) {
    EXPECT_EQ(text_of_standard(EntryKind::accrual),
              "debit  5001 relief expenditure               120.00\n"
              "credit 2101 benefits payable                 120.00\n");
}

TEST(StandardEntry, SendsMoneyToTheAgencyBank) {
    EXPECT_EQ(text_of_standard(EntryKind::funding),
              "debit  1003 agency bank transit              120.00\n"
              "credit 1002 special account                  120.00\n");
}

TEST(StandardEntry, PutsTheFileInTransit) {
    EXPECT_EQ(text_of_standard(EntryKind::dispatch),
              "debit  2101 benefits payable                 120.00\n"
              "credit 2102 payments in transit              120.00\n");
}

TEST(StandardEntry, SettlesWhatIsPaid) {
    EXPECT_EQ(text_of_standard(EntryKind::paid),
              "debit  2102 payments in transit              120.00\n"
              "credit 1003 agency bank transit              120.00\n");
}

TEST(StandardEntry, PutsTheDebtOfAFailureBackOnTheBooks) {
    EXPECT_EQ(text_of_standard(EntryKind::failed),
              "debit  2102 payments in transit              120.00\n"
              "credit 2111 returned, to pay                 120.00\n");
}

TEST(StandardEntry, OwesAgainWhatABankRefusesWhole) {
    EXPECT_EQ(text_of_standard(EntryKind::refused),
              "debit  2102 payments in transit              120.00\n"
              "credit 2101 benefits payable                 120.00\n");
}

TEST(StandardEntry, SendsAFailureOutAgain) {
    EXPECT_EQ(text_of_standard(EntryKind::reissue),
              "debit  2111 returned, to pay                 120.00\n"
              "credit 2102 payments in transit              120.00\n");
}

TEST(StandardEntry, TakesCashBackFromABank) {
    EXPECT_EQ(text_of_standard(EntryKind::cash_back),
              "debit  1002 special account                  120.00\n"
              "credit 1003 agency bank transit              120.00\n");
}

TEST(StandardEntry, RefusesNothingAndLessThanNothing) {
    for (const std::int64_t fen : {0, -1}) {
        const auto entry = standard_entry(about(EntryKind::paid), Money::of_fen(fen));
        ASSERT_FALSE(entry);
        EXPECT_EQ(entry.error().fault, Fault::out_of_range);
        EXPECT_NE(entry.error().place.find("batch 370212/202201/1"), std::string::npos);
    }
}

TEST(Entry, ExistsOnlyBalanced) {
    const auto off_by_one = Entry::make(
        about(EntryKind::accrual),
        {{Account::expenditure, {}, Money::of_fen(100)}, {Account::payable, {}, Money::of_fen(-99)}});
    ASSERT_FALSE(off_by_one);
    EXPECT_EQ(off_by_one.error().fault, Fault::mismatch);
    EXPECT_NE(off_by_one.error().text.find("0.01"), std::string::npos);
}

TEST(Entry, NeedsTwoPostingsAndNoneOverNothing) {
    EXPECT_FALSE(Entry::make(about(EntryKind::accrual), {}));
    EXPECT_FALSE(Entry::make(about(EntryKind::accrual), {{Account::payable, {}, Money{}}}));
    EXPECT_FALSE(Entry::make(about(EntryKind::accrual),
                             {{Account::payable, {}, Money{}}, {Account::expenditure, {}, Money{}}}));
}

TEST(Entry, RefusesASumThatOverflows) {
    const Money most = Money::of_fen(std::numeric_limits<std::int64_t>::max());
    const auto entry = Entry::make(about(EntryKind::accrual), {{Account::expenditure, {}, most},
                                                               {Account::expenditure, {}, most},
                                                               {Account::payable, {}, -most},
                                                               {Account::payable, {}, -most}});
    ASSERT_FALSE(entry);
    EXPECT_EQ(entry.error().fault, Fault::out_of_range);
}

TEST(Entry, SaysEveryFieldInItsCanonicalText) {
    auto one = about(EntryKind::paid);
    one.lines_root = std::string(32, '\x0f');
    EXPECT_EQ(
        standard_entry(one, Money::of_fen(12'000)).value().canonical(Moment::of_unix_seconds(1'641'434'400)),
        "entry|370212|paid|batch 370212/202201/1|2022-01-06|2022-01-06T10:00:00+08:00|2|1|202201|3|12000|"
        "0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f|2102:0:12000|1003:0:-12000");
}

TEST(Entry, SaysSourceYearAndPurposeOfKnownMoney) {
    const FundShares shares{{{1, 2021, 2}, Money::of_fen(7'000)}, {{4, 2022, 1}, Money::of_fen(5'000)}};
    const std::string text =
        standard_entry(about(EntryKind::paid), shares).value().canonical(Moment::of_unix_seconds(0));
    EXPECT_TRUE(
        text.ends_with("|2102:1/2021/2:7000|1003:1/2021/2:-7000|2102:4/2022/1:5000|1003:4/2022/1:-5000"))
        << text;
}

TEST(FundsReceived, KeepsEachSourceApart) {
    auto one = about(EntryKind::funds_received);
    const auto entry =
        funds_received(one, {Money::of_fen(6'000), Money::of_fen(2'000), Money{}, Money::of_fen(1'500)}, 2022,
                       Purpose::relief);
    ASSERT_TRUE(entry);
    EXPECT_EQ(entry->text(),
              "debit  1002 special account                   60.00\n"
              "credit 4001 grants, central                   60.00\n"
              "debit  1002 special account                   20.00\n"
              "credit 4002 grants, province                  20.00\n"
              "debit  1002 special account                   15.00\n"
              "credit 4004 own funds, county                 15.00\n");
    EXPECT_EQ(entry->postings()[2].fund, (Fund{2, 2022, 2}));
}

TEST(FundsReceived, RefusesNegativeMoneyAndNoMoney) {
    EXPECT_FALSE(funds_received(about(EntryKind::funds_received),
                                {Money::of_fen(-1), Money{}, Money{}, Money{}}, 2022, Purpose::general));
    EXPECT_FALSE(funds_received(about(EntryKind::funds_received), {}, 2022, Purpose::general));
}

TEST(EntryKind, IsKnownByItsStoredNumberOnly) {
    for (int number = 1; number <= 35; ++number)
        EXPECT_EQ(std::to_underlying(entry_kind_of(number).value()), number);
    EXPECT_FALSE(entry_kind_of(0));
    EXPECT_FALSE(entry_kind_of(36));
}

}  // namespace
}  // namespace onecard::ledger
