#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "onecard/audit/merkle.hpp"
#include "story.hpp"

namespace onecard {
namespace {

using test::at;
using test::day;
using test::january;
using test::laoshan;
using test::Story;

ledger::Entry accrual(const std::string& cause, std::int64_t fen, County county = laoshan()) {
    ledger::Entry::About about;
    about.county = county;
    about.kind = ledger::EntryKind::accrual;
    about.cause = cause;
    about.value_day = day(5);
    about.programme = 4;
    about.bank = BankNo{1};
    about.period = january().number();
    about.lines = 3;
    about.line_total = Money::of_fen(fen);
    about.lines_root = std::string{"\0\1\xff 32 bytes, whatever they are.", 32};
    return ledger::standard_entry(std::move(about), Money::of_fen(fen)).value();
}

class Books : public test::StoryTest {
protected:
    void put(const std::vector<ledger::Entry>& entries, Moment known_at) {
        story.work([&](app::Work& w) { w.ledger().put_entries(entries, seal::sha256(), known_at); });
    }
    std::string balance(const std::string& region, Moment known_at) {
        std::string text;
        const auto rows = balances("report_trial_balance", region, day(31), known_at, false);
        for (std::size_t i = 1; i < rows.size(); ++i)
            text += rows[i][5] + " " + rows[i][6] + "/" + rows[i][7] + " ";
        return text;
    }
    std::vector<std::vector<std::string>> balances(std::string_view query, const std::string& region,
                                                   const Day& as_of, Moment known_at, bool in_detail) {
        const Region of = Region::parse(region).value();
        const std::string detail = in_detail ? "true" : "false";
        return ask(query, {{"region_low", std::to_string(of.lowest())},
                           {"region_high", std::to_string(of.highest())},
                           {"as_of", as_of.text()},
                           {"known_at", known_at.text()},
                           {"by_county", detail},
                           {"by_programme", "false"},
                           {"by_bank", "false"},
                           {"by_source", "false"},
                           {"by_year", detail}});
    }
    std::vector<std::vector<std::string>> ask(
        std::string_view query, const std::vector<std::pair<std::string, std::string>>& parameters) {
        return story.work([&](app::Work& w) { return w.ledger().ask(query, parameters); });
    }
};

TEST_F(Books, EntriesComeBackAsTheyWereMadeWithTheDigestOfTheirContent) {
    const auto funds = ledger::funds_received(
        {.county = laoshan(), .cause = "document 财社〔2022〕1号", .value_day = day(3), .lines_root = {}},
        {Money::of_fen(60), Money::of_fen(20), Money::of_fen(5), Money::of_fen(15)}, 2022,
        ledger::Purpose::relief);
    const std::vector entries{accrual("batch 370212/202201/1", 12'345), funds.value()};
    put(entries, at(7));
    std::vector<app::LoggedEntry> found;
    story.work([&](app::Work& w) {
        w.ledger().each_entry([&](const app::LoggedEntry& entry) { found.push_back(entry); });
    });
    ASSERT_EQ(found.size(), 2U);
    for (std::size_t i = 0; i < 2; ++i) {
        EXPECT_EQ(found[i].entry.canonical(at(7)), entries[i].canonical(at(7)));
        EXPECT_EQ(found[i].entry.postings(), entries[i].postings());
        EXPECT_EQ(found[i].digest, audit::leaf_hash(seal::sha256(), bytes_of(entries[i].canonical(at(7)))));
        EXPECT_EQ(found[i].known_at, at(7));
    }
    EXPECT_EQ(story.refusal([&](app::Work& w) {
        w.ledger().put_entries(std::span{entries}.first(1), seal::sha256(), at(8));
    }),
              "entry_county_kind_cause_key");
}

TEST_F(Books, TheTrialBalanceIsOfARegionAndAMoment) {
    put({accrual("a", 100), accrual("b", 11, County::of_number(370302))}, at(10));
    put({accrual("c", 1000)}, at(20));
    EXPECT_EQ(balance("", at(20)), "2101 0/1111 5001 1111/0 ");
    EXPECT_EQ(balance("3702", at(20)), "2101 0/1100 5001 1100/0 ");
    EXPECT_EQ(balance("370212", at(19)), "2101 0/100 5001 100/0 ");
    EXPECT_EQ(balance("", at(9)), "");
}

TEST_F(Books, TotalsAreThoseOfTheEntriesOfEveryRegionAsOfEveryDayAndAsKnownAtEveryMoment) {
    for (int i = 1; i <= 12; ++i) {
        std::vector<ledger::Entry> together;
        for (int j = 0; j <= i % 4; ++j) {
            const County county = j % 2 == 0 ? laoshan() : County::of_number(370302);
            together.push_back(accrual(fmt::format("a {} {}", i, j), 100 * i + j, county));
            const auto funds =
                ledger::funds_received({.county = county,
                                        .cause = fmt::format("f {} {}", i, j),
                                        .value_day = day(1 + i),
                                        .lines_root = {}},
                                       {Money::of_fen(i), Money{}, Money::of_fen(7), Money::of_fen(j)},
                                       2020 + i % 3, ledger::Purpose::relief);
            together.push_back(funds.value());
        }
        put(together, at(i));
    }
    int compared = 0;
    for (const char* const region : {"", "37", "3703", "370212"})
        for (int known = 0; known <= 13; ++known)
            for (const int as_of : {1, 4, 5, 9, 31})
                for (const bool in_detail : {false, true}) {
                    const auto totals =
                        balances("report_trial_balance", region, day(as_of), at(known + 1), in_detail);
                    EXPECT_EQ(totals, balances("report_trial_balance_by", region, day(as_of), at(known + 1),
                                               in_detail))
                        << region << " " << known << " " << as_of;
                    compared += static_cast<int>(totals.size()) - 1;
                }
    EXPECT_GT(compared, 1000);
}

TEST_F(Books, AnEntryThatDoesNotBalanceIsNamed) {
    put({accrual("a", 100)}, at(10));
    test::Sql owner{owner_url()};
    owner("alter table entry drop constraint entry_amount_check");
    for (const auto& constraint :
         owner("select conname from pg_constraint where conrelid = 'entry'::regclass and contype = 'c'"))
        owner("alter table entry drop constraint " + constraint[0]);
    owner("update entry set amount = '{100,-99}'");
    try {
        story.work([&](app::Work& w) { w.ledger().each_entry([](const app::LoggedEntry&) {}); });
        FAIL() << "not noticed";
    } catch (const BrokenInvariant& broken) {
        EXPECT_NE(std::string_view{broken.what()}.find("entry 370212/1"), std::string_view::npos)
            << broken.what();
    }
}

TEST_F(Books, TheLogTakesEveryEntryAndActOnceInOrder) {
    put({accrual("a", 1), accrual("b", 2)}, at(10));
    const std::vector<app::Act> acts{{"import", County{}, "act|import|1"},
                                     {"approval", laoshan(), "act|approval|…"}};
    story.work([&](app::Work& w) { w.ledger().put_acts(acts, seal::sha256(), at(10)); });
    const auto append = [&] { return story.work([](app::Work& w) { return w.ledger().append_log(); }); };
    const auto first = append();
    ASSERT_EQ(first.size(), 4U);
    EXPECT_EQ(append(), first);
    put({accrual("c", 3)}, at(11));
    const auto second = append();
    ASSERT_EQ(second.size(), 5U);
    EXPECT_TRUE(std::equal(first.begin(), first.end(), second.begin()));
    const auto leaves = story.work([](app::Work& w) { return w.ledger().log(); });
    ASSERT_EQ(leaves.size(), 5U);
    for (std::size_t i = 0; i < leaves.size(); ++i) {
        EXPECT_EQ(leaves[i].position, static_cast<std::int64_t>(i));
        EXPECT_EQ(leaves[i].digest, second[i]);
        EXPECT_NE(leaves[i].entry_no == 0, leaves[i].act_no == 0);
    }
    EXPECT_EQ(leaves[4].entry_no, 3);
    std::vector<std::string> told;
    story.work([&](app::Work& w) {
        w.ledger().each_act([&](const app::LoggedAct& act) {
            EXPECT_EQ(act.digest, audit::leaf_hash(seal::sha256(), bytes_of(act.act.canonical(at(10)))));
            told.push_back(act.act.kind + " " + act.act.text);
        });
        w.ledger().put_checkpoint({5, test::digest_of("root"), "note\n"}, at(12));
        ASSERT_EQ(w.ledger().checkpoints().size(), 1U);
        EXPECT_EQ(w.ledger().checkpoints()[0].root, test::digest_of("root"));
        EXPECT_EQ(w.ledger().checkpoints()[0].note, "note\n");
    });
    EXPECT_THAT(told, testing::ElementsAre("import act|import|1", "approval act|approval|…"));
}

TEST_F(Books, WhatCommitsLateStillGetsIntoTheLog) {
    auto late = story.begin();
    const std::vector slow{accrual("late", 1)};
    late->ledger().put_entries(slow, seal::sha256(), at(1));
    put({accrual("early", 2)}, at(2));
    const auto append = [&] {
        return story.work([](app::Work& w) { return w.ledger().append_log().size(); });
    };
    EXPECT_EQ(append(), 1U);
    late->commit();
    late.reset();
    EXPECT_EQ(append(), 2U);
}

TEST_F(Books, ReportsAreAskedByNameOnly) {
    EXPECT_THROW(ask("put_fate", {}), BrokenInvariant);
    EXPECT_THROW(ask("report_needs", {{"run", "1"}}), BrokenInvariant);
    EXPECT_THROW(ask("report_needs'; drop table x", {}), BrokenInvariant);
}

TEST_F(Books, EveryReportAnswers) {
    const std::vector<std::pair<std::string, std::string>> all{{"run", "1"},
                                                               {"period", "202201"},
                                                               {"county", "370212"},
                                                               {"serial", "1"},
                                                               {"receivable", "1"},
                                                               {"break", "1"},
                                                               {"person", "1000"},
                                                               {"batch", "1"},
                                                               {"region_low", "0"},
                                                               {"region_high", "999999"},
                                                               {"errors_only", "f"},
                                                               {"at_most", "10"},
                                                               {"region", "37"},
                                                               {"known_at", "2022-01-31T09:00:00+08:00"},
                                                               {"low", "0"},
                                                               {"high", "999999"},
                                                               {"after", "0"},
                                                               {"from_period", "202201"},
                                                               {"to_period", "202212"},
                                                               {"as_of", "2022-12-31"},
                                                               {"days", "15"},
                                                               {"payees", "2"},
                                                               {"after_attempt", "-1"},
                                                               {"after_bank", "-1"},
                                                               {"after_break", "-1"},
                                                               {"after_county", "-1"},
                                                               {"after_file", ""},
                                                               {"after_line", "-1"},
                                                               {"after_return_file", ""},
                                                               {"after_statement_file", ""},
                                                               {"after_subject", ""},
                                                               {"last_county", "999999"},
                                                               {"last_subject", "z"},
                                                               {"after_no", "-1"},
                                                               {"after_outlier", "-1"},
                                                               {"after_period", "-1"},
                                                               {"after_proposal", "-1"},
                                                               {"after_run", "-1"},
                                                               {"after_seq", "-1"},
                                                               {"after_serial", "-1"},
                                                               {"after_statement", "-1"},
                                                               {"most", "10"},
                                                               {"village", "0"},
                                                               {"references", "{YK1,YK2}"},
                                                               {"in_transit_days", "3"},
                                                               {"returned_days", "15"},
                                                               {"unidentified_days", "10"},
                                                               {"recoverable_days", "90"},
                                                               {"claim_days", "10"},
                                                               {"year", "2022"},
                                                               {"document", "QMZ-1"},
                                                               {"by_county", "true"},
                                                               {"by_programme", "true"},
                                                               {"by_bank", "true"},
                                                               {"by_source", "true"},
                                                               {"by_year", "true"},
                                                               {"month", "202201"},
                                                               {"after_receivable", "0"}};
    int reports = 0;
    test::Sql owner{owner_url()};
    for (const auto& file : std::filesystem::directory_iterator{ONECARD_SOURCE_DIR "/schemas/queries"}) {
        const std::string name = file.path().stem().string();
        if (!name.starts_with("report_")) continue;
        ++reports;
        const auto rows = ask(name, all);
        ASSERT_FALSE(rows.empty()) << name;
        for (const std::string& column : rows[0]) EXPECT_NE(column, "?column?") << name;
    }
    EXPECT_GE(reports, 12);
}

TEST_F(Books, TheReportsTellTheStoryOfAPaymentThatFailedOnce) {
    const app::Unit unit = story.computed(4);
    const app::Batch batch = Story::batch_of(unit, 4);
    story.work([&](app::Work& w) {
        w.runs().key_part(unit.part);
        w.exchange().put_dispatches(std::span{&batch, 1}, at(3));
        w.exchange().put_receipts(std::vector{Story::receipt_of(batch, true, at(5))});
        w.runs().put_fate(unit, true, at(3));
    });
    const std::int64_t no = story.return_file();
    story.answer(unit, 1, true, no);
    story.answer(unit, 2, false, no);
    story.answer(unit, 3, false, no);
    story.key_outcomes(unit);
    const app::Unit again = story.planned(unit, 2, 2, 1, 2);
    story.work([&](app::Work& w) { w.payments().release_reissues(again.run, again.county); });

    const auto owed = ask("report_owed_by_programme_and_bank",
                          {{"period", "202201"}, {"region_low", "370200"}, {"region_high", "370299"}});
    ASSERT_EQ(owed.size(), 2U);
    const auto cell = [](const std::vector<std::vector<std::string>>& rows, std::size_t row,
                         std::string_view column) {
        const auto at = std::ranges::find(rows[0], column);
        return at == rows[0].end() ? "no such column"
                                   : rows.at(row)[static_cast<std::size_t>(at - rows[0].begin())];
    };
    EXPECT_EQ(cell(owed, 1, "payments"), "4");
    EXPECT_EQ(cell(owed, 1, "paid"), "1");
    EXPECT_EQ(cell(owed, 1, "paid_total"), "10000");
    EXPECT_EQ(cell(owed, 1, "failed"), "1");
    EXPECT_EQ(cell(owed, 1, "failed_total"), "10002");
    EXPECT_EQ(cell(owed, 1, "in_transit"), "2") << "unanswered, and re-issued";

    const auto person = [&](const std::string& number) {
        return cell(ask("report_person", {{"county", "370212"}, {"person", number}}), 1, "state");
    };
    EXPECT_EQ(person("1000"), "paid");
    EXPECT_EQ(person("1001"), "in-transit");
    EXPECT_EQ(person("1002"), "failed");
    EXPECT_EQ(person("1003"), "in-transit");

    const auto attempts =
        ask("report_payment_attempts", {{"county", "370212"}, {"period", "202201"}, {"serial", "2"}});
    ASSERT_EQ(attempts.size(), 3U);
    EXPECT_EQ(cell(attempts, 1, "outcome"), "failed");
    EXPECT_EQ(cell(attempts, 1, "line"), "2");
    EXPECT_EQ(cell(attempts, 1, "dispatched_at"), "2022-01-01T08:00:03+08:00");
    EXPECT_EQ(cell(attempts, 2, "attempt"), "2");
    EXPECT_EQ(cell(attempts, 2, "outcome"), "");
    const auto payment = ask("report_payment", {{"county", "370212"}, {"period", "202201"}, {"serial", "2"}});
    ASSERT_EQ(payment.size(), 2U);
    EXPECT_EQ(cell(payment, 1, "amount"), "10001");
    EXPECT_EQ(cell(payment, 1, "batch"), "1");
    EXPECT_EQ(ask("report_open_failures", {{"region_low", "0"},
                                           {"region_high", "999999"},
                                           {"after_county", "-1"},
                                           {"after_period", "-1"},
                                           {"after_serial", "-1"},
                                           {"after_attempt", "-1"},
                                           {"most", "9"}})
                  .size(),
              2U);
}

}  // namespace
}  // namespace onecard
