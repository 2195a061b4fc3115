#include <gmock/gmock.h>

#include "support/installation.hpp"

namespace onecard::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

/// What operators do with the service, and what happens to it: watched, reloaded, its database killed, backed up.
class Operations : public WithInstallation<Operations> {
public:
    static void prepare(Installation& here) {
        here.configure([](const std::string& text) {
            return replaced(replaced(text, "\n# monitor_port = 9464", "\nmonitor_port = 0"),
                            "log_format = \"text\"", "log_format = \"json\"");
        });
        here.start();
        here.done({"import", here.register_folder().string()});
        run_ = here.create_run("regular", "2021-12");
        here.done({"run", "compute", run_});
        here.done({"funds", "receive", "--county", "370212", "--document", "QMZ-1", "--own", "10000000"});
    }

protected:
    struct Watched {
        int status = 0;
        std::string body;
    };
    static Watched watch(const std::string& path) {
        std::string url = text_in(here().service_folder() / "monitor");
        url.pop_back();
        const fs::path body = here().folder() / "watched";
        const Ran ran = here().run(
            {"curl", "--silent", "--output", body.string(), "--write-out", "%{http_code}", url + path});
        return {ran.out.empty() ? 0 : std::stoi(ran.out), text_in(body)};
    }
    /// Until `is_so`, or a failure after a while.
    template <class Claim>
    static void eventually(const char* what, const Claim& is_so) {
        for (int i = 0; i < 300; ++i) {
            if (is_so()) return;
            std::this_thread::sleep_for(100ms);
        }
        FAIL() << "never " << what;
    }
    static void hang_up() {
        const auto log = [] { return text_in(here().folder() / "serve.log"); };
        const std::size_t before = log().size();
        ::kill(here().service_pid(), SIGHUP);
        eventually("reloaded", [&] {
            return log().substr(before).find("policies and authorities") != std::string::npos;
        });
    }

    static inline std::string run_;
};

TEST_F(Operations, AreWatchedFromTheMachineItself) {
    EXPECT_EQ(watch("/healthz").status, 200);
    EXPECT_EQ(watch("/readyz").status, 200);
    EXPECT_EQ(watch("/nowhere").status, 404);
    here().curl("maker", "GET", "/v1/ledger/persons/370212/190");
    const Watched metrics = watch("/metrics");
    EXPECT_EQ(metrics.status, 200);
    EXPECT_THAT(
        metrics.body,
        HasSubstr("onecard_requests_total{method=\"GET\",route=\"/v1/ledger/persons/{county}/{person}\","
                  "status=\"200\"} 1\n"));
    EXPECT_THAT(metrics.body, HasSubstr("onecard_ready 1\n"));
    EXPECT_THAT(metrics.body, HasSubstr("onecard_request_seconds_count"));
    // From nowhere else: not by another address of this machine, neither of its loopback nor of its network.
    const std::string url = lines_of(text_in(here().service_folder() / "monitor")).at(0);
    const std::string port = url.substr(url.rfind(':'));
    Words addresses{"127.0.0.2", "[::1]"};
    for (const std::string& one : fields_of(lines_of(here().run({"hostname", "-I"}).out + "\n").at(0), ' '))
        if (!one.empty()) addresses.push_back(one.contains(':') ? "[" + one + "]" : one);
    for (const std::string& address : addresses) {
        const Ran elsewhere = here().run({"curl", "--silent", "--max-time", "5", "--output", "/dev/null",
                                          "http://" + address + port + "/metrics"});
        EXPECT_EQ(elsewhere.code, 7) << address << " is refused: " << elsewhere.all();
    }
}

TEST_F(Operations, AreLoggedAsJsonWithTheRequestAndWithoutThePerson) {
    here().curl("maker", "GET", "/v1/ledger/persons/370212/191",
                {"--header", "X-Request-Id: a-request-of-mine"});
    const std::string log = text_in(here().folder() / "serve.log");
    bool found = false;
    for (const std::string& line : lines_of(log)) {
        const json::object event = object_of(line);
        EXPECT_TRUE(event.contains("at") && event.contains("level") && event.contains("text")) << line;
        if (!event.contains("request") || word(event, "request") != "a-request-of-mine") continue;
        found = true;
        EXPECT_EQ(word(event, "route"), "/v1/ledger/persons/{county}/{person}");
        EXPECT_EQ(word(event, "peer"), "maker");
        EXPECT_EQ(word(event, "status"), "200");
        EXPECT_THAT(line, Not(HasSubstr("191")));
    }
    EXPECT_TRUE(found) << log;
}

TEST_F(Operations, GoOnWhenTheDatabaseDies) {
    const fs::path data = fs::canonical(here().service_folder() / "postgres") / "data";
    const pid_t postmaster = std::stoi(lines_of(text_in(data / "postmaster.pid")).at(0));
    const std::string counts = here().counts();
    ::kill(postmaster, SIGKILL);
    eventually("ready again", [] {
        return watch("/readyz").status == 200 &&
               watch("/metrics").body.find("onecard_database_restarts_total 1\n") != std::string::npos;
    });
    EXPECT_EQ(here().curl("maker", "GET", "/v1/runs").status, 200);
    EXPECT_EQ(here().counts(), counts);
}

TEST_F(Operations, TakeNewPoliciesWithoutAStopAndLeaveRunsTheirOwn) {
    const fs::path mine = here().folder() / "policy";
    fs::copy(fs::path{ONECARD_SOURCE_DIR} / "config/policy", mine, fs::copy_options::recursive);
    here().stop();
    here().configure([&](const std::string& text) {
        return replaced(replaced(replaced(text, "\n# monitor_port = 9464", "\nmonitor_port = 0"),
                                 "log_format = \"text\"", "log_format = \"json\""),
                        fmt::format("\"{}\"", (fs::path{ONECARD_SOURCE_DIR} / "config/policy").string()),
                        fmt::format("\"{}\"", mine.string()));
    });
    here().start();
    const std::string january = here().create_run("regular", "2022-01");
    const std::string before = word(here().ask({"run", "status", january}), "policy");
    // A faulty book is not taken.
    const fs::path pack = mine / "370212-laoshan.toml";
    ASSERT_TRUE(fs::exists(pack));
    const std::string good = text_in(pack);
    write_text(pack, good + "\nnonsense = 1.5\n");
    hang_up();
    EXPECT_THAT(here().logs(), HasSubstr("policies and authorities not taken"));
    // A good one is, for new runs; the one that is there is computed by its own.
    write_text(pack, good +
                         "\n[[notice]]\ndocument = \"for a test\"\nsource = \"S21\"\nfrom = \"2030-01\"\n"
                         "[notice.standards]\ndibao.urban = \"2000.00\"\n");
    hang_up();
    here().done({"run", "compute", january});
    const std::string february = here().create_run("regular", "2022-02");
    EXPECT_EQ(word(here().ask({"run", "status", january}), "policy"), before);
    EXPECT_NE(word(here().ask({"run", "status", february}), "policy"), before);
    const json::object payments =
        object_of(here().curl("auditor", "GET", "/v1/runs/" + january + "/payments?limit=1").body);
    const std::string reference = word(rows(payments, "payments").at(0).as_object(), "reference");
    EXPECT_EQ(word(here().ask({"explain", reference}), "policy"), before);
}

/// An authority that is no longer in the file lets nobody in any more, and nobody sign.
TEST_F(Operations, TakeNewCertificatesWithoutAStop) {
    const fs::path others = here().folder() / "others";
    here().done({"certs", others.string(), "maker", "checker"});
    EXPECT_NE(here().curl((others / "maker").string(), "GET", "/v1/runs").curl, 0);
    const std::string own = text_in(here().certs() / "ca.pem");
    write_text(here().certs() / "ca.pem", own + text_in(others / "ca.pem"));
    hang_up();
    EXPECT_EQ(here().curl((others / "maker").string(), "GET", "/v1/runs").status, 200);
    EXPECT_EQ(here().curl("maker", "GET", "/v1/runs").status, 200);
    write_text(here().certs() / "ca.pem", own);
    hang_up();
    EXPECT_NE(here().curl((others / "maker").string(), "GET", "/v1/runs").curl, 0);
    EXPECT_EQ(here().curl("maker", "GET", "/v1/runs").status, 200);
}

TEST_F(Operations, BringABackupBackAndProveIt) {
    here().done({"ledger", "checkpoint"});
    const fs::path backup = here().folder() / "backup";
    here().done({"backup", backup.string()});
    const json::array balance = here().trial_balance();
    // Again into the same folder, while the service works: files that are there are not copied again.
    EXPECT_THAT(here().done({"backup", backup.string()}), HasSubstr("0 of them new"));
    EXPECT_EQ(fs::status(backup).permissions() & fs::perms{077}, fs::perms::none);
    const Ran over = here().card({"restore", backup.string()});
    EXPECT_EQ(over.code, 1);
    EXPECT_THAT(over.err, HasSubstr("empty folder only"));

    here().stop();
    const std::string config = text_in(here().config());
    const auto into = [&](const std::string& folder) {
        write_text(here().folder() / (folder + ".toml"),
                   replaced(config, "folder = \"service\"", fmt::format("folder = \"{}\"", folder)));
        return here().run({ONECARD_BINARY, "--config", (here().folder() / (folder + ".toml")).string(),
                           "restore", backup.string()});
    };
    const Ran restored = into("restored");
    EXPECT_EQ(restored.code, 0) << restored.all();
    EXPECT_THAT(restored.out, HasSubstr("newest checkpoint verified"));
    fs::rename(here().service_folder(), here().folder() / "gone");
    fs::rename(here().folder() / "restored", here().service_folder());
    here().start();
    EXPECT_EQ(here().trial_balance(), balance);
    here().done({"run", "approve", run_, "--as", "maker"});
    expect_books_fit(here());

    // One bit of one file is enough for a backup to be none.
    fs::path kept;
    for (const auto& entry : fs::recursive_directory_iterator{backup / "vault"})
        if (entry.is_regular_file()) kept = entry.path();
    std::string bytes = text_in(kept);
    bytes[bytes.size() / 2] ^= 1;
    write_text(kept, bytes);
    const Ran refused = into("altered");
    EXPECT_EQ(refused.code, 1) << refused.all();
    EXPECT_THAT(refused.err, HasSubstr("is not the file that was backed up"));
}

TEST_F(Operations, SayEveryFaultOfAConfigurationTogether) {
    const fs::path bad = here().folder() / "bad.toml";
    write_text(bad,
               replaced(replaced(text_in(here().config()), "log_level = \"info\"", "log_level = \"loud\""),
                        "name = \"checker\"", "name = \"maker\"") +
                   "\nnonsense = 1\n");
    const Ran ran = here().run({ONECARD_BINARY, "--config", bad.string(), "config", "check"});
    EXPECT_EQ(ran.code, 1);
    for (const char* fault : {"log_level", "named twice", "nonsense"}) EXPECT_THAT(ran.err, HasSubstr(fault));
}

TEST_F(Operations, RefuseABankWithSm2BesideAKeyInATokenUnlessTheConfigurationSaysWhatSigns) {
    fs::create_directories(here().folder() / "banks");
    fs::copy_file(fs::path{ONECARD_SOURCE_DIR} / "config/banks/sm2-gb18030.toml",
                  here().folder() / "banks/sm2-gb18030.toml", fs::copy_options::overwrite_existing);
    const auto checked = [&](const std::string& sm2_key, const std::string& command) {
        std::string text = text_in(here().config());
        const std::string mark = "certificate = \"bank-1\"\n";
        text.insert(text.find(mark) + mark.size(), "profile = \"sm2-gb18030\"\n");
        text +=
            "\n[signing]\ncertificate = \"certs/service.pem\"\nkey = "
            "\"pkcs11:token=onecard;object=files;type=private\"\nmodule = "
            "\"/usr/lib/softhsm/libsofthsm2.so\"\npin_file = \"pin\"\n" +
            sm2_key;
        // A service of its own folder: the refusal comes before anything is opened.
        write_text(here().folder() / "token.toml",
                   replaced(text, "folder = \"service\"", "folder = \"elsewhere\""));
        Words words{ONECARD_BINARY, "--config", (here().folder() / "token.toml").string()};
        for (const std::string& word : fields_of(command, ' ')) words.push_back(word);
        return here().run(words);
    };
    const Ran refused = checked("", "config check");
    EXPECT_EQ(refused.code, 1) << refused.all();
    EXPECT_THAT(refused.err, AllOf(HasSubstr("bank 1"), HasSubstr("sm2-gb18030"),
                                   HasSubstr("PKCS#11 has no SM2"), HasSubstr("sm2_key = \"file\"")));
    const Ran no_start = checked("", "serve");
    EXPECT_EQ(no_start.code, 1) << no_start.all();
    EXPECT_THAT(no_start.err, HasSubstr("PKCS#11 has no SM2"));
    EXPECT_EQ(checked("sm2_key = \"file\"\n", "config check").code, 0);
    const Ran in_token = checked("sm2_key = \"pkcs11:object=sm2\"\n", "config check");
    EXPECT_EQ(in_token.code, 1);
    EXPECT_THAT(in_token.err, HasSubstr("must be \"file\""));
}

/// A county that records its funds is held to them.
class TheMoney : public WithInstallation<TheMoney> {
public:
    static void prepare(Installation& here) {
        here.start();
        here.done({"import", here.register_folder().string()});
        for (const char* period : {"2021-12", "2022-01"}) {
            const std::string run = here.create_run("regular", period);
            here.done({"run", "compute", run});
            total_[period] = number(here.ask({"run", "status", run}), "total_fen");
        }
    }

protected:
    static void receive(const std::string& document, const std::string& source, std::int64_t fen) {
        here().done({"funds", "receive", "--county", "370212", "--document", document, "--" + source,
                     fmt::format("{}.{:02}", fen / 100, fen % 100)});
    }
    static json::object funds() { return rows(here().ask({"funds", "show"}), "counties").at(0).as_object(); }
    static std::string yuan(std::int64_t fen) { return fmt::format("{}.{:02}", fen / 100, fen % 100); }
    static inline std::map<std::string, std::int64_t> total_;
};

TEST_F(TheMoney, MustBeThereBeforeARunIsApprovedAndIsPromisedToOneRunOnly) {
    const std::int64_t december = total_["2021-12"], january = total_["2022-01"];
    const auto refused = [](const char* run, const char* as, std::int64_t missing) {
        const std::string counts = here().counts();
        const Ran ran = here().card({"run", "approve", run, "--as", as});
        EXPECT_EQ(ran.code, 1) << ran.all();
        EXPECT_THAT(ran.err, HasSubstr("short by " + yuan(missing) + " yuan"));
        EXPECT_EQ(here().counts(), counts);
    };
    receive("CENTRAL-1", "central", 5'000);
    receive("OWN-1", "own", december - 5'001);
    refused("1", "maker", 1);  // One fen is missing, and one fen is said.
    receive("OWN-2", "own", 1);
    here().done({"run", "approve", "1", "--as", "maker"});
    const Reply text = here().curl("checker", "GET", "/v1/runs/1/approvals/370212");
    EXPECT_THAT(text.body, HasSubstr(fmt::format("funds-fen central 5000 province 0 prefecture 0 own {}\n",
                                                 december - 5'000)));
    // The money of one run is not another's: what the text says of it is what is signed.
    here().done({"run", "approve", "1", "--as", "checker"});
    EXPECT_EQ(number(funds(), "promised_total_fen"), december);
    EXPECT_EQ(number(funds(), "available_total_fen"), 0);
    refused("2", "maker", january);
    here().done({"run", "release", "1", "--as", "releaser"});
    EXPECT_EQ(number(funds(), "promised_total_fen"), 0);
    EXPECT_EQ(number(funds(), "used_total_fen"), december);
    refused("2", "maker", january);
    receive("PROVINCE-1", "province", january + 100);
    here().done({"run", "approve", "2", "--as", "maker"});
    here().done({"run", "approve", "2", "--as", "checker"});
    EXPECT_EQ(number(funds(), "available_total_fen"), 100);
    here().done({"run", "release", "2", "--as", "releaser"});
    expect_books_fit(here());
}

/// Documents say what money is for, of which year, and how much there is at most.
class TheAllotments : public WithInstallation<TheAllotments> {
public:
    static void prepare(Installation& here) {
        here.start();
        here.done({"import", here.register_folder().string()});
        const std::string run = here.create_run("regular", "2022-01");
        here.done({"run", "compute", run});
        total_ = number(here.ask({"run", "status", run}), "total_fen");
    }

protected:
    static std::string yuan(std::int64_t fen) { return fmt::format("{}.{:02}", fen / 100, fen % 100); }
    static std::vector<std::string> under(const std::string& what, const std::string& document,
                                          std::int64_t fen, std::vector<std::string> more = {}) {
        std::vector<std::string> words{"funds",      what,     "--county", "370212",
                                       "--document", document, "--own",    yuan(fen)};
        words.insert(words.end(), more.begin(), more.end());
        return words;
    }
    static void expect_refused(const std::vector<std::string>& words, const std::string& why) {
        const std::string counts = here().counts();
        const Ran ran = here().card(words);
        EXPECT_EQ(ran.code, 1) << ran.all();
        EXPECT_THAT(ran.err, HasSubstr(why));
        EXPECT_EQ(here().counts(), counts);
    }
    static inline std::int64_t total_ = 0;
};

TEST_F(TheAllotments, HoldReceiptsRunsAndServicesToThem) {
    here().done(under("allot", "RELIEF-22", total_, {"--purpose", "relief", "--year", "2022"}));
    expect_refused(under("allot", "RELIEF-22", total_, {"--year", "2022"}), "on record already");
    expect_refused(under("receive", "RELIEF-22", total_ + 1),
                   yuan(total_ + 1) + " yuan would be received, the document allots " + yuan(total_));
    here().done(under("receive", "RELIEF-22", total_ - 10'000));
    expect_refused(under("receive", "RELIEF-22", 10'000), "received already");
    here().done(under("receive", "RELIEF-22", 10'000, {"--receipt", "2"}));
    expect_refused(under("receive", "RELIEF-22", 1, {"--receipt", "3"}), "would be received");

    // Relief money is no money for the disability subsidies; what they need is exactly what is missing.
    const Ran short_of = here().card({"run", "approve", "1", "--as", "maker"});
    EXPECT_EQ(short_of.code, 1) << short_of.all();
    EXPECT_THAT(short_of.err, HasSubstr("disability living"));
    EXPECT_THAT(short_of.err, HasSubstr("disability nursing"));
    EXPECT_THAT(short_of.err, Not(HasSubstr("dibao")));
    const json::object period = here().ask({"period", "2022-01"});
    std::int64_t disability = 0;
    for (const auto& row : rows(period, "by_programme_and_bank"))
        if (word(row.as_object(), "programme").find("disability") != std::string::npos)
            disability += number(row.as_object(), "total_fen");
    EXPECT_THAT(short_of.err, HasSubstr("short by " + yuan(disability) + " yuan"));
    here().done(under("allot", "DISABLED-22", disability, {"--purpose", "disability", "--year", "2022"}));
    here().done(under("receive", "DISABLED-22", disability));
    here().done({"run", "approve", "1", "--as", "maker"});

    // Two of a hundred may buy services, to the fen, and only money that is there.
    const std::int64_t ceiling = total_ / 50;
    expect_refused(under("services", "V-1", 1, {"--year", "2021"}), "no relief money of this year");
    expect_refused(under("services", "V-1", ceiling + 1, {"--year", "2022"}), yuan(ceiling));
    here().done(under("services", "V-1", ceiling - 1, {"--year", "2022"}));
    expect_refused(under("services", "V-2", 2, {"--year", "2022"}), "2 % of " + yuan(total_) + " yuan");
    here().done(under("services", "V-2", 1, {"--year", "2022"}));
    const json::object shown = here().ask({"funds", "show"});
    EXPECT_EQ(number(rows(shown, "services").at(0).as_object(), "used_fen"), ceiling);
    EXPECT_EQ(rows(shown, "documents").size(), 2U);

    // The text that the checker signs says how the unit is paid for now.
    here().done({"run", "approve", "1", "--as", "checker"});
    here().done({"run", "release", "1", "--as", "releaser"});
    expect_books_fit(here());
}

/// What a checker has to look at by itself, one by one.
class TheOutliers : public WithInstallation<TheOutliers> {
public:
    static void prepare(Installation& here) {
        here.configure([](const std::string& text) {
            return replaced(text, "outlier_times = 10", "outlier_times = 1");
        });
        here.start();
        here.done({"import", here.register_folder().string()});
    }
};

TEST_F(TheOutliers, AreAcceptedByNameAndInWritingOrTheUnitIsNotChecked) {
    const std::string december = here().create_run("regular", "2021-12");
    here().done({"run", "compute", december});
    // More than once the standard: households of several heads, each of them, and nothing else.
    Sql owner{here().owner_url()};
    const std::string larger =
        owner.cell("select count(*) from payment where programme = 1 and amount > 90400");
    const json::array large = rows(here().ask({"outliers", "show", december}), "outliers");
    std::int64_t urban = 0;
    for (const auto& row : large) {
        EXPECT_EQ(word(row.as_object(), "outlier_kind"), "amount");
        EXPECT_GT(number(row.as_object(), "total_fen"), number(row.as_object(), "bound_total_fen"));
        urban += word(row.as_object(), "programme") == "urban dibao" ? 1 : 0;
    }
    EXPECT_GT(urban, 0);
    EXPECT_EQ(std::to_string(urban), larger);
    here().done({"run", "approve", december, "--as", "maker"});
    const auto refused = [&](const Words& words, const std::string& why) {
        const Ran ran = here().card(words);
        EXPECT_EQ(ran.code, 1) << ran.all();
        EXPECT_THAT(ran.err, HasSubstr(why));
    };
    refused({"run", "approve", december, "--as", "checker"}, "outliers wait to be accepted by name");
    refused({"outliers", "accept", december, "--county", "370212", "--reason", "x", "--as", "maker", "1"},
            "forbidden");
    refused({"outliers", "accept", december, "--county", "370212", "--reason", "", "1"}, "reason");
    refused({"outliers", "accept", december, "--county", "370212", "--reason", "x", "999999"},
            "no such outlier");
    EXPECT_EQ(here().accept_outliers(december), large.size());
    refused({"outliers", "accept", december, "--county", "370212", "--reason", "x", "1"}, "accepted before");
    here().done({"run", "approve", december, "--as", "checker"});
    here().done({"run", "release", december, "--as", "releaser"});

    // Another account since the last run; the same account said again is none, and neither is a new payee's first one.
    const auto row =
        owner(
            "select payee from account where payee_kind = 1 and payee in (select payee from payment) order by "
            "payee limit 1")
            .at(0);
    write_text(
        here().folder() / "moved/accounts.csv",
        "county,payee_kind,payee_no,bank_code,account_kind,account,holder,valid_from,valid_to\n370212,person," +
            row.at(0) + ",313999000002,card,6229990000000000027,王小明,2022-01,\n");
    here().done({"import", (here().folder() / "moved").string()});
    const std::string january = here().create_run("regular", "2022-01");
    here().done({"run", "compute", january});
    std::vector<std::string> moved;
    for (const auto& one : rows(here().ask({"outliers", "show", january}), "outliers"))
        if (word(one.as_object(), "outlier_kind") == "account-changed")
            moved.push_back(std::to_string(number(one.as_object(), "payee")));
    EXPECT_EQ(moved, std::vector{row.at(0)});
    here().accept_outliers(january);
    here().sign_and_release(january);
    expect_books_fit(here());
    // Behind the service's back an outlier cannot go, nor its acceptance.
    owner("delete from outlier_acceptance where outlier_no = 1 and run_no = 2");
    const Ran verified = here().card({"audit", "verify"});
    EXPECT_EQ(verified.code, 1);
    EXPECT_THAT(verified.all(), HasSubstr("outlier"));
}

}  // namespace
}  // namespace onecard::test
