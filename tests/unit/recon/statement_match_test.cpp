#include "onecard/recon/statement_match.hpp"

#include <gtest/gtest.h>

namespace onecard::recon {
namespace {

constexpr Money hundred = Money::of_fen(100);

BankLine debit(std::int64_t fen = 100) { return {false, Money::of_fen(fen), false}; }
BankLine credit(std::int64_t fen = 100) { return {true, Money::of_fen(fen), false}; }

KnownPayment standing_at(Standing standing) { return {true, hundred, standing, false, false, false}; }

bool is_fit(const Judgement& judged, Fit fit) {
    return judged.is == Judgement::Is::fitting && judged.fit == fit;
}
bool is_break(const Judgement& judged, BreakKind kind, std::int64_t fen = 100) {
    return judged.is == Judgement::Is::broken && judged.kind == kind &&
           judged.in_question == Money::of_fen(fen);
}
bool is_waiting(const Judgement& judged) { return judged.is == Judgement::Is::waiting; }

TEST(ADebitOfOnePayment, FitsWhatABankSaysItPaid) {
    EXPECT_TRUE(is_fit(judge(debit(), standing_at(Standing::paid)), Fit::payment_debit));
    EXPECT_TRUE(is_fit(judge(debit(), standing_at(Standing::returned)), Fit::payment_debit))
        << "it went out before it came back";
}

TEST(ADebitOfOnePayment, WaitsForTheReturnFile) {
    EXPECT_TRUE(is_waiting(judge(debit(), standing_at(Standing::in_transit))));
}

TEST(ADebitOfOnePayment, BreaksWhereTheBooksSayOtherwise) {
    EXPECT_TRUE(is_break(judge(debit(), KnownPayment{}), BreakKind::unidentified_debit));
    EXPECT_TRUE(is_break(judge(debit(101), standing_at(Standing::paid)), BreakKind::amount_differs, 1));
    EXPECT_TRUE(is_break(judge(debit(98), standing_at(Standing::paid)), BreakKind::amount_differs, 2));
    for (const Standing standing : {Standing::failed, Standing::corrected})
        EXPECT_TRUE(is_break(judge(debit(), standing_at(standing)), BreakKind::paid_though_failed));
}

TEST(ADebitOfOnePayment, IsTakenOnce) {
    for (const Standing standing :
         {Standing::in_transit, Standing::paid, Standing::failed, Standing::returned, Standing::corrected}) {
        KnownPayment known = standing_at(standing);
        known.debited = true;
        EXPECT_TRUE(is_break(judge(debit(), known), BreakKind::debited_twice)) << code_of(standing);
    }
}

TEST(ACreditOfOnePayment, FitsALateReturnThatAReturnFileHasTold) {
    EXPECT_TRUE(is_fit(judge(credit(), standing_at(Standing::returned)), Fit::payment_credit));
    EXPECT_TRUE(is_waiting(judge(credit(), standing_at(Standing::paid)))) << "its return file is to come";
}

TEST(ACreditOfOnePayment, FitsAFailureOnlyWhereItHadBeenDebited) {
    for (const Standing standing : {Standing::failed, Standing::corrected}) {
        KnownPayment known = standing_at(standing);
        EXPECT_TRUE(is_break(judge(credit(), known), BreakKind::unidentified_credit));
        known.whole_sum = known.debited = true;
        EXPECT_TRUE(is_fit(judge(credit(), known), Fit::payment_credit));
        known.credited = true;
        EXPECT_TRUE(is_break(judge(credit(), known), BreakKind::unidentified_credit)) << "it came back twice";
    }
    EXPECT_TRUE(
        is_break(judge(credit(99), standing_at(Standing::returned)), BreakKind::unidentified_credit, 99));
}

KnownBatch answered_batch() {
    KnownBatch batch;
    batch.sent = true;
    batch.total = Money::of_fen(100);
    batch.paid = {{7, Money::of_fen(50)}, {8, Money::of_fen(30)}};
    batch.failed = {{7, Money::of_fen(20)}};
    return batch;
}

TEST(ADebitOfABatch, FitsTheWholeOrWhatReturnFilesSayWasPaid) {
    EXPECT_TRUE(is_fit(judge(debit(100), answered_batch()), Fit::whole_batch));
    const Judgement one = judge(debit(30), answered_batch());
    EXPECT_TRUE(is_fit(one, Fit::answers));
    EXPECT_EQ(one.return_nos, std::vector<std::int64_t>{8});
    const Judgement all = judge(debit(80), answered_batch());
    EXPECT_TRUE(is_fit(all, Fit::answers));
    EXPECT_EQ(all.return_nos, (std::vector<std::int64_t>{7, 8}));
}

TEST(ADebitOfABatch, IsTakenOnce) {
    KnownBatch whole = answered_batch();
    whole.whole_sum = true;
    EXPECT_TRUE(is_break(judge(debit(100), whole), BreakKind::debited_twice));
    KnownBatch pieces = answered_batch();
    pieces.debited_in_pieces = true;
    EXPECT_FALSE(is_fit(judge(debit(100), pieces), Fit::whole_batch)) << "some of it went out before";
    pieces.paid.clear();
    EXPECT_TRUE(is_break(judge(debit(80), pieces), BreakKind::debited_twice, 80));
    EXPECT_TRUE(is_break(judge(debit(), KnownBatch{}), BreakKind::unidentified_debit));
}

TEST(ADebitOfABatch, WaitsWhileSomeOfItIsNotAnswered) {
    EXPECT_TRUE(is_break(judge(debit(77), answered_batch()), BreakKind::amount_differs, 3));
    KnownBatch batch = answered_batch();
    batch.in_transit = Money::of_fen(10);
    EXPECT_TRUE(is_waiting(judge(debit(77), batch)));
}

TEST(ACreditOfABatch, IsOurTransferOrWhatFailedOfAWholeSum) {
    EXPECT_TRUE(is_fit(judge(credit(100), answered_batch()), Fit::funding));
    KnownBatch batch = answered_batch();
    batch.funded = true;
    EXPECT_TRUE(is_break(judge(credit(100), batch), BreakKind::unidentified_credit));
    EXPECT_TRUE(is_break(judge(credit(20), batch), BreakKind::unidentified_credit, 20))
        << "nothing had been taken for what failed";
    batch.whole_sum = true;
    const Judgement back = judge(credit(20), batch);
    EXPECT_TRUE(is_fit(back, Fit::failures));
    EXPECT_EQ(back.return_nos, std::vector<std::int64_t>{7});
}

TEST(ALineThatNamesNothing, IsInterestOrUnidentified) {
    EXPECT_TRUE(is_break(judge(credit()), BreakKind::unidentified_credit));
    EXPECT_TRUE(is_break(judge(debit()), BreakKind::unidentified_debit));
    EXPECT_TRUE(is_break(judge(BankLine{true, hundred, true}), BreakKind::interest));
}

}  // namespace
}  // namespace onecard::recon
