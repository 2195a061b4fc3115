#include <gmock/gmock.h>

#include <chrono>
#include <regex>

#include "src/store/locks.hpp"
#include "support/installation.hpp"

namespace onecard::test {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::HasSubstr;

constexpr int banks = 27;

std::string code_of_bank(int bank) { return fmt::format("3139990000{:02}", bank); }

/// A bank that separates its fields, from the one with fixed widths.
std::string delimited(std::string text, char between) {
    text = replaced(std::move(text), "form = \"fixed\"", "form = \"delimited\"");
    text = replaced(std::move(text), ", align = \"right\", pad = \"0\"", "");
    text = replaced(std::move(text), ", align = \"right\"", "");
    text = std::regex_replace(text, std::regex{R"re(    \{ constant = " ", width = 1 \},\n)re"}, "");
    text = std::regex_replace(text, std::regex{R"re((field = "(name|summary|text)"), width = (\d+))re"},
                              "$1, bytes = $3");
    text = std::regex_replace(text, std::regex{R"(, width = \d+)"}, "");
    return replaced(std::move(text), "newline = \"CRLF\"",
                    fmt::format("newline = \"CRLF\"\ndelimiter = \"{}\"", between));
}

/// No two of the 27 are the same: form, encoding, line ends, names, limits, signature, patience.
std::string profile_of(int bank) {
    const auto shipped = [](const char* name) {
        return text_in(fs::path{ONECARD_SOURCE_DIR} / "config/banks" / (std::string{name} + ".toml"));
    };
    std::string text;
    switch (bank % 6) {
        case 0: text = shipped("fixed-gbk"); break;
        case 1: text = delimited(shipped("fixed-gbk"), bank % 4 == 1 ? '|' : '~'); break;
        case 2: text = shipped("xml-gbk"); break;
        case 3: text = shipped("iso20022"); break;
        case 4: text = shipped("sm2-gb18030"); break;
        default: text = shipped("ykt-txt"); break;
    }
    if (bank % 6 < 3 && bank % 4 == 0)
        text = replaced(std::move(text), "encoding = \"GBK\"", "encoding = \"GB18030\"");
    if (bank % 6 < 3 && bank % 5 == 0)
        text = replaced(std::move(text), "signature = \"cms\"", "signature = \"sm2\"");
    if (bank % 6 < 2 && bank % 7 == 0)
        text = replaced(std::move(text), "newline = \"CRLF\"", "newline = \"LF\"");
    text = std::regex_replace(text, std::regex{R"(lines_per_file = \d+)"},
                              fmt::format("lines_per_file = {}", bank % 2 == 0 ? 1 : 7 + bank));
    text = replaced(std::move(text), "file = \"PAY_", fmt::format("file = \"B{}_", bank));
    return std::regex_replace(text, std::regex{R"(answer_minutes = \d+)"},
                              fmt::format("answer_minutes = {}", 2000 + bank));
}

/// One month with 27 banks, each with a profile of its own, the service's files signed in a token; all of them come at
/// once.
class TwentySevenBanks : public WithInstallation<TwentySevenBanks> {
public:
    static void prepare(Installation& here) {
        put_key_into_token(here);
        here.configure([&](std::string text) {
            const std::size_t first = text.find("[[bank]]");
            text = text.substr(0, first);
            for (int bank = 1; bank <= banks; ++bank) {
                write_text(here.folder() / fmt::format("banks/bank-{}.toml", bank), profile_of(bank));
                text += fmt::format(
                    "[[bank]]\nnumber = {0}\ncode = \"{1}\"\nname = \"第{0}银行\"\ncertificate = \"bank-{0}\"\n"
                    "profile = \"bank-{0}\"\ntransit_account = \"00990101999900{0:02}\"\n",
                    bank, code_of_bank(bank));
            }
            return text +
                   fmt::format(
                       "[signing]\ncertificate = \"certs/files.pem\"\nkey = "
                       "\"pkcs11:token=onecard;object=files;type=private\"\nmodule = "
                       "\"/usr/lib/softhsm/libsofthsm2.so\"\npin_file = \"pin\"\nsm2_key = \"file\"\n");
        });
        here.done({"certs", here.certs().string()});
        const fs::path register_folder = here.folder() / "wide-register";
        here.done({"gen", register_folder.string(), "--county", "370212", "--lines", "900", "--month",
                   "2021-12", "--banks-per-county", std::to_string(banks)});
        rename_one(register_folder / "accounts.csv");
        here.start();
        here.ask({"import", register_folder.string()});
        here.done({"funds", "receive", "--county", "370212", "--document", "QMZ-1", "--central", "9000000"});
        const std::string run = here.create_run("regular", "2021-12");
        here.done({"run", "compute", run});
        refusals_ = here.done({"--json", "run", "status", run});
        here.sign_and_release(run);
        come_all_at_once(here);
    }

protected:
    /// The certificate has the name by which banks know the service; its key is in the token and nowhere else.
    static void put_key_into_token(Installation& here) {
        fs::create_directories(here.folder() / "tokens");
        write_text(here.folder() / "softhsm2.conf",
                   fmt::format("directories.tokendir = {}\nlog.level = ERROR\n",
                               (here.folder() / "tokens").string()));
        ::setenv("SOFTHSM2_CONF", (here.folder() / "softhsm2.conf").c_str(), 1);
        write_text(here.folder() / "pin", "471108\n");
        const auto in_certs = [&](const Words& words) {
            const Ran ran = here.run(words, here.certs());
            if (ran.code != 0) throw std::runtime_error{ran.all()};
        };
        in_certs({"cp", "service.pem", "files.pem"});
        in_certs({"softhsm2-util", "--init-token", "--free", "--label", "onecard", "--so-pin", "12345678",
                  "--pin", "471108"});
        in_certs({"softhsm2-util", "--import", "service.key", "--token", "onecard", "--label", "files",
                  "--id", "a1", "--pin", "471108"});
    }

    /// One payee at a bank that writes GBK has a name that GBK cannot write.
    static void rename_one(const fs::path& csv) {
        auto lines = lines_of(text_in(csv));
        const auto names = fields_of(lines.at(0), ',');
        const auto at = [&](std::string_view column) {
            return static_cast<std::size_t>(std::ranges::find(names, column) - names.begin());
        };
        std::string text;
        for (std::string& line : lines) {
            auto fields = fields_of(line, ',');
            if (rare_payee_.empty() && fields.at(at("bank_code")) == code_of_bank(2) &&
                fields.at(at("payee_kind")) == "person") {
                rare_payee_ = fields.at(at("payee_no"));
                fields.at(at("holder")) = "徐\u3F06";
            }
            text += fmt::format("{}\n", fmt::join(fields, ","));
        }
        write_text(csv, text);
    }

    /// Every bank as a process of its own, all at the same time; what each says.
    static std::vector<json::object> all_at_once(Installation& here, const Words& more) {
        static int times = 0;
        ++times;
        const auto file = [&](int bank, const char* what) {
            return here.folder() / fmt::format("bank-{}.{}.{}", bank, times, what);
        };
        std::vector<Process> processes;
        for (int bank = 1; bank <= banks; ++bank) {
            Words words = here.bank_words(bank, more);
            words.insert(words.begin(), "--json");
            processes.emplace_back(here.command(words), file(bank, "said"), file(bank, "err"));
        }
        std::vector<json::object> all;
        for (int bank = 1; bank <= banks; ++bank) {
            Process& process = processes[static_cast<std::size_t>(bank - 1)];
            if (!process.wait(180s)) throw std::runtime_error{fmt::format("bank {} does not end", bank)};
            const std::string said = text_in(file(bank, "said"));
            EXPECT_EQ(process.code(), 0) << bank << ": " << said << text_in(file(bank, "err"));
            all.push_back(object_of(said));
        }
        return all;
    }
    static void come_all_at_once(Installation& here) {
        said_ = all_at_once(here, {"--fail-permille", "100", "--every-reason", "--wait-posted"});
    }

    static std::int64_t sum_of(const std::vector<json::object>& said, std::string_view key) {
        std::int64_t sum = 0;
        for (const json::object& one : said) sum += number(one, key);
        return sum;
    }
    static std::int64_t balance_of(std::int64_t account) {
        for (const auto& row : here().trial_balance())
            if (number(row.as_object(), "account") == account) return number(row.as_object(), "balance_fen");
        return 0;
    }

    static inline std::vector<json::object> said_;
    static inline std::string refusals_, rare_payee_;
};

TEST_F(TwentySevenBanks, FetchAndReturnAtOnceEachInItsOwnLayoutWithoutARemainder) {
    ASSERT_EQ(said_.size(), static_cast<std::size_t>(banks));
    std::int64_t failed = 0, lines = 0;
    for (const json::object& said : said_) {
        EXPECT_GT(number(said, "files"), 0) << json::serialize(said);
        EXPECT_EQ(number(said, "files"), number(said, "returns_posted")) << json::serialize(said);
        failed += number(said, "failed");
        lines += number(said, "lines");
    }
    EXPECT_GT(failed, 10);
    EXPECT_GT(lines, 500);
    const json::object period = here().ask({"period", "2021-12"});
    EXPECT_TRUE(period.at("accounted").as_bool()) << json::serialize(period);
    EXPECT_TRUE(rows(here().ask({"breaks"}), "breaks").empty());
    EXPECT_EQ(static_cast<std::int64_t>(rows(here().ask({"failures"}), "failures").size()), failed);
    std::set<std::string> reasons;
    for (const auto& row : rows(here().ask({"failures"}), "failures"))
        reasons.insert(word(row.as_object(), "reason"));
    EXPECT_GT(reasons.size(), 12U) << "what a payment can fail for came through every code table";
    for (const auto& row : rows(object_of(here().curl("auditor", "GET", "/v1/channel").body), "files"))
        EXPECT_EQ(word(row.as_object(), "state"), "final");
    expect_books_fit(here());
}

TEST_F(TwentySevenBanks, WithManyFilesFetchAndBringThemInArchivesAndTheOthersOneByOne) {
    const std::vector<std::string> log = lines_of(text_in(here().folder() / "serve.log"));
    std::map<int, int> with_many;
    for (int bank = 1; bank <= banks; ++bank) {
        const std::string peer = fmt::format("bank-{}", bank);
        const auto asked = [&](const std::string& method, const std::string& route) {
            const std::string begin = fmt::format(" {} request=", method),
                              end = fmt::format(" peer={} route={} ", peer, route);
            return std::ranges::count_if(
                log, [&](const std::string& line) { return line.contains(begin) && line.contains(end); });
        };
        const std::int64_t files = number(said_[static_cast<std::size_t>(bank - 1)], "files");
        const bool are_many = files >= 8;
        if (are_many) ++with_many[bank % 6];
        EXPECT_EQ(asked("GET", "/v1/bank/files.tar"), are_many ? 1 : 0) << bank << ": " << files;
        EXPECT_EQ(asked("POST", "/v1/bank/returns"), are_many ? 1 : 0) << bank << ": " << files;
        EXPECT_EQ(asked("GET", "/v1/bank/files/{name}"), are_many ? 0 : files) << bank;
        EXPECT_EQ(asked("PUT", "/v1/bank/returns/{name}"), are_many ? 0 : files) << bank;
    }
    // Fixed widths, XML in GBK, SM2: under names of their own.
    for (const int form : {0, 2, 4}) EXPECT_GT(with_many[form], 0) << form;
}

TEST_F(TwentySevenBanks, HoldANameThatTheirEncodingDoesNotHaveBeforeAnybodyApprovesIt) {
    ASSERT_FALSE(rare_payee_.empty());
    EXPECT_THAT(refusals_, AllOf(HasSubstr("person " + rare_payee_), HasSubstr("the name cannot stand"),
                                 HasSubstr("U+3F06")));
}

TEST_F(TwentySevenBanks, ReturnLateWhatTheyPaidAndStateWhatMovedSoThatAllThreeSidesFit) {
    const std::int64_t open = balance_of(2111);
    const std::vector<json::object> late =
        all_at_once(here(), {"--does", "open-lines", "--late-permille", "60", "--wait-posted"});
    const std::int64_t returned = sum_of(late, "failed");
    EXPECT_GT(returned, 10);
    EXPECT_GT(balance_of(2111), open) << "what came back is to be paid again";

    // In its own layout each: canonical text, fixed widths, delimiters, XML in GBK, camt.053; some signed with SM2.
    const std::vector<json::object> stated = all_at_once(here(), {"--does", "statements", "--wait-posted"});
    EXPECT_EQ(sum_of(stated, "statements"), banks);
    EXPECT_EQ(sum_of(stated, "statement_breaks"), 0);
    EXPECT_EQ(sum_of(stated, "statement_fits"), sum_of(stated, "statement_lines"));
    EXPECT_EQ(sum_of(stated, "statement_lines"), sum_of(said_, "files") + sum_of(said_, "paid") + returned)
        << "a transfer a file, a debit a payment, a credit a late return";
    const json::object list = here().ask({"statement", "list"});
    ASSERT_EQ(rows(list, "balances").size(), static_cast<std::size_t>(banks));
    for (const auto& row : rows(list, "balances"))
        EXPECT_EQ(number(row.as_object(), "difference_total_fen"), 0) << json::serialize(row);
    EXPECT_TRUE(rows(list, "waiting").empty());
    EXPECT_TRUE(rows(list, "missing").empty());
    // All sides fit; why each of them came back is still a question to somebody.
    const json::array breaks = rows(here().ask({"breaks"}), "breaks");
    EXPECT_EQ(static_cast<std::int64_t>(breaks.size()), returned);
    for (const auto& each : breaks) {
        const json::object& row = each.as_object();
        EXPECT_EQ(word(row, "kind"), "late-return");
        EXPECT_EQ(word(row, "owner"), "office");
        EXPECT_EQ(word(row, "resolution"), "");
        EXPECT_EQ(word(row, "suggestion"),
                  word(row, "evidence").ends_with("REVS") ? "hold and ask" : "correct the account");
    }
    expect_books_fit(here());
}

TEST_F(TwentySevenBanks, PlayAStoryFromAFileOfAnswers) {
    // Of one bank with the canonical layout, three payments that were made and not taken back.
    int bank = 0;
    std::set<std::string> paid;
    for (const int one : {5, 11, 17, 23}) {
        std::set<std::string> said_paid, failed;
        for (const auto& entry : fs::directory_iterator{here().bank_folder(one) / "returns"}) {
            if (entry.path().extension() != ".ret") continue;
            for (const std::string& line : lines_of(text_in(entry.path())))
                if (const auto fields = fields_of(line, '|'); fields[0] == "D")
                    (fields.at(5) == "S" ? said_paid : failed).insert(fields[2]);
        }
        for (const std::string& payment : failed) said_paid.erase(payment);
        if (said_paid.size() <= paid.size()) continue;
        paid = std::move(said_paid);
        bank = one;
    }
    ASSERT_GE(paid.size(), 3U);
    const std::string late = *paid.begin(), contradicted = *std::next(paid.begin()), wrong = *paid.rbegin();
    const fs::path script = here().folder() / "answers.csv";
    const std::string header = "payment,outcome,reason,day\n";
    const auto breaks = [] {
        return static_cast<std::int64_t>(rows(here().ask({"breaks"}), "breaks").size());
    };
    const auto play = [&](const std::string& story) {
        write_text(script, header + story);
        here().ask(
            here().bank_words(bank, {"--does", "open-lines", "--answers", script.string(), "--wait-posted"}));
    };
    const std::int64_t before = breaks();
    play(fmt::format("{0},paid\n{0},returned,REVS,2022-01-20\n{1},paid\n{1},failed,NM01\n", late,
                     contradicted));
    EXPECT_EQ(breaks(), before + 2) << "the contradiction and the late return, and nothing else";
    play(fmt::format("{0},paid\n{0},corrected,AC04\n", wrong));
    EXPECT_EQ(breaks(), before + 2) << "a correction speaks for itself";
    const auto state = [&](const std::string& payment) {
        return json::serialize(here().ask({"ledger", "payment", payment}));
    };
    EXPECT_THAT(state(late), AllOf(HasSubstr("\"reversed\":\"returned\""), HasSubstr("2022-01-20")));
    EXPECT_THAT(state(wrong), HasSubstr("\"reversed\":\"corrected\""));
    // The next day's statement has the money that came back, interest, and money of nobody.
    const json::object stated = here().ask(
        here().bank_words(bank, {"--does", "statements", "--value-day", "2099-01-02", "--interest-fen", "31",
                                 "--strange-credits", "1", "--wait-posted"}));
    EXPECT_EQ(number(stated, "statement_lines"), 4) << json::serialize(stated);
    EXPECT_EQ(number(stated, "statement_fits"), 2);
    EXPECT_EQ(number(stated, "statement_breaks"), 2);
    expect_books_fit(here());
}

TEST_F(TwentySevenBanks, OpenABreakForEachAnswerThatTheyContradictAndChangeNoOutcome) {
    const std::string before = here().done({"period", "2021-12"});
    const auto before_breaks = static_cast<std::int64_t>(rows(here().ask({"breaks"}), "breaks").size());
    std::int64_t contradicted = 0;
    for (const int bank : {2, 3}) {
        const json::object said = here().ask(
            here().bank_words(bank, {"--does", "open-lines", "--fail-permille", "100", "--every-reason",
                                     "--contradict-permille", "150", "--wait-posted"}));
        contradicted += number(said, "lines");
    }
    EXPECT_GT(contradicted, 0);
    EXPECT_EQ(static_cast<std::int64_t>(rows(here().ask({"breaks"}), "breaks").size()),
              before_breaks + contradicted);
    EXPECT_EQ(here().done({"period", "2021-12"}), before);
}

TEST_F(TwentySevenBanks, AreNotHeldUpByAGiantFileOfOneOfThemForTheSameCountyAndMonth) {
    std::string file_id;
    for (const auto& entry : fs::directory_iterator{here().bank_folder(5) / "files"})
        if (entry.path().extension() == ".txt") file_id = entry.path().stem().string();
    // So large that its bank's files are posted by themselves. Its trailer is wrong, which is known at its end only.
    std::string giant =
        fmt::format("H|1.0|{}|370212|{}|20220106|250000|250000|250000|250000|0|0|20220106170000\r\n", file_id,
                    code_of_bank(5));
    for (int seq = 9'000'000; giant.size() < 17U * 1024 * 1024; ++seq)
        giant +=
            fmt::format("D|{}|YK370212202112000000010100|6229990000000000019|1|S|OK00|ok|20220106|\r\n", seq);
    giant += "T|250000|250000|0\r\n";
    const fs::path path = here().folder() / "giant" / (file_id + ".9.ret");
    write_text(path, giant);
    const fs::path signature = fs::path{path} += ".p7s";
    write_text(signature, here().sign("bank-5", path, true));
    const auto put = [&](const fs::path& what) {
        return here().curl(
            "bank-5", "PUT", "/v1/bank/returns/" + what.filename().string(),
            {"--header", "Content-Type: application/octet-stream", "--data-binary", "@" + what.string()});
    };
    const auto state = [&] {
        return word(object_of(here().curl("bank-5", "GET", "/v1/bank/returns/" + file_id + ".9.ret").body),
                    "state");
    };
    // However long it takes: whoever posts it waits, holding what is to be held for it.
    Sql other{here().owner_url()};
    const std::string key = std::to_string(
        store::lock_key(store::LockClass::batch, store::number_of_batch(2021 * 12 + 12, 5), 370212));
    other("select pg_advisory_lock(" + key + ")");
    ASSERT_EQ(put(signature).status, 201);
    ASSERT_EQ(put(path).status, 201);
    Sql sql{here().owner_url()};
    for (int tries = 0;
         sql.cell("select count(*) from pg_locks where locktype = 'advisory' and not granted") == "0";
         ++tries) {
        ASSERT_LT(tries, 400) << "nobody posts it";
        std::this_thread::sleep_for(25ms);
    }
    std::int64_t posted = 0;
    for (const int bank : {4, 6, 7, 8})
        posted += number(here().ask(here().bank_words(bank, {"--does", "open-lines", "--contradict-permille",
                                                             "300", "--wait-posted"})),
                         "returns_posted");
    EXPECT_GT(posted, 0);
    EXPECT_EQ(state(), "waiting");
    other("select pg_advisory_unlock(" + key + ")");
    for (int tries = 0; state() == "waiting"; ++tries) {
        ASSERT_LT(tries, 1200);
        std::this_thread::sleep_for(50ms);
    }
    EXPECT_EQ(state(), "refused");
    expect_books_fit(here());
}

TEST_F(TwentySevenBanks, VerifyWhatATokenSignedWithOpensslAlone) {
    const fs::path files = here().bank_folder(5) / "files";
    int verified = 0;
    for (const auto& entry : fs::directory_iterator{files}) {
        if (entry.path().extension() == ".p7s") continue;
        const Ran ran = here().verify(entry.path(), fs::path{entry.path()} += ".p7s");
        EXPECT_EQ(ran.code, 0) << ran.all();
        ++verified;
    }
    EXPECT_GT(verified, 0);
}

}  // namespace
}  // namespace onecard::test
