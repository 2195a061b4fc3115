#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "no_files.hpp"
#include "onecard/app/decisions.hpp"
#include "story.hpp"

/// Money that waits: by account, bank, reason and days, and what of it is beyond the office's deadline.
namespace onecard {
namespace {

using test::Story;
using testing::ElementsAre;

class Ageing : public test::StoryTest {
protected:
    Ageing() : unit{story.computed(6)}, owner{owner_url()} {
        story.work([&](app::Work& w) { w.runs().key_part(unit.part); });
        const app::Batch batch = Story::batch_of(unit, 6);
        story.work([&](app::Work& w) { w.exchange().put_dispatches(std::span{&batch, 1}, test::at(3)); });
        const std::int64_t no = story.return_file();
        story.answer(unit, 1, true, no);
        for (const int serial : {2, 3, 4}) story.answer(unit, serial, false, no);
        // Days before today, whenever that is.
        owner("set session_replication_role = replica");
        owner("update batch set total = 60015");
        owner("update dispatch set at = now() - interval '4 days'");
        for (const auto& [serial, days, reason] : {std::tuple{2, 1, 3}, {3, 1, 3}, {4, 45, 9}})
            owner(
                fmt::format("update failure set value_day = today() - {} - date '1970-01-01', reason = {} "
                            "where serial = {}",
                            days, reason, serial));
    }
    /// A break of bank 2, so many days old.
    void put_break(int no, const std::string& kind, std::int64_t fen, int days) {
        owner(fmt::format(
            "insert into break (county, break_no, kind, statement_no, line, evidence, at, amount, bank) "
            "overriding system value values (370212, {}, '{}', 1, {}, 'e', now() - interval '{} days', {}, 2)",
            no, kind, no, days, fen));
    }
    /// "2111 bank 1 [reason] days: payments over fen, oldest, overdue over fen".
    std::vector<std::string> ageing(app::Deadlines deadlines = {}) {
        app::Decisions decisions{tools, deadlines};
        const app::Identity reader{
            "auditor", test::digest_of("auditor"), app::Role::auditor, Region::parse("37").value(), {}};
        const auto report = decisions.ageing(reader, Region::parse("3702").value());
        if (!report) return {report.error().message()};
        std::vector<std::string> lines;
        const app::Table& table = report->tables.front();
        for (const auto& row : table.rows) {
            std::string line;
            for (std::size_t i = 0; i < row.size(); ++i)
                if (table.columns[i].key != "bank_name")
                    line += (line.empty() ? "" : " ") +
                            app::to_text({{}, {{"x", {"", ""}, row[i]}}, {}}, app::Language::english);
            std::erase(line, '\n');
            line.erase(0, line.find_first_not_of(' '));
            line.erase(std::ranges::unique(line, [](char a, char b) { return a == ' ' && b == ' '; }).begin(),
                       line.end());
            lines.push_back(line);
        }
        return lines;
    }

    app::Unit unit;
    test::Sql owner;
    test::NoFiles vault;
    test::NoSignatures verifier;
    std::unique_ptr<app::Database> database = store::create_database(service_url(), 1);
    app::Tools tools{*database, vault, seal::sha256(), seal::sm3(), verifier, {}, {}, 1, nullptr};
};

TEST_F(Ageing, IsByAccountBankReasonAndDays) {
    put_break(1, "unidentified-credit", 700, 9);
    put_break(2, "unidentified-credit", 300, 12);
    put_break(3, "unidentified-debit", 50, 20);
    owner(
        "insert into break_resolution values (370212, 3, 'claim-from-bank', 1, now() - interval '11 days')");
    owner("insert into claim_repayment values (370212, 3, 1, 9, 20, 30)");
    owner(
        "insert into receivable select 370212, g, 'story ' || g, 3, 4, 0, 202201, 1, 1, 1, 1, 1, 1000 * g, "
        "today() - 100 * g - date '1970-01-01' + 95, false, 'r', 'maker' from generate_series(1, 2) g");
    EXPECT_THAT(
        ageing(),
        ElementsAre("1211 0 death 4-7 1 10.00 5 90 0 0.00", "1211 0 death 91- 1 20.00 105 90 1 20.00",
                    "1213 2 unidentified-debit 8-30 1 0.30 11 10 1 0.30", "2102 1 4-7 2 200.09 4 3 2 200.09",
                    "2111 1 account closed 0-1 2 200.03 1 15 0 0.00",
                    "2111 1 payee deceased 31-90 1 100.03 45 15 1 100.03",
                    "2112 2 unidentified-credit 8-30 2 10.00 12 10 1 3.00"));
    // An office that is stricter.
    EXPECT_THAT(
        ageing({.in_transit_days = 4,
                .returned_days = 0,
                .unidentified_days = 8,
                .recoverable_days = 4,
                .claim_days = 11}),
        ElementsAre("1211 0 death 4-7 1 10.00 5 4 1 10.00", "1211 0 death 91- 1 20.00 105 4 1 20.00",
                    "1213 2 unidentified-debit 8-30 1 0.30 11 11 0 0.00", "2102 1 4-7 2 200.09 4 4 0 0.00",
                    "2111 1 account closed 0-1 2 200.03 1 0 2 200.03",
                    "2111 1 payee deceased 31-90 1 100.03 45 0 1 100.03",
                    "2112 2 unidentified-credit 8-30 2 10.00 12 8 2 10.00"));
}

}  // namespace
}  // namespace onecard
