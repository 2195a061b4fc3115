#include "chinese.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <set>

namespace onecard::cli {
namespace {

namespace fs = std::filesystem;

/// The texts of a folder of sources as they are said: literals that follow each other are one.
std::string literals_under(const fs::path& folder) {
    std::string all;
    for (const auto& entry : fs::recursive_directory_iterator{folder}) {
        if (entry.path().extension() != ".cpp" && entry.path().extension() != ".hpp") continue;
        std::ifstream in{entry.path(), std::ios::binary};
        all.append(std::istreambuf_iterator<char>{in}, {});
    }
    all = std::regex_replace(all, std::regex{"\"\\s*\n\\s*\""}, "");
    all = std::regex_replace(all, std::regex{"\\{:[0-9A-Za-z]+\\}"}, "{}");
    return std::regex_replace(all, std::regex{R"(\\")"}, "\"");
}

TEST(ChineseTexts, AreOfTextsThatAreSaidSomewhere) {
    const std::string sources = literals_under(fs::path{ONECARD_SOURCE_DIR} / "src");
    // Words stand in holes of others and come from tables of their own.
    bool is_word = false;
    std::set<std::string> twice;
    for (const std::string& text : texts_in_chinese()) {
        EXPECT_TRUE(twice.insert(text).second) << "twice: " << text;
        is_word |= text == "maker";
        if (is_word) continue;
        std::string piece = text;
        if (piece.ends_with("{}")) piece.resize(piece.size() - 2);
        EXPECT_NE(sources.find(piece), std::string::npos) << "nobody says: " << text;
    }
    EXPECT_TRUE(is_word);
    EXPECT_GT(twice.size(), 200U);
}

/// What a bank or an officer may be refused with: nearly all of it is there, so that a new text is noticed.
TEST(ChineseTexts, AreThereForMostReasonsOfTheDoor) {
    const std::regex said{
        R"re((?:refuse\(\s*Fault::\w+,|\{\{Fault::\w+,[^;{}"]*?,)\s*(?:fmt::format\(\s*)?"((?:[^"\\]|\\.)*)")re"};
    std::size_t known = 0, all = 0;
    std::string missing;
    std::vector<fs::path> files;
    for (const char* room : {"app", "registry"})
        for (const auto& entry : fs::directory_iterator{fs::path{ONECARD_SOURCE_DIR} / "src" / room})
            // What an auditor's own program says of a packet or of the books is said to nobody at the door.
            if (entry.path().extension() == ".cpp" && !entry.path().filename().string().contains("verify"))
                files.push_back(entry.path());
    for (const fs::path& file : files) {
        std::ifstream in{file, std::ios::binary};
        std::string text{std::istreambuf_iterator<char>{in}, {}};
        text = std::regex_replace(text, std::regex{"\"\\s*\n\\s*\""}, "");
        for (std::sregex_iterator at{text.begin(), text.end(), said}, end; at != end; ++at) {
            ++all;
            const std::string english = (*at)[1];
            if (is_in_chinese(english))
                ++known;
            else
                missing += english + "\n";
        }
    }
    EXPECT_GT(all, 180U);
    EXPECT_GE(10 * known, 9 * all) << missing;
}

TEST(ChineseTexts, KeepPlacesNumbersAndNames) {
    EXPECT_EQ(in_chinese("number 7 leaves a gap: number 5 must come first"),
              "序号 7 造成缺号：应先提交序号 5");
    EXPECT_EQ(
        in_chinese(
            "YKT1.ret:3:amount: expected an amount in fen, 1 or more, without leading zeros, found '00'"),
        "YKT1.ret:3:amount：应为以分计的金额，不小于 1，无前导零，实为'00'");
    EXPECT_EQ(
        in_chinese(
            "a.ret:2:account: expected 12 to 30 digits, found 11 digits ending in 1234\na.ret:9:hash: new\n"),
        "a.ret:2:account：应为12 至 30 位数字，实为尾号 1234 的 11 位数字\na.ret:9:hash: new\n");
    EXPECT_EQ(in_chinese("county 370212 has a live one-off run for 2022-01 already"),
              "区县 370212 在 2022-01 已有未撤销的一次性批次");
    EXPECT_EQ(in_chinese("a maker has no business here"), "经办无权使用此接口");
    EXPECT_FALSE(is_in_chinese("what nobody has said"));
    EXPECT_EQ(in_chinese("what nobody has said"), "what nobody has said");
}

}  // namespace
}  // namespace onecard::cli
