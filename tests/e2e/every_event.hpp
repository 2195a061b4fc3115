#pragma once

#include "banks_by_hand.hpp"
#include "onecard/ledger/entry.hpp"

/// Every event of the books (DOMAIN 5.2) and every move of a payment (3.2) happens once in one small county, brought about
/// by officers and banks from outside (every_event_test.cpp). Then others are told of it (every_event_told_test.cpp, which
/// is run after it).
namespace onecard::test {

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

}  // namespace onecard::test
