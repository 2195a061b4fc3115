#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "onecard/registry/csv.hpp"

namespace onecard::registry {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::SizeIs;

using Row = std::pair<std::int64_t, std::vector<std::string>>;

struct Read {
    std::vector<Row> rows;
    Faults faults;
};

/// Read whole, and held against reading the same a byte at a time.
Read read(const std::string& text) {
    const auto in_pieces = [&](std::size_t piece) {
        Read read;
        CsvReader reader{"persons.csv",
                         [&](std::int64_t line, std::span<const std::string_view> fields) {
                             read.rows.emplace_back(line,
                                                    std::vector<std::string>{fields.begin(), fields.end()});
                         },
                         read.faults};
        for (std::size_t i = 0; i < text.size(); i += piece)
            reader.feed(std::string_view{text}.substr(i, piece));
        reader.finish();
        return read;
    };
    const Read whole = in_pieces(text.size() + 1);
    const Read bytewise = in_pieces(1);
    EXPECT_EQ(whole.rows, bytewise.rows);
    EXPECT_EQ(whole.faults.size(), bytewise.faults.size());
    for (std::size_t i = 0; i < std::min(whole.faults.size(), bytewise.faults.size()); ++i)
        EXPECT_EQ(whole.faults[i].message(), bytewise.faults[i].message());
    return whole;
}

TEST(CsvReader, ReadsTheFormsOfRfc4180) {
    struct Case {
        const char* name;
        std::string text;
        std::vector<Row> rows;
    };
    const Case cases[] = {
        {"plain", "a,b\n1,2\n", {{1, {"a", "b"}}, {2, {"1", "2"}}}},
        {"no break at the end", "a,b\n1,2", {{1, {"a", "b"}}, {2, {"1", "2"}}}},
        {"CRLF", "a,b\r\n1,2\r\n", {{1, {"a", "b"}}, {2, {"1", "2"}}}},
        {"empty fields", ",\n,x,\n", {{1, {"", ""}}, {2, {"", "x", ""}}}},
        {"quotes", "\"a\",\"b,c\"\n", {{1, {"a", "b,c"}}}},
        {"doubled quotes", "\"say \"\"yes\"\"\",\"\"\"\"\n", {{1, {"say \"yes\"", "\""}}}},
        {"an empty quoted field", "\"\"\n", {{1, {""}}}},
        {"a break inside quotes", "\"a\r\nb\",c\n1,2\n", {{1, {"a\r\nb", "c"}}, {3, {"1", "2"}}}},
        {"byte-order mark", "\xEF\xBB\xBF\"a\",b\n", {{1, {"a", "b"}}}},
        {"empty lines", "a\n\n\r\nb\n", {{1, {"a"}}, {4, {"b"}}}},
        {"UTF-8", "阿依古丽·买买提,𬱖\n", {{1, {"阿依古丽·买买提", "𬱖"}}}},
        {"nothing", "", {}},
    };
    for (const Case& c : cases) {
        SCOPED_TRACE(c.name);
        const Read got = read(c.text);
        EXPECT_EQ(got.rows, c.rows);
        EXPECT_THAT(got.faults, IsEmpty());
    }
}

TEST(CsvReader, NamesTheFaultAndReadsOn) {
    struct Case {
        const char* name;
        std::string text;
        std::string place;
        std::string why;
        std::vector<Row> rows;
    };
    const Case cases[] = {
        {"quote in a plain field",
         "a,b\"c\n1,2\n",
         "persons.csv:1:2",
         "a quote inside a field",
         {{2, {"1", "2"}}}},
        {"text after a quote",
         "\"a\"b,c\n1,2\n",
         "persons.csv:1:1",
         "after the closing quote",
         {{2, {"1", "2"}}}},
        {"lone carriage return", "a,b\rc\n1,2\n", "persons.csv:1:2", "carriage return", {{2, {"1", "2"}}}},
        {"quote never closed",
         "1,2\n3,\"4\n5,6\n",
         "persons.csv:2:2",
         "never closed",
         {{1, {"1", "2"}}, {3, {"5", "6"}}}},
        {"quote closed by another field",
         "x,\"1\ny,\"2\"\nz,3\n",
         "persons.csv:1:2",
         "on line 2",
         {{2, {"y", "2"}}, {3, {"z", "3"}}}},
        {"GBK", "a,\xCD\xF5\n1,2\n", "persons.csv:1:2", "not UTF-8", {{2, {"1", "2"}}}},
        {"overlong UTF-8", "\xC0\xAF,b\n", "persons.csv:1:1", "not UTF-8", {}},
    };
    for (const Case& c : cases) {
        SCOPED_TRACE(c.name);
        const Read got = read(c.text);
        EXPECT_EQ(got.rows, c.rows);
        ASSERT_THAT(got.faults, SizeIs(1));
        EXPECT_EQ(got.faults[0].place, c.place);
        EXPECT_THAT(got.faults[0].text, HasSubstr(c.why));
    }
}

TEST(CsvReader, RefusesARowOver64KiBAndReadsOn) {
    const Read got = read("a\n" + std::string(CsvReader::row_bytes_max, 'x') + "y\nb\n");
    EXPECT_THAT(got.rows, ElementsAre(Pair(1, ElementsAre("a")), Pair(3, ElementsAre("b"))));
    ASSERT_THAT(got.faults, SizeIs(1));
    EXPECT_EQ(got.faults[0].message(), "persons.csv:2:1: a row over 64 KiB");
}

TEST(CsvReader, TakesARowOfExactly64KiB) {
    const std::string widest(CsvReader::row_bytes_max, 'x');
    EXPECT_THAT(read(widest + "\nb\n").rows,
                ElementsAre(Pair(1, ElementsAre(widest)), Pair(2, ElementsAre("b"))));
}

TEST(CsvReader, GivesUpAnOpenQuoteAfter64KiBAndStillReadsTheRowsBehindIt) {
    std::string text = "\"open,1\n";
    for (int i = 0; i < 20'000; ++i) text += "ab,cd\n";
    const Read got = read(text);
    EXPECT_THAT(got.rows, SizeIs(20'000));
    EXPECT_EQ(got.rows.front().first, 2);
    EXPECT_EQ(got.rows.back().first, 20'001);
    ASSERT_THAT(got.faults, SizeIs(1));
    EXPECT_EQ(got.faults[0].place, "persons.csv:1:1");
}

TEST(CsvReader, ListsNoMoreFaultsThanWantedButCountsThem) {
    Faults faults;
    CsvReader reader{"f.csv", [](auto, auto) {}, faults, 3};
    for (int i = 0; i < 10; ++i) reader.feed("a\"\n");
    reader.finish();
    EXPECT_THAT(faults, SizeIs(3));
    EXPECT_EQ(reader.faults_found(), 10);
}

}  // namespace
}  // namespace onecard::registry
