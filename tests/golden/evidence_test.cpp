#include "onecard/bankfile/evidence.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <algorithm>
#include <fstream>
#include <iterator>

#include "support/openssl_hash.hpp"
#include "support/profiles.hpp"

/// One record of every layout, found again in files that were written once and for all.
namespace onecard {
namespace {

using bankfile::Found;
using bankfile::Profile;
using ::testing::HasSubstr;
using ::testing::Not;

std::string golden(const std::string& name) {
    std::ifstream in{ONECARD_SOURCE_DIR "/tests/golden/banks/" + name, std::ios::binary};
    EXPECT_TRUE(in) << name;
    return {std::istreambuf_iterator<char>{in}, {}};
}

std::optional<bankfile::RecordPlace> find(const Profile& profile, Found where, std::int32_t line,
                                          std::string_view bytes, std::size_t piece = 1 << 16) {
    tests::OpensslSm3 sm3;
    const auto finder = bankfile::find_record(profile, where, line, sm3);
    do
        for (std::size_t at = 0; at < bytes.size(); at += piece) finder->feed(bytes.substr(at, piece));
    while (finder->finish());
    return finder->found();
}

/// Each record of a file: by number, in order, somewhere behind the one before it, with its own reference in it and none
/// of the others'.
void expect_every_record(const Profile& profile, Found where, const std::string& bytes,
                         const std::vector<std::string>& references) {
    std::int64_t behind = 0;
    for (std::size_t i = 0; i < references.size(); ++i) {
        const auto line = static_cast<std::int32_t>(i) + (where == Found::in_return ? 2 : 1);
        const auto found = find(profile, where, line, bytes);
        ASSERT_TRUE(found.has_value()) << profile.name << " line " << line;
        EXPECT_EQ(found->bytes, bytes.substr(static_cast<std::size_t>(found->offset),
                                             static_cast<std::size_t>(found->length)));
        EXPECT_GE(found->offset, behind);
        behind = found->offset + found->length;
        EXPECT_EQ(
            found->file_line,
            1 + std::count(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(found->offset), '\n'));
        for (std::size_t other = 0; other < references.size(); ++other) {
            if (references[other].empty()) continue;
            EXPECT_EQ(found->bytes.find(references[other]) != std::string::npos, other == i)
                << profile.name << " line " << line << ": " << found->bytes;
        }
        for (const std::size_t piece : {1U, 7U}) {
            const auto again = find(profile, where, line, bytes, piece);
            ASSERT_TRUE(again.has_value());
            EXPECT_EQ(again->offset, found->offset);
            EXPECT_EQ(again->bytes, found->bytes);
        }
    }
    EXPECT_FALSE(find(profile, where, 4711, bytes).has_value());
}

class Evidence : public ::testing::TestWithParam<const char*> {
protected:
    const Profile& profile = tests::shipped_profiles().at(GetParam());
    std::string name = GetParam();
};

std::vector<std::string> payments_of(const Profile& profile, const std::string& bytes) {
    tests::OpensslSm3 sm3;
    const auto read = tests::read_return(profile, bytes, sm3);
    EXPECT_EQ(read.messages(), "");
    std::vector<std::string> payments;
    for (const auto& line : read.lines) payments.push_back(line.payment);
    EXPECT_GE(payments.size(), 3U);
    return payments;
}

TEST_P(Evidence, OfAReturnFileIsFoundByteForByteAndMasked) {
    const std::string bytes = golden(name + "/return");
    const auto payments = payments_of(profile, bytes);
    expect_every_record(profile, Found::in_return, bytes, payments);
    for (std::size_t i = 0; i < payments.size(); ++i) {
        const auto found = find(profile, Found::in_return, static_cast<std::int32_t>(i) + 2, bytes);
        const std::string masked = bankfile::masked(profile, Found::in_return, found->bytes);
        ASSERT_EQ(masked.size(), found->bytes.size());
        const std::string text = bankfile::readable(profile, masked);
        EXPECT_THAT(text, HasSubstr(payments[i])) << "what is about no person stays";
        // An account shows its last four digits, the bank's own words nothing.
        EXPECT_THAT(text, Not(::testing::ContainsRegex("62[0-9]{9}")));
        EXPECT_THAT(text, ::testing::ContainsRegex("[*]{8,}[0-9]{4}"));
        for (const char* word : {"成功", "户名不符", "处理中"}) EXPECT_THAT(text, Not(HasSubstr(word)));
        const std::string plain = bankfile::readable(profile, found->bytes);
        EXPECT_THAT(plain, ::testing::AnyOf(HasSubstr("成功"), HasSubstr("户名不符"), HasSubstr("处理中")));
    }
}

TEST_P(Evidence, OfAStatementIsFoundByteForByteAndMasked) {
    const std::string bytes = golden(name + "/statement");
    tests::OpensslSm3 sm3;
    const auto read = tests::read_statement(profile, bytes, sm3);
    ASSERT_EQ(read.messages(), "");
    std::vector<std::string> references;
    for (const auto& line : read.lines)
        references.push_back(
            std::ranges::count(read.lines, line.reference, [](const auto& one) { return one.reference; }) == 1
                ? line.reference
                : "");
    ASSERT_GE(references.size(), 3U);
    expect_every_record(profile, Found::in_statement, bytes, references);
    const auto found = find(profile, Found::in_statement, 1, bytes);
    const std::string masked = bankfile::masked(profile, Found::in_statement, found->bytes);
    EXPECT_EQ(masked.size(), found->bytes.size());
    EXPECT_THAT(bankfile::readable(profile, masked), HasSubstr(references[0]));
    EXPECT_THAT(bankfile::readable(profile, masked), Not(HasSubstr("农村低保")));
}

INSTANTIATE_TEST_SUITE_P(All, Evidence,
                         ::testing::Values("ykt-txt", "fixed-gbk", "xml-gbk", "iso20022", "sm2-gb18030"),
                         [](const auto& info) {
                             std::string name = info.param;
                             std::ranges::replace(name, '-', '_');
                             return name;
                         });

TEST(EvidenceInXml, TellsDetailsApartThatAllStandInOneLine) {
    for (const char* name : {"xml-gbk", "iso20022"}) {
        const Profile& profile = tests::shipped_profiles().at(name);
        std::string bytes = golden(std::string{name} + "/return");
        std::erase(bytes, '\n');
        std::erase(bytes, '\r');
        expect_every_record(profile, Found::in_return, bytes, payments_of(profile, bytes));
    }
}

TEST(EvidenceInXml, CountsWhatTheStatementsReaderCountsAndGivesTheTransactionOfASum) {
    const Profile& profile = tests::shipped_profiles().at("iso20022");
    const auto entry = [](std::string_view status, std::string_view inside) {
        return fmt::format(
            "<Ntry><Amt Ccy=\"CNY\">3.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts><Cd>{}</Cd></Sts><BookgDt>"
            "<Dt>2024-09-09</Dt></BookgDt><BkTxCd/>{}</Ntry>",
            status, inside);
    };
    const auto transaction = [](std::string_view reference, std::string_view yuan) {
        return fmt::format(
            "<TxDtls><Refs><EndToEndId>{}</EndToEndId></Refs><Amt Ccy=\"CNY\">{}</Amt><RltdPties><Dbtr><Pty>"
            "<Nm>张桂英</Nm></Pty></Dbtr></RltdPties></TxDtls>",
            reference, yuan);
    };
    const std::string bytes =
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt.054.001.08\">"
        "<BkToCstmrDbtCdtNtfctn><GrpHdr><MsgId>N1</MsgId><CreDtTm>2024-09-09T10:00:00+08:00</CreDtTm></GrpHdr><Ntfctn>"
        "<Id>N1</Id><CreDtTm>2024-09-09T10:00:00+08:00</CreDtTm><Acct><Id><Othr><Id>0099010199990001</Id></Othr></Id>"
        "</Acct>" +
        entry("PDNG", fmt::format("<NtryDtls>{}</NtryDtls>", transaction("YK0", "3.00"))) +
        entry("BOOK", fmt::format("<NtryDtls>{}{}</NtryDtls>", transaction("YK1", "1.00"),
                                  transaction("YK2", "2.00"))) +
        entry("BOOK", "<AddtlNtryInf>张桂英 利息</AddtlNtryInf>") +
        "</Ntfctn></BkToCstmrDbtCdtNtfctn></Document>";
    const auto text = [&](std::int32_t line) {
        const auto found = find(profile, Found::in_statement, line, bytes);
        EXPECT_TRUE(found.has_value()) << line;
        return found ? found->bytes : std::string{};
    };
    EXPECT_EQ(text(1), transaction("YK1", "1.00")) << "what is not booked is no line";
    EXPECT_EQ(text(2), transaction("YK2", "2.00"));
    EXPECT_EQ(text(3), entry("BOOK", "<AddtlNtryInf>张桂英 利息</AddtlNtryInf>"));
    for (const std::int32_t line : {1, 3}) {
        const std::string masked = bankfile::masked(profile, Found::in_statement, text(line));
        EXPECT_THAT(masked, Not(HasSubstr("张桂英")));
        EXPECT_THAT(masked, HasSubstr(line == 1 ? "<EndToEndId>YK1</EndToEndId>" : ">3.00</Amt>"));
        EXPECT_THAT(masked, HasSubstr("Ccy=\"CNY\""));
    }
}

TEST(EvidenceOfABadLine, IsMaskedThroughoutAndShownWhateverItsBytes) {
    const Profile& profile = bankfile::canonical_profile();
    const std::string bad = "D|0000001|YK1|6229990000000000019\xFF|1\r\n";
    EXPECT_EQ(bankfile::masked(profile, Found::in_return, bad), std::string(bad.size() - 2, '*') + "\r\n");
    EXPECT_THAT(bankfile::readable(profile, bad), HasSubstr("19<FF>|1"));
    const Profile& fixed = tests::shipped_profiles().at("fixed-gbk");
    EXPECT_EQ(bankfile::masked(fixed, Found::in_return, "2too short\r\n"), "**********\r\n");
}

/// What is held of a file does not grow with it.
TEST(EvidenceOfAGiantFile, IsFoundInConstantMemory) {
    const Profile& profile = tests::shipped_profiles().at("xml-gbk");
    const std::string bytes = golden("xml-gbk/return");
    const auto detail = find(profile, Found::in_return, 2, bytes);
    ASSERT_TRUE(detail.has_value());
    const std::string before = bytes.substr(0, static_cast<std::size_t>(detail->offset));
    constexpr std::int32_t details = 60'000;
    const auto peak_kib = [] {
        rusage used{};
        ::getrusage(RUSAGE_SELF, &used);
        return used.ru_maxrss;
    };
    const auto before_kib = peak_kib();
    tests::OpensslSm3 sm3;
    const auto finder = bankfile::find_record(profile, Found::in_return, details, sm3);
    std::int64_t fed = 0;
    do {
        finder->feed(before);
        for (std::int32_t i = 0; i < details; ++i) finder->feed(detail->bytes);
        fed += static_cast<std::int64_t>(before.size() + details * detail->bytes.size());
    } while (finder->finish());
    ASSERT_TRUE(finder->found().has_value());
    EXPECT_EQ(finder->found()->offset, detail->offset + std::int64_t{details - 2} * detail->length);
    EXPECT_EQ(finder->found()->bytes, detail->bytes);
    EXPECT_GT(fed, 30'000'000);
    EXPECT_LT(peak_kib() - before_kib, 8 * 1024);
}

}  // namespace
}  // namespace onecard
