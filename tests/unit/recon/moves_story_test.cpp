#include <gtest/gtest.h>

#include <map>

#include "onecard/recon/match.hpp"
#include "onecard/recon/posting.hpp"

/// The moves of DOMAIN 3.2, each told by a bank's own lines: the entries that they bring, and what stands on the books.
namespace onecard::recon {
namespace {

using bankfile::Reason;
using bankfile::ReturnStatus;
using ledger::EntryKind;

constexpr Money amount = Money::of_fen(12'000);

/// One payment of 120.00 yuan and everything that is said of it.
class Payment {
public:
    Payment() {
        sent_.payment = {County::of_number(370212), 202201, Serial{7}, 1};
        sent_.amount = amount;
        sent_.account_hash = account_hash("6228880000000007");
        post(EntryKind::accrual);
        post(EntryKind::funding);
        post(EntryKind::dispatch);
        told_.clear();
    }
    Payment& hears(ReturnStatus status, std::string_view code, std::int64_t corrects = 0) {
        ++return_no_;
        bankfile::ReturnLine line;
        line.seq = 1;
        const std::string reference = sent_.payment.text();
        line.payment = reference;
        line.account = "6228880000000007";
        line.amount = amount;
        line.status = status;
        line.code = code;
        Matched matched;
        sent_.seen = false;
        Matcher{matched, corrects}.take(line, &sent_, 2);
        told_.clear();
        for (const DueEntry& due : entries_due(matched)) post(due.kind);
        for (const Outcome& outcome : matched.outcomes)
            know(outcome.paid ? Standing::paid : Standing::failed, outcome.reason);
        for (const Reversal& reversal : matched.reversals) know(reversal.to, reversal.word.reason);
        for (const Break& one : matched.breaks) told_ += std::string{code_of(one.kind)} + "\n";
        return *this;
    }
    Payment& is(EntryKind kind) {
        told_.clear();
        post(kind);
        return *this;
    }
    /// What the last event brought: entries, or the break that it opened.
    const std::string& told() const { return told_; }
    Standing standing() const { return sent_.known.standing; }
    std::int64_t return_no() const { return return_no_; }
    /// Balances in fen that are not nothing, debits positive.
    std::string books() const {
        std::string text;
        for (const auto& [account, balance] : balances_)
            if (!balance.is_zero())
                text += (text.empty() ? "" : " ") + std::to_string(static_cast<int>(account)) + " " +
                        std::to_string(balance.fen());
        return text;
    }

private:
    void know(Standing standing, Reason reason) { sent_.known = {standing, reason, return_no_, false}; }
    void post(EntryKind kind) {
        ledger::Entry::About about;
        about.kind = kind;
        const ledger::Entry entry = ledger::standard_entry(about, amount).value();
        for (const ledger::Posting& posting : entry.postings()) balances_[posting.account] += posting.amount;
        told_ += entry.text();
    }

    SentLine sent_;
    std::map<ledger::Account, Money> balances_;
    std::string told_;
    std::int64_t return_no_ = 0;
};

constexpr auto paid = ReturnStatus::paid, failed = ReturnStatus::failed, unknown = ReturnStatus::in_progress;

TEST(Sent, IsInTransit) { EXPECT_EQ(Payment{}.books(), "1002 -12000 1003 12000 2102 -12000 5001 12000"); }

TEST(InTransit, BecomesPaid) {
    Payment payment;
    EXPECT_EQ(payment.hears(paid, "OK00").told(),
              "debit  2102 payments in transit              120.00\n"
              "credit 1003 agency bank transit              120.00\n");
    EXPECT_EQ(payment.standing(), Standing::paid);
    EXPECT_EQ(payment.books(), "1002 -12000 5001 12000");
}

TEST(InTransit, BecomesFailed) {
    Payment payment;
    EXPECT_EQ(payment.hears(failed, "AC04").told(),
              "debit  2102 payments in transit              120.00\n"
              "credit 2111 returned, to pay                 120.00\n");
    EXPECT_EQ(payment.standing(), Standing::failed);
    EXPECT_EQ(payment.books(), "1002 -12000 1003 12000 2111 -12000 5001 12000");
}

TEST(InTransit, StaysUnknownUntilAFinalWord) {
    Payment payment;
    const std::string before = payment.books();
    EXPECT_EQ(payment.hears(unknown, "PEND").told(), "");
    EXPECT_EQ(payment.standing(), Standing::in_transit);
    EXPECT_EQ(payment.books(), before);
    EXPECT_EQ(payment.hears(paid, "OK00").standing(), Standing::paid);
    Payment other;
    EXPECT_EQ(other.hears(unknown, "PEND").hears(failed, "NM01").standing(), Standing::failed);
}

TEST(InTransit, IsOwedAgainWhenItsFileIsRefusedWhole) {
    EXPECT_EQ(Payment{}.is(EntryKind::refused).books(), "1002 -12000 1003 12000 2101 -12000 5001 12000");
}

TEST(Paid, ComesBackByALateReturn) {
    Payment payment;
    EXPECT_EQ(payment.hears(paid, "OK00").hears(failed, "RETD").told(),
              "debit  1003 agency bank transit              120.00\n"
              "credit 2111 returned, to pay                 120.00\n"
              "late-return\n")
        << "its money is open again, and why it came back is a question of its own";
    EXPECT_EQ(payment.standing(), Standing::returned);
    EXPECT_EQ(payment.books(), "1002 -12000 1003 12000 2111 -12000 5001 12000");
}

TEST(Paid, BecomesFailedByASignedCorrectionOnly) {
    Payment payment;
    payment.hears(paid, "OK00");
    const std::int64_t first = payment.return_no();
    EXPECT_EQ(payment.hears(failed, "AC04").told(), "contradicts-earlier\n");
    EXPECT_EQ(payment.books(), "1002 -12000 5001 12000") << "a contradiction overwrites nothing";
    EXPECT_EQ(payment.hears(failed, "AC04", first).told(),
              "debit  1003 agency bank transit              120.00\n"
              "credit 2102 payments in transit              120.00\n"
              "debit  2102 payments in transit              120.00\n"
              "credit 2111 returned, to pay                 120.00\n");
    EXPECT_EQ(payment.standing(), Standing::corrected);
    EXPECT_EQ(payment.books(), "1002 -12000 1003 12000 2111 -12000 5001 12000");
}

TEST(Paid, IsNotPaidTwiceByTheSameWordAgain) {
    Payment payment;
    EXPECT_EQ(payment.hears(paid, "OK00").hears(paid, "OK00").told(), "");
    EXPECT_EQ(payment.books(), "1002 -12000 5001 12000");
}

TEST(Failed, IsNeverPaidByABanksLaterWord) {
    Payment payment;
    payment.hears(failed, "AC04");
    const std::string before = payment.books();
    EXPECT_EQ(payment.hears(paid, "OK00").told(), "paid-though-failed\n");
    EXPECT_EQ(payment.standing(), Standing::failed);
    EXPECT_EQ(payment.books(), before);
}

TEST(FailedOrReturned, GoesOutAgainAndIsPaidOnce) {
    for (const bool late : {false, true}) {
        Payment payment;
        if (late) payment.hears(paid, "OK00");
        payment.hears(failed, late ? "RETD" : "AC04");
        EXPECT_EQ(payment.is(EntryKind::reissue).told(),
                  "debit  2111 returned, to pay                 120.00\n"
                  "credit 2102 payments in transit              120.00\n");
        EXPECT_EQ(payment.books(), "1002 -12000 1003 12000 2102 -12000 5001 12000");
        EXPECT_EQ(payment.is(EntryKind::paid).books(), "1002 -12000 5001 12000");
    }
}

TEST(FailedOrReturned, IsCancelledAgainstItsOwnYear) {
    Payment payment;
    payment.hears(failed, "DEAD");
    EXPECT_EQ(payment.is(EntryKind::return_cancelled).told(),
              "debit  2111 returned, to pay                 120.00\n"
              "credit 5001 relief expenditure               120.00\n");
    EXPECT_EQ(payment.books(), "1002 -12000 1003 12000");
    EXPECT_EQ(payment.is(EntryKind::cash_back).books(), "") << "the money is back where it came from";
    Payment earlier;
    EXPECT_EQ(earlier.hears(failed, "DEAD").is(EntryKind::return_cancelled_prior_year).books(),
              "1002 -12000 1003 12000 3002 -12000 5001 12000");
}

TEST(PaidThoughFailed, IsAcknowledgedThroughTransit) {
    Payment payment;
    payment.hears(failed, "AC04").hears(paid, "OK00");
    payment.is(EntryKind::failure_corrected);
    EXPECT_EQ(payment.books(), "1002 -12000 1003 12000 2102 -12000 5001 12000");
    EXPECT_EQ(payment.is(EntryKind::paid).books(), "1002 -12000 5001 12000");
}

}  // namespace
}  // namespace onecard::recon
