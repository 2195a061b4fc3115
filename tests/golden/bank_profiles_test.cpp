#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "onecard/bankfile/encoding.hpp"
#include "support/openssl_hash.hpp"
#include "support/profiles.hpp"

namespace onecard {
namespace {

namespace fs = std::filesystem;
using bankfile::Direction;
using bankfile::Profile;
using bankfile::ReturnStatus;
using tests::KeptBatchLine;
using tests::KeptReturnLine;
using tests::KeptStatementLine;

const fs::path folder = ONECARD_SOURCE_DIR "/tests/golden/banks";

std::string bytes_in(const fs::path& path) {
    std::ifstream in{path, std::ios::binary};
    EXPECT_TRUE(in) << path;
    return {std::istreambuf_iterator<char>{in}, {}};
}

/// The files of the folder are what these records have always been written as. ONECARD_BLESS=1 writes them anew, for
/// a person to look at.
void expect_golden(const std::string& name, const std::string& bytes) {
    const fs::path path = folder / name;
    if (std::getenv("ONECARD_BLESS") != nullptr) {
        fs::create_directories(path.parent_path());
        std::ofstream{path, std::ios::binary} << bytes;
    }
    EXPECT_TRUE(bytes == bytes_in(path)) << path << " differs from\n" << bytes;
}

struct Payee {
    std::string_view name, account;
    AccountKind kind;
    std::int64_t fen;
};
// DOMAIN 4.4's characters; the last three are not in GBK.
constexpr std::array payees{Payee{"张桂英", "6229990000000000019", AccountKind::card, 63'800},
                            Payee{"买买提·吐尔逊", "6229990000000000027", AccountKind::card, 143'600},
                            Payee{"龑頔堃喆犇", "0099010100012345", AccountKind::passbook, 1},
                            Payee{"徐\u3F06", "6219991234567890120", AccountKind::card, 62'900},
                            Payee{"李\U0002CC56", "6239990000000123455", AccountKind::card, 100'000},
                            Payee{"欧阳\u4DAE", "622999000000000004", AccountKind::card, 29'700}};

std::size_t payees_of(const Profile& profile) {
    return profile.encoding == bankfile::Encoding::gbk ? 3 : payees.size();
}

tests::ReadBatch the_batch(const Profile& profile) {
    tests::ReadBatch batch;
    auto& header = batch.header;
    header.file_id = "YKT9901012024090001";
    header.county = County::of_number(990'101);
    header.period = Month::of(2024, 9).value();
    header.bank_code = "313999000001";
    header.function_code = "2081902";
    header.made_at = Moment::parse("20240905093000").value();
    for (std::size_t i = 0; i < payees_of(profile); ++i) {
        bankfile::BatchLine line{.seq = static_cast<std::int32_t>(i + 1),
                                 .amount = Money::of_fen(payees[i].fen)};
        line.account_kind = payees[i].kind;
        KeptBatchLine& kept = batch.lines.emplace_back(line);
        kept.payment = PaymentReference{header.county, 202409, Serial{line.seq}, 1}.text();
        kept.name = payees[i].name;
        kept.account = payees[i].account;
        kept.bank_code = header.bank_code;
        kept.summary = "农村低保202409";
        header.total += line.amount;
        ++header.count;
    }
    return batch;
}

tests::ReadReturn the_return(const Profile& profile) {
    const auto batch = the_batch(profile);
    tests::ReadReturn answer;
    auto& header = answer.header;
    header.file_id = batch.header.file_id;
    header.county = batch.header.county;
    header.bank_code = batch.header.bank_code;
    header.made_at = Moment::parse("20240906170000").value();
    header.value_day = header.made_at.day_in_china();
    constexpr std::array statuses{ReturnStatus::paid, ReturnStatus::failed, ReturnStatus::in_progress};
    constexpr std::array<std::string_view, 3> codes{"OK00", "NM01", "PEND"};
    constexpr std::array<std::string_view, 3> texts{"成功", "户名不符", "处理中"};
    for (std::size_t i = 0; i < batch.lines.size(); ++i) {
        const auto& sent = batch.lines[i];
        bankfile::ReturnLine line{
            .seq = sent.line.seq, .amount = sent.line.amount, .bank_day = header.value_day};
        line.status = statuses[i % 3];
        KeptReturnLine& kept = answer.lines.emplace_back(line);
        kept.payment = sent.payment;
        kept.account = sent.account;
        kept.code = codes[i % 3];
        kept.text = texts[i % 3];
        if (i % 3 == 0) kept.bank_reference = fmt::format("BK20240906{:06}", i + 1);
        ++header.count;
        header.total += line.amount;
        if (i % 3 == 0) ++header.paid_count, header.paid_total += line.amount;
        if (i % 3 == 1) ++header.failed_count, header.failed_total += line.amount;
    }
    return answer;
}

tests::ReadStatement the_statement(const Profile& profile) {
    tests::ReadStatement statement;
    auto& header = statement.header;
    header.statement_id = "ST20240906-1";
    header.account = "0099010199990001";
    header.bank_code = "313999000001";
    header.first_day = header.last_day = Day::of(2024, 9, 6).value();
    header.opening = Money::of_fen(500'000);
    header.closing = Money::of_fen(356'401);
    header.made_at = Moment::parse("20240906180000").value();
    const auto batch = the_batch(profile);
    const auto add = [&](Direction direction, std::int64_t fen, std::string reference, std::string code,
                         std::string text) {
        bankfile::StatementLine line{.seq = ++header.count,
                                     .booking_day = header.first_day,
                                     .value_day = header.first_day,
                                     .direction = direction,
                                     .amount = Money::of_fen(fen)};
        (direction == Direction::credit ? header.credits : header.debits) += line.amount;
        KeptStatementLine& kept = statement.lines.emplace_back(line);
        kept.reference = std::move(reference);
        kept.bank_reference = fmt::format("BK20240906{:06}", line.seq);
        kept.code = std::move(code);
        kept.text = std::move(text);
    };
    add(Direction::debit, 143'600, batch.lines[1].payment, "", "农村低保202409");
    add(Direction::debit, 63'800, batch.lines[0].payment, "", "农村低保202409");
    add(Direction::credit, 63'800, batch.lines[0].payment, "RETD", "退汇");
    add(Direction::credit, 1, "", "", "利息");
    return statement;
}

class ShippedProfile : public testing::TestWithParam<std::string> {
protected:
    const Profile& profile() const { return tests::shipped_profiles().at(GetParam()); }
    tests::OpensslSm3 sm3_;
};

TEST_P(ShippedProfile, WritesABatchAsEverAndReadsItBack) {
    const auto batch = the_batch(profile());
    const auto bytes = tests::write_batch(profile(), batch, sm3_);
    ASSERT_TRUE(bytes) << bytes.error().message();
    expect_golden(GetParam() + "/batch", *bytes);
    const auto read = tests::read_batch(profile(), *bytes, sm3_);
    EXPECT_EQ(read.messages(), "");
    EXPECT_EQ(read.header, batch.header);
    EXPECT_EQ(read.lines, batch.lines);
}

TEST_P(ShippedProfile, WritesAReturnAsEverAndReadsItBack) {
    const auto answer = the_return(profile());
    const auto bytes = tests::write_return(profile(), answer, sm3_);
    ASSERT_TRUE(bytes) << bytes.error().message();
    expect_golden(GetParam() + "/return", *bytes);
    const auto read = tests::read_return(profile(), *bytes, sm3_);
    EXPECT_EQ(read.messages(), "");
    EXPECT_EQ(read.header, answer.header);
    EXPECT_EQ(read.lines, answer.lines);
}

TEST_P(ShippedProfile, WritesAStatementAsEverAndReadsItBack) {
    const auto statement = the_statement(profile());
    const auto bytes = tests::write_statement(profile(), statement, sm3_);
    ASSERT_TRUE(bytes) << bytes.error().message();
    expect_golden(GetParam() + "/statement", *bytes);
    const auto read = tests::read_statement(profile(), *bytes, sm3_);
    EXPECT_EQ(read.messages(), "");
    EXPECT_EQ(read.header, statement.header);
    EXPECT_EQ(read.lines, statement.lines);
}

TEST_P(ShippedProfile, RefusesANameThatItCannotWriteAndNeverReplacesACharacter) {
    const bool is_gbk = profile().encoding == bankfile::Encoding::gbk;
    for (const Payee& payee : payees) {
        const auto fitted = bankfile::fits(profile(), payee.name, payee.account.size());
        const bool is_rare = &payee >= &payees[3];
        EXPECT_EQ(fitted.has_value(), !is_gbk || !is_rare) << payee.name;
        if (!fitted) EXPECT_NE(fitted.error().text.find("U+"), std::string::npos) << fitted.error().text;
    }
    auto batch = the_batch(profile());
    batch.lines[0].name = "\uE000";
    const auto bytes = tests::write_batch(profile(), batch, sm3_);
    ASSERT_FALSE(bytes);
    EXPECT_NE(bytes.error().place.find(":name"), std::string::npos) << bytes.error().message();
}

TEST_P(ShippedProfile, RefusesWrongTotalsAndATruncatedFile) {
    auto answer = the_return(profile());
    const auto bytes = tests::write_return(profile(), answer, sm3_).value();
    for (const std::size_t size : {std::size_t{0}, std::size_t{10}, bytes.size() / 2, bytes.size() - 2}) {
        const auto read = tests::read_return(profile(), bytes.substr(0, size), sm3_);
        EXPECT_NE(read.messages(), "") << size;
    }
    answer.header.count += 1;
    EXPECT_FALSE(tests::write_return(profile(), answer, sm3_));
}

INSTANTIATE_TEST_SUITE_P(All, ShippedProfile,
                         testing::Values("ykt-txt", "fixed-gbk", "xml-gbk", "iso20022", "sm2-gb18030"),
                         [](const auto& one) {
                             std::string name = one.param;
                             std::erase(name, '-');
                             return name;
                         });

TEST(ReturnFiles, LoseABadLineOnlyInEveryLayoutAndStillHoldTheirTotals) {
    for (const char* name : {"fixed-gbk", "xml-gbk", "iso20022"}) {
        std::string bytes = bytes_in(folder / name / "return");
        const std::string account = "6229990000000000027";
        bytes.replace(bytes.find(account), 1, "X");
        if (const std::size_t trailer = bytes.rfind("\r\n9"); trailer != std::string::npos) {
            // The trailer's hash is over what stands there now.
            tests::OpensslSm3 sm3;
            sm3.update(bytes_of(std::string_view{bytes}.substr(0, trailer + 2)));
            std::string hash = sm3.finish().hex();
            for (char& c : hash) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
            bytes.replace(bytes.find_last_not_of("\r\n ") - 63, 64, hash);
        }
        const auto read = [&](bool quarantines) {
            std::string told;
            tests::OpensslSm3 sm3;
            const auto on_line = [&](const bankfile::ReturnLine& line) {
                told += fmt::format("{} ", line.seq);
            };
            const auto on_bad_line = [&](const Failure& fault) { told += "bad " + fault.place + " "; };
            const auto reader =
                bankfile::read_return(tests::shipped_profiles().at(name), "r", sm3, on_line,
                                      quarantines ? bankfile::ReturnReader::OnBadLine{on_bad_line}
                                                  : bankfile::ReturnReader::OnBadLine{});
            reader->feed(bytes);
            reader->finish();
            for (const Failure& fault : reader->faults()) told += "fault " + fault.message() + " ";
            return told;
        };
        const std::string told = read(true);
        EXPECT_TRUE(told.starts_with("1 bad r:")) << name << ": " << told;
        EXPECT_NE(told.find(" 3 "), std::string::npos) << name << ": " << told;
        EXPECT_EQ(told.find("fault"), std::string::npos) << name << ": " << told;
        EXPECT_NE(read(false).find("fault r:"), std::string::npos) << name;
        // What cannot be counted spoils the file.
        const bool is_iso = name == std::string_view{"iso20022"};
        const std::size_t at = bytes.find("X229");
        const std::size_t amount = is_iso ? bytes.rfind("1436.00", at) : bytes.find("143600", at);
        ASSERT_NE(amount, std::string::npos) << name;
        bytes[amount] = 'Y';
        EXPECT_NE(read(true).find("fault r:"), std::string::npos) << name;
    }
}

TEST(Iso20022, ReturnsWithElementsThatWeDoNotNameAreRead) {
    const Profile& profile = tests::shipped_profiles().at("iso20022");
    tests::OpensslSm3 sm3;
    std::string bytes = bytes_in(folder / "iso20022" / "return");
    bytes.insert(bytes.find("<DbtrAgt>"), "<InitgPty><Nm>一家银行</Nm></InitgPty>");
    EXPECT_EQ(tests::read_return(profile, bytes, sm3).messages(), "");
}

TEST(Iso20022, AReturnedCreditOfANotificationNamesThePaymentAndTheReason) {
    const Profile& profile = tests::shipped_profiles().at("iso20022");
    const std::string bytes =
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt.054.001.08\">"
        "<BkToCstmrDbtCdtNtfctn><GrpHdr><MsgId>N1</MsgId><CreDtTm>2024-09-09T10:00:00+08:00</CreDtTm></GrpHdr><Ntfctn>"
        "<Id>N1</Id><CreDtTm>2024-09-09T10:00:00+08:00</CreDtTm><Acct><Id><Othr><Id>0099010199990001</Id></Othr></Id>"
        "</Acct><Ntry><Amt Ccy=\"CNY\">638.01</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts><BookgDt><Dt>"
        "2024-09-09</Dt></BookgDt><BkTxCd/><NtryDtls><TxDtls><Refs><EndToEndId>YK1</EndToEndId></Refs><Amt Ccy=\"CNY\">"
        "638.00</Amt><RtrInf><Rsn><Cd>AC04</Cd></Rsn></RtrInf></TxDtls><TxDtls><Refs><EndToEndId>YK2</EndToEndId></Refs>"
        "<Amt Ccy=\"CNY\">0.01</Amt><RtrInf><Rsn><Cd>ZZ99</Cd></Rsn></RtrInf></TxDtls></NtryDtls></Ntry></Ntfctn>"
        "</BkToCstmrDbtCdtNtfctn></Document>";
    tests::OpensslSm3 sm3;
    const auto read = tests::read_statement(profile, bytes, sm3);
    ASSERT_EQ(read.messages(), "");
    EXPECT_EQ(read.header.kind, bankfile::StatementKind::notification);
    ASSERT_EQ(read.lines.size(), 2u);
    EXPECT_EQ(read.lines[0].reference, "YK1");
    EXPECT_EQ(read.lines[0].code, "AC04");
    EXPECT_EQ(read.lines[0].line.amount, Money::of_fen(63'800));
    EXPECT_EQ(read.lines[1].code, "?ZZ99");
    std::string wrong = bytes;
    wrong.replace(wrong.find("638.01"), 6, "638.02");
    EXPECT_NE(tests::read_statement(profile, wrong, sm3).messages().find("transactions"), std::string::npos);
}

TEST(XmlFiles, AreReadWithoutTheDoorsThatXmlLeavesOpen) {
    const Profile& profile = tests::shipped_profiles().at("iso20022");
    const std::string good = bytes_in(folder / "iso20022" / "return");
    const auto refused = [&](std::string bytes) {
        tests::OpensslSm3 sm3;
        const auto read = tests::read_return(profile, bytes, sm3);
        return read.messages();
    };
    const std::size_t root = good.find("<Document");
    const auto with = [&](std::string_view text) { return std::string{good}.insert(root, text); };
    EXPECT_NE(refused(with("<!DOCTYPE x [<!ENTITY a \"b\">]>")).find("DOCTYPE"), std::string::npos);
    EXPECT_NE(refused(with("<!DOCTYPE x SYSTEM \"file:///etc/passwd\">")).find("DOCTYPE"), std::string::npos);
    std::string entity = good;
    entity.insert(entity.find("REPORT"), "&secret;");
    EXPECT_NE(refused(entity), "");
    std::string deep = good.substr(0, root + 9);
    EXPECT_NE(refused("\xEF\xBB\xBF" + good).find("byte order mark"), std::string::npos);
    std::string other = good;
    other.replace(other.find("UTF-8"), 5, "UTF-7");
    EXPECT_NE(refused(other).find("UTF-8"), std::string::npos);
    std::string nested = good;
    std::string many;
    for (int i = 0; i < 100; ++i) many += "<a>";
    nested.insert(nested.find("<DbtrAgt>"), many);
    EXPECT_NE(refused(nested).find("deep"), std::string::npos);
    std::string long_text = good;
    long_text.insert(long_text.find("REPORT"), std::string(100'000, 'x'));
    EXPECT_NE(refused(long_text).find("4096"), std::string::npos);
    // 100 MB without an end: refused while it comes, in constant memory.
    tests::OpensslSm3 sm3;
    const auto reading = bankfile::read_return(profile, "f", sm3, {});
    reading->feed(good.substr(0, root));
    const std::string piece(1 << 20, 'x');
    for (int i = 0; i < 100; ++i) reading->feed(piece);
    reading->finish();
    EXPECT_FALSE(reading->faults().empty());
}

}  // namespace
}  // namespace onecard
