#include <fmt/format.h>
#include <libpq-fe.h>

#include <array>

#include "binary_copy.hpp"
#include "onecard/store/embedded_sql.hpp"
#include "records.hpp"
#include "statement.hpp"

namespace onecard::store {
namespace {

struct RegisterTable {
    std::string_view name;
    std::string_view query;
};
const std::array register_tables{
    RegisterTable{"household", sql::import_rows_household},
    RegisterTable{"person", sql::import_rows_person},
    RegisterTable{"income", sql::import_rows_income},
    RegisterTable{"enrolment", sql::import_rows_enrolment},
    RegisterTable{"account", sql::import_rows_account},
    RegisterTable{"institution", sql::import_rows_institution},
};

payment::Payment payment_in(CopiedRow& row) {
    payment::Payment payment;
    payment.part = row.id<PartNo>();
    payment.county = row.county();
    payment.serial = row.id<Serial>();
    payment.programme = static_cast<Programme>(row.take<std::int16_t>());
    payment.component = static_cast<Component>(row.take<std::int16_t>());
    payment.kind = static_cast<payment::Kind>(row.take<std::int16_t>());
    payment.benefit_month = row.month();
    payment.beneficiary = row.take<std::int64_t>();
    payment.payee_kind = static_cast<registry::PayeeKind>(row.take<std::int16_t>());
    payment.payee = row.take<std::int64_t>();
    payment.amount = row.money();
    return payment;
}

/// Feeds the rows of a query to a hash as COPY's text form writes them; returns how many.
std::int64_t hash_rows(Connection& connection, std::string_view name, const std::string& query,
                       StreamHash& hash) {
    count_statement();
    const std::string command = fmt::format("copy ({}) to stdout", query);
    const ResultPtr started{PQexec(connection.raw(), command.c_str())};
    if (PQresultStatus(started.get()) != PGRES_COPY_OUT) throw_result(connection.raw(), started.get(), name);
    std::int64_t rows = 0;
    char* row = nullptr;
    int bytes = 0;
    while ((bytes = PQgetCopyData(connection.raw(), &row, 0)) > 0) {
        hash.update(bytes_of(std::string_view{row, static_cast<std::size_t>(bytes)}));
        PQfreemem(row);
        ++rows;
    }
    const ResultPtr result{PQgetResult(connection.raw())};
    while (const ResultPtr left{PQgetResult(connection.raw())}) {
    }
    if (bytes != -1 || PQresultStatus(result.get()) != PGRES_COMMAND_OK)
        throw_result(connection.raw(), result.get(), name);
    return rows;
}

class Audit final : public app::AuditRecords {
public:
    explicit Audit(Connection& connection) : connection_{connection} {}

    void each_expected_act(const std::function<void(const app::ExpectedAct&)>& on_act) override {
        CopyOut copy{connection_, "expected_acts", std::string{sql::expected_acts}};
        while (auto row = copy.next()) {
            app::ExpectedAct act;
            act.kind = row->bytes();
            act.text = row->bytes();
            act.at = Moment::of_unix_seconds(row->take<std::int64_t>());
            act.place = row->bytes();
            on_act(act);
        }
    }

    void each_signed_words(const std::function<void(const app::SignedWords&)>& on_words) override {
        CopyOut copy{connection_, "signed_words", std::string{sql::signed_words}};
        while (auto row = copy.next()) {
            app::SignedWords words;
            words.of = static_cast<app::SignedWords::Of>(row->take<std::int16_t>());
            words.place = row->bytes();
            words.run = row->id<RunNo>();
            words.county = row->county();
            words.step = row->take<std::int16_t>();
            words.cms = row->bytes();
            words.fingerprint = row->digest();
            words.text = row->bytes();
            if (words.of == app::SignedWords::Of::return_file)
                words.file_digest = row->digest();
            else
                row->bytes();
            on_words(words);
        }
    }

    std::vector<app::Misfit> misfits() override {
        std::vector<app::Misfit> found;
        for (const sql::Query& query : sql::queries) {
            if (!query.name.starts_with("misfit_")) continue;
            const auto rows = connection_.ask(query.text, {});
            for (std::size_t i = 1; i < rows.size(); ++i) found.push_back({rows[i].at(0), rows[i].at(1)});
        }
        return found;
    }

    std::vector<std::pair<std::int16_t, std::string>> approvals_of(RunNo run, County county) override {
        std::vector<std::pair<std::int16_t, std::string>> found;
        connection_.each(sql::approvals_of_unit, {{"run_no", run}, {"county", county}}, [&](Row& row) {
            const auto step = row.as<std::int16_t>();
            found.emplace_back(step, row.bytes());
        });
        return found;
    }

    std::vector<std::int64_t> acts_about_proposal(std::int64_t proposal_no) override {
        std::vector<std::int64_t> found;
        connection_.each(sql::acts_about_proposal, {{"proposal_no", proposal_no}},
                         [&](Row& row) { found.push_back(row.number()); });
        return found;
    }

    std::vector<std::pair<PartNo, recon::Outcome>> words_of(County county, std::int64_t return_no,
                                                            recon::Standing to) override {
        std::vector<std::pair<PartNo, recon::Outcome>> found;
        CopyOut copy{connection_, "outcomes_of_return",
                     with_numbers(sql::outcomes_of_return, {{"county", std::to_string(county.number())},
                                                            {"return_no", std::to_string(return_no)},
                                                            {"kind", std::to_string(static_cast<int>(to))}})};
        while (auto row = copy.next()) {
            auto& [part, outcome] = found.emplace_back();
            part = row->id<PartNo>();
            outcome.serial = row->id<Serial>();
            outcome.attempt = row->take<std::int16_t>();
            outcome.paid = to == recon::Standing::paid;
            outcome.reason = static_cast<bankfile::Reason>(row->take<std::int16_t>());
            outcome.amount = row->money();
            outcome.value_day = row->day();
            outcome.line = row->take<std::int32_t>();
        }
        return found;
    }

    std::vector<std::int64_t> acts_about(RunNo run, County county, std::string_view file_id,
                                         std::int64_t return_no) override {
        std::vector<std::int64_t> found;
        connection_.each(
            sql::acts_about,
            {{"run_no", run}, {"county", county}, {"file_id", file_id}, {"return_no", return_no}},
            [&](Row& row) { found.push_back(row.number()); });
        return found;
    }

    std::string register_digests(ImportNo import, const HashFunction& hash) override {
        std::string all;
        const auto stream = hash.stream();
        for (const RegisterTable& table : register_tables) {
            const std::int64_t rows = hash_rows(
                connection_, table.name,
                with_numbers(table.query, {{"import_no", std::to_string(import.number())}}), *stream);
            all += fmt::format("{} {} {};", table.name, rows, stream->finish().hex());
        }
        return all;
    }

    std::vector<ImportNo> imports() override {
        std::vector<ImportNo> found;
        connection_.each(sql::imports, {}, [&](Row& row) { found.push_back(row.id<ImportNo>()); });
        return found;
    }

    void each_payment_of(PartNo part,
                         const std::function<void(const payment::Payment&)>& on_payment) override {
        CopyOut copy{connection_, "part_payments_all", in_part(sql::part_payments_all, part.number())};
        while (auto row = copy.next()) on_payment(payment_in(*row));
    }

private:
    Connection& connection_;
};

}  // namespace

std::unique_ptr<app::AuditRecords> audit_records(Connection& connection) {
    return std::make_unique<Audit>(connection);
}

}  // namespace onecard::store
