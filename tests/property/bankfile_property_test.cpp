#include <fmt/format.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "onecard/bankfile/encoding.hpp"
#include "onecard/core/identity.hpp"
#include "support/openssl_hash.hpp"
#include "support/ykt_files.hpp"

namespace onecard {
namespace {

using bankfile::Encoding;
using tests::KeptBatchLine;
using tests::KeptReturnLine;

/// Characters that names hold, with all widths of UTF-8 and of GB18030 and second bytes that look like '|' and '\'.
std::string a_text(std::size_t least, std::size_t most) {
    const auto character = rc::gen::weightedOneOf<char32_t>({
        {4, rc::gen::inRange<char32_t>(0x4E00, 0x9FA6)},
        {1, rc::gen::inRange<char32_t>(0x3400, 0x4DB6)},
        {1, rc::gen::inRange<char32_t>(0x2'0000, 0x3'0000)},
        {1, rc::gen::inRange<char32_t>(0xA0, 0xD800)},
        {1, rc::gen::suchThat(rc::gen::inRange<char32_t>(0x20, 0x7F), [](char32_t c) { return c != '|'; })},
        {1, rc::gen::just<char32_t>(0xB7)},
        {1, rc::gen::element<char32_t>(U'亅', U'倈', U'億', U'搢')},
    });
    std::string text;
    const auto size = *rc::gen::inRange<std::size_t>(least, most + 1);
    for (std::size_t i = 0; i < size; ++i) append_utf8(text, *character);
    return text;
}

std::string some_digits(std::size_t least, std::size_t most) {
    const auto size = *rc::gen::inRange<std::size_t>(least, most + 1);
    return *rc::gen::container<std::string>(size, rc::gen::inRange<char>('0', '9' + 1));
}

std::string some_ascii(std::size_t least, std::size_t most) {
    const auto size = *rc::gen::inRange<std::size_t>(least, most + 1);
    return *rc::gen::container<std::string>(
        size, rc::gen::suchThat(rc::gen::inRange<char>(0x20, 0x7F), [](char c) { return c != '|'; }));
}

Day a_day() { return Day::of_epoch_days(*rc::gen::inRange(-25'000, 40'000)); }

template <class Header>
void fill_common(Header& header) {
    const auto county =
        County::of_number(*rc::gen::inRange(110'101, 659'000) / 100 * 100 + *rc::gen::inRange(1, 100));
    header.county = county;
    header.bank_code = some_digits(12, 12);
    header.made_at = Moment::of_unix_seconds(*rc::gen::inRange<std::int64_t>(-2'000'000'000, 4'000'000'000));
}

std::int64_t an_amount() {
    return *rc::gen::weightedOneOf<std::int64_t>(
        {{9, rc::gen::inRange<std::int64_t>(1, 1'000'000)},
         {1, rc::gen::inRange<std::int64_t>(1, 10'000'000'000'000)}});
}

tests::ReadBatch a_batch() {
    tests::ReadBatch batch;
    fill_common(batch.header);
    batch.header.period = Month::of(*rc::gen::inRange(1900, 9999), *rc::gen::inRange(1, 13)).value();
    batch.header.file_id =
        "YKT" + batch.header.county.text() + batch.header.period.digits() + some_digits(4, 7);
    batch.header.function_code = some_digits(7, 7);
    const int count = *rc::gen::inRange(0, 12);
    for (int seq = 1; seq <= count; ++seq) {
        bankfile::BatchLine line{.seq = seq, .amount = Money::of_fen(an_amount())};
        line.account_kind = *rc::gen::element(AccountKind::card, AccountKind::passbook);
        KeptBatchLine& kept = batch.lines.emplace_back(line);
        kept.payment = some_ascii(1, 26);
        kept.name = a_text(1, 50);
        kept.account = some_digits(12, 30);
        kept.bank_code = some_digits(12, 12);
        kept.summary = a_text(0, 20);
        kept.remark = a_text(0, 100);
        batch.header.total += line.amount;
    }
    batch.header.count = count;
    return batch;
}

tests::ReadReturn a_return() {
    tests::ReadReturn answer;
    fill_common(answer.header);
    answer.header.file_id = "YKT" + answer.header.county.text() + "202409" + some_digits(4, 7);
    answer.header.value_day = a_day();
    const int count = *rc::gen::inRange(0, 12);
    std::int32_t seq = 0;
    for (int n = 0; n < count; ++n) {
        seq += *rc::gen::inRange(1, 400'000);
        using bankfile::ReturnStatus;
        bankfile::ReturnLine line{.seq = seq, .amount = Money::of_fen(an_amount()), .bank_day = a_day()};
        line.status = *rc::gen::element(ReturnStatus::paid, ReturnStatus::failed, ReturnStatus::in_progress);
        KeptReturnLine& kept = answer.lines.emplace_back(line);
        kept.payment = some_ascii(1, 26);
        kept.account = some_digits(12, 30);
        kept.code = some_ascii(1, 16);
        kept.text = a_text(0, 100);
        kept.bank_reference = some_ascii(0, 64);
        answer.header.total += line.amount;
        if (line.status == ReturnStatus::paid) {
            ++answer.header.paid_count;
            answer.header.paid_total += line.amount;
        }
        if (line.status == ReturnStatus::failed) {
            ++answer.header.failed_count;
            answer.header.failed_total += line.amount;
        }
    }
    answer.header.count = count;
    return answer;
}

std::vector<std::size_t> piece_sizes() {
    return *rc::gen::weightedOneOf<std::vector<std::size_t>>(
        {{1, rc::gen::just(std::vector<std::size_t>{1})},
         {3, rc::gen::nonEmpty(
                 rc::gen::container<std::vector<std::size_t>>(rc::gen::inRange<std::size_t>(1, 700)))}});
}

RC_GTEST_PROP(YktBatch, IsReadAsItWasWrittenHoweverItIsCut, ()) {
    const auto batch = a_batch();
    tests::OpensslSm3 sm3;
    const auto bytes =
        tests::write_batch(batch.header, batch.lines, sm3, *rc::gen::inRange<std::size_t>(1, 5));
    if (!bytes) RC_FAIL(bytes.error().message());
    const auto read = tests::read_batch(*bytes, sm3, piece_sizes());
    RC_ASSERT(read.messages() == "");
    RC_ASSERT(read.header == batch.header);
    RC_ASSERT(read.lines == batch.lines);
    const auto again = tests::write_batch(read.header, read.lines, sm3, 1);
    RC_ASSERT(again.has_value());
    RC_ASSERT(*again == *bytes);
}

RC_GTEST_PROP(YktReturn, IsReadAsItWasWrittenHoweverItIsCut, ()) {
    const auto answer = a_return();
    tests::OpensslSm3 sm3;
    const auto bytes =
        tests::write_return(answer.header, answer.lines, sm3, *rc::gen::inRange<std::size_t>(1, 5));
    if (!bytes) RC_FAIL(bytes.error().message());
    const auto read = tests::read_return(*bytes, sm3, piece_sizes());
    RC_ASSERT(read.messages() == "");
    RC_ASSERT(read.header == answer.header);
    RC_ASSERT(read.lines == answer.lines);
    const auto again = tests::write_return(read.header, read.lines, sm3, 1);
    RC_ASSERT(again.has_value());
    RC_ASSERT(*again == *bytes);
}

/// A byte changed, taken out or put in, or the end cut off.
std::string damaged(std::string bytes) {
    const auto at = *rc::gen::inRange<std::size_t>(0, bytes.size());
    switch (*rc::gen::inRange(0, 5)) {
        case 0: bytes.erase(at, 1); break;
        case 1: bytes.insert(at, 1, *rc::gen::arbitrary<char>()); break;
        case 2: bytes.resize(at); break;
        default: bytes[at] = static_cast<char>(bytes[at] ^ *rc::gen::inRange(1, 256)); break;
    }
    return bytes;
}

RC_GTEST_PROP(YktBatch, ShowsAnyChangeOfAByte, ()) {
    const auto batch = a_batch();
    tests::OpensslSm3 sm3;
    const auto bytes = tests::write_batch(batch.header, batch.lines, sm3);
    RC_ASSERT(bytes.has_value());
    const std::string changed = damaged(*bytes);
    RC_PRE(changed != *bytes);
    const auto read = tests::read_batch(changed, sm3);
    RC_ASSERT(!read.faults.empty());
    // The same faults however the file is cut, and no name or account number in them.
    RC_ASSERT(tests::read_batch(changed, sm3, piece_sizes()).messages() == read.messages());
    for (const auto& line : batch.lines) RC_ASSERT(read.messages().find(line.account) == std::string::npos);
}

RC_GTEST_PROP(YktReturn, ShowsAnyChangeOfAByte, ()) {
    const auto answer = a_return();
    tests::OpensslSm3 sm3;
    const auto bytes = tests::write_return(answer.header, answer.lines, sm3);
    RC_ASSERT(bytes.has_value());
    const std::string changed = damaged(*bytes);
    RC_PRE(changed != *bytes);
    const auto read = tests::read_return(changed, sm3);
    RC_ASSERT(!read.faults.empty());
    RC_ASSERT(tests::read_return(changed, sm3, piece_sizes()).messages() == read.messages());
    for (const auto& line : answer.lines) RC_ASSERT(read.messages().find(line.account) == std::string::npos);
}

RC_GTEST_PROP(BankEncoding, EncodesBackExactlyWhatItDecodes, ()) {
    const auto bytes = *rc::gen::container<std::string>(rc::gen::arbitrary<char>());
    for (const Encoding encoding : {Encoding::utf8, Encoding::gbk, Encoding::gb18030}) {
        std::string utf8;
        if (!bankfile::decode(bytes, encoding, utf8)) continue;
        std::string again;
        RC_ASSERT(bankfile::encode(utf8, encoding, again).has_value());
        RC_ASSERT(again == bytes);
    }
}

RC_GTEST_PROP(BankEncoding, FindsADelimiterOnlyBetweenCharacters, ()) {
    const std::vector<std::string> words{a_text(0, 20), a_text(0, 20), a_text(0, 20)};
    std::string bytes;
    std::vector<std::size_t> ends;
    for (const auto& word : words) {
        RC_ASSERT(bankfile::encode(word, Encoding::gb18030, bytes).has_value());
        ends.push_back(bytes.size());
        bytes += '|';
    }
    std::size_t from = 0;
    for (const std::size_t end : ends) {
        RC_ASSERT(bankfile::find_delimiter(bytes, Encoding::gb18030, '|', from) == end);
        from = end + 1;
    }
    RC_ASSERT(bankfile::find_delimiter(bytes, Encoding::gb18030, '|', from) == std::string_view::npos);
}

TEST(BankEncoding, RoundTripsEveryCharacterThatItEncodes) {
    int gb18030 = 0;
    int gbk = 0;
    for (char32_t c = 0; c <= 0x10'FFFF; ++c) {
        if (c >= 0xD800 && c <= 0xDFFF) continue;
        std::string utf8;
        append_utf8(utf8, c);
        for (const Encoding encoding : {Encoding::gb18030, Encoding::gbk}) {
            std::string bytes;
            if (!bankfile::encode(utf8, encoding, bytes)) continue;
            ++(encoding == Encoding::gbk ? gbk : gb18030);
            std::string back;
            ASSERT_TRUE(bankfile::decode(bytes, encoding, back)) << std::uint32_t{c};
            ASSERT_EQ(back, utf8) << std::uint32_t{c};
        }
    }
    // Everything but surrogates, the private-use area (6,400) and the private-use planes (2 × 65,536).
    EXPECT_EQ(gb18030, 0x11'0000 - 2'048 - 6'400 - 2 * 65'536);
    EXPECT_EQ(gbk, 128 + 21'791);
}

}  // namespace
}  // namespace onecard
