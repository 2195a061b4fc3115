#include <gtest/gtest.h>

#include "arrears.hpp"

/// What is kept of payments for receivables: by the share of a payment, by what was agreed for a month, of the right debtor,
/// the oldest first; and never so that a line of a bank's file would be nothing or less.
namespace onecard::app {
namespace {

Money yuan(std::int64_t amount) { return Money::of_fen(100 * amount); }

class Offsets : public testing::Test {
protected:
    void owe(std::int64_t amount, std::int64_t beneficiary = 12, std::int64_t payee = 31,
             Programme programme = Programme::dibao_rural) {
        payment::Payment payment;
        payment.serial = Serial{static_cast<std::int32_t>(plan.payments.size() + 1)};
        payment.programme = programme;
        payment.beneficiary = beneficiary;
        payment.payee = payee;
        payment.amount = yuan(amount);
        plan.payments.push_back(payment);
        if (plan.batches.empty()) plan.batches.emplace_back();
        ++plan.batches.back().count;
        plan.batches.back().total += payment.amount;
        plan.total += payment.amount;
    }
    void debt(std::int64_t open_amount, std::optional<std::int64_t> monthly = {}) {
        OpenReceivable one;
        one.receivable.no = static_cast<std::int64_t>(open.size() + 1);
        one.receivable.programme = Programme::dibao_urban;  // Of the kind, whatever the area.
        one.receivable.beneficiary = 12;
        one.receivable.payee = 31;
        one.receivable.amount = yuan(open_amount + 7);
        one.open = yuan(open_amount);
        if (monthly) one.monthly = yuan(*monthly);
        open.push_back(one);
    }
    /// Keeps `percent`, and says what is left of each payment.
    std::vector<std::int64_t> left(int percent) {
        keep_offsets(plan, open, percent, out);
        std::vector<std::int64_t> amounts;
        Money total;
        for (const payment::Payment& payment : plan.payments) {
            EXPECT_GT(payment.amount, Money{}) << "a line of nothing";
            amounts.push_back(payment.amount.fen() / 100);
            total += payment.amount;
        }
        EXPECT_EQ(plan.total, total);
        if (!plan.batches.empty()) EXPECT_EQ(plan.batches.back().total, total);
        return amounts;
    }
    std::vector<std::pair<std::int64_t, std::int64_t>> kept() const {
        std::vector<std::pair<std::int64_t, std::int64_t>> all;
        for (const Offset& one : out.offsets) all.emplace_back(one.receivable, one.amount.fen() / 100);
        return all;
    }
    using Kept = std::vector<std::pair<std::int64_t, std::int64_t>>;
    using Left = std::vector<std::int64_t>;

    payment::UnitPlan plan;
    std::vector<OpenReceivable> open;
    Beside out;
};

TEST_F(Offsets, AreTheShareOfThePaymentThatTheRunSays) {
    owe(1'000);
    debt(500);
    EXPECT_EQ(left(30), Left{700});
    EXPECT_EQ(kept(), (Kept{{1, 300}}));
}

TEST_F(Offsets, AreNoMoreThanIsOpen) {
    owe(1'000);
    debt(120);
    EXPECT_EQ(left(30), Left{880});
}

TEST_F(Offsets, AreNoMoreThanWasAgreedForTheMonthOverAllPaymentsTogether) {
    owe(1'000);
    owe(1'000);
    debt(500, 100);
    EXPECT_EQ(left(30), (Left{900, 1'000}));
    EXPECT_EQ(kept(), (Kept{{1, 100}}));
}

TEST_F(Offsets, GoToTheOldestFirstWithinTheOneShare) {
    owe(1'000);
    debt(500, 100);
    debt(500);
    debt(500);
    EXPECT_EQ(left(30), Left{700});
    EXPECT_EQ(kept(), (Kept{{1, 100}, {2, 200}}));
}

TEST_F(Offsets, GoOnWithTheNextPaymentOfTheSameDebtor) {
    owe(1'000);
    owe(1'000);
    debt(500);
    EXPECT_EQ(left(30), (Left{700, 800}));
    EXPECT_EQ(kept(), (Kept{{1, 300}, {1, 200}}));
}

TEST_F(Offsets, TakeNothingFromAnybodyElse) {
    owe(1'000, 13, 31);                                 // Another household of the same payee.
    owe(1'000, 12, 32);                                 // The household under another payee.
    owe(1'000, 12, 31, Programme::disability_nursing);  // Another programme: person 12, not household 12.
    debt(500);
    EXPECT_EQ(left(30), (Left{1'000, 1'000, 1'000}));
    EXPECT_TRUE(out.offsets.empty());
}

TEST_F(Offsets, LeaveSomethingOfTheSmallestPayment) {
    owe(1);
    plan.payments.back().amount = Money::of_fen(1);
    plan.batches.back().total = plan.total = Money::of_fen(1);
    debt(500);
    keep_offsets(plan, open, 99, out);
    EXPECT_EQ(plan.payments.back().amount, Money::of_fen(1));
}

TEST_F(Offsets, AreNoneWhereTheRunOrTheMonthSaysSo) {
    owe(1'000);
    debt(500, 0);
    EXPECT_EQ(left(30), Left{1'000});
    open.back().monthly.reset();
    EXPECT_EQ(left(0), Left{1'000});
    EXPECT_TRUE(out.offsets.empty());
}

}  // namespace
}  // namespace onecard::app
