#include "onecard/recon/attempt.hpp"

#include <gtest/gtest.h>

#include "onecard/recon/breaks.hpp"
#include "onecard/recon/posting.hpp"

namespace onecard::recon {
namespace {

using bankfile::Reason;
using bankfile::ReturnStatus;

constexpr Word paid{ReturnStatus::paid, Reason::paid, 0};
constexpr Word in_progress{ReturnStatus::in_progress, Reason::paid, 0};
constexpr Word failed(Reason reason, std::int64_t corrects = 0) {
    return {ReturnStatus::failed, reason, corrects};
}
constexpr Known in_transit{};
constexpr Known was_paid{Standing::paid, Reason::paid, 7, false};
constexpr Known was_failed{Standing::failed, Reason::account_closed, 7, false};
constexpr Known was_returned{Standing::returned, Reason::returned_later, 8, false};

TEST(Attempt, IsPaidOrFailedByTheFirstFinalWord) {
    EXPECT_EQ(consequence_of(in_transit, paid), Consequence::pays);
    EXPECT_EQ(consequence_of(in_transit, failed(Reason::account_closed)), Consequence::fails);
    EXPECT_EQ(consequence_of(in_transit, failed(Reason::returned_later)), Consequence::fails);
    EXPECT_EQ(consequence_of(in_transit, in_progress), Consequence::nothing);
}

TEST(Attempt, IsNotMovedByTheSameWordAgain) {
    EXPECT_EQ(consequence_of(was_paid, paid), Consequence::repeats);
    EXPECT_EQ(consequence_of(was_failed, failed(Reason::account_closed)), Consequence::repeats);
    EXPECT_EQ(consequence_of(was_returned, failed(Reason::returned_later)), Consequence::repeats);
}

TEST(Attempt, IsTakenBackByALateReturnOnly) {
    EXPECT_EQ(consequence_of(was_paid, failed(Reason::returned_later)), Consequence::takes_back);
    EXPECT_EQ(consequence_of(was_paid, failed(Reason::reversed)), Consequence::takes_back);
    EXPECT_EQ(consequence_of(was_paid, failed(Reason::account_closed)), Consequence::contradicts);
}

TEST(Attempt, IsCorrectedByTheNewVersionOfTheVeryFileThatHadTheLastWord) {
    EXPECT_EQ(consequence_of(was_paid, failed(Reason::account_closed, 7)), Consequence::corrects);
    EXPECT_EQ(consequence_of(was_paid, failed(Reason::account_closed, 6)), Consequence::contradicts);
}

TEST(Attempt, IsNeverPaidByABankOnceItFailed) {
    for (const Known& known : {was_failed, was_returned}) {
        EXPECT_EQ(consequence_of(known, paid), Consequence::paid_though_failed);
        EXPECT_EQ(consequence_of(known, {ReturnStatus::paid, Reason::paid, known.return_no}),
                  Consequence::paid_though_failed);
        EXPECT_EQ(consequence_of(known, failed(Reason::name_mismatch)), Consequence::contradicts);
    }
}

TEST(Attempt, StandsAsPeopleDecidedWhateverABankSaysLater) {
    Known decided = was_paid;
    decided.by_hand = true;
    EXPECT_EQ(consequence_of(decided, paid), Consequence::repeats);
    EXPECT_EQ(consequence_of(decided, failed(Reason::returned_later)), Consequence::contradicts);
    EXPECT_EQ(consequence_of(decided, failed(Reason::account_closed, 7)), Consequence::contradicts);
}

TEST(Attempt, MovesOnlyAsTheTableSays) {
    EXPECT_EQ(after(Standing::in_transit, Consequence::pays), Standing::paid);
    EXPECT_EQ(after(Standing::in_transit, Consequence::fails), Standing::failed);
    EXPECT_EQ(after(Standing::paid, Consequence::takes_back), Standing::returned);
    EXPECT_EQ(after(Standing::paid, Consequence::corrects), Standing::corrected);
    EXPECT_EQ(after(Standing::failed, Consequence::paid_though_failed), Standing::failed);
    EXPECT_THROW(after(Standing::failed, Consequence::pays), BrokenInvariant);
    EXPECT_THROW(after(Standing::paid, Consequence::fails), BrokenInvariant);
    EXPECT_THROW(after(Standing::in_transit, Consequence::takes_back), BrokenInvariant);
    EXPECT_THROW(after(Standing::returned, Consequence::corrects), BrokenInvariant);
}

TEST(EntriesDue, FollowTheMoneyOfEachKindOfWord) {
    Matched matched;
    matched.paid.add(Money::of_fen(100));
    matched.failed.add(Money::of_fen(20));
    matched.returned.add(Money::of_fen(3));
    matched.corrected.add(Money::of_fen(4));
    std::string text;
    for (const DueEntry& due : entries_due(matched)) {
        ledger::Entry::About about;
        about.kind = due.kind;
        text += ledger::standard_entry(about, due.tally.total).value().text();
    }
    EXPECT_EQ(text,
              "debit  2102 payments in transit                1.00\n"
              "credit 1003 agency bank transit                1.00\n"
              "debit  2102 payments in transit                0.20\n"
              "credit 2111 returned, to pay                   0.20\n"
              "debit  1003 agency bank transit                0.03\n"
              "credit 2111 returned, to pay                   0.03\n"
              "debit  1003 agency bank transit                0.04\n"
              "credit 2102 payments in transit                0.04\n"
              "debit  2102 payments in transit                0.04\n"
              "credit 2111 returned, to pay                   0.04\n");
    EXPECT_TRUE(entries_due(Matched{}).empty());
}

TEST(Breaks, AreCalledByTheirCodes) {
    for (std::size_t i = 0; i < break_kinds; ++i) {
        const auto kind = static_cast<BreakKind>(i);
        EXPECT_EQ(break_kind_of(code_of(kind)), kind);
        EXPECT_EQ(can_resolve(kind, Resolution::dismiss),
                  kind != BreakKind::unidentified_credit && kind != BreakKind::interest)
            << "money that is there does not go away";
        EXPECT_FALSE(can_resolve(kind, Resolution::await_bank)) << "asking resolves nothing";
    }
    EXPECT_FALSE(break_kind_of("no-such-kind"));
    EXPECT_TRUE(can_resolve(BreakKind::paid_though_failed, Resolution::accept_paid));
    EXPECT_FALSE(can_resolve(BreakKind::unknown_reference, Resolution::accept_paid));
    EXPECT_FALSE(can_resolve(BreakKind::malformed_line, Resolution::claim_from_bank)) << "over nothing";
}

}  // namespace
}  // namespace onecard::recon
