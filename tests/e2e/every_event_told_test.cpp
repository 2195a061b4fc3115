#include <gmock/gmock.h>

#include <chrono>

#include "every_event.hpp"

namespace onecard::test {
namespace {

using ::testing::HasSubstr;

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
