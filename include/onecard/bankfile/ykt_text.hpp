#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "onecard/bankfile/encoding.hpp"
#include "onecard/core/calendar.hpp"
#include "onecard/core/digest.hpp"
#include "onecard/core/identity.hpp"
#include "onecard/core/ids.hpp"
#include "onecard/core/money.hpp"

/// The canonical text profile YKT-TXT 1.0 (schemas/bank/ykt-txt.md): GB18030, CRLF, '|', amounts in fen,
/// a trailer with the SM3 of every byte before it.
namespace onecard::bankfile {

/// Limits of the format. A line is counted in bytes with its CRLF, texts in characters.
inline constexpr std::size_t line_bytes_max = 4096;
inline constexpr std::int32_t lines_max = 9'999'999;
inline constexpr std::size_t name_characters_max = 50;
inline constexpr std::size_t summary_characters_max = 20;
inline constexpr std::size_t remark_characters_max = 100;
inline constexpr std::size_t bank_text_characters_max = 100;

struct BatchHeader {
    std::string file_id;  ///< "YKT" county yyyymm serial (4 to 7 digits)
    County county;
    std::string bank_code;  ///< 12 digits
    Month period;
    std::string function_code;  ///< 7 digits, the budget function (2081902 rural dibao)
    std::int32_t count = 0;
    Money total;
    Moment made_at;
    friend bool operator==(const BatchHeader&, const BatchHeader&) = default;
};

struct BatchLine {
    std::int32_t seq = 0;      ///< 1 … 9,999,999, dense
    std::string_view payment;  ///< payment reference, 1 to 26 printable ASCII characters
    std::string_view name;     ///< UTF-8, 1 to 50 characters
    AccountKind account_kind = AccountKind::card;
    std::string_view account;    ///< 12 to 30 digits
    std::string_view bank_code;  ///< 12 digits
    Money amount;                ///< > 0
    std::string_view summary;    ///< UTF-8, at most 20 characters
    std::string_view remark;     ///< UTF-8, at most 100 characters
    friend bool operator==(const BatchLine&, const BatchLine&) = default;
};

/// Writes one batch file into memory, line by line, in order. The same calls give the same bytes, always.
class BatchWriter {
public:
    /// `sm3` is kept and fed; it must be fresh. Count and total of the header must be known; `finish` checks them.
    /// A header that breaks the format is refused by the first `add` or `finish`, and nothing is written.
    BatchWriter(const BatchHeader& header, StreamHash& sm3);
    /// Errors: unknown (unencodable character), malformed (a '|' or control character, too long a field),
    /// out_of_range (seq not dense, amount <= 0). Place: "file id:line:field". Nothing is written on error.
    Result<void> add(const BatchLine& line);
    /// Bytes written so far are moved out with `take`, so that a file of any size passes in constant memory.
    std::string take();
    /// Writes the trailer; nothing can be added afterwards. Errors: mismatch when count or total differ from the
    /// header's (no trailer is written then, and the file is not one).
    Result<void> finish();

private:
    BatchHeader header_;
    StreamHash& sm3_;
    std::optional<Failure> header_failure_;
    std::string bytes_;
    std::int32_t count_ = 0;
    std::int64_t total_fen_ = 0;
    bool finished_ = false;
};

/// A reader that is fed pieces of any size; it never holds more than one line and the piece.
/// `on_line` sees the lines that are good in themselves, as views that live only during the call. Faults are
/// collected (at most `faults_max`, which counts as 1 when it is 0), each with "file name:line:field"; they never
/// hold a name or an account number. A file with any fault must not be used: undo what `on_line` did.
class BatchReader {
public:
    using OnLine = std::function<void(const BatchLine&)>;
    /// `sm3` is kept and fed; it must be fresh.
    BatchReader(std::string file_name, StreamHash& sm3, OnLine on_line, std::size_t faults_max = 1000);
    /// For bytes that the caller holds against a digest of its own: the trailer's hash is not computed again.
    BatchReader(std::string file_name, OnLine on_line, std::size_t faults_max = 1000);
    ~BatchReader();
    BatchReader(BatchReader&&) noexcept;
    BatchReader& operator=(BatchReader&&) noexcept;
    void feed(std::string_view bytes);
    /// Says that there are no more bytes. Errors: see `faults`.
    void finish();
    /// Complete only when there are no faults.
    const BatchHeader& header() const;
    const Faults& faults() const;

private:
    class Reading;
    std::unique_ptr<Reading> reading_;
};

/// What the bank says happened to a line: S paid, F failed, P in progress (unknown: nothing is concluded from it).
enum class ReturnStatus : char { paid = 'S', failed = 'F', in_progress = 'P' };

struct ReturnHeader {
    std::string file_id;  ///< of the batch that is answered
    County county;
    std::string bank_code;
    Day value_day;
    std::int32_t count = 0;
    Money total;
    std::int32_t paid_count = 0;
    Money paid_total;
    std::int32_t failed_count = 0;
    Money failed_total;
    Moment made_at;
    /// The number under which the office received the return file that this one corrects; 0 for none. A header with it
    /// has version 1.1.
    std::int64_t corrects = 0;
    friend bool operator==(const ReturnHeader&, const ReturnHeader&) = default;
};

struct ReturnLine {
    std::int32_t seq = 0;
    std::string_view payment;
    std::string_view account;
    Money amount;
    ReturnStatus status = ReturnStatus::in_progress;
    std::string_view code;  ///< canonical reason (OK00, NM01 …) or the bank's own, 1 to 16 printable ASCII
    std::string_view text;  ///< UTF-8, at most 100 characters
    Day bank_day;
    std::string_view bank_reference;  ///< at most 64 printable ASCII characters
    friend bool operator==(const ReturnLine&, const ReturnLine&) = default;
};

/// The mirror image for return files; the same promises as BatchWriter and BatchReader. A return may answer only some
/// lines of its batch: seq ascends strictly but need not be dense, and count and total are those of its own lines.
class ReturnWriter {
public:
    ReturnWriter(const ReturnHeader& header, StreamHash& sm3);
    Result<void> add(const ReturnLine& line);
    std::string take();
    Result<void> finish();

private:
    ReturnHeader header_;
    StreamHash& sm3_;
    std::optional<Failure> header_failure_;
    std::string bytes_;
    std::int32_t count_ = 0;
    std::int32_t last_seq_ = 0;
    std::int32_t paid_count_ = 0;
    std::int32_t failed_count_ = 0;
    std::int64_t total_fen_ = 0;
    std::int64_t paid_fen_ = 0;
    std::int64_t failed_fen_ = 0;
    Day day_;                 ///< the bank day of the last line …
    std::string day_digits_;  ///< … as it is written
    bool finished_ = false;
};

class ReturnReader {
public:
    using OnLine = std::function<void(const ReturnLine&)>;
    using OnBadLine = std::function<void(const Failure&)>;
    ReturnReader(std::string file_name, StreamHash& sm3, OnLine on_line, std::size_t faults_max = 1000);
    /// With `on_bad_line` a detail that is bad in itself, but whose status and amount can be read, so that the totals can
    /// still be held against header and trailer, is handed over with its first fault and does not spoil the file. Details
    /// out of order go to `on_line` like any other then: it has to look at `seq` itself.
    ReturnReader(std::string file_name, StreamHash& sm3, OnLine on_line, OnBadLine on_bad_line,
                 std::size_t faults_max = 1000);
    ~ReturnReader();
    ReturnReader(ReturnReader&&) noexcept;
    ReturnReader& operator=(ReturnReader&&) noexcept;
    void feed(std::string_view bytes);
    void finish();
    /// Good from the first line on.
    const ReturnHeader& header() const;
    const Faults& faults() const;
    /// Of the line that is being read; the header is line 1.
    std::int32_t line_no() const;

private:
    class Reading;
    std::unique_ptr<Reading> reading_;
};

}  // namespace onecard::bankfile
