#include <gtest/gtest.h>

#include <algorithm>

#include "running.hpp"

namespace onecard::net {
namespace {

std::string fingerprint(const std::string& name) {
    const auto pem = Certificates::of_this_process().pem(name).string();
    std::string text = run("openssl x509 -noout -fingerprint -sha256 -in " + pem).text;
    text = text.substr(text.find('=') + 1);
    std::erase(text, ':');
    std::erase(text, '\n');
    std::ranges::transform(text, text.begin(), [](char c) { return static_cast<char>(std::tolower(c)); });
    return text;
}

TEST(MutualTls, TellsTheHandlerWhoAsks) {
    const Running running;
    const auto reply = running.client()->call("GET", "/v1/hello");
    ASSERT_TRUE(reply) << reply.error().message();
    EXPECT_EQ(reply->status, 200);
    EXPECT_EQ(reply->body, "bank-abc " + fingerprint("bank"));
    EXPECT_EQ(running.told(1).at(0).peer, "bank-abc");
}

TEST(MutualTls, RefusesCertificatesThatWillNotDo) {
    const Running running;
    struct Row {
        const char* who;
        const char* alert;   ///< what the bank's engineer reads
        const char* reason;  ///< what our log says
    };
    const std::vector<Row> rows{{"stranger", "unknown ca", "unable to get local issuer"},
                                {"expired", "certificate expired", "certificate has expired"},
                                {"for-servers", "certificate", "purpose"}};
    std::size_t told = 0;
    for (const Row& row : rows) {
        const auto reply = running.client(row.who)->call("GET", "/v1/hello");
        ASSERT_FALSE(reply) << row.who;
        EXPECT_EQ(reply.error().fault, Fault::forbidden) << row.who << ": " << reply.error().message();
        EXPECT_TRUE(reply.error().text.contains(row.alert)) << reply.error().text;
        EXPECT_EQ(reply.error().place, running.url());
        const Access access = running.told(++told).back();
        EXPECT_EQ(access.status, 0);
        EXPECT_TRUE(access.trouble.contains(row.reason)) << access.trouble;
    }
}

TEST(MutualTls, RefusesWhoShowsNoCertificate) {
    const Running running;
    const auto ca = Certificates::of_this_process().pem("ca").string();
    for (const char* version : {"--tls-max 1.2", "--tlsv1.3"}) {
        const Output output =
            run(fmt::format("curl -sS {} --cacert {} {}/v1/hello", version, ca, running.url()));
        EXPECT_NE(output.status, 0) << version;
        EXPECT_TRUE(output.text.contains("alert")) << output.text;
    }
    EXPECT_TRUE(running.told(1).back().trouble.contains("peer did not return a certificate"));
}

TEST(MutualTls, HasAFloor) {
    const Running running;
    const Output output = run(fmt::format(
        "openssl s_client -connect 127.0.0.1:{} -tls1_1 -cipher DEFAULT@SECLEVEL=0 -cert {} -key {} </dev/null",
        running.server->port(), Certificates::of_this_process().pem("bank").string(),
        Certificates::of_this_process().key("bank").string()));
    EXPECT_NE(output.status, 0) << output.text;
}

TEST(MutualTls, IsRefusedByTheClientWhenTheServerIsAnother) {
    const Certificates& certificates = Certificates::of_this_process();
    const Running elsewhere{
        {.certificate = certificates.pem("elsewhere"), .key = certificates.key("elsewhere")}};
    const auto wrong_ip = elsewhere.client()->call("GET", "/v1/hello");
    ASSERT_FALSE(wrong_ip);
    EXPECT_EQ(wrong_ip.error().fault, Fault::forbidden);
    EXPECT_TRUE(wrong_ip.error().text.contains("IP address mismatch")) << wrong_ip.error().text;

    auto settings = elsewhere.client_settings();
    settings.url = elsewhere.url("localhost");
    const auto wrong_name = (*create_client(settings))->call("GET", "/v1/hello");
    ASSERT_FALSE(wrong_name);
    EXPECT_EQ(wrong_name.error().fault, Fault::forbidden);
    EXPECT_TRUE(wrong_name.error().text.contains("hostname mismatch")) << wrong_name.error().text;

    const Running running;
    settings = running.client_settings();
    settings.authorities = certificates.pem("other-ca");
    const auto wrong_ca = (*create_client(settings))->call("GET", "/v1/hello");
    ASSERT_FALSE(wrong_ca);
    EXPECT_EQ(wrong_ca.error().fault, Fault::forbidden);

    settings = running.client_settings();
    settings.url = running.url("localhost");
    const auto right = (*create_client(settings))->call("GET", "/v1/hello");
    EXPECT_TRUE(right) << right.error().message();
}

TEST(MutualTls, RemembersThePeerOfAResumedSession) {
    const Running running;
    const Certificates& certificates = Certificates::of_this_process();
    for (const char* version : {"-tls1_2", "-tls1_3"}) {
        const auto ask = [&](const std::string& session) {
            return run(fmt::format(
                "(printf 'GET /v1/hello HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n'; sleep 0.5) | openssl s_client {} -connect "
                "127.0.0.1:{} -cert {} -key {} -CAfile {} {} {}/session",
                version, running.server->port(), certificates.pem("bank").string(),
                certificates.key("bank").string(), certificates.pem("ca").string(), session,
                running.folder.string()));
        };
        const Output first = ask("-sess_out");
        EXPECT_TRUE(first.text.contains("bank-abc " + fingerprint("bank"))) << first.text;
        const Output again = ask("-sess_in");
        EXPECT_TRUE(again.text.contains("Reused, TLS")) << again.text;
        EXPECT_TRUE(again.text.contains("bank-abc " + fingerprint("bank"))) << again.text;
    }
}

TEST(CreateServer, RefusesFilesThatWillNotDo) {
    const Certificates& certificates = Certificates::of_this_process();
    const ServerSettings good{.certificate = certificates.pem("server"),
                              .key = certificates.key("server"),
                              .authorities = certificates.pem("ca")};
    const auto fault_of = [](const ServerSettings& settings) {
        const auto made = create_server(
            settings, {}, [](int, const std::string&, const Request&) { return Response{}; }, {});
        return made ? std::optional<Fault>{} : made.error().fault;
    };
    EXPECT_EQ(fault_of(good), std::nullopt);
    auto settings = good;
    settings.certificate = "nowhere.pem";
    EXPECT_EQ(fault_of(settings), Fault::missing);
    settings = good;
    settings.certificate = certificates.key("server");
    EXPECT_EQ(fault_of(settings), Fault::malformed);
    settings = good;
    settings.key = certificates.key("bank");
    EXPECT_EQ(fault_of(settings), Fault::mismatch);
    settings = good;
    settings.authorities = certificates.key("ca");
    EXPECT_EQ(fault_of(settings), Fault::malformed);
    settings = good;
    settings.address = "localhost.";
    EXPECT_EQ(fault_of(settings), Fault::malformed);
    const Running running;
    settings = good;
    settings.port = running.server->port();
    EXPECT_EQ(fault_of(settings), Fault::conflict);
}

}  // namespace
}  // namespace onecard::net
