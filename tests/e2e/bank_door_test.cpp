#include <gmock/gmock.h>

#include <regex>

#include "support/installation.hpp"
#include "support/iso20022.hpp"

namespace onecard::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

struct Sent {
    std::string payment;
    std::int64_t fen = 0;
};

/// A month with a bank that speaks ISO 20022, at a door that has little patience.
class AtTheBanksDoor : public WithInstallation<AtTheBanksDoor> {
public:
    static void prepare(Installation& here) {
        here.configure([](std::string text) {
            text = replaced(replaced(text, "log_format = \"text\"", "log_format = \"json\""),
                            "request_seconds = 60", "request_seconds = 2");
            const std::string mark = "certificate = \"bank-1\"\n";
            return text.insert(text.find(mark) + mark.size(),
                               "profile = \"iso20022\"\ntransit_account = \"0099010199990001\"\n");
        });
        fs::create_directories(here.folder() / "banks");
        fs::copy_file(fs::path{ONECARD_SOURCE_DIR} / "config/banks/iso20022.toml",
                      here.folder() / "banks/iso20022.toml");
        here.start();
        here.done({"import", here.register_folder().string()});
        const std::string run = here.create_run("regular", "2021-12");
        here.done({"run", "compute", run});
        here.sign_and_release(run);
        here.done(here.bank_words(1, {"--does", "receipts"}));
        read_batches(here);
    }

protected:
    static void read_batches(const Installation& here) {
        const std::regex line{"<EndToEndId>([^<]+)</EndToEndId>.*?\">([0-9]+)\\.([0-9]{2})</InstdAmt>"};
        for (const auto& entry : fs::directory_iterator{here.bank_folder(1) / "files"}) {
            if (entry.path().extension() == ".p7s") continue;
            const std::string text = text_in(entry.path());
            for (std::sregex_iterator at{text.begin(), text.end(), line}, end; at != end; ++at)
                sent_.push_back({(*at)[1], std::stoll((*at)[2]) * 100 + std::stoll((*at)[3])});
        }
        if (sent_.size() < 20) throw std::runtime_error{"too few payments were sent to bank 1"};
    }
    static json::object play(const std::string& does, const std::string& story) {
        const fs::path script = here().folder() / "answers.csv";
        write_text(script, "payment,outcome,reason,day\n" + story);
        return here().ask(
            here().bank_words(1, {"--does", does, "--answers", script.string(), "--wait-posted"}));
    }
    static std::string story_of(const std::string& payment) {
        return json::serialize(here().ask({"ledger", "payment", payment}));
    }
    static std::int64_t of_the_channel(const std::string& column) {
        std::int64_t sum = 0;
        for (const auto& row : rows(object_of(here().curl("auditor", "GET", "/v1/channel").body), "files"))
            if (number(row.as_object(), "bank") == 1) sum += number(row.as_object(), column);
        return sum;
    }

    /// A camt.054 as a bank's own program writes it; not with the house's writer.
    static std::string notification(const std::string& id, const std::string& entries) {
        return fmt::format(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
            "<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt.054.001.08\"><BkToCstmrDbtCdtNtfctn><GrpHdr>"
            "<MsgId>{0}</MsgId><CreDtTm>2022-01-06T10:00:00+08:00</CreDtTm></GrpHdr><Ntfctn><Id>{0}</Id>"
            "<CreDtTm>2022-01-06T10:00:00+08:00</CreDtTm><Acct><Id><Othr><Id>0099010199990001</Id></Othr></Id>"
            "</Acct>{1}</Ntfctn></BkToCstmrDbtCdtNtfctn></Document>\n",
            id, entries);
    }
    static std::string entry(const std::string& side, std::int64_t fen, const std::string& payment,
                             std::int64_t details_fen, const std::string& more = {}) {
        const auto yuan = [](std::int64_t amount) {
            return fmt::format("{}.{:02}", amount / 100, amount % 100);
        };
        const std::string reference = payment.empty() ? "NOTPROVIDED" : payment;
        return fmt::format(
            "<Ntry><Amt Ccy=\"CNY\">{0}</Amt><CdtDbtInd>{1}</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts><BookgDt><Dt>"
            "2022-01-06</Dt></BookgDt><BkTxCd><Prtry><Cd>X</Cd></Prtry></BkTxCd><NtryDtls><TxDtls><Refs>"
            "<EndToEndId>{2}</EndToEndId></Refs><Amt Ccy=\"CNY\">{3}</Amt>{4}</TxDtls></NtryDtls></Ntry>",
            yuan(fen), side, reference, yuan(details_fen), more);
    }
    static Reply put_statement(const std::string& name, const std::string& bytes) {
        const fs::path path = here().folder() / "notified" / name;
        write_text(path, bytes);
        const fs::path signature = fs::path{path} += ".p7s";
        write_text(signature, here().sign("bank-1", path, true));
        const auto put = [&](const fs::path& from) {
            return here().curl(
                "bank-1", "PUT", "/v1/bank/statements/" + from.filename().string(),
                {"--header", "Content-Type: application/octet-stream", "--data-binary", "@" + from.string()});
        };
        EXPECT_EQ(put(signature).status, 201);
        return put(path);
    }
    static json::object statement(const std::string& name) {
        for (int tries = 0; tries < 400; ++tries) {
            for (const auto& row : rows(here().ask({"statement", "list"}), "statements"))
                if (word(row.as_object(), "name") == name && word(row.as_object(), "state") != "waiting")
                    return row.as_object();
            std::this_thread::sleep_for(50ms);
        }
        throw std::runtime_error{name + " waits too long"};
    }

    /// Bytes over a connection of `openssl`, which then says nothing more for `seconds`; what came back.
    static Process open_line(const std::string& bytes, const std::string& name, int seconds,
                             const std::string& sink) {
        write_text(here().folder() / name, bytes);
        const std::string script = fmt::format(
            "(cat '{0}/{1}'; sleep {2}) | openssl s_client -quiet -connect '{3}' -servername localhost -CAfile "
            "'{4}/ca.pem' -cert '{4}/bank-2.pem' -key '{4}/bank-2.key' 2>/dev/null {5}",
            here().folder().string(), name, seconds, here().url().substr(8), here().certs().string(), sink);
        return Process{
            {"bash", "-c", script}, here().folder() / (name + ".came"), here().folder() / (name + ".err")};
    }
    static std::string log() { return text_in(here().folder() / "serve.log"); }
    /// Whether, since `from`, the log has a line with all of `words`, within some seconds.
    static bool logged(std::size_t from, const std::vector<std::string>& words) {
        for (int tries = 0; tries < 200; ++tries) {
            for (const std::string& line : lines_of(log().substr(from)))
                if (std::ranges::all_of(words, [&](const std::string& one) { return line.contains(one); }))
                    return true;
            std::this_thread::sleep_for(50ms);
        }
        return false;
    }
    static std::int64_t peak_kilobytes() {
        for (const std::string& line :
             lines_of(text_in(fmt::format("/proc/{}/status", here().service_pid()))))
            if (line.starts_with("VmHWM:")) return std::stoll(line.substr(6));
        return 0;
    }

    static inline std::vector<Sent> sent_;
};

/// Each outcome that a story of `onecard bank` may have, and where it leaves the payment.
TEST_F(AtTheBanksDoor, PlaysEveryOutcomeOfAStory) {
    const auto p = [](std::size_t i) { return sent_.at(i).payment; };
    const json::object said = play(
        "everything",
        fmt::format("{},paid,,2022-01-05\n{},failed,NM01\n{},in-progress\n{},silent\n{},unstated\n"
                    "{},paid,,2022-01-05\n{},paid,,2022-01-05\n{},paid,,2022-01-05\n{},paid,,2022-01-05\n",
                    p(0), p(1), p(2), p(3), p(4), p(5), p(6), p(7), p(8)));
    EXPECT_EQ(number(said, "returns_posted"), number(said, "files")) << json::serialize(said);
    EXPECT_EQ(of_the_channel("lines") - of_the_channel("paid") - of_the_channel("failed"), 2);
    EXPECT_THAT(story_of(p(1)), HasSubstr("account name differs"));
    std::set<std::string> states;
    for (const auto& row : rows(object_of(here().curl("auditor", "GET", "/v1/channel").body), "files"))
        if (number(row.as_object(), "bank") == 1) states.insert(word(row.as_object(), "state"));
    EXPECT_THAT(states, AllOf(::testing::Contains("partial"), ::testing::Contains("final")));

    play("open-lines",
         fmt::format(
             "{},in-progress\n{},failed,AC06\n{},silent\n{},paid,,2022-01-06\n{},paid\n{},returned,RETD,"
             "2022-01-20\n",
             p(2), p(2), p(3), p(3), p(0), p(0)));
    EXPECT_THAT(story_of(p(2)), HasSubstr("account frozen"));
    // A correction is what this layout cannot say: the bank does not contradict itself instead.
    write_text(here().folder() / "corrected.csv",
               fmt::format("payment,outcome,reason,day\n{0},paid\n{0},corrected,AC04\n", p(5)));
    const Ran unsaid = here().card(here().bank_words(
        1, {"--does", "open-lines", "--answers", (here().folder() / "corrected.csv").string()}));
    EXPECT_NE(unsaid.code, 0);
    EXPECT_THAT(unsaid.err, HasSubstr("canonical layout"));
    EXPECT_THAT(story_of(p(5)), Not(HasSubstr("\"reversed\":\"corrected\"")));
    EXPECT_THAT(story_of(p(0)), AllOf(HasSubstr("\"reversed\":\"returned\""), HasSubstr("2022-01-20")));
    EXPECT_EQ(of_the_channel("lines"), of_the_channel("paid") + of_the_channel("failed"));
    for (const auto& row : rows(object_of(here().curl("auditor", "GET", "/v1/channel").body), "files")) {
        const json::object& file = row.as_object();
        if (number(file, "bank") != 1) continue;
        EXPECT_EQ(word(file, "state"), "final");
        for (const char* by : {"fetched_by", "receipt_by", "answered_by"})
            EXPECT_EQ(word(file, by), word(file, "fetched_by")) << by << ": one certificate of one bank";
        for (const char* signature : {"sealed_sha256", "receipt_sha256", "answered_sha256"})
            EXPECT_EQ(word(file, signature).size(), 64U) << signature;
    }
    // What is said is evidence: the latest answer's signature is the one that the bank sent.
    Sql sql{here().owner_url()};
    EXPECT_EQ(sql.cell("select count(*) from return_file where length(signature) > 100"),
              sql.cell("select count(*) from return_file"));
    expect_books_fit(here());
}

TEST_F(AtTheBanksDoor, IsToldByNotificationsWhatMovesAndWaitsForTheWordOfAReturnFile) {
    // What came back above is notified, each credit once, and then again at the end of the day.
    const json::object told = here().ask(here().bank_words(1, {"--does", "notifications", "--wait-posted"}));
    EXPECT_EQ(number(told, "statements"), 1) << json::serialize(told);
    EXPECT_EQ(number(told, "statement_lines"), 1);
    EXPECT_EQ(number(told, "statement_fits"), 1);

    // A bank's own program: a debit, a credit of which no return file has spoken, money of nobody.
    const Sent out = sent_.at(6), back = sent_.at(7);
    const std::string bytes = notification("N1", entry("DBIT", out.fen, out.payment, out.fen) +
                                                     entry("CRDT", back.fen, back.payment, back.fen,
                                                           "<RtrInf><Rsn><Cd>AC04</Cd></Rsn></RtrInf>") +
                                                     entry("CRDT", 4711, "", 4711));
    EXPECT_EQ(tests::Iso20022Schema{"camt.054.001.08"}.faults(bytes), "");
    EXPECT_EQ(put_statement("ST3702122022010677.xml", bytes).status, 201);
    json::object said = statement("ST3702122022010677.xml");
    ASSERT_EQ(word(said, "state"), "matched") << json::serialize(said);
    EXPECT_EQ(number(said, "fitting"), 1);
    EXPECT_EQ(number(said, "waiting"), 1);
    EXPECT_EQ(number(said, "breaks"), 1) << "money of nobody";
    EXPECT_THAT(story_of(back.payment), Not(HasSubstr("\"reversed\":\"returned\"")))
        << "a notification alone takes nothing back";
    play("open-lines", fmt::format("{0},paid\n{0},returned,RETD,2022-01-06\n", back.payment));
    here().done({"statement", "match"});
    said = statement("ST3702122022010677.xml");
    EXPECT_EQ(number(said, "waiting"), 0) << json::serialize(said);
    EXPECT_EQ(number(said, "fitting"), 2);
    EXPECT_THAT(story_of(back.payment), HasSubstr("\"reversed\":\"returned\""));

    // What does not add up is refused whole, and says where.
    const std::string wrong = notification("N2", entry("DBIT", out.fen, out.payment, out.fen - 1));
    EXPECT_EQ(put_statement("ST3702122022010678.xml", wrong).status, 201);
    said = statement("ST3702122022010678.xml");
    EXPECT_EQ(word(said, "state"), "refused");
    EXPECT_THAT(word(said, "reason"), AllOf(HasSubstr("ST3702122022010678.xml:"), HasSubstr("transactions")));
    const std::string truncated = bytes.substr(0, bytes.size() / 2);
    EXPECT_EQ(put_statement("ST3702122022010679.xml", truncated).status, 201);
    EXPECT_EQ(word(statement("ST3702122022010679.xml"), "state"), "refused");
    expect_books_fit(here());
}

TEST_F(AtTheBanksDoor, GivesAndTakesIso20022ThatFitsTheStructureOfTheOfficialSchemas) {
    here().ask(here().bank_words(1, {"--does", "statements", "--interest-fen", "31", "--wait-posted"}));
    std::map<std::string, int> documents;
    for (const auto& each : fs::recursive_directory_iterator{here().bank_folder(1)}) {
        if (!each.is_regular_file()) continue;
        const std::string bytes = text_in(each.path());
        if (!bytes.starts_with("<?xml")) continue;
        for (const std::string message :
             {"pain.001.001.09", "pain.002.001.10", "camt.053.001.08", "camt.054.001.08"}) {
            if (!bytes.contains("xsd:" + message + "\"")) continue;
            EXPECT_EQ(tests::Iso20022Schema{message}.faults(bytes), "") << each.path();
            ++documents[message];
        }
    }
    EXPECT_EQ(documents.size(), 4U) << "one of each at least";
}

TEST_F(AtTheBanksDoor, CutsOffWhoeverIsSlowAndLetsTheOthersIn) {
    const std::size_t before = log().size();
    const std::string counts = here().counts();
    const std::string head = "Host: localhost\r\n";
    const auto began = std::chrono::steady_clock::now();
    Process headers = open_line("GET /v1/bank/files HTTP/1.1\r\nHost: lo", "slow-headers", 7, "");
    Process body = open_line("PUT /v1/bank/returns/YKT3702122021120001.ret.p7s HTTP/1.1\r\n" + head +
                                 "Content-Length: 5000\r\n\r\nx",
                             "slow-body", 7, "");
    // Asks for much and takes nothing of it.
    std::string requests;
    for (int i = 0; i < 20'000; ++i) requests += "GET /v1/openapi.yaml HTTP/1.1\r\n" + head + "\r\n";
    Process reader = open_line(requests, "slow-reader", 7, "| sleep 7");
    std::this_thread::sleep_for(200ms);
    for (int i = 0; i < 10; ++i) {
        const auto asked = std::chrono::steady_clock::now();
        EXPECT_EQ(here().curl("bank-3", "GET", "/v1/bank/files?after=0").status, 200);
        EXPECT_LT(std::chrono::steady_clock::now() - asked, 1500ms) << "another bank is answered meanwhile";
    }
    EXPECT_TRUE(logged(before, {"\"status\":\"408\""})) << log().substr(before);
    const auto cut_off = [&](const std::string& name) {
        for (int tries = 0; tries < 200; ++tries) {
            if (text_in(here().folder() / (name + ".came")).starts_with("HTTP/1.1 408 ")) return true;
            std::this_thread::sleep_for(50ms);
        }
        return false;
    };
    EXPECT_TRUE(cut_off("slow-headers")) << text_in(here().folder() / "slow-headers.came");
    EXPECT_TRUE(cut_off("slow-body")) << text_in(here().folder() / "slow-body.came");
    EXPECT_THAT(text_in(here().folder() / "slow-body.came"), HasSubstr("application/problem+json"));
    EXPECT_TRUE(logged(before, {"/v1/openapi.yaml", "\"trouble\":\"", "bank-2"})) << log().substr(before);
    EXPECT_LT(std::chrono::steady_clock::now() - began, 15s) << "nobody was waited for";
    EXPECT_EQ(here().counts(), counts);
}

TEST_F(AtTheBanksDoor, RefusesAHeaderLineOfAHundredMegabytesInLittleMemory) {
    const std::size_t before = log().size();
    const std::int64_t peak = peak_kilobytes();
    Process line = open_line(
        "GET /v1/bank/files HTTP/1.1\r\nHost: localhost\r\nX-Long: " + std::string(100'000'000, 'a'),
        "long-header", 0, "");
    EXPECT_TRUE(logged(before, {"\"status\":\"431\""})) << log().substr(before);
    line.end(SIGKILL, 0s);
    fs::remove(here().folder() / "long-header");
    EXPECT_LT(peak_kilobytes(), peak + 8192);
    EXPECT_EQ(here().curl("bank-2", "GET", "/v1/bank/files?after=0").status, 200);
}

/// As the engineer of a bank in China asks for it.
TEST_F(AtTheBanksDoor, SaysInChineseWhyItRefuses) {
    const Words chinese{"--header", "Accept-Language: zh"};
    const auto detail = [&](const Reply& reply) {
        EXPECT_EQ(reply.type, "application/problem+json") << reply.all();
        return word(object_of(reply.body), "detail");
    };
    EXPECT_THAT(detail(here().curl("bank-1", "GET", "/v1/bank/files/YKT3702122021129999.txt", chinese)),
                HasSubstr("没有发给该银行的此文件"));
    EXPECT_THAT(detail(here().curl("bank-1", "GET", "/v1/runs", chinese)), HasSubstr("银行无权使用此接口"));
    EXPECT_THAT(detail(here().curl("bank-1", "GET", "/v1/bank/returns/YKT3702122021129999.ret", chinese)),
                HasSubstr("没有该银行提交的此回盘文件"));
    EXPECT_THAT(detail(here().curl("maker", "GET", "/v1/runs?after=zz", chinese)),
                HasSubstr("不是先前某页给出的游标"));
    // The reasons of a file that was refused whole, each with its place.
    const std::string name = "ST3702122022010688.xml";
    const Sent& one = sent_.at(9);
    EXPECT_EQ(
        put_statement(name, notification("N8", entry("DBIT", one.fen, one.payment, one.fen - 1))).status,
        201);
    EXPECT_EQ(word(statement(name), "state"), "refused");
    const json::object said =
        object_of(here().curl("bank-1", "GET", "/v1/bank/statements/" + name, chinese).body);
    EXPECT_THAT(word(said, "reason"), AllOf(HasSubstr(name + ":"), HasSubstr("其明细合计为")));
    // And in English to whoever asks for nothing else.
    EXPECT_THAT(detail(here().curl("bank-1", "GET", "/v1/runs")), HasSubstr("a bank has no business here"));
}

/// A return file of another bank, by that bank's certificate, and ours by the certificate of another bank.
TEST_F(AtTheBanksDoor, KnowsEachBankByItsCertificateAlone) {
    const std::string file =
        word(rows(object_of(here().curl("bank-1", "GET", "/v1/bank/files?after=0").body), "files")
                 .front()
                 .as_object(),
             "file_id");
    const fs::path text = here().folder() / "stolen.ret";
    write_text(text, "not ours to answer\n");
    write_text(here().folder() / "stolen.ret.p7s", here().sign("bank-2", text, true));
    const std::string counts = here().counts();
    const auto put = [&](const std::string& as, const std::string& name, const std::string& from) {
        return here().curl(as, "PUT", "/v1/bank/returns/" + name,
                           {"--header", "Content-Type: application/octet-stream", "--data-binary",
                            "@" + (here().folder() / from).string()});
    };
    put("bank-2", file + ".9.ret.p7s", "stolen.ret.p7s");
    expect_problem(put("bank-2", file + ".9.ret", "stolen.ret"), 404, "unknown");
    EXPECT_EQ(here().counts(), counts);
}

}  // namespace
}  // namespace onecard::test
