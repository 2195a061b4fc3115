#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "onecard/bankfile/encoding.hpp"
#include "onecard/bankfile/reason.hpp"
#include "onecard/core/calendar.hpp"
#include "onecard/core/ids.hpp"
#include "onecard/core/result.hpp"

/// What one bank wants to see: a bank profile (config/banks/*.toml, schemas/bank/profiles.md).
namespace onecard::bankfile {

/// How the records of a file are written down.
enum class Form : std::uint8_t {
    ykt_text,   ///< the canonical text profile, by its own writer and reader (ykt_text.hpp)
    delimited,  ///< a line a record, fields apart by a delimiter
    fixed,      ///< a line a record, fields of fixed widths in bytes of the encoding
    xml,        ///< elements by path; ISO 20022 pain messages too
    camt,       ///< ISO 20022 camt.053.001.08 and camt.054.001.08, statements only
};

/// What stands in a field. Names in profiles: the same words.
enum class Slot : std::uint8_t {
    constant,  ///< the profile's own text, the same in every file; a reader insists on it
    ignored,   ///< the profile's own text when written; a reader takes anything
    file_id,
    county,
    bank_code,
    period,
    function_code,
    count,
    total,
    made_at,
    made_day,         ///< the day of `made_at`
    transit_account,  ///< ours at the bank, that the batch is paid from
    value_day,
    paid_count,
    paid_total,
    failed_count,
    failed_total,
    seq,
    payment,
    name,
    account_kind,
    account,
    amount,
    summary,
    remark,
    status,
    code,
    text,
    bank_day,
    bank_reference,
    statement_id,
    first_day,
    last_day,
    opening,
    closing,
    credits,
    debits,
    booking_day,
    direction,
    reference,
    balance,
    hash,  ///< SM3 over every byte before the trailer's line, upper-case hexadecimal
};
std::optional<Slot> slot_of(std::string_view name);
std::string_view name_of(Slot slot);

enum class Unit : std::uint8_t { fen, yuan };     ///< 63800 or 638.00
enum class Dates : std::uint8_t { digits, iso };  ///< 20240906 or 2024-09-06
enum class Align : std::uint8_t { left, right };

struct Field {
    Slot slot = Slot::constant;
    std::string constant;  ///< of `constant` and `ignored`
    std::string element;   ///< XML: the path from the record's element, "Amt/InstdAmt" or "Amt/InstdAmt@Ccy"
    std::size_t width =
        0;  ///< fixed: bytes; elsewhere numbers get leading zeros up to it; 0: as long as it is
    Align align = Align::left;
    char pad = ' ';
    std::size_t bytes_max = 0;  ///< of a text in the encoding; 0: only the format's own limit in characters
    bool optional = false;      ///< XML: the element is left out when it is empty
    bool is_datetime = false;   ///< ISO: a day is written as a date with a time
    std::string_view called() const;  ///< for messages
};

struct Record {
    std::string element;  ///< XML: path from the root
    std::vector<Field> fields;
    bool exists() const { return !fields.empty(); }
    bool carries(Slot slot) const;
};

/// The records of one kind of file.
struct Layout {
    Form form = Form::ykt_text;
    std::string root;             ///< XML: name of the root element
    std::string name_space;       ///< XML
    bool ignores_others = false;  ///< XML: elements that the profile does not name are passed over
    Record header, detail, trailer;
};

/// The words of a bank for a value of ours: the first is written, all are understood.
using WordList = std::vector<std::string>;

/// Which of our two ways of signing the bank has agreed to.
enum class SignatureKind : std::uint8_t { cms, sm2 };

struct BankCode {
    std::string code;
    Reason reason;
};

/// Minutes after which nobody has to wait any longer; 0: nobody waits.
struct Patience {
    std::int32_t fetch = 0;    ///< from release to the first fetch or the push
    std::int32_t receipt = 0;  ///< from fetch or push to the receipt
    std::int32_t answer = 0;   ///< from receipt to a return file that leaves nothing open
};

struct Profile {
    std::string name;  ///< of the file in config/banks, without .toml
    std::string title;
    std::string transit_account;  ///< of the bank that uses the profile; not part of its file
    Encoding encoding = Encoding::gb18030;
    std::string newline = "\r\n";
    char delimiter = '|';
    Unit unit = Unit::fen;
    Dates dates = Dates::digits;
    SignatureKind signature = SignatureKind::cms;
    std::size_t lines_per_file = 200'000;
    std::size_t account_digits_max = 30;
    std::string batch_name = "{file_id}.txt";
    std::string return_name = "{file_id}{round}.ret";
    Layout batch, answer, statement;
    std::array<WordList, 3> status{{{"S"}, {"F"}, {"P"}}};  ///< paid, failed, in progress
    std::array<WordList, 2> account_kind{{{"2"}, {"4"}}};   ///< passbook, card
    std::array<WordList, 2> direction{{{"C"}, {"D"}}};      ///< credit, debit
    std::vector<BankCode> codes;                            ///< empty: the canonical codes themselves
    std::vector<std::pair<Reason, Action>> actions;         ///< where the bank wants another than the usual
    bool numbers_returns = false;  ///< every return file must say its sequence number
    std::int32_t cut_off =
        24 * 60;             ///< minutes after midnight in China; files released later count for the next day
    std::set<Day> holidays;  ///< working days by the week that are none
    std::set<Day> workdays;  ///< Saturdays and Sundays that are worked
    Patience patience;

    bool is_canonical() const { return batch.form == Form::ykt_text && answer.form == Form::ykt_text; }
    /// What has to be done next about a reason at this bank.
    Action action_of(Reason reason) const;
    /// A canonical code from the bank's; "?" and the bank's own where no table knows it.
    std::string canonical_code(std::string_view bank_code) const;
    /// The bank's first code for a reason; nothing where it has none.
    std::optional<std::string_view> bank_code_of(Reason reason) const;
    /// Whether a day is worked: Monday to Friday, but for the calendar's exceptions.
    bool is_working(Day day) const;
    /// The working day for which a file counts that was released at this moment.
    Day counts_for(Moment released) const;
    /// Adds minutes of working days only: what begins on a Friday evening goes on on Monday.
    Moment after_working_minutes(Moment from, std::int32_t minutes) const;

    /// What the bank calls a batch file: the template with {file_id}, {bank}, {county}, {period} and {serial}.
    std::string name_of_batch(std::string_view file_id, std::string_view bank_code) const;
    /// What the bank calls its nth return file for a batch; n from 1, {round} is empty for the first and ".2" for the second.
    std::string name_of_return(std::string_view file_id, std::string_view bank_code, int round) const;
    /// The way back. Nothing where the name does not follow the template.
    std::optional<std::string> file_id_in(std::string_view file_name, std::string_view bank_code) const;
    struct ReturnName {
        std::string file_id;
        int round = 1;
    };
    std::optional<ReturnName> return_in(std::string_view file_name, std::string_view bank_code) const;
};

/// The canonical text profile with its canonical statement: what a bank without a profile has.
const Profile& canonical_profile();

/// What is wrong with a profile as a whole: fields that a file cannot do without, records that a reader could not tell
/// apart, reasons without a code, a template that does not lead back to the file. Empty when it is sound.
std::vector<std::string> faults_of(const Profile& profile);

/// Whether a payee's name and account can stand in this bank's batch file: to be asked before anything is owed through
/// it. Errors: unknown (a character that the encoding does not have, named as U+XXXX; never replaced by '?'),
/// out_of_range (too long: how many bytes there are, how many it has). Their place is the field: name or account.
Result<void> fits(const Profile& profile, std::string_view name, std::size_t account_digits);

/// The same for what the payee reads on the bank statement.
Result<void> memo_fits(const Profile& profile, std::string_view summary);

}  // namespace onecard::bankfile
