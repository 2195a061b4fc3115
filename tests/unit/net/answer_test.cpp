#include "answer.hpp"

#include <gtest/gtest.h>

#include "onecard/core/result.hpp"

namespace onecard::net {
namespace {

TEST(Range, SelectsOnePart) {
    struct Row {
        const char* range;
        std::uint64_t size;
        Selection selection;
        Part part;
    };
    const std::vector<Row> rows{
        {"bytes=0-9", 100, Selection::part, {0, 10}},
        {"bytes=90-", 100, Selection::part, {90, 10}},
        {"bytes=-10", 100, Selection::part, {90, 10}},
        {"bytes=-1000", 100, Selection::part, {0, 100}},
        {"bytes=50-1000", 100, Selection::part, {50, 50}},
        {"Bytes=0-0", 1, Selection::part, {0, 1}},
        {"bytes=0-18446744073709551615", 100, Selection::part, {0, 100}},
        {"bytes=100-", 100, Selection::unsatisfiable, {}},
        {"bytes=0-", 0, Selection::unsatisfiable, {}},
        {"bytes=-0", 100, Selection::unsatisfiable, {}},
        {"bytes=-5", 0, Selection::unsatisfiable, {}},
        {"bytes=9-0", 100, Selection::whole, {}},
        {"bytes=0-1,5-6", 100, Selection::whole, {}},
        {"bytes=-", 100, Selection::whole, {}},
        {"bytes=a-b", 100, Selection::whole, {}},
        {"bytes=99999999999999999999-", 100, Selection::whole, {}},
        {"lines=0-1", 100, Selection::whole, {}},
        {"", 100, Selection::whole, {}},
    };
    for (const Row& row : rows) {
        Part part;
        EXPECT_EQ(select_part(row.range, row.size, part), row.selection) << row.range;
        if (row.selection == Selection::part) EXPECT_EQ(part, row.part) << row.range;
    }
}

TEST(EntityTag, IsComparedWeaklyForCachesAndStronglyForRanges) {
    EXPECT_TRUE(is_listed("\"a\"", "\"a\""));
    EXPECT_TRUE(is_listed("\"b\" , W/\"a\"", "\"a\""));
    EXPECT_TRUE(is_listed("*", "\"a\""));
    EXPECT_FALSE(is_listed("*", ""));
    EXPECT_FALSE(is_listed("\"aa\"", "\"a\""));
    EXPECT_TRUE(is_same_strong("\"a\"", "\"a\""));
    EXPECT_FALSE(is_same_strong("W/\"a\"", "W/\"a\""));
    EXPECT_FALSE(is_same_strong("Sat, 01 Jan 2022 00:00:00 GMT", "\"a\""));
}

TEST(AnswerHead, LeavesLengthsToTheServerAndRefusesForgedHeaders) {
    const std::map<std::string, std::string> headers{{"content-LENGTH", "7"}, {"ETag", "\"a\""}};
    AnswerHead head{
        .content_type = "text/plain", .headers = &headers, .length = 3, .request_id = "r", .date = "d"};
    EXPECT_EQ(render(head),
              "HTTP/1.1 200 OK\r\nDate: d\r\nContent-Type: text/plain\r\nContent-Length: 3\r\n"
              "X-Request-Id: r\r\nETag: \"a\"\r\n\r\n");
    for (const auto& [name, value] : std::map<std::string, std::string>{
             {"X", "a\nb"}, {"X-Y", "a\rb"}, {"X Y", "a"}, {"X:", "a"}, {"", "a"}}) {
        const std::map<std::string, std::string> forged{{name, value}};
        head.headers = &forged;
        EXPECT_THROW(render(head), BrokenInvariant) << name;
    }
}

}  // namespace
}  // namespace onecard::net
