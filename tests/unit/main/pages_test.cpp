#include "pages.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace onecard::cli {
namespace {

/// A list on record: it gives what is asked of it and remembers the most that it was asked for.
struct Kept {
    std::vector<std::int64_t> numbers;
    std::int64_t most = 0;
    int times = 0;

    app::Report read(const app::Slice& slice) {
        most = std::max(most, slice.rows_max);
        ++times;
        const std::int64_t after = slice.after.empty() ? -1 : std::stoll(slice.after.front());
        app::Table table{"rows", {"行", "Rows"}, {{"no", {"号", "no"}}}, {}};
        for (const std::int64_t no : numbers)
            if (no > after && static_cast<std::int64_t>(table.rows.size()) < slice.rows_max)
                table.rows.push_back({no});
        return {{"表", "A list"}, {}, {table}};
    }
};

std::shared_ptr<Kept> kept(std::int64_t rows) {
    const auto list = std::make_shared<Kept>();
    for (std::int64_t no = 1; no <= rows; ++no) list->numbers.push_back(2 * no);
    return list;
}

net::Response ask(const std::shared_ptr<Kept>& list, const std::string& accept,
                  std::map<std::string, std::string> query = {}) {
    net::Request request;
    request.method = "GET";
    request.headers["accept"] = accept;
    request.query = std::move(query);
    return answer_sliced_list(request, {"no"}, "n",
                              [list](const app::Slice& slice) { return list->read(slice); });
}

std::string whole_of(net::Response& response) {
    std::string all = response.body, piece;
    if (response.stream)
        for (bool more = true; more;) {
            piece.clear();
            more = response.stream(piece);
            all += piece;
        }
    return all;
}

TEST(SlicedList, IsWrittenOutPageByPageAndNeverReadWhole) {
    const auto list = kept(5000);
    net::Response lines = ask(list, "application/x-ndjson");
    std::string expected;
    for (std::int64_t no = 1; no <= 5000; ++no) expected += fmt::format("{{\"no\":{}}}\n", 2 * no);
    EXPECT_EQ(whole_of(lines), expected);
    EXPECT_EQ(list->times, 3);
    EXPECT_LE(list->most, 2001);
    net::Response csv = ask(list, "text/csv");
    const std::string text = whole_of(csv);
    EXPECT_EQ(std::ranges::count(text, '\n'), 5001) << "one heading";
    EXPECT_LE(list->most, 2001);
}

TEST(SlicedList, AsksTheRecordsForAPageAndOneRowMore) {
    const auto list = kept(30);
    const net::Response page = ask(list, "application/json", {{"limit", "7"}});
    EXPECT_EQ(list->most, 8);
    EXPECT_NE(page.body.find("\"next\":\"3134\""), std::string::npos) << page.body;
    const net::Response last = ask(list, "application/json", {{"limit", "7"}, {"after", "3536"}});
    EXPECT_NE(last.body.find("\"next\":\"\""), std::string::npos) << last.body;
    EXPECT_NE(last.body.find("[{\"no\":58},{\"no\":60}]"), std::string::npos) << last.body;
    EXPECT_THROW(ask(list, "application/json", {{"after", "zz"}}), Refused);
    EXPECT_THROW(ask(list, "application/json", {{"after", "31206f7220"}}), Refused) << "«1 or »";
}

TEST(SlicedList, ShiftsNothingWhenRowsComeWhileItIsWrittenOut) {
    const auto list = kept(4500);
    net::Response lines = ask(list, "application/x-ndjson");
    std::string all, piece;
    ASSERT_TRUE(lines.stream(piece));
    all = piece;
    // Before and behind what was written: the one is not seen, the other is, and none twice.
    list->numbers.insert(list->numbers.begin(), 1);
    list->numbers.push_back(9001);
    for (bool more = true; more;) {
        piece.clear();
        more = lines.stream(piece);
        all += piece;
    }
    std::string expected;
    for (std::int64_t no = 1; no <= 4500; ++no) expected += fmt::format("{{\"no\":{}}}\n", 2 * no);
    EXPECT_EQ(all, expected + "{\"no\":9001}\n");
}

}  // namespace
}  // namespace onecard::cli
