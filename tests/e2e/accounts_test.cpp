#include <gmock/gmock.h>

#include "by_pages.hpp"
#include "support/installation.hpp"

namespace onecard::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

/// A payee's account is changed by an import: who says that it is right, and when it is paid to.
class AccountChanges : public WithInstallation<AccountChanges> {
public:
    static void prepare(Installation& here) {
        ask_for(here, 48);
        here.start();
        here.done({"import", here.register_folder().string()});
        const auto persons = lines_of(text_in(here.register_folder() / "accounts.csv"));
        for (const std::string& line : persons) {
            const auto fields = fields_of(line, ',');
            if (fields.at(1) == "person" && fields.at(7) <= "2021-12" && changed_.size() < 2 &&
                (changed_.empty() || changed_.front() != fields.at(2)))
                changed_.push_back(fields.at(2));
        }
        std::string csv =
            "county,payee_kind,payee_no,bank_code,account_kind,account,holder,valid_from,valid_to\n";
        for (const std::string& person : changed_)
            csv += fmt::format("370212,person,{},313999000002,card,6229990000000000027,王小明,2021-12,\n",
                               person);
        write_text(here.folder() / "changed/accounts.csv", csv);
        here.done({"import", (here.folder() / "changed").string()});
    }

protected:
    static void ask_for(Installation& here, int hours) {
        here.configure([&](const std::string& text) {
            return text +
                   fmt::format("\n[accounts]\nsecond_person_since = \"2020-01-01\"\ncool_down_hours = {}\n",
                               hours);
        });
    }
    /// What a run of this moment says about those whom it does not pay.
    static std::string held() {
        const std::string run = here().create_run("regular", "2021-12");
        here().done({"run", "compute", run});
        const std::string said = here().done({"--json", "run", "status", run});
        here().done({"run", "cancel", run});
        return said;
    }
    static json::array changes() { return rows(here().ask({"accounts", "changes"}), "changes"); }
    static inline std::vector<std::string> changed_;
};

TEST_F(AccountChanges, ArePaidToAfterASecondPersonAndSomeTimeAndNotBefore) {
    ASSERT_EQ(changed_.size(), 2U);
    const json::array before = changes();
    ASSERT_EQ(before.size(), 2U);
    EXPECT_EQ(row_by_row(here(), "maker", "/v1/accounts/changes", {"changes"})["changes"], before);
    const json::object& change = before.at(0).as_object();
    EXPECT_EQ(word(change, "imported_by"), "maker");
    EXPECT_EQ(word(change, "account"), "*0027");
    EXPECT_EQ(word(change, "holder"), "王*");
    EXPECT_EQ(word(change, "confirmed_by"), "");
    std::string said = held();
    EXPECT_THAT(said, HasSubstr("person " + changed_[0]));
    EXPECT_THAT(said, HasSubstr("person " + changed_[1]));
    EXPECT_THAT(said, HasSubstr("changed by import 2 and no second person has confirmed it"));

    const std::string body =
        fmt::format(R"({{"county":"370212","import":"2","payee_kind":"person","payee":"{}"}})", changed_[0]);
    expect_problem(here().post_json("maker", "/v1/accounts/confirmations", body), 403, "forbidden");
    here().done({"accounts", "confirm", "--county", "370212", "--import", "2", "--person", changed_[0]});
    expect_problem(here().post_json("checker", "/v1/accounts/confirmations", body), 409, "duplicate");
    expect_problem(
        here().post_json("checker", "/v1/accounts/confirmations", R"({"county":"370212","import":"1"})"), 404,
        "unknown");
    said = held();
    EXPECT_THAT(said, HasSubstr("is paid to from"));
    EXPECT_THAT(said, HasSubstr("no second person has confirmed it")) << "the other one";

    here().done({"accounts", "confirm", "--county", "370212", "--import", "2"});
    for (const auto& row : changes()) EXPECT_EQ(word(row.as_object(), "confirmed_by"), "checker");
    said = held();
    EXPECT_THAT(said, Not(HasSubstr("no second person")));
    EXPECT_THAT(said, HasSubstr("is paid to from"));

    here().stop();
    ask_for(here(), 0);
    here().start();
    EXPECT_THAT(held(), Not(HasSubstr("import 2")));
    expect_books_fit(here());

    // The database itself knows who brought the account, and the log who confirmed it.
    Sql owner{here().owner_url()};
    EXPECT_ANY_THROW(owner("update account_confirmation set officer = imported_by"));
    owner("update account_confirmation set officer = 'somebody'");
    const Ran verdict = here().card({"audit", "verify"});
    EXPECT_NE(verdict.code, 0);
    EXPECT_THAT(verdict.all(), HasSubstr("confirmed account of payee 1/" + changed_[0]));
    owner("update account_confirmation set officer = 'checker'");
}

/// Banks are asked before the first payment, and must be.
class NamesBeforeTheFirstPayment : public WithInstallation<NamesBeforeTheFirstPayment> {
public:
    static void prepare(Installation& here) {
        here.configure(
            [](const std::string& text) { return text + "\n[accounts]\nbanks_asked_first = true\n"; });
        here.start();
        here.done({"import", here.register_folder().string()});
    }
};

TEST_F(NamesBeforeTheFirstPayment, AreCheckedByTheBanksAndWhatTheyDenyIsHeldBeforeAnybodyApproves) {
    const auto status_of_a_run = [] {
        const std::string run = here().create_run("regular", "2021-12");
        here().done({"run", "compute", run});
        const json::object status = here().ask({"run", "status", run});
        here().done({"run", "cancel", run});
        return status;
    };
    const std::string unasked = json::serialize(status_of_a_run());
    EXPECT_THAT(unasked, HasSubstr("its bank has not said yet that name and account belong together"));

    const json::array files =
        rows(here().ask({"accounts", "check-names", "--county", "370212", "--month", "2021-12"}), "files");
    ASSERT_EQ(files.size(), 3U) << "one a bank";
    EXPECT_NE(here().card({"accounts", "check-names", "--county", "370212", "--month", "2021-12"}).code, 0)
        << "everybody was asked about";
    // As schemas/bank/name-check.md says, with curl and openssl alone.
    const std::string file = word(files.at(0).as_object(), "file");
    const fs::path folder = here().folder();
    write_text(folder / "check.txt",
               here().curl("bank-1", "GET", "/v1/bank/name-checks/" + file + ".txt").body);
    write_text(folder / "check.p7s",
               here().curl("bank-1", "GET", "/v1/bank/name-checks/" + file + ".txt.p7s").body);
    EXPECT_EQ(here().verify(folder / "check.txt", folder / "check.p7s").code, 0);
    EXPECT_EQ(here().curl("bank-2", "GET", "/v1/bank/name-checks/" + file + ".txt").status, 404);

    const auto asked = lines_of(text_in(folder / "check.txt"));
    const auto answer_with = [&](const std::string& account_of_first) {
        std::string text = fmt::format("H|1.0|{}|{}|{}|20211201120000\r\n", file,
                                       fields_of(asked.at(0), '|').at(4), asked.size() - 2);
        for (std::size_t i = 1; i + 1 < asked.size(); ++i) {
            const auto fields = fields_of(asked[i].substr(0, asked[i].size() - 1), '|');
            text += fmt::format("D|{}|{}|{}|{}\r\n", fields.at(1), fields.at(2),
                                i == 1 && !account_of_first.empty() ? account_of_first : fields.at(5),
                                i == 1 ? "NM01" : "OK00");
        }
        write_text(folder / "answer.txt", text);
        const Ran sm3 = here().run({"openssl", "dgst", "-sm3", "-r", (folder / "answer.txt").string()});
        std::string hash = sm3.out.substr(0, 64);
        std::ranges::transform(hash, hash.begin(), [](unsigned char c) { return std::toupper(c); });
        write_text(folder / "answer.txt", text + fmt::format("T|{}|{}\r\n", asked.size() - 2, hash));
        write_text(folder / "answer.p7m", here().sign("bank-1", folder / "answer.txt", false));
        return here().curl("bank-1", "POST", "/v1/bank/name-answers/" + file,
                           {"--data-binary", "@" + (folder / "answer.p7m").string()});
    };
    expect_problem(answer_with("6229990000000000027"), 422, "mismatch");
    const Reply taken = answer_with("");
    EXPECT_EQ(taken.status, 200) << taken.all();
    EXPECT_EQ(number(object_of(taken.body), "differing"), 1);
    const Reply again = here().curl("bank-1", "POST", "/v1/bank/name-answers/" + file,
                                    {"--data-binary", "@" + (folder / "answer.p7m").string()});
    EXPECT_EQ(again.status, 200) << "the same again is no harm";
    expect_problem(answer_with(""), 409, "duplicate");

    // The others are banks of our own.
    for (const int bank : {2, 3})
        EXPECT_GT(
            number(here().ask(here().bank_words(bank, {"--does", "name-checks", "--fail-permille", "0"})),
                   "names"),
            0);
    const json::object checked = status_of_a_run();
    const std::string said = json::serialize(checked);
    EXPECT_THAT(said, Not(HasSubstr("has not said yet")));
    EXPECT_THAT(said, HasSubstr("its bank, asked before the first payment, says NM01"));
    std::int64_t differing = 0;
    for (const auto& row : rows(here().ask({"accounts", "name-checks"}), "checks")) {
        EXPECT_NE(word(row.as_object(), "answered_at"), "");
        differing += number(row.as_object(), "differing");
    }
    EXPECT_EQ(differing, 1);
    expect_books_fit(here());
    expect_nothing_secret_in_logs(here());
    Sql{here().owner_url()}("update name_verdict set reason = 0 where reason = 1");
    const Ran verdict = here().card({"audit", "verify"});
    EXPECT_NE(verdict.code, 0);
    EXPECT_THAT(verdict.all(), HasSubstr("answer to name check " + file));
}

}  // namespace
}  // namespace onecard::test
