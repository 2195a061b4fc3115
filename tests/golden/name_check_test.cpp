#include "onecard/bankfile/name_check.hpp"

#include <gtest/gtest.h>

#include "support/openssl_hash.hpp"

namespace onecard::bankfile {
namespace {

const HashFunction sm3{"sm3",
                       [](std::span<const std::byte> bytes) {
                           tests::OpensslSm3 hash;
                           hash.update(bytes);
                           return hash.finish();
                       },
                       []() -> std::unique_ptr<StreamHash> { return std::make_unique<tests::OpensslSm3>(); }};

NameCheck a_check() {
    NameCheck check;
    check.file_id = "YKV990101000001";
    check.county = County::of_number(990'101);
    check.bank_code = "313999000001";
    check.made_at = Moment::parse("20211201093000").value();
    check.lines = {{"P12", "买买提·吐尔逊", AccountKind::card, "6229990000000000019"},
                   {"P13", "徐\u3F06", AccountKind::passbook, "0099010100012345"},
                   // Its second byte is the delimiter's.
                   {"I3", "晐院", AccountKind::card, "6229990000000000027"}};
    return check;
}

NameAnswers an_answer() {
    NameAnswers answers{"YKV990101000001", "313999000001", Moment::parse("20211201150000").value(), {}};
    for (const NameQuestion& line : a_check().lines)
        answers.lines.push_back({line.payee, line.account, Reason::paid});
    answers.lines[1].reason = Reason::name_mismatch;
    return answers;
}

TEST(NameChecks, AndTheirAnswersAreReadAsTheyWereWritten) {
    const auto check = write_name_check(a_check(), sm3);
    ASSERT_TRUE(check) << check.error().message();
    const auto read = read_name_check(*check, "a", sm3);
    ASSERT_TRUE(read) << read.error().message();
    EXPECT_EQ(*read, a_check());
    const auto answer = write_name_answers(an_answer(), sm3);
    const auto read_answer = read_name_answers(*answer, "a", sm3);
    ASSERT_TRUE(read_answer) << read_answer.error().message();
    EXPECT_EQ(*read_answer, an_answer());
}

TEST(NameChecks, AreRefusedWithAnyByteAlteredOrLeftOut) {
    const std::string good = write_name_answers(an_answer(), sm3).value();
    for (std::size_t i = 0; i < good.size(); ++i) {
        std::string altered = good;
        altered[i] = static_cast<char>(altered[i] ^ 1);
        EXPECT_FALSE(read_name_answers(altered, "a", sm3)) << i;
        EXPECT_FALSE(read_name_answers(good.substr(0, i), "a", sm3)) << i;
    }
    EXPECT_FALSE(read_name_answers(good + "x\r\n", "a", sm3));
}

TEST(NameChecks, SayWhereTheyAreWrong) {
    NameAnswers answers = an_answer();
    answers.lines.clear();
    const auto empty = read_name_answers(write_name_answers(answers, sm3).value(), "a", sm3);
    ASSERT_FALSE(empty);
    EXPECT_EQ(empty.error().message(), "a:1:count: must be 1 to 5000");
    NameCheck check = a_check();
    check.lines[1].name = "王|五";
    EXPECT_FALSE(write_name_check(check, sm3));
    check = a_check();
    check.lines[1].account = "12";
    const auto wrong = read_name_check(write_name_check(check, sm3).value(), "a", sm3);
    ASSERT_FALSE(wrong);
    EXPECT_EQ(wrong.error().message(), "a:3:account: must be 12 to 30 digits");
}

}  // namespace
}  // namespace onecard::bankfile
