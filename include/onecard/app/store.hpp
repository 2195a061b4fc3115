#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "onecard/app/account_records.hpp"
#include "onecard/app/audit_records.hpp"
#include "onecard/app/channel_records.hpp"
#include "onecard/app/office_records.hpp"
#include "onecard/app/records.hpp"
#include "onecard/app/recovery_records.hpp"
#include "onecard/app/screening_records.hpp"
#include "onecard/app/sealing.hpp"
#include "onecard/ledger/entry.hpp"
#include "onecard/ledger/fund_books.hpp"
#include "onecard/payment/payment.hpp"
#include "onecard/recon/match.hpp"
#include "onecard/registry/csv.hpp"

/// The ports to the records. Calls block. A refusal by the database's own walls (a unique key, a foreign key) comes
/// back as Refused from `Work::commit` or the call; an outage throws.
namespace onecard::app {

/// The database said no to a row: a second payment, a second fate, an approval out of order.
class RefusedByDatabase : public std::exception {
public:
    RefusedByDatabase(std::string constraint, std::string text)
        : constraint_{std::move(constraint)}, text_{std::move(text)} {}
    const char* what() const noexcept override { return text_.c_str(); }
    const std::string& constraint() const { return constraint_; }

private:
    std::string constraint_, text_;
};

/// Nothing was done, through nobody's fault: a deadlock or a serialization conflict. The same work, begun anew, may
/// well succeed.
class TryAgain : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// The database does not answer. Whoever asked may ask again later.
class DatabaseAway : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

class RegisterRecords {
public:
    virtual ~RegisterRecords() = default;
    virtual std::vector<Bank> banks() = 0;
    /// Adds the banks that are missing. Errors: conflict when one is on record with other details.
    virtual Result<void> put_banks(std::span<const Bank> banks) = 0;
    /// Takes the number of the next import; other imports wait until this work ends.
    virtual ImportNo begin_import() = 0;
    virtual void put_import(const ImportRecord& record,
                            std::span<const std::pair<County, std::int64_t>> enrolments) = 0;
    virtual void put_rows(const registry::RegisterFiles& files, ImportNo import, FieldCipher& cipher) = 0;
    /// 0 while nothing was imported.
    virtual ImportNo latest_import() = 0;
    virtual std::vector<std::pair<County, std::int64_t>> enrolments_by_county(const Region& region,
                                                                              ImportNo known_at) = 0;
    /// Every row of the county up to an import, in order (bulk).
    virtual void load_register(County county, ImportNo known_at, registry::Register& out) = 0;
    /// The accounts that hold in `month`, ordered by (kind, payee), numbers sealed (bulk).
    virtual void load_accounts(County county, ImportNo known_at, Month month,
                               std::vector<registry::Account>& out) = 0;
};

class RunRecords {
public:
    virtual ~RunRecords() = default;
    virtual void put_policy(const Digest& digest, std::string_view text) = 0;
    virtual std::optional<std::string> policy_text(const Digest& digest) = 0;
    /// Takes the next run number.
    virtual RunNo put_run(const Run& run) = 0;
    virtual std::optional<Run> run(RunNo no) = 0;
    virtual std::vector<Run> runs() = 0;
    /// Counties whose regular unit of a month is released, with the payments that it has.
    virtual std::vector<std::pair<County, std::int64_t>> released_units(const Region& region,
                                                                        Month period) = 0;
    /// The released units of a county's month that owed something for the first time, by run.
    virtual std::vector<Unit> owing_units(County county, Month period) = 0;
    virtual PartNo make_part(RunNo run) = 0;
    virtual void key_part(PartNo part) = 0;
    virtual bool is_keyed(PartNo part) = 0;
    /// The generation that a new unit of this county, period and kind would have; for regular units 0 when the
    /// one before is not cancelled.
    virtual std::int32_t next_generation(County county, Month period, RunKind kind) = 0;
    virtual void put_units(std::span<const Unit> units) = 0;
    virtual std::vector<UnitState> units(RunNo run) = 0;
    /// The same, with what became of those that are released.
    virtual std::vector<UnitState> units_with_aftermath(RunNo run) = 0;
    /// Holds the unit for this work; false when it has a result already.
    virtual bool claim(RunNo run, County county) = 0;
    virtual Serial next_serial(County county, Month period) = 0;
    virtual BatchNo next_batch(County county, Month period) = 0;
    virtual void put_result(const UnitResult& result) = 0;
    virtual void put_refusals(RunNo run, County county, std::span<const RefusalRecord> refusals) = 0;
    virtual std::vector<std::pair<County, RefusalRecord>> refusals(RunNo run, bool errors_only,
                                                                   int at_most) = 0;
    virtual void put_step(const StepRecord& step) = 0;
    virtual void put_fate(const Unit& unit, bool released, Moment at) = 0;
    /// The regular run's unit before this period that was released last, for comparison.
    virtual std::optional<Unit> released_before(County county, Month period) = 0;
};

/// The outcomes that one return file brought to one part.
struct OutcomesOfReturn {
    std::int64_t return_no = 0;
    std::span<const recon::Outcome> outcomes;
};

/// A part with outcomes that have no key yet.
struct UnkeyedOutcomes {
    PartNo part;
    bool is_whole = false;  ///< each of its batches was answered
};

/// What one return file took back of one part.
struct ReversalRecord {
    PartNo part;
    County county;
    std::int64_t return_no = 0;
    recon::Reversal reversal;
};

class PaymentRecords {
public:
    virtual ~PaymentRecords() = default;
    virtual void put_payments(PartNo part, std::span<const payment::Payment> payments) = 0;  ///< bulk
    virtual void put_batches(std::span<const Batch> batches) = 0;
    /// The lines of computed re-issue batches (table reissue_line). They are plans until `release_reissues`.
    virtual void put_reissue_lines(std::span<const Reissue> reissues) = 0;
    /// Makes the planned attempts of a re-issue unit real (reissue from reissue_line, one statement); the database
    /// refuses an attempt that another release made first.
    virtual void release_reissues(RunNo run, County county) = 0;
    virtual std::vector<Batch> batches(RunNo run, County county) = 0;
    virtual std::optional<Batch> batch_of_file(std::string_view file_id) = 0;
    /// In serial order (bulk).
    virtual void each_payment(PartNo part, County county,
                              const std::function<void(const payment::Payment&)>& on_payment) = 0;
    /// The lines of a re-issue batch, planned or released, by line.
    virtual std::vector<Reissue> reissue_lines(const Batch& batch) = 0;
    /// Failed attempts that no released attempt followed.
    virtual std::vector<OpenFailure> open_failures(const Region& region) = 0;
    /// At most `rows_max` of them behind a reference, in the order of references; without one from the first.
    virtual std::vector<OpenFailure> open_failures_after(const Region& region,
                                                         const std::optional<PaymentReference>& after,
                                                         std::int64_t rows_max) = 0;
    /// The payments that these references name (attempts do not matter), those that exist, in any order.
    virtual std::vector<payment::Payment> find(std::span<const PaymentReference> references) = 0;
    /// The lines from `first` to `last` of a batch (counted from 1) that have their final word, ascending, and what is
    /// known of them.
    virtual std::vector<std::pair<std::int32_t, recon::Known>> answered(const Batch& batch,
                                                                        std::int32_t first,
                                                                        std::int32_t last) = 0;
    virtual void put_outcomes(PartNo part, County county,
                              std::span<const OutcomesOfReturn> returns) = 0;  ///< bulk
    void put_outcomes(PartNo part, County county, std::int64_t return_no,
                      std::span<const recon::Outcome> outcomes) {
        const OutcomesOfReturn one{return_no, outcomes};
        put_outcomes(part, county, {&one, 1});
    }
    virtual std::vector<UnkeyedOutcomes> parts_without_outcome_key() = 0;
    /// Keys the outcomes of a part, after which nobody in it can be answered twice, by whatever file. Waits for those who
    /// are adding some, or leaves it then. Harmless to repeat.
    virtual void key_outcomes(PartNo part, bool waits) = 0;
    virtual void put_reversals(std::span<const ReversalRecord> reversals) = 0;
    virtual void put_failures(std::span<const OpenFailure> failures) = 0;
};

class ExchangeRecords {
public:
    virtual ~ExchangeRecords() = default;
    /// Appends batches to the banks' numbered lists, in order.
    virtual void put_dispatches(std::span<const Batch> batches, Moment at) = 0;
    /// Hands a file that its bank has refused over once more, under the next number of that bank's list; returns the
    /// round. The database refuses it while the last round was not refused.
    virtual std::int16_t dispatch_again(const Batch& batch, Moment at) = 0;
    virtual std::vector<DispatchedFile> files_for(BankNo bank, std::int32_t after_seq, int at_most) = 0;
    virtual std::optional<DispatchedFile> file_for(BankNo bank, std::string_view file_id) = 0;
    /// Those of the wanted (bank, file id) that were sent to that bank, in any order.
    virtual std::vector<DispatchedFile> files_named(
        std::span<const std::pair<BankNo, std::string_view>> wanted) = 0;
    virtual void put_downloads(std::span<const DownloadRecord> downloads) = 0;
    /// Of each the round that it answers, 0 when the file had its receipt already.
    virtual std::vector<std::int16_t> put_receipts(std::span<const ReceiptRecord> receipts) = 0;
    /// The number of each, nothing where the same bytes came before. Throws RefusedByDatabase when a name is taken by
    /// other bytes.
    virtual std::vector<std::optional<std::int64_t>> put_returns(std::span<const ReturnFile> files) = 0;
    std::optional<std::int64_t> put_return(const ReturnFile& file) { return put_returns({&file, 1}).front(); }
    virtual std::optional<ReturnFile> return_of_digest(BankNo bank, const Digest& digest) = 0;
    /// Those of a bank with one of these digests, in any order, without their signatures.
    virtual std::vector<ReturnFile> returns_of_digests(BankNo bank, std::span<const Digest> digests) = 0;
    /// Those with a number above `after_no`, ascending, without their signatures.
    virtual std::vector<ReturnFile> unprocessed_returns(std::int64_t after_no = 0) = 0;
    /// Those of a bank with a number above `after_no`, ascending.
    virtual std::vector<ReturnState> returns_of(BankNo bank, std::int64_t after_no, int at_most) = 0;
    virtual std::optional<ReturnFile> return_of_number(std::int64_t return_no) = 0;
    virtual std::optional<ReturnFile> find_return(BankNo bank, std::string_view name) = 0;
    virtual std::optional<ReturnResult> return_result(std::int64_t return_no) = 0;
    /// Holds these return files (ascending) for this work; returns those that have no result yet, ascending.
    virtual std::vector<std::int64_t> claim_returns(std::span<const std::int64_t> numbers) = 0;
    bool claim_return(std::int64_t return_no) { return !claim_returns({&return_no, 1}).empty(); }
    virtual void lock_batch(const Batch& batch) = 0;
    /// Those of a unit's batches that an accepted return file has answered.
    virtual std::vector<BatchNo> answered_batches(County county, Month period,
                                                  std::span<const BatchNo> batches) = 0;
    /// The accepted return file of this number and those that it was the corrected version of, newest first; empty when
    /// there is none of this batch.
    virtual std::vector<std::int64_t> versions_of(const Batch& batch, std::int64_t return_no) = 0;
    virtual void put_return_results(std::span<const ReturnResult> results) = 0;
    void put_return_result(const ReturnResult& result) { put_return_results({&result, 1}); }
    virtual void put_breaks(County county, BankNo bank, std::int64_t return_no,
                            std::span<const recon::Break> breaks, Moment at) = 0;
};

/// One row of what can be asked; cells as text, for reports.
using TextRow = std::vector<std::string>;

/// A report to be asked for, by its name. Parameters that it does not know are left out.
struct AskedReport {
    std::string_view report;
    std::vector<std::pair<std::string, std::string>> parameters;
};

struct LoggedEntry {
    std::int64_t no = 0;
    ledger::Entry entry;
    Digest digest;
    Moment known_at;
};
struct Act {
    std::string kind;
    County county;
    std::string text;
    /// What its digest is over: "act|kind|county|moment|text", county empty where it concerns none or many.
    std::string canonical(Moment at) const;
};
struct LoggedAct {
    std::int64_t no = 0;
    Act act;
    Moment at;
    Digest digest;
};
struct LogLeaf {
    std::int64_t position = 0;
    County county;
    std::int64_t entry_no = 0;  ///< 0 when it is an act
    std::int64_t act_no = 0;
    Digest digest;
};
struct CheckpointRecord {
    std::int64_t size = 0;
    Digest root;
    std::string note;
};

class LedgerRecords {
public:
    virtual ~LedgerRecords() = default;
    virtual void put_entries(std::span<const ledger::Entry> entries, const HashFunction& hash,
                             Moment known_at) = 0;
    /// Where the money of some months stands in a county, by funds. Nobody else moves this county's money until this work
    /// ends.
    virtual ledger::FundBooks fund_books(County county, std::span<const Month> periods) = 0;
    /// What the county owes the treasury, by funds; held in the same way.
    virtual ledger::FundBooks funds_to_remit(County county) = 0;
    virtual void put_acts(std::span<const Act> acts, const HashFunction& hash, Moment at) = 0;
    /// Appends every entry and act that is not in the log yet; returns all digests of the log in order.
    virtual std::vector<Digest> append_log() = 0;
    virtual void put_checkpoint(const CheckpointRecord& checkpoint, Moment at) = 0;
    virtual std::vector<CheckpointRecord> checkpoints() = 0;
    virtual void each_entry(const std::function<void(const LoggedEntry&)>& on_entry) = 0;
    /// Those that concern one batch, the return files that spoke of one attempt in it, and the end of that attempt.
    virtual std::vector<LoggedEntry> entries_of(const Batch& batch, std::span<const std::int64_t> return_nos,
                                                const PaymentReference& attempt) = 0;
    virtual void each_act(const std::function<void(const LoggedAct&)>& on_act) = 0;
    /// The oldest act, if there is one.
    virtual std::optional<LoggedAct> first_act() = 0;
    virtual std::vector<LogLeaf> log() = 0;
    /// A named query of schemas/queries with text parameters; column names first, then rows.
    virtual std::vector<TextRow> ask(std::string_view query,
                                     const std::vector<std::pair<std::string, std::string>>& parameters) = 0;
    /// The same, row by row as they come from the database: the names first, whatever the number of rows none is kept.
    virtual void ask_each(std::string_view query,
                          const std::vector<std::pair<std::string, std::string>>& parameters,
                          const std::function<void(const TextRow&)>& on_row) = 0;
    virtual std::vector<Batch> all_batches() = 0;
    /// Outcomes of one part by (return file, line) (bulk).
    virtual void each_outcome(
        PartNo part,
        const std::function<void(County, std::int32_t return_no, const recon::Outcome&)>& on_outcome) = 0;
    /// By (return file, line) (bulk).
    virtual void each_reversal(const std::function<void(const ReversalRecord&)>& on_reversal) = 0;
    /// Failures that people have put an end to (bulk).
    virtual void each_decided_failure(const std::function<void(const DecidedFailure&)>& on_failure) = 0;
    virtual std::vector<PartNo> parts() = 0;
};

/// What people decide about breaks, failures and refused files.
class DecisionRecords {
public:
    virtual ~DecisionRecords() = default;
    virtual std::int64_t put_proposal(const Motion& proposal) = 0;
    virtual std::optional<Motion> proposal(std::int64_t no) = 0;
    /// Holds a proposal for this work: nobody else answers it meanwhile.
    virtual void lock_proposal(std::int64_t no) = 0;
    /// The database refuses the proposer, and a second answer.
    virtual void put_consent(const Motion& proposal, std::string_view by, const Digest& fingerprint,
                             bool agreed, Moment at) = 0;
    /// Carried out, once; the database refuses it without the consent that it needs.
    virtual void put_done(const Motion& proposal, Moment at) = 0;
    virtual void put_failure_end(const OpenFailure& failure, bool paid, std::int64_t proposal_no,
                                 Moment at) = 0;
    /// `retry`: free to be tried again; else held back. The last note counts.
    virtual void put_failure_note(const OpenFailure& failure, bool retry, std::string_view reason,
                                  std::string_view by, Moment at) = 0;
    virtual std::optional<BreakRecord> break_of(County county, std::int64_t no) = 0;
    virtual void put_break_owner(const BreakRecord& one, std::string_view owner, std::string_view by,
                                 Moment at) = 0;
    virtual void put_break_resolution(const BreakRecord& one, recon::Resolution resolution,
                                      std::int64_t proposal_no, Moment at) = 0;
    struct PaidAttempt {
        Money amount;
        std::int64_t return_no = 0;  ///< the file that said so, and its line
        std::int32_t line = 0;
        BankNo bank;
    };
    /// Nothing where the attempt was not paid, or was taken back since.
    virtual std::optional<PaidAttempt> paid_attempt(const PaymentReference& attempt, PartNo part) = 0;
    /// A paid attempt whose money people found on a statement; its failure follows with put_failures().
    virtual void put_statement_return(const OpenFailure& failure, std::int64_t proposal_no) = 0;
    struct OpenClaim {
        BankNo bank;
        Money left;
        std::int64_t repayments = 0;
    };
    /// Of a break that was claimed from its bank.
    virtual std::optional<OpenClaim> open_claim(County county, std::int64_t break_no) = 0;
    /// The credit `by` gives back some of a claim. The database refuses the same credit again and more than is owed.
    virtual void put_claim_repayment(const BreakRecord& by, std::int64_t claim_no,
                                     const OpenClaim& before) = 0;
};

class StatementRecords;  // statement_records.hpp
class ClosingRecords;    // closing_records.hpp

/// One transaction on one connection; rolled back unless committed.
class Work {
public:
    virtual ~Work() = default;
    virtual RegisterRecords& registers() = 0;
    virtual RunRecords& runs() = 0;
    virtual PaymentRecords& payments() = 0;
    virtual ExchangeRecords& exchange() = 0;
    virtual LedgerRecords& ledger() = 0;
    virtual ScreeningRecords& screening() = 0;
    virtual RecoveryRecords& recovery() = 0;
    virtual DecisionRecords& decisions() = 0;
    virtual StatementRecords& statements() = 0;
    virtual ClosingRecords& closing() = 0;
    virtual OfficeRecords& office() = 0;
    virtual AuditRecords& audit() = 0;
    virtual ChannelRecords& channel() = 0;
    virtual AccountRecords& accounts() = 0;
    virtual void commit() = 0;
};

class Database {
public:
    virtual ~Database() = default;
    /// Waits for a free connection.
    virtual std::unique_ptr<Work> begin() = 0;
    /// The same for long work that nobody sits and waits for (computing, settling, importing): where the server runs on
    /// this machine, its process gives way to those that answer people.
    virtual std::unique_ptr<Work> begin_bulk() = 0;
    /// For one question, without a transaction around it: `commit` is refused, and a second question may see what came
    /// since the first.
    virtual std::unique_ptr<Work> begin_question() = 0;
    /// What several reports say of one moment, asked in one exchange with the server: for answers that people wait for. Of
    /// each: the names of its columns, then its rows.
    virtual std::vector<std::vector<TextRow>> read(std::span<const AskedReport> asked) = 0;
    /// For reading alone: all that it reads is as it was at its first statement, whatever is written meanwhile.
    virtual std::unique_ptr<Work> begin_snapshot() = 0;
};

}  // namespace onecard::app
