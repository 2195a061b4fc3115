#include <gmock/gmock.h>

#include "by_pages.hpp"
#include "onecard/ops/workbook.hpp"
#include "the_banks.hpp"

namespace onecard::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST_F(TheBanks, HaveTheirStatementsHeldAgainstWhatWasSentAndWhatReturnFilesSaid) {
    Answer answer = take_batch(2, 4);
    answer.details[0].status = 'F';
    answer.details[0].code = "AC04";
    EXPECT_EQ(put_signed(2, answer.file_id + ".ret", answer.bytes()).status, 201);
    EXPECT_EQ(word(result(2, answer.file_id + ".ret"), "state"), "posted");
    const Answer silent = take_batch(2, 2);

    AccountStatement first{.id = "S1", .day = "20220106", .bank = answer.bank, .lines = {}};
    for (const Detail& detail : answer.details)
        first.lines.push_back({'D', detail.amount, detail.payment, ""});
    first.lines.push_back({'D', answer.details[1].amount, answer.details[1].payment, "again"});
    first.lines.push_back({'D', silent.details[0].amount, silent.details[0].payment, ""});
    first.lines.push_back({'C', 700, "", "from nobody"});
    first.lines.push_back({'C', 31, "", "interest"});
    first.lines.push_back({'D', 50, "", "fee"});
    const std::string bytes = first.bytes();
    const std::int64_t unidentified = balance_of(2112);
    const Reply taken = put_statement("ST37021220220106.txt", bytes);
    EXPECT_EQ(taken.status, 201) << taken.all();
    const json::object said = statement("ST37021220220106.txt");
    ASSERT_EQ(word(said, "state"), "matched") << json::serialize(said);
    EXPECT_EQ(number(said, "fitting"), static_cast<std::int64_t>(answer.details.size()) - 1);
    EXPECT_EQ(number(said, "breaks"), 5);
    EXPECT_EQ(number(said, "waiting"), 1) << "of whom no return file has spoken";
    const json::array waiting = rows(here().ask({"statement", "list"}), "waiting");
    EXPECT_GE(waiting.size(), 1U);
    EXPECT_EQ(row_by_row(here(), "maker", "/v1/statements/waiting", {"waiting"})["waiting"], waiting);
    EXPECT_EQ(balance_of(2112), unidentified + 700);
    EXPECT_EQ(only_break("paid-though-failed").second, answer.details[0].amount);
    EXPECT_EQ(only_break("debited-twice").second, answer.details[1].amount);
    EXPECT_EQ(only_break("unidentified-debit").second, 50);
    EXPECT_EQ(put_statement("ST37021220220106.txt", bytes).body, taken.body) << "the same bytes are the same";
    expect_books_fit(here());

    const auto unidentified_by_age = [] {
        std::int64_t fen = 0;
        for (const auto& row : rows(here().ask({"ageing"}), "ageing"))
            if (number(row.as_object(), "account") == 2112) {
                EXPECT_EQ(number(row.as_object(), "bank"), 2);
                EXPECT_EQ(word(row.as_object(), "days"), "0-1");
                fen += number(row.as_object(), "total_fen");
            }
        return fen;
    };
    EXPECT_EQ(unidentified_by_age(), 700);

    // Each ends as it should, and on the books.
    const std::int64_t to_remit = balance_of(2121), claims = balance_of(1213);
    resolve("interest", "book-interest");
    resolve("unidentified-credit", "remit");
    resolve("unidentified-debit", "claim-from-bank");
    EXPECT_EQ(balance_of(2112), unidentified);
    EXPECT_EQ(unidentified_by_age(), 0);
    EXPECT_EQ(balance_of(2121), to_remit + 731);
    EXPECT_EQ(balance_of(1213), claims + 50);
    EXPECT_NE(here()
                  .card({"decide", "break", "370212", std::to_string(only_break("debited-twice").first),
                         "book-interest", "--evidence", "none"})
                  .code,
              0);

    // The return file comes: what waited fits.
    EXPECT_EQ(put_signed(2, silent.file_id + ".ret", silent.bytes()).status, 201);
    EXPECT_EQ(word(result(2, silent.file_id + ".ret"), "state"), "posted");
    EXPECT_EQ(number(here().ask({"statement", "match"}), "fitting"), 1);
    EXPECT_EQ(number(statement("ST37021220220106.txt"), "waiting"), 0);
    std::int64_t missing = 0;
    for (const auto& row : rows(here().ask({"statement", "list"}), "missing"))
        if (word(row.as_object(), "file_id") == silent.file_id) missing = number(row.as_object(), "payments");
    EXPECT_EQ(missing, static_cast<std::int64_t>(silent.details.size()) - 1) << "paid, and on no statement";
    EXPECT_EQ(row_by_row(here(), "maker", "/v1/statements/missing", {"missing"})["missing"],
              rows(here().ask({"statement", "list"}), "missing"));

    // The next day is in sums: our transfer, a debit over what was paid, and the same debit again.
    Answer bulk = take_batch(2, 2);
    bulk.details[0].status = 'F';
    bulk.details[0].code = "NM01";
    EXPECT_EQ(put_signed(2, bulk.file_id + ".ret", bulk.bytes()).status, 201);
    EXPECT_EQ(word(result(2, bulk.file_id + ".ret"), "state"), "posted");
    std::int64_t total = 0;
    for (const Detail& detail : bulk.details) total += detail.amount;
    const std::int64_t paid = total - bulk.details[0].amount;
    const AccountStatement second{
        .id = "S2",
        .day = "20220107",
        .bank = answer.bank,
        .opening = first.closing(),
        .lines = {
            {'C', total, bulk.file_id, ""}, {'D', paid, bulk.file_id, ""}, {'D', paid, bulk.file_id, ""}}};
    EXPECT_EQ(put_statement("ST37021220220107.txt", second.bytes()).status, 201);
    const json::object sums = statement("ST37021220220107.txt");
    EXPECT_EQ(number(sums, "fitting"), 2) << json::serialize(sums);
    EXPECT_EQ(number(sums, "breaks"), 1);
    // The chain of balances has no hole.
    const AccountStatement next{
        .id = "S3", .day = "20220108", .bank = answer.bank, .opening = second.closing() + 1, .lines = {}};
    EXPECT_EQ(put_statement("ST37021220220108.txt", next.bytes()).status, 201);
    EXPECT_THAT(word(statement("ST37021220220108.txt"), "reason"), HasSubstr("one is missing"));
    expect_books_fit(here());
}

TEST_F(TheBanks, HaveWhatFailedCorrectedByASheet) {
    Answer answer = take_batch(1, 3);
    for (int i = 0; i < 3; ++i) {
        answer.details[static_cast<std::size_t>(i)].status = 'F';
        answer.details[static_cast<std::size_t>(i)].code = "AC04";
    }
    EXPECT_EQ(put_signed(1, answer.file_id + ".ret", answer.bytes()).status, 201);
    EXPECT_EQ(word(result(1, answer.file_id + ".ret"), "state"), "posted");
    int asked = 0;
    for (const auto& row : rows(here().ask({"corrections", "list"}), "corrections"))
        if (word(row.as_object(), "reference") == answer.details[0].payment) {
            EXPECT_EQ(word(row.as_object(), "action"), "correct the account");
            ++asked;
        }
    EXPECT_EQ(asked, 1);

    const fs::path sheet = here().folder() / "sheet.csv";
    const std::string names =
        "\xEF\xBB\xBFreference,decision,bank_code,account_kind,account,holder,evidence\r\n";
    const std::string account = "313999000002,card,6229990000000000027,王小明";
    const std::string counts = here().counts();
    // Every fault is told, and nothing was done.
    write_text(
        sheet,
        names + fmt::format("{},correct,{},letter\r\n{},shred,,,,,letter\r\nYK0,hold,,,,,letter\r\n"
                            "{},hold,,,,,\r\n{},correct,313999000002,card,6229990000000000028,王小明,x\r\n",
                            answer.details[0].payment, account, answer.details[1].payment,
                            answer.details[1].payment, answer.details[2].payment));
    const Ran bad = here().card({"corrections", "put", sheet.string()});
    EXPECT_EQ(bad.code, 1);
    for (const char* fault : {"csv:3:decision", "csv:4:reference", "csv:5:evidence", "csv:6:account"})
        EXPECT_THAT(bad.out, HasSubstr(fault));
    EXPECT_THAT(bad.out, Not(HasSubstr("csv:2:")));
    EXPECT_EQ(here().counts(), counts);
    // The right sheet is taken.
    write_text(sheet,
               names + fmt::format("{},correct,{},letter 3\r\n{},hold,,,,,asked the village\r\n{},cancel,,,,,"
                                   "certificate 4\r\n",
                                   answer.details[0].payment, account, answer.details[1].payment,
                                   answer.details[2].payment));
    const Ran good = here().card({"corrections", "put", sheet.string()});
    EXPECT_EQ(good.code, 0) << good.all();
    std::map<std::string, std::string> notes;
    for (const auto& row : rows(here().ask({"corrections", "list"}), "corrections"))
        notes[word(row.as_object(), "reference")] = word(row.as_object(), "note");
    EXPECT_EQ(notes[answer.details[1].payment], "held");
    Sql sql{here().owner_url()};
    EXPECT_EQ(sql.cell("select count(*) from proposal where subject = '" + answer.details[2].payment + "'"),
              "1");
    EXPECT_EQ(sql.cell("select count(*) from act where kind = 'corrected'"), "1");
    expect_books_fit(here());
}

TEST_F(TheBanks, HaveWhatFailedCorrectedByAWorkbook) {
    const auto has_batch = [](int bank) {
        return std::ranges::any_of(listed_[bank],
                                   [](const auto& file) { return number(file, "lines") >= 2; });
    };
    const int bank = has_batch(1) ? 1 : has_batch(2) ? 2 : 3;
    Answer answer = take_batch(bank, 2);
    for (Detail& line : answer.details) {
        line.status = 'F';
        line.code = "NM01";
    }
    EXPECT_EQ(put_signed(bank, answer.file_id + ".ret", answer.bytes()).status, 201);
    EXPECT_EQ(word(result(bank, answer.file_id + ".ret"), "state"), "posted");
    const std::string counts = here().counts();
    const fs::path sheet = here().folder() / "sheet.xlsx";
    here().done({"ledger", "checkpoint"});
    // As it went out it comes back, whatever the language of its titles, and nothing is done.
    for (const char* language : {"zh", "en"}) {
        const Reply queue = here().curl(
            "maker", "GET", "/v1/corrections",
            {"--header", "Accept: application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
             "--header", fmt::format("Accept-Language: {}", language)});
        ASSERT_EQ(queue.status, 200);
        write_text(sheet, queue.body);
        const Ran untouched = here().card({"corrections", "put", sheet.string()});
        EXPECT_EQ(untouched.code, 0) << untouched.all();
        // The workbook says what it was given out with.
        fs::remove_all(here().folder() / "parts");
        const Ran parts =
            here().run({"unzip", "-o", "-q", sheet.string(), "-d", (here().folder() / "parts").string()});
        ASSERT_EQ(parts.code, 0) << parts.all();
        EXPECT_THAT(text_in(here().folder() / "parts/xl/sharedStrings.xml"),
                    HasSubstr("onecard.example/ledger"));
    }
    EXPECT_EQ(here().counts(), counts);
    // As CSV it ends with its digest and the checkpoint, too, and comes back with them, filled in.
    const Reply csv = here().curl("maker", "GET", "/v1/corrections", {"--header", "Accept: text/csv"});
    ASSERT_EQ(csv.status, 200);
    const std::size_t end = csv.body.find("# sha256 of every byte before this line: ");
    ASSERT_NE(end, std::string::npos) << csv.body;
    EXPECT_THAT(csv.body.substr(end),
                HasSubstr(seal::sha256().hash(bytes_of(csv.body.substr(0, end))).hex()));
    EXPECT_THAT(csv.body.substr(end), HasSubstr("# onecard.example/ledger"));
    const fs::path csv_sheet = here().folder() / "sheet.csv";
    write_text(csv_sheet, csv.body);
    EXPECT_EQ(here().card({"corrections", "put", csv_sheet.string()}).code, 0);
    EXPECT_EQ(here().counts(), counts);
    std::string filled = csv.body;
    const std::size_t begin = filled.find(answer.details[0].payment);
    ASSERT_NE(begin, std::string::npos);
    const std::size_t cells = filled.find(",,,,,,", begin);
    ASSERT_LT(cells, filled.find('\n', begin)) << "what an office writes stands at the end of a row";
    filled.replace(cells, 6, ",hold,,,,,asked by telephone");
    write_text(csv_sheet, filled);
    EXPECT_EQ(here().card({"corrections", "put", csv_sheet.string()}).code, 0);
    EXPECT_EQ(
        Sql{here().owner_url()}.cell("select count(*) from failure_note where reason = 'asked by telephone'"),
        "1");
    // Filled in by an office that writes Chinese.
    const auto filled_in = [&](const app::Cell& account, const std::string& decision) {
        app::Report report{{"更正清单", "Corrections"}, {}, {}};
        app::Table table{"corrections", {"更正清单", "Corrections"}, {}, {}};
        for (const char* title : {"支付编号", "处理", "开户行代码", "账户类别", "账号", "户名", "依据"})
            table.columns.push_back({title, {title, title}});
        table.rows.push_back({answer.details[0].payment, std::string{"更正"}, std::string{"313999000002"},
                              std::string{"卡"}, account, std::string{"王小明"}, std::string{"letter 7"}});
        table.rows.push_back({answer.details[1].payment, decision, std::string{}, std::string{},
                              std::string{}, std::string{}, std::string{"asked"}});
        report.tables.push_back(std::move(table));
        write_text(sheet, ops::to_workbook(report, app::Language::chinese));
        return here().card({"corrections", "put", sheet.string()});
    };
    const Ran bad = filled_in(std::int64_t{622999000000000}, "shred");
    EXPECT_EQ(bad.code, 1);
    EXPECT_THAT(bad.out, HasSubstr("corrections.xlsx:2:account"));
    EXPECT_THAT(bad.out, HasSubstr("corrections.xlsx:3:decision"));
    EXPECT_EQ(here().counts(), counts);
    const Ran good = filled_in(std::string{"6229990000000000027"}, "暂缓");
    EXPECT_EQ(good.code, 0) << good.all();
    std::map<std::string, std::string> notes;
    for (const auto& row : rows(here().ask({"corrections", "list"}), "corrections"))
        notes[word(row.as_object(), "reference")] = word(row.as_object(), "note");
    EXPECT_EQ(notes[answer.details[1].payment], "held");
    expect_books_fit(here());
}

TEST_F(TheBanks, LetNobodyCloseAMonthOverWhatIsOpenAndNotListed) {
    const std::string path = "/v1/closes/370212/2021-12";
    const json::object open = here().ask({"open-items", "370212", "2021-12"});
    EXPECT_EQ(word(open, "closed"), "no");
    std::string carried;
    for (const auto& row : rows(open, "items")) carried += word(row.as_object(), "item") + ";";
    ASSERT_NE(carried, "") << "the banks have not answered everything";
    const auto body = [](const std::string& items) {
        return fmt::format(R"({{"carried":"{}","evidence":"minutes 12"}})", items);
    };
    const Reply bare = here().post_json("maker", path, body(""));
    expect_problem(bare, 409, "conflict");
    EXPECT_THAT(bare.body, HasSubstr(word(rows(open, "items").front().as_object(), "item")));
    expect_problem(here().post_json("maker", path, body(carried + "batch of nobody")), 400, "malformed");
    expect_problem(here().post_json("maker", "/v1/closes/370212/2021", body(carried)), 409, "conflict");
    for (const std::string period : {"2021-12", "2021"}) {
        const Reply proposed = here().post_json("maker", "/v1/closes/370212/" + period, body(carried));
        ASSERT_EQ(proposed.status, 201) << proposed.all();
        here().done(
            {"decide", "answer", std::to_string(number(object_of(proposed.body), "proposal")), "agree"});
        expect_problem(here().post_json("maker", "/v1/closes/370212/" + period, body(carried)), 409,
                       "duplicate");
    }
    EXPECT_EQ(word(here().ask({"open-items", "370212", "2021-12"}), "closed"), "yes");
    expect_books_fit(here());
}

TEST_F(TheBanks, AreReconciledWithTheBooksItemByItem) {
    std::map<std::int64_t, std::int64_t> explained, closing;
    std::set<std::string> items;
    for (const auto& each :
         rows(here().ask({"audit", "ask", "bank_reconciliation", "as_of=2022-01-07"}), "rows")) {
        const json::object& row = each.as_object();
        const std::string item = word(row, "item");
        items.insert(item);
        (item == "closing-balance" ? closing : explained)[number(row, "bank")] += number(row, "amount_fen");
    }
    ASSERT_FALSE(closing.empty());
    EXPECT_EQ(explained, closing);
    EXPECT_THAT(items, ::testing::IsSupersetOf({"book-balance", "debited-not-on-books", "paid-not-debited"}));
}

/// What came after payments and books: statements, decisions, closes. Done and taken back, one after the other.
TEST_F(TheBanks, AreFoundOutWhereStatementsOrDecisionsWereAltered) {
    const std::vector<Touch> touches{
        {"who brought a statement", "statement", "update statement set brought_by = 'x' || brought_by",
         "statement ST"},
        {"a statement's bytes", "statement",
         "update statement set digest = sha256(digest) where statement_no = 1", "statement ST"},
        {"what an account holds", "statement_result",
         "update statement_result set closing = closing + 1 where accepted", "result of statement ST"},
        {"a line of a statement", "statement_line",
         "update statement_line set amount = amount + 1 where line = 1", "statement "},
        {"which way money went", "statement_line",
         "update statement_line set is_credit = not is_credit where line = 1", "statement "},
        {"what a line fits", "statement_fit", "delete from statement_fit where fit = 1", "statement "},
        {"whose answers a sum is", "statement_answer", "delete from statement_answer", "statement "},
        {"which payment a line has", "statement_fit",
         "update statement_fit set part = part + 1 where fit = 1 and line = 2 and statement_no = 1",
         "lines of statement 1 that fit"},
        {"a break hidden", "break", "delete from break where kind = 'unidentified-credit'", "(break-found)"},
        {"what a break is about", "break",
         "update break set amount = amount + 1 where kind = 'unidentified-credit'", "break "},
        {"how a break ended", "break_resolution",
         "update break_resolution set resolution = 'dismiss' where resolution = 'claim-from-bank'", "break "},
        {"that a break ended", "break_resolution", "delete from break_resolution where resolution = 'remit'",
         "proposal "},
        {"why something was proposed", "proposal", "update proposal set evidence = 'x' || evidence",
         "proposal "},
        {"over how much", "proposal", "update proposal set amount = amount + 1", "proposal "},
        {"who agreed", "consent", "update consent set answered_by = 'x' || answered_by",
         "answer to proposal "},
        {"that somebody agreed", "consent", "delete from consent", "(answered)"},
        {"that it was done", "proposal_done", "delete from proposal_done", "that was decided 0 times"},
        {"what became of a failure", "failure_fate",
         "update failure_fate set fate = 'paid' where fate = 'cancelled'", "failure"},
        {"that a failure ended", "failure_fate", "delete from failure_fate where fate = 'cancelled'",
         "failure"},
        {"why a failure is held", "failure_note", "update failure_note set reason = 'x' || reason",
         "note on payment "},
        {"what a bank took back", "reversal", "update reversal set amount = amount + 1", "outcomes of"},
        {"that a bank took it back", "reversal", "delete from reversal", "outcomes"},
        {"what went over a close", "carried_item", "update carried_item set amount = amount + 1",
         "close of 370212/2021"},
        {"that a year was closed", "closed_period", "delete from closed_period where period = 2021",
         "(closed)"},
        {"a file handed over again", "dispatch", "delete from dispatch where round > 1", "round 2: an entry"},
    };
    expect_found(here(), touches);
    expect_books_fit(here());
}

}  // namespace
}  // namespace onecard::test
