#include <gtest/gtest.h>

#include "onecard/app/closing_records.hpp"
#include "story.hpp"

/// What the database itself refuses of later words and of decisions.
namespace onecard {
namespace {

using test::at;
using test::Story;

class DecisionWalls : public test::StoryTest {
protected:
    DecisionWalls() : unit{story.computed(4)}, no{story.return_file()} {
        story.work([&](app::Work& w) { w.runs().key_part(unit.part); });
        story.answer(unit, 1, true, no);
        story.answer(unit, 2, false, no);
        story.key_outcomes(unit);
    }
    app::Motion motion(bool needs_second = true) {
        app::Motion made;
        made.county = unit.county;
        made.kind = app::Motion::Kind::cancel_failure;
        made.subject = "payment";
        made.detail = "same-year";
        made.evidence = "letter";
        made.amount = Money::of_fen(10'001);
        made.needs_second = needs_second;
        made.proposed_by = "maker";
        made.fingerprint = test::digest_of("maker");
        made.at = at(20);
        made.no = story.work([&](app::Work& w) { return w.decisions().put_proposal(made); });
        return made;
    }
    std::string done(const app::Motion& made) {
        return story.refusal([&](app::Work& w) { w.decisions().put_done(made, at(22)); });
    }
    std::string consent(const app::Motion& made, std::string_view by, bool agreed) {
        return story.refusal(
            [&](app::Work& w) { w.decisions().put_consent(made, by, test::digest_of(by), agreed, at(21)); });
    }
    app::ReversalRecord taken_back(std::int32_t serial) const {
        app::ReversalRecord row{unit.part, unit.county, no, {}};
        row.reversal.paid_by = no;
        row.reversal.word = Story::outcome(serial, false);
        row.reversal.word.reason = bankfile::Reason::returned_later;
        return row;
    }
    app::Unit unit;
    std::int64_t no;
};

TEST_F(DecisionWalls, RefuseWhatOnlyOnePersonWants) {
    const app::Motion made = motion();
    EXPECT_NE(done(made), "") << "nobody agreed";
    EXPECT_NE(consent(made, "maker", true), "") << "the proposer agrees";
    EXPECT_EQ(consent(made, "checker", true), "");
    EXPECT_NE(consent(made, "another", false), "") << "a second answer";
    EXPECT_EQ(done(made), "");
    EXPECT_NE(done(made), "") << "done twice";
}

TEST_F(DecisionWalls, RefuseWhatTheSecondPersonRefused) {
    const app::Motion made = motion();
    EXPECT_EQ(consent(made, "checker", false), "");
    EXPECT_NE(done(made), "");
}

TEST_F(DecisionWalls, LetOnePersonDoWhatNeedsNoSecond) { EXPECT_EQ(done(motion(false)), ""); }

TEST_F(DecisionWalls, EndAFailureOnce) {
    const app::Unit again = story.planned(unit, 2, 2, 1, 2);
    const app::Motion made = motion(false);
    ASSERT_EQ(done(made), "");
    const auto open = Story::failure(unit, 2, no);
    EXPECT_EQ(
        story.refusal([&](app::Work& w) { w.decisions().put_failure_end(open, false, made.no, at(23)); }),
        "");
    EXPECT_NE(story.refusal([&](app::Work& w) { w.payments().release_reissues(again.run, again.county); }),
              "")
        << "tried again after it was cancelled";
    story.work(
        [](app::Work& w) { EXPECT_TRUE(w.payments().open_failures(Region::parse("37").value()).empty()); });
}

TEST_F(DecisionWalls, TryNothingAgainThatIsStillPaid) {
    auto returned = Story::failure(unit, 1, no);
    returned.standing = recon::Standing::returned;
    EXPECT_NE(story.refusal([&](app::Work& w) { w.payments().put_failures(std::span{&returned, 1}); }), "")
        << "an open item without the reversal that proves it";
    const auto row = taken_back(1);
    EXPECT_EQ(story.refusal([&](app::Work& w) { w.payments().put_reversals(std::span{&row, 1}); }), "");
    EXPECT_NE(story.refusal([&](app::Work& w) { w.payments().put_reversals(std::span{&row, 1}); }), "")
        << "taken back twice";
    EXPECT_EQ(story.refusal([&](app::Work& w) { w.payments().put_failures(std::span{&returned, 1}); }), "");
    const auto never = taken_back(3);
    EXPECT_NE(story.refusal([&](app::Work& w) { w.payments().put_reversals(std::span{&never, 1}); }), "")
        << "taken back before anything was said";
}

TEST_F(DecisionWalls, TakeNothingBackFromAPartInWhichSomebodyCouldBeAnsweredTwice) {
    const app::Unit other = story.computed(1, Month::of(2022, 2).value());
    story.answer(other, 1, true, no);
    auto row = taken_back(1);
    row.part = other.part;
    const auto taken = [&] {
        return story.refusal([&](app::Work& w) { w.payments().put_reversals(std::span{&row, 1}); });
    };
    EXPECT_EQ(taken(), "reversal_has_outcome");
    story.key_outcomes(other);
    EXPECT_EQ(taken(), "");
}

/// A late return is a break and an open item until what it left behind is seen to; a close names both.
TEST_F(DecisionWalls, LetALateReturnBeOpenUntilItsMoneyGoesOutAgain) {
    const std::int64_t later = story.return_file("YKT.2.ret");
    app::ReversalRecord row = taken_back(1);
    row.return_no = later;
    auto returned = Story::failure(unit, 1, later);
    returned.standing = recon::Standing::returned;
    const recon::Break came_back{recon::BreakKind::late_return, row.reversal.word.line, "came back",
                                 row.reversal.word.amount,
                                 PaymentReference{unit.county, unit.period.number(), Serial{1}, 1}};
    story.work([&](app::Work& w) {
        w.payments().put_reversals(std::span{&row, 1});
        w.payments().put_failures(std::span{&returned, 1});
        w.exchange().put_breaks(unit.county, BankNo{1}, later, std::span{&came_back, 1}, at(20));
    });
    const auto open_breaks = [&] {
        return story.work([&](app::Work& w) {
            std::vector<std::string> breaks;
            for (const app::OpenItem& item : w.closing().open_items(unit.county, Month::of(2099, 12).value()))
                if (item.item.starts_with("break ")) breaks.push_back(item.item.substr(6));
            return breaks;
        });
    };
    const auto open = open_breaks();
    ASSERT_EQ(open.size(), 1U);
    const auto is_resolved = [&] {
        return story.work([&](app::Work& w) {
            return w.decisions().break_of(unit.county, std::stoll(open.front())).value().resolved;
        });
    };
    EXPECT_FALSE(is_resolved());
    const app::Unit again = story.planned(unit, 1, 2, 1, 2);
    story.work([&](app::Work& w) { w.payments().release_reissues(again.run, again.county); });
    EXPECT_TRUE(is_resolved());
    EXPECT_TRUE(open_breaks().empty());
}

TEST_F(DecisionWalls, LetAReissueOfAReissueFollowAsOftenAsItFails) {
    for (std::int16_t attempt = 2; attempt <= 5; ++attempt) {
        const app::Unit again = story.planned(unit, 2, attempt, attempt - 1, attempt);
        EXPECT_EQ(
            story.refusal([&](app::Work& w) { w.payments().release_reissues(again.run, again.county); }), "");
        story.answer(unit, 2, attempt == 5, no, attempt);
    }
    story.work([&](app::Work& w) {
        const auto chain =
            w.ledger().ask("report_payment_attempts", {{"county", std::to_string(unit.county.number())},
                                                       {"period", unit.period.digits()},
                                                       {"serial", "2"}});
        ASSERT_EQ(chain.size(), 6U) << "the whole chain is one query";
        EXPECT_EQ(chain.back().front(), "5");
    });
}

TEST_F(DecisionWalls, HandAFileOverAgainOnlyAfterItWasRefused) {
    const app::Batch batch = Story::batch_of(unit, 4);
    story.work([&](app::Work& w) { w.exchange().put_dispatches(std::span{&batch, 1}, at(3)); });
    const auto again = [&] {
        return story.refusal([&](app::Work& w) { w.exchange().dispatch_again(batch, at(9)); });
    };
    const auto receipt = [&](bool accepted, const std::string& cms) {
        app::ReceiptRecord made = Story::receipt_of(batch, accepted, at(8));
        made.note = Story::note_of(cms);
        return story.work([&](app::Work& w) { return w.exchange().put_receipts({&made, 1}).front(); });
    };
    EXPECT_NE(again(), "") << "no answer yet";
    EXPECT_EQ(receipt(false, "first no"), 1);
    EXPECT_EQ(again(), "");
    EXPECT_NE(again(), "") << "it is at the bank again";
    EXPECT_EQ(receipt(false, "first no"), 0) << "the bytes of the first round answer no second one";
    EXPECT_EQ(receipt(true, "yes"), 2);
    EXPECT_NE(again(), "") << "the bank has it";
    story.work([&](app::Work& w) {
        EXPECT_EQ(w.exchange().file_for(BankNo{1}, batch.file_id).value().accepted, true);
        EXPECT_EQ(w.exchange().files_for(BankNo{1}, 0, 10).size(), 2U);
    });
}

TEST_F(DecisionWalls, RememberWhatPeopleSaidOfAFailureLast) {
    const auto note = [&] {
        return story.work(
            [](app::Work& w) { return w.payments().open_failures(Region::parse("37").value()).at(0).note; });
    };
    EXPECT_EQ(note(), app::OpenFailure::Note::none);
    const auto open = Story::failure(unit, 2, no);
    for (const bool retry : {false, true, false}) {
        story.work(
            [&](app::Work& w) { w.decisions().put_failure_note(open, retry, "why", "maker", at(20)); });
        EXPECT_EQ(note(), retry ? app::OpenFailure::Note::free : app::OpenFailure::Note::held);
    }
}

}  // namespace
}  // namespace onecard
