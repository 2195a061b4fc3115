#include <fmt/format.h>
#include <gtest/gtest.h>

#include <array>

#include <fstream>
#include <iterator>

#include "onecard/bankfile/ykt_text.hpp"
#include "support/iso20022.hpp"
#include "support/openssl_hash.hpp"
#include "support/profiles.hpp"

/// What we write, and what a bank of our own writes, held to the structure of the official ISO 20022 schemas.
namespace onecard {
namespace {

using bankfile::Profile;
using tests::Iso20022Schema;

const Profile& profile() { return tests::shipped_profiles().at("iso20022"); }

std::string golden(const std::string& name) {
    const std::string path = std::string{ONECARD_SOURCE_DIR} + "/tests/golden/banks/iso20022/" + name;
    std::ifstream in{path, std::ios::binary};
    EXPECT_TRUE(in) << path;
    return {std::istreambuf_iterator<char>{in}, {}};
}

/// Money that came back, as it happens.
std::string a_notification() {
    bankfile::StatementHeader header;
    header.kind = bankfile::StatementKind::notification;
    header.statement_id = "37021220240906";
    header.account = "990101999900017";
    header.bank_code = "313999000003";
    header.first_day = header.last_day = *Day::of(2024, 9, 6);
    header.count = 1;
    header.credits = Money::of_fen(63'800);
    header.made_at = *Moment::parse("20240906180000");
    tests::OpensslSm3 sm3;
    const auto writer = bankfile::write_statement(profile(), header, sm3);
    bankfile::StatementLine line;
    line.seq = 1;
    line.booking_day = line.value_day = header.first_day;
    line.direction = bankfile::Direction::credit;
    line.amount = header.credits;
    line.reference = "YK370212202201000000170132";
    line.bank_reference = "RYK370212202201000000170132";
    line.code = "RETD";
    line.text = "退汇";
    EXPECT_TRUE(writer->add(line));
    EXPECT_TRUE(writer->finish());
    return writer->take();
}

/// A document that the schema takes, altered at one place.
struct Alteration {
    const char *what, *from, *to;
};
void expect_refused(const std::string& message, const std::string& good,
                    std::vector<Alteration> alterations) {
    Iso20022Schema schema{message};
    ASSERT_EQ(schema.faults(good), "") << message;
    alterations.push_back({"another message's namespace", "xsd:", "xsx:"});
    alterations.push_back({"a time that is none", "<CreDtTm>2024-09", "<CreDtTm>2024-19"});
    alterations.push_back(
        {"an element twice", "<CreDtTm>", "<CreDtTm>2024-09-05T09:30:00+08:00</CreDtTm><CreDtTm>"});
    for (const Alteration& one : alterations) {
        std::string altered = good;
        const std::size_t at = altered.find(one.from);
        ASSERT_NE(at, std::string::npos) << message << ": " << one.what;
        altered.replace(at, std::string_view{one.from}.size(), one.to);
        EXPECT_NE(schema.faults(altered), "") << message << ": " << one.what;
    }
}

const std::string of_36(36, 'X');
const std::string of_141 = [] {
    std::string text;
    for (int i = 0; i < 141; ++i) text += "名";
    return text;
}();

TEST(Iso20022, ACreditTransferInitiationHoldsToOrderNumberLengthDigitsAndCodesOfItsSchema) {
    const std::string long_id = "<MsgId>" + of_36, long_name = "<Nm>" + of_141,
                      long_memo = "<Ustrd>" + of_141;
    expect_refused("pain.001.001.09", golden("batch"),
                   {{"an element missing", "<NbOfTxs>6</NbOfTxs>", ""},
                    {"the debtor missing", "<DbtrAgt>", "<DbtrAgtAcct/><DbtrAgt>"},
                    {"elements in another order", "<PmtMtd>TRF</PmtMtd><BtchBookg>true</BtchBookg>",
                     "<BtchBookg>true</BtchBookg><PmtMtd>TRF</PmtMtd>"},
                    {"a method that there is not", "<PmtMtd>TRF", "<PmtMtd>DBT"},
                    {"an identifier of more than 35 characters", "<MsgId>", long_id.c_str()},
                    {"a name of more than 140 characters", "<Cdtr><Nm>", ("<Cdtr>" + long_name).c_str()},
                    {"a memo of more than 140 characters", "<Ustrd>", long_memo.c_str()},
                    {"an empty name", "<Nm>张桂英</Nm>", "<Nm></Nm>"},
                    {"six decimals", "\">638.00<", "\">638.000001<"},
                    {"nineteen digits", "\">638.00<", "\">12345678901234567.89<"},
                    {"an amount below nothing", "\">638.00<", "\">-638.00<"},
                    {"no currency", "<InstdAmt Ccy=\"CNY\">", "<InstdAmt>"},
                    {"a currency that is none", "Ccy=\"CNY\"", "Ccy=\"RMBY\""},
                    {"a purpose of more than four characters", "<Cd>SSBE", "<Cd>SSBEN"},
                    {"a count of 16 digits", "<NbOfTxs>6<", "<NbOfTxs>1234567890123456<"},
                    {"two accounts", "</CdtrAcct><Purp>", "</CdtrAcct><CdtrAcct/><Purp>"},
                    {"both of a choice", "<Cd>SSBE</Cd>", "<Cd>SSBE</Cd><Prtry>x</Prtry>"},
                    {"an element of nobody", "<PmtInfId>", "<Remark>x</Remark><PmtInfId>"}});
}

TEST(Iso20022, AStatusReportHoldsToOrderNumberLengthDigitsAndCodesOfItsSchema) {
    const std::string long_reason = "<AddtlInf>" + of_141;
    expect_refused(
        "pain.002.001.10", golden("return"),
        {{"the message that it answers missing", "<OrgnlMsgId>YKT9901012024090001</OrgnlMsgId>", ""},
         {"elements in another order", "<TxSts>ACSC</TxSts><StsRsnInf><AddtlInf>成功</AddtlInf></StsRsnInf>",
          "<StsRsnInf><AddtlInf>成功</AddtlInf></StsRsnInf><TxSts>ACSC</TxSts>"},
         {"a status of more than four characters", "<TxSts>ACSC", "<TxSts>ACSCX"},
         {"a status twice", "<TxSts>ACSC</TxSts>", "<TxSts>ACSC</TxSts><TxSts>ACSC</TxSts>"},
         {"a reason of more than 105 characters", "<AddtlInf>", long_reason.c_str()},
         {"six decimals", "\">638.00<", "\">638.000001<"},
         {"a day that is none", "<IntrBkSttlmDt>2024-09-06", "<IntrBkSttlmDt>2024-09-31"},
         {"an account of more than 34 characters", "<Id>6229990000000000019",
          "<Id>62299900000000000191234567890123456"},
         {"an element of nobody", "<GrpSts>", "<Remark>x</Remark><GrpSts>"}});
}

constexpr std::array of_entries{
    Alteration{"an entry without its side", "<CdtDbtInd>DBIT</CdtDbtInd><Sts>", "<Sts>"},
    Alteration{"a side that there is not", "<CdtDbtInd>DBIT", "<CdtDbtInd>DEBT"},
    Alteration{"an entry without a status", "<Sts><Cd>BOOK</Cd></Sts>", ""},
    Alteration{"six decimals", "<Amt Ccy=\"CNY\">1436.00", "<Amt Ccy=\"CNY\">1436.000001"},
    Alteration{"elements in another order",
               "<BookgDt><Dt>2024-09-06</Dt></BookgDt><ValDt><Dt>2024-09-06</Dt></ValDt>",
               "<ValDt><Dt>2024-09-06</Dt></ValDt><BookgDt><Dt>2024-09-06</Dt></BookgDt>"},
    Alteration{"a reference of more than 35 characters", "<AcctSvcrRef>",
               "<AcctSvcrRef>XXXXXXXXXXXXXXXXXXXX"},
    Alteration{"a reason of more than four characters", "<Rsn><Cd>RETD", "<Rsn><Cd>RETDX"},
};

TEST(Iso20022, AStatementHoldsToOrderNumberLengthDigitsAndCodesOfItsSchema) {
    std::vector<Alteration> alterations{of_entries.begin(), of_entries.end()};
    alterations.push_back({"no account", "<Acct><Id>", "<Akct><Id>"});
    alterations.push_back(
        {"a balance without its kind", "<Tp><CdOrPrtry><Cd>OPBD</Cd></CdOrPrtry></Tp>", ""});
    alterations.push_back({"a kind of balance of more than four characters", "<Cd>OPBD", "<Cd>OPBDX"});
    expect_refused("camt.053.001.08", golden("statement"), alterations);
}

TEST(Iso20022, ANotificationHoldsToItsSchemaAndHasNoBalances) {
    expect_refused(
        "camt.054.001.08", a_notification(),
        {{"an entry without its side", "<CdtDbtInd>CRDT</CdtDbtInd><Sts>", "<Sts>"},
         {"a side that there is not", "<CdtDbtInd>CRDT", "<CdtDbtInd>CRED"},
         {"a reason of more than four characters", "<Rsn><Cd>RETD", "<Rsn><Cd>RETDX"},
         {"a balance", "<TxsSummry>",
          "<Bal><Tp><CdOrPrtry><Cd>OPBD</Cd></CdOrPrtry></Tp><Amt Ccy=\"CNY\">1</Amt><CdtDbtInd>CRDT"
          "</CdtDbtInd><Dt><Dt>2024-09-06</Dt></Dt></Bal><TxsSummry>"}});
}

/// As long as the profile lets them be, and no longer than the schema does.
TEST(Iso20022, TheLongestNamesAndMemosThatTheProfileTakesFitTheSchema) {
    Iso20022Schema schema{"pain.001.001.09"};
    tests::ReadBatch batch;
    auto& header = batch.header;
    header.file_id = "YKT9901012024090001";
    header.county = County::of_number(990'101);
    header.period = Month::of(2024, 9).value();
    header.bank_code = "313999000001";
    header.function_code = "2081902";
    header.made_at = Moment::parse("20240905093000").value();
    header.count = 1;
    bankfile::BatchLine line{.seq = 1, .amount = Money::of_fen(99'999'999'999'999)};
    line.account_kind = AccountKind::card;
    tests::KeptBatchLine& kept = batch.lines.emplace_back(line);
    header.total = line.amount;
    kept.payment = PaymentReference{header.county, 202409, Serial{1}, 1}.text();
    kept.bank_code = header.bank_code;
    for (std::size_t i = 0; i < bankfile::name_characters_max; ++i) kept.name += "龑";
    for (std::size_t i = 0; i < bankfile::summary_characters_max; ++i) kept.summary += "&";
    for (std::size_t i = 0; i < bankfile::remark_characters_max; ++i) kept.remark += "<";
    kept.account = std::string(profile().account_digits_max, '7');
    ASSERT_TRUE(bankfile::fits(profile(), kept.name, kept.account.size()));
    tests::OpensslSm3 sm3;
    const auto bytes = tests::write_batch(profile(), batch, sm3);
    ASSERT_TRUE(bytes) << bytes.error().message();
    EXPECT_EQ(schema.faults(*bytes), "");
}

}  // namespace
}  // namespace onecard
