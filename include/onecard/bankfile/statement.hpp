#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "onecard/core/calendar.hpp"
#include "onecard/core/money.hpp"
#include "onecard/core/result.hpp"

/// What a bank says happened on one of our accounts there (the transit account 过渡户 that batches are paid from): the
/// canonical record of every statement, whatever format it came in (camt.053, camt.054, itemised debit files).
namespace onecard::bankfile {

/// Seen from the account's owner: a credit is money that came in, a debit money that went out.
enum class Direction : char { credit = 'C', debit = 'D' };

enum class StatementKind : std::uint8_t {
    end_of_day,    ///< every movement of the days with the balances around them (camt.053): a proof
    notification,  ///< movements as they happen, without balances (camt.054): returned payments come so
};

struct StatementHeader {
    StatementKind kind = StatementKind::end_of_day;
    std::string statement_id;  ///< the bank's own, 1 to 35 printable ASCII characters, unique at the bank
    std::string account;       ///< 12 to 30 digits
    std::string bank_code;     ///< 12 digits; empty when the format does not carry it
    Day first_day, last_day;   ///< both included
    std::optional<Money> opening, closing;  ///< booked balances before and after; may be negative
    std::int32_t count = 0;                 ///< of its lines
    Money credits, debits;                  ///< sums of its lines, both >= 0
    Moment made_at;
    friend bool operator==(const StatementHeader&, const StatementHeader&) = default;
};

struct StatementLine {
    std::int32_t seq = 0;  ///< 1 … in the order of the statement
    Day booking_day;
    Day value_day;
    Direction direction = Direction::debit;
    Money amount;  ///< > 0
    /// Ours, where the bank gives it back: a payment reference on an itemised debit or on money that returns, a batch's
    /// file id on a debit in one sum. Empty where it gives none. At most 35 printable ASCII characters.
    std::string_view reference;
    std::string_view bank_reference;  ///< the bank's own, at most 64 printable ASCII characters
    /// Why money came back: a canonical reason (RETD, AC04 …), or the bank's own code with a '?' before it when no table
    /// knows it. Empty on lines that are no returns.
    std::string_view code;
    std::string_view text;         ///< UTF-8, at most 140 characters
    std::optional<Money> balance;  ///< after this line, where the bank says so
    friend bool operator==(const StatementLine&, const StatementLine&) = default;
};

/// Where a record of an XML file stands: bytes of its text in UTF-8, counted from behind the XML declaration.
struct XmlPlace {
    std::int64_t from = 0;
    std::int64_t to = 0;  ///< the first byte behind it
};

/// Reads one statement, fed in pieces of any size, in constant memory. `on_line` sees the lines that are good in
/// themselves, as views that live only during the call. Faults are collected, each with "file name:line:field" or
/// "file name:line:element"; they never hold an account number or a text. A statement with any fault must not be used.
/// Checked: count and sums against the header where the format carries them, opening + credits − debits = closing,
/// every running balance, days within the statement's.
class StatementReading {
public:
    using OnLine = std::function<void(const StatementLine&)>;
    virtual ~StatementReading() = default;
    virtual void feed(std::string_view bytes) = 0;
    /// Says that there are no more bytes.
    virtual void finish() = 0;
    /// Complete only after `finish` and when there are no faults.
    virtual const StatementHeader& header() const = 0;
    virtual const Faults& faults() const = 0;
    /// Of the line that is being read; empty in files of lines.
    virtual XmlPlace xml_place() const { return {}; }
};

/// Writes one statement (the bank of our own does): the same calls give the same bytes.
class StatementWriting {
public:
    virtual ~StatementWriting() = default;
    /// Errors: malformed, out_of_range, unknown (a character that the encoding does not have). Nothing is written then.
    virtual Result<void> add(const StatementLine& line) = 0;
    /// Bytes written so far are moved out.
    virtual std::string take() = 0;
    /// Errors: mismatch when count, sums or balances differ from the header's.
    virtual Result<void> finish() = 0;
};

}  // namespace onecard::bankfile
