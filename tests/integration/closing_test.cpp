#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "no_files.hpp"
#include "onecard/app/decisions.hpp"
#include "onecard/app/runs.hpp"
#include "story.hpp"

/// Months and fiscal years end: refused while something is open that nobody lists, and with the entry of the year.
namespace onecard {
namespace {

using ledger::Account;
using ledger::EntryKind;
using test::Story;
using testing::HasSubstr;

Moment in_february_2023() { return Moment::of_unix_seconds(1'675'300'000); }

constexpr ledger::Fund central{.source = 1, .year = 2022, .purpose = 1};

class Closing : public test::StoryTest {
protected:
    Closing() : unit{story.computed(3)} {
        story.work([&](app::Work& w) { w.runs().key_part(unit.part); });
        const std::int64_t no = story.return_file();
        story.answer(unit, 1, true, no);
        story.answer(unit, 2, false, no);
        post(EntryKind::funds_received, {{Account::special_account, central, fen(50'000)},
                                         {Account::income_central, central, fen(-50'000)}});
        post(EntryKind::accrual,
             {{Account::expenditure, central, fen(30'003)}, {Account::payable, central, fen(-30'003)}});
        post(EntryKind::write_off,
             {{Account::written_off, {}, fen(700)}, {Account::recoverable, {}, fen(-700)}});
        post(EntryKind::reversal,
             {{Account::services, central, fen(900)}, {Account::special_account, central, fen(-900)}});
    }
    static Money fen(std::int64_t fen) { return Money::of_fen(fen); }
    void post(EntryKind kind, std::vector<ledger::Posting> postings) {
        ledger::Entry::About about;
        about.county = unit.county;
        about.kind = kind;
        about.cause = fmt::format("story {}", static_cast<int>(kind));
        about.value_day = test::day(20);
        const auto entry = ledger::Entry::make(std::move(about), std::move(postings));
        ASSERT_TRUE(entry) << entry.error().message();
        story.work([&](app::Work& w) { w.ledger().put_entries({&*entry, 1}, seal::sha256(), test::at(5)); });
    }
    static app::Identity officer(std::string name, app::Role role) {
        return {name, test::digest_of(name), role, Region::parse("3702").value(), {}};
    }
    Result<app::Decisions::Proposed> propose(std::string_view period,
                                             const std::vector<std::string>& carried) {
        return decisions.close(officer("maker", app::Role::maker), unit.county, period, carried, "minutes 3",
                               in_february_2023());
    }
    std::string close(std::string_view period, const std::vector<std::string>& carried) {
        const auto proposed = propose(period, carried);
        if (!proposed) return proposed.error().message();
        if (proposed->done) return "nobody else was asked";
        const auto agreed =
            decisions.answer(officer("checker", app::Role::checker), proposed->no, true, in_february_2023());
        return agreed ? "" : agreed.error().message();
    }
    std::string balance(int account) {
        test::Sql sql{owner_url()};
        return sql.cell(
            fmt::format("select coalesce(sum(p.amount), 0) from entry e cross join lateral "
                        "unnest(e.account, e.amount) as p (account, amount) where p.account = {}",
                        account));
    }

    test::NoFiles vault;
    test::NoSignatures verifier;
    app::Unit unit;
    std::unique_ptr<app::Database> database = store::create_database(service_url(), 2);
    app::Tools tools{*database, vault, seal::sha256(), seal::sm3(), verifier, {}, {}, 1, nullptr};
    app::Decisions decisions{tools};
};

TEST_F(Closing, IsRefusedWhileAFailureIsOpenThatNobodyLists) {
    EXPECT_THAT(close("2022-01", {}), HasSubstr("open and not listed as going over: failure 202201/2/1"));
    EXPECT_THAT(close("2022", {"failure 202201/2/1"}), HasSubstr("2022-12 is not closed"));
    EXPECT_THAT(close("2023-02", {"failure 202201/2/1"}), HasSubstr("is not over"));
    EXPECT_EQ(close("2022-01", {"failure 202201/2/1"}), "");
    EXPECT_THAT(close("2022-01", {"failure 202201/2/1"}), HasSubstr("2022-01 is closed"));
}

TEST_F(Closing, OfAFiscalYearCarriesIncomeLessExpenditureForward) {
    const std::vector<std::string> open{"failure 202201/2/1"};
    ASSERT_EQ(close("2022-12", open), "");
    EXPECT_THAT(close("2022", {}), HasSubstr("open and not listed"));
    ASSERT_EQ(close("2022", open), "");
    for (const int account : {4001, 5001, 5002, 5099}) EXPECT_EQ(balance(account), "0") << account;
    EXPECT_EQ(balance(3001), std::to_string(-50'000 + 30'003 + 700 + 900));
    test::Sql sql{owner_url()};
    EXPECT_EQ(sql.cell("select cause from entry where kind = 30"), "year 2022");
    EXPECT_EQ(sql.cell("select date '1970-01-01' + value_day from entry where kind = 30"), "2022-12-31");
    EXPECT_EQ(sql.cell("select string_agg(item, ' ') from carried_item"),
              "failure 202201/2/1 failure 202201/2/1");
    EXPECT_THAT(close("2022", open), HasSubstr("2022 is closed"));
}

TEST_F(Closing, IsNotDoneWhereSomethingHasOpenedSinceItWasProposed) {
    const auto proposed = propose("2022-01", {"failure 202201/2/1"});
    ASSERT_TRUE(proposed) << proposed.error().message();
    story.answer(unit, 3, false, story.return_file("YKT.2.ret"));
    const auto agreed =
        decisions.answer(officer("checker", app::Role::checker), proposed->no, true, in_february_2023());
    ASSERT_FALSE(agreed);
    EXPECT_THAT(agreed.error().text, HasSubstr("open since it was proposed: failure 202201/3/1"));
}

/// What was checked and not released is taken back: in the year of the check from what was spent, later from prior years.
class Withdrawing : public Closing {
protected:
    app::Unit checked(Month period) {
        const app::Unit made = story.computed(2, period);
        story.work([&](app::Work& w) {
            app::StepRecord step;
            step.run = made.run;
            step.county = made.county;
            step.digest = test::digest_of("unit");
            step.signature = "signed";
            for (const auto& [which, who] :
                 {std::pair{app::Step::proposed, "proposer"}, {app::Step::checked, "controller"}}) {
                step.step = which;
                step.officer = who;
                step.fingerprint = test::digest_of(who);
                step.at = test::at(100);
                w.runs().put_step(step);
            }
        });
        return made;
    }
    /// "12: 2101 2 3002 -2": kind and postings of the entry that the withdrawal brings.
    std::string withdrawn(const app::Unit& unit, Moment now) {
        const policy::Book book;
        app::Runs runs{tools, book, {}};
        const auto done = runs.withdraw(officer("checker", app::Role::checker), unit.run, now, unit.county);
        if (!done) return done.error().message();
        test::Sql sql{owner_url()};
        return sql.cell(
            "select kind || ': ' || account[1] || ' ' || amount[1] || ' ' || account[2] || ' ' || amount[2] "
            "from entry order by entry_no desc limit 1");
    }
};

TEST_F(Withdrawing, InTheYearOfTheCheckTakesItBackFromExpenditure) {
    EXPECT_EQ(withdrawn(checked(test::month(2022, 3)), test::at(200)), "11: 2101 2 5001 -2");
}

TEST_F(Withdrawing, AfterTheYearOfTheCheckTakesItBackFromPriorYears) {
    EXPECT_EQ(withdrawn(checked(test::month(2022, 3)), in_february_2023()), "12: 2101 2 3002 -2");
    EXPECT_EQ(balance(3002), "-2");
}

}  // namespace
}  // namespace onecard
