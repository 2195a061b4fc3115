#include <gmock/gmock.h>

#include <chrono>
#include <ctime>

#include "every_event.hpp"

/// The entries that each event posts, and what stands on the books when it is over. All amounts in fen, debits positive.
namespace onecard::test {
namespace {

using ::testing::HasSubstr;

/// Kinds that only time brings: they are told with a clock of their own.
const std::map<ledger::EntryKind, std::string> told_elsewhere{
    {ledger::EntryKind::cancelled_prior_year,
     "integration Withdrawing.AfterTheYearOfTheCheckTakesItBackFromPriorYears"},
    {ledger::EntryKind::year_closed, "integration Closing.OfAFiscalYearCarriesIncomeLessExpenditureForward"},
};

TEST_F(EveryEvent, HasItsEntriesAndClosingBalances) {
    const std::time_t now = std::time(nullptr) + 8 * 3600;
    const int year = std::gmtime(&now)->tm_year + 1900;
    Answer file;
    std::string run;
    tells(
        "funds received",
        [] {
            here().done({"funds", "receive", "--county", "370212", "--document", "QMZ-1", "--central",
                         "10000", "--own", "10000"});
        },
        {"funds-received: 1002 2000000 4001 -1000000 4004 -1000000"},
        "1002 2000000 4001 -1000000 4004 -1000000");
    tells(
        "monthly entitlement approved", [&] { run = checked("regular", "2022-01"); },
        {"accrual: 5001 522000 2101 -522000"},
        "1002 2000000 2101 -522000 4001 -1000000 4004 -1000000 5001 522000");
    tells(
        "transfer to the bank, file sent",
        [&] {
            release(run);
            file = newest_file(1);
        },
        {"funding: 1003 522000 1002 -522000", "dispatch: 2101 522000 2102 -522000"},
        "1002 1478000 1003 522000 2102 -522000 4001 -1000000 4004 -1000000 5001 522000");
    ASSERT_EQ(file.details.size(), 6U);
    const std::vector<Detail> sent = file.details;
    tells(
        "whole file rejected", [&] { receipt(1, file, "refused after the cut-off"); },
        {"refused: 2102 522000 2101 -522000"},
        "1002 1478000 1003 522000 2101 -522000 4001 -1000000 4004 -1000000 5001 522000");
    tells(
        "handed over again",
        [&] {
            agree({"decide", "send-again", file.file_id, "--evidence", "letter 7"});
            receipt(1, file, "accepted");
        },
        {"dispatch: 2101 522000 2102 -522000"},
        "1002 1478000 1003 522000 2102 -522000 4001 -1000000 4004 -1000000 5001 522000");
    tells(
        "success, failure; one stays unknown",
        [&] {
            answer(1, file, 1,
                   {sent[0], as(sent[1], 'F', "AC04"), sent[2], sent[3], sent[4], as(sent[5], 'P', "PEND")});
        },
        {"paid: 2102 349000 1003 -349000", "failed: 2102 88500 2111 -88500"},
        "1002 1478000 1003 173000 2102 -84500 2111 -88500 4001 -1000000 4004 -1000000 5001 522000");
    tells(
        "the unknown one has its word", [&] { answer(1, file, 2, {sent[5]}); },
        {"paid: 2102 84500 1003 -84500"},
        "1002 1478000 1003 88500 2111 -88500 4001 -1000000 4004 -1000000 5001 522000");
    tells(
        "return after success", [&] { answer(1, file, 3, {as(sent[2], 'F', "RETD")}); },
        {"late-return: 1003 87500 2111 -87500"},
        "1002 1478000 1003 176000 2111 -176000 4001 -1000000 4004 -1000000 5001 522000");
    // It is a break of its own, with its evidence, until somebody has seen to its money.
    const std::string late = open_break("late-return", sent[2].amount);
    const auto end_of_late_return = [&] {
        for (const auto& row : rows(here().ask({"breaks"}), "breaks"))
            if (std::to_string(number(row.as_object(), "break")) == late)
                return word(row.as_object(), "resolution");
        return std::string{"gone"};
    };
    EXPECT_EQ(end_of_late_return(), "");
    EXPECT_THAT(json::serialize(here().ask({"evidence", "370212", late})), HasSubstr(sent[2].payment));
    EXPECT_NE(here().card({"decide", "break", "370212", late, "pay-again", "--evidence", "x"}).code, 0)
        << "paying again is what the queue of corrections does";
    tells(
        "corrected return (was success)",
        [&] {
            Answer corrected = file;
            corrected.corrects =
                std::stoll(Sql{here().owner_url()}.cell("select min(return_no) from return_file"));
            answer(1, corrected, 4, {as(sent[3], 'F', "AC04")});
        },
        {"success-corrected: 1003 86500 2102 -86500", "failed: 2102 86500 2111 -86500"},
        "1002 1478000 1003 262500 2111 -262500 4001 -1000000 4004 -1000000 5001 522000");
    tells(
        "paid, though reported as failed",
        [&] {
            answer(1, file, 5, {sent[1]});
            resolve(open_break("paid-though-failed", sent[1].amount), "accept-paid");
        },
        {"failure-corrected: 2111 88500 2102 -88500", "paid: 2102 88500 1003 -88500"},
        "1002 1478000 1003 174000 2111 -174000 4001 -1000000 4004 -1000000 5001 522000");
    tells(
        "cancel of a returned item, of an earlier year",
        [&] { agree({"decide", "cancel", sent[3].payment, "--evidence", "certificate 12"}); },
        {"return-cancelled-prior-year: 2111 86500 3002 -86500"},
        "1002 1478000 1003 174000 2111 -87500 3002 -86500 4001 -1000000 4004 -1000000 5001 522000");
    tells(
        "re-issue through another bank: cash back, and to the other bank",
        [&] {
            write_text(here().folder() / "correction/accounts.csv",
                       std::string{accounts_head} +
                           "370212,person,33,313999000002,card,6229990000000000027,王芳,2022-01,\n");
            here().done({"import", (here().folder() / "correction").string()});
            release(checked("re-issue", "2022-02"));
        },
        {"reissue: 2111 87500 2102 -87500", "cash-back: 1002 87500 1003 -87500",
         "funding: 1003 87500 1002 -87500"},
        "1002 1478000 1003 174000 2102 -87500 3002 -86500 4001 -1000000 4004 -1000000 5001 522000");
    EXPECT_EQ(end_of_late_return(), "pay-again");
    EXPECT_NE(here().card({"decide", "break", "370212", late, "dismiss", "--evidence", "x"}).code, 0)
        << "it has ended";
    tells(
        "the second attempt succeeds",
        [&] {
            const Answer again = newest_file(2);
            receipt(2, again, "accepted");
            answer(2, again, 1, again.details);
        },
        {"paid: 2102 87500 1003 -87500"},
        "1002 1478000 1003 86500 3002 -86500 4001 -1000000 4004 -1000000 5001 522000");

    // The transit account by its statements.
    const AccountStatement before{.id = "S0",
                                  .day = "20220106",
                                  .bank = file.bank,
                                  .lines = {{'D', sent[0].amount, sent[0].payment, ""}}};
    const AccountStatement statement{.id = "S1",
                                     .day = "20220107",
                                     .bank = file.bank,
                                     .opening = before.closing(),
                                     .lines = {{'C', 31, "", "interest"},
                                               {'C', 700, "", ""},
                                               {'C', sent[4].amount, "", ""},
                                               {'D', 5'000, "", ""},
                                               {'C', 5'000, "", ""}}};
    tells(
        "unidentified credits",
        [&] {
            EXPECT_EQ(put_statement("ST37021220220106.txt", before.bytes(), 1).status, 201);
            EXPECT_EQ(number(EveryEvent::statement("ST37021220220106.txt"), "fitting"), 1);
            EXPECT_EQ(put_statement("ST37021220220107.txt", statement.bytes(), 1).status, 201);
            EXPECT_EQ(number(EveryEvent::statement("ST37021220220107.txt"), "breaks"), 5);
        },
        {"unidentified-credit: 1003 700 2112 -700", "unidentified-credit: 1003 85500 2112 -85500",
         "unidentified-credit: 1003 5000 2112 -5000"},
        "1002 1478000 1003 177700 2112 -91200 3002 -86500 4001 -1000000 4004 -1000000 5001 522000");
    tells(
        "interest on the transit account", [&] { resolve(open_break("interest", 31), "book-interest"); },
        {"interest: 1003 31 2121 -31"},
        "1002 1478000 1003 177731 2112 -91200 2121 -31 3002 -86500 4001 -1000000 4004 -1000000 5001 522000");
    // What a credit is said to be must be so.
    const std::string credit = open_break("unidentified-credit", 700);
    for (const auto& [how, about, said] :
         {std::tuple{"is-return", sent[0].payment, "the payment is over 895.00 yuan, the credit over 7.00"},
          {"is-return", sent[2].payment, "this attempt was not paid, or has come back already"},
          {"is-return", std::string{}, "needs the reference of the payment that came back"},
          {"repays-claim", std::string{"1"}, "it was not claimed from a bank"},
          {"remit", sent[0].payment, "this resolution is about nothing else"},
          {"dismiss", std::string{}, "is no end for a break of the kind unidentified-credit"}}) {
        Words words{"decide", "break", "370212", credit, how, "--evidence", "letter 8"};
        if (!about.empty()) words.insert(words.end(), {"--about", about});
        const Ran refused = here().card(words);
        EXPECT_NE(refused.code, 0) << how;
        EXPECT_THAT(refused.all(), HasSubstr(said));
    }
    tells(
        "unidentified credit cleared: to the treasury",
        [&] { resolve(open_break("unidentified-credit", 700), "remit"); },
        {"unidentified-to-remit: 2112 700 2121 -700"},
        "1002 1478000 1003 177731 2112 -90500 2121 -731 3002 -86500 4001 -1000000 4004 -1000000 5001 522000");
    tells(
        "unidentified credit cleared: a payment that came back",
        [&] {  // It is over the office's limit: one person alone proposes, and another one agrees.
            const json::object made =
                here().ask({"decide", "break", "370212", open_break("unidentified-credit", sent[4].amount),
                            "is-return", "--about", sent[4].payment, "--evidence", "letter 9"});
            EXPECT_FALSE(made.at("done").as_bool());
            const std::string proposal = std::to_string(number(made, "proposal"));
            expect_problem(
                here().post_json("maker", "/v1/proposals/" + proposal + "/answer", R"({"answer":"agree"})"),
                403, "forbidden");
            here().done({"decide", "answer", proposal, "agree"});
        },
        {"unidentified-is-return: 2112 85500 2111 -85500"},
        "1002 1478000 1003 177731 2111 -85500 2112 -5000 2121 -731 3002 -86500 4001 -1000000 4004 -1000000 5001 522000");
    const std::string claim = open_break("unidentified-debit", 5'000);
    tells(
        "claimed from the bank", [&] { resolve(claim, "claim-from-bank"); },
        {"bank-claimed: 1213 5000 1003 -5000"},
        "1002 1478000 1003 172731 1213 5000 2111 -85500 2112 -5000 2121 -731 3002 -86500 4001 -1000000 4004 -1000000 5001 522000");
    tells(
        "the bank gives it back",
        [&] { resolve(open_break("unidentified-credit", 5'000), "repays-claim", claim); },
        {"reversal: 2112 5000 1003 -5000", "bank-claim-settled: 1003 5000 1213 -5000"},
        "1002 1478000 1003 172731 2111 -85500 2121 -731 3002 -86500 4001 -1000000 4004 -1000000 5001 522000");

    // What was said to be paid the day before is missing on the second statement, a break for each file that said so; once the
    // bank has booked it they end, and not before.
    tells(
        "paid, and on no statement (漏单)",
        [&] {
            const std::string first = open_break("not-debited", sent[2].amount + sent[4].amount),
                              second = open_break("not-debited", sent[5].amount);
            const std::string proposal = std::to_string(number(
                here().ask({"decide", "break", "370212", first, "debited-since", "--evidence", "letter 10"}),
                "proposal"));
            EXPECT_THAT(here().card({"decide", "answer", proposal, "agree"}).all(),
                        HasSubstr("2 of its payments are on no statement yet"));
            const AccountStatement late{.id = "S2",
                                        .day = "20220108",
                                        .bank = file.bank,
                                        .opening = statement.closing(),
                                        .lines = {{'D', sent[2].amount, sent[2].payment, ""},
                                                  {'D', sent[4].amount, sent[4].payment, ""},
                                                  {'D', sent[5].amount, sent[5].payment, ""}}};
            EXPECT_EQ(put_statement("ST37021220220108.txt", late.bytes(), 1).status, 201);
            EXPECT_EQ(number(EveryEvent::statement("ST37021220220108.txt"), "fitting"), 3);
            here().done({"decide", "answer", proposal, "agree"});
            resolve(second, "debited-since");
        },
        {},
        "1002 1478000 1003 172731 2111 -85500 2121 -731 3002 -86500 4001 -1000000 4004 -1000000 5001 522000");

    // The recovery book.
    std::string receivable;
    tells(
        "overpayment of an earlier year found",
        [&] { receivable = recorded(sent[0].payment, "100.00", "核查1"); },
        {"overpayment-prior-year: 1211 10000 3002 -10000"},
        "1002 1478000 1003 172731 1211 10000 2111 -85500 2121 -731 3002 -96500 4001 -1000000 4004 -1000000 5001 522000");
    tells(
        "recovered in cash",
        [&] {
            here().done({"receivable", "cash", "370212", receivable, "--amount", "40.00", "--day",
                         "2022-05-02", "--document", "收据1"});
        },
        {"recovered-in-cash: 1002 4000 1211 -4000", "remittance-owed: 3002 4000 2121 -4000"},
        "1002 1482000 1003 172731 1211 6000 2111 -85500 2121 -4731 3002 -92500 4001 -1000000 4004 -1000000 5001 522000");
    const auto proposed = [&](const Words& more) {
        Words words{"receivable", "propose", "370212", receivable, "--reason", "生活困难"};
        words.insert(words.end(), more.begin(), more.end());
        here().done(
            {"receivable", "approve", "370212", std::to_string(number(here().ask(words), "proposal"))});
    };
    tells(
        "approved write-off", [&] { proposed({"--kind", "write-off"}); }, {"write-off: 5099 6000 1211 -6000"},
        "1002 1482000 1003 172731 2111 -85500 2121 -4731 3002 -92500 4001 -1000000 4004 -1000000 5001 522000 5099 6000");
    tells(
        "handed over to another office",
        [&] {
            receivable = recorded(sent[5].payment, "10.00", "核查2");
            proposed({"--kind", "transfer", "--to", "370213"});
        },
        {"overpayment-prior-year: 1211 1000 3002 -1000", "recoverable-given-away: 3001 1000 1211 -1000",
         "recoverable-taken-over: 1211 1000 3001 -1000"},
        "1002 1482000 1003 172731 1211 1000 2111 -85500 2121 -4731 3002 -93500 4001 -1000000 4004 -1000000 5001 522000 5099 6000");
    tells(
        "prior-year money remitted",
        [] { here().done({"receivable", "remit", "370212", "--amount", "40.00", "--document", "缴款书1"}); },
        {"remitted: 2121 4000 1002 -4000"},
        "1002 1478000 1003 172731 1211 1000 2111 -85500 2121 -731 3002 -93500 4001 -1000000 4004 -1000000 5001 522000 5099 6000");

    // This year.
    const std::string first = fmt::format("{}-01", year), second = fmt::format("{}-02", year);
    tells(
        "services bought with relief money",
        [&] {
            here().done({"funds", "allot", "--county", "370212", "--document", "QMZ-2", "--own", "5000",
                         "--purpose", "relief", "--year", std::to_string(year)});
            here().done({"funds", "receive", "--county", "370212", "--document", "QMZ-2", "--own", "5000"});
            here().done({"funds", "services", "--county", "370212", "--document", "HT-1", "--own", "10",
                         "--year", std::to_string(year)});
        },
        {"funds-received: 1002 500000 4004 -500000", "services: 5002 1000 1002 -1000"},
        "1002 1977000 1003 172731 1211 1000 2111 -85500 2121 -731 3002 -93500 4001 -1000000 4004 -1500000 5001 522000 5002 1000 5099 6000");
    tells(
        "cancel before dispatch",
        [&] {
            run = checked("regular", first);
            here().done({"run", "withdraw", run, "--as", "checker"});
        },
        {"accrual: 5001 434500 2101 -434500", "accrual: 5001 87500 2101 -87500",
         "cancelled: 2101 434500 5001 -434500", "cancelled: 2101 87500 5001 -87500"},
        "1002 1977000 1003 172731 1211 1000 2111 -85500 2121 -731 3002 -93500 4001 -1000000 4004 -1500000 5001 522000 5002 1000 5099 6000");
    tells(
        "a month of this year: one fails and is no longer owed",
        [&] {
            release(checked("regular", first));
            file = newest_file(1);
            receipt(1, file, "accepted");
            file.details.front() = as(file.details.front(), 'F', "DEAD");
            answer(1, file, 1, file.details);
            agree({"decide", "cancel", file.details.front().payment, "--evidence", "certificate 13"});
        },
        {"accrual: 5001 434500 2101 -434500", "accrual: 5001 87500 2101 -87500",
         "funding: 1003 434500 1002 -434500", "dispatch: 2101 434500 2102 -434500",
         "funding: 1003 87500 1002 -87500", "dispatch: 2101 87500 2102 -87500",
         "paid: 2102 345000 1003 -345000", "failed: 2102 89500 2111 -89500",
         "return-cancelled: 2111 89500 5001 -89500"},
        "1002 1455000 1003 349731 1211 1000 2102 -87500 2111 -85500 2121 -731 3002 -93500 4001 -1000000 4004 -1500000 5001 954500 5002 1000 5099 6000");
    tells(
        "overpayment of this year found", [&] { recorded(file.details[1].payment, "50.00", "核查3"); },
        {"overpayment: 1211 5000 5001 -5000"},
        "1002 1455000 1003 349731 1211 6000 2102 -87500 2111 -85500 2121 -731 3002 -93500 4001 -1000000 4004 -1500000 5001 949500 5002 1000 5099 6000");
    tells(
        "recovered by offset",
        [&] { release(checked("regular", second, {"--arrears-from", first, "--offset", "30"})); },
        {"accrual: 5001 429500 2101 -429500", "accrual: 5001 87500 2101 -87500",
         "withheld: 5001 5000 2101 -5000", "recovered-by-offset: 2101 5000 1211 -5000",
         "funding: 1003 429500 1002 -429500", "dispatch: 2101 429500 2102 -429500",
         "funding: 1003 87500 1002 -87500", "dispatch: 2101 87500 2102 -87500"},
        "1002 938000 1003 866731 1211 1000 2102 -604500 2111 -85500 2121 -731 3002 -93500 4001 -1000000 4004 -1500000 5001 1471500 5002 1000 5099 6000");
    expect_books_fit(here());

    const json::object timed = here().ask({"audit", "verify", "--timed"});
    EXPECT_GT(number(timed, "lines_per_second"), 0);
    EXPECT_GT(number(timed, "lines_per_core_second"), 0);
    std::set<std::string> stages;
    for (const auto& row : rows(timed, "stages")) stages.insert(word(row.as_object(), "stage"));
    EXPECT_THAT(stages, ::testing::IsSupersetOf({"payments", "outcomes", "signatures", "files"}));

    // How well the first month was paid: two at once, one after all, one by a second attempt.
    const json::object of_run = here().ask({"indicators", "1"});
    const json::object& indicators = rows(of_run, "banks").at(0).as_object();
    EXPECT_EQ(number(indicators, "payments"), 6);
    EXPECT_EQ(number(indicators, "paid_at_first"), 2);
    EXPECT_EQ(number(indicators, "first_pass_per_10000"), 3333);
    EXPECT_EQ(number(indicators, "paid"), 4);
    EXPECT_EQ(number(indicators, "paid_total_fen"), 522'000 - sent[3].amount - sent[4].amount);
    EXPECT_EQ(word(indicators, "in_full"), "false");
    const auto today = std::chrono::floor<std::chrono::days>(std::chrono::system_clock::from_time_t(now));
    const auto credited = std::chrono::sys_days{std::chrono::year{2022} / 1 / 6};
    EXPECT_EQ(number(indicators, "median_days"), (credited - today).count());
    EXPECT_EQ(number(indicators, "slowest_days"), (credited - today).count());

    for (int kind = 1; ledger::entry_kind_of(kind); ++kind) {
        const ledger::EntryKind one = *ledger::entry_kind_of(kind);
        EXPECT_NE(seen_.contains(one), told_elsewhere.contains(one))
            << ledger::code_of(one) << " has no story, or two";
    }
}

}  // namespace
}  // namespace onecard::test
