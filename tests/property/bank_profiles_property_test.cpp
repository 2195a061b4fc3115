#include <fmt/format.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "onecard/core/identity.hpp"
#include "support/openssl_hash.hpp"
#include "support/profiles.hpp"

namespace onecard {
namespace {

using bankfile::Encoding;
using bankfile::Profile;
using tests::KeptBatchLine;
using tests::KeptReturnLine;
using tests::KeptStatementLine;

const Profile& a_profile() {
    const auto& all = tests::shipped_profiles();
    return std::next(all.begin(), *rc::gen::inRange<int>(0, static_cast<int>(all.size())))->second;
}

/// With what XML and fixed widths stumble over, and second bytes that look like '|'. GBK's two bytes are enough for it.
std::string a_text(const Profile& profile, std::size_t least, std::size_t most) {
    std::string text;
    const auto size = *rc::gen::inRange<std::size_t>(least, most + 1);
    for (std::size_t i = 0; i < size; ++i) {
        const auto common = rc::gen::element<char32_t>(U'亅', U'倈', U'億', U'搢', U'王', U'龑', U'·', U'a',
                                                       U'&', U'<', U'>', U'"', U'\'', U'7');
        const auto rare = rc::gen::element<char32_t>(U'䶮', U'㼆', U'𬱖', U'𠮷');
        append_utf8(text,
                    profile.encoding == Encoding::gbk || *rc::gen::inRange(0, 3) != 0 ? *common : *rare);
    }
    return text;
}

std::string digits(std::size_t least, std::size_t most) {
    const auto size = *rc::gen::inRange<std::size_t>(least, most + 1);
    return *rc::gen::container<std::string>(size, rc::gen::inRange<char>('0', '9' + 1));
}
std::string word(std::size_t least, std::size_t most) {
    const auto size = *rc::gen::inRange<std::size_t>(least, most + 1);
    return *rc::gen::container<std::string>(size, rc::gen::element('A', 'Z', '0', '9', '-', '&', '<', '/'));
}
Day a_day() { return Day::of_epoch_days(*rc::gen::inRange(10'000, 30'000)); }
Money an_amount() { return Money::of_fen(*rc::gen::inRange<std::int64_t>(1, 99'999'999)); }

std::vector<std::size_t> pieces() {
    return *rc::gen::nonEmpty(
        rc::gen::container<std::vector<std::size_t>>(rc::gen::inRange<std::size_t>(1, 300)));
}

tests::ReadBatch a_batch(const Profile& profile) {
    tests::ReadBatch batch;
    auto& header = batch.header;
    header.county = County::of_number(370'212);
    header.period = Month::of(2024, *rc::gen::inRange(1, 13)).value();
    header.file_id = fmt::format("YKT370212{}{}", header.period.digits(), digits(4, 7));
    header.bank_code = digits(12, 12);
    header.function_code = digits(7, 7);
    header.made_at = Moment::of_unix_seconds(*rc::gen::inRange<std::int64_t>(1'000'000'000, 3'000'000'000));
    header.count = *rc::gen::inRange(0, 8);
    for (std::int32_t seq = 1; seq <= header.count; ++seq) {
        bankfile::BatchLine line{.seq = seq, .amount = an_amount()};
        line.account_kind = *rc::gen::element(AccountKind::card, AccountKind::passbook);
        KeptBatchLine& kept = batch.lines.emplace_back(line);
        kept.payment = word(1, 26);
        kept.name = a_text(profile, 1, 15);
        kept.account = digits(12, profile.account_digits_max);
        kept.bank_code = header.bank_code;
        kept.summary = a_text(profile, 0, 15);
        kept.remark = a_text(profile, 0, 15);
        header.total += line.amount;
    }
    return batch;
}

RC_GTEST_PROP(BankProfile, ReadsABatchAsItWroteItHoweverItIsCut, ()) {
    const Profile& profile = a_profile();
    const auto batch = a_batch(profile);
    tests::OpensslSm3 sm3;
    const auto bytes = tests::write_batch(profile, batch, sm3);
    if (!bytes) RC_FAIL(bytes.error().message());
    const auto read = tests::read_batch(profile, *bytes, sm3, pieces());
    RC_ASSERT(read.messages() == "");
    RC_ASSERT(read.header == batch.header);
    RC_ASSERT(read.lines == batch.lines);
    RC_ASSERT(*tests::write_batch(profile, read, sm3) == *bytes);
}

RC_GTEST_PROP(BankProfile, ReadsAReturnAsItWroteItHoweverItIsCut, ()) {
    const Profile& profile = a_profile();
    tests::ReadReturn answer;
    auto& header = answer.header;
    header.county = County::of_number(370'212);
    header.file_id = "YKT370212202409" + digits(4, 7);
    header.bank_code = digits(12, 12);
    header.made_at = Moment::of_unix_seconds(*rc::gen::inRange<std::int64_t>(1'000'000'000, 3'000'000'000));
    header.value_day = header.made_at.day_in_china();
    std::int32_t seq = 0;
    for (int n = *rc::gen::inRange(0, 8); n > 0; --n) {
        using bankfile::ReturnStatus;
        seq += *rc::gen::inRange(1, 400'000);
        const auto reason = static_cast<bankfile::Reason>(*rc::gen::inRange(0, 21));
        bankfile::ReturnLine line{.seq = seq, .amount = an_amount(), .bank_day = a_day()};
        line.status = reason == bankfile::Reason::paid          ? ReturnStatus::paid
                      : reason == bankfile::Reason::in_progress ? ReturnStatus::in_progress
                                                                : ReturnStatus::failed;
        KeptReturnLine& kept = answer.lines.emplace_back(line);
        kept.payment = word(1, 26);
        kept.account = digits(12, profile.account_digits_max);
        kept.code = text_of(reason).code;
        kept.text = a_text(profile, 0, 15);
        kept.bank_reference = word(0, 30);
        header.total += line.amount;
        ++header.count;
        if (line.status == ReturnStatus::paid) {
            ++header.paid_count;
            header.paid_total += line.amount;
        } else if (line.status == ReturnStatus::failed) {
            ++header.failed_count;
            header.failed_total += line.amount;
        }
    }
    tests::OpensslSm3 sm3;
    const auto bytes = tests::write_return(profile, answer, sm3);
    if (!bytes) RC_FAIL(bytes.error().message());
    const auto read = tests::read_return(profile, *bytes, sm3, pieces());
    RC_ASSERT(read.messages() == "");
    RC_ASSERT(read.header == answer.header);
    RC_ASSERT(read.lines == answer.lines);
}

RC_GTEST_PROP(BankProfile, ReadsAStatementAsItWroteItHoweverItIsCut, ()) {
    const Profile& profile = a_profile();
    tests::ReadStatement statement;
    auto& header = statement.header;
    header.statement_id = "ST" + digits(1, 20);
    header.account = digits(12, 30);
    header.bank_code = digits(12, 12);
    header.first_day = a_day();
    header.last_day = header.first_day.plus_days(*rc::gen::inRange(0, 31));
    header.made_at = Moment::of_unix_seconds(*rc::gen::inRange<std::int64_t>(1'000'000'000, 3'000'000'000));
    header.opening = Money::of_fen(*rc::gen::inRange<std::int64_t>(-1'000'000, 1'000'000));
    header.closing = header.opening;
    header.count = *rc::gen::inRange(0, 8);
    for (std::int32_t seq = 1; seq <= header.count; ++seq) {
        using bankfile::Direction;
        bankfile::StatementLine line{.seq = seq, .amount = an_amount()};
        line.booking_day = header.first_day.plus_days(
            *rc::gen::inRange(0, header.last_day.epoch_days() - header.first_day.epoch_days() + 1));
        line.value_day = a_day();
        line.direction = *rc::gen::element(Direction::credit, Direction::debit);
        (line.direction == Direction::credit ? header.credits : header.debits) += line.amount;
        *header.closing += line.direction == Direction::credit ? line.amount : -line.amount;
        if (profile.statement.form != bankfile::Form::camt && *rc::gen::arbitrary<bool>())
            line.balance = header.closing;
        KeptStatementLine& kept = statement.lines.emplace_back(line);
        kept.reference = word(0, 26);
        kept.bank_reference = word(0, 30);
        if (*rc::gen::arbitrary<bool>()) kept.code = *rc::gen::element<std::string>("RETD", "AC04", "REVS");
        kept.text = a_text(profile, 0, 15);
    }
    tests::OpensslSm3 sm3;
    const auto bytes = tests::write_statement(profile, statement, sm3);
    if (!bytes) RC_FAIL(bytes.error().message());
    const auto read = tests::read_statement(profile, *bytes, sm3, pieces());
    RC_ASSERT(read.messages() == "");
    RC_ASSERT(read.header == statement.header);
    RC_ASSERT(read.lines == statement.lines);
}

/// Whatever happens to a byte: a fault, or the same records (a byte between elements may mean nothing); never others.
RC_GTEST_PROP(BankProfile, NeverReadsOtherRecordsFromAnAlteredFileWithAHash, ()) {
    const Profile& profile = a_profile();
    const auto batch = a_batch(profile);
    tests::OpensslSm3 sm3;
    std::string bytes = tests::write_batch(profile, batch, sm3).value();
    const auto at = *rc::gen::inRange<std::size_t>(0, bytes.size());
    const auto to = static_cast<char>(*rc::gen::inRange(0, 256));
    if (bytes[at] == to) return;
    bytes[at] = to;
    const auto read = tests::read_batch(profile, bytes, sm3, pieces());
    if (!profile.batch.trailer.carries(bankfile::Slot::hash) && !profile.is_canonical()) return;
    RC_ASSERT(!read.faults.empty());
}

}  // namespace
}  // namespace onecard
