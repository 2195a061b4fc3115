#include <gmock/gmock.h>

#include <chrono>
#include <ctime>

#include "banks_by_hand.hpp"
#include "onecard/ledger/entry.hpp"

/// Every event of the books (DOMAIN 5.2) and every move of a payment (3.2) happens once in one small county, brought about
/// by officers and banks from outside: the entries that it posts, and what stands on the books when it is over. All amounts
/// in fen, debits positive.
namespace onecard::test {
namespace {

using ::testing::HasSubstr;

/// Kinds that only time brings: they are told with a clock of their own.
const std::map<ledger::EntryKind, std::string> told_elsewhere{
    {ledger::EntryKind::cancelled_prior_year,
     "integration Withdrawing.AfterTheYearOfTheCheckTakesItBackFromPriorYears"},
    {ledger::EntryKind::year_closed, "integration Closing.OfAFiscalYearCarriesIncomeLessExpenditureForward"},
};

class EveryEvent : public BanksByHand<EveryEvent> {
public:
    /// Six households of one person in rural dibao, all with cards of bank 1.
    static void prepare(Installation& here) {
        const std::string ids[] = {"99010119600101004X", "990101195202290012", "990101198812319998",
                                   "990101194508159979", "990202196307041203", "99010119700101001X"};
        const std::string cards[] = {"6229990000000000019", "6229990000000000027", "6219991234567890120",
                                     "6239990000000123455", "622999000000000004",  "6229990000000000035"};
        std::string households = "county,household_no,area,village,representative,valid_from,valid_to\n";
        std::string persons =
            "county,person_no,household_no,name,resident_id,disability_class,disability_level,seriously_ill,"
            "in_full_time_school,died_on,valid_from,valid_to\n";
        std::string incomes = "county,household_no,person_no,item,monthly,valid_from,valid_to\n";
        std::string enrolments =
            "county,household_no,person_no,programme,applied_on,confirmed_on,setting,ability,payee_no,"
            "institution_no,valid_from,valid_to\n";
        std::string accounts = accounts_head;
        for (int i = 0; i < 6; ++i) {
            const int person = 31 + i, household = 11 + i;
            households += fmt::format("370212,{},rural,370212004201,{},2021-01,\n", household, person);
            persons += fmt::format("370212,{},{},王芳,{},,,0,0,,2021-01,\n", person, household, ids[i]);
            incomes += fmt::format("370212,{},{},101,{}.00,2021-01,\n", household, person, 100 + 10 * i);
            enrolments +=
                fmt::format("370212,{},,dibao-rural,2020-01-05,2020-02-01,,,,,2021-01,\n", household);
            accounts +=
                fmt::format("370212,person,{},313999000001,card,{},王芳,2021-01,\n", person, cards[i]);
        }
        const fs::path folder = here.folder() / "people";
        write_text(folder / "households.csv", households);
        write_text(folder / "persons.csv", persons);
        write_text(folder / "incomes.csv", incomes);
        write_text(folder / "enrolments.csv", enrolments);
        write_text(folder / "accounts.csv", accounts);
        here.configure([](const std::string& text) {
            return replaced(text, "second_person_from_fen = 100000", "second_person_from_fen = 80000");
        });
        here.start();
        here.done({"import", folder.string()});
    }

protected:
    static constexpr const char* accounts_head =
        "county,payee_kind,payee_no,bank_code,account_kind,account,holder,valid_from,valid_to\n";

    /// Whatever `event` brings, and what stands on the books then: "1002 100 2101 -100".
    void tells(const std::string& event, const std::function<void()>& deed,
               const std::vector<std::string>& entries, const std::string& books) {
        SCOPED_TRACE(event);
        Sql sql{here().owner_url()};
        const std::string before = sql.cell("select coalesce(max(entry_no), 0) from entry");
        deed();
        std::vector<std::string> posted;
        for (
            const auto& row :
            sql("select e.entry_no, e.kind, string_agg(p.account || ' ' || p.fen, ' ' order by p.fen < 0, p.account) "
                "from entry e cross join lateral (select a.account, sum(a.amount) as fen from "
                "unnest(e.account, e.amount) as a (account, amount) group by a.account having sum(a.amount) <> 0) p "
                "where e.entry_no > " +
                before + " group by e.entry_no, e.kind order by e.entry_no")) {
            const auto kind = ledger::entry_kind_of(std::stoi(row[1]));
            ASSERT_TRUE(kind);
            seen_.insert(*kind);
            posted.push_back(fmt::format("{}: {}", ledger::code_of(*kind), row[2]));
        }
        EXPECT_EQ(posted, entries);
        EXPECT_EQ(
            sql.cell("select string_agg(account || ' ' || fen, ' ' order by account) from (select p.account, "
                     "sum(p.amount) as fen from entry e cross join lateral unnest(e.account, e.amount) as p "
                     "(account, amount) group by p.account having sum(p.amount) <> 0) b"),
            books);
    }

    static std::string checked(const std::string& kind, const std::string& period, const Words& more = {}) {
        Words words{"run", "create", "--kind", kind, "--period", period, "--region", "370212"};
        words.insert(words.end(), more.begin(), more.end());
        const std::string run = std::to_string(number(here().ask(words), "run"));
        here().done({"run", "compute", run});
        here().accept_outliers(run);
        for (const char* officer : {"maker", "checker"})
            here().done({"run", "approve", run, "--as", officer});
        return run;
    }
    static void release(const std::string& run) { here().done({"run", "release", run, "--as", "releaser"}); }
    /// The newest file for a bank; the answer to it says that everything was paid.
    static Answer newest_file(int bank) {
        const Reply list = here().curl(name(bank), "GET", "/v1/bank/files?after=0");
        Answer answer;
        answer.file_id = word(rows(object_of(list.body), "files").back().as_object(), "file_id");
        read(bank, answer);
        return answer;
    }
    static void receipt(int bank, const Answer& of, const std::string& said) {
        const fs::path text = here().folder() / "receipt";
        write_text(text,
                   fmt::format("onecard receipt 1\nfile {}\nsha256 {}\nanswer {}\n", of.file_id,
                               seal::sha256().hash(bytes_of(fetch(bank, of.file_id + ".txt"))).hex(), said));
        write_text(here().folder() / "receipt.p7s", here().sign(name(bank), text, false));
        EXPECT_EQ(here()
                      .curl(name(bank), "POST", "/v1/bank/receipts/" + of.file_id,
                            {"--header", "Content-Type: application/cms", "--data-binary",
                             "@" + (here().folder() / "receipt.p7s").string()})
                      .status,
                  204);
    }
    /// Hands in the answer as the n-th file, with the details chosen.
    static void answer(int bank, Answer said, int n, const std::vector<Detail>& details) {
        said.details = details;
        const std::string file = said.file_id + (n == 1 ? ".ret" : fmt::format(".{}.ret", n));
        EXPECT_EQ(put_signed(bank, file, said.bytes()).status, 201);
        EXPECT_EQ(word(result(bank, file), "state"), "posted") << json::serialize(result(bank, file));
    }
    static Detail as(Detail line, char status, std::string code) {
        line.status = status;
        line.code = std::move(code);
        return line;
    }
    static void agree(const Words& words) {
        const json::object made = here().ask(words);
        if (!made.at("done").as_bool())
            here().done({"decide", "answer", std::to_string(number(made, "proposal")), "agree"});
    }
    /// The open break of a kind over an amount.
    static std::string open_break(const std::string& kind, std::int64_t fen) {
        for (const auto& row : rows(here().ask({"breaks"}), "breaks")) {
            const json::object& one = row.as_object();
            if (word(one, "kind") == kind && number(one, "amount_fen") == fen &&
                word(one, "resolution").empty())
                return std::to_string(number(one, "break"));
        }
        ADD_FAILURE() << "no open break " << kind << " over " << fen;
        return "0";
    }
    static void resolve(const std::string& no, const std::string& how, const std::string& about = {}) {
        Words words{"decide", "break", "370212", no, how, "--evidence", "letter 9 of the bank"};
        if (!about.empty()) words.insert(words.end(), {"--about", about});
        agree(words);
    }
    static std::string recorded(const std::string& payment, const std::string& yuan,
                                const std::string& document) {
        return std::to_string(number(here().ask({"receivable", "record", "--payment", payment, "--amount",
                                                 yuan, "--document", document, "--reason", "重复发放"}),
                                     "receivable"));
    }

    static inline std::set<ledger::EntryKind> seen_;
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

/// What auditors ask is answered by what stands as paid: not by what came back, and by what was paid after all.
TEST_F(EveryEvent, IsToldToAuditorsByWhatStandsAsPaid) {
    Sql sql{here().owner_url()};
    const auto ask = [](const std::string& question, const Words& more = {}) {
        Words words{"audit", "ask", question, "from=2022-01", "to=2022-01"};
        words.insert(words.end(), more.begin(), more.end());
        return rows(here().ask(words), "rows");
    };
    // By serial: paid, after all, by a second attempt, corrected and cancelled, returned by a statement, paid.
    std::vector<std::int64_t> amounts;
    std::vector<std::string> households;
    for (const auto& row :
         sql("select amount, beneficiary from payment where benefit_month = 202201 order by serial")) {
        amounts.push_back(std::stoll(row[0]));
        households.push_back(row[1]);
    }
    ASSERT_EQ(amounts.size(), 6U);
    const std::int64_t paid_total = amounts[0] + amounts[1] + amounts[2] + amounts[5];
    for (const char* question : {"monthly_summary", "by_village_and_approver"}) {
        const json::array all = ask(question);
        ASSERT_EQ(all.size(), 1U) << question;
        EXPECT_EQ(number(all[0].as_object(), "payments"), 6) << question;
        EXPECT_EQ(number(all[0].as_object(), "paid"), 4) << question;
        EXPECT_EQ(number(all[0].as_object(), "paid_total_fen"), paid_total) << question;
    }
    const json::array chains = ask("reissue_chains");
    ASSERT_EQ(chains.size(), 1U);
    EXPECT_EQ(number(chains[0].as_object(), "serial"), 3);
    EXPECT_EQ(word(chains[0].as_object(), "outcome"), "paid");
    std::map<std::int64_t, std::string> roster;
    for (const auto& row : ask("roster"))
        roster[number(row.as_object(), "serial")] = word(row.as_object(), "outcome");
    EXPECT_EQ(roster,
              (std::map<std::int64_t, std::string>{
                  {1, "paid"}, {2, "paid"}, {3, "paid"}, {4, "cancelled"}, {5, "returned"}, {6, "paid"}}));
    std::int64_t of_persons = 0;
    for (int person = 31; person <= 36; ++person)
        for (const auto& row :
             rows(here().ask({"audit", "ask", "person_year", "year=2022", fmt::format("person={}", person)}),
                  "rows"))
            if (number(row.as_object(), "period") == 202201)
                of_persons += number(row.as_object(), "amount_fen");
    EXPECT_EQ(of_persons, paid_total);
    // Three of them were dead, as becomes known now: only what arrived and stayed was paid after death.
    std::string deaths =
        "county,person_no,household_no,name,resident_id,disability_class,disability_level,"
        "seriously_ill,in_full_time_school,died_on,valid_from,valid_to\n";
    const auto persons = lines_of(text_in(here().folder() / "people/persons.csv"));
    for (const int serial : {3, 4, 5})
        for (const std::string& line : persons)
            if (const auto fields = fields_of(line, ',');
                fields[2] == households[static_cast<std::size_t>(serial - 1)])
                deaths += fmt::format("370212,{},{},{},{},,,0,0,2021-12-15,2021-12,\n", fields[1], fields[2],
                                      fields[3], fields[4]);
    write_text(here().folder() / "deaths/persons.csv", deaths);
    here().done({"import", (here().folder() / "deaths").string()});
    const json::array after_death = ask("paid_after_death");
    ASSERT_EQ(after_death.size(), 1U) << json::serialize(after_death);
    EXPECT_EQ(number(after_death[0].as_object(), "serial"), 3);
    EXPECT_EQ(number(after_death[0].as_object(), "attempt"), 2);
}

/// A packet tells of money that people found on a statement as of any other word, and proves it alone.
TEST_F(EveryEvent, IsInThePacketsOfItsPayments) {
    const auto reference_of = [](int serial) {
        return PaymentReference{County::of_number(370212), 202201, Serial{serial}, 1}.text();
    };
    const auto shown = [](const std::string& reference) {
        const std::string file = (here().folder() / ("packet-" + reference)).string();
        here().done({"audit", "packet", reference, "--files", "--out", file});
        const json::object verdict = object_of(here().done(
            {"--json", "audit", "verify", file, "--key", (here().service_folder() / "ledger.pub").string(),
             "--authorities", (here().certs() / "ca.pem").string()}));
        EXPECT_TRUE(verdict.at("fits").as_bool()) << json::serialize(verdict);
        // One bit of whatever says so, anywhere in it, is found.
        std::string bytes = text_in(file);
        const std::size_t at = bytes.find("\n== ", bytes.size() / 2);
        bytes[at + 5] = static_cast<char>(bytes[at + 5] ^ 1);
        write_text(file, bytes);
        EXPECT_NE(here().card({"audit", "verify", file}).code, 0);
        return json::serialize(verdict.at("shown"));
    };
    // The story of a payment has what people decided about it, too.
    const auto kinds = [](int serial) {
        const json::object story =
            here().ask({"ledger", "payment",
                        PaymentReference{County::of_number(370212), 202201, Serial{serial}, 1}.text()});
        std::multiset<std::string> all;
        for (const auto& row : rows(story, "entries")) all.insert(word(row.as_object(), "entry_kind"));
        return all;
    };
    EXPECT_EQ(kinds(2).count("failure-corrected"), 1U);
    EXPECT_EQ(kinds(4).count("return-cancelled-prior-year"), 1U);
    EXPECT_EQ(kinds(5).count("unidentified-is-return"), 1U);
    EXPECT_EQ(kinds(6).count("unidentified-is-return") + kinds(6).count("return-cancelled-prior-year"), 0U);
    EXPECT_THAT(shown(reference_of(2)), HasSubstr("its failure ended as paid by proposal"));
    EXPECT_THAT(shown(reference_of(3)), HasSubstr("returned"));
    EXPECT_THAT(shown(reference_of(4)), HasSubstr("its failure ended as cancelled by proposal"));
    // A payment that plainly failed, and was then no longer owed.
    Sql sql{here().owner_url()};
    const std::string plain =
        " from failure f join failure_fate e using (county, serial, attempt, part) where f.kind = 2 and e.fate = 'cancelled'";
    ASSERT_EQ(sql.cell("select count(*)" + plain), "1");
    const PaymentReference failed{County::of_number(370212),
                                  std::stoi(sql.cell("select part / 1000 + 190000" + plain)),
                                  Serial{std::stoi(sql.cell("select serial" + plain))}, 1};
    EXPECT_THAT(
        shown(failed.text()),
        ::testing::AllOf(HasSubstr("says failed"), HasSubstr("its failure ended as cancelled by proposal")));
    EXPECT_THAT(shown(reference_of(5)), HasSubstr("its money came back on a statement, by proposal"));
}

TEST_F(EveryEvent, IsFoundWhereItWasAltered) {
    expect_found(
        here(),
        {
            {"that a credit was a payment's return", "reversal",
             "update reversal set proposal_no = null where proposal_no is not null", "outcomes of"},
            {"how much came back", "reversal",
             "update reversal set amount = amount + 1 where proposal_no is not null", "break 370212/"},
            {"what a bank gave back", "claim_repayment", "update claim_repayment set amount = amount + 1",
             "break 370212/"},
            {"that a bank gave it back", "claim_repayment", "delete from claim_repayment", "break 370212/"},
            {"what a break says", "break",
             "update break set evidence = 'x' || evidence where kind = 'interest'", "break 370212/"},
            {"a debit of nobody hidden", "break", "delete from break where kind = 'unidentified-debit'",
             "break"},
            {"what is not debited hidden", "break", "delete from break where kind = 'not-debited'",
             "(break-found)"},
            {"how a break ended", "break_resolution",
             "update break_resolution set resolution = 'remit' where resolution = 'is-return'",
             "it was taken back by a credit, and no break ended so"},
        });
}

/// What auditors look for (DOMAIN 5.4), done as the owner of the database: each question names what is its own, and nothing
/// else.
TEST_F(EveryEvent, IsNamedByTheQuestionThatLooksForIt) {
    Sql sql{here().owner_url()};
    sql("set session_replication_role = replica");
    const auto ask = [](const std::string& question, const Words& more = {"from=2022-01", "to=2022-01"}) {
        Words words{"audit", "ask", question};
        // Deaths that became known since are not what January's payments are held against.
        if (question == "wrong_tier") words.emplace_back("import=1");
        words.insert(words.end(), more.begin(), more.end());
        return rows(here().ask(words), "rows");
    };
    const auto only = [&](const std::string& question) {
        const json::array found = ask(question);
        EXPECT_EQ(found.size(), 1U) << question << json::serialize(found);
        return found.empty() ? json::object{} : found.at(0).as_object();
    };
    for (const char* question :
         {"wrong_tier", "exclusive_programmes", "payee_not_beneficiary", "eligible_unpaid"})
        EXPECT_EQ(ask(question).size(), 0U) << question << json::serialize(ask(question));

    const std::string of_january = " where part / 1000 + 190000 = 202201 and county = 370212 and serial = 1";
    const std::string due = sql.cell("select amount from payment" + of_january);
    sql("update payment set amount = amount + 700" + of_january);
    const std::string wrong = json::serialize(only("wrong_tier"));
    EXPECT_THAT(wrong, ::testing::AllOf(HasSubstr(due), HasSubstr(std::to_string(std::stoll(due) + 700))));
    sql("update payment set amount = amount - 700" + of_january);
    EXPECT_EQ(ask("wrong_tier").size(), 0U);

    // Somebody draws as an orphan and as a tekun for the same month, and it goes to another.
    const auto copy = [&](const std::string& table, const std::string& values, const std::string& others) {
        const std::string columns = sql.cell(
            "select string_agg(quote_ident(column_name), ', ') from information_schema.columns where table_name = '" +
            table + "' and column_name not in (" + others + ") and is_generated = 'NEVER'");
        sql("insert into " + table + " (" + replaced(replaced(others, "'", ""), "\"", "") + ", " + columns +
            ") select " + values + ", " + columns + " from " + table + of_january +
            (table == "outcome" ? " and attempt = 1" : ""));
    };
    for (const auto& [serial, programme] : {std::pair{"900001", "5"}, std::pair{"900002", "3"}}) {
        copy("payment", fmt::format("{}, {}, 0, 33", serial, programme),
             "'serial', 'programme', 'component', 'beneficiary'");
        copy("outcome", serial, "'serial'");
    }
    const json::object twice = only("exclusive_programmes");
    EXPECT_EQ(number(twice, "person"), 33);
    EXPECT_EQ(number(twice, "serial"), 900001);
    EXPECT_EQ(number(twice, "other_serial"), 900002);
    EXPECT_EQ(word(twice, "beside"), "tekun");
    const json::array elsewhere = ask("payee_not_beneficiary");
    ASSERT_EQ(elsewhere.size(), 2U) << json::serialize(elsewhere);
    for (const auto& row : elsewhere) {
        EXPECT_EQ(number(row.as_object(), "beneficiary"), 33);
        EXPECT_NE(number(row.as_object(), "payee"), 33);
    }

    sql("update person set disability_level = 1 where person_no = 36");
    const json::object without = only("eligible_unpaid");
    EXPECT_EQ(number(without, "person"), 36);
    EXPECT_EQ(word(without, "finding"), "no-living-subsidy");

    // What failed and waits is held, to the fen of 2111.
    std::int64_t held = 0;
    for (const auto& row : ask("money_held", {"days=30", "as_of=2099-01-01"}))
        if (word(row.as_object(), "place") == "failed") held += number(row.as_object(), "amount_fen");
    EXPECT_EQ(
        std::to_string(-held),
        sql.cell(
            "select sum(p.amount) from entry e cross join lateral unnest(e.account, e.amount) as p (account, "
            "amount) where p.account = 2111"));
    EXPECT_GT(held, 0);
}

/// What the service has ever held of memory since `forget_peak`, in KiB.
std::int64_t peak_kib(pid_t service) {
    const std::string status = text_in(fmt::format("/proc/{}/status", service));
    return std::stoll(status.substr(status.find("VmHWM:") + 6));
}
void forget_peak(pid_t service) { write_text(fmt::format("/proc/{}/clear_refs", service), "5"); }

/// However long a journal is, it takes no memory by its length.
TEST_F(EveryEvent, IsExportedInConstantMemory) {
    const auto peak_kb = [] { return peak_kib(here().service_pid()); };
    Sql sql{here().owner_url()};
    sql("set session_replication_role = replica");
    sql("insert into entry (county, kind, cause, value_day, known_at, programme, bank, period, account, source, fund_year, "
        "purpose, amount, lines, line_total, lines_root, digest) select e.county, e.kind, 'many ' || g, e.value_day, "
        "e.known_at, e.programme, e.bank, e.period, e.account, e.source, e.fund_year, e.purpose, e.amount, e.lines, "
        "e.line_total, e.lines_root, e.digest from (select * from entry where kind = 2 limit 1) e, "
        "generate_series(1, 80000) g");
    const fs::path out = here().folder() / "journal.all";
    here().done({"audit", "journal", "--out", out.string()});
    const auto before = peak_kb();
    for (const char* form : {"hledger", "beancount", "csv"})
        here().done({"audit", "journal", "--form", form, "--out", out.string()});
    EXPECT_GT(fs::file_size(out), 20'000'000U);
    EXPECT_LT(peak_kb() - before, 8'000) << "kB more for each further journal of 80,000 entries";
    EXPECT_LT(peak_kb(), 300'000);
}

/// Nor does what auditors ask: a roster of 200,000 payments, in every form that is a file. ONECARD_ROWS asks for more.
TEST_F(EveryEvent, IsAnsweredInConstantMemoryHoweverManyRowsThereAre) {
    const char* const wanted = std::getenv("ONECARD_ROWS");
    const std::int64_t many = wanted == nullptr ? 200'000 : std::stoll(wanted);
    const fs::path out = here().folder() / "roster";
    const auto ask = [&](const std::string& form) {
        here().done({"audit", "ask", "roster", "--form", form, "--out", out.string()});
    };
    for (const char* form : {"csv", "ndjson", "xlsx"}) ask(form);
    Sql sql{here().owner_url()};
    sql("set session_replication_role = replica");
    const std::string columns = sql.cell(
        "select string_agg(quote_ident(column_name), ', ') from information_schema.columns where table_name = 'payment' "
        "and column_name not in ('serial', 'beneficiary') and is_generated = 'NEVER'");
    sql(fmt::format(
        "insert into payment (serial, beneficiary, {0}) select 1000000 + g, 1000000 + g, {0} from (select * from payment order by part, "
        "serial limit 1) p, generate_series(1, {1}) g",
        columns, many));
    for (const char* form : {"csv", "ndjson", "xlsx"}) {
        forget_peak(here().service_pid());
        const std::int64_t before = peak_kib(here().service_pid());
        const auto begun = std::chrono::steady_clock::now();
        ask(form);
        const auto took = std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
        const std::int64_t more = peak_kib(here().service_pid()) - before;
        fmt::print("{} rows as {}: {:.1f} MB in {:.1f} s, {:.1f} MiB more at the peak\n", many, form,
                   static_cast<double>(fs::file_size(out)) / 1e6, took, static_cast<double>(more) / 1024);
        EXPECT_LT(more, 16 * 1024) << form;
        if (form != std::string_view{"xlsx"}) {
            EXPECT_GT(std::ranges::count(text_in(out), '\n'), many);
        }
    }
}

}  // namespace
}  // namespace onecard::test
