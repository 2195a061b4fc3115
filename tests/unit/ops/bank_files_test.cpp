#include "onecard/ops/bank_files.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

namespace onecard::ops {
namespace {

std::string shipped(const std::string& name) {
    std::ifstream in{ONECARD_SOURCE_DIR "/config/banks/" + name + ".toml"};
    return {std::istreambuf_iterator<char>{in}, {}};
}

std::string said(const std::string& text) {
    std::string all;
    for (const Failure& fault : read_bank_profile(text, "b.toml").faults) all += fault.message() + "\n";
    return all;
}

/// The profile with one thing altered.
std::string with(std::string text, const std::string& from, const std::string& to) {
    const std::size_t at = text.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    return text.replace(at, from.size(), to);
}

TEST(BankProfileFile, EveryShippedOneIsSound) {
    const auto loaded = load_bank_profiles(ONECARD_SOURCE_DIR "/config/banks");
    for (const Failure& fault : loaded.faults) ADD_FAILURE() << fault.message();
    EXPECT_EQ(loaded.profiles.size(), 5u);
}

TEST(BankProfileFile, NamesEveryFaultWithFileAndLine) {
    const std::string wrong =
        "title = \"x\"\nencoding = \"UTF-16\"\nlines_per_file = 0\nmemo = 3\n[codes]\nXX99 = [\"1\"]\n";
    EXPECT_EQ(said(wrong),
              "b.toml:2:12: encoding: must be one of UTF-8, GBK, GB18030\n"
              "b.toml:3:18: lines_per_file: must be a whole number from 1 to 9999999\n"
              "b.toml:4:1: memo: there is no such key\n"
              "b.toml:6:1: codes.XX99: is no canonical reason\n");
    EXPECT_EQ(said("title = "), "b.toml:1:9: Error while parsing key-value pair: encountered end-of-file\n");
}

TEST(BankProfileFile, RefusesWhatWouldLoseSomethingOrCouldNotBeReadBack) {
    const std::string fixed = shipped("fixed-gbk");
    EXPECT_NE(said(with(fixed, "    { field = \"payment\", width = 26 },\n", ""))
                  .find("batch.detail needs «payment»"),
              std::string::npos);
    EXPECT_NE(said(with(fixed, "{ constant = \"9\", width = 1 }", "{ constant = \"2\", width = 1 }"))
                  .find("must begin with constants that differ"),
              std::string::npos);
    EXPECT_NE(said(with(fixed, "DEAD = [\"3914\"]\n", "")).find("no code for DEAD"), std::string::npos);
    EXPECT_NE(said(with(fixed, "DEAD = [\"3914\"]", "DEAD = [\"3031\"]")).find("stands there twice"),
              std::string::npos);
    EXPECT_NE(
        said(with(fixed, "PAY_{county}_{period}_{serial}.txt", "PAY_{county}.txt")).find("batch.file needs"),
        std::string::npos);
    EXPECT_NE(said(with(fixed, "PAY_{county}_{period}_{serial}.txt", "../{file_id}.txt"))
                  .find("batch.file: letters"),
              std::string::npos);
    EXPECT_NE(said(with(fixed, "{ field = \"summary\", width = 30 }", "{ field = \"summary\", width = 10 }"))
                  .find("the memo of"),
              std::string::npos);
    EXPECT_NE(said(with(shipped("xml-gbk"), "element = \"SN\", ", "")).find("needs its element"),
              std::string::npos);
}

}  // namespace
}  // namespace onecard::ops
