#include <gmock/gmock.h>

#include <ctime>

#include "onecard/audit/checkpoint.hpp"
#include "onecard/seal/sealing.hpp"
#include "support/installation.hpp"

namespace onecard::test {
namespace {

using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Not;

/// Whom the service lets do what, and how it refuses the rest. Its officers may act everywhere, so that a county
/// without a policy can be imported.
class TheDoor : public WithInstallation<TheDoor> {
public:
    static void prepare(Installation& here) {
        here.configure(
            [](const std::string& text) { return replaced(text, "region = \"3702\"", "region = \"\""); });
        here.start();
        here.done({"import", here.register_folder().string()});
        december_ = here.create_run("regular", "2021-12");
        here.done({"run", "compute", december_});
    }

protected:
    static std::string approvals(const std::string& run) { return fmt::format("/v1/runs/{}/approvals", run); }
    /// The text that waits for an officer's signature.
    static std::string text_for(const std::string& officer, const std::string& run) {
        const json::object waiting = object_of(here().curl(officer, "GET", approvals(run)).body);
        return word(rows(waiting, "approvals").at(0).as_object(), "text");
    }
    static std::string body_signed_by(const std::string& officer, const std::string& text) {
        const fs::path file = here().folder() / "approval";
        write_text(file, text);
        return fmt::format(R"({{"370212":"{}"}})", audit::base64(here().sign(officer, file, false)));
    }
    /// Does `act`, which has to be refused, and sees that it left nothing.
    static void expect_no_trace(const std::function<void()>& act) {
        const std::string counts = here().counts();
        const json::array balance = here().trial_balance();
        act();
        EXPECT_EQ(here().counts(), counts);
        EXPECT_EQ(here().trial_balance(), balance);
    }

    static inline std::string december_;
};

TEST_F(TheDoor, OpensForNobodyWithoutACertificate) {
    const Reply reply = here().curl("", "GET", "/v1/runs");
    EXPECT_NE(reply.curl, 0) << reply.all();
    EXPECT_EQ(reply.status, 0);
    EXPECT_THAT(reply.body, HasSubstr("certificate required"));
}

TEST_F(TheDoor, OpensForNoCertificateOfAnotherAuthority) {
    const fs::path others = here().folder() / "others";
    here().done({"certs", others.string(), "maker", "bank-1"});
    const Reply reply = here().curl((others / "maker").string(), "GET", "/v1/runs");
    EXPECT_NE(reply.curl, 0) << reply.all();
    EXPECT_THAT(reply.body, ContainsRegex("unknown ca|decrypt error|bad certificate"));
}

TEST_F(TheDoor, OpensForNoCertificateThatHasExpired) {
    // By the installation's own authority, until yesterday.
    const fs::path folder = here().folder() / "expired";
    fs::create_directories(folder);
    for (const char* name : {"ca.pem", "ca.key"}) fs::copy_file(here().certs() / name, folder / name);
    const auto last_month = Moment::of_unix_seconds(std::time(nullptr) - 31 * std::int64_t{86'400});
    const auto made = seal::make_certificates(folder, {{"bank-1"}}, last_month, 30);
    ASSERT_TRUE(made) << made.error().message();
    const Reply reply = here().curl((folder / "bank-1").string(), "GET", "/v1/bank/files");
    EXPECT_NE(reply.curl, 0) << reply.all();
    EXPECT_THAT(reply.body, HasSubstr("certificate expired"));
    EXPECT_EQ(here().curl("bank-1", "GET", "/v1/bank/files").status, 200);
}

TEST_F(TheDoor, LetsNoNameLeadOutOfItsFolder) {
    write_text(here().folder() / "x", "x");
    const std::string before = here().counts();
    for (const char* name :
         {"../../../../etc/passwd", "..%2f..%2fx.ret", "%2e%2e/x.ret", "YKT3702122021120001%00.ret",
          "YKT.ret%2f..", "YKT3702122021120001.ret%0d%0aX-Evil:1", "%e4%b8%ad.ret", "....//x.ret"})
        for (const char* door : {"returns", "statements", "files", "receipts"})
            for (const char* method : {"PUT", "GET", "POST"}) {
                const Reply reply =
                    here().curl("bank-1", method, fmt::format("/v1/bank/{}/{}", door, name),
                                {"--path-as-is", "--header", "Content-Type: application/octet-stream",
                                 "--data-binary", "@" + (here().folder() / "x").string()});
                EXPECT_GE(reply.status, 400) << name << reply.all();
                EXPECT_LT(reply.status, 500) << name << reply.all();
                EXPECT_THAT(reply.body, Not(HasSubstr("root:")));
            }
    EXPECT_EQ(here().counts(), before);
    for (const auto& entry : fs::recursive_directory_iterator{here().service_folder()})
        EXPECT_NE(entry.path().filename(), "x.ret");
}

TEST_F(TheDoor, KnowsNobodyWhoIsNeitherOfficerNorBank) {
    here().done({"certs", here().certs().string(), "stranger"});
    for (const char* path : {"/v1/runs", "/v1/bank/files", "/v1/ledger/trial-balance"}) {
        const Reply reply = here().curl("stranger", "GET", path);
        expect_problem(reply, 403, "forbidden");
        EXPECT_EQ(word(object_of(reply.body), "place"), "stranger");
    }
    // With the service's own certificate files are brought to banks; here it is nobody's.
    expect_problem(here().curl("service", "GET", "/v1/runs"), 403, "forbidden");
}

TEST_F(TheDoor, ShowsBanksNothingOfTheLedgerTheRunsOrTheRegister) {
    expect_no_trace([] {
        for (const char* path : {"/v1/ledger/trial-balance", "/v1/ledger/persons/370212/1", "/v1/runs",
                                 "/v1/runs/1", "/v1/runs/1/changes", "/v1/runs/1/approvals",
                                 "/v1/periods/2021-12", "/v1/failures", "/v1/breaks"})
            expect_problem(here().curl("bank-1", "GET", path), 403, "forbidden");
        for (const char* path :
             {"/v1/import", "/v1/runs", "/v1/runs/1/cancel", "/v1/runs/1/compute", "/v1/ledger/checkpoint"})
            expect_problem(here().post_json("bank-1", path, "{}"), 403, "forbidden");
        const std::string file = "@" + (here().register_folder() / "persons.csv").string();
        expect_problem(here().curl("bank-1", "PUT", "/v1/import/persons.csv", {"--data-binary", file}), 403,
                       "forbidden");
    });
}

TEST_F(TheDoor, LetsNoOfficerAnswerForABank) {
    for (const char* officer : {"maker", "auditor", "operator"}) {
        expect_problem(here().curl(officer, "GET", "/v1/bank/files"), 403, "forbidden");
        expect_problem(here().curl(officer, "PUT", "/v1/bank/returns/YKT3702122021120001.ret.p7s",
                                   {"--data-binary", "x"}),
                       403, "forbidden");
    }
}

TEST_F(TheDoor, LetsAnAuditorOnlyRead) {
    EXPECT_EQ(here().curl("auditor", "GET", "/v1/ledger/trial-balance").status, 200);
    expect_no_trace([] {
        expect_problem(here().post_json("auditor", approvals(december_), "{}"), 403, "forbidden");
        expect_problem(here().curl("auditor", "GET", approvals(december_)), 403, "forbidden");
        expect_problem(here().post_json("auditor", "/v1/import", "{}"), 403, "forbidden");
        expect_problem(here().post_json("auditor", fmt::format("/v1/runs/{}/compute", december_), "{}"), 403,
                       "forbidden");
        expect_problem(here().post_json("auditor", fmt::format("/v1/runs/{}/cancel", december_), "{}"), 403,
                       "forbidden");
        expect_problem(here().post_json("auditor", "/v1/runs",
                                        R"({"kind":"regular","period":"2022-02","region":"370212"})"),
                       403, "forbidden");
        expect_problem(
            here().post_json("auditor", "/v1/funds", R"({"county":"370212","document":"X","own":"1.00"})"),
            403, "forbidden");
        const Ran ran = here().card({"run", "approve", december_, "--as", "auditor"});
        EXPECT_EQ(ran.code, 1);
        EXPECT_THAT(ran.err, HasSubstr("forbidden"));
    });
}

TEST_F(TheDoor, HasItsCertificatesMadeWhereverTheAdministratorStands) {
    const fs::path desk = here().folder() / "desk";
    fs::create_directories(desk);
    const Ran ran = here().run(here().command({"certs", "mine", "someone"}), desk);
    EXPECT_EQ(ran.code, 0) << ran.all();
    EXPECT_TRUE(fs::exists(desk / "mine/someone.pem"));
}

TEST_F(TheDoor, SaysWhereNothingIsAndWhatIsTooMuch) {
    const std::string before = here().counts();
    const json::array balance = here().trial_balance();
    expect_problem(here().curl("maker", "GET", "/v1/nowhere"), 404, "http-404");
    expect_problem(here().curl("maker", "DELETE", "/v1/runs"), 405, "http-405");
    expect_problem(here().curl("maker", "GET", "/v1/runs/999"), 404, "unknown");
    expect_problem(here().curl("maker", "GET", "/v1/runs/1e9"), 400, "malformed");
    expect_problem(here().post_json("maker", "/v1/runs", "{not json"), 400, "malformed");
    expect_problem(here().post_json("maker", "/v1/runs", R"({"kind":"regular","period":"2021-13"})"), 422,
                   "out_of_range");
    write_text(here().folder() / "large", std::string(100'000, ' '));
    expect_problem(here().post_json("maker", "/v1/runs", "@" + (here().folder() / "large").string()), 413,
                   "http-413");
    // A body of a type that is none of ours, however good it is.
    const std::string body = R"({"kind":"regular","period":"2022-01","region":"370212"})";
    for (const char* type : {"text/plain", "application/xml", "application/x-www-form-urlencoded"})
        expect_problem(here().curl("maker", "POST", "/v1/runs",
                                   {"--header", std::string{"Content-Type: "} + type, "--data-binary", body}),
                       415, "http-415");
    EXPECT_EQ(here().counts(), before);
    EXPECT_EQ(here().trial_balance(), balance);
}

TEST_F(TheDoor, NamesEveryFaultOfEveryFileOfARegisterInOneAnswer) {
    const fs::path bad = here().folder() / "bad";
    const auto persons = lines_of(text_in(here().register_folder() / "persons.csv"));
    const auto accounts = lines_of(text_in(here().register_folder() / "accounts.csv"));
    const std::string id = fields_of(persons.at(1), ',').at(4);
    const std::string account = fields_of(accounts.at(2), ',').at(5);
    std::string wrong_id = id;
    wrong_id.back() = id.back() == '1' ? '2' : '1';
    std::string wrong_account = account;
    wrong_account.back() = account.back() == '1' ? '2' : '1';
    write_text(bad / "persons.csv", fmt::format("{}\n{}\n{}\n370212,x,1\n", persons.at(0),
                                                replaced(persons.at(1), id, wrong_id), persons.at(2)));
    write_text(bad / "accounts.csv",
               fmt::format("{}\n{}\n{}\n", accounts.at(0), replaced(accounts.at(2), account, wrong_account),
                           replaced(accounts.at(1), "313999000003", "313999000009")));
    write_text(bad / "households.csv",
               "county,household_no,area,village,representative,valid_from,valid_to,absent\n"
               "370212,1,suburb,370212101227,1,2018-13,,\n");
    expect_no_trace([&] {
        const Ran ran = here().card({"import", bad.string()});
        EXPECT_EQ(ran.code, 1);
        EXPECT_THAT(ran.out, HasSubstr("nothing was imported"));
        for (const char* place :
             {"households.csv:2:area", "households.csv:2:valid_from", "persons.csv:2:resident_id",
              "persons.csv:4:", "accounts.csv:2:account", "accounts.csv:3:bank_code"})
            EXPECT_THAT(ran.out, HasSubstr(place));
        EXPECT_THAT(ran.out, HasSubstr("suburb"));
        EXPECT_THAT(ran.out, HasSubstr("313999000009"));
        EXPECT_THAT(ran.out, Not(HasSubstr(wrong_id)));
        EXPECT_THAT(ran.out, Not(HasSubstr(wrong_id.substr(6))));
        EXPECT_THAT(ran.out, Not(HasSubstr(wrong_account)));
        const Ran chinese = here().card({"--lang", "zh", "import", bad.string()});
        EXPECT_EQ(chinese.code, 1);
        EXPECT_THAT(chinese.out, HasSubstr("未导入任何数据"));
        const Ran in_json = here().card({"--json", "import", bad.string()});
        EXPECT_EQ(in_json.code, 1);
        EXPECT_GE(rows(object_of(in_json.out), "faults").size(), 6U);
    });
    EXPECT_EQ(number(here().ask({"run", "status", december_}), "known_at_import"), 1);
}

TEST_F(TheDoor, ForgetsTheFilesOfAnImportThatBrokeOff) {
    // Somebody put files and went away; what is imported later is what that person then names.
    const std::string bad = "@" + (here().folder() / "bad/persons.csv").string();
    EXPECT_EQ(here().curl("maker", "PUT", "/v1/import/persons.csv", {"--data-binary", bad}).status, 201);
    write_text(here().folder() / "one/institutions.csv",
               text_in(here().register_folder() / "institutions.csv"));
    const json::object imported = here().ask({"import", (here().folder() / "one").string()});
    EXPECT_EQ(number(imported, "rows"), 1) << json::serialize(imported);
}

TEST_F(TheDoor, SaysWhichDivisionHasNoPolicyInWhichMonth) {
    expect_no_trace([] {
        const Ran ran =
            here().card({"run", "create", "--kind", "regular", "--period", "2019-01", "--region", "370212"});
        EXPECT_EQ(ran.code, 1);
        EXPECT_THAT(ran.err, HasSubstr("no policy pack"));
        EXPECT_THAT(ran.err, HasSubstr("370212"));
        EXPECT_THAT(ran.err, HasSubstr("2019-01"));
    });
    const fs::path elsewhere = here().folder() / "elsewhere";
    here().done({"gen", elsewhere.string(), "--county", "110101", "--lines", "20"});
    here().done({"import", elsewhere.string()});
    expect_no_trace([] {
        const Ran ran =
            here().card({"run", "create", "--kind", "regular", "--period", "2022-01", "--region", "110101"});
        EXPECT_EQ(ran.code, 1);
        EXPECT_THAT(ran.err, HasSubstr("110101/2022-01"));
    });
}

TEST_F(TheDoor, RefusesASecondRunUntilTheFirstIsCancelled) {
    const Words january{"run", "create", "--period", "2022-01", "--region", "370212"};
    const std::string first = here().create_run("regular", "2022-01");
    expect_no_trace([&] {
        const Ran ran = here().card(january);
        EXPECT_EQ(ran.code, 1);
        EXPECT_THAT(ran.err, HasSubstr("county 370212 has a live regular run for 2022-01 already"));
    });
    here().done({"run", "compute", first});
    here().done({"run", "approve", first, "--as", "maker"});
    here().done({"run", "cancel", first});
    expect_no_trace([&] {
        const Ran ran = here().card({"run", "approve", first, "--as", "checker"});
        EXPECT_EQ(ran.code, 1) << ran.all();
    });
    const std::string second = here().create_run("regular", "2022-01");
    EXPECT_NE(second, first);
    here().done({"run", "compute", second});
    here().done({"run", "approve", second, "--as", "maker"});
    here().done({"run", "approve", second, "--as", "checker"});
    expect_no_trace([&] {
        const Ran ran = here().card({"run", "cancel", second});
        EXPECT_EQ(ran.code, 1);
        EXPECT_THAT(ran.err, HasSubstr("it is checked: nothing to cancel"));
        EXPECT_EQ(here().card(january).code, 1);
        EXPECT_EQ(here().card({"run", "withdraw", second, "--as", "maker"}).code, 1);
        // One county of a run by itself, and not one that it does not have.
        const Ran other = here().card({"run", "withdraw", second, "--county", "370213"});
        EXPECT_THAT(other.err, HasSubstr("the run has no such county"));
        // What is cancelled is not withdrawn.
        EXPECT_EQ(number(here().ask({"run", "withdraw", first}), "units"), 0);
    });
    // Whoever checked it sees a mistake before it is sent: everything that the check posted is posted back.
    const auto balance_of = [](std::int64_t account) {
        for (const auto& row : here().trial_balance())
            if (number(row.as_object(), "account") == account) return number(row.as_object(), "balance_fen");
        return std::int64_t{0};
    };
    const std::int64_t owed = balance_of(2101), spent = balance_of(5001);
    const std::int64_t total = number(here().ask({"run", "status", second}), "total_fen");
    here().done({"run", "withdraw", second, "--county", "370212"});
    EXPECT_EQ(balance_of(2101), owed - total);
    EXPECT_EQ(balance_of(5001), spent - total);
    EXPECT_EQ(here().card({"run", "release", second, "--as", "releaser"}).code, 1);
    EXPECT_EQ(number(here().ask({"run", "withdraw", second}), "units"), 0);
    const std::string third = here().create_run("regular", "2022-01");
    here().done({"run", "compute", third});
    here().done({"run", "approve", third, "--as", "maker"});
    here().done({"run", "approve", third, "--as", "checker"});
    EXPECT_EQ(balance_of(2101), owed);
    expect_books_fit(here());
}

TEST_F(TheDoor, TakesEachStepOnceFromTheRightPersonOverTheTextThatStands) {
    expect_no_trace([] {
        // Nobody checks or releases what is not proposed.
        for (const char* officer : {"checker", "releaser"})
            expect_problem(here().curl(officer, "GET", approvals(december_)), 409, "missing");
        const std::string text = text_for("maker", december_);
        expect_problem(here().post_json("checker", approvals(december_),
                                        body_signed_by("checker", replaced(text, "proposed", "checked"))),
                       409, "conflict");
        // A text that is not what stands now.
        expect_problem(here().post_json("maker", approvals(december_),
                                        body_signed_by("maker", replaced(text, "held 0", "held 1"))),
                       412, "stale");
        // Somebody else's signature, no signature, another county's.
        expect_problem(here().post_json("maker", approvals(december_), body_signed_by("checker", text)), 403,
                       "forbidden");
        expect_problem(here().post_json("maker", approvals(december_), R"({"370212":"bm90IGEgQ01T"})"), 400,
                       "malformed");
        expect_problem(here().post_json("maker", approvals(december_),
                                        replaced(body_signed_by("maker", text), "370212", "370213")),
                       404, "unknown");
    });
    here().done({"run", "approve", december_, "--as", "maker"});
    expect_no_trace([] {
        // The step is taken, and the checker may not take the maker's.
        EXPECT_EQ(here().card({"run", "approve", december_, "--as", "maker"}).code, 1);
        const std::string text = text_for("checker", december_);
        expect_problem(here().post_json("maker", approvals(december_), body_signed_by("maker", text)), 409,
                       "conflict");
        expect_problem(here().post_json("checker", approvals(december_), body_signed_by("maker", text)), 403,
                       "forbidden");
        expect_problem(
            here().post_json("checker", approvals(december_),
                             body_signed_by("checker", replaced(text, "step checked", "step proposed"))),
            412, "stale");
    });
    here().done({"run", "approve", december_, "--as", "checker"});
    EXPECT_EQ(here().card({"run", "approve", december_, "--as", "checker"}).code, 1);
}

/// The wall behind the roles: even a configuration that gives a person a second role gives no second step.
TEST_F(TheDoor, LetsNobodyTakeTwoStepsWhateverTheConfigurationSays) {
    here().configure([](const std::string& text) {
        return replaced(replaced(text, "role = \"maker\"", "role = \"releaser\""), "region = \"3702\"",
                        "region = \"\"");
    });
    here().stop();
    here().start();
    expect_no_trace([] {
        const Ran ran = here().card({"run", "release", december_, "--as", "maker"});
        EXPECT_EQ(ran.code, 1) << ran.all();
        EXPECT_THAT(ran.err, HasSubstr("took another step"));
    });
    here().done({"run", "release", december_, "--as", "releaser"});
    expect_books_fit(here());
}

TEST_F(TheDoor, LeavesNoPersonAndNoKeyInALog) { expect_nothing_secret_in_logs(here()); }

}  // namespace
}  // namespace onecard::test
