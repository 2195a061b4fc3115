#include "connection.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <soci/postgresql/soci-postgresql.h>
#include <soci/soci.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <utility>
#include <vector>

#include "failures.hpp"
#include "onecard/core/result.hpp"
#include "onecard/store/database.hpp"
#include "onecard/store/embedded_sql.hpp"
#include "statement.hpp"

namespace onecard::store {
namespace {

std::atomic<std::uint64_t> statements{0};

void no_notice(void*, const pg_result*) {}

int value_of_hex(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    return -1;
}

bool is_about_one(std::string_view query) {
    const std::string_view name = name_of_query(query);
    return name.starts_with("report_payment") || name.starts_with("report_person");
}

}  // namespace

std::uint64_t statements_sent() { return statements.load(std::memory_order_relaxed); }
void count_statement() { statements.fetch_add(1, std::memory_order_relaxed); }

std::string hex_of(std::string_view bytes) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string out;
    out.reserve(2 * bytes.size());
    for (const char c : bytes) {
        const auto byte = static_cast<unsigned char>(c);
        out += digits[byte >> 4U];
        out += digits[byte & 0x0fU];
    }
    return out;
}

void ClearResult::operator()(pg_result* result) const { PQclear(result); }

void throw_result(pg_conn* line, const pg_result* result, std::string_view statement) {
    if (result == nullptr || PQresultStatus(result) != PGRES_FATAL_ERROR)
        throw_said(statement, "", PQerrorMessage(line));
    const char* const state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    throw_said(statement, state == nullptr ? "" : state, PQresultErrorMessage(result));
}

// --- rows

std::int64_t Row::number() {
    const std::size_t at = at_++;
    ensure(at < row_.size() && row_.get_indicator(at) == soci::i_ok, "a number that the database left empty");
    if (row_.get_properties(at).get_data_type() == soci::dt_integer) return row_.get<int>(at);
    ensure(row_.get_properties(at).get_data_type() == soci::dt_long_long, "a column that is no number");
    return row_.get<long long>(at);
}

std::string Row::text() {
    const std::size_t at = at_++;
    ensure(at < row_.size() && row_.get_indicator(at) == soci::i_ok, "a text that the database left empty");
    return row_.get<std::string>(at);
}

std::string Row::bytes() {
    const std::string hex = text();
    std::string out;
    out.reserve(hex.size() / 2);
    for (std::size_t i = 0; i + 1 < hex.size(); i += 2)
        out += static_cast<char>(value_of_hex(hex[i]) * 16 + value_of_hex(hex[i + 1]));
    return out;
}

Digest Row::digest() {
    const auto digest = Digest::parse_hex(text());
    ensure(digest.has_value(), "a digest on record that is none");
    return *digest;
}

Month Row::month() {
    const auto month = Month::of_number(as<std::int32_t>());
    ensure(month.has_value(), "a month on record that is none");
    return *month;
}

bool Row::is_null() const { return row_.get_indicator(at_) == soci::i_null; }

// --- the line

Connection::Connection(const std::string& url) {
    try {
        session_ = std::make_unique<soci::session>(soci::postgresql, url);
    } catch (const soci::soci_error& error) {
        // SOCI's own text holds the whole connection string.
        throw app::DatabaseAway{fmt::format("the database is away: {}", error.get_error_message())};
    }
    raw_ = static_cast<soci::postgresql_session_backend*>(session_->get_backend())->conn_;
    PQsetErrorVerbosity(raw_, PQERRORS_VERBOSE);
    PQsetErrorContextVisibility(raw_, PQSHOW_CONTEXT_NEVER);
    PQsetNoticeReceiver(raw_, no_notice, nullptr);
    run(sql::session_settings);
}

Connection::~Connection() = default;

void Connection::guarded(std::string_view query, const std::function<void()>& call) {
    count_statement();
    try {
        call();
    } catch (const soci::postgresql_soci_error& error) {
        throw_said(name_of_query(query), error.sqlstate(), error.get_error_message());
    } catch (const soci::soci_error& error) {
        throw_said(name_of_query(query), "", error.get_error_message());
    }
}

std::optional<std::int32_t> Connection::process_here() const {
    const char* const host = PQhost(raw_);
    if (host == nullptr || *host != '/') return std::nullopt;
    return PQbackendPID(raw_);
}

void Connection::check() {
    plans_once_ = false;
    pollfd said{.fd = PQsocket(raw_), .events = POLLIN, .revents = 0};
    // Between questions a server says nothing, unless it takes its leave.
    if (::poll(&said, 1, 0) > 0 && PQconsumeInput(raw_) == 0) throw_said("", "", PQerrorMessage(raw_));
}

void Connection::begin() {
    plans_once_ = false;  // What a transaction set for itself goes with it.
    guarded("", [&] { session_->begin(); });
}

void Connection::commit() {
    guarded("", [&] { session_->commit(); });
}

void Connection::roll_back() noexcept {
    if (PQtransactionStatus(raw_) == PQTRANS_IDLE) return;
    try {
        session_->rollback();
    } catch (const std::exception&) {
        // Whoever takes the line next looks whether it still works.
        return;
    }
}

bool Connection::is_idle() const {
    return PQstatus(raw_) == CONNECTION_OK && PQtransactionStatus(raw_) == PQTRANS_IDLE &&
           PQpipelineStatus(raw_) == PQ_PIPELINE_OFF;
}

/// A query that was prepared on this line once: parsed, checked and planned by the server, its values and its row bound
/// to places that stay. Measured: of a month's time in the server a fifth went into doing that for every call.
struct Connection::Prepared {
    Prepared(soci::session& session, std::string_view query, Values given, bool has_rows)
        : statement{session} {
        if (has_rows) statement.exchange(soci::into(row));
        values.resize(given.size());
        indicators.resize(given.size());
        std::size_t place = 0;
        for (const Value& value : given) {
            names.push_back(value.name());
            statement.exchange(soci::use(values[place], indicators[place], value.name()));
            ++place;
        }
        put(given);
        statement.alloc();
        statement.prepare(std::string{query}, soci::details::st_repeatable_query);
        statement.define_and_bind();
    }
    void put(Values given) {
        ensure(std::ranges::equal(given, names, {}, &Value::name),
               "a query is called with other values than before");
        std::size_t place = 0;
        for (const Value& value : given) {
            values[place] = value.text();
            indicators[place++] = value.is_null() ? soci::i_null : soci::i_ok;
        }
    }
    std::vector<std::string> names, values;
    std::vector<soci::indicator> indicators;
    soci::row row;
    soci::statement statement;
    bool in_use = false;
};

Connection::Prepared& Connection::prepared(std::string_view query, Values values, bool has_rows) {
    const auto found = prepared_.find(query);
    if (found == prepared_.end())
        return *prepared_.emplace(query, std::make_unique<Prepared>(*session_, query, values, has_rows))
                    .first->second;
    Prepared& known = *found->second;
    ensure(!known.in_use, "a query is called while its own rows are read");
    known.put(values);
    return known;
}

void Connection::each(std::string_view query, Values values, const std::function<void(Row&)>& on_row) {
    guarded(query, [&] {
        Prepared& known = prepared(query, values, true);
        known.in_use = true;
        const std::unique_ptr<bool, void (*)(bool*)> ends{&known.in_use,
                                                          [](bool* in_use) { *in_use = false; }};
        for (bool more = known.statement.execute(true); more; more = known.statement.fetch()) {
            Row taken{known.row};
            on_row(taken);
        }
    });
}

std::int64_t Connection::run(std::string_view query, Values values) {
    std::int64_t written = 0;
    guarded(query, [&] {
        Prepared& known = prepared(query, values, false);
        known.statement.execute(true);
        written = known.statement.get_affected_rows();
    });
    return written;
}

std::optional<std::int64_t> Connection::maybe_number(std::string_view query, Values values) {
    std::optional<std::int64_t> found;
    each(query, values, [&](Row& row) { found = row.number(); });
    return found;
}

std::int64_t Connection::number(std::string_view query, Values values) {
    const auto found = maybe_number(query, values);
    ensure(found.has_value(), "a query that must answer did not");
    return *found;
}

void Connection::lock(LockClass lock, std::int32_t number, std::int32_t county) {
    run(sql::lock, {{"key", lock_key(lock, number, county)}});
}

void Connection::lock_all(LockClass lock, std::span<const std::int32_t> numbers) {
    std::string keys;
    for (const std::int32_t number : numbers)
        keys += fmt::format("{}{}", keys.empty() ? "{" : ",", lock_key(lock, number));
    if (!keys.empty()) run(sql::lock_all, {{"keys", keys + "}"}});
}

std::string_view report_named(std::string_view name) {
    const auto known = std::ranges::find(sql::queries, name, &sql::Query::name);
    if (known == sql::queries.end() || !name.starts_with("report_"))
        throw BrokenInvariant{fmt::format("no report is called {}", name)};
    return known->text;
}

namespace {

using Parameters = std::vector<std::pair<std::string, std::string>>;
using TextRows = std::vector<std::vector<std::string>>;

std::vector<const char*> values_for(const Numbered& sent, std::string_view query,
                                    const Parameters& parameters) {
    std::vector<const char*> values;
    for (const std::string& name : sent.names) {
        const auto found = std::ranges::find(parameters, name, &std::pair<std::string, std::string>::first);
        if (found == parameters.end())
            throw BrokenInvariant{fmt::format("{} needs the parameter {}", name_of_query(query), name)};
        values.push_back(found->second.c_str());
    }
    return values;
}

TextRows rows_in(const pg_result* result) {
    TextRows rows(1);
    const int columns = PQnfields(result);
    for (int column = 0; column < columns; ++column) rows[0].emplace_back(PQfname(result, column));
    for (int row = 0; row < PQntuples(result); ++row) {
        auto& cells = rows.emplace_back();
        for (int column = 0; column < columns; ++column)
            cells.emplace_back(PQgetvalue(result, row, column),
                               static_cast<std::size_t>(PQgetlength(result, row, column)));
    }
    return rows;
}

/// Of one payment or person the plan is the same whoever it is; PostgreSQL would plan it anew each time, since a plan that
/// names the part looks cheaper than one that finds it when it runs.
const char* planning(bool is_about_one) {
    return is_about_one ? "set local plan_cache_mode = force_generic_plan"
                        : "set local plan_cache_mode = auto";
}

}  // namespace

const Connection::Report& Connection::report(std::string_view query) {
    // Planning a report costs more than running it: parts are many, and rows are few.
    auto known = reports_.find(query);
    if (known == reports_.end()) {
        Report made{numbered(query), fmt::format("report_{}", reports_.size()), is_about_one(query)};
        count_statement();
        const ResultPtr prepared{PQprepare(raw_, made.name.c_str(), made.sent.text.c_str(), 0, nullptr)};
        if (PQresultStatus(prepared.get()) != PGRES_COMMAND_OK)
            throw_result(raw_, prepared.get(), name_of_query(query));
        known = reports_.emplace(query, std::move(made)).first;
    }
    return known->second;
}

void Connection::plan_as_told(const Report& asked) {
    if (asked.is_about_one == plans_once_) return;
    const char* const mode = planning(asked.is_about_one);
    count_statement();
    const ResultPtr set{PQexec(raw_, mode)};
    if (PQresultStatus(set.get()) != PGRES_COMMAND_OK) throw_result(raw_, set.get(), mode);
    plans_once_ = asked.is_about_one;
}

TextRows Connection::ask(std::string_view query, const Parameters& parameters) {
    const Report& asked = report(query);
    const std::vector<const char*> values = values_for(asked.sent, query, parameters);
    plan_as_told(asked);
    count_statement();
    const ResultPtr result{PQexecPrepared(raw_, asked.name.c_str(), static_cast<int>(values.size()),
                                          values.data(), nullptr, nullptr, 0)};
    if (PQresultStatus(result.get()) != PGRES_TUPLES_OK)
        throw_result(raw_, result.get(), name_of_query(query));
    return rows_in(result.get());
}

std::vector<TextRows> Connection::ask_together(
    std::span<const std::pair<std::string_view, Parameters>> asked) {
    for (const auto& [query, parameters] : asked) report(query);
    const auto must = [&](int sent, std::string_view what) {
        if (sent != 1) throw_result(raw_, nullptr, what);
    };
    const auto command = [&](const char* text) {
        count_statement();
        must(PQsendQueryParams(raw_, text, 0, nullptr, nullptr, nullptr, nullptr, 0), text);
    };
    must(PQenterPipelineMode(raw_), "pipeline");
    // One snapshot for all of them.
    command("begin isolation level repeatable read, read only");
    bool plans_once = false;
    // What is awaited: a query's rows, or (empty) that a command was done.
    std::vector<std::string_view> awaited{""};
    for (const auto& [query, parameters] : asked) {
        const Report& one = report(query);
        if (one.is_about_one != std::exchange(plans_once, one.is_about_one)) {
            command(planning(one.is_about_one));
            awaited.emplace_back();
        }
        const std::vector<const char*> values = values_for(one.sent, query, parameters);
        count_statement();
        must(PQsendQueryPrepared(raw_, one.name.c_str(), static_cast<int>(values.size()), values.data(),
                                 nullptr, nullptr, 0),
             name_of_query(query));
        awaited.push_back(query);
    }
    command("commit");
    awaited.emplace_back();
    must(PQpipelineSync(raw_), "pipeline");

    std::vector<TextRows> answers;
    for (const std::string_view query : awaited) {
        const ResultPtr result{PQgetResult(raw_)};
        if (PQresultStatus(result.get()) != (query.empty() ? PGRES_COMMAND_OK : PGRES_TUPLES_OK))
            throw_result(raw_, result.get(), query.empty() ? "a report" : name_of_query(query));
        if (!query.empty()) answers.push_back(rows_in(result.get()));
        while (ResultPtr{PQgetResult(raw_)} != nullptr) {
        }
    }
    const ResultPtr end{PQgetResult(raw_)};
    if (PQresultStatus(end.get()) != PGRES_PIPELINE_SYNC) throw_result(raw_, end.get(), "pipeline");
    must(PQexitPipelineMode(raw_), "pipeline");
    return answers;
}

void Connection::ask_each(std::string_view query, const Parameters& parameters,
                          const std::function<void(const std::vector<std::string>&)>& on_row) {
    const Report& asked = report(query);
    const std::vector<const char*> values = values_for(asked.sent, query, parameters);
    plan_as_told(asked);
    count_statement();
    if (PQsendQueryPrepared(raw_, asked.name.c_str(), static_cast<int>(values.size()), values.data(), nullptr,
                            nullptr, 0) != 1 ||
        PQsetSingleRowMode(raw_) != 1)
        throw_result(raw_, nullptr, name_of_query(query));
    // Whoever stops reading must leave the line free: the server is told, and what is on its way is thrown away.
    struct Rest {
        pg_conn* line;
        ~Rest() {
            ResultPtr left{PQgetResult(line)};
            if (left == nullptr) return;
            if (const std::unique_ptr<PGcancel, decltype(&PQfreeCancel)> cancel{PQgetCancel(line),
                                                                                &PQfreeCancel}) {
                std::array<char, 256> error{};
                PQcancel(cancel.get(), error.data(), static_cast<int>(error.size()));
            }
            while (left != nullptr) left.reset(PQgetResult(line));
        }
    } const rest{raw_};
    bool named = false;
    while (const ResultPtr result{PQgetResult(raw_)}) {
        const ExecStatusType status = PQresultStatus(result.get());
        if (status != PGRES_SINGLE_TUPLE && status != PGRES_TUPLES_OK)
            throw_result(raw_, result.get(), name_of_query(query));
        const TextRows rows = rows_in(result.get());
        if (!named) on_row(rows.front());
        named = true;
        for (std::size_t row = 1; row < rows.size(); ++row) on_row(rows[row]);
    }
}

}  // namespace onecard::store
