#include "onecard/ops/workbook.hpp"

#include <gtest/gtest.h>

#include <cstdio>
#include <filesystem>
#include <fstream>

#include "support/own_folder.hpp"

namespace onecard::ops {
namespace {

/// The parts of an .xlsx, unpacked by another program.
std::string part_of(const std::string& workbook, const std::string& part) {
    const std::filesystem::path file =
        std::filesystem::path{test::own_folder()} / "onecard-workbook-test.xlsx";
    std::ofstream{file, std::ios::binary} << workbook;
    const std::string command =
        "cd / && cmake -E chdir " + test::own_folder() + " cmake -E tar xf " + file.string();
    EXPECT_EQ(std::system(command.c_str()), 0);
    std::ifstream in{std::filesystem::path{test::own_folder()} / part, std::ios::binary};
    return {std::istreambuf_iterator<char>{in}, {}};
}

TEST(Workbook, HoldsEveryTableWithMoneyInYuanAndTextsThatAreNoFormulas) {
    app::Report report{{"概要", "Changes"}, {{"total", {"合计", "total"}, Money::of_fen(12'345)}}, {}};
    report.tables.push_back({"by_programme",
                             {"按项目", "By programme"},
                             {{"name", {"项目", "programme"}}, {"sum", {"金额", "sum"}}},
                             {{std::string{"=1+1"}, Money::of_fen(-50)}}});
    const std::string english = to_workbook(report, app::Language::english);
    EXPECT_NE(part_of(english, "xl/workbook.xml").find("by_programme"), std::string::npos);
    EXPECT_NE(part_of(english, "xl/worksheets/sheet1.xml").find("<v>123.45</v>"), std::string::npos);
    const std::string sheet = part_of(english, "xl/worksheets/sheet2.xml");
    EXPECT_NE(sheet.find("<v>-0.5</v>"), std::string::npos) << sheet;
    EXPECT_EQ(sheet.find("<f>"), std::string::npos) << sheet;
    EXPECT_NE(part_of(english, "xl/sharedStrings.xml").find("=1+1"), std::string::npos);
    EXPECT_NE(part_of(to_workbook(report, app::Language::chinese), "xl/sharedStrings.xml").find("金额"),
              std::string::npos);
}

TEST(WorkbookStream, WritesRowsAsTheyComeAndEndsWithAProof) {
    const std::filesystem::path folder{test::own_folder()};
    app::Report head{{"花名册", "Roster"}, {{"region", {"地区", "region"}, std::string{"370212"}}}, {}};
    head.tables.push_back(
        {"rows", {"明细", "Rows"}, {{"name", {"姓名", "name"}}, {"amount", {"金额", "amount"}, true}}, {}});
    WorkbookStream stream{folder, head, app::Language::english};
    for (int piece = 0; piece < 3; ++piece) {
        app::Table some = head.tables.front();
        for (int row = 0; row < 1000; ++row)
            some.rows.push_back({"person " + std::to_string(1000 * piece + row), Money::of_fen(100 + row)});
        stream.put(some);
    }
    const auto file = stream.finish({{"sha256_of_csv", {"摘要", "sha256"}, std::string{"abc123"}}});
    std::ifstream in{file, std::ios::binary};
    const std::string bytes{std::istreambuf_iterator<char>{in}, {}};
    std::filesystem::remove(file);
    const std::string sheet = part_of(bytes, "xl/worksheets/sheet2.xml");
    EXPECT_NE(sheet.find("person 2999"), std::string::npos);
    EXPECT_NE(sheet.find("r=\"B3001\""), std::string::npos);
    EXPECT_NE(sheet.find("<v>10.99</v>"), std::string::npos);
    EXPECT_NE(part_of(bytes, "xl/worksheets/sheet3.xml").find("abc123"), std::string::npos);
}

TEST(WorkbookStream, LeavesNoFileWhenItsTableBreaksOff) {
    const std::filesystem::path folder = std::filesystem::path{test::own_folder()} / "broken-off";
    std::filesystem::create_directories(folder);
    app::Report head{{"a", "a"}, {}, {}};
    head.tables.push_back({"rows", {"a", "a"}, {{"name", {"a", "a"}}}, {}});
    {
        const WorkbookStream stream{folder, head, app::Language::english};
    }
    EXPECT_TRUE(std::filesystem::is_empty(folder));
}

}  // namespace
}  // namespace onecard::ops
