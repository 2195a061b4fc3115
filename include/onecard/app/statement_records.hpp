#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "onecard/app/records.hpp"
#include "onecard/bankfile/statement.hpp"
#include "onecard/recon/statement_match.hpp"

/// Statements of the transit accounts, and what their lines fit (schemas/db/0010_statements.sql).
namespace onecard::app {

/// A statement as it came: by the bank's own door, or brought by an officer.
struct StatementFile {
    std::int64_t no = 0;
    BankNo bank;
    County county;  ///< whose transit account it is of
    std::string name;
    Digest digest;
    std::int64_t bytes = 0;
    std::string signature;  ///< the bank's; empty for one that an officer brought
    std::string brought_by;
    Digest fingerprint;
    Moment at;
};

struct StatementResult {
    std::int64_t no = 0;
    bool accepted = false;
    std::string reason;  ///< why it was refused: every fault, a line each
    bankfile::StatementHeader header;
    std::string account_tag;   ///< 16 bytes, keyed: equal for equal accounts
    std::string account_tail;  ///< the last four digits
    Moment at;
};

/// A line as it is recorded.
struct StatementRow {
    std::int32_t line = 0;  ///< 1 … in the statement
    bool is_credit = false;
    Money amount;
    Day booking_day, value_day;
    std::optional<PaymentReference> payment;
    std::string file_id;  ///< of a batch; empty
    std::string bank_reference;
    std::string code;
    bool is_interest = false;
};

/// A line that nothing was concluded of, with all that is known of what it names.
struct OpenStatementLine {
    std::int32_t line = 0;
    recon::BankLine said;
    bool told_before = false;
    enum class Names : std::uint8_t { nothing, payment, batch } names = Names::nothing;
    PartNo part;  ///< of the payment
    PaymentReference payment;
    recon::KnownPayment known_payment;
    Month period;  ///< of the batch
    BatchNo batch;
    recon::KnownBatch known_batch;
};

struct StatementFit {
    std::int32_t line = 0;
    recon::Fit fit = recon::Fit::payment_debit;
    PartNo part;
    PaymentReference payment;
    Month period;
    BatchNo batch;
    std::vector<std::int64_t> return_nos;
};

/// What became of a statement.
struct StatementState {
    std::int64_t no = 0;
    std::optional<bool> accepted;  ///< nothing while it waits
    std::string reason;
    std::int64_t lines = 0, fitting = 0, breaks = 0;
};

class StatementRecords {
public:
    virtual ~StatementRecords() = default;
    /// Its number; nothing when the same bytes came before. Throws RefusedByDatabase when the name is taken.
    virtual std::optional<std::int64_t> put_statement(const StatementFile& file) = 0;
    virtual std::optional<StatementFile> statement_of_digest(BankNo bank, const Digest& digest) = 0;
    virtual std::optional<StatementState> state_of(BankNo bank, std::string_view name) = 0;
    virtual std::vector<StatementFile> unprocessed_statements() = 0;
    /// Holds the transit account of a county at a bank for this work; false when the statement has a result already.
    virtual bool claim_statement(const StatementFile& file) = 0;
    struct Last {
        Day last_day;
        Money closing;
    };
    /// The newest end-of-day statement of the account that was accepted.
    virtual std::optional<Last> last_statement(BankNo bank, County county, std::string_view account_tag) = 0;
    virtual void put_result(const StatementFile& file, const StatementResult& result) = 0;
    virtual void put_lines(std::int64_t statement_no, std::span<const StatementRow> rows) = 0;
    /// Statements of the county at the bank, ascending, with lines that nothing was concluded of.
    virtual std::vector<StatementFile> waiting_statements(BankNo bank, County county) = 0;
    /// Statements of a region that have such lines, ascending.
    virtual std::vector<StatementFile> matched_statements(const Region& region) = 0;
    struct Cause {
        std::int64_t entry_no = 0;
        std::string text;
    };
    /// The entry that a break brought because money was there: of an unidentified credit.
    virtual std::optional<Cause> entry_of_break(County county, std::int64_t break_no) = 0;
    /// Such lines of one statement with numbers above `after`, ascending, at most `most`.
    virtual std::vector<OpenStatementLine> open_lines(std::int64_t statement_no, County county,
                                                      std::int32_t after, int most) = 0;
    virtual void put_fits(std::int64_t statement_no, County county, std::span<const StatementFit> fits) = 0;
    virtual void put_breaks(std::int64_t statement_no, County county, BankNo bank,
                            std::span<const recon::Break> breaks, Moment at) = 0;
    struct NotDebited {
        std::int64_t return_no = 0;
        std::string name;
        std::int64_t payments = 0;
        Money amount;
    };
    /// What return files said was paid before a day, and no line of the account's statements has (漏单), told of once.
    virtual std::vector<NotDebited> not_debited(BankNo bank, County county, Day last_day) = 0;
    virtual void put_not_debited(const StatementFile& file, const NotDebited& one, std::string_view evidence,
                                 Moment at) = 0;
    /// How many payments of the file that such a break is about no line has yet.
    virtual std::int64_t still_not_debited(County county, std::int64_t break_no) = 0;
};

}  // namespace onecard::app
