#include <gtest/gtest.h>

#include <array>
#include <map>
#include <vector>

#include "onecard/ledger/entry.hpp"

/// The stories of DOMAIN 5.2, each told by its entries: what stands on the books at its end.
namespace onecard::ledger {
namespace {

class Story {
public:
    Story& post(EntryKind kind, std::int64_t fen) {
        return keep(standard_entry(about(kind), Money::of_fen(fen)));
    }
    Story& post(EntryKind kind, const FundShares& shares) {
        return keep(standard_entry(about(kind), shares));
    }
    Story& receive(const BySource& shares) {
        return keep(funds_received(about(EntryKind::funds_received), shares, 2022, Purpose::general));
    }
    Story& reverse_last() { return keep(reversal_of(entries_.back(), 7, Day::of(2022, 2, 1).value())); }
    Story& close_year() {
        std::vector<FundBalance> open;
        for (const auto& [key, balance] : balances_) open.push_back({key.first, key.second, balance});
        return keep(year_closed(about(EntryKind::year_closed), open));
    }
    /// "1002 100 2101 -100": what is not zero, debits positive, in fen; sources together.
    std::string books() const {
        std::map<Account, Money> sums;
        for (const auto& [key, balance] : balances_) sums[key.first] += balance;
        std::string text;
        for (const auto& [account, balance] : sums)
            if (!balance.is_zero())
                text += (text.empty() ? "" : " ") + std::to_string(static_cast<int>(account)) + " " +
                        std::to_string(balance.fen());
        return text;
    }
    Money of(Account account, std::int16_t source) const {
        Money sum;
        for (const auto& [key, balance] : balances_)
            if (key.first == account && key.second.source == source) sum += balance;
        return sum;
    }
    const Entry& last() const { return entries_.back(); }

private:
    static Entry::About about(EntryKind kind) {
        Entry::About about;
        about.county = County::of_number(370212);
        about.kind = kind;
        about.cause = "story";
        about.value_day = Day::of(2022, 1, 6).value();
        return about;
    }
    Story& keep(Result<Entry> entry) {
        if (!entry) throw std::runtime_error{entry.error().message()};
        EXPECT_TRUE(is_standard(*entry)) << entry->text();
        for (const Posting& posting : entry->postings())
            balances_[{posting.account, posting.fund}] += posting.amount;
        entries_.push_back(*std::move(entry));
        return *this;
    }
    std::vector<Entry> entries_;
    std::map<std::pair<Account, Fund>, Money> balances_;
};

/// Money received, owed, at the bank and sent.
Story sent(std::int64_t fen) {
    Story story;
    story.receive({Money::of_fen(fen), {}, {}, {}});
    story.post(EntryKind::accrual, fen).post(EntryKind::funding, fen).post(EntryKind::dispatch, fen);
    return story;
}

TEST(LedgerStory, APaymentThatArrivesLeavesIncomeAndExpenditure) {
    EXPECT_EQ(sent(100).books(), "1003 100 2102 -100 4001 -100 5001 100");
    EXPECT_EQ(sent(100).post(EntryKind::paid, 100).books(), "4001 -100 5001 100");
}

TEST(LedgerStory, AFailureStaysOwedUntilItsReissueArrives) {
    auto story = sent(100);
    EXPECT_EQ(story.post(EntryKind::failed, 100).books(), "1003 100 2111 -100 4001 -100 5001 100");
    EXPECT_EQ(story.post(EntryKind::reissue, 100).post(EntryKind::paid, 100).books(), "4001 -100 5001 100");
}

TEST(LedgerStory, ARefusedFileIsOwedAgainAndItsMoneyComesBack) {
    EXPECT_EQ(sent(100).post(EntryKind::refused, 100).post(EntryKind::cash_back, 100).books(),
              "1002 100 2101 -100 4001 -100 5001 100");
}

TEST(LedgerStory, ALateReturnPutsMoneyAndDebtBack) {
    auto story = sent(100).post(EntryKind::paid, 100);
    EXPECT_EQ(story.post(EntryKind::late_return, 100).books(), "1003 100 2111 -100 4001 -100 5001 100");
}

TEST(LedgerStory, WhatIsCancelledBeforeDispatchIsNoExpenditure) {
    Story story;
    story.receive({Money::of_fen(100), {}, {}, {}}).post(EntryKind::accrual, 100);
    EXPECT_EQ(story.post(EntryKind::cancelled, 100).books(), "1002 100 4001 -100");
}

TEST(LedgerStory, AReturnThatIsNoLongerOwedIsCancelledInItsYear) {
    auto same_year = sent(100).post(EntryKind::failed, 100);
    EXPECT_EQ(same_year.post(EntryKind::return_cancelled, 100).post(EntryKind::cash_back, 100).books(),
              "1002 100 4001 -100");
    auto year_after = sent(100).post(EntryKind::failed, 100).close_year();
    EXPECT_EQ(year_after.books(), "1003 100 2111 -100");
    year_after.post(EntryKind::return_cancelled_prior_year, 100).post(EntryKind::cash_back, 100);
    EXPECT_EQ(year_after.books(), "1002 100 3002 -100");
    EXPECT_EQ(year_after.post(EntryKind::remittance_owed, 100).books(), "1002 100 2121 -100");
    EXPECT_EQ(year_after.post(EntryKind::remitted, 100).books(), "");
}

TEST(LedgerStory, AnOverpaymentIsRecoveredInCashByOffsetOrWrittenOff) {
    auto found = sent(100).post(EntryKind::paid, 100).post(EntryKind::overpayment, 100);
    EXPECT_EQ(found.books(), "1211 100 4001 -100");
    EXPECT_EQ(Story{found}.post(EntryKind::recovered_in_cash, 100).books(), "1002 100 4001 -100");
    EXPECT_EQ(Story{found}.post(EntryKind::write_off, 100).books(), "4001 -100 5099 100");
    auto offset = found;
    offset.post(EntryKind::accrual, 100).post(EntryKind::recovered_by_offset, 100);
    EXPECT_EQ(offset.books(), "4001 -100 5001 100");
    auto prior =
        sent(100).post(EntryKind::paid, 100).close_year().post(EntryKind::overpayment_prior_year, 100);
    EXPECT_EQ(prior.post(EntryKind::recovered_in_cash, 100).books(), "1002 100 3002 -100");
}

TEST(LedgerStory, AnUnidentifiedCreditIsHeldUntilItIsCleared) {
    auto story = sent(100).post(EntryKind::paid, 100).post(EntryKind::unidentified_credit, 100);
    EXPECT_EQ(story.books(), "1003 100 2112 -100 4001 -100 5001 100");
    EXPECT_EQ(Story{story}.post(EntryKind::unidentified_is_return, 100).books(),
              "1003 100 2111 -100 4001 -100 5001 100");
    EXPECT_EQ(story.post(EntryKind::unidentified_to_remit, 100)
                  .post(EntryKind::cash_back, 100)
                  .post(EntryKind::remitted, 100)
                  .books(),
              "4001 -100 5001 100");
}

TEST(LedgerStory, InterestOnTheTransitAccountBelongsToTheTreasury) {
    Story story;
    EXPECT_EQ(story.post(EntryKind::interest, 3).books(), "1003 3 2121 -3");
}

TEST(LedgerStory, ACorrectedReturnEndsWhereTheRightOneWouldHave) {
    const auto failed = sent(100).post(EntryKind::failed, 100).books();
    EXPECT_EQ(sent(100)
                  .post(EntryKind::paid, 100)
                  .post(EntryKind::success_corrected, 100)
                  .post(EntryKind::failed, 100)
                  .books(),
              failed);
    const auto paid = sent(100).post(EntryKind::paid, 100).books();
    EXPECT_EQ(sent(100)
                  .post(EntryKind::failed, 100)
                  .post(EntryKind::failure_corrected, 100)
                  .post(EntryKind::paid, 100)
                  .books(),
              paid);
}

TEST(LedgerStory, WhatABankTookTooMuchIsAClaimUntilItComesBack) {
    auto story = sent(100).post(EntryKind::bank_claimed, 40);
    EXPECT_EQ(story.books(), "1003 60 1213 40 2102 -100 4001 -100 5001 100");
    EXPECT_EQ(story.post(EntryKind::bank_claim_settled, 40).books(), sent(100).books());
}

/// General money of 2022 by source.
FundShares general(const std::array<std::int64_t, 4>& fen) {
    FundShares shares;
    for (std::size_t i = 0; i < fen.size(); ++i)
        if (fen[i] > 0)
            shares.push_back({{static_cast<std::int16_t>(i + 1), 2022, 1}, Money::of_fen(fen[i])});
    return shares;
}

TEST(LedgerStory, TheYearClosesEachSourceByItself) {
    Story story;
    story.receive({Money::of_fen(60), Money::of_fen(20), {}, Money::of_fen(20)})
        .post(EntryKind::accrual, FundPot{general({60, 20, 0, 20})}.take(Money::of_fen(50)))
        .close_year();
    EXPECT_EQ(story.books(), "1002 100 2101 -50 3001 -50");
    EXPECT_EQ(story.of(Account::carried_forward, 1), Money::of_fen(-30));
    EXPECT_EQ(story.of(Account::carried_forward, 2), Money::of_fen(-10));
    EXPECT_EQ(story.of(Account::carried_forward, 4), Money::of_fen(-10));
    EXPECT_FALSE(year_closed(story.last().about(), {}));
}

TEST(LedgerStory, AReversalTakesEverythingBackOnceAndIsNotReversedItself) {
    auto story = sent(100);
    const std::string before = story.books();
    story.post(EntryKind::failed, 40).reverse_last();
    EXPECT_EQ(story.books(), before);
    EXPECT_EQ(story.last().about().cause, "entry 370212/7 failed story");
    const auto again = reversal_of(story.last(), 8, Day::of(2022, 2, 2).value());
    ASSERT_FALSE(again);
    EXPECT_EQ(again.error().fault, Fault::conflict);
}

TEST(StandardPostings, AreKnownFromOthers) {
    Entry::About about;
    about.county = County::of_number(370212);
    about.kind = EntryKind::paid;
    about.cause = "return 1";
    const auto money = Money::of_fen(5);
    EXPECT_TRUE(is_standard(standard_entry(about, money).value()));
    EXPECT_FALSE(is_standard(
        Entry::make(about, {{Account::in_transit, {}, money}, {Account::special_account, {}, -money}})
            .value()));
    about.lines = 1;
    about.line_total = Money::of_fen(4);
    EXPECT_FALSE(is_standard(standard_entry(about, money).value()));
    // Each fund balances by itself, and is one that there can be.
    about.lines = 0;
    about.line_total = {};
    const auto between = [&](Fund from, Fund to) {
        return Entry::make(about, {{Account::in_transit, from, money}, {Account::agency_bank, to, -money}})
            .value();
    };
    EXPECT_TRUE(is_standard(between({1, 2022, 1}, {1, 2022, 1})));
    EXPECT_FALSE(is_standard(between({1, 2022, 1}, {2, 2022, 1})));
    EXPECT_FALSE(is_standard(between({1, 2022, 1}, {1, 2021, 1})));
    EXPECT_FALSE(is_standard(between({5, 2022, 1}, {5, 2022, 1})));
    EXPECT_FALSE(is_standard(between({0, 2022, 0}, {0, 2022, 0})));
}

}  // namespace
}  // namespace onecard::ledger
