#include <gtest/gtest.h>

#include "onecard/bankfile/ykt_text.hpp"
#include "support/folding_hash.hpp"
#include "support/ykt_files.hpp"

namespace onecard::bankfile {
namespace {

using tests::FoldingHash;
using tests::read_return;
using tests::with_trailer;

ReturnHeader a_header() {
    return {.file_id = "YKT9901012024090001",
            .county = County::parse("990101").value(),
            .bank_code = "313999000001",
            .value_day = Day::parse("20240906").value(),
            .count = 3,
            .total = Money::of_fen(600),
            .paid_count = 1,
            .paid_total = Money::of_fen(100),
            .failed_count = 1,
            .failed_total = Money::of_fen(200),
            .made_at = Moment::parse("20240906170000").value()};
}

ReturnLine a_line(std::int32_t seq, ReturnStatus status, std::int64_t fen) {
    return {.seq = seq,
            .payment = "YKT99010120240900010000001",
            .account = "6229990000000000019",
            .amount = Money::of_fen(fen),
            .status = status,
            .code = "NM01",
            .text = "户名不符",
            .bank_day = Day::parse("20240906").value()};
}

const std::string header =
    "H|1.0|YKT9901012024090001|990101|313999000001|20240906|2|300|1|100|1|200|20240906170000\r\n";
const std::string paid = "D|0000001|P1|6229990000000000019|100|S|OK00|\xB3\xC9\xB9\xA6|20240906|BK1\r\n";
const std::string failed = "D|0000004|P4|6229990000000000027|200|F|NM01||20240906|\r\n";

TEST(ReturnWriter, WritesWhatTheReaderReads) {
    FoldingHash hash;
    ReturnWriter writer{a_header(), hash};
    ASSERT_TRUE(writer.add(a_line(1, ReturnStatus::paid, 100)));
    ASSERT_TRUE(writer.add(a_line(5, ReturnStatus::failed, 200)));
    ASSERT_TRUE(writer.add(a_line(6, ReturnStatus::in_progress, 300)));
    ASSERT_TRUE(writer.finish());
    const auto read = read_return(writer.take(), hash);
    EXPECT_EQ(read.messages(), "");
    EXPECT_EQ(read.header, a_header());
    ASSERT_EQ(read.lines.size(), 3u);
    EXPECT_EQ(read.lines[1].view(), a_line(5, ReturnStatus::failed, 200));
}

TEST(ReturnWriter, ChecksEverySumOfTheHeader) {
    const auto finish = [](void (*change)(ReturnHeader&)) {
        FoldingHash hash;
        ReturnHeader wrong = a_header();
        change(wrong);
        ReturnWriter writer{wrong, hash};
        EXPECT_TRUE(writer.add(a_line(1, ReturnStatus::paid, 100)));
        EXPECT_TRUE(writer.add(a_line(5, ReturnStatus::failed, 200)));
        EXPECT_TRUE(writer.add(a_line(6, ReturnStatus::in_progress, 300)));
        const auto refused = writer.finish();
        return refused ? "written" : refused.error().message();
    };
    EXPECT_EQ(finish([](ReturnHeader& h) { h.count = 4; }),
              "YKT9901012024090001:5:count: the header says 4, the lines make 3");
    EXPECT_EQ(finish([](ReturnHeader& h) { h.total = Money::of_fen(601); }),
              "YKT9901012024090001:5:total: the header says 601, the lines make 600");
    EXPECT_EQ(finish([](ReturnHeader& h) { h.paid_count = 2; }),
              "YKT9901012024090001:5:paid_count: the header says 2, the lines make 1");
    EXPECT_EQ(finish([](ReturnHeader& h) { h.paid_total = Money::of_fen(1); }),
              "YKT9901012024090001:5:paid_total: the header says 1, the lines make 100");
    EXPECT_EQ(finish([](ReturnHeader& h) { h.failed_count = 0; }),
              "YKT9901012024090001:5:failed_count: the header says 0, the lines make 1");
    EXPECT_EQ(finish([](ReturnHeader& h) { h.failed_total = {}; }),
              "YKT9901012024090001:5:failed_total: the header says 0, the lines make 200");
}

struct Refused {
    std::string name;
    void (*change)(ReturnLine&);
    Fault fault;
    std::string place;
    friend void PrintTo(const Refused& row, std::ostream* out) { *out << row.name; }
};

class RefusedReturnLines : public testing::TestWithParam<Refused> {};

TEST_P(RefusedReturnLines, AreNotWrittenAndSayWhere) {
    FoldingHash hash;
    ReturnWriter writer{a_header(), hash};
    ASSERT_TRUE(writer.add(a_line(3, ReturnStatus::paid, 100)));
    (void)writer.take();
    ReturnLine line = a_line(4, ReturnStatus::failed, 200);
    GetParam().change(line);
    const auto refused = writer.add(line);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().fault, GetParam().fault);
    EXPECT_EQ(refused.error().place, "YKT9901012024090001:3:" + GetParam().place);
    EXPECT_EQ(writer.take(), "");
}

INSTANTIATE_TEST_SUITE_P(
    Each, RefusedReturnLines,
    testing::Values(
        Refused{"seq_does_not_ascend", [](ReturnLine& l) { l.seq = 3; }, Fault::out_of_range, "seq"},
        Refused{"seq_of_eight_digits", [](ReturnLine& l) { l.seq = 10'000'000; }, Fault::out_of_range, "seq"},
        Refused{"payment", [](ReturnLine& l) { l.payment = "123456789012345678901234567"; }, Fault::malformed,
                "payment"},
        Refused{"account", [](ReturnLine& l) { l.account = "62299900000000000x9"; }, Fault::malformed,
                "account"},
        Refused{"amount", [](ReturnLine& l) { l.amount = {}; }, Fault::out_of_range, "amount"},
        Refused{"status", [](ReturnLine& l) { l.status = static_cast<ReturnStatus>('X'); }, Fault::malformed,
                "status"},
        Refused{"code", [](ReturnLine& l) { l.code = ""; }, Fault::malformed, "code"},
        Refused{"text", [](ReturnLine& l) { l.text = "a\tb"; }, Fault::malformed, "text"},
        Refused{"private_use_text", [](ReturnLine& l) { l.text = "\uE000"; }, Fault::unknown, "text"},
        Refused{"bank_reference", [](ReturnLine& l) { l.bank_reference = "号"; }, Fault::malformed,
                "bank_reference"}),
    [](const auto& info) { return info.param.name; });

TEST(ReturnReader, AllowsAPartialReturn) {
    FoldingHash hash;
    const auto read = read_return(with_trailer(header + paid + failed, hash, "2|300"), hash);
    EXPECT_EQ(read.messages(), "");
    ASSERT_EQ(read.lines.size(), 2u);
    EXPECT_EQ(read.lines[0].view().text, "成功");
    EXPECT_EQ(read.lines[1].view().seq, 4);
    EXPECT_EQ(read.lines[1].view().status, ReturnStatus::failed);
    EXPECT_EQ(read.lines[1].view().bank_reference, "");
}

struct Faulty {
    std::string name;
    std::string body;
    std::string messages;
    friend void PrintTo(const Faulty& row, std::ostream* out) { *out << row.name; }
};

std::string in(const std::string& text, std::string_view from, std::string_view to) {
    std::string copy = text;
    copy.replace(copy.find(from), from.size(), to);
    return copy;
}

class FaultyReturns : public testing::TestWithParam<Faulty> {};

TEST_P(FaultyReturns, SayFileLineAndField) {
    FoldingHash hash;
    const auto read = read_return(with_trailer(GetParam().body, hash, "2|300"), hash);
    EXPECT_EQ(read.messages(), GetParam().messages);
}

INSTANTIATE_TEST_SUITE_P(
    Each, FaultyReturns,
    testing::Values(
        Faulty{"a_line_twice", header + failed + in(paid, "0000001", "0000004"),
               "f:3:seq: expected more than 0000004, found 0000004\n"},
        Faulty{"status", header + paid + in(failed, "|F|", "|f|"),
               "f:3:status: expected S, F or P, found 'f'\n"},
        Faulty{"no_such_day", header + paid + in(failed, "20240906", "20240931"),
               "f:3:bank_day: expected a day as yyyyMMdd, found '20240931'\n"},
        Faulty{"no_such_value_day", in(header, "20240906|", "20230229|") + paid + failed,
               "f:1:value_day: expected a day as yyyyMMdd, found '20230229'\n"},
        Faulty{"paid_sums", in(header, "|1|100|", "|2|101|") + paid + failed,
               "f:4:paid_count: the header says 2, the details make 1\n"
               "f:4:paid_total: the header says 101, the details make 100\n"},
        Faulty{"failed_told_as_in_progress", header + paid + in(failed, "|F|", "|P|"),
               "f:4:failed_count: the header says 1, the details make 0\n"
               "f:4:failed_total: the header says 200, the details make 0\n"},
        Faulty{"total_beyond_64_bits",
               header + in(paid, "|100|", "|9223372036854775807|") +
                   in(failed, "|200|", "|9223372036854775807|"),
               "f:3:amount: the total of the lines so far does not fit 64 bits\n"},
        Faulty{
            "amount_beyond_64_bits", header + paid + in(failed, "|200|", "|9223372036854775808|"),
            "f:3:amount: expected an amount in fen, 1 or more, without leading zeros, found 19 digits ending in 5808\n"},
        Faulty{"code", header + paid + in(failed, "NM01", ""),
               "f:3:code: expected 1 to 16 printable ASCII characters, found an empty field\n"}),
    [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace onecard::bankfile
