#include <gtest/gtest.h>

#include "running.hpp"

namespace onecard::net {
namespace {

TEST(Load, OfFiftyClientsIsAnsweredRightly) {
    const Running running{{.io_threads = 2}};
    constexpr int clients = 50;
    constexpr int requests = 200;
    std::atomic<int> right = 0;
    std::vector<std::jthread> threads;
    for (int who = 0; who < clients; ++who) {
        threads.emplace_back([&, who] {
            const auto client = running.client();
            for (int i = 0; i < requests; ++i) {
                const std::string body = fmt::format("{}-{}", who, i);
                const auto reply = i % 2 == 0
                                       ? client->call("POST", "/v1/echo", body)
                                       : client->call("GET", fmt::format("/v1/runs/{}/units/{}", who, i));
                const std::string expected = i % 2 == 0 ? body : fmt::format("{}|{}|", who, i);
                if (reply && reply->body == expected) ++right;
            }
        });
    }
    threads.clear();
    EXPECT_EQ(right, clients * requests);
    EXPECT_EQ(running.told(clients * requests).size(), static_cast<std::size_t>(clients * requests));
}

TEST(Load, OfIdleConnectionsCostsLittleMemory) {
    const Running running;
    constexpr std::size_t connections = 300;
    const auto ask = [](RawLine& line) {
        line.send("GET /v1/runs/latest HTTP/1.1\r\nHost: x\r\n\r\n");
        line.receive_until("latest");
    };
    // The clients live in this process too: their share is found by connecting without a server's part … which
    // cannot be done, so both ends together must stay below what one end may cost.
    std::vector<std::unique_ptr<RawLine>> lines;
    for (std::size_t i = 0; i < 20; ++i)
        ask(*lines.emplace_back(std::make_unique<RawLine>(running.server->port())));
    const std::size_t before = resident_kilobytes();
    for (std::size_t i = 0; i < connections; ++i)
        ask(*lines.emplace_back(std::make_unique<RawLine>(running.server->port())));
    const std::size_t per_connection = (resident_kilobytes() - before) / connections;
    RecordProperty("kilobytes_for_both_ends", static_cast<int>(per_connection));
    if (memory_can_be_measured) EXPECT_LT(per_connection, 2 * 64U);
}

TEST(GracefulStop, CutsNoRequest) {
    Running running;
    const auto client = running.client();
    ASSERT_TRUE(client->call("GET", "/v1/hello"));
    std::vector<std::jthread> threads;
    std::atomic<int> whole = 0;
    for (int i = 0; i < 3; ++i) {
        threads.emplace_back([&] {
            const auto reply = running.client()->call("GET", "/v1/slow?ms=700");
            if (reply && reply->body == "slow" && reply->headers.contains("connection")) ++whole;
        });
    }
    while (running.slow_requests < 3) std::this_thread::sleep_for(std::chrono::milliseconds{5});
    const auto began = std::chrono::steady_clock::now();
    running.server->stop(10);
    const auto took = std::chrono::steady_clock::now() - began;
    EXPECT_GT(took, std::chrono::milliseconds{300});
    EXPECT_LT(took, std::chrono::seconds{3});
    threads.clear();
    EXPECT_EQ(whole, 3);
    const auto after = client->call("GET", "/v1/hello");
    ASSERT_FALSE(after);
    EXPECT_EQ(after.error().fault, Fault::missing);
    running.server->stop(10);
}

TEST(GracefulStop, LosesNothingUnderLoad) {
    Running running;
    std::atomic<int> answered = 0;
    std::atomic<int> cut = 0;
    std::vector<std::jthread> threads;
    for (int i = 0; i < 8; ++i) {
        threads.emplace_back([&] {
            const auto client = running.client();
            while (true) {
                const auto reply = client->call("GET", "/v1/runs/latest");
                if (!reply) {
                    // Refused outright is right; torn in the middle is not.
                    if (reply.error().text.contains("middle")) ++cut;
                    return;
                }
                ++answered;
            }
        });
    }
    while (answered < 500) std::this_thread::sleep_for(std::chrono::milliseconds{1});
    running.server->stop(10);
    threads.clear();
    EXPECT_EQ(cut, 0);
    EXPECT_EQ(static_cast<int>(running.told(1).size()), answered)
        << "each request that was taken was answered";
}

TEST(GracefulStop, DoesNotWaitLongerThanItMay) {
    Running running;
    const auto client = running.client();
    std::jthread asking{[&] { static_cast<void>(client->call("GET", "/v1/slow?ms=3000")); }};
    while (running.slow_requests < 1) std::this_thread::sleep_for(std::chrono::milliseconds{5});
    const auto began = std::chrono::steady_clock::now();
    running.server->stop(1);
    EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::milliseconds{2200});
}

TEST(GracefulStop, EndsAStreamThatHasNothingToSay) {
    const auto quiet = [](const Request&) {
        return Response{.content_type = "text/event-stream",
                        .stream = [first = true](std::string& piece) mutable {
                            if (first) piece = "data: 1\n\n";
                            first = false;
                            return true;
                        }};
    };
    Running running{{}, {{.method = "GET", .pattern = "/v1/events", .handle = quiet}}};
    RawLine line{running.server->port()};
    line.send("GET /v1/events HTTP/1.1\r\nHost: x\r\n\r\n");
    ASSERT_TRUE(line.receive_until("data: 1"));
    running.server->stop(10);
    EXPECT_TRUE(line.receive_all().ends_with("0\r\n\r\n")) << "a proper end";
}

}  // namespace
}  // namespace onecard::net
