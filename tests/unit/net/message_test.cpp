#include "message.hpp"

#include <gtest/gtest.h>

namespace onecard::net {
namespace {

struct Outcome {
    Fed fed = Fed::wants_more;
    Head head;
    int status = 0;
    std::string body;
};

/// Feeds `text` in pieces of `step` bytes, as a slow line would.
Outcome read(MessageReader& reader, std::string_view text, std::size_t step) {
    Outcome outcome;
    reader.body_to(
        [&](std::string_view bytes) {
            outcome.body.append(bytes);
            return true;
        },
        1000);
    std::string waiting;
    for (std::size_t at = 0; at < text.size(); at += step) {
        waiting += text.substr(at, step);
        do {
            std::size_t used = 0;
            outcome.fed = reader.feed(waiting, used);
            waiting.erase(0, used);
        } while (outcome.fed == Fed::head && !reader.is_whole());
        if (outcome.fed == Fed::refused || reader.is_whole()) break;
    }
    if (reader.is_whole()) outcome.fed = Fed::whole;
    outcome.head = reader.head();
    outcome.status = reader.status();
    return outcome;
}

Outcome read_request(std::string_view text, std::size_t step) {
    const auto reader = request_reader(500);
    return read(*reader, text, step);
}

TEST(Message, ReadsTheSameInPiecesOfAnySize) {
    constexpr std::string_view plain =
        "PUT /a?b HTTP/1.1\r\nHost: x\r\nA: 1\r\na: 2\r\nContent-Length: 5\r\n\r\n12345";
    constexpr std::string_view chunked =
        "PUT /a?b HTTP/1.1\r\nHost: x\r\nA: 1\r\na: 2\r\nTransfer-Encoding: chunked\r\n\r\n"
        "2;x=y\r\n12\r\n3\r\n345\r\n0\r\nHost: forged\r\n\r\n";
    for (const std::string_view text : {plain, chunked}) {
        for (const std::size_t step : {1U, 2U, 3U, 7U, 64U, 1000U}) {
            const Outcome outcome = read_request(text, step);
            ASSERT_EQ(outcome.fed, Fed::whole) << step;
            EXPECT_EQ(outcome.head.method, "PUT");
            EXPECT_EQ(outcome.head.target, "/a?b");
            EXPECT_EQ(outcome.head.headers.at("a"), "1, 2");
            EXPECT_EQ(outcome.head.headers.at("host"), "x") << "a trailer changes nothing";
            EXPECT_EQ(outcome.body, "12345");
        }
    }
}

TEST(Message, IsRefusedWhereTwoReadersCouldDisagree) {
    struct Row {
        const char* name;
        std::string text;
        int status;
    };
    const std::vector<Row> rows{
        {"both lengths", "POST / HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
        {"both, turned", "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n", 400},
        {"two lengths", "POST / HTTP/1.1\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n", 400},
        {"a signed length", "POST / HTTP/1.1\r\nContent-Length: +5\r\n\r\n", 400},
        {"a length too large", "POST / HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n", 400},
        {"another coding", "POST / HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n", 400},
        {"two codings", "POST / HTTP/1.1\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", 400},
        {"chunks before 1.1", "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
        {"two hosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400},
        {"a space before the colon", "GET / HTTP/1.1\r\nHost : a\r\n\r\n", 400},
        {"HTTP/2", "GET / HTTP/2.0\r\n\r\n", 400},
        {"no HTTP", "hello\r\n\r\n", 400},
        {"NUL in a header", std::string{"GET / HTTP/1.1\r\nA: b\0c\r\n\r\n", 26}, 400},
        {"a bad chunk", "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n", 400},
        {"a chunk longer than said", "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n",
         400},
        {"headers too long", "GET / HTTP/1.1\r\nA: " + std::string(600, 'a') + "\r\n\r\n", 431},
        {"many headers",
         [] {
             std::string text = "GET / HTTP/1.1\r\n";
             for (int i = 0; i < 200; ++i) text += "A: b\r\n";
             return text + "\r\n";
         }(),
         431},
        {"a target too long", "GET /" + std::string(600, 'a') + " HTTP/1.1\r\n\r\n", 431},
        {"a chunk's head without end",
         "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1;" + std::string(600, 'a'), 400},
        {"body too long", "POST / HTTP/1.1\r\nContent-Length: 1001\r\n\r\n" + std::string(1001, 'a'), 413},
        {"chunks too long",
         "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3e9\r\n" + std::string(1001, 'a'), 413},
    };
    for (const Row& row : rows) {
        for (const std::size_t step : {1U, 5U, 5000U}) {
            const Outcome outcome = read_request(row.text, step);
            EXPECT_EQ(outcome.fed, Fed::refused) << row.name << ", step " << step;
            EXPECT_EQ(outcome.status, row.status) << row.name << ", step " << step;
        }
    }
}

TEST(Message, OfAReplyMayEndWithTheConnection) {
    const auto reader = reply_reader(500, false);
    const Outcome outcome = read(*reader, "HTTP/1.1 200 OK\r\n\r\nabc", 4);
    EXPECT_EQ(outcome.fed, Fed::wants_more);
    EXPECT_TRUE(reader->feed_end());
    EXPECT_TRUE(reader->is_whole());

    const auto cut = reply_reader(500, false);
    read(*cut, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc", 400);
    EXPECT_FALSE(cut->feed_end());
}

TEST(Message, OfAReplyToHeadHasNoBody) {
    const auto reader = reply_reader(500, true);
    EXPECT_EQ(read(*reader, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", 400).fed, Fed::whole);
}

}  // namespace
}  // namespace onecard::net
