#include "onecard/recon/match.hpp"

#include <gtest/gtest.h>

#include <array>

namespace onecard::recon {
namespace {

constexpr std::string_view account = "6229990000000000019";

PaymentReference reference(std::int32_t serial, std::int16_t attempt = 1) {
    return {County::of_number(370212), 202201, Serial{serial}, attempt};
}

/// A batch of three payments of 100, 200 and 300 fen, and what a bank says to it.
class Matching : public ::testing::Test {
protected:
    Matching() {
        for (std::int32_t i = 1; i <= 3; ++i)
            sent.push_back({reference(i), Money::of_fen(100 * i), account_hash(account), {}, false});
    }
    void says(std::int32_t seq, bankfile::ReturnStatus status, std::string_view code = "OK00") {
        bank_says(seq, reference(seq).text(), account, 100 * seq, status, code);
    }
    void bank_says(std::int32_t seq, std::string payment, std::string_view to, std::int64_t fen,
                   bankfile::ReturnStatus status, std::string_view code) {
        bankfile::ReturnLine line;
        line.seq = seq;
        line.payment = payment;
        line.account = to;
        line.amount = Money::of_fen(fen);
        line.status = status;
        line.code = code;
        line.bank_day = Day::of(2022, 1, 6).value();
        ++line_no;
        const bool was_sent = seq >= 1 && static_cast<std::size_t>(seq) <= sent.size();
        matcher.take(line, was_sent ? &sent[static_cast<std::size_t>(seq) - 1] : nullptr, line_no);
    }
    void expect_break(BreakKind kind) {
        ASSERT_EQ(matched.breaks.size(), 1u);
        EXPECT_EQ(matched.breaks[0].kind, kind) << matched.breaks[0].evidence;
        EXPECT_TRUE(matched.outcomes.empty());
    }
    std::vector<SentLine> sent;
    Matched matched;
    Matcher matcher{matched};
    std::int32_t line_no = 1;
};

using enum bankfile::ReturnStatus;

TEST_F(Matching, TakesPaidAndFailedLinesWithTheirReasons) {
    says(1, paid);
    says(2, failed, "AC04");
    ASSERT_EQ(matched.outcomes.size(), 2u);
    EXPECT_TRUE(matched.outcomes[0].paid);
    EXPECT_EQ(matched.outcomes[1].reason, bankfile::Reason::account_closed);
    EXPECT_EQ(matched.outcomes[1].line, 3);
    EXPECT_EQ(matched.paid.total, Money::of_fen(100));
    EXPECT_EQ(matched.failed.total, Money::of_fen(200));
}

TEST_F(Matching, ConcludesNothingFromALineInProgress) {
    says(1, in_progress, "PEND");
    EXPECT_TRUE(matched.outcomes.empty());
    EXPECT_TRUE(matched.breaks.empty());
    EXPECT_EQ(matched.in_progress, 1);
    EXPECT_EQ(sent[0].known.standing, Standing::in_transit);
}

TEST_F(Matching, LeavesAloneWhatAPartialFileDoesNotMention) {
    says(3, paid);
    EXPECT_EQ(sent[0].known.standing, Standing::in_transit);
    EXPECT_EQ(sent[2].known.standing, Standing::paid);
}

TEST_F(Matching, OpensABreakForALineThatWasNeverSent) {
    bank_says(4, reference(4).text(), account, 400, paid, "OK00");
    expect_break(BreakKind::unknown_reference);
}

TEST_F(Matching, OpensABreakWhenTheReferenceBelongsToAnotherLine) {
    bank_says(1, reference(2).text(), account, 100, paid, "OK00");
    expect_break(BreakKind::unknown_reference);
}

TEST_F(Matching, DoesNotTakeTheAnswerToOneAttemptForAnother) {
    bank_says(1, reference(1, 2).text(), account, 100, paid, "OK00");
    expect_break(BreakKind::unknown_reference);
}

TEST_F(Matching, OpensABreakWhenTheAmountDiffersByAFen) {
    bank_says(1, reference(1).text(), account, 101, paid, "OK00");
    expect_break(BreakKind::amount_differs);
    EXPECT_EQ(matched.breaks[0].evidence, reference(1).text() + ": sent 1.00 yuan, answered 1.01 yuan");
}

TEST_F(Matching, OpensABreakWhenAnotherAccountComesBackAndDoesNotShowIt) {
    bank_says(1, reference(1).text(), "6229990000000000027", 100, paid, "OK00");
    expect_break(BreakKind::account_differs);
    EXPECT_EQ(matched.breaks[0].evidence.find("622999"), std::string::npos);
}

TEST_F(Matching, ConsumesALineOnce) {
    says(1, paid);
    says(1, paid);
    ASSERT_EQ(matched.breaks.size(), 1u);
    EXPECT_EQ(matched.breaks[0].kind, BreakKind::repeated);
    EXPECT_EQ(matched.breaks[0].line, 3);
    EXPECT_EQ(matched.outcomes.size(), 1u);
}

TEST_F(Matching, OverwritesNothingThatAnEarlierFileSaid) {
    sent[0].known = {Standing::paid, bankfile::Reason::paid, 4, false};
    says(1, failed, "AC04");
    expect_break(BreakKind::contradicts_earlier);
}

TEST_F(Matching, DoesNotGuessWhatAnUnknownCodeMeans) {
    says(1, failed, "X9");
    expect_break(BreakKind::unknown_reason);
    EXPECT_EQ(sent[0].known.standing, Standing::in_transit);
}

TEST_F(Matching, DoesNotBelieveAFailureWhoseReasonIsSuccess) {
    says(1, failed, "OK00");
    expect_break(BreakKind::code_differs);
}

TEST(OutcomeLeaf, HoldsEveryFieldBigEndian) {
    const Outcome outcome{Serial{3},
                          2,
                          false,
                          bankfile::Reason::name_mismatch,
                          Money::of_fen(0x0102030405060708),
                          Day::of_epoch_days(258),
                          5,
                          0};
    std::array<std::byte, outcome_leaf_bytes> leaf;
    write_leaf(PartNo{12201001}, County::of_number(370212), outcome, 7, leaf.data());
    constexpr std::array<int, outcome_leaf_bytes> expected{
        0x00, 0xba, 0x2c, 0x29, 0x00, 0x05, 0xa6, 0x24, 0, 0, 0, 3,   // part, county, serial
        0,    2,    0,    2,    0,    1,                              // attempt, kind, reason
        1,    2,    3,    4,    5,    6,    7,    8,                  // amount
        0,    0,    1,    2,    0,    0,    0,    7,    0, 0, 0, 5};  // day, return file, line
    for (std::size_t i = 0; i < outcome_leaf_bytes; ++i)
        EXPECT_EQ(std::to_integer<int>(leaf[i]), expected[i]) << "byte " << i;
}

}  // namespace
}  // namespace onecard::recon
