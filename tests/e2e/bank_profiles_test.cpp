#include <gmock/gmock.h>

#include <array>
#include <chrono>
#include <ctime>
#include <mutex>
#include <thread>

#include "onecard/audit/checkpoint.hpp"
#include "onecard/net/http.hpp"
#include "onecard/seal/hashes.hpp"
#include "onecard/seal/sealing.hpp"
#include "support/installation.hpp"
#include "support/profiles.hpp"

namespace onecard::test {
namespace {

using ::testing::HasSubstr;

/// One month with a bank of each layout: fixed widths in GBK, XML in GBK with SM2 signatures, ISO 20022.
class EveryLayout : public WithInstallation<EveryLayout> {
public:
    static void prepare(Installation& here) {
        open_own_address(here);
        here.configure([](std::string text) {
            const auto after = [&](const std::string& mark, const std::string& more) {
                text.insert(text.find(mark) + mark.size(), more);
            };
            after("certificate = \"bank-1\"\n",
                  fmt::format("profile = \"fixed-gbk\"\npush_url = \"https://127.0.0.1:{}/in\"\n",
                              address_->port()));
            after("certificate = \"bank-2\"\n", "profile = \"xml-sm2\"\n");
            after("certificate = \"bank-3\"\n",
                  "profile = \"iso20022\"\ntransit_account = \"0099010199990001\"\n");
            return text;
        });
        // Bank 2 signs with SM2 besides.
        write_text(here.folder() / "banks/xml-sm2.toml", [] {
            std::string text = text_in(fs::path{ONECARD_SOURCE_DIR} / "config/banks/xml-gbk.toml");
            const std::string cms = "signature = \"cms\"";
            return text.replace(text.find(cms), cms.size(), "signature = \"sm2\"");
        }());
        for (const char* name : {"fixed-gbk", "iso20022"})
            fs::copy_file(fs::path{ONECARD_SOURCE_DIR} / "config/banks" / (std::string{name} + ".toml"),
                          here.folder() / "banks" / (std::string{name} + ".toml"));
        here.done({"certs", here.certs().string()});
        here.start();
        here.ask({"import", here.register_folder().string()});
        here.done({"funds", "receive", "--county", "370212", "--document", "QMZ-1", "--central", "900000",
                   "--own", "100000"});
        const std::string run = here.create_run("regular", "2021-12");
        here.done({"run", "compute", run});
        here.sign_and_release(run);
        wait_until_pushed(here);
        listed_ = rows(object_of(here.curl("bank-1", "GET", "/v1/bank/files").body), "files");
        for (int bank = 1; bank <= 3; ++bank)
            said_.push_back(here.ask(here.bank_words(bank, Installation::realistic())));
    }

protected:
    struct Brought {
        std::string name, sequence;
    };

    /// Bank 1 has a server of its own, to which files are brought.
    static void open_own_address(Installation& here) {
        const fs::path certificates = here.folder() / "bank-1-server";
        fs::create_directories(certificates);
        for (const char* name : {"ca.pem", "ca.key"}) fs::copy_file(here.certs() / name, certificates / name);
        const auto now = Moment::of_unix_seconds(std::time(nullptr));
        const auto made = seal::make_certificates(certificates, {{"bank-1-server", true, false}}, now, 30);
        if (!made) throw std::runtime_error{made.error().message()};
        net::ServerSettings wanted;
        wanted.port = 0;
        wanted.certificate = certificates / "bank-1-server.pem";
        wanted.key = certificates / "bank-1-server.key";
        wanted.authorities = certificates / "ca.pem";
        wanted.upload_folder = certificates;
        net::Route route;
        route.method = "PUT";
        route.pattern = "/in/{name}";
        route.body_bytes_max = 64 * 1024 * 1024;
        route.handle = [](const net::Request& request) {
            const std::lock_guard lock{guard_};
            const auto number = request.headers.find("onecard-sequence");
            brought_.push_back(
                {request.parameters.at("name"), number == request.headers.end() ? "" : number->second});
            net::Response response;
            response.status = request.peer.name == "service" ? 201 : 403;
            return response;
        };
        const auto refused = [](int status, std::string, const net::Request&) {
            net::Response response;
            response.status = status;
            return response;
        };
        auto opened = net::create_server(wanted, {route}, refused, [](const net::Access&) {});
        if (!opened) throw std::runtime_error{opened.error().message()};
        address_ = std::move(*opened);
    }
    static void wait_until_pushed(Installation& here) {
        const auto until = std::chrono::steady_clock::now() + 60s;
        while (std::chrono::steady_clock::now() < until) {
            bool all = true;
            for (const auto& row : rows(object_of(here.curl("auditor", "GET", "/v1/channel").body), "files"))
                if (number(row.as_object(), "bank") == 1) all &= !word(row.as_object(), "pushed_at").empty();
            if (all) return;
            std::this_thread::sleep_for(200ms);
        }
        throw std::runtime_error{"nothing was brought to bank 1"};
    }

    static inline std::unique_ptr<net::Server> address_;
    static inline std::mutex guard_;
    static inline std::vector<Brought> brought_;
    static inline std::vector<json::object> said_;
    static inline json::array listed_;
};

TEST_F(EveryLayout, IsFetchedAnsweredAndPostedWithoutARemainder) {
    std::int64_t failed = 0;
    for (const json::object& said : said_) {
        EXPECT_GT(number(said, "files"), 0);
        EXPECT_EQ(number(said, "files"), number(said, "returns_posted")) << json::serialize(said);
        EXPECT_EQ(number(said, "lines"),
                  number(said, "paid") + number(said, "failed") + number(said, "in_progress"));
        failed += number(said, "failed");
    }
    EXPECT_GT(failed, 0) << "the codes of every bank became reasons of ours";
    const json::object period = here().ask({"period", "2021-12"});
    EXPECT_TRUE(period.at("accounted").as_bool()) << json::serialize(period);
    EXPECT_TRUE(rows(here().ask({"breaks"}), "breaks").empty());
    EXPECT_EQ(static_cast<std::int64_t>(rows(here().ask({"failures"}), "failures").size()), failed);
    EXPECT_EQ(here().card({"audit", "verify"}).code, 0);
}

TEST_F(EveryLayout, IsCalledByTheNameThatItsBankGaveIt) {
    ASSERT_FALSE(listed_.empty());
    const std::string name = word(listed_.front().as_object(), "name");
    EXPECT_THAT(name, HasSubstr("PAY_370212_202112_"));
    const Reply file = here().curl("bank-1", "GET", "/v1/bank/files/" + name);
    EXPECT_EQ(file.status, 200);
    EXPECT_EQ(file.body.substr(0, 4), "1YKT");
    EXPECT_EQ(here().curl("bank-1", "GET", "/v1/bank/files/" + name + ".p7s").status, 200);
    EXPECT_EQ(here().curl("bank-2", "GET", "/v1/bank/files/" + name).status, 404);
}

TEST_F(EveryLayout, IsSignedTheWayThatItsBankHasAgreedOn) {
    const json::array files = rows(object_of(here().curl("bank-2", "GET", "/v1/bank/files").body), "files");
    const std::string name = word(files.at(0).as_object(), "name");
    const std::string signature = here().curl("bank-2", "GET", "/v1/bank/files/" + name + ".p7s").body;
    EXPECT_NE(signature.find("\x2a\x81\x1c\xcf\x55\x06\x01\x04\x02\x02"), std::string::npos) << "GB/T 35275";
    // A CMS signature of the same bank is not what was agreed on.
    write_text(here().folder() / "x", "x");
    const auto openssl = here().run(
        {"openssl", "cms", "-sign", "-binary", "-outform", "DER", "-signer",
         (here().certs() / "bank-2.pem").string(), "-inkey", (here().certs() / "bank-2.key").string(), "-in",
         (here().folder() / "x").string(), "-out", (here().folder() / "x.p7s").string()});
    ASSERT_EQ(openssl.code, 0) << openssl.all();
    const auto put = [&](const std::string& path, const std::string& file) {
        return here().curl("bank-2", "PUT", "/v1/bank/returns/" + path,
                           {"--data-binary", "@" + (here().folder() / file).string()});
    };
    put("YKT3702122021120001.9.ret.xml.p7s", "x.p7s");
    const Reply refused = put("YKT3702122021120001.9.ret.xml", "x");
    EXPECT_EQ(refused.status, 403);
    EXPECT_THAT(refused.body, HasSubstr("SM2"));
}

TEST_F(EveryLayout, IsEvidenceInAPacketThatVerifiesAlone) {
    write_text(here().folder() / "authorities.pem",
               text_in(here().certs() / "ca.pem") + text_in(here().certs() / "ca-sm2.pem"));
    std::set<std::string> layouts;
    std::size_t notes_about_sm2 = 0;
    for (const auto& row : rows(here().ask({"failures"}), "failures")) {
        const std::string reference = word(row.as_object(), "reference");
        for (const bool whole : {false, true}) {
            const std::string packet = (here().folder() / "packet").string();
            Words made{"audit", "packet", reference, "--out", packet};
            if (whole) made.emplace_back("--files");
            fs::remove(packet);
            here().done(made);
            const json::object verdict = here().ask(
                {"audit", "verify", packet, "--key", (here().service_folder() / "ledger.pub").string(),
                 "--authorities", (here().folder() / "authorities.pem").string()});
            EXPECT_TRUE(verdict.at("fits").as_bool()) << json::serialize(verdict);
            const std::string text = text_in(packet);
            const std::size_t layout = text.find("\nlayout ");
            ASSERT_NE(layout, std::string::npos) << reference;
            const std::string name = text.substr(layout + 8, text.find('\n', layout + 8) - layout - 8);
            layouts.insert(name);
            const bool is_noted =
                json::serialize(verdict).find("an SM2 signature is over") != std::string::npos;
            EXPECT_EQ(is_noted, name == "xml-sm2" && !whole) << json::serialize(verdict);
            notes_about_sm2 += is_noted ? 1 : 0;
        }
        if (layouts.size() == 3 && notes_about_sm2 > 0) break;
    }
    EXPECT_EQ(layouts, (std::set<std::string>{"fixed-gbk", "xml-sm2", "iso20022"}));
}

TEST_F(EveryLayout, IsBroughtToABankThatHasAnAddressOfItsOwn) {
    const std::lock_guard lock{guard_};
    ASSERT_EQ(brought_.size(), 2 * listed_.size());
    for (std::size_t i = 0; i < listed_.size(); ++i) {
        const std::string name = word(listed_[i].as_object(), "name");
        EXPECT_EQ(brought_[2 * i].name, name + ".p7s") << "the signature comes first";
        EXPECT_EQ(brought_[2 * i + 1].name, name);
        EXPECT_EQ(brought_[2 * i + 1].sequence, std::to_string(i + 1));
    }
}

TEST_F(EveryLayout, TakesNumberedReturnsInOrderOnly) {
    const std::string number = "Onecard-Sequence: ";
    const auto put = [&](const std::string& name, const std::string& seq) {
        write_text(here().folder() / "x", "x");
        const Words body{"--header", number + seq, "--data-binary", "@" + (here().folder() / "x").string()};
        here().curl("bank-1", "PUT", "/v1/bank/returns/" + name + ".p7s", body);
        return here().curl("bank-1", "PUT", "/v1/bank/returns/" + name, body);
    };
    EXPECT_THAT(here().curl("bank-1", "GET", "/v1/bank/sequence").body, HasSubstr("\"next\":1"));
    const Reply gap = put("YKT3702122021120001.7.ret", "2");
    EXPECT_EQ(gap.status, 409);
    EXPECT_THAT(gap.body, HasSubstr("leaves a gap: number 1 must come first"));
    // The number is good; the bytes are not.
    EXPECT_THAT(put("YKT3702122021120001.7.ret", "1").body, ::testing::Not(HasSubstr("number")));
    const Reply replay = put("YKT3702122021120001.8.ret", "1");
    EXPECT_EQ(replay.status, 409);
    EXPECT_THAT(replay.body, HasSubstr("was used for another file; the next number is 2"));
    EXPECT_THAT(put("YKT3702122021120001.7.ret", "2").body, HasSubstr("came with number 1 before"));
    const json::object refused = object_of(here().curl("auditor", "GET", "/v1/channel/sequences").body);
    EXPECT_EQ(rows(refused, "sequence_refusals").size(), 3u);
}

TEST_F(EveryLayout, HasALadderWithEachStepItsTimeAndItsCertificate) {
    const json::object channel = object_of(here().curl("auditor", "GET", "/v1/channel").body);
    const json::array files = rows(channel, "files");
    ASSERT_FALSE(files.empty());
    for (const auto& row : files) {
        const json::object& file = row.as_object();
        EXPECT_EQ(word(file, "state"), number(file, "paid") + number(file, "failed") == number(file, "lines")
                                           ? "final"
                                           : "partial");
        EXPECT_EQ(word(file, "fetched_by").size(), 64u);
        EXPECT_EQ(word(file, "receipt_by"), word(file, "fetched_by"));
        for (const char* step : {"sealed_at", "released_at", "fetched_at", "receipt_at", "answered_at"})
            EXPECT_EQ(word(file, step).size(), 25u) << step;
        EXPECT_EQ(word(file, "never_heard_back"), "");
        // After the bank's cut-off, and on days that it does not work, a release counts for a later day.
        const auto released = Moment::parse(word(file, "released_at")).value();
        constexpr std::array names{"fixed-gbk", "xml-gbk", "iso20022"};
        const char* name = names.at(static_cast<std::size_t>(number(file, "bank") - 1));
        EXPECT_EQ(word(file, "counts_for"),
                  tests::shipped_profiles().find(name)->second.counts_for(released).text())
            << name;
    }
}

/// A late return in each layout of return files, and money of nobody in each layout of statements.
TEST_F(EveryLayout, ShowsTheVeryBytesThatABreakIsAboutOutOfTheFileThatWasKept) {
    std::map<std::string, std::string> files;
    for (int bank = 1; bank <= 3; ++bank) {
        here().ask(
            here().bank_words(bank, {"--does", "open-lines", "--late-permille", "300", "--wait-posted"}));
        here().ask(
            here().bank_words(bank, {"--does", "statements", "--strange-credits", "1", "--wait-posted"}));
        for (const auto& entry : fs::recursive_directory_iterator{here().bank_folder(bank)}) {
            if (!entry.is_regular_file()) continue;
            const std::string bytes = text_in(entry.path());
            files[seal::sha256().hash(bytes_of(bytes)).hex()] = bytes;
        }
    }
    std::set<std::string> seen, layouts;
    std::string last_no, last_sha256;
    for (const auto& each : rows(here().ask({"breaks"}), "breaks")) {
        const json::object& row = each.as_object();
        if (!seen.insert(fmt::format("{} {}", number(row, "bank"), word(row, "kind"))).second) continue;
        const std::string no = std::to_string(number(row, "break"));
        const json::object masked = here().ask({"evidence", "370212", no});
        const json::object plain = here().ask({"evidence", "370212", no, "--unmask", "letter 9 of the bank"});
        ASSERT_EQ(rows(plain, "records").size(), 1U) << json::serialize(plain);
        const json::object record = rows(plain, "records").at(0).as_object();
        const auto file = files.find(word(plain, "sha256"));
        ASSERT_NE(file, files.end()) << "the bank has such a file, too";
        EXPECT_EQ(word(plain, "file"), word(row, "return_file"));
        EXPECT_EQ(number(record, "line"), number(row, "line"));
        const std::string bytes = audit::parse_base64(word(record, "bytes")).value();
        EXPECT_EQ(bytes, file->second.substr(static_cast<std::size_t>(number(record, "byte_offset")),
                                             static_cast<std::size_t>(number(record, "byte_length"))));
        if (word(row, "kind") == "late-return") {
            EXPECT_EQ(word(row, "suggestion"), "correct the account") << "as the queue of corrections says";
            EXPECT_THAT(bytes, HasSubstr(word(row, "payment")));
            layouts.insert("return " + word(plain, "layout"));
        } else {
            layouts.insert("statement " + word(plain, "layout"));
        }
        const json::object hidden = rows(masked, "records").at(0).as_object();
        EXPECT_TRUE(masked.at("masked").as_bool());
        EXPECT_EQ(audit::parse_base64(word(hidden, "bytes")).value().size(), bytes.size());
        EXPECT_NE(word(hidden, "bytes"), word(record, "bytes"));
        EXPECT_THAT(word(hidden, "text"), HasSubstr("****"));
        last_no = no;
        last_sha256 = word(plain, "sha256");
    }
    EXPECT_THAT(layouts, ::testing::IsSupersetOf({"return fixed-gbk", "return xml-sm2", "return iso20022"}));
    EXPECT_EQ(std::ranges::count_if(layouts, [](const auto& name) { return name.starts_with("statement"); }),
              3)
        << json::serialize(here().ask({"breaks"}));

    const std::string path = "/v1/breaks/370212/" + last_no + "/evidence";
    const auto problem = [&](const std::string& who, const std::string& what) {
        const Reply reply = here().curl(who, "GET", what);
        return fmt::format("{} {}", reply.status, reply.body);
    };
    EXPECT_THAT(problem("maker", path + "/unmasked?reason=x"), ::testing::StartsWith("403"));
    EXPECT_THAT(problem("auditor", path + "/unmasked?reason="), ::testing::StartsWith("400"));
    EXPECT_THAT(problem("bank-1", path),
                ::testing::AnyOf(::testing::StartsWith("403"), ::testing::StartsWith("404")));
    EXPECT_THAT(problem("maker", "/v1/breaks/370212/999999/evidence"), ::testing::StartsWith("404"));
    EXPECT_THAT(problem("maker", "/v1/breaks/110101/1/evidence"), ::testing::StartsWith("403"));

    // What is kept must be what came in, or nobody is shown anything.
    const fs::path kept = here().service_folder() / "vault" / last_sha256.substr(0, 2) / last_sha256;
    const std::string good = text_in(kept);
    fs::permissions(kept, fs::perms::owner_write, fs::perm_options::add);
    std::string altered = good;
    altered[altered.size() / 2] = static_cast<char>(altered[altered.size() / 2] ^ 1);
    write_text(kept, altered);
    EXPECT_THAT(problem("maker", path), ::testing::AllOf(::testing::StartsWith("422"),
                                                         HasSubstr("was altered"), HasSubstr(last_sha256)));
    write_text(kept, good);
    EXPECT_THAT(problem("maker", path), ::testing::StartsWith("200"));

    // Who looked, and why, is on record; a record of it that is altered or gone is found.
    Sql owner{here().owner_url()};
    EXPECT_EQ(
        owner.cell(
            "select count(*) from evidence_reading where not is_masked and reason = 'letter 9 of the bank'"),
        std::to_string(seen.size()));
    EXPECT_EQ(owner.cell("select count(*) from act where kind = 'evidence-read'"),
              owner.cell("select count(*) from evidence_reading"));
    EXPECT_EQ(here().card({"audit", "verify"}).code, 0);
    owner("update evidence_reading set officer = 'nobody' where reading_no = 1");
    const Ran found = here().card({"audit", "verify"});
    EXPECT_NE(found.code, 0);
    EXPECT_THAT(found.all(), HasSubstr("evidence reading 1"));
    owner("update evidence_reading set officer = 'maker' where reading_no = 1");
    EXPECT_EQ(here().card({"audit", "verify"}).code, 0);
}

TEST_F(EveryLayout, IsFoundWhereTheRecordsOfItsChannelWereAltered) {
    Sql owner{here().owner_url()};
    const auto finding = [&](const std::string& deed, const std::string& undoing) {
        owner(deed);
        const Ran verdict = here().card({"audit", "verify"});
        owner(undoing);
        EXPECT_NE(verdict.code, 0) << deed;
        return verdict.all();
    };
    EXPECT_THAT(finding("update bank_profile set text = text || ' ' where name = 'iso20022'",
                        "update bank_profile set text = rtrim(text, ' ') where name = 'iso20022'"),
                HasSubstr("bank profile"));
    EXPECT_THAT(finding("update run_profile set transit_account = '1' where bank = 3",
                        "update run_profile set transit_account = '0099010199990001' where bank = 3"),
                HasSubstr("run 1 profile of bank 3"));
    EXPECT_THAT(finding("update bank_sequence set name = name || 'x'",
                        "update bank_sequence set name = rtrim(name, 'x')"),
                HasSubstr("sequence 1/1"));
    EXPECT_THAT(finding("update sequence_refusal set expected = expected + 1",
                        "update sequence_refusal set expected = expected - 1"),
                HasSubstr("refused sequence 1/"));
    EXPECT_THAT(finding("update push_attempt set status = 202 where seq = 1",
                        "update push_attempt set status = 201 where seq = 1"),
                HasSubstr("push 1/1/1"));
    // Not even a key stops its owner.
    owner("set session_replication_role = replica");
    EXPECT_THAT(finding("update push_attempt set delivered = not delivered where seq = 1",
                        "update push_attempt set delivered = not delivered where seq = 1"),
                HasSubstr("push 1/1"));
    EXPECT_THAT(
        finding("update bank_sequence set seq = seq + 100 where seq = (select max(seq) from bank_sequence)",
                "update bank_sequence set seq = seq - 100 where seq > 100"),
        HasSubstr("sequence 1/10"));
    owner("create table kept_refusals as table sequence_refusal");
    EXPECT_THAT(finding("delete from sequence_refusal",
                        "insert into sequence_refusal overriding system value select * from kept_refusals"),
                HasSubstr("(sequence-refused)"));
    owner("drop table kept_refusals");
    EXPECT_EQ(here().card({"audit", "verify"}).code, 0);
}

}  // namespace
}  // namespace onecard::test
