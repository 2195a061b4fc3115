#include "values.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <type_traits>
#include <utility>

#include "fields.hpp"
#include "onecard/core/identity.hpp"

namespace onecard::bankfile::syntax {

namespace {

using ykt::is_digits;
namespace field = ykt::field;

/// Hands the value of a slot to `act`; false where the record has no such value.
template <class Header, class Act>
    requires std::is_same_v<std::remove_const_t<Header>, BatchHeader>
bool with(Slot slot, Header& header, Act act) {
    if (slot == Slot::file_id) return act(header.file_id), true;
    if (slot == Slot::county) return act(header.county), true;
    if (slot == Slot::bank_code) return act(header.bank_code), true;
    if (slot == Slot::period) return act(header.period), true;
    if (slot == Slot::function_code) return act(header.function_code), true;
    if (slot == Slot::count) return act(header.count), true;
    if (slot == Slot::total) return act(header.total), true;
    if (slot == Slot::made_at) return act(header.made_at), true;
    return false;
}

template <class Line, class Act>
    requires std::is_same_v<std::remove_const_t<Line>, BatchLine>
bool with(Slot slot, Line& line, Act act) {
    if (slot == Slot::seq) return act(line.seq), true;
    if (slot == Slot::payment) return act(line.payment), true;
    if (slot == Slot::name) return act(line.name), true;
    if (slot == Slot::account_kind) return act(line.account_kind), true;
    if (slot == Slot::account || slot == Slot::transit_account) return act(line.account), true;
    if (slot == Slot::bank_code) return act(line.bank_code), true;
    if (slot == Slot::amount) return act(line.amount), true;
    if (slot == Slot::summary) return act(line.summary), true;
    if (slot == Slot::remark) return act(line.remark), true;
    return false;
}

template <class Header, class Act>
    requires std::is_same_v<std::remove_const_t<Header>, ReturnHeader>
bool with(Slot slot, Header& header, Act act) {
    if (slot == Slot::file_id) return act(header.file_id), true;
    if (slot == Slot::county) return act(header.county), true;
    if (slot == Slot::bank_code) return act(header.bank_code), true;
    if (slot == Slot::value_day) return act(header.value_day), true;
    if (slot == Slot::count) return act(header.count), true;
    if (slot == Slot::total) return act(header.total), true;
    if (slot == Slot::paid_count) return act(header.paid_count), true;
    if (slot == Slot::paid_total) return act(header.paid_total), true;
    if (slot == Slot::failed_count) return act(header.failed_count), true;
    if (slot == Slot::failed_total) return act(header.failed_total), true;
    if (slot == Slot::made_at) return act(header.made_at), true;
    return false;
}

template <class Line, class Act>
    requires std::is_same_v<std::remove_const_t<Line>, ReturnLine>
bool with(Slot slot, Line& line, Act act) {
    if (slot == Slot::seq) return act(line.seq), true;
    if (slot == Slot::payment) return act(line.payment), true;
    if (slot == Slot::account || slot == Slot::transit_account) return act(line.account), true;
    if (slot == Slot::amount) return act(line.amount), true;
    if (slot == Slot::status) return act(line.status), true;
    if (slot == Slot::code) return act(line.code), true;
    if (slot == Slot::text) return act(line.text), true;
    if (slot == Slot::bank_day) return act(line.bank_day), true;
    if (slot == Slot::bank_reference) return act(line.bank_reference), true;
    return false;
}

template <class Header, class Act>
    requires std::is_same_v<std::remove_const_t<Header>, StatementHeader>
bool with(Slot slot, Header& header, Act act) {
    if (slot == Slot::statement_id) return act(header.statement_id), true;
    if (slot == Slot::account || slot == Slot::transit_account) return act(header.account), true;
    if (slot == Slot::bank_code) return act(header.bank_code), true;
    if (slot == Slot::first_day) return act(header.first_day), true;
    if (slot == Slot::last_day) return act(header.last_day), true;
    if (slot == Slot::opening) return act(header.opening), true;
    if (slot == Slot::closing) return act(header.closing), true;
    if (slot == Slot::count) return act(header.count), true;
    if (slot == Slot::credits) return act(header.credits), true;
    if (slot == Slot::debits) return act(header.debits), true;
    if (slot == Slot::made_at) return act(header.made_at), true;
    return false;
}

template <class Line, class Act>
    requires std::is_same_v<std::remove_const_t<Line>, StatementLine>
bool with(Slot slot, Line& line, Act act) {
    if (slot == Slot::seq) return act(line.seq), true;
    if (slot == Slot::booking_day) return act(line.booking_day), true;
    if (slot == Slot::value_day) return act(line.value_day), true;
    if (slot == Slot::direction) return act(line.direction), true;
    if (slot == Slot::amount) return act(line.amount), true;
    if (slot == Slot::reference) return act(line.reference), true;
    if (slot == Slot::bank_reference) return act(line.bank_reference), true;
    if (slot == Slot::code) return act(line.code), true;
    if (slot == Slot::text) return act(line.text), true;
    if (slot == Slot::balance) return act(line.balance), true;
    return false;
}

/// Where the text has to be read before it is known what was meant by it.
bool has_forms(Slot slot) {
    return slot == Slot::status || slot == Slot::account_kind || slot == Slot::direction ||
           slot == Slot::code;
}

template <std::size_t N>
std::optional<std::size_t> index_of(const std::array<WordList, N>& words, std::string_view text) {
    for (std::size_t i = 0; i < words.size(); ++i)
        if (std::ranges::find(words[i], text) != words[i].end()) return i;
    return std::nullopt;
}

std::size_t characters_in(std::string_view utf8) {
    return static_cast<std::size_t>(
        std::ranges::count_if(utf8, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

}  // namespace

std::optional<std::string_view> expected_of(Slot slot, std::string_view text) {
    const auto unless = [](bool holds, std::string_view expected) {
        return holds ? std::nullopt : std::optional{expected};
    };
    const auto characters = [&](std::size_t least, std::size_t most, std::string_view expected) {
        const std::size_t count = characters_in(text);
        return unless(count >= least && count <= most, expected);
    };
    if (slot == Slot::file_id) return unless(ykt::is_file_id(text), field::file_id.expected);
    if (slot == Slot::bank_code) return unless(is_digits(text, 12, 12), field::bank_code.expected);
    if (slot == Slot::function_code) return unless(is_digits(text, 7, 7), field::function_code.expected);
    if (slot == Slot::payment) return unless(ykt::is_printable(text, 1, 26), field::payment.expected);
    if (slot == Slot::account || slot == Slot::transit_account)
        return unless(is_digits(text, 12, 30), field::account.expected);
    if (slot == Slot::code) return unless(ykt::is_printable(text, 0, 16), field::code.expected);
    if (slot == Slot::bank_reference)
        return unless(ykt::is_printable(text, 0, 64), field::bank_reference.expected);
    if (slot == Slot::statement_id)
        return unless(ykt::is_printable(text, 1, 35), "1 to 35 printable ASCII characters");
    if (slot == Slot::reference)
        return unless(ykt::is_printable(text, 0, 35), "at most 35 printable ASCII characters");
    if (slot == Slot::name) return characters(1, name_characters_max, field::name.expected);
    if (slot == Slot::summary) return characters(0, summary_characters_max, field::summary.expected);
    if (slot == Slot::remark) return characters(0, remark_characters_max, field::remark.expected);
    if (slot == Slot::text) return characters(0, 140, "at most 140 characters");
    return std::nullopt;
}

// --- writing ----------------------------------------------------------------------------------------------------

void Lexis::write_value(const Field& field, std::string_view text, std::string& out) const {
    if (field.slot == Slot::code) {
        // A code that says no more than the status does is left out where it may be.
        if (field.optional && (text == "OK00" || text == "PEND")) return;
        if (const auto reason = reason_of(text)) {
            if (const auto own = profile_.bank_code_of(*reason)) {
                out += *own;
                return;
            }
        }
        // One that came as the bank's own goes as it came.
        out += text.starts_with('?') ? text.substr(1) : text;
        return;
    }
    out += text;
}

void Lexis::write_value(const Field& field, const std::string& text, std::string& out) const {
    write_value(field, std::string_view{text}, out);
}

void Lexis::write_value(const Field& field, std::int32_t number, std::string& out) const {
    const std::string digits = std::to_string(number);
    if (layout_.form != Form::fixed && digits.size() < field.width)
        out.append(field.width - digits.size(), '0');
    out += digits;
}

void Lexis::write_value(const Field&, Money amount, std::string& out) const {
    out += profile_.unit == Unit::fen ? std::to_string(amount.fen()) : amount.yuan();
}

void Lexis::write_value(const Field& field, std::optional<Money> amount, std::string& out) const {
    if (amount) write_value(field, *amount, out);
}

void Lexis::write_value(const Field&, County county, std::string& out) const { out += county.text(); }
void Lexis::write_value(const Field&, Month month, std::string& out) const { out += month.digits(); }

void Lexis::write_value(const Field& field, Day day, std::string& out) const {
    out += profile_.dates == Dates::digits ? day.digits() : day.text();
    if (field.is_datetime) out += profile_.dates == Dates::digits ? "000000" : "T00:00:00+08:00";
}

void Lexis::write_value(const Field&, Moment moment, std::string& out) const {
    out += profile_.dates == Dates::digits ? moment.digits_in_china() : moment.text();
}

void Lexis::write_value(const Field&, AccountKind kind, std::string& out) const {
    out += profile_.account_kind[kind == AccountKind::passbook ? 0 : 1].front();
}

void Lexis::write_value(const Field&, ReturnStatus status, std::string& out) const {
    switch (status) {
        case ReturnStatus::paid: out += profile_.status[0].front(); return;
        case ReturnStatus::failed: out += profile_.status[1].front(); return;
        case ReturnStatus::in_progress: out += profile_.status[2].front(); return;
    }
    broken("a status that does not exist");
}

void Lexis::write_value(const Field&, Direction direction, std::string& out) const {
    out += profile_.direction[direction == Direction::credit ? 0 : 1].front();
}

template <class Record>
bool Lexis::write(const Field& field, const Record& record, std::string& out) const {
    out.clear();
    if constexpr (std::is_same_v<Record, BatchHeader>) {
        if (field.slot == Slot::made_day) return write_value(field, record.made_at.day_in_china(), out), true;
        if (field.slot == Slot::transit_account) return out = profile_.transit_account, true;
    }
    return with(field.slot, record, [&](const auto& value) { write_value(field, value, out); });
}

// --- reading ----------------------------------------------------------------------------------------------------

template <class T>
Lexis::Wrong Lexis::read_as(const Field& field, std::string_view text, T& value) const {
    if (auto wrong = read_value(field, text, value)) return wrong;
    if (has_forms(field.slot) || field.is_datetime) return std::nullopt;
    std::string again;
    write_value(field, value, again);
    if (again == text) return std::nullopt;
    return "a value in the one way to write it";
}

Lexis::Wrong Lexis::read_value(const Field& field, std::string_view text, std::string_view& value) const {
    if (auto expected = expected_of(field.slot, text)) return expected;
    value = text;
    if (field.slot == Slot::code && !text.empty()) {
        code = profile_.canonical_code(text);
        value = code;
    }
    return std::nullopt;
}

Lexis::Wrong Lexis::read_value(const Field& field, std::string_view text, std::string& value) const {
    if (auto expected = expected_of(field.slot, text)) return expected;
    value = text;
    return std::nullopt;
}

Lexis::Wrong Lexis::read_value(const Field&, std::string_view text, std::int32_t& number) const {
    if (!is_digits(text, 1, 9)) return "a whole number of at most 7 digits";
    std::int32_t read = 0;
    for (const char c : text) read = read * 10 + (c - '0');
    if (read > lines_max) return "a number of lines, at most 9999999";
    number = read;
    return std::nullopt;
}

Lexis::Wrong Lexis::read_value(const Field& field, std::string_view text, Money& amount) const {
    const bool is_balance =
        field.slot == Slot::opening || field.slot == Slot::closing || field.slot == Slot::balance;
    if (profile_.unit == Unit::yuan) {
        const auto yuan = Money::parse_yuan(text);
        if (!yuan || (yuan->is_negative() && !is_balance)) return "an amount in yuan with two decimals";
        amount = *yuan;
    } else {
        const bool is_negative = is_balance && text.starts_with('-');
        const auto fen = ykt::canonical_number(is_negative ? text.substr(1) : text);
        if (!fen) return "an amount in fen";
        amount = Money::of_fen(is_negative ? -*fen : *fen);
    }
    if (field.slot == Slot::amount && amount.fen() <= 0) return "an amount above 0";
    return std::nullopt;
}

Lexis::Wrong Lexis::read_value(const Field& field, std::string_view text,
                               std::optional<Money>& amount) const {
    if (text.empty()) {
        amount.reset();
        return std::nullopt;
    }
    Money read;
    if (auto wrong = read_value(field, text, read)) return wrong;
    amount = read;
    return std::nullopt;
}

Lexis::Wrong Lexis::read_value(const Field&, std::string_view text, County& county) const {
    const auto read = County::parse(text);
    if (!read) return field::county.expected;
    county = *read;
    return std::nullopt;
}

Lexis::Wrong Lexis::read_value(const Field&, std::string_view text, Month& month) const {
    const auto read = Month::parse(text);
    if (!read) return field::period.expected;
    month = *read;
    return std::nullopt;
}

Lexis::Wrong Lexis::read_value(const Field& field, std::string_view text, Day& day) const {
    const bool digits = profile_.dates == Dates::digits;
    const std::size_t length = digits ? 8 : 10;
    const auto read = Day::parse(text.substr(0, length));
    if (!read) return digits ? "a day as yyyyMMdd" : "a day as yyyy-MM-dd";
    // The time of day is the bank's; ours begins at midnight.
    if (field.is_datetime && text.size() > length) {
        day = *read;
        if (!Moment::parse(text)) return "a time in China as 2024-09-06T00:00:00+08:00";
        return std::nullopt;
    }
    day = *read;
    return std::nullopt;
}

Lexis::Wrong Lexis::read_value(const Field&, std::string_view text, Moment& moment) const {
    const auto read = Moment::parse(text);
    if (!read)
        return profile_.dates == Dates::digits ? "a time in China as yyyyMMddHHmmss"
                                               : "a time in China as 2024-09-06T09:30:00+08:00";
    moment = *read;
    return std::nullopt;
}

Lexis::Wrong Lexis::read_value(const Field&, std::string_view text, AccountKind& kind) const {
    const auto index = index_of(profile_.account_kind, text);
    if (!index) return "a passbook's or a card's word";
    kind = *index == 0 ? AccountKind::passbook : AccountKind::card;
    return std::nullopt;
}

Lexis::Wrong Lexis::read_value(const Field&, std::string_view text, ReturnStatus& status) const {
    const auto index = index_of(profile_.status, text);
    if (!index) return "a status of the profile";
    constexpr std::array all{ReturnStatus::paid, ReturnStatus::failed, ReturnStatus::in_progress};
    status = all[*index];
    return std::nullopt;
}

Lexis::Wrong Lexis::read_value(const Field&, std::string_view text, Direction& direction) const {
    const auto index = index_of(profile_.direction, text);
    if (!index) return "credit or debit, in the words of the profile";
    direction = *index == 0 ? Direction::credit : Direction::debit;
    return std::nullopt;
}

template <class Record>
Lexis::Wrong Lexis::read(const Field& field, std::string_view text, Record& record) const {
    Wrong wrong;
    if constexpr (std::is_same_v<Record, BatchHeader>) {
        if (field.slot == Slot::made_day) {
            Day day;
            wrong = read_as(field, text, day);
            if (!wrong && day != record.made_at.day_in_china()) wrong = "the day on which the file was made";
        }
    }
    with(field.slot, record, [&](auto& value) { wrong = read_as(field, text, value); });
    return wrong;
}

template bool Lexis::write(const Field&, const BatchHeader&, std::string&) const;
template Lexis::Wrong Lexis::read(const Field&, std::string_view, BatchHeader&) const;
template bool Lexis::write(const Field&, const BatchLine&, std::string&) const;
template Lexis::Wrong Lexis::read(const Field&, std::string_view, BatchLine&) const;
template bool Lexis::write(const Field&, const ReturnHeader&, std::string&) const;
template Lexis::Wrong Lexis::read(const Field&, std::string_view, ReturnHeader&) const;
template bool Lexis::write(const Field&, const ReturnLine&, std::string&) const;
template Lexis::Wrong Lexis::read(const Field&, std::string_view, ReturnLine&) const;
template bool Lexis::write(const Field&, const StatementHeader&, std::string&) const;
template Lexis::Wrong Lexis::read(const Field&, std::string_view, StatementHeader&) const;
template bool Lexis::write(const Field&, const StatementLine&, std::string&) const;
template Lexis::Wrong Lexis::read(const Field&, std::string_view, StatementLine&) const;

}  // namespace onecard::bankfile::syntax
