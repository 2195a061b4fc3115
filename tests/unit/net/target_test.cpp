#include "target.hpp"

#include <gtest/gtest.h>

namespace onecard::net {
namespace {

TEST(Target, IsDecodedSegmentBySegment) {
    const auto target = parse_target("/v1/files/%E4%BD%8E%E4%BF%9D%20a?q=%E5%8C%BA+b&empty=&flag&x=1%2B2");
    ASSERT_TRUE(target) << target.error().message();
    EXPECT_EQ(target->path, "/v1/files/低保 a");
    EXPECT_EQ(target->segments, (std::vector<std::string>{"v1", "files", "低保 a"}));
    const std::map<std::string, std::string> query{{"q", "区 b"}, {"empty", ""}, {"flag", ""}, {"x", "1+2"}};
    EXPECT_EQ(target->query, query);
}

TEST(Target, KeepsEmptySegmentsApart) {
    EXPECT_EQ(parse_target("/")->segments, (std::vector<std::string>{""}));
    EXPECT_EQ(parse_target("/v1//x/")->segments, (std::vector<std::string>{"v1", "", "x", ""}));
    EXPECT_EQ(parse_target("/a+b")->path, "/a+b");
}

TEST(Target, RefusesTricks) {
    struct Row {
        const char* name;
        std::string target;
    };
    const std::vector<Row> rows{
        {"nothing", ""},
        {"no slash in front", "v1"},
        {"another server", "https://elsewhere/v1"},
        {"everything", "*"},
        {"up", "/v1/../x"},
        {"up, escaped", "/v1/%2e%2E/x"},
        {"here", "/v1/./x"},
        {"up at the end", "/v1/.."},
        {"slash behind an escape", "/v1/a%2Fb"},
        {"backslash", "/v1/a%5cb"},
        {"NUL", "/v1/a%00.txt"},
        {"line feed", "/v1/a%0a"},
        {"delete", "/v1/a%7F"},
        {"half an escape", "/v1/a%4"},
        {"lone percent", "/v1/a%"},
        {"no hex", "/v1/a%zz"},
        {"not UTF-8", "/v1/%ff"},
        {"GBK", "/v1/%B5%CD"},
        {"an overlong slash", "/v1/%c0%af"},
        {"a surrogate", "/v1/%ed%a0%80"},
        {"fragment", "/v1/a#b"},
        {"NUL in the query", "/v1?a=%00"},
        {"bad escape in the query", "/v1?a=%g0"},
        {"bad escape in a name", "/v1?%=1"},
        {"not UTF-8 in the query", "/v1?a=%ff"},
        {"the same name twice", "/v1?a=1&a=2"},
    };
    for (const Row& row : rows) {
        const auto target = parse_target(row.target);
        ASSERT_FALSE(target) << row.name;
        EXPECT_EQ(target.error().fault, Fault::malformed) << row.name;
    }
}

}  // namespace
}  // namespace onecard::net
