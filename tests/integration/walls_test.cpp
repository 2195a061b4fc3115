#include <fmt/format.h>
#include <gtest/gtest.h>

#include <chrono>
#include <future>
#include <thread>

#include "story.hpp"

namespace onecard {
namespace {

using test::at;
using test::digest_of;
using test::january;
using test::laoshan;
using test::month;
using test::Story;

/// What the database itself refuses, whatever the program believes.
class Walls : public test::StoryTest {
protected:
    std::string step(const app::Unit& unit, app::Step step, const std::string& officer,
                     const std::string& certificate, const Digest& digest = digest_of("unit")) {
        return story.refusal([&](app::Work& w) {
            app::StepRecord record;
            record.run = unit.run;
            record.county = unit.county;
            record.step = step;
            record.digest = digest;
            record.officer = officer;
            record.fingerprint = digest_of(certificate);
            record.signature = "cms";
            record.at = at(3);
            w.runs().put_step(record);
        });
    }
};

TEST_F(Walls, RefuseASecondRegularUnitUntilTheFirstIsCancelled) {
    const app::Unit first = story.unit();
    const auto generation = [&] {
        return story.work([&](app::Work& w) {
            return w.runs().next_generation(laoshan(), january(), app::RunKind::regular);
        });
    };
    EXPECT_EQ(generation(), 0);
    const auto second = [&](std::int32_t number) {
        return story.refusal([&](app::Work& w) {
            app::Run run = w.runs().run(first.run).value();
            app::Unit unit = first;
            unit.run = w.runs().put_run(run);
            unit.part = w.runs().make_part(unit.run);
            unit.generation = number;
            w.runs().put_units(std::span{&unit, 1});
        });
    };
    EXPECT_EQ(second(1), "unit_county_period_kind_generation_key");
    EXPECT_NE(second(2), "") << "the first is not cancelled";
    EXPECT_NE(second(3), "");
    story.work([&](app::Work& w) { w.runs().put_fate(first, false, at(2)); });
    EXPECT_EQ(generation(), 2);
    EXPECT_NE(second(3), "") << "the second does not exist";
    EXPECT_EQ(second(2), "");
    EXPECT_EQ(generation(), 0);
}

TEST_F(Walls, RefuseALaterUnitWithoutTheProofOfCancellation) {
    const app::Unit first = story.unit();
    test::Sql service{service_url()};
    EXPECT_EQ(service.refusal("insert into unit (run_no, county, period, kind, generation, part, estimate) "
                              "select run_no, 370211, period, kind, 2, part, 0 from unit"),
              "23503");
    EXPECT_EQ(first.generation, 1);
}

TEST_F(Walls, ReleasedAndCancelledExcludeEachOther) {
    for (const bool released : {true, false}) {
        const app::Unit unit = story.unit(released ? january() : month(2022, 2));
        story.work([&](app::Work& w) { w.runs().put_fate(unit, released, at(2)); });
        EXPECT_EQ(story.refusal([&](app::Work& w) { w.runs().put_fate(unit, !released, at(3)); }),
                  "unit_fate_pkey");
        EXPECT_EQ(story.refusal([&](app::Work& w) { w.runs().put_fate(unit, released, at(3)); }),
                  "unit_fate_pkey");
    }
}

TEST_F(Walls, TakeApprovalStepsOnlyInOrderOverTheSameDigestByDifferentPeople) {
    const app::Unit unit = story.computed(2);
    using enum app::Step;
    EXPECT_NE(step(unit, checked, "checker", "c"), "") << "nothing was proposed";
    EXPECT_NE(step(unit, released, "releaser", "r"), "");
    EXPECT_NE(step(unit, proposed, "maker", "m", digest_of("other")), "") << "not the digest of the unit";
    EXPECT_EQ(step(unit, proposed, "maker-1", "m"), "");
    EXPECT_EQ(step(unit, proposed, "maker-2", "m2"), "unit_step_pkey");
    EXPECT_NE(step(unit, released, "releaser", "r"), "") << "not checked";
    EXPECT_NE(step(unit, checked, "checker", "c", digest_of("other")), "");
    EXPECT_EQ(step(unit, checked, "maker-1", "c"), "unit_step_run_no_county_officer_key");
    EXPECT_EQ(step(unit, checked, "checker", "m"), "unit_step_run_no_county_fingerprint_key");
    EXPECT_EQ(step(unit, checked, "checker", "c"), "");
    EXPECT_EQ(step(unit, released, "checker", "r"), "unit_step_run_no_county_officer_key");
    EXPECT_EQ(step(unit, released, "releaser", "r"), "");
}

TEST_F(Walls, LetNobodyCheckOrReleaseWhoCreatedTheRun) {
    const app::Unit unit = story.computed(2);
    using enum app::Step;
    EXPECT_EQ(step(unit, proposed, "maker-2", "m2"), "");
    EXPECT_EQ(step(unit, checked, "maker", "another certificate of the creator"), "unit_step_creator_check");
    EXPECT_EQ(step(unit, checked, "checker", "c"), "");
    EXPECT_EQ(step(unit, released, "maker", "m"), "unit_step_creator_check");
    EXPECT_EQ(
        test::Sql{service_url()}.refusal(
            "insert into unit_step (run_no, county, step, digest, officer, fingerprint, signature, at, creator) "
            "select run_no, county, 3, digest, 'maker', sha256('m'), signature, at, 'somebody' "
            "from unit_step where step = 2"),
        "23503")
        << "the creator by another name";
}

TEST_F(Walls, RefuseASecondPaymentForOneObligationWhenThePartIsKeyed) {
    const app::Unit unit = story.unit();
    story.work([&](app::Work& w) {
        auto payments = Story::payments_of(unit, 2);
        payments[1].beneficiary = payments[0].beneficiary;
        w.payments().put_payments(unit.part, payments);
        w.runs().put_result(Story::result_of(unit, 2));
    });
    EXPECT_NE(story.refusal([&](app::Work& w) { w.runs().key_part(unit.part); }), "");
    EXPECT_FALSE(story.work([&](app::Work& w) { return w.runs().is_keyed(unit.part); }));
}

TEST_F(Walls, KeyNoPartWhoseUnitsAreNotAllComputed) {
    const app::Unit unit = story.unit();
    EXPECT_THROW(story.work([&](app::Work& w) { w.runs().key_part(unit.part); }), std::runtime_error);
}

TEST_F(Walls, RefusePaymentsOfAnotherMonthOrPartOrOfNothing) {
    const app::Unit unit = story.unit();
    const auto refused = [&](auto change) {
        return story.refusal([&](app::Work& w) {
            auto payments = Story::payments_of(unit, 1);
            change(payments[0]);
            w.payments().put_payments(unit.part, payments);
        });
    };
    EXPECT_EQ(refused([](payment::Payment&) {}), "");
    EXPECT_NE(refused([](payment::Payment& p) { p.benefit_month = month(2021, 12); }), "");
    EXPECT_NE(refused([](payment::Payment& p) { p.part = PartNo{p.part.number() + 1}; }), "");
    EXPECT_NE(refused([](payment::Payment& p) { p.amount = Money{}; }), "");
    EXPECT_NE(refused([](payment::Payment& p) { p.serial = Serial{}; }), "");
}

TEST_F(Walls, AddNothingToAKeyedPart) {
    const app::Unit unit = story.computed(3);
    story.work([&](app::Work& w) { w.runs().key_part(unit.part); });
    auto more = Story::payments_of(unit, 4);
    EXPECT_THROW(
        story.work([&](app::Work& w) { w.payments().put_payments(unit.part, std::span{more}.last(1)); }),
        std::runtime_error);
}

TEST_F(Walls, RefuseASecondOutcomeOfOneAttemptOfAKeyedPart) {
    const app::Unit unit = story.computed(3);
    const std::int64_t no = story.return_file();
    story.answer(unit, 1, true, no);
    story.key_outcomes(unit);
    for (const bool paid : {true, false}) {
        EXPECT_NE(story.refusal([&](app::Work& w) {
            const auto again = Story::outcome(1, paid);
            w.payments().put_outcomes(unit.part, unit.county, no, std::span{&again, 1});
        }),
                  "");
    }
    story.key_outcomes(unit);  // harmless
}

TEST_F(Walls, RefuseASecondFailureOfOneAttemptBeforeThePartIsKeyed) {
    const app::Unit unit = story.computed(3);
    const std::int64_t no = story.return_file();
    story.answer(unit, 2, false, no);
    EXPECT_EQ(story.refusal([&](app::Work& w) {
        const auto again = Story::outcome(2, false);
        w.payments().put_outcomes(unit.part, unit.county, no, std::span{&again, 1});
    }),
              fmt::format("outcome_{}_failed", unit.part.number()));
}

/// What has no key in place could be there twice: then it never gets the key, and nothing can be built on it.
TEST_F(Walls, LetNothingFollowAFailureOfAPartInWhichSomebodyWasAnsweredTwice) {
    const app::Unit unit = story.computed(3);
    const std::int64_t no = story.return_file();
    story.answer(unit, 1, true, no);
    story.answer(unit, 1, false, no);
    const app::Unit again = story.planned(unit, 1, 2, 1, 2);
    const auto release = [&] {
        return story.refusal([&](app::Work& w) { w.payments().release_reissues(again.run, again.county); });
    };
    EXPECT_EQ(release(), "failure_fate_part_fkey");
    EXPECT_EQ(story.refusal([&](app::Work& w) { w.payments().key_outcomes(unit.part, true); }),
              fmt::format("outcome_{}_key", unit.part.number()));
    EXPECT_EQ(release(), "failure_fate_part_fkey");
    const auto found = story.work([](app::Work& w) { return w.audit().misfits(); });
    EXPECT_TRUE(std::ranges::any_of(found, [](const app::Misfit& misfit) {
        return misfit.place == "payment 370212/202201/1 attempt 1" &&
               misfit.what == "it was answered 2 times";
    }));
}

TEST_F(Walls, TakeOneFirstAnswerToABatch) {
    const app::Unit unit = story.computed(3);
    const auto answer = [&](const std::string& name, bool is_first) {
        const std::int64_t no = story.return_file(name);
        return story.refusal([&](app::Work& w) {
            app::ReturnResult result;
            result.no = no;
            result.accepted = true;
            result.county = unit.county;
            result.period = unit.period;
            result.batch = BatchNo{1};
            result.is_first = is_first;
            result.at = at(10);
            w.exchange().put_return_result(result);
        });
    };
    EXPECT_EQ(answer("YKT.ret", true), "");
    EXPECT_EQ(answer("YKT.2.ret", true), "return_result_first");
    EXPECT_EQ(answer("YKT.3.ret", false), "");
    EXPECT_EQ(answer("YKT.4.ret", false), "") << "as many more as there are";
}

TEST_F(Walls, KeyNoPartWhileSomebodyAddsOutcomesToIt) {
    const app::Unit unit = story.computed(3);
    const std::int64_t no = story.return_file();
    const auto is_keyed = [&] {
        return test::Sql{service_url()}.cell("select count(*) from outcome_keyed") == "1";
    };
    story.work([&](app::Work& w) {
        const auto said = Story::outcome(1, true);
        w.payments().put_outcomes(unit.part, unit.county, no, std::span{&said, 1});
        story.work([&](app::Work& other) { other.payments().key_outcomes(unit.part, false); });
    });
    EXPECT_FALSE(is_keyed());
    story.work([&](app::Work& other) { other.payments().key_outcomes(unit.part, false); });
    EXPECT_TRUE(is_keyed());
}

/// Both found it without its key, and the second would have made the same index.
TEST_F(Walls, KeyAPartOnceWhenTwoWantItAtTheSameMoment) {
    const app::Unit unit = story.computed(3);
    const std::int64_t no = story.return_file();
    story.answer(unit, 1, true, no);
    std::future<std::string> other;
    story.work([&](app::Work& w) {
        w.payments().key_outcomes(unit.part, true);
        other = std::async(std::launch::async, [&] {
            return story.refusal([&](app::Work& second) { second.payments().key_outcomes(unit.part, true); });
        });
        EXPECT_EQ(other.wait_for(std::chrono::milliseconds{200}), std::future_status::timeout);
        EXPECT_EQ(story.refusal([&](app::Work& third) { third.payments().key_outcomes(unit.part, false); }),
                  "")
            << "leaves it";
    });
    EXPECT_EQ(other.get(), "");
    EXPECT_EQ(test::Sql{service_url()}.cell("select count(*) from outcome_keyed"), "1");
}

TEST_F(Walls, TellWhichPartsHaveOutcomesWithoutAKeyAndWhetherEachBatchWasAnswered) {
    const app::Unit unit = story.computed(3);
    story.work([&](app::Work& w) {
        w.runs().key_part(unit.part);
        const app::Batch second = Story::batch_of(unit, 1, 2);
        w.payments().put_batches(std::span{&second, 1});
    });
    const auto told = [&] {
        return story.work([&](app::Work& w) {
            std::string text;
            for (const app::UnkeyedOutcomes& one : w.payments().parts_without_outcome_key())
                text += fmt::format("{} {};", one.part == unit.part, one.is_whole);
            return text;
        });
    };
    EXPECT_EQ(told(), "") << "nothing was answered";
    const auto answer = [&](std::int32_t batch, bool accepted, const std::string& name) {
        const std::int64_t no = story.return_file(name);
        story.work([&](app::Work& w) {
            app::ReturnResult result;
            result.no = no;
            result.accepted = accepted;
            result.county = unit.county;
            result.period = unit.period;
            result.batch = BatchNo{batch};
            result.is_first = accepted;
            result.at = at(10);
            w.exchange().put_return_result(result);
        });
    };
    answer(1, true, "YKT.ret");
    answer(2, false, "YKU.ret");
    EXPECT_EQ(told(), "true false;");
    answer(2, true, "YKU.2.ret");
    EXPECT_EQ(told(), "true true;");
    story.key_outcomes(unit);
    EXPECT_EQ(told(), "");
}

TEST_F(Walls, LetANewAttemptFollowAFailureOnlyAndOnlyOnce) {
    const app::Unit unit = story.computed(3);
    const std::int64_t no = story.return_file();
    story.answer(unit, 1, true, no);
    story.answer(unit, 2, false, no);
    story.key_outcomes(unit);
    const auto release = [&](const app::Unit& planned) {
        return story.refusal(
            [&](app::Work& w) { w.payments().release_reissues(planned.run, planned.county); });
    };
    EXPECT_NE(release(story.planned(unit, 1, 2, 1, 2)), "") << "it was paid";
    EXPECT_NE(release(story.planned(unit, 3, 2, 2, 3)), "") << "it has no answer: unknown is not failed";
    EXPECT_NE(release(story.planned(unit, 2, 3, 3, 4)), "")
        << "the second attempt did not fail: there was none";
    const app::Unit second = story.planned(unit, 2, 2, 4, 5);
    const app::Unit twice = story.planned(unit, 2, 2, 5, 6);
    EXPECT_EQ(release(second), "");
    EXPECT_NE(release(second), "") << "the same again";
    EXPECT_NE(release(twice), "") << "another release was first";
    EXPECT_NE(release(story.planned(unit, 2, 3, 6, 7)), "") << "the second attempt is still open";
    story.answer(unit, 2, false, no, 2);
    EXPECT_EQ(release(story.planned(unit, 2, 3, 7, 8)), "") << "a chain of failures";
}

TEST_F(Walls, RefuseAFailureThatNoOutcomeProves) {
    const app::Unit unit = story.computed(3);
    const std::int64_t no = story.return_file();
    EXPECT_NE(story.refusal([&](app::Work& w) {
        const auto failure = Story::failure(unit, 1, no);
        w.payments().put_failures(std::span{&failure, 1});
    }),
              "");
}

TEST_F(Walls, RefuseUnbalancedEntries) {
    test::Sql service{service_url()};
    const auto entry = [&](const std::string& accounts, const std::string& amounts) {
        return service.refusal(
            "insert into entry (county, kind, cause, value_day, known_at, programme, bank, period, account, "
            "source, fund_year, purpose, amount, lines, line_total, lines_root, digest) values (370212, 2, 'x', 1, now(), 1, "
            "1, 202201, '" +
            accounts + "', '{0,0}', '{0,0}', '{0,0}', '" + amounts + "', 0, 0, '', sha256('x'))");
    };
    EXPECT_EQ(entry("{5001,2101}", "{5,-4}"), "23514");
    EXPECT_EQ(entry("{5001,2101}", "{0,0}"), "23514");
    EXPECT_EQ(entry("{5001}", "{5,-5}"), "23514");
    EXPECT_EQ(entry("{5001,2101}", "{NULL,5}"), "23514");
    EXPECT_EQ(entry("{5001,2101}", "{}"), "23514");
    EXPECT_EQ(entry("{5001,2101}", "{5,-5}"), "");
    EXPECT_EQ(entry("{5001,2101}", "{6,-6}"), "23505") << "the same cause twice";
}

TEST_F(Walls, SayWhatWasRefusedWithoutPersonalData) {
    const app::Unit unit = story.unit();
    try {
        story.work([&](app::Work& w) { w.runs().put_units(std::span{&unit, 1}); });
        FAIL() << "not refused";
    } catch (const app::RefusedByDatabase& refused) {
        EXPECT_EQ(refused.constraint(), "unit_pkey");
        EXPECT_NE(std::string_view{refused.what()}.find("Key (run_no, county)=(1, 370212)"),
                  std::string_view::npos)
            << refused.what();
    }
    // A refused check would show the whole row.
    try {
        story.work([&](app::Work& w) {
            const std::vector<app::Bank> bad{{BankNo{9}, "99", "王小明的银行", "secret"}};
            (void)w.registers().put_banks(bad);
        });
        FAIL() << "not refused";
    } catch (const app::RefusedByDatabase& refused) {
        EXPECT_EQ(refused.constraint(), "bank_code_check");
        EXPECT_EQ(std::string_view{refused.what()}.find("王小明"), std::string_view::npos) << refused.what();
    }
}

TEST_F(Walls, MakeImportsWaitForEachOther) {
    auto first = story.begin();
    const ImportNo no = first->registers().begin_import();
    std::promise<void> started;
    std::future<ImportNo> second = std::async(std::launch::async, [&] {
        auto work = story.begin();
        started.set_value();
        return work->registers().begin_import();
    });
    started.get_future().wait();
    EXPECT_EQ(second.wait_for(std::chrono::milliseconds{300}), std::future_status::timeout);
    app::ImportRecord record;
    record.no = no;
    record.made_by = "maker";
    first->registers().put_import(record, {});
    first->commit();
    EXPECT_EQ(second.get().number(), no.number() + 1);
}

TEST_F(Walls, LetOneWorkerHaveAUnit) {
    const app::Unit unit = story.unit();
    auto first = story.begin();
    EXPECT_TRUE(first->runs().claim(unit.run, unit.county));
    std::future<bool> second = std::async(std::launch::async, [&] {
        auto work = story.begin();
        return work->runs().claim(unit.run, unit.county);
    });
    EXPECT_EQ(second.wait_for(std::chrono::milliseconds{300}), std::future_status::timeout);
    first->runs().put_result(Story::result_of(unit, 0));
    first->commit();
    EXPECT_FALSE(second.get());
}

TEST_F(Walls, TurnADeadlockIntoAnotherTry) {
    story.unit(january());
    story.unit(month(2022, 2));
    auto one = story.begin();
    auto other = story.begin();
    one->runs().next_serial(laoshan(), january());
    other->runs().next_serial(laoshan(), month(2022, 2));
    std::future<bool> tried = std::async(std::launch::async, [&] {
        try {
            other->runs().next_serial(laoshan(), january());
            return false;
        } catch (const app::TryAgain&) {
            other.reset();
            return true;
        }
    });
    bool again = false;
    try {
        one->runs().next_serial(laoshan(), month(2022, 2));
    } catch (const app::TryAgain&) {
        again = true;
        one.reset();
    }
    EXPECT_NE(tried.get(), again) << "one of the two goes on";
}

TEST_F(Walls, LetAQuestionBeAskedWithoutATransactionAndNothingBeCommittedByIt) {
    const auto question = story.question();
    EXPECT_TRUE(question->ledger().checkpoints().empty());
    story.work([&](app::Work& w) {
        w.ledger().put_checkpoint({5, test::digest_of("root"), "note\n"}, test::at(12));
    });
    EXPECT_EQ(question->ledger().checkpoints().size(), 1U) << "each question sees what is there";
    EXPECT_THROW(question->commit(), BrokenInvariant);
}

TEST_F(Walls, AskAQuestionOnAFreshLineWhereTheOldOneWasCut) {
    story.question()->ledger().checkpoints();
    test::Sql service{service_url()};
    service(
        "select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid() and backend_type = "
        "'client backend' and datname = current_database()");
    std::this_thread::sleep_for(std::chrono::milliseconds{200});
    EXPECT_TRUE(story.question()->ledger().checkpoints().empty());
}

}  // namespace
}  // namespace onecard
