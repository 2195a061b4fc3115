#include "onecard/app/statement_records.hpp"

#include <algorithm>

#include "binary_copy.hpp"
#include "break_rows.hpp"
#include "onecard/store/embedded_sql.hpp"
#include "records.hpp"

namespace onecard::store {
namespace {

app::StatementFile statement_in(Row& row) {
    app::StatementFile file;
    file.no = row.number();
    file.bank = row.id<BankNo>();
    file.county = row.county();
    file.name = row.text();
    file.digest = row.digest();
    file.bytes = row.number();
    file.brought_by = row.text();
    file.fingerprint = row.digest();
    file.at = row.moment();
    return file;
}

std::vector<recon::OpenAnswer> answers_in(CopiedRow& row) {
    const auto numbers = row.array<std::int64_t>();
    const auto totals = row.array<std::int64_t>();
    ensure(numbers.size() == totals.size(), "answers without their sums");
    std::vector<recon::OpenAnswer> answers;
    for (std::size_t i = 0; i < numbers.size(); ++i)
        answers.push_back({numbers[i], Money::of_fen(totals[i])});
    return answers;
}

app::OpenStatementLine open_line_in(CopiedRow& row, County county) {
    app::OpenStatementLine open;
    open.line = row.take<std::int32_t>();
    open.said.is_credit = row.flag();
    open.said.amount = row.money();
    open.said.is_interest = row.flag();
    open.told_before = row.flag();
    open.names = static_cast<app::OpenStatementLine::Names>(row.take<std::int16_t>());
    open.payment.county = county;
    open.payment.period = row.take<std::int32_t>();
    open.payment.serial = Serial{row.take<std::int32_t>()};
    open.payment.attempt = row.take<std::int16_t>();
    open.part = PartNo{row.take<std::int32_t>()};
    open.known_payment.sent = row.flag();
    open.known_payment.amount = row.money();
    open.known_payment.standing = static_cast<recon::Standing>(row.take<std::int32_t>());
    open.known_payment.debited = row.flag();
    open.known_payment.credited = row.flag();
    open.known_payment.whole_sum = open.known_batch.whole_sum = row.flag();
    if (const auto period = row.take<std::int32_t>(); period != 0) {
        const auto month = Month::of_number(period);
        ensure(month.has_value(), "a batch of no month");
        open.period = *month;
    }
    open.batch = BatchNo{row.take<std::int32_t>()};
    open.known_batch.sent = row.flag();
    open.known_batch.total = row.money();
    open.known_batch.in_transit = row.money();
    open.known_batch.paid = answers_in(row);
    open.known_batch.failed = answers_in(row);
    open.known_batch.debited_in_pieces = row.flag();
    open.known_batch.funded = row.flag();
    return open;
}

class Statements final : public app::StatementRecords {
public:
    explicit Statements(Connection& connection) : connection_{connection} {}

    std::optional<std::int64_t> put_statement(const app::StatementFile& file) override {
        std::optional<std::int64_t> number;
        connection_.each(sql::put_statement,
                         {{"bank", file.bank},
                          {"county", file.county},
                          {"name", file.name},
                          {"digest", file.digest},
                          {"bytes", file.bytes},
                          {"signature", hex_of(file.signature)},
                          {"brought_by", file.brought_by},
                          {"fingerprint", file.fingerprint},
                          {"at", file.at}},
                         [&](Row& row) { number = row.number(); });
        return number;
    }

    std::optional<app::StatementFile> statement_of_digest(BankNo bank, const Digest& digest) override {
        std::optional<app::StatementFile> found;
        connection_.each(sql::statement_of_digest, {{"bank", bank}, {"digest", digest}},
                         [&](Row& row) { found = statement_in(row); });
        return found;
    }

    std::optional<app::StatementState> state_of(BankNo bank, std::string_view name) override {
        std::optional<app::StatementState> found;
        connection_.each(sql::statement_state, {{"bank", bank}, {"name", name}}, [&](Row& row) {
            app::StatementState& state = found.emplace();
            state.no = row.number();
            if (row.is_null())
                row.skip();
            else
                state.accepted = row.flag();
            state.reason = row.text();
            state.lines = row.number();
            state.fitting = row.number();
            state.breaks = row.number();
        });
        return found;
    }

    std::vector<app::StatementFile> unprocessed_statements() override {
        std::vector<app::StatementFile> files;
        connection_.each(sql::unprocessed_statements, {},
                         [&](Row& row) { files.push_back(statement_in(row)); });
        return files;
    }

    bool claim_statement(const app::StatementFile& file) override {
        connection_.lock(LockClass::statements, file.bank.number(), file.county.number());
        bool done = false;
        connection_.each(sql::has_statement_result, {{"statement_no", file.no}}, [&](Row&) { done = true; });
        return !done;
    }

    std::optional<Last> last_statement(BankNo bank, County county, std::string_view account_tag) override {
        std::optional<Last> last;
        connection_.each(sql::last_statement,
                         {{"bank", bank}, {"county", county}, {"account_tag", hex_of(account_tag)}},
                         [&](Row& row) {
                             const Day day = Day::of_epoch_days(row.as<std::int32_t>());
                             last = Last{day, row.money()};
                         });
        return last;
    }

    void put_result(const app::StatementFile& file, const app::StatementResult& result) override {
        const bankfile::StatementHeader& header = result.header;
        const auto balance = [](const char* name, const std::optional<Money>& money) {
            return money ? Value{name, *money} : Value::null(name);
        };
        connection_.run(sql::put_statement_result,
                        {{"statement_no", file.no},
                         {"accepted", result.accepted},
                         {"reason", result.reason},
                         {"statement_id", header.statement_id},
                         {"is_final", header.kind == bankfile::StatementKind::end_of_day},
                         {"account_tag", hex_of(result.account_tag)},
                         {"account_tail", result.account_tail},
                         {"first_day", header.first_day.epoch_days()},
                         {"last_day", header.last_day.epoch_days()},
                         balance("opening", header.opening),
                         balance("closing", header.closing),
                         {"lines", header.count},
                         {"credits", header.credits},
                         {"debits", header.debits},
                         {"at", result.at}});
    }

    void put_lines(std::int64_t statement_no, std::span<const app::StatementRow> rows) override {
        if (rows.empty()) return;
        CopyIn copy{connection_,
                    "statement_line (statement_no, line, is_credit, amount, booking_day, value_day, names, "
                    "period, serial, attempt, file_id, bank_reference, code, is_interest)"};
        for (const app::StatementRow& row : rows) {
            copy.row(14);
            copy.put(statement_no);
            copy.put(row.line);
            copy.put(row.is_credit);
            copy.put(row.amount);
            copy.put(row.booking_day);
            copy.put(row.value_day);
            copy.put(static_cast<std::int16_t>(row.payment ? 1 : row.file_id.empty() ? 0 : 2));
            if (row.payment) {
                copy.put(row.payment->period);
                copy.put(row.payment->serial);
                copy.put(row.payment->attempt);
            } else {
                for (int i = 0; i < 3; ++i) copy.put_null();
            }
            if (row.file_id.empty())
                copy.put_null();
            else
                copy.put(std::string_view{row.file_id});
            copy.put(std::string_view{row.bank_reference});
            copy.put(std::string_view{row.code});
            copy.put(row.is_interest);
        }
        copy.finish();
    }

    std::vector<app::StatementFile> waiting_statements(BankNo bank, County county) override {
        std::vector<app::StatementFile> files;
        connection_.each(sql::waiting_statements,
                         {{"bank", bank}, {"low", county.number()}, {"high", county.number()}},
                         [&](Row& row) { files.push_back(statement_in(row)); });
        return files;
    }

    std::vector<app::StatementFile> matched_statements(const Region& region) override {
        std::vector<app::StatementFile> files;
        connection_.each(sql::waiting_statements,
                         {{"bank", 0}, {"low", region.lowest()}, {"high", region.highest()}},
                         [&](Row& row) { files.push_back(statement_in(row)); });
        return files;
    }

    std::optional<Cause> entry_of_break(County county, std::int64_t break_no) override {
        std::optional<Cause> found;
        connection_.each(sql::entry_of_break, {{"county", county}, {"break_no", break_no}}, [&](Row& row) {
            const std::int64_t no = row.number();
            found = Cause{no, row.text()};
        });
        return found;
    }

    std::vector<app::OpenStatementLine> open_lines(std::int64_t statement_no, County county,
                                                   std::int32_t after, int most) override {
        std::vector<app::OpenStatementLine> lines;
        CopyOut copy{connection_, "statement_open_lines",
                     with_numbers(sql::statement_open_lines, {{"statement_no", std::to_string(statement_no)},
                                                              {"county", std::to_string(county.number())},
                                                              {"after", std::to_string(after)},
                                                              {"most", std::to_string(most)}})};
        while (auto row = copy.next()) lines.push_back(open_line_in(*row, county));
        return lines;
    }

    void put_fits(std::int64_t statement_no, County county,
                  std::span<const app::StatementFit> fits) override {
        if (fits.empty()) return;
        {
            CopyIn copy{connection_,
                        "statement_fit (statement_no, line, fit, county, part, serial, attempt, period, "
                        "batch_no)"};
            for (const app::StatementFit& fit : fits) {
                const bool of_payment =
                    fit.fit == recon::Fit::payment_debit || fit.fit == recon::Fit::payment_credit;
                copy.row(9);
                copy.put(statement_no);
                copy.put(fit.line);
                copy.put(static_cast<std::int16_t>(fit.fit));
                copy.put(county);
                if (of_payment) {
                    copy.put(fit.part);
                    copy.put(fit.payment.serial);
                    copy.put(fit.payment.attempt);
                } else {
                    for (int i = 0; i < 3; ++i) copy.put_null();
                }
                if (of_payment || fit.fit == recon::Fit::told_before) {
                    copy.put_null();
                    copy.put_null();
                } else {
                    copy.put(fit.period);
                    copy.put(fit.batch);
                }
            }
            copy.finish();
        }
        if (std::ranges::all_of(fits, [](const app::StatementFit& fit) { return fit.return_nos.empty(); }))
            return;
        CopyIn copy{connection_, "statement_answer (return_no, fit, statement_no, line)"};
        for (const app::StatementFit& fit : fits)
            for (const std::int64_t return_no : fit.return_nos) {
                copy.row(4);
                copy.put(return_no);
                copy.put(static_cast<std::int16_t>(fit.fit));
                copy.put(statement_no);
                copy.put(fit.line);
            }
        copy.finish();
    }

    void put_breaks(std::int64_t statement_no, County county, BankNo bank,
                    std::span<const recon::Break> breaks, Moment at) override {
        put_break_rows(connection_, FoundIn::statement, statement_no, county, bank, breaks, at);
    }

    std::vector<NotDebited> not_debited(BankNo bank, County county, Day last_day) override {
        std::vector<NotDebited> all;
        connection_.each(sql::not_debited,
                         {{"bank", bank}, {"county", county}, {"last_day", last_day.epoch_days()}},
                         [&](Row& row) {
                             NotDebited& one = all.emplace_back();
                             one.return_no = row.number();
                             one.name = row.text();
                             one.payments = row.number();
                             one.amount = row.money();
                         });
        return all;
    }

    void put_not_debited(const app::StatementFile& file, const NotDebited& one, std::string_view evidence,
                         Moment at) override {
        connection_.run(sql::put_not_debited, {{"county", file.county},
                                               {"statement_no", file.no},
                                               {"evidence", evidence},
                                               {"amount", one.amount},
                                               {"bank", file.bank},
                                               {"of_return", one.return_no},
                                               {"at", at}});
    }

    std::int64_t still_not_debited(County county, std::int64_t break_no) override {
        return connection_.number(sql::still_not_debited, {{"county", county}, {"break_no", break_no}});
    }

private:
    Connection& connection_;
};

}  // namespace

std::unique_ptr<app::StatementRecords> statement_records(Connection& connection) {
    return std::make_unique<Statements>(connection);
}

}  // namespace onecard::store
