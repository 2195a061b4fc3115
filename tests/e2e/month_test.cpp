#include <gmock/gmock.h>

#include "support/installation.hpp"

namespace onecard::test {
namespace {

using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Not;

/// Two months and one corrected failure, done once; the tests look at what came of it.
class TwoMonths : public WithInstallation<TwoMonths> {
public:
    static void prepare(Installation& here) {
        here.start();
        imported_ = here.ask({"import", here.register_folder().string()});
        here.done({"funds", "receive", "--county", "370212", "--document", "QMZ-1", "--central", "900000",
                   "--own", "100000"});
        for (const char* period : {"2021-12", "2022-01"}) {
            const std::string run = pay(here, "regular", period);
            changes_[period] = here.ask({"run", "changes", run});
            changes_text_[period] = here.done({"run", "changes", run});
        }
        failures_before_ = rows(here.ask({"failures"}), "failures");
        for (const auto& row : failures_before_)
            if (const json::object& failure = row.as_object();
                word(failure, "reason") == "account name differs" && number(failure, "payee_kind") == 1)
                corrected_ = failure;
        if (corrected_.empty()) throw std::runtime_error{"the register gives no failure to correct"};
        write_text(here.folder() / "correction/accounts.csv",
                   fmt::format("county,payee_kind,payee_no,bank_code,account_kind,account,holder,valid_from,"
                               "valid_to\n370212,person,{},313999000002,card,6229990000000000027,王小明,"
                               "2022-01,\n",
                               number(corrected_, "payee")));
        here.done({"import", (here.folder() / "correction").string()});
        pay(here, "re-issue", "2022-01");
    }

protected:
    static std::string pay(Installation& here, const std::string& kind, const std::string& period) {
        const std::string run = here.create_run(kind, period);
        here.done({"run", "compute", run});
        here.sign_and_release(run);
        for (int bank = 1; bank <= 3; ++bank) {
            const json::object said = [&] {
                Words words = here.bank_words(bank, Installation::realistic());
                return here.ask(std::move(words));
            }();
            EXPECT_EQ(number(said, "files"), number(said, "returns_posted")) << json::serialize(said);
        }
        return run;
    }
    static json::object period(const std::string& month) { return here().ask({"period", month}); }

    static inline json::object imported_, corrected_;
    static inline std::map<std::string, json::object> changes_;
    static inline std::map<std::string, std::string> changes_text_;
    static inline json::array failures_before_;
};

TEST_F(TwoMonths, BeginWithAnImportOfEveryRow) {
    std::int64_t rows_in_files = 0;
    for (const auto& file : fs::directory_iterator{here().register_folder()})
        rows_in_files += static_cast<std::int64_t>(lines_of(text_in(file.path())).size()) - 1;
    EXPECT_EQ(number(imported_, "rows"), rows_in_files);
    EXPECT_EQ(number(imported_, "import"), 1);
}

TEST_F(TwoMonths, ExplainEveryFenOfTheDifference) {
    for (const auto& [month, changes] : changes_) {
        EXPECT_TRUE(changes.at("explained").as_bool()) << month;
        EXPECT_EQ(number(changes, "after_fen") - number(changes, "before_fen"),
                  number(changes, "difference_fen"));
        for (const char* table : {"by_programme", "by_township"}) {
            std::int64_t before = 0, after = 0;
            for (const auto& each : rows(changes, table)) {
                const json::object& row = each.as_object();
                std::int64_t bridge = number(row, "before_fen"), payees = number(row, "payees_before");
                for (const char* cause :
                     {"gone_fen", "new_by_standard_fen", "new_by_facts_fen", "stopped_fen", "standard_fen",
                      "facts_fen", "household_fen", "arrears_fen", "offset_fen"})
                    bridge += number(row, cause);
                payees += number(row, "new_by_standard_n") + number(row, "new_by_facts_n") -
                          number(row, "stopped_n");
                EXPECT_EQ(bridge, number(row, "after_fen")) << json::serialize(row);
                EXPECT_EQ(payees, number(row, "payees_after")) << json::serialize(row);
                EXPECT_TRUE(row.at("explained").as_bool());
                if (row.contains("programme") && word(row, "programme") == "all") continue;
                before += number(row, "before_fen");
                after += number(row, "after_fen");
            }
            EXPECT_EQ(before, number(changes, "before_fen")) << month << " " << table;
            EXPECT_EQ(after, number(changes, "after_fen")) << month << " " << table;
        }
        EXPECT_EQ(number(changes, "after_fen"), number(period(month), "owed_fen")) << month;
    }
    EXPECT_EQ(number(changes_["2022-01"], "before_fen"), number(changes_["2021-12"], "after_fen"));
    EXPECT_EQ(word(changes_["2022-01"], "period_before"), "2021-12");
}

/// What the bridge counts is what the list names, payee by payee, each with a cause.
TEST_F(TwoMonths, NameEverybodyWhomTheBridgeCounts) {
    const auto listed = [](const std::string& query) {
        const Reply reply = here().curl("checker", "GET", "/v1/runs/2/changes/payees" + query,
                                        {"--header", "Accept: application/x-ndjson"});
        EXPECT_EQ(reply.status, 200) << reply.all();
        std::vector<json::object> rows;
        for (const std::string& line : lines_of(reply.body)) rows.push_back(object_of(line));
        EXPECT_TRUE(!rows.empty() && rows.back().contains("export")) << "the list does not end as exports do";
        rows.pop_back();
        return rows;
    };
    std::map<std::string, std::int64_t> count;
    std::int64_t difference = 0;
    const auto changed = listed("");
    for (const json::object& row : changed) {
        ++count[word(row, "change")];
        difference += number(row, "after_fen") - number(row, "before_fen");
        EXPECT_EQ(number(row, "after_fen") - number(row, "before_fen"),
                  number(row, "by_standard_fen") + number(row, "by_facts_fen"))
            << json::serialize(row);
        EXPECT_NE(word(row, "cause"), "") << json::serialize(row);
    }
    const json::object& all = rows(changes_["2022-01"], "by_programme").back().as_object();
    EXPECT_EQ(difference, number(changes_["2022-01"], "difference_fen"));
    EXPECT_EQ(count["new"], number(all, "new_by_facts_n"));
    EXPECT_EQ(count["new by standard"], number(all, "new_by_standard_n"));
    EXPECT_EQ(count["stopped"], number(all, "stopped_n"));
    EXPECT_EQ(count.count("same"), 0U);
    EXPECT_GT(count["standard"], 0);
    EXPECT_EQ(number(all, "household_n"), count["household"]);
    const auto everybody = listed("?same=true");
    EXPECT_EQ(static_cast<std::int64_t>(everybody.size() - changed.size()), number(all, "same_n"));
    EXPECT_EQ(static_cast<std::int64_t>(everybody.size()),
              number(all, "payees_after") + number(all, "stopped_n"));
}

TEST_F(TwoMonths, ShowTheNewStandardsOfJanuaryAndTheLifeBetween) {
    const json::array& programmes = rows(changes_["2022-01"], "by_programme");
    const json::object& all = programmes.back().as_object();
    ASSERT_EQ(word(all, "programme"), "all");
    EXPECT_GT(number(all, "standard_fen"), 0);
    EXPECT_GT(number(all, "standard_n"), 100);
    EXPECT_GT(number(all, "new_by_facts_n"), 0);
    EXPECT_LT(number(all, "stopped_fen"), 0);
}

TEST_F(TwoMonths, AccountForEveryPayment) {
    for (const char* month : {"2021-12", "2022-01"}) {
        const json::object answer = period(month);
        EXPECT_TRUE(answer.at("accounted").as_bool()) << month;
        EXPECT_EQ(number(answer, "owed_fen"), number(answer, "paid_fen") + number(answer, "failed_fen") +
                                                  number(answer, "in_transit_fen"))
            << month;
        std::int64_t owed = 0;
        for (const auto& each : rows(answer, "by_programme_and_bank")) {
            const json::object& row = each.as_object();
            EXPECT_EQ(number(row, "payments"), number(row, "paid") + number(row, "failed") +
                                                   number(row, "in_transit") + number(row, "unsent") +
                                                   number(row, "refused"))
                << json::serialize(row);
            EXPECT_EQ(number(row, "unsent"), 0);
            owed += number(row, "total_fen");
        }
        EXPECT_EQ(owed, number(answer, "owed_fen")) << month;
        EXPECT_GT(number(answer, "failed_fen"), 0) << month;
    }
}

TEST_F(TwoMonths, SendTheSameFilesToTheBanksAsTheReportSays) {
    std::int64_t in_files = 0, in_report = 0;
    for (int bank = 1; bank <= 3; ++bank)
        for (const auto& file : fs::directory_iterator{here().bank_folder(bank) / "files"})
            if (file.path().extension() == ".txt")
                in_files += std::stoll(fields_of(lines_of(text_in(file.path())).at(0), '|').at(8));
    for (const char* month : {"2021-12", "2022-01"}) in_report += number(period(month), "owed_fen");
    EXPECT_EQ(
        in_files, in_report + number(corrected_, "amount_fen") + [&] {
            // Reasons that pass by themselves go out again together with the corrected one.
            std::int64_t retried = 0;
            for (const auto& row : rows(here().ask({"failures"}), "failures"))
                retried -= number(row.as_object(), "amount_fen");
            for (const auto& row : failures_before_) retried += number(row.as_object(), "amount_fen");
            return retried - number(corrected_, "amount_fen");
        }());
}

TEST_F(TwoMonths, PayTheCorrectedFailureOnTheSecondAttempt) {
    const json::object story = here().ask({"ledger", "payment", word(corrected_, "reference")});
    const json::array& attempts = rows(story, "attempts");
    ASSERT_EQ(attempts.size(), 2U) << json::serialize(story);
    EXPECT_EQ(word(attempts[0].as_object(), "outcome"), "failed");
    EXPECT_EQ(word(attempts[1].as_object(), "outcome"), "paid");
    const std::string second = word(attempts[1].as_object(), "file_id");
    EXPECT_THAT(text_in(here().bank_folder(2) / "files" / (second + ".txt")),
                HasSubstr("|6229990000000000027|"));
    for (const auto& row : rows(here().ask({"failures"}), "failures"))
        EXPECT_NE(word(row.as_object(), "reference"), word(corrected_, "reference"));
    const json::array& steps = rows(story, "steps");
    std::set<std::string> officers;
    for (const auto& step : steps) officers.insert(word(step.as_object(), "officer"));
    EXPECT_EQ(officers, (std::set<std::string>{"maker", "checker", "releaser"}));
}

TEST_F(TwoMonths, TellAPersonsStory) {
    const json::object story =
        here().ask({"ledger", "person", "370212", std::to_string(number(corrected_, "payee"))});
    EXPECT_GE(rows(story, "payments").size(), 1U) << json::serialize(story);
}

TEST_F(TwoMonths, LeaveTheAgencyBanksWithWhatIsNotYetPaid) {
    std::map<std::int64_t, std::int64_t> balance;
    for (const auto& each : here().trial_balance())
        balance[number(each.as_object(), "account")] = number(each.as_object(), "balance_fen");
    std::int64_t open = 0, in_transit = 0, owed = 0, paid = 0;
    for (const auto& row : rows(here().ask({"failures"}), "failures"))
        open += number(row.as_object(), "amount_fen");
    for (const char* month : {"2021-12", "2022-01"}) {
        in_transit += number(period(month), "in_transit_fen");
        owed += number(period(month), "owed_fen");
        paid += number(period(month), "paid_fen");
    }
    EXPECT_EQ(balance.at(2111), open);
    EXPECT_EQ(balance.at(2102), in_transit);
    EXPECT_EQ(balance.at(1003), open + in_transit);
    EXPECT_EQ(balance.at(2101), 0);
    EXPECT_EQ(balance.at(5001), owed);
    EXPECT_EQ(balance.at(1002), 100'000'000 - owed);
    EXPECT_EQ(paid + open + in_transit, owed);
}

TEST_F(TwoMonths, CanBeAskedAsTheyWereKnownBefore) {
    const json::object before =
        here().ask({"ledger", "trial-balance", "--known-at", "2020-01-01T00:00:00+08:00"});
    EXPECT_EQ(number(before, "debit_fen"), 0);
    EXPECT_TRUE(before.at("balances").as_bool());
}

/// What a standard of another height would cost, asked twice: of the service, and of the rules alone with packs in which
/// the notice says it.
TEST_F(TwoMonths, TellWhatAnotherStandardWouldCostWithoutAnyEffect) {
    // The balance says as of which second it is.
    const auto all = [&] {
        std::string text = here().done({"ledger", "trial-balance"}) + here().done({"run", "list"});
        const std::size_t known_at = text.find("as known at");
        return text.erase(known_at, text.find('\n', known_at) - known_at);
    };
    const std::string before = all();
    const json::object simulated =
        here().ask({"simulate", "--run", "1", "dibao.urban=+46.00", "orphan.dispersed=2000"});
    EXPECT_EQ(all(), before);

    const fs::path packs = here().folder() / "other-packs";
    fs::copy(fs::path{ONECARD_SOURCE_DIR} / "config/policy", packs, fs::copy_options::recursive);
    const fs::path pack = packs / "370212-laoshan.toml";
    std::string text = replaced(text_in(pack), "dibao.urban = \"904.00\"", "dibao.urban = \"950.00\"");
    const std::size_t orphan = text.find("orphan.dispersed");
    text.replace(orphan, text.find('\n', orphan) - orphan, "orphan.dispersed = \"2000.00\"");
    write_text(pack, text);
    const auto assessed = [&](const fs::path& policy) {
        return here().ask({"assess", "--policy", policy.string(), "--register",
                           here().register_folder().string(), "--month", "2021-12"});
    };
    EXPECT_EQ(number(simulated, "before_fen"),
              number(assessed(fs::path{ONECARD_SOURCE_DIR} / "config/policy"), "total_fen"));
    EXPECT_EQ(number(simulated, "after_fen"), number(assessed(packs), "total_fen"));
    EXPECT_GT(number(simulated, "difference_fen"), 0);

    // A trial may be screened as the installation would be: here deaths are to come every month, and there is no list.
    const fs::path configured = here().folder() / "screened.toml";
    write_text(configured,
               text_in(here().config()) + "\n[[screening]]\nlist = \"deaths\"\ncadence = \"monthly\"\n");
    const Words trial{"assess",
                      "--policy",
                      (fs::path{ONECARD_SOURCE_DIR} / "config/policy").string(),
                      "--register",
                      here().register_folder().string(),
                      "--month",
                      "2021-12"};
    EXPECT_TRUE(rows(here().ask(trial), "stale_lists").empty());
    Words screened = trial;
    screened.insert(screened.end(), {"--screening", configured.string()});
    EXPECT_THAT(json::serialize(here().ask(screened)),
                HasSubstr("there is no list «deaths» for county 370212"));
    screened.back() = (here().folder() / "nowhere.toml").string();
    EXPECT_NE(here().card(screened).code, 0);
    EXPECT_EQ(number(simulated, "recorded_fen"), number(simulated, "before_fen"));
}

TEST_F(TwoMonths, SpeakChineseToThoseWhoWantIt) {
    const std::string chinese = here().done({"--lang", "zh", "period", "2022-01"});
    EXPECT_THAT(chinese, HasSubstr("发放汇总表"));
    EXPECT_THAT(chinese, HasSubstr("农村低保"));
    EXPECT_THAT(chinese, Not(HasSubstr("rural dibao")));
    EXPECT_THAT(here().done({"period", "2022-01"}), HasSubstr("rural dibao"));
    EXPECT_THAT(here().done({"--lang", "zh", "ledger", "trial-balance"}), HasSubstr("试算平衡表"));
    const Ran refused = here().card({"--lang", "zh", "run", "status", "999"});
    EXPECT_NE(refused.code, 0);
    EXPECT_THAT(refused.err, HasSubstr("错误"));
    EXPECT_THAT(refused.err, HasSubstr("不存在"));
}

TEST_F(TwoMonths, AnswerEveryQueryInJson) {
    const std::string reference = word(corrected_, "reference");
    for (const Words& query : {Words{"run", "list"},
                               {"run", "status", "1"},
                               {"run", "changes", "2"},
                               {"period", "2022-01", "--region", "370212"},
                               {"failures", "--region", "3702"},
                               {"breaks"},
                               {"ledger", "trial-balance", "--region", "37"},
                               {"ledger", "payment", reference},
                               {"ledger", "person", "370212", "1"},
                               {"audit", "verify"}})
        EXPECT_FALSE(here().ask(query).empty()) << query.front();
}

/// What schemas/bank/connect.md promises banks and auditors who have nothing but openssl.
TEST_F(TwoMonths, LeaveFilesThatOpensslVerifies) {
    int verified = 0;
    for (int bank = 1; bank <= 3; ++bank)
        for (const char* folder : {"files", "returns"})
            for (const auto& file : fs::directory_iterator{here().bank_folder(bank) / folder}) {
                const fs::path signature = fs::path{file.path()} += ".p7s";
                if (!fs::exists(signature)) continue;
                const Ran ran = here().verify(file.path(), signature);
                EXPECT_EQ(ran.code, 0) << file.path() << ran.all();
                ++verified;
            }
    EXPECT_GT(verified, 60);
}

TEST_F(TwoMonths, AreCommittedToByACheckpointThatAnAuditorVerifies) {
    const std::string note = here().done({"ledger", "checkpoint"});
    EXPECT_THAT(note, ContainsRegex("^onecard.example/ledger\n[0-9]+\n"));
    EXPECT_EQ(here().done({"ledger", "checkpoint"}), note);
    const json::object verdict = here().ask({"audit", "verify"});
    EXPECT_TRUE(verdict.at("fits").as_bool()) << json::serialize(verdict);
    EXPECT_TRUE(verdict.at("checkpoint").as_bool());
    EXPECT_EQ(number(verdict, "not_yet_logged"), 0);
    EXPECT_EQ(std::to_string(number(verdict, "log_size")), lines_of(note).at(1));
    expect_books_fit(here());
}

TEST_F(TwoMonths, SeeTheAuditorsKeyRefusedWhenItIsAnothers) {
    write_text(here().folder() / "wrong.pub", "onecard.example/ledger+00000000+AAAA\n");
    EXPECT_NE(here().card({"audit", "verify", "--key", (here().folder() / "wrong.pub").string()}).code, 0);
}

TEST_F(TwoMonths, DoNothingWhenTheBanksAreAskedAgain) {
    const std::string before = here().counts();
    for (int bank = 1; bank <= 3; ++bank) {
        const json::object said = here().ask(here().bank_words(bank, Installation::realistic()));
        EXPECT_EQ(number(said, "files"), 0);
    }
    EXPECT_EQ(here().counts(), before);
}

TEST_F(TwoMonths, GoOnAfterTheServiceWasStoppedAndStarted) {
    const json::array before = here().trial_balance();
    const std::string counts = here().counts();
    here().stop();
    // Nobody serves, and an auditor can check nevertheless.
    EXPECT_TRUE(here().ask({"audit", "verify"}).at("fits").as_bool());
    here().start();
    EXPECT_EQ(here().trial_balance(), before);
    EXPECT_EQ(here().counts(), counts);
}

TEST_F(TwoMonths, LeaveNoPersonAndNoKeyInALog) { expect_nothing_secret_in_logs(here()); }

}  // namespace
}  // namespace onecard::test
