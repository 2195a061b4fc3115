#include <gtest/gtest.h>

#include "running.hpp"

namespace onecard::net {
namespace {

TEST(Client, KeepsItsConnection) {
    const Running running;
    const auto client = running.client();
    for (int i = 0; i < 5; ++i) EXPECT_EQ(client->call("GET", "/v1/runs/latest")->body, "latest");
    const auto told = running.told(5);
    for (const Access& access : told) EXPECT_EQ(access.address, told.front().address);
}

TEST(Client, ConnectsAgainWhenAKeptConnectionWasClosed) {
    const Running running{{.idle_seconds_max = 0}};
    const auto client = running.client();
    for (int i = 0; i < 3; ++i) {
        const auto reply = client->call("GET", "/v1/runs/latest");
        ASSERT_TRUE(reply) << reply.error().message();
        std::this_thread::sleep_for(std::chrono::milliseconds{i * 400});
    }
}

TEST(Client, SaysThatNobodyAnswers) {
    std::uint16_t port = 0;
    ClientSettings settings;
    {
        const Running running;
        port = running.server->port();
        settings = running.client_settings();
        const auto client = running.client();
        ASSERT_TRUE(client->call("GET", "/v1/hello"));
    }
    const auto client = std::move(*create_client(settings));
    const auto reply = client->call("GET", "/v1/hello");
    ASSERT_FALSE(reply);
    EXPECT_EQ(reply.error().fault, Fault::missing);
    EXPECT_EQ(reply.error().place, fmt::format("https://127.0.0.1:{}", port));
}

TEST(Client, DoesNotWaitForever) {
    const Running running;
    auto settings = running.client_settings();
    settings.seconds_max = 1;
    const auto client = std::move(*create_client(settings));
    const auto began = std::chrono::steady_clock::now();
    const auto reply = client->call("GET", "/v1/slow?ms=2500");
    ASSERT_FALSE(reply);
    EXPECT_EQ(reply.error().fault, Fault::missing);
    EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds{2});
}

TEST(Client, FetchesAWholeFileOrNone) {
    const Running running;
    std::ofstream{running.folder / "f"} << std::string(1'000'000, 'x');
    const auto client = running.client();
    const auto target = running.folder / "fetched";
    EXPECT_EQ(client->fetch_file("/v1/files/f", target)->status, 200);
    EXPECT_EQ(std::filesystem::file_size(target), 1'000'000U);
    const auto missing = client->fetch_file("/v1/nothing", running.folder / "none");
    EXPECT_EQ(missing->status, 404);
    EXPECT_TRUE(missing->body.contains("404"));
    EXPECT_FALSE(std::filesystem::exists(running.folder / "none"));
    EXPECT_FALSE(std::filesystem::exists(running.folder / "none.part"));
    const auto broken = client->fetch_file("/v1/stream?n=2&breaks", target);
    EXPECT_FALSE(broken);
    EXPECT_EQ(std::filesystem::file_size(target), 1'000'000U) << "what was there before stays";
    EXPECT_EQ(client->send_file("PUT", "/v1/files/f", running.folder / "nowhere").error().fault,
              Fault::missing);
}

TEST(Client, ShowsTheBytesOfAFileAsTheyComeInTheirOrder) {
    const Running running;
    std::string bytes(1'000'000, 'x');
    for (std::size_t i = 0; i < bytes.size(); i += 7) bytes[i] = static_cast<char>(i / 7);
    std::ofstream{running.folder / "f", std::ios::binary} << bytes;
    const auto client = running.client();
    std::string seen;
    std::size_t pieces = 0;
    const auto see = [&](std::string_view piece) {
        seen += piece;
        ++pieces;
    };
    EXPECT_EQ(client->fetch_file("/v1/files/f", running.folder / "fetched", see)->status, 200);
    EXPECT_TRUE(seen == bytes);
    EXPECT_GT(pieces, 10U) << "it is not held in memory";
    seen.clear();
    EXPECT_EQ(client->fetch_file("/v1/nothing", running.folder / "none", see)->status, 404);
    EXPECT_EQ(seen, "") << "a refusal is no file";
    EXPECT_FALSE(client->fetch_file("/v1/stream?n=2&breaks", running.folder / "fetched", see));
    EXPECT_EQ(seen, "line 0\n") << "the beginning of what broke";
}

TEST(Client, RefusesToSendForgedRequests) {
    const Running running;
    const auto client = running.client();
    EXPECT_EQ(client->call("GET", "/a b").error().fault, Fault::malformed);
    EXPECT_EQ(client->call("GET", "/a\r\nX: y").error().fault, Fault::malformed);
    EXPECT_EQ(client->call("GET X", "/a").error().fault, Fault::malformed);
    EXPECT_EQ(client->call("GET", "/a", {}, {{"X", "a\r\nY: b"}}).error().fault, Fault::malformed);
    EXPECT_EQ(client->call("GET", "/a", {}, {{"Content-Length", "3"}}).error().fault, Fault::malformed);
}

TEST(Client, RefusesUrlsThatAreNone) {
    const Running running;
    for (const char* url : {"http://127.0.0.1:1", "https://", "https://a:b", "https://a:0", "https://a:99999",
                            "https://a/b", "https://u@a", "https://[::1", "a"}) {
        auto settings = running.client_settings();
        settings.url = url;
        const auto made = create_client(settings);
        ASSERT_FALSE(made) << url;
        EXPECT_EQ(made.error().fault, Fault::malformed) << url;
    }
    auto settings = running.client_settings();
    settings.key = "nowhere";
    EXPECT_EQ(create_client(settings).error().fault, Fault::missing);
}

}  // namespace
}  // namespace onecard::net
