#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "onecard/core/result.hpp"
#include "onecard/registry/facts.hpp"

/// The register's CSV files (UTF-8, header row, RFC 4180), as documented in schemas/register.md.
namespace onecard::registry {

/// One file each: households.csv, persons.csv, incomes.csv, enrolments.csv, accounts.csv, institutions.csv.
enum class FileKind : std::uint8_t { households, persons, incomes, enrolments, accounts, institutions };
std::string_view file_name_of(FileKind kind);

/// A streaming RFC 4180 reader: quoted fields, doubled quotes, CRLF or LF, a byte-order mark is skipped, as are
/// empty lines. `on_row(line, fields)`: line is where the row begins (1 is the header); views live during the call only.
/// Faults (unclosed quote, stray quote or carriage return, not UTF-8, row over 64 KiB): "file:line:column", where column
/// is the number of the field, or its name once `name_columns` was called. A row with such a fault is not handed
/// over; reading goes on with the next one (after an unclosed quote: with the line after the one it stands in).
class CsvReader {
public:
    using OnRow = std::function<void(std::int64_t line, std::span<const std::string_view> fields)>;
    /// Lists no more faults once `faults` holds `faults_max`.
    CsvReader(std::string file, OnRow on_row, Faults& faults, std::size_t faults_max = 10'000);
    void feed(std::string_view bytes);
    void finish();

    /// From here on faults name the column.
    void name_columns(std::vector<std::string> names) { column_names_ = std::move(names); }
    /// Faults found, listed or not.
    std::int64_t faults_found() const { return faults_found_; }
    static constexpr std::size_t row_bytes_max = 64 * 1024;

private:
    void take_line(std::string_view line);
    void end_held_line();
    void give_up_open_quote(std::string_view row, std::string text);
    void take_record(std::string_view record);
    bool is_utf8(std::string_view record);
    void split_plain(std::string_view record);
    void split_quoted(std::string_view record);
    void skip_mark(std::string_view& line);
    void forget_row();
    void fault(std::size_t field, std::string text);
    std::string file_;
    OnRow on_row_;
    Faults& faults_;
    std::size_t faults_max_;
    std::int64_t faults_found_ = 0;
    std::string partial_;           ///< the row so far, where it goes over several lines or pieces
    std::size_t scanned_ = 0;       ///< of `partial_`: its whole lines
    std::size_t field_ = 0;         ///< the field in which `scanned_` ends
    std::size_t opened_field_ = 0;  ///< the field that left the row's first line open
    std::int64_t line_ = 1;         ///< where the row begins
    std::int64_t lines_within_ = 0;
    bool started_ = false;
    bool in_quotes_ = false;  ///< at `scanned_`
    bool skipping_ = false;   ///< the rest of a line that is too long
    std::vector<std::string_view> fields_;
    std::vector<std::string> column_names_;
    std::string unquoted_;
};

/// A row that its faults kept out, and whom it is about as far as the row could be read: 0 where it could not. Of
/// accounts the person who is paid.
struct RefusedRow {
    FileKind kind = FileKind::households;
    County county;
    HouseholdNo household;
    PersonNo person;
    Faults why;
};

/// What a register import consists of, for any number of counties. Rows keep their county beside them.
struct RegisterFiles {
    template <class Row>
    struct In {
        County county;
        Row row;
        std::int64_t line = 0;  ///< in its file, for the faults of `check_together`
    };
    std::vector<In<Household>> households;
    std::vector<In<Person>> persons;
    std::vector<In<PersonIdentity>> identities;  ///< parallel to `persons`
    std::vector<In<IncomeItem>> incomes;
    std::vector<In<Enrolment>> enrolments;
    std::vector<In<Account>> accounts;
    std::vector<In<Institution>> institutions;
    std::vector<RefusedRow> refused;  ///< no more once listing faults has stopped
};

/// Limits and look-ups that decoding needs from outside.
struct DecodeContext {
    Day today;                                             ///< for dates that may not lie in the future
    std::function<BankNo(std::string_view code)> bank_of;  ///< 12-digit bank code → number; 0 when unknown
    std::size_t faults_max = 10'000;  ///< after that many faults reading goes on, listing stops
};

/// Decodes one file, fed in pieces; appends to `out`; all faults in one pass, each "file:line:column name" with the
/// value (masked where personal) and the reason. Rows with a fault are not appended but told in `out.refused` (what is
/// no row, as where a quote is open, is only a fault), and the import number of every row is left 0. Values of the wrong column are masked too, where they look like numbers or names of people.
class RegisterDecoder {
public:
    RegisterDecoder(FileKind kind, std::string file, const DecodeContext& context, RegisterFiles& out,
                    Faults& faults);
    ~RegisterDecoder();
    void feed(std::string_view bytes);
    void finish();
    std::int64_t rows() const;

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

/// Faults between rows of one import that need no database: the same key twice for overlapping months, a person
/// whose disability or enrolment contradicts itself, a central enrolment without institution, an end before a start.
/// Place: "persons.csv:17:disability_level" (the line is 0 for rows that came from no file). The rules inside one row
/// hold for decoded rows already (the decoder lists them with line and value); here they are held against rows made in
/// another way.
void check_together(const RegisterFiles& files, Faults& faults);

}  // namespace onecard::registry
