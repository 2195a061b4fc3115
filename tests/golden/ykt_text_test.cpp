#include <gtest/gtest.h>
#include <fstream>
#include <iterator>
#include <vector>

#include "onecard/bankfile/encoding.hpp"
#include "support/openssl_hash.hpp"
#include "support/ykt_files.hpp"

namespace onecard {
namespace {

std::string sample(const std::string& name) {
    const std::string path = ONECARD_SOURCE_DIR "/tests/golden/samples/" + name;
    std::ifstream file{path, std::ios::binary};
    EXPECT_TRUE(file) << path;
    return {std::istreambuf_iterator<char>{file}, {}};
}

TEST(YktText, BatchSampleIsReadAndWrittenByteForByte) {
    tests::OpensslSm3 sm3;
    const std::string bytes = sample("YKT9901012024090001.txt");
    ASSERT_EQ(bytes.size(), 686u);
    const auto read = tests::read_batch(bytes, sm3);
    ASSERT_EQ(read.messages(), "");
    EXPECT_EQ(read.header.file_id, "YKT9901012024090001");
    EXPECT_EQ(read.header.count, 5);
    EXPECT_EQ(read.header.total, Money::of_fen(400'000));
    EXPECT_EQ(read.header.made_at.text(), "2024-09-05T09:30:00+08:00");
    ASSERT_EQ(read.lines.size(), 5u);
    EXPECT_EQ(read.lines[1].view().name, "买买提·吐尔逊");
    EXPECT_EQ(read.lines[2].view().name, "徐\u3F06");
    EXPECT_EQ(read.lines[3].view().name, "李\U0002CC56");
    EXPECT_EQ(read.lines[3].view().account_kind, AccountKind::passbook);
    EXPECT_EQ(read.lines[4].view().summary, "农村低保202409");
    const auto written = tests::write_batch(read.header, read.lines, sm3);
    ASSERT_TRUE(written) << written.error().message();
    EXPECT_EQ(*written, bytes);
}

TEST(YktText, ReturnSampleIsReadAndWrittenByteForByte) {
    tests::OpensslSm3 sm3;
    const std::string bytes = sample("YKT9901012024090001.ret");
    ASSERT_EQ(bytes.size(), 671u);
    const auto read = tests::read_return(bytes, sm3);
    ASSERT_EQ(read.messages(), "");
    EXPECT_EQ(read.header.value_day.text(), "2024-09-06");
    EXPECT_EQ(read.header.paid_count, 4);
    EXPECT_EQ(read.header.failed_total, Money::of_fen(62'900));
    ASSERT_EQ(read.lines.size(), 5u);
    EXPECT_EQ(read.lines[2].view().status, bankfile::ReturnStatus::failed);
    EXPECT_EQ(read.lines[2].view().code, "NM01");
    EXPECT_EQ(read.lines[2].view().text, "户名不符");
    const auto written = tests::write_return(read.header, read.lines, sm3);
    ASSERT_TRUE(written) << written.error().message();
    EXPECT_EQ(*written, bytes);
}

/// The worked examples of the format's page: blocks from "    H|" to "    T|", with ⏎ for CR LF, as bytes.
std::vector<std::string> worked_examples() {
    std::ifstream page{ONECARD_SOURCE_DIR "/schemas/bank/ykt-txt.md"};
    EXPECT_TRUE(page);
    std::vector<std::string> examples;
    std::string line;
    for (bool inside = false; std::getline(page, line);) {
        if (line.starts_with("    H|")) {
            inside = true;
            examples.emplace_back();
        }
        if (!inside) continue;
        inside = !line.starts_with("    T|");
        EXPECT_TRUE(line.ends_with("⏎")) << line;
        line = line.substr(4, line.find("⏎") - 4) + "\r\n";
        EXPECT_TRUE(bankfile::encode(line, bankfile::Encoding::gb18030, examples.back()));
    }
    return examples;
}

TEST(YktText, ExamplesOfTheFormatsPageAreFilesOfTheFormat) {
    tests::OpensslSm3 sm3;
    const auto examples = worked_examples();
    ASSERT_EQ(examples.size(), 2u);
    EXPECT_EQ(examples[0].size(), 357u);
    const auto batch = tests::read_batch(examples[0], sm3);
    EXPECT_EQ(batch.messages(), "");
    EXPECT_EQ(batch.lines.size(), 2u);
    const auto answer = tests::read_return(examples[1], sm3);
    EXPECT_EQ(answer.messages(), "");
    EXPECT_EQ(answer.lines.size(), 2u);
}

TEST(YktText, EverySingleByteChangeOfASampleIsAFault) {
    tests::OpensslSm3 sm3;
    for (const std::string name : {"YKT9901012024090001.txt", "YKT9901012024090001.ret"}) {
        std::string bytes = sample(name);
        const auto is_accepted = [&] {
            return name.ends_with(".txt") ? tests::read_batch(bytes, sm3).faults.empty()
                                          : tests::read_return(bytes, sm3).faults.empty();
        };
        ASSERT_TRUE(is_accepted());
        for (char& byte : bytes) {
            const char before = byte;
            // Each bit, the separators, and the byte that differs in case: all 255 take too long for every run.
            for (const int change :
                 {1, 2, 4, 8, 16, 32, 64, 128, before ^ '|', before ^ '\n', before ^ '0', before ^ 'D'}) {
                if (change == 0) continue;
                byte = static_cast<char>(before ^ change);
                ASSERT_FALSE(is_accepted()) << name << " at " << &byte - bytes.data() << " ^ " << change;
            }
            byte = before;
        }
    }
}

}  // namespace
}  // namespace onecard
