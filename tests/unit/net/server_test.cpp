#include <gtest/gtest.h>

#include "running.hpp"

namespace onecard::net {
namespace {

constexpr std::string_view host = "Host: x\r\n";

std::string get(std::string_view target, std::string_view headers = {}) {
    return fmt::format("GET {} HTTP/1.1\r\n{}{}\r\n", target, host, headers);
}

TEST(Server, HandsParametersAndQueryToTheHandler) {
    const Running running;
    const auto client = running.client();
    EXPECT_EQ(client->call("GET", "/v1/runs/7/units/370212?q=%E4%BD%8E%E4%BF%9D")->body, "7|370212|低保");
    EXPECT_EQ(client->call("GET", "/v1/runs/latest")->body, "latest");
    EXPECT_EQ(client->call("POST", "/v1/echo", "some bytes")->body, "some bytes");
    EXPECT_EQ(client->call("POST", "/v1/echo", "")->body, "");
}

TEST(Server, AnswersWhatNoRouteTakes) {
    const Running running;
    const auto client = running.client();
    EXPECT_EQ(client->call("GET", "/v1/nothing")->status, 404);
    EXPECT_EQ(client->call("GET", "/v1/hello/")->status, 404);
    const auto wrong_method = client->call("DELETE", "/v1/hello");
    EXPECT_EQ(wrong_method->status, 405);
    EXPECT_EQ(wrong_method->headers.at("allow"), "GET, HEAD");
    EXPECT_EQ(wrong_method->headers.at("content-type"), "application/problem+json");
    EXPECT_EQ(client->call("GET", "/v1/../etc/passwd")->status, 400);
    EXPECT_EQ(client->call("GET", "/v1/files/%2e%2e")->status, 400);
    // A refused request with a small body does not cost the connection.
    EXPECT_EQ(client->call("POST", "/v1/hello", "small")->status, 405);
    const auto told = running.told(6);
    ASSERT_EQ(told.size(), 6U);
    for (const Access& access : told)
        EXPECT_EQ(access.address, told.front().address) << "one connection for all";
}

TEST(Server, RefusesBodiesThatAreTooLong) {
    const Running running;
    const auto client = running.client();
    const auto small = client->call("POST", "/v1/echo", std::string(100'000, 'x'));
    EXPECT_EQ(small->status, 201);
    EXPECT_EQ(small->body.size(), 100'000U);
    for (const std::size_t size : {100'001UL, 30'000'000UL}) {
        const auto reply = client->call("POST", "/v1/echo", std::string(size, 'x'));
        ASSERT_TRUE(reply) << reply.error().message();
        EXPECT_EQ(reply->status, 413) << size;
    }
    RawLine line{running.server->port()};
    line.send(fmt::format("POST /v1/echo HTTP/1.1\r\n{}Transfer-Encoding: chunked\r\n\r\n20000\r\n", host));
    line.send(std::string(0x20000, 'x'));
    EXPECT_TRUE(line.receive_all().starts_with("HTTP/1.1 413 ")) << line.in;
    EXPECT_EQ(client->call("GET", "/v1/hello")->status, 200);
}

TEST(Server, RefusesAHundredMegabytesOfHeadersEarly) {
    const Running running;
    for (const bool has_line_ends : {false, true}) {
        RawLine line{running.server->port()};
        const std::size_t before = resident_kilobytes();
        line.send(fmt::format("GET /v1/hello HTTP/1.1\r\n{}A: ", host));
        std::string piece(64 * 1024, 'a');
        if (has_line_ends)
            for (std::size_t i = 0; i + 6 < piece.size(); i += 6) piece.replace(i, 6, "a: b\r\n");
        std::size_t sent = 0;
        while (sent < 100'000'000 && line.send(piece) == piece.size()) sent += piece.size();
        EXPECT_TRUE(line.receive_all().starts_with("HTTP/1.1 431 ")) << line.in;
        if (memory_can_be_measured) EXPECT_LT(resident_kilobytes(), before + 4096);
    }
    EXPECT_EQ(running.client()->call("GET", "/v1/hello")->status, 200);
    const auto told = running.told(2);
    EXPECT_EQ(told.at(0).status, 431);
    EXPECT_LT(told.at(0).bytes_in, 100'000U);
}

TEST(Server, CutsSlowClients) {
    const Running running{{.seconds_per_request_max = 1, .idle_seconds_max = 1}};
    const auto began = std::chrono::steady_clock::now();
    RawLine headers{running.server->port()};
    headers.send("GET /v1/hel");
    RawLine body{running.server->port()};
    body.send(fmt::format("POST /v1/echo HTTP/1.1\r\n{}Content-Length: 50\r\n\r\nabc", host));
    RawLine idle{running.server->port()};
    RawLine kept{running.server->port()};
    kept.send(get("/v1/hello"));
    RawLine dripping{running.server->port()};
    dripping.send(fmt::format("PUT /v1/files/x HTTP/1.1\r\n{}Content-Length: 50000\r\n\r\n", host));
    std::jthread drip{[&](const std::stop_token& stop) {
        while (!stop.stop_requested() && dripping.send("x") == 1)
            std::this_thread::sleep_for(std::chrono::milliseconds{50});
    }};
    EXPECT_TRUE(headers.receive_all().starts_with("HTTP/1.1 408 ")) << headers.in;
    EXPECT_TRUE(body.receive_all().starts_with("HTTP/1.1 408 ")) << body.in;
    EXPECT_EQ(idle.receive_all(), "") << "who has said nothing hears nothing";
    EXPECT_TRUE(kept.receive_all().starts_with("HTTP/1.1 200 ")) << kept.in;
    drip.request_stop();
    drip.join();
    EXPECT_TRUE(dripping.receive_all().starts_with("HTTP/1.1 408 ")) << dripping.in;
    EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds{8});
    EXPECT_EQ(running.files_in_uploads(), 0U);
}

TEST(Server, CutsAClientThatDoesNotReadItsAnswer) {
    const Running running{{.seconds_per_request_max = 1}};
    std::ofstream{running.folder / "large"} << std::string(50'000'000, 'x');
    RawLine line{running.server->port()};
    line.send(get("/v1/files/large"));
    const auto told = running.told(1);
    ASSERT_EQ(told.size(), 1U);
    EXPECT_FALSE(told.front().trouble.empty());
    EXPECT_LT(told.front().bytes_out, 50'000'000U);
}

TEST(Server, LimitsItsConnections) {
    const Running running{{.connections_max = 3}};
    const auto port = running.server->port();
    std::vector<std::unique_ptr<RawLine>> lines;
    for (int i = 0; i < 3; ++i) lines.push_back(std::make_unique<RawLine>(port));
    const auto refused = running.client()->call("GET", "/v1/hello");
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().fault, Fault::missing);
    lines.pop_back();
    const auto client = running.client();
    bool has_room = false;
    for (int i = 0; i < 100 && !has_room; ++i) {
        has_room = client->call("GET", "/v1/hello").has_value();
        std::this_thread::sleep_for(std::chrono::milliseconds{10});
    }
    EXPECT_TRUE(has_room);
}

TEST(Server, SaysNothingOfWhatAHandlerThrew) {
    const Running running;
    const auto client = running.client();
    const auto reply = client->call("GET", "/v1/throws");
    EXPECT_EQ(reply->status, 500);
    EXPECT_FALSE(reply->body.contains("secret")) << reply->body;
    EXPECT_EQ(client->call("GET", "/v1/forged")->status, 500);
    EXPECT_EQ(client->call("GET", "/v1/hello")->status, 200);
    const auto told = running.told(3);
    EXPECT_EQ(told.at(0).status, 500);
    EXPECT_EQ(told.at(0).trouble, "the secret of row 7");
    EXPECT_FALSE(told.at(1).trouble.empty());
}

TEST(Server, KeepsOrMakesTheRequestId) {
    const Running running;
    const auto client = running.client();
    EXPECT_EQ(client->call("GET", "/v1/hello", {}, {{"X-Request-Id", "Abc-1"}})->headers.at("x-request-id"),
              "Abc-1");
    const std::string made = client->call("GET", "/v1/hello")->headers.at("x-request-id");
    EXPECT_FALSE(made.empty());
    for (const std::string& bad :
         {std::string(65, 'a'), std::string{"a b"}, std::string{"a,b"}, std::string{"<x>"}}) {
        const auto reply = client->call("GET", "/v1/nothing", {}, {{"X-Request-Id", bad}});
        EXPECT_NE(reply->headers.at("x-request-id"), bad);
        EXPECT_NE(reply->headers.at("x-request-id"), made);
        EXPECT_TRUE(reply->body.contains(reply->headers.at("x-request-id")));
    }
    EXPECT_EQ(running.told(1).at(0).id, "Abc-1");
}

TEST(Server, SendsPartsOfAFile) {
    const Running running;
    std::string content;
    for (int i = 0; i < 100'000; ++i) content += fmt::format("{:06}\n", i);
    std::ofstream{running.folder / "f"} << content;
    const auto client = running.client();
    const auto with = [&](std::map<std::string, std::string> headers) {
        return client->call("GET", "/v1/files/f", {}, headers);
    };
    const auto whole = with({});
    EXPECT_EQ(whole->status, 200);
    EXPECT_TRUE(whole->body == content);
    EXPECT_EQ(whole->headers.at("accept-ranges"), "bytes");
    EXPECT_EQ(whole->headers.at("etag"), "\"v1\"");

    const auto part = with({{"Range", "bytes=7-13"}});
    EXPECT_EQ(part->status, 206);
    EXPECT_EQ(part->body, "000001\n");
    EXPECT_EQ(part->headers.at("content-range"), "bytes 7-13/700000");

    // A download that stopped is taken up again, if the file is still the same.
    const auto rest = with({{"Range", "bytes=300000-"}, {"If-Range", "\"v1\""}});
    EXPECT_EQ(rest->status, 206);
    EXPECT_TRUE(content.substr(0, 300'000) + rest->body == content);
    const auto changed = with({{"Range", "bytes=300000-"}, {"If-Range", "\"v0\""}});
    EXPECT_EQ(changed->status, 200);
    EXPECT_EQ(changed->body.size(), content.size());
    EXPECT_EQ(with({{"Range", "bytes=-7"}})->body, "099999\n");

    const auto behind = with({{"Range", "bytes=700000-"}});
    EXPECT_EQ(behind->status, 416);
    EXPECT_EQ(behind->headers.at("content-range"), "bytes */700000");
    EXPECT_EQ(with({{"Range", "bytes=0-1,3-4"}})->status, 200);

    const auto known = with({{"If-None-Match", "\"v0\", \"v1\""}});
    EXPECT_EQ(known->status, 304);
    EXPECT_EQ(known->body, "");
    EXPECT_EQ(known->headers.at("etag"), "\"v1\"");

    const auto head = client->call("HEAD", "/v1/files/f", {}, {{"Range", "bytes=0-1"}});
    EXPECT_EQ(head->status, 200);
    EXPECT_EQ(head->headers.at("content-length"), "700000");
    EXPECT_EQ(head->body, "");
    EXPECT_EQ(client->call("GET", "/v1/files/none")->status, 500);
    EXPECT_EQ(client->call("GET", "/v1/hello")->status, 200);
    std::ofstream{running.folder / "empty"};
    EXPECT_EQ(client->call("GET", "/v1/files/empty")->headers.at("content-length"), "0");
}

TEST(Server, CutsTheAnswerWhenAFileBecomesShorter) {
    const Running running;
    const auto large = running.folder / "shrinks";
    std::ofstream{large} << std::string(50'000'000, 'x');
    RawLine line{running.server->port()};
    line.send(get("/v1/files/shrinks"));
    line.receive();
    std::filesystem::resize_file(large, 1000);
    line.receive_all();
    EXPECT_LT(line.in.size(), 50'000'000U);
    EXPECT_TRUE(running.told(1).at(0).trouble.contains("shorter"));
}

TEST(Server, StreamsInChunks) {
    const Running running;
    const auto client = running.client();
    const auto reply = client->call("GET", "/v1/stream?n=5");
    EXPECT_EQ(reply->status, 200);
    EXPECT_EQ(reply->headers.at("transfer-encoding"), "chunked");
    EXPECT_EQ(reply->body, "line 0\nline 1\nline 3\nline 4\n");
    EXPECT_EQ(client->call("HEAD", "/v1/stream?n=5")->body, "");
    const auto broken = client->call("GET", "/v1/stream?n=2&breaks");
    ASSERT_FALSE(broken) << "a stream that breaks must not look complete";
    EXPECT_EQ(broken.error().fault, Fault::missing);
    EXPECT_EQ(running.told(3).at(2).trouble, "the cursor broke");

    RawLine old{running.server->port()};
    old.send("GET /v1/stream?n=2 HTTP/1.0\r\n\r\n");
    EXPECT_TRUE(old.receive_all().ends_with("\r\n\r\nline 0\nline 1\n")) << old.in;
}

TEST(Server, TakesSeveralRequestsInOneRecord) {
    const Running running;
    RawLine line{running.server->port()};
    line.send(get("/v1/runs/latest") +
              fmt::format("POST /v1/echo HTTP/1.1\r\n{}Content-Length: 3\r\n\r\nabc", host) +
              get("/v1/runs/latest", "Connection: close\r\n"));
    line.receive_all();
    std::size_t answers = 0;
    for (std::size_t at = 0; (at = line.in.find("HTTP/1.1 20", at)) != std::string::npos; ++at) ++answers;
    EXPECT_EQ(answers, 3U) << line.in;
    EXPECT_TRUE(line.in.contains("Connection: close"));
}

TEST(Server, AnswersWhatIsNoHttp) {
    const Running running;
    struct Row {
        const char* name;
        std::string request;
        const char* answer;
    };
    const std::vector<Row> rows{
        {"rubbish", "\x16\x03\x01 hello\r\n\r\n", "HTTP/1.1 400 "},
        {"no host", "GET /v1/hello HTTP/1.1\r\n\r\n", "HTTP/1.1 400 "},
        {"absolute form", get("https://x/v1/hello"), "HTTP/1.1 400 "},
        {"another expectation", get("/v1/hello", "Expect: tea\r\nConnection: close\r\n"), "HTTP/1.1 417 "},
        {"both lengths",
         fmt::format("POST /v1/echo HTTP/1.1\r\n{}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n",
                     host),
         "HTTP/1.1 400 "},
    };
    for (const Row& row : rows) {
        RawLine line{running.server->port()};
        line.send(row.request);
        EXPECT_TRUE(line.receive_until("\r\n\r\n")) << row.name;
        EXPECT_TRUE(line.in.starts_with(row.answer)) << row.name << ": " << line.in;
    }
}

TEST(Server, UsesSeveralIoThreads) {
    const Running running{{.io_threads = 3}};
    for (int i = 0; i < 6; ++i) EXPECT_EQ(running.client()->call("GET", "/v1/runs/latest")->body, "latest");
}

}  // namespace
}  // namespace onecard::net
