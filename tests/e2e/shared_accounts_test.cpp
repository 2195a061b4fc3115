#include <gmock/gmock.h>

#include "banks_by_hand.hpp"

/// One transit account that serves two counties: its statements come once, and each county's books have what is theirs.
namespace onecard::test {
namespace {

using ::testing::HasSubstr;

class SharedAccounts : public BanksByHand<SharedAccounts> {
public:
    /// Lixia and Shizhong of Jinan, two households each, paid through bank 1, whose account Lixia holds for both.
    static void prepare(Installation& here) {
        const std::string ids[] = {"99010119600101004X", "990101195202290012", "990101198812319998",
                                   "990101194508159979"};
        const std::string cards[] = {"6229990000000000019", "6229990000000000027", "6219991234567890120",
                                     "6239990000000123455"};
        std::string households = "county,household_no,area,village,representative,valid_from,valid_to\n";
        std::string persons =
            "county,person_no,household_no,name,resident_id,disability_class,disability_level,seriously_ill,"
            "in_full_time_school,died_on,valid_from,valid_to\n";
        std::string incomes = "county,household_no,person_no,item,monthly,valid_from,valid_to\n";
        std::string enrolments =
            "county,household_no,person_no,programme,applied_on,confirmed_on,setting,ability,payee_no,"
            "institution_no,valid_from,valid_to\n";
        std::string accounts =
            "county,payee_kind,payee_no,bank_code,account_kind,account,holder,valid_from,valid_to\n";
        for (int i = 0; i < 4; ++i) {
            const int county = i < 2 ? 370102 : 370103, person = 31 + i, household = 11 + i;
            households += fmt::format("{0},{1},rural,{0}004201,{2},2021-01,\n", county, household, person);
            persons += fmt::format("{},{},{},王芳,{},,,0,0,,2021-01,\n", county, person, household, ids[i]);
            incomes += fmt::format("{},{},{},101,{}.00,2021-01,\n", county, household, person, 100 + 10 * i);
            enrolments +=
                fmt::format("{},{},,dibao-rural,2020-01-05,2020-02-01,,,,,2021-01,\n", county, household);
            accounts +=
                fmt::format("{},person,{},313999000001,card,{},王芳,2021-01,\n", county, person, cards[i]);
        }
        const fs::path folder = here.folder() / "people";
        for (const auto& [file, text] : {std::pair{"households.csv", &households},
                                         {"persons.csv", &persons},
                                         {"incomes.csv", &incomes},
                                         {"enrolments.csv", &enrolments},
                                         {"accounts.csv", &accounts}})
            write_text(folder / file, *text);
        here.configure([](std::string text) {
            text = replaced(std::move(text), "region = \"3702\"", "region = \"3701\"");
            return replaced(std::move(text), "\ncode = \"313999000001\"",
                            "\nshared_accounts = \"370102 370103\"\ncode = \"313999000001\"");
        });
        here.start();
        here.done({"import", folder.string()});
        const std::string run = std::to_string(number(
            here.ask({"run", "create", "--kind", "regular", "--period", "2022-01", "--region", "3701"}),
            "run"));
        here.done({"run", "compute", run});
        here.accept_outliers(run);
        here.sign_and_release(run);
        here.done(here.bank_words(1, {"--does", "receipts"}));
    }

protected:
    static std::int64_t balance(const std::string& county, std::int64_t account) {
        const json::object all = here().ask({"ledger", "trial-balance", "--region", county});
        for (const auto& row : rows(all, "accounts"))
            if (number(row.as_object(), "account") == account) return number(row.as_object(), "balance_fen");
        return 0;
    }
};

TEST_F(SharedAccounts, AreStatedOnceAndMatchedInEachCountysOwnBooks) {
    std::map<std::string, Answer> answers;
    const Reply list = here().curl("bank-1", "GET", "/v1/bank/files?after=0");
    const json::object listed = object_of(list.body);
    for (const auto& file : rows(listed, "files")) {
        Answer answer;
        answer.file_id = word(file.as_object(), "file_id");
        answer.county = answer.file_id.substr(3, 6);
        read(1, answer);
        EXPECT_EQ(put_signed(1, answer.file_id + ".ret", answer.bytes()).status, 201);
        EXPECT_EQ(word(result(1, answer.file_id + ".ret"), "state"), "posted");
        answers[answer.county] = answer;
    }
    ASSERT_EQ(answers.size(), 2U);
    const Answer &lixia = answers["370102"], &shizhong = answers["370103"];
    ASSERT_EQ(lixia.details.size() + shizhong.details.size(), 4U);

    // Nobody but the holder of the account is stated, and nobody whom it does not serve.
    const AccountStatement of_another{.id = "X1", .day = "20220106", .bank = lixia.bank, .lines = {}};
    EXPECT_EQ(put_statement("ST37010320220106.txt", of_another.bytes(), 1).status, 201);
    EXPECT_THAT(word(statement("ST37010320220106.txt"), "reason"),
                HasSubstr("county 370102 holds this account"));
    const std::string foreign = PaymentReference{County::of_number(370212), 202201, Serial{1}, 1}.text();
    const AccountStatement with_foreign{
        .id = "X2",
        .day = "20220106",
        .bank = lixia.bank,
        .lines = {{'D', lixia.details[0].amount, lixia.details[0].payment, ""}, {'D', 100, foreign, ""}}};
    EXPECT_EQ(put_statement("ST37010220220105.txt", with_foreign.bytes(), 1).status, 201);
    EXPECT_THAT(word(statement("ST37010220220105.txt"), "reason"),
                HasSubstr("ST37010220220105.txt: line 2: it names payment " + foreign +
                          " of county 370212, which this account does not serve"));
    EXPECT_EQ(Sql{here().owner_url()}.cell("select count(*) from statement_line"), "0");

    // One county by the payment, the other in one sum; interest and money of nobody is with the holder.
    std::int64_t sum = 0;
    for (const Detail& detail : shizhong.details) sum += detail.amount;
    AccountStatement both{.id = "S1", .day = "20220106", .bank = lixia.bank, .lines = {}};
    for (const Detail& detail : lixia.details) both.lines.push_back({'D', detail.amount, detail.payment, ""});
    both.lines.push_back({'D', sum, shizhong.file_id, ""});
    both.lines.push_back({'D', sum, shizhong.file_id, "again"});
    both.lines.push_back({'C', 31, "", "interest"});
    both.lines.push_back({'C', 700, "", ""});
    EXPECT_EQ(put_statement("ST37010220220106.txt", both.bytes(), 1).status, 201);
    const json::object said = statement("ST37010220220106.txt");
    EXPECT_EQ(word(said, "state"), "matched") << json::serialize(said);
    EXPECT_EQ(number(said, "fitting"), 3);
    EXPECT_EQ(number(said, "breaks"), 3);
    std::multiset<std::string> breaks;
    const json::object all = here().ask({"breaks"});
    for (const auto& row : rows(all, "breaks"))
        breaks.insert(word(row.as_object(), "county") + " " + word(row.as_object(), "kind"));
    EXPECT_EQ(breaks, (std::multiset<std::string>{"370102 interest", "370102 unidentified-credit",
                                                  "370103 debited-twice"}));
    EXPECT_EQ(balance("370102", 2112), 700);
    EXPECT_EQ(balance("370103", 2112), 0);
    // What the account holds by the bank stands beside the books of both together.
    const json::object account = here().ask({"statement", "list"});
    ASSERT_EQ(rows(account, "balances").size(), 1U);
    EXPECT_EQ(number(rows(account, "balances").at(0).as_object(), "book_total_fen"),
              balance("370102", 1003) + balance("370103", 1003));
    EXPECT_TRUE(rows(account, "missing").empty()) << json::serialize(account);
    const json::object reconciled = here().ask({"audit", "ask", "bank_reconciliation", "as_of=2099-12-31"});
    std::map<std::string, std::int64_t> explained;
    for (const auto& row : rows(reconciled, "rows"))
        explained[word(row.as_object(), "item") == "closing-balance" ? "closing" : "items"] +=
            number(row.as_object(), "amount_fen");
    EXPECT_EQ(explained["items"], explained["closing"]);
    expect_books_fit(here());

    // The chain of balances is the account's, and what is paid and not on it is told in the county that it is of.
    expect_found(here(), {{"in whose books a line is matched", "statement_line",
                           "update statement_line set county = 370102 where county = 370103", "statement "},
                          {"whom the account serves", "statement_result",
                           "update statement_result set counties = '{370102}' where accepted",
                           "result of statement ST"}});
}

}  // namespace
}  // namespace onecard::test
