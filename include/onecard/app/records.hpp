#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "onecard/bankfile/reason.hpp"
#include "onecard/core/calendar.hpp"
#include "onecard/core/digest.hpp"
#include "onecard/core/ids.hpp"
#include "onecard/core/money.hpp"
#include "onecard/core/programme.hpp"
#include "onecard/ledger/entry.hpp"
#include "onecard/recon/attempt.hpp"
#include "onecard/recon/breaks.hpp"
#include "onecard/registry/facts.hpp"

/// The records between use cases and store, one struct a kind of row (schemas/db).
namespace onecard::app {

struct Bank {
    BankNo no;
    std::string code;  ///< 12 digits
    std::string name;
    std::string identity;  ///< common name of its certificate
};

struct ImportRecord {
    ImportNo no;
    std::string made_by;
    Moment made_at;
    std::string files;  ///< "name sha256 rows", a line each
    std::int64_t rows = 0;
};

/// What a run pays. The number is what the database stores.
enum class RunKind : std::int16_t {
    regular = 1,        ///< the month
    reissue = 2,        ///< another attempt at what failed: owes nothing new
    supplementary = 3,  ///< whom the month's regular run left out, and past months where asked for
    one_off = 4,        ///< a campaign of the month (一次性补贴), of whom its regular run did not pay it
    price_linked = 5,   ///< the month's price-linked subsidy, likewise
};
struct RunKindText {
    RunKind kind;
    std::string_view code;
    std::string_view chinese;
    std::string_view english;
};
inline constexpr std::array run_kinds{
    RunKindText{RunKind::regular, "regular", "正常", "regular"},
    RunKindText{RunKind::reissue, "re-issue", "重发", "re-issue"},
    RunKindText{RunKind::supplementary, "supplementary", "补充", "supplementary"},
    RunKindText{RunKind::one_off, "one-off", "一次性补贴", "one-off"},
    RunKindText{RunKind::price_linked, "price-linked", "价格临时补贴", "price-linked"}};
const RunKindText& text_of(RunKind kind);
std::string_view code_of(RunKind kind);
std::optional<RunKind> run_kind_of(std::string_view code);
/// Whether it pays what its month's regular run, which is released, did not: as corrections, so that nothing is awarded
/// twice whichever runs are computed at the same time.
constexpr bool is_correcting(RunKind kind) { return kind != RunKind::regular && kind != RunKind::reissue; }
/// Whether a run of this kind pays a programme.
bool pays(RunKind kind, Programme programme);

struct Run {
    RunNo no;
    RunKind kind = RunKind::regular;
    Month period;
    Region region;
    ImportNo known_at;
    Digest policy;
    std::string made_by;
    Moment made_at;
};

struct Unit {
    RunNo run;
    County county;
    Month period;
    RunKind kind = RunKind::regular;
    std::int32_t generation = 1;
    PartNo part;
    std::int64_t estimate = 0;
};

struct UnitResult {
    RunNo run;
    County county;
    Serial first_serial;
    std::int32_t payments = 0;
    Money total;
    std::int32_t held = 0;
    std::int32_t refused = 0;
    Digest digest;
    Moment computed_at;
};

enum class Step : std::int16_t { proposed = 1, checked = 2, released = 3 };
std::string_view code_of(Step step);

struct StepRecord {
    RunNo run;
    County county;
    Step step = Step::proposed;
    Digest digest;
    std::string officer;
    Digest fingerprint;
    std::string signature;  ///< CMS with the approval text
    Moment at;
};

/// What became of a released unit, by its files and by the closes of its month.
struct Aftermath {
    bool is_handed_over = false;  ///< each file was fetched, taken by the bank's own address or receipted
    bool is_answered = false;     ///< a return file was accepted
    bool is_closed = false;       ///< the month was closed over it, or after all of it was answered
};

struct UnitState {
    Unit unit;
    std::optional<UnitResult> result;
    std::vector<StepRecord> steps;  ///< signatures left out
    bool cancelled = false;
    std::optional<Aftermath> after;  ///< where it was asked for
    bool took(Step step) const {
        for (const StepRecord& taken : steps)
            if (taken.step == step) return true;
        return false;
    }
};

struct RefusalRecord {
    Programme programme = Programme::dibao_rural;
    HouseholdNo household;
    PersonNo person;
    bool is_error = false;
    std::string place;
    std::string reason;
    std::string reason_chinese = {};
};

struct Batch {
    County county;
    Month period;
    BatchNo no;
    RunNo run;
    PartNo part;
    BankNo bank;
    Programme programme = Programme::dibao_rural;
    Serial first_serial;  ///< 0 for re-issue batches, whose lines are Reissue rows
    std::int32_t lines = 0;
    Money total;
    std::string file_id;
    Digest file_digest;
    std::int64_t file_bytes = 0;
    std::string signature;
    Digest lines_root;
    /// "370212/202201/12": how entries and messages name it.
    std::string name() const;
};

struct DispatchedFile {
    std::int32_t seq = 0;
    Batch batch;
    Moment at;
    std::optional<bool> accepted;  ///< by receipt
    std::int16_t round = 1;        ///< how often it was handed over: again only after a refusal
};

/// A bank fetched a file.
struct DownloadRecord {
    County county;
    Month period;
    BatchNo batch;
    std::string file_id;
    Digest fingerprint;  ///< of the certificate that fetched it
    std::string address;
    Moment at;
};

/// A bank's signed word that it has a file or refuses it.
/// What a bank signed about one file or many: a CMS with the text inside, named by its SHA-256.
struct ReceiptNote {
    std::string cms;
    Digest digest;
    Digest fingerprint;  ///< of the certificate that signed
};

struct ReceiptRecord {
    BankNo bank;
    County county;
    Month period;
    BatchNo batch;
    std::string file_id;
    bool accepted = true;
    std::string reason;
    std::shared_ptr<const ReceiptNote> note;  ///< never null
    Moment at;
};

struct ReturnFile {
    std::int64_t no = 0;
    BankNo bank;
    std::string name;
    Digest digest;
    std::int64_t bytes = 0;
    std::string signature;
    Digest fingerprint;
    Moment at;
};

/// What its bank is told of a return file.
struct ReturnState {
    std::int64_t no = 0;
    std::string name;
    Digest digest;
    Moment at;                     ///< of receiving it
    std::optional<bool> accepted;  ///< nothing while it waits to be posted
    std::string reason;
    std::int32_t paid = 0;
    std::int32_t failed = 0;
    std::int32_t in_progress = 0;
    std::int32_t breaks = 0;
};

struct ReturnResult {
    std::int64_t no = 0;
    bool accepted = false;
    std::string reason;
    County county;
    Month period;
    BatchNo batch;
    std::int32_t paid = 0;
    Money paid_total;
    std::int32_t failed = 0;
    Money failed_total;
    std::int32_t in_progress = 0;
    std::int32_t breaks = 0;
    std::int64_t corrects = 0;  ///< the return file of which this one is the corrected version
    std::int32_t repeated = 0;
    std::int32_t returned = 0;
    Money returned_total;
    std::int32_t corrected = 0;
    Money corrected_total;
    bool is_first = false;  ///< no other was accepted for its batch before
    Moment at;
};

/// A failed attempt that nothing has followed yet: an open item of 2111.
struct OpenFailure {
    PartNo part;
    County county;
    Serial serial;
    std::int16_t attempt = 1;
    recon::Standing standing = recon::Standing::failed;  ///< by the first word, or returned or corrected
    bankfile::Reason reason = bankfile::Reason::rejected;
    Money amount;
    BankNo bank;
    Programme programme = Programme::dibao_rural;
    registry::PayeeKind payee_kind = registry::PayeeKind::person;
    std::int64_t payee = 0;
    ImportNo known_at;  ///< of the run whose account failed
    std::int64_t return_no = 0;
    std::int32_t line = 0;
    Day value_day;
    enum class Note : std::uint8_t { none, held, free } note = Note::none;  ///< what people said last
    Month period() const;  ///< of the run that owed the payment
};

/// What one person wants done, and another one has to agree to where it is needed.
struct Motion {
    enum class Kind : std::uint8_t { resolve_break, cancel_failure, send_again, close_month, close_year };
    std::int64_t no = 0;
    County county;
    Kind kind = Kind::resolve_break;
    std::string
        subject;  ///< the break's number, the payment's reference, the file's id, the month or the year
    /// The resolution; "same-year" or "prior-year" for a cancellation; SHA-256 of what is carried over for a close.
    std::string detail;
    std::string evidence;
    Money amount;
    bool needs_second = true;
    std::string proposed_by;
    Digest fingerprint;
    Moment at;
    std::optional<bool> agreed;  ///< by the second person, once there is an answer
    bool done = false;
};
std::string_view code_of(Motion::Kind kind);

struct BreakRecord {
    County county;
    std::int64_t no = 0;
    recon::BreakKind kind = recon::BreakKind::unknown_reference;
    Money amount;
    BankNo bank;
    std::string reference;  ///< of the payment in question; empty where it is none of ours
    bool resolved = false;
};

/// A failure that two persons have put an end to: paid after all, or no longer owed.
struct DecidedFailure {
    PartNo part;
    County county;
    Serial serial;
    std::int16_t attempt = 1;
    bool paid = false;  ///< else cancelled
    /// Not the end of a failure but its beginning: a paid attempt whose money came back on a statement, as people found.
    bool returned = false;
    bool prior_year = false;  ///< cancelled after the year in which it was owed
    std::int64_t proposal_no = 0;
    Money amount;
    Programme programme = Programme::dibao_rural;
    BankNo bank;
    PaymentReference reference() const;
};
/// Leaf of its entries: part, county, serial (4 each), attempt, 1 paid, 2 cancelled or 3 returned (2 each), amount, proposal (8 each).
inline constexpr std::size_t decided_leaf_bytes = 32;
void write_leaf(const DecidedFailure& failure, std::byte* out);
/// "failure REFERENCE" or "returned REFERENCE", the cause of the entries that it brings.
std::string cause_of(const DecidedFailure& failure);
/// " of 202201": ends the cause of an entry over those lines of a re-issue that belong to one month.
std::string month_ending(Month period);
/// Paid: Dr 2111 / Cr 2102, then Dr 2102 / Cr 1003. Cancelled: Dr 2111 / Cr 5001 or 3002.
std::vector<ledger::EntryKind> entries_of(const DecidedFailure& failure);

struct Reissue {
    PartNo part;
    County county;
    Serial serial;
    std::int16_t attempt = 2;
    RunNo run;
    Month period;  ///< of the batch
    BatchNo batch;
    std::int32_t line = 0;  ///< seq in the batch file
    Money amount;
};

/// Leaf of a re-issue batch's Merkle tree: part, county, serial (4 each), attempt (2), run, line (4 each), amount (8).
inline constexpr std::size_t reissue_leaf_bytes = 30;
void write_leaf(const Reissue& reissue, std::byte* out);

/// The period of the run that a part belongs to.
Month period_of(PartNo part);

}  // namespace onecard::app
