#include <gmock/gmock.h>

#include <cstdlib>

#include "onecard/audit/checkpoint.hpp"
#include "onecard/net/http.hpp"
#include "onecard/seal/hashes.hpp"
#include "support/installation.hpp"
#include "support/openapi.hpp"

namespace onecard::test {
namespace {

using ::testing::HasSubstr;

using Headers = std::map<std::string, std::string>;

/// Everything that schemas/api/openapi.yaml says, held against the service: a month has been paid in county 370212, a
/// second one is computed, and there are officers of another province.
class TheApi : public WithInstallation<TheApi> {
public:
    static void prepare(Installation& here) {
        here.configure([](std::string text) {
            for (const char* role : {"maker", "checker", "releaser", "auditor", "operator"})
                text += fmt::format("\n[[officer]]\nname = \"far-{}\"\nrole = \"{}\"\nregion = \"11\"\n",
                                    role, role);
            return text;
        });
        here.done({"certs", here.certs().string()});
        here.start();
        here.done({"import", here.register_folder().string()});
        here.done({"funds", "receive", "--county", "370212", "--document", "QMZ-1", "--own", "10000000"});
        for (const char* period : {"2021-12", "2022-01"}) {
            const std::string run = here.create_run("regular", period);
            here.done({"run", "compute", run});
            if (period == std::string{"2022-01"}) break;
            here.sign_and_release(run);
            for (int bank = 1; bank <= 3; ++bank)
                here.done(here.bank_words(bank, {"--fail-permille", "50", "--wait-posted"}));
        }
        here.done({"accounts", "check-names", "--county", "370212", "--month", "2022-01"});
        const json::object listed = object_of(here.curl("bank-1", "GET", "/v1/bank/files?after=0").body);
        file_ = word(rows(listed, "files").at(0).as_object(), "file_id");
        const json::object failures = here.ask({"failures"});
        reference_ = word(rows(failures, "failures").at(0).as_object(), "reference");
        person_ = std::to_string(number(rows(failures, "failures").at(0).as_object(), "payee"));
        // One payment that arrived was too much: a receivable.
        const json::object payments =
            object_of(here.curl("auditor", "GET", "/v1/runs/1/payments?limit=97").body);
        std::set<std::string> failed;
        for (const auto& row : rows(failures, "failures")) failed.insert(word(row.as_object(), "reference"));
        for (const auto& row : rows(payments, "payments")) {
            const std::string reference = word(row.as_object(), "reference");
            if (failed.contains(reference)) continue;
            here.done({"receivable", "record", "--payment", reference, "--amount", "1.00", "--document",
                       "HC-1", "--reason", "too much"});
            break;
        }
        for (const auto& entry : fs::directory_iterator{here.bank_folder(1) / "returns"})
            if (entry.path().extension() == ".ret") return_ = entry.path().filename().string();
        here.done(here.bank_words(1, {"--does", "statements", "--strange-credits", "1", "--wait-posted"}));
        break_ = std::to_string(number(rows(here.ask({"breaks"}), "breaks").at(0).as_object(), "break"));
        for (const auto& entry : fs::directory_iterator{here.bank_folder(1) / "statements"})
            if (entry.path().extension() == ".txt") statement_ = entry.path().filename().string();
    }

protected:
    /// A connection of its own a person; they stay open.
    static net::Client& as(const std::string& who) {
        auto& client = clients_[who];
        if (client == nullptr) {
            auto made = net::create_client({.url = here().url(),
                                            .certificate = here().certs() / (who + ".pem"),
                                            .key = here().certs() / (who + ".key"),
                                            .authorities = here().certs() / "ca.pem"});
            if (!made) throw std::runtime_error{made.error().message()};
            client = std::move(*made);
        }
        return *client;
    }
    static net::Reply call(const std::string& who, const std::string& method, const std::string& path,
                           const std::string& body = {}, Headers headers = {}) {
        if (!body.empty() && !headers.contains("Content-Type")) headers["Content-Type"] = "application/json";
        auto reply = as(who).call(method, path, body, headers);
        if (!reply) throw std::runtime_error{method + " " + path + ": " + reply.error().message()};
        return std::move(*reply);
    }
    static const OpenApi& description() {
        static const OpenApi read{std::string{ONECARD_SOURCE_DIR} + "/schemas/api/openapi.yaml"};
        return read;
    }

    /// What of an answer is not documented; empty when all is.
    static std::string undocumented(const OpenApi::Operation& operation, const net::Reply& reply) {
        const auto type = reply.headers.find("content-type");
        const std::string media = type == reply.headers.end() ? std::string{} : type->second;
        bool is_known = false;
        const json::value* schema = description().schema_of(operation, reply.status, media, is_known);
        if (!is_known) return fmt::format("the status {} is not documented", reply.status);
        if (schema == nullptr) {
            if (description().has_content(operation, reply.status))
                return fmt::format("{} as «{}» is not documented", reply.status, media);
            return reply.body.empty() ? ""
                                      : fmt::format("{} has a body that is not documented", reply.status);
        }
        const bool is_lines = media.starts_with("application/x-ndjson");
        if (!is_lines && !media.starts_with("application/json") &&
            !media.starts_with("application/problem+json"))
            return {};
        const std::vector<std::string> texts = is_lines ? lines_of(reply.body) : std::vector{reply.body};
        for (const std::string& text : texts) {
            // Every export of rows ends so (schemas/exports.md).
            if (is_lines && &text == &texts.back() && text.starts_with("{\"export\":")) continue;
            boost::system::error_code error;
            const json::value value = json::parse(text, error);
            if (error) return "no JSON: " + text.substr(0, 200);
            const auto faults = description().faults_of(*schema, value);
            if (!faults.empty()) return fmt::format("{}", fmt::join(faults, "\n"));
        }
        if (media.starts_with("application/problem+json") &&
            number(object_of(reply.body), "status") != reply.status)
            return "the problem says another status than the answer: " + reply.body;
        return {};
    }

    static std::string path_of(const OpenApi::Operation& operation) {
        std::string path = operation.path;
        for (const auto& [name, value] : values()) path = replaced(path, "{" + name + "}", value);
        if (path.find('{') != std::string::npos)
            throw std::runtime_error{"tests/e2e/api_test.cpp knows no value for a parameter of " + path};
        if (operation.id == "importScreeningList") path += "?region=370212&snapshot=2021-12-31&source=police";
        if (path.ends_with("/unmasked")) path += "?reason=minutes%203";
        return path;
    }
    /// A value that exists for each parameter of a path.
    static std::map<std::string, std::string> values() {
        return {{"run", "1"},
                {"file", "institutions.csv"},
                {"period", "2021-12"},
                {"county", "370212"},
                {"person", person_},
                {"reference", reference_},
                {"name", file_ + ".txt"},
                {"file_id", file_},
                {"question", "roster"},
                {"list", "deaths"},
                {"receivable", "1"},
                {"proposal", "1"},
                {"break", break_},
                {"bank", "1"}};
    }
    /// A body that is well formed and does no harm to the month: it was done before, or has nothing to do.
    static std::string body_for(const OpenApi::Operation& operation) {
        static const std::map<std::string, std::string> bodies{
            {"createRun", R"({"kind":"regular","period":"2021-12","region":"370212"})"},
            {"receiveFunds", R"({"county":"370212","document":"QMZ-1","own":"1.00"})"},
            {"acceptOutliers", R"({"county":"370212","outliers":"99","reason":"as agreed"})"},
            {"allotFunds",
             R"({"county":"370212","document":"QMZ-1","purpose":"relief","year":"2022","own":"1.00"})"},
            {"spendOnServices", R"({"county":"370212","document":"S-1","year":"2022","own":"1.00"})"},
            {"askNames", R"({"county":"370212","month":"1990-01"})"},
            {"bankNameAnswer", "no CMS"},
            {"confirmAccounts", R"({"county":"370212","import":"1"})"},
            {"approve", "{}"},
            {"simulate", R"({"period":"2021-12","region":"370212","dibao.urban":"+50.00"})"},
            {"importScreeningList", "resident_id\n"},
            {"acceptStaleList", R"({"list":"deaths","region":"370212","reason":"none came"})"},
            {"releaseFinding", R"({"county":"370212","finding":"deaths/1/-","reason":"another person"})"},
            {"recordOverpayment", fmt::format(R"({{"payment":"{}","origin":"other","amount":"1.00",)"
                                              R"("document":"HC-2","reason":"too much"}})",
                                              reference_)},
            {"recoverCash", R"({"amount":"1000.00","day":"2021-12-31","document":"SJ-1"})"},
            {"agreeInstalment", R"({"monthly":"0.10","from":"2022-02","document":"XY-1"})"},
            {"proposeRecovery", R"({"kind":"write-off","reason":"hardship"})"},
            {"approveRecovery", "{}"},
            {"remit", R"({"county":"370212","amount":"1.00","document":"JK-1"})"},
            {"resolveBreak", R"({"resolution":"dismiss","evidence":"letter 7"})"},
            {"giveBreak", R"({"owner":"bank-1"})"},
            {"cancelFailure", R"({"evidence":"letter 7"})"},
            {"noteFailure", R"({"decision":"retry","reason":"asked"})"},
            {"sendAgain", R"({"evidence":"letter 7"})"},
            {"answerProposal", R"({"answer":"refuse"})"},
            {"bankStatementSignature", "no signature"},
            {"bankStatement", "no statement"},
            {"bringStatement", "no statement"},
            {"matchStatements", "{}"},
            {"takeCorrections", "reference,decision,evidence\n"},
            {"closePeriod", R"({"carried":"","evidence":"letter 7"})"},
            {"putImportFile", "county,institution_no,name,valid_from,valid_to,absent\n"},
            {"bankReceipt", "no CMS"},
            {"bankReceipts", "no CMS"},
            {"bankReturnsArchive", "no archive"},
            {"bankReturnSignature", "no signature"},
            {"bankReturn", "no return file"}};
        const auto found = bodies.find(operation.id);
        if (found != bodies.end()) return found->second;
        if (operation.about.contains("requestBody"))
            throw std::runtime_error{"tests/e2e/api_test.cpp has no body for " + operation.name()};
        return {};
    }
    static Headers type_of(const OpenApi::Operation& operation) {
        const auto* body = operation.about.if_contains("requestBody");
        if (body == nullptr) return {};
        return {{"Content-Type", std::string{body->as_object().at("content").as_object().begin()->key()}}};
    }

    static inline std::map<std::string, std::unique_ptr<net::Client>> clients_;
    static inline std::string file_, reference_, person_, return_, statement_, break_;
};

/// Wrong role and wrong region, every write once: refused, and nothing has changed.
TEST_F(TheApi, ChangesNothingForThoseWhoMayNot) {
    const std::string before = here().counts();
    const json::array balance = here().trial_balance();
    int refused = 0;
    for (const auto& operation : description().operations()) {
        if (operation.method == "GET") continue;
        for (const std::string who : {"maker", "checker", "releaser", "auditor", "operator", "bank-1",
                                      "far-maker", "far-checker", "far-releaser"}) {
            const bool is_far = who.starts_with("far-");
            const std::string role = who == "bank-1" ? "bank" : is_far ? who.substr(4) : who;
            if (operation.roles.contains(role) && (!is_far || operation.scope == "none")) continue;
            const net::Reply reply =
                call(who, operation.method, path_of(operation), body_for(operation), type_of(operation));
            EXPECT_EQ(reply.status, 403) << operation.name() << " as " << who << ": " << reply.body;
            ++refused;
        }
    }
    EXPECT_GT(refused, 150);
    EXPECT_EQ(here().counts(), before);
    EXPECT_EQ(here().trial_balance(), balance);
}

/// Allowed and refused: every role at every way, near and far from what it asks about.
TEST_F(TheApi, LetsEachRoleDoWhatItIsForInItsOwnRegionAndNothingElse) {
    int allowed = 0, refused = 0, far = 0;
    std::set<std::string> written;
    for (const auto& operation : description().operations()) {
        const std::string path = path_of(operation), body = body_for(operation);
        for (const std::string who : {"maker", "checker", "releaser", "auditor", "operator", "bank-1"}) {
            const std::string role = who == "bank-1" ? "bank" : who;
            Headers headers = type_of(operation);
            if (operation.method != "GET")
                headers["Idempotency-Key"] = fmt::format("{}-{}", operation.id, who);
            const net::Reply reply = call(who, operation.method, path, body, headers);
            const std::string said =
                fmt::format("{} as {}: {} {}", operation.name(), who, reply.status, reply.body);
            EXPECT_EQ(undocumented(operation, reply), "") << said;
            EXPECT_LT(reply.status, 500) << said;
            if (operation.roles.contains(role)) {
                EXPECT_NE(reply.status, 403) << said;
                ++allowed;
                // What was done under a key is said again, and not done again.
                if (operation.method != "GET" && reply.status < 400) {
                    const net::Reply again = call(who, operation.method, path, body, headers);
                    EXPECT_EQ(again.status, reply.status) << said;
                    EXPECT_EQ(again.body, reply.body) << said;
                    EXPECT_TRUE(again.headers.contains("idempotency-replayed")) << said;
                    written.insert(operation.id);
                }
            } else {
                EXPECT_EQ(reply.status, 403) << said;
                ++refused;
            }
            if (role == "bank" || !operation.roles.contains(role)) continue;
            const std::string asked =
                operation.scope == "region" && operation.method == "GET" ? path + "?region=370212" : path;
            const net::Reply from_far =
                call("far-" + role, operation.method, asked, body, type_of(operation));
            const std::string far_said =
                fmt::format("{} as far-{}: {} {}", operation.name(), role, from_far.status, from_far.body);
            EXPECT_EQ(undocumented(operation, from_far), "") << far_said;
            if (operation.scope == "none")
                EXPECT_NE(from_far.status, 403) << far_said;
            else
                EXPECT_EQ(from_far.status, 403) << far_said;
            ++far;
        }
        if (operation.scope == "bank") {
            const net::Reply other = call("bank-2", operation.method, path, body, type_of(operation));
            EXPECT_GE(other.status, 400) << operation.name() << " of another bank: " << other.body;
        }
    }
    EXPECT_GT(allowed, 60);
    EXPECT_GT(refused, 60);
    EXPECT_GT(far, 50);
    EXPECT_GE(written.size(), 10U) << "writes that came through, each twice: "
                                   << fmt::format("{}", fmt::join(written, " "));
}

TEST_F(TheApi, AnswersEachReadInEveryFormThatIsDocumented) {
    int forms = 0;
    for (const auto& operation : description().operations()) {
        if (operation.method != "GET") continue;
        const auto& responses = operation.about.at("responses").as_object();
        const auto& content = responses.at("200").as_object().at("content").as_object();
        const std::string who = operation.roles.contains("checker") ? "checker" : "bank-1";
        std::string path = path_of(operation);
        if (operation.id == "bankNameCheck") path = "/v1/bank/name-checks/YKV370212000001.txt";
        if (operation.id == "bankReturnReport") path = "/v1/bank/returns/" + return_;
        if (operation.id == "bankStatementState") path = "/v1/bank/statements/" + statement_;
        if (operation.id == "runChanges" || operation.id == "runPayeeChanges" ||
            operation.id.starts_with("approvalText"))
            path = replaced(path, "/1/", "/2/");
        const std::string by = operation.id.starts_with("approvalText") ? "maker" : who;
        for (const auto& [type_, about] : content) {
            const std::string type{type_};
            if (type == "application/pkcs7-signature") path += ".p7s";
            const net::Reply reply = call(by, "GET", path, {}, {{"Accept", type}});
            EXPECT_EQ(reply.status, 200) << operation.name() << " " << type << reply.body;
            EXPECT_THAT(reply.headers.at("content-type"), HasSubstr(type)) << operation.name();
            EXPECT_EQ(undocumented(operation, reply), "") << operation.name() << " " << type;
            if (type.ends_with("sheet")) EXPECT_EQ(reply.body.substr(0, 2), "PK") << operation.name();
            if (type == "text/csv" && reply.body.size() > 2)
                EXPECT_THAT(reply.body, HasSubstr("\r\n")) << operation.name();
            ++forms;
            const auto etag = reply.headers.find("etag");
            if (type != "application/json" || operation.id == "bankFiles") continue;
            ASSERT_NE(etag, reply.headers.end()) << operation.name();
            // What is known already is not sent again. (A trial balance says when it was asked for.)
            if (operation.id == "trialBalance") continue;
            const net::Reply again = call(by, "GET", path, {}, {{"If-None-Match", etag->second}});
            EXPECT_EQ(again.status, 304) << operation.name();
            EXPECT_TRUE(again.body.empty()) << operation.name();
        }
    }
    EXPECT_GT(forms, 60);
}

/// Every list that has cursors gives by the page what it gives whole, each row once.
TEST_F(TheApi, GoesThroughEveryListByThePage) {
    int lists = 0, rows_seen = 0;
    for (const auto& operation : description().operations()) {
        const auto* parameters = operation.about.if_contains("parameters");
        if (operation.method != "GET" || parameters == nullptr) continue;
        std::set<std::string> named;
        for (const auto& each : parameters->as_array())
            named.insert(test::text_of(description().resolve(each).as_object().at("name")));
        if (!named.contains("limit")) continue;
        EXPECT_TRUE(named.contains("after")) << operation.name();
        const std::string path = path_of(operation);
        const auto page = [&](const std::string& query) {
            const net::Reply reply = call("checker", "GET", path + query);
            EXPECT_EQ(reply.status, 200) << operation.name() << query << reply.body;
            return object_of(reply.body);
        };
        const auto rows_of = [](const json::object& report) {
            for (const auto& [key, value] : report)
                if (value.is_array()) return value.as_array();
            return json::array{};
        };
        const json::array whole = rows_of(page("?limit=10000"));
        json::array together;
        std::string next;
        do {
            const json::object one = page("?limit=7" + (next.empty() ? "" : "&after=" + next));
            EXPECT_LE(rows_of(one).size(), 7U) << operation.name();
            for (const auto& row : rows_of(one)) together.push_back(row);
            next = word(one, "next");
        } while (!next.empty() && together.size() < 70);
        ASSERT_LE(together.size(), whole.size()) << operation.name();
        if (next.empty()) EXPECT_EQ(together.size(), whole.size()) << operation.name();
        for (std::size_t i = 0; i < together.size(); ++i)
            EXPECT_EQ(together[i], whole[i]) << operation.name() << " row " << i;
        EXPECT_EQ(call("checker", "GET", path + "?limit=0").status, 400) << operation.name();
        if (!whole.empty())
            EXPECT_EQ(call("checker", "GET", path + "?after=nowhere").status, 400) << operation.name();
        ++lists;
        rows_seen += static_cast<int>(together.size());
    }
    EXPECT_GE(lists, 15);
    EXPECT_GT(rows_seen, 100);
}

TEST_F(TheApi, ServesItsOwnDescription) {
    const net::Reply reply = call("auditor", "GET", "/v1/openapi.yaml");
    EXPECT_EQ(reply.body, text_in(fs::path{ONECARD_SOURCE_DIR} / "schemas/api/openapi.yaml"));
}

TEST_F(TheApi, DoesAWriteUnderAKeyOnceAndSaysTheSameAgain) {
    const std::string body = R"({"county":"370212","document":"KEY-1","own":"5.00"})";
    const Headers key{{"Idempotency-Key", "k-1"}};
    const net::Reply first = call("maker", "POST", "/v1/funds", body, key);
    EXPECT_EQ(first.status, 201) << first.body;
    const json::array balance = here().trial_balance();
    const net::Reply again = call("maker", "POST", "/v1/funds", body, key);
    EXPECT_EQ(again.status, 201) << again.body;
    EXPECT_EQ(again.body, first.body);
    EXPECT_EQ(again.headers.at("idempotency-replayed"), "true");
    EXPECT_EQ(here().trial_balance(), balance);
    // Something else under the same key, the same without a key, and somebody else's key of the same name.
    EXPECT_EQ(call("maker", "POST", "/v1/funds", replaced(body, "5.00", "6.00"), key).status, 422);
    EXPECT_EQ(call("maker", "POST", "/v1/funds", body).status, 409);
    EXPECT_EQ(call("far-maker", "POST", "/v1/funds", body, key).status, 403);
    EXPECT_EQ(call("maker", "POST", "/v1/funds", body, {{"Idempotency-Key", std::string(65, 'k')}}).status,
              400);
    EXPECT_EQ(here().trial_balance(), balance);
    // A refusal is judged anew: the key is not spent on it.
    const Headers other{{"Idempotency-Key", "k-2"}};
    EXPECT_EQ(
        call("maker", "POST", "/v1/runs", R"({"kind":"re-issue","period":"2022-01","region":"37021"})", other)
            .status,
        400);
    const std::string cancel = "/v1/runs/999/cancel";
    EXPECT_EQ(call("maker", "POST", cancel, "{}", other).status, 404);
}

TEST_F(TheApi, DoesItOnceWhenManyAskUnderTheSameKeyAtOnce) {
    const std::string body = R"({"county":"370212","document":"KEY-2","own":"7.00"})";
    std::vector<int> statuses(8);
    {
        std::vector<std::jthread> all;
        for (int& status : statuses)
            all.emplace_back([&status, &body] {
                status = here()
                             .curl("maker", "POST", "/v1/funds",
                                   {"--header", "Content-Type: application/json", "--header",
                                    "Idempotency-Key: race", "--data-binary", body})
                             .status;
            });
    }
    EXPECT_THAT(statuses, ::testing::Each(201));
    EXPECT_EQ(Sql{here().owner_url()}.cell("select count(*) from entry where cause like '%KEY-2%'"), "1");
}

/// Writers who know nothing of each other and want the same thing: one of them does it, the others are told, and it is
/// done once.
TEST_F(TheApi, LetsOneOfManyWritersDoWhatAllOfThemWant) {
    const std::string body = R"({"county":"370212","document":"RACE-1","own":"9.00"})";
    std::vector<Reply> replies(8);
    {
        std::vector<std::jthread> all;
        for (Reply& reply : replies)
            all.emplace_back([&reply, &body] { reply = here().post_json("maker", "/v1/funds", body); });
    }
    int done = 0;
    for (const Reply& reply : replies) {
        if (reply.status == 201)
            ++done;
        else
            expect_problem(reply, 409, word(object_of(reply.body), "code"));
    }
    EXPECT_EQ(done, 1);
    EXPECT_EQ(Sql{here().owner_url()}.cell("select count(*) from entry where cause like '%RACE-1%'"), "1");
}

TEST_F(TheApi, LeavesARunAloneThatIsNotWhatTheCallerSaw) {
    const net::Reply seen = call("maker", "GET", "/v1/runs/2");
    EXPECT_EQ(call("maker", "POST", "/v1/runs/2/cancel", "{}", {{"If-Match", "\"0000\""}}).status, 412);
    EXPECT_EQ(call("maker", "GET", "/v1/runs/2").body, seen.body);
    EXPECT_EQ(
        call("maker", "POST", "/v1/runs/2/compute", "{}", {{"If-Match", seen.headers.at("etag")}}).status,
        202);
}

TEST_F(TheApi, ListsEveryPaymentByPagesAndInOneStream) {
    std::string after, by_pages;
    std::int64_t pages = 0, total = 0, payments = 0;
    do {
        const json::object page = object_of(
            call("auditor", "GET", "/v1/runs/1/payments?limit=97" + (after.empty() ? "" : "&after=" + after))
                .body);
        for (const auto& row : rows(page, "payments")) {
            by_pages += json::serialize(row) + "\n";
            total += number(row.as_object(), "amount_fen");
            ++payments;
        }
        after = word(page, "next");
        ++pages;
    } while (!after.empty() && pages < 1000);
    const json::object status = object_of(call("auditor", "GET", "/v1/runs/1").body);
    EXPECT_EQ(payments, number(status, "payments"));
    EXPECT_EQ(total, number(status, "total_fen"));
    EXPECT_EQ(pages, (payments + 96) / 97);
    // The whole list, and at its end the digest of all before and the newest checkpoint.
    std::string streamed =
        call("auditor", "GET", "/v1/runs/1/payments", {}, {{"Accept", "application/x-ndjson"}}).body;
    const std::size_t end = streamed.rfind("{\"export\":");
    ASSERT_NE(end, std::string::npos);
    const json::object proof = object_of(streamed.substr(end)).at("export").as_object();
    streamed.resize(end);
    EXPECT_EQ(word(proof, "sha256"), seal::sha256().hash(bytes_of(streamed)).hex());
    EXPECT_FALSE(word(proof, "checkpoint").empty());
    std::string parsed;
    for (const std::string& line : lines_of(streamed)) parsed += json::serialize(json::parse(line)) + "\n";
    EXPECT_EQ(parsed, by_pages);
    std::string csv = call("auditor", "GET", "/v1/runs/1/payments", {}, {{"Accept", "text/csv"}}).body;
    const std::string mark = "# sha256 of every byte before this line: ";
    const std::size_t rows_end = csv.find(mark);
    ASSERT_NE(rows_end, std::string::npos);
    EXPECT_EQ(csv.substr(rows_end + mark.size(), 64),
              seal::sha256().hash(bytes_of(std::string_view{csv}.substr(0, rows_end))).hex());
    csv.resize(rows_end);
    EXPECT_EQ(lines_of(csv).size(), static_cast<std::size_t>(payments) + 1);
    EXPECT_TRUE(csv.starts_with("\xef\xbb\xbfreference,county,period,serial")) << csv.substr(0, 100);
    EXPECT_EQ(call("auditor", "GET", "/v1/runs/1/payments?after=370212.99999999").status, 400);
    EXPECT_EQ(call("auditor", "GET", "/v1/runs/1/payments?limit=0").status, 400);
}

TEST_F(TheApi, TellsProgressAsItHappens) {
    const net::Reply events = call("maker", "GET", "/v1/runs/2/events");
    EXPECT_EQ(events.headers.at("content-type"), "text/event-stream");
    EXPECT_THAT(events.body, HasSubstr("event: progress\ndata: {\"state\":"));
}

/// Random requests made from the description, most of them nearly right: nothing may break, and nothing may be
/// answered that is not documented. ./dev torture makes many more of them.
TEST_F(TheApi, AnswersWhateverIsAskedAsItIsDocumented) {
    const char* wanted = std::getenv("ONECARD_API_REQUESTS");
    const int requests = wanted == nullptr ? 10'000 : std::atoi(wanted);
    std::mt19937_64 random{20221001};
    const auto upto = [&](std::size_t n) { return static_cast<std::size_t>(random() % n); };
    const auto one_in = [&](std::size_t n) { return upto(n) == 0; };
    const auto& operations = description().operations();
    const std::vector<std::string> people{"maker",    "checker",      "releaser",    "auditor",
                                          "operator", "far-maker",    "far-checker", "bank-1",
                                          "bank-2",   "far-releaser", "far-auditor", "far-operator"};
    const auto garbage = [&]() -> std::string {
        static const std::vector<std::string> odd{"0",
                                                  "-1",
                                                  "99999999999999999999",
                                                  "1e3",
                                                  "%00",
                                                  "%FF%FE",
                                                  "..",
                                                  "%2e%2e",
                                                  "%E4%BD%8E%E4%BF%9D",
                                                  "null",
                                                  "370212",
                                                  "a%20b",
                                                  "'%20or%201=1--",
                                                  "%F0%9F%92%B0",
                                                  "1.5",
                                                  std::string(300, 'x')};
        return odd[upto(odd.size())];
    };
    const auto encoded = [](const std::string& text) {
        std::string out;
        for (const char c : text)
            out += std::isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '.' || c == '_'
                       ? std::string(1, c)
                       : fmt::format("%{:02X}", static_cast<unsigned>(static_cast<unsigned char>(c)));
        return out;
    };
    const auto text_for = [&](const json::object& parameter) -> std::string {
        const json::value value = description().value_of(parameter.at("schema"), random);
        return encoded(value.is_string() ? text_of(value) : json::serialize(value));
    };
    std::map<int, int> by_status;
    std::map<std::string, std::set<int>> seen;
    for (int i = 0; i < requests; ++i) {
        const auto& operation = operations[upto(operations.size())];
        std::string who = people[upto(people.size())];
        if (!one_in(4)) {
            const auto suits = [&](const std::string& name) {
                const std::string role = name.starts_with("far-")    ? name.substr(4)
                                         : name.starts_with("bank-") ? "bank"
                                                                     : name;
                return operation.roles.contains(role);
            };
            while (!suits(who)) who = people[upto(people.size())];
        }
        std::string path = operation.path, query;
        Headers headers;
        if (const auto* parameters = operation.about.if_contains("parameters"))
            for (const auto& each : parameters->as_array()) {
                const json::object& parameter = description().resolve(each).as_object();
                const std::string name = text_of(parameter.at("name")), in = text_of(parameter.at("in"));
                if (in == "path") {
                    const std::size_t dice = upto(10);
                    std::string value = dice < 6   ? values().at(name)
                                        : dice < 9 ? text_for(parameter)
                                                   : garbage();
                    if (name == "run" && dice < 6) value = std::to_string(1 + upto(3));
                    if (value.empty()) value = "x";
                    path = replaced(path, "{" + name + "}", value);
                } else if (in == "query" && one_in(2)) {
                    query += (query.empty() ? "?" : "&") + name + "=" +
                             (one_in(4) ? garbage() : text_for(parameter));
                } else if (in == "header" && one_in(3)) {
                    headers[name] = name == "Idempotency-Key" ? fmt::format("r-{}", upto(50))
                                                              : "\"" + std::to_string(upto(9)) + "\"";
                }
            }
        if (one_in(20)) query += (query.empty() ? "?" : "&") + std::string{"odd=1"};
        if (one_in(2)) {
            static const std::vector<std::string> forms{
                "application/json",
                "text/plain",
                "text/csv",
                "application/x-ndjson",
                "*/*",
                "image/png",
                "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"};
            headers["Accept"] = forms[upto(forms.size())];
        }
        if (one_in(3)) headers["Accept-Language"] = one_in(2) ? "zh" : "en";
        std::string body;
        if (operation.about.contains("requestBody")) {
            const auto& content = operation.about.at("requestBody").as_object().at("content").as_object();
            const std::string type{content.begin()->key()};
            headers["Content-Type"] = one_in(15) ? "text/html" : type;
            if (type == "application/json") {
                json::value value =
                    description().value_of(content.begin()->value().as_object().at("schema"), random);
                if (value.is_object() && one_in(5) && !value.get_object().empty())
                    value.get_object().erase(value.get_object().begin());
                if (value.is_object() && one_in(8)) value.get_object()["odd"] = json::array{1, nullptr};
                if (one_in(12)) value = json::array{value};
                body = json::serialize(value);
                if (one_in(10)) body.resize(upto(body.size() + 1));
                if (one_in(20)) body = std::string(upto(200'000), ' ');
            } else {
                for (std::size_t n = upto(400); n > 0; --n) body += static_cast<char>(upto(256));
            }
        } else if (operation.method != "GET" && one_in(2)) {
            body = one_in(2) ? "{}" : "[[[";
        }
        net::Reply reply;
        ASSERT_NO_THROW(reply = call(who, operation.method, path + query, body, headers))
            << i << ": " << operation.method << " " << path << query << " as " << who;
        ++by_status[reply.status];
        seen[operation.id].insert(reply.status);
        const std::string said =
            fmt::format("{}: {} {}{} as {} with {}: {} {}", i, operation.method, path, query, who,
                        body.substr(0, 200), reply.status, reply.body.substr(0, 400));
        ASSERT_LT(reply.status, 500) << said;
        ASSERT_EQ(undocumented(operation, reply), "") << said;
        std::string role = replaced(who, "far-", "");
        if (role.starts_with("bank-")) role = "bank";
        if (!operation.roles.contains(role))
            ASSERT_TRUE(reply.status == 403 || reply.status == 400 || reply.status == 413) << said;
    }
    // It must have met every way, and have come through as well as been refused.
    EXPECT_EQ(seen.size(), operations.size());
    for (const int status : {200, 201, 400, 403, 404, 409, 413, 415, 422})
        EXPECT_GT(by_status[status], 0) << status;
    for (const auto& [status, count] : by_status) RecordProperty(fmt::format("status_{}", status), count);
    EXPECT_TRUE(here().runs());
    expect_books_fit(here());
}

/// The commands of schemas/api/month.md, just as they stand there: a whole month with curl and openssl.
TEST_F(TheApi, LetsAnybodyRunAMonthWithCurlAndOpensslAlone) {
    const std::string page = text_in(fs::path{ONECARD_SOURCE_DIR} / "schemas/api/month.md");
    std::string script = "set -euo pipefail\n";
    constexpr std::string_view opening = "\n```sh\n", closing = "\n```\n";
    int blocks = 0;
    for (std::size_t at = page.find(opening); at != page.npos; at = page.find(opening, at), ++blocks) {
        at += opening.size();
        const std::size_t end = page.find(closing, at);
        ASSERT_NE(end, page.npos);
        script += page.substr(at, end - at) + "\n";
    }
    EXPECT_EQ(blocks, 8);
    // The month of the page is one that nobody has touched yet.
    const fs::path desk = here().folder() / "curl-desk";
    write_text(desk / "commands.sh", script);
    const Ran ran = here().run({"env", "ONECARD=" + here().url(), "CERTS=" + here().certs().string(),
                                "REGISTER=" + here().register_folder().string(), "COUNTY=370212",
                                "MONTH=2022-02", "bash", "commands.sh"},
                               desk);
    ASSERT_EQ(ran.code, 0) << ran.all();
    const json::object period = here().ask({"period", "2022-02"});
    EXPECT_GT(number(period, "owed_fen"), 0);
    EXPECT_EQ(number(period, "in_transit_fen"), number(period, "owed_fen"));
    EXPECT_TRUE(period.at("accounted").as_bool());
    EXPECT_THAT(text_in(desk / "changes.xlsx").substr(0, 2), "PK");
    EXPECT_GT(lines_of(text_in(desk / "payments.csv")).size(), 100U);
    EXPECT_THAT(text_in(desk / "checkpoint"), HasSubstr("onecard.example/ledger"));
    expect_books_fit(here());
}

TEST_F(TheApi, LeavesNoPersonAndNoKeyInALog) { expect_nothing_secret_in_logs(here()); }

}  // namespace
}  // namespace onecard::test
