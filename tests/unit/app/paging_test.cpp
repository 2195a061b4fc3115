#include "onecard/app/paging.hpp"

#include <gtest/gtest.h>

#include <array>
#include <set>

namespace onecard::app {
namespace {

constexpr std::array<std::string_view, 2> keys{"county", "break"};

Table list_of(const std::vector<std::pair<std::string, std::int64_t>>& rows) {
    Table table{"breaks", {}, {{"amount", {}}, {"county", {}}, {"break", {}}}, {}};
    for (const auto& [county, no] : rows) table.rows.push_back({Money::of_fen(no), county, no});
    return table;
}

std::vector<std::int64_t> numbers_in(const Table& table) {
    std::vector<std::int64_t> numbers;
    for (const auto& row : table.rows) numbers.push_back(std::get<std::int64_t>(row[2]));
    return numbers;
}

TEST(Paging, GoesThroughAListInTheOrderOfItsKeysAndEndsWithAnEmptyCursor) {
    const Table whole = list_of({{"370212", 2}, {"370211", 9}, {"370212", 10}, {"370211", 1}});
    std::string cursor;
    std::vector<std::int64_t> seen;
    int pages = 0;
    do {
        Table page = whole;
        cursor = cut_page(page, keys, cursor, 2).value();
        for (const std::int64_t no : numbers_in(page)) seen.push_back(no);
        ++pages;
    } while (!cursor.empty() && pages < 10);
    EXPECT_EQ(seen, (std::vector<std::int64_t>{1, 9, 2, 10}));
    EXPECT_EQ(pages, 2);
}

TEST(Paging, ShiftsNothingWhenRowsComeAndGoBetweenTwoPages) {
    Table first = list_of({{"370211", 1}, {"370211", 5}, {"370212", 3}, {"370212", 4}});
    const std::string cursor = cut_page(first, keys, "", 2).value();
    // The row that the cursor names is gone, one before it is new, and so is one behind it.
    Table second = list_of({{"370211", 1}, {"370211", 2}, {"370211", 6}, {"370212", 3}, {"370212", 4}});
    EXPECT_EQ(cut_page(second, keys, cursor, 10).value(), "");
    EXPECT_EQ(numbers_in(second), (std::vector<std::int64_t>{6, 3, 4}));
}

TEST(Paging, OrdersNumbersThatAreTextAsNumbers) {
    Table table{"files", {}, {{"bank", {}}}, {{std::string{"10"}}, {std::string{"9"}}, {std::string{"a"}}}};
    constexpr std::array<std::string_view, 1> key{"bank"};
    EXPECT_EQ(cut_page(table, key, "", 1).value(), "39");
    EXPECT_EQ(std::get<std::string>(table.rows[0][0]), "9");
}

TEST(Paging, RefusesWhatIsNoCursorOfItsList) {
    for (const char* cursor : {"x", "3", "zz", "33", "331f", "331f331f33", "331f6162"}) {
        Table table = list_of({{"370211", 1}, {"370211", 5}});
        const auto refused = cut_page(table, keys, cursor, 2);
        ASSERT_FALSE(refused) << cursor;
        EXPECT_EQ(refused.error().fault, Fault::malformed) << cursor;
        EXPECT_EQ(refused.error().place, "after") << cursor;
    }
    Table nothing = list_of({});
    EXPECT_EQ(cut_page(nothing, keys, "331f31", 2).value(), "");
}

TEST(Slice, IsWhatACursorSaysInTheParametersOfAQuery) {
    Table table = list_of({{"370211", 9}, {"370212", 10}});
    const std::string cursor = cut_page(table, keys, "", 1).value();
    const auto slice = slice_after(cursor, "nn", 3).value();
    using Pair = std::pair<std::string, std::string>;
    EXPECT_EQ(slice.parameters({"county", "break"}),
              (std::vector<Pair>{{"after_county", "370211"}, {"after_break", "9"}, {"most", "3"}}));
    EXPECT_EQ(slice_after("", "nn", 3)->parameters({"county", "break"}),
              (std::vector<Pair>{{"after_county", "-1"}, {"after_break", "-1"}, {"most", "3"}}));
}

TEST(Slice, RefusesWhatNoCursorOfTheListCanBe) {
    const auto cursor = [](std::string_view text) {
        std::string hex;
        for (const unsigned char c : text) {
            hex += "0123456789abcdef"[c >> 4];
            hex += "0123456789abcdef"[c & 15];
        }
        return hex;
    };
    EXPECT_TRUE(slice_after(cursor("1\x1f"
                                   "a"),
                            "nt", 1));
    for (const char* wrong : {"1",
                              "1\x1f"
                              "2\x1f"
                              "3",
                              "x\x1f"
                              "a",
                              "01\x1f"
                              "a",
                              "+1\x1f"
                              "a",
                              "99999999999999999999\x1f"
                              "a",
                              "1\x1f"
                              "a b",
                              "1\x1f"
                              "\x80"})
        EXPECT_FALSE(slice_after(cursor(wrong), "nt", 1)) << wrong;
    EXPECT_FALSE(slice_after("3", "n", 1));
    EXPECT_FALSE(slice_after("zz", "n", 1));
}

}  // namespace
}  // namespace onecard::app
