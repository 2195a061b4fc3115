#include <gtest/gtest.h>

#include "onecard/bankfile/ykt_text.hpp"
#include "support/folding_hash.hpp"
#include "support/ykt_files.hpp"

namespace onecard::bankfile {
namespace {

using tests::FoldingHash;
using tests::read_batch;
using tests::with_trailer;

BatchHeader a_header(std::int32_t count, std::int64_t total_fen) {
    return {.file_id = "YKT9901012024090001",
            .county = County::parse("990101").value(),
            .bank_code = "313999000001",
            .period = Month::parse("202409").value(),
            .function_code = "2081902",
            .count = count,
            .total = Money::of_fen(total_fen),
            .made_at = Moment::parse("20240905093000").value()};
}

BatchLine a_line(std::int32_t seq) {
    return {.seq = seq,
            .payment = "YKT99010120240900010000001",
            .name = "王秀英",
            .account = "6229990000000000019",
            .bank_code = "313999000001",
            .amount = Money::of_fen(63800),
            .summary = "农村低保202409"};
}

const std::string header =
    "H|1.0|YKT9901012024090001|990101|313999000001|202409|2081902|1|63800|20240905093000|CNY\r\n";
const std::string detail =
    "D|0000001|YKT99010120240900010000001|\xCD\xF5|4|6229990000000000019|313999000001|63800||\r\n";

TEST(BatchWriter, WritesTheSameBytesHoweverOftenTheyAreTaken) {
    FoldingHash hash;
    const auto write = [&](int lines_a_take) {
        BatchWriter writer{a_header(3, 3 * 63800), hash};
        std::string bytes;
        for (int seq = 1; seq <= 3; ++seq) {
            EXPECT_TRUE(writer.add(a_line(seq)));
            if (seq % lines_a_take == 0) bytes += writer.take();
        }
        EXPECT_TRUE(writer.finish());
        return bytes + writer.take() + writer.take();
    };
    const std::string bytes = write(1);
    EXPECT_EQ(write(2), bytes);
    EXPECT_EQ(write(9), bytes);
    EXPECT_EQ(read_batch(bytes, hash).messages(), "");
}

struct Refused {
    std::string name;
    BatchLine line;
    Fault fault;
    std::string message;
    friend void PrintTo(const Refused& row, std::ostream* out) { *out << row.name; }
};

BatchLine changed(void (*change)(BatchLine&)) {
    BatchLine line = a_line(1);
    change(line);
    return line;
}

class RefusedBatchLines : public testing::TestWithParam<Refused> {};

TEST_P(RefusedBatchLines, AreNotWrittenAndSayWhere) {
    FoldingHash hash;
    BatchWriter writer{a_header(1, 63800), hash};
    const std::string before = writer.take();
    const auto refused = writer.add(GetParam().line);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().fault, GetParam().fault);
    EXPECT_EQ(refused.error().message(), GetParam().message);
    EXPECT_EQ(writer.take(), "");
    // Nothing has happened: the right line can still come.
    EXPECT_TRUE(writer.add(a_line(1)));
    EXPECT_TRUE(writer.finish());
    EXPECT_FALSE(before.empty());
}

INSTANTIATE_TEST_SUITE_P(
    Each, RefusedBatchLines,
    testing::Values(
        Refused{"seq_not_dense", changed([](BatchLine& l) { l.seq = 2; }), Fault::out_of_range,
                "YKT9901012024090001:2:seq: expected 1, found 2"},
        Refused{
            "no_payment", changed([](BatchLine& l) { l.payment = ""; }), Fault::malformed,
            "YKT9901012024090001:2:payment: expected 1 to 26 printable ASCII characters, found an empty field"},
        Refused{
            "delimiter_in_payment", changed([](BatchLine& l) { l.payment = "a|b"; }), Fault::malformed,
            "YKT9901012024090001:2:payment: expected 1 to 26 printable ASCII characters, found 3 bytes that are not "
            "all digits"},
        Refused{"delimiter_in_name", changed([](BatchLine& l) { l.name = "王|英"; }), Fault::malformed,
                "YKT9901012024090001:2:name: a '|' or a control character"},
        Refused{"line_feed_in_name", changed([](BatchLine& l) { l.name = "王\n"; }), Fault::malformed,
                "YKT9901012024090001:2:name: a '|' or a control character"},
        Refused{"c1_control_in_name", changed([](BatchLine& l) { l.name = "王\u0085"; }), Fault::malformed,
                "YKT9901012024090001:2:name: a '|' or a control character"},
        Refused{"no_name", changed([](BatchLine& l) { l.name = ""; }), Fault::malformed,
                "YKT9901012024090001:2:name: expected 1 to 50 characters, found 0 bytes"},
        Refused{
            "private_use_name", changed([](BatchLine& l) { l.name = "徐\uE81E"; }), Fault::unknown,
            "YKT9901012024090001:2:name: U+E81E is a private-use character, which GB18030 as agreed with banks does "
            "not have"},
        Refused{"name_not_utf8", changed([](BatchLine& l) { l.name = "\xCD\xF5"; }), Fault::malformed,
                "YKT9901012024090001:2:name: not UTF-8 at byte offset 0"},
        Refused{"summary_of_21",
                changed([](BatchLine& l) { l.summary = "一二三四五六七八九十一二三四五六七八九十一"; }),
                Fault::malformed,
                "YKT9901012024090001:2:summary: expected at most 20 characters, found 63 bytes"},
        Refused{"short_account", changed([](BatchLine& l) { l.account = "12345678901"; }), Fault::malformed,
                "YKT9901012024090001:2:account: expected 12 to 30 digits, found '12345678901'"},
        Refused{"long_account", changed([](BatchLine& l) { l.account = "1234567890123456789012345678901"; }),
                Fault::malformed,
                "YKT9901012024090001:2:account: expected 12 to 30 digits, found 31 digits ending in 8901"},
        Refused{"bank_code", changed([](BatchLine& l) { l.bank_code = "3139990000"; }), Fault::malformed,
                "YKT9901012024090001:2:bank_code: expected 12 digits, found '3139990000'"},
        Refused{"account_kind", changed([](BatchLine& l) { l.account_kind = static_cast<AccountKind>(3); }),
                Fault::malformed, "YKT9901012024090001:2:account_kind: neither a passbook nor a card"},
        Refused{
            "nothing_to_pay", changed([](BatchLine& l) { l.amount = {}; }), Fault::out_of_range,
            "YKT9901012024090001:2:amount: expected an amount in fen, 1 or more, without leading zeros, found 0"},
        Refused{
            "negative", changed([](BatchLine& l) { l.amount = Money::of_fen(-1); }), Fault::out_of_range,
            "YKT9901012024090001:2:amount: expected an amount in fen, 1 or more, without leading zeros, found -1"}),
    [](const auto& info) { return info.param.name; });

TEST(BatchWriter, TakesFieldsOfTheirFullLength) {
    FoldingHash hash;
    std::string name;
    for (int i = 0; i < 50; ++i) name += "\U0002CC56";
    std::string summary;
    for (int i = 0; i < 20; ++i) summary += "\U0002CC56";
    std::string remark;
    for (int i = 0; i < 100; ++i) remark += "\U0002CC56";
    BatchLine line = a_line(1);
    line.name = name;
    line.account = "123456789012345678901234567890";
    line.summary = summary;
    line.remark = remark;
    line.amount = Money::of_fen(std::numeric_limits<std::int64_t>::max());
    BatchWriter writer{a_header(1, line.amount.fen()), hash};
    ASSERT_TRUE(writer.add(line));
    const auto overflow = writer.add(a_line(2));
    ASSERT_FALSE(overflow);
    EXPECT_EQ(overflow.error().fault, Fault::out_of_range);
    ASSERT_TRUE(writer.finish());
    const auto read = read_batch(writer.take(), hash);
    EXPECT_EQ(read.messages(), "");
    ASSERT_EQ(read.lines.size(), 1u);
    EXPECT_EQ(read.lines[0].view(), line);
}

TEST(BatchWriter, ChecksCountAndTotalBeforeItWritesTheTrailer) {
    FoldingHash hash;
    BatchWriter count{a_header(2, 63800), hash};
    ASSERT_TRUE(count.add(a_line(1)));
    const auto wrong_count = count.finish();
    ASSERT_FALSE(wrong_count);
    EXPECT_EQ(wrong_count.error().fault, Fault::mismatch);
    EXPECT_EQ(wrong_count.error().message(),
              "YKT9901012024090001:3:count: the header says 2, the lines make 1");
    BatchWriter total{a_header(1, 63801), hash};
    ASSERT_TRUE(total.add(a_line(1)));
    const auto wrong_total = total.finish();
    ASSERT_FALSE(wrong_total);
    EXPECT_EQ(wrong_total.error().message(),
              "YKT9901012024090001:3:total: the header says 63801, the lines make 63800");
}

TEST(BatchWriter, WritesNothingUnderAHeaderThatBreaksTheFormat) {
    FoldingHash hash;
    BatchHeader wrong = a_header(1, 63800);
    wrong.file_id = "YKT990101202409001";  // a serial of 3 digits
    BatchWriter writer{wrong, hash};
    const auto refused = writer.add(a_line(1));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().fault, Fault::malformed);
    EXPECT_EQ(refused.error().place, "YKT990101202409001:1:file_id");
    EXPECT_FALSE(writer.finish());
    EXPECT_EQ(writer.take(), "");
    wrong = a_header(1, 63800);
    wrong.period = Month::open_end();
    EXPECT_FALSE((BatchWriter{wrong, hash}.finish()));
    wrong = a_header(1, -1);
    EXPECT_FALSE((BatchWriter{wrong, hash}.finish()));
}

TEST(BatchReader, ReadsHeaderAndLines) {
    FoldingHash hash;
    const auto read = read_batch(with_trailer(header + detail, hash, "1|63800"), hash);
    EXPECT_EQ(read.messages(), "");
    EXPECT_EQ(read.header, a_header(1, 63800));
    ASSERT_EQ(read.lines.size(), 1u);
    EXPECT_EQ(read.lines[0].view().name, "王");
    EXPECT_EQ(read.lines[0].view().account_kind, AccountKind::card);
    EXPECT_EQ(read.lines[0].view().amount, Money::of_fen(63800));
    EXPECT_EQ(read.lines[0].view().summary, "");
}

struct Faulty {
    std::string name;
    std::string body;
    std::string count_and_total;  ///< of the trailer, which gets the right hash; "" for none
    std::string messages;
    friend void PrintTo(const Faulty& row, std::ostream* out) { *out << row.name; }
};

std::string in(const std::string& text, std::string_view from, std::string_view to) {
    std::string copy = text;
    copy.replace(copy.find(from), from.size(), to);
    return copy;
}

class FaultyBatches : public testing::TestWithParam<Faulty> {};

TEST_P(FaultyBatches, SayFileLineAndField) {
    const Faulty& row = GetParam();
    FoldingHash hash;
    const std::string bytes =
        row.count_and_total.empty() ? row.body : with_trailer(row.body, hash, row.count_and_total);
    const auto read = read_batch(bytes, hash);
    EXPECT_EQ(read.messages(), row.messages);
    const std::vector<std::size_t> single{1};
    EXPECT_EQ(read_batch(bytes, hash, single).messages(), row.messages) << "fed in single bytes";
}

INSTANTIATE_TEST_SUITE_P(
    Each, FaultyBatches,
    testing::Values(
        Faulty{"empty", "", "", "f:1:record: the file has no header: its first line must be an H\n"},
        Faulty{"header_only", header, "", "f:2:record: the file has no trailer: its last line must be a T\n"},
        Faulty{"no_header", detail, "1|63800", "f:1:record: the first line must be the header, an H\n"},
        Faulty{
            "byte_order_mark", "\xEF\xBB\xBF" + header + detail, "1|63800",
            "f:1:record: the first line must be the header, an H\n"
            "f:1:record: expected H in the first line, then D, then one T, found 4 bytes that are not all digits\n"},
        Faulty{"two_headers", header + header + detail, "1|63800",
               "f:2:record: expected H in the first line, then D, then one T, found 'H'\n"},
        Faulty{"version", in(header, "1.0", "1.1") + detail, "1|63800",
               "f:1:version: expected 1.0, found 3 bytes that are not all digits\n"},
        Faulty{"county_of_another_file", in(header, "|990101|", "|990102|") + detail, "1|63800",
               "f:1:county: the file id is of county 990101, the header of 990102\n"},
        Faulty{"period_of_another_file", in(header, "|202409|", "|202410|") + detail, "1|63800",
               "f:1:period: the file id is of period 202409, the header of 202410\n"},
        Faulty{"no_such_month", in(in(header, "|202409|", "|202413|"), "1202409", "1202413") + detail,
               "1|63800", "f:1:period: expected a month as yyyymm, found '202413'\n"},
        Faulty{"no_such_time", in(header, "20240905093000", "20240905240000") + detail, "1|63800",
               "f:1:made_at: expected a time in China as yyyyMMddHHmmss, found 14 digits ending in 0000\n"},
        Faulty{"currency", in(header, "CNY", "USD") + detail, "1|63800",
               "f:1:currency: expected CNY, found 3 bytes that are not all digits\n"},
        Faulty{"leading_zero", in(header, "|63800|", "|063800|") + detail, "1|63800",
               "f:1:total: expected an amount in fen, 0 or more, without leading zeros, found '063800'\n"},
        Faulty{"header_with_a_field_too_many", in(header, "CNY", "CNY|") + detail, "1|63800",
               "f:1:line: expected 11 fields, found 12\n"},
        Faulty{"detail_with_a_field_too_few", header + in(detail, "||\r", "|\r"), "1|63800",
               "f:2:line: expected 10 fields, found 9\n"},
        Faulty{"line_feed_alone", header + in(detail, "\r\n", "\n"), "1|63800",
               "f:2:line: expected CRLF at the end of the line, found LF alone\n"},
        Faulty{"carriage_return_inside", header + in(detail, "||\r", "|\r|\r"), "1|63800",
               "f:2:summary: byte 1 of the field is a control character\n"},
        Faulty{"seq_of_six_digits", header + in(detail, "0000001", "000001"), "1|63800",
               "f:2:seq: expected 7 digits, 0000001 to 9999999, found '000001'\n"},
        Faulty{"seq_with_a_gap_is_one_fault",
               in(header, "|1|63800", "|3|191400") + detail + in(detail, "0000001", "0000003") +
                   in(detail, "0000001", "0000004"),
               "3|191400", "f:3:seq: expected 0000002, found 0000003\n"},
        Faulty{
            "signed_amount", header + in(detail, "|63800|", "|+63800|"), "1|63800",
            "f:2:amount: expected an amount in fen, 1 or more, without leading zeros, found 6 bytes that are not all "
            "digits\n"},
        Faulty{"amount_of_nothing", header + in(detail, "|63800|", "|0|"), "1|63800",
               "f:2:amount: expected an amount in fen, 1 or more, without leading zeros, found '0'\n"},
        Faulty{"account_is_masked", header + in(detail, "|4|6229990000000000019", "|6229990000000000019|4"),
               "1|63800",
               "f:2:account_kind: expected 2 (passbook) or 4 (card), found 19 digits ending in 0019\n"
               "f:2:account: expected 12 to 30 digits, found '4'\n"},
        Faulty{"half_a_character", header + in(detail, "\xCD\xF5", "\xCD"), "1|63800",
               // The lead byte takes the delimiter as its second: as a bank's own program would read it.
               "f:2:line: expected 10 fields, found 9\n"},
        Faulty{"private_use_name", header + in(detail, "\xCD\xF5", "\xAA\xA1"), "1|63800",
               "f:2:name: byte 1 of the field begins no character of GB18030 that can be accepted\n"},
        Faulty{"no_name", header + in(detail, "\xCD\xF5", ""), "1|63800",
               "f:2:name: expected 1 to 50 characters, found 0\n"},
        Faulty{"wrong_sums", header + in(detail, "|63800|", "|63801|"), "2|63802",
               "f:3:total: the header says 63800, the details make 63801\n"
               "f:3:count: the header says 1, the trailer 2\n"
               "f:3:total: the header says 63800 fen, the trailer 63802\n"},
        Faulty{"unknown_record", header + detail + "X|1\r\n", "1|63800",
               "f:3:record: expected H in the first line, then D, then one T, found 'X'\n"},
        Faulty{"empty_line", header + "\r\n" + detail, "1|63800",
               "f:2:record: expected H in the first line, then D, then one T, found an empty field\n"},
        Faulty{"cut_off_line", header + "D|0000001", "",
               "f:2:line: the file ends inside this line: expected CRLF at its end\n"
               "f:3:record: the file has no trailer: its last line must be a T\n"},
        Faulty{"line_of_4097_bytes", header + detail + std::string(4095, 'x') + "\r\n", "1|63800",
               "f:3:line: the line has more than 4096 bytes\n"},
        Faulty{
            "line_of_4096_bytes", header + detail + std::string(4094, 'x') + "\r\n", "1|63800",
            "f:3:record: expected H in the first line, then D, then one T, found 4094 bytes that are not all digits\n"},
        Faulty{"cut_off_line_of_4096_bytes", header + std::string(4096, 'x'), "",
               "f:2:line: the line has more than 4096 bytes\n"
               "f:2:line: the file ends inside this line: expected CRLF at its end\n"
               "f:3:record: the file has no trailer: its last line must be a T\n"},
        Faulty{"endless_line", header + std::string(100'000, 'x'), "",
               "f:2:line: the line has more than 4096 bytes\n"
               "f:2:line: the file ends inside this line: expected CRLF at its end\n"
               "f:3:record: the file has no trailer: its last line must be a T\n"},
        Faulty{
            "hash_in_lower_case", header + detail + "T|1|63800|" + std::string(64, 'a') + "\r\n", "",
            "f:3:hash: expected 64 upper-case hexadecimal digits, found 64 bytes that are not all digits\n"}),
    [](const auto& info) { return info.param.name; });

TEST(BatchReader, TellsAWrongHashFromAWrongForm) {
    FoldingHash hash;
    std::string bytes = with_trailer(header + detail, hash, "1|63800");
    bytes[bytes.find("63800||")] = '7';
    const auto read = read_batch(bytes, hash);
    ASSERT_EQ(read.faults.size(), 2u) << read.messages();
    EXPECT_EQ(read.faults[0].fault, Fault::mismatch);
    EXPECT_EQ(read.faults[1].fault, Fault::tampered);
    EXPECT_EQ(read.faults[1].place, "f:3:hash");
}

TEST(BatchReader, RefusesWhatFollowsTheTrailerAndSaysItOnce) {
    FoldingHash hash;
    const std::string bytes = with_trailer(header + detail, hash, "1|63800");
    EXPECT_EQ(read_batch(bytes + bytes, hash).messages(), "f:4:line: nothing may follow the trailer\n");
    EXPECT_EQ(read_batch(bytes + "x", hash).messages(),
              "f:4:line: the file ends inside this line: expected CRLF at its end\n");
    EXPECT_EQ(read_batch(bytes + "\r\n", hash).messages(), "f:4:line: nothing may follow the trailer\n");
}

TEST(BatchReader, CollectsNoMoreFaultsThanItWasAllowed) {
    FoldingHash hash;
    std::string body = header;
    for (int i = 0; i < 100; ++i) body += "X\r\n";
    for (const std::size_t limit : {0u, 1u, 7u}) {
        BatchReader reader{"f", hash, {}, limit};
        reader.feed(body);
        reader.finish();
        EXPECT_EQ(reader.faults().size(), std::max<std::size_t>(limit, 1));
    }
}

TEST(BatchReader, DoesNotOfferALineWithAFault) {
    FoldingHash hash;
    const std::string body =
        in(header, "|1|63800", "|2|127600") + in(detail, "\xCD\xF5", "") + in(detail, "0000001", "0000002");
    const auto read = read_batch(with_trailer(body, hash, "2|127600"), hash);
    EXPECT_EQ(read.faults.size(), 1u) << read.messages();
    ASSERT_EQ(read.lines.size(), 1u);
    EXPECT_EQ(read.lines[0].view().seq, 2);
}

TEST(BatchReader, GivesTheHashBackFresh) {
    FoldingHash hash;
    const std::string bytes = with_trailer(header + detail, hash, "1|63800");
    EXPECT_FALSE(read_batch(header + detail, hash).faults.empty());
    EXPECT_EQ(read_batch(bytes, hash).messages(), "");
}

TEST(BatchReader, IsNotFedAfterItsEnd) {
    FoldingHash hash;
    BatchReader reader{"f", hash, {}};
    reader.finish();
    EXPECT_THROW(reader.feed("x"), BrokenInvariant);
    EXPECT_THROW(reader.finish(), BrokenInvariant);
}

}  // namespace
}  // namespace onecard::bankfile
