#include <fmt/format.h>
#include <libpq-fe.h>

#include <map>
#include <memory>

#include "connection.hpp"
#include "onecard/store/database.hpp"
#include "onecard/store/embedded_sql.hpp"
#include "statement.hpp"

namespace onecard::store {
namespace {

struct CloseLine {
    void operator()(PGconn* line) const { PQfinish(line); }
};

/// A line without SOCI, which would take the colons and quotes of a migration for its own.
class PlainLine {
public:
    explicit PlainLine(const std::string& url) : line_{PQconnectdb(url.c_str())} {
        if (PQstatus(line_.get()) != CONNECTION_OK) throw_result(line_.get(), nullptr, "migrate");
        PQsetErrorVerbosity(line_.get(), PQERRORS_VERBOSE);
        PQsetNoticeProcessor(line_.get(), [](void*, const char*) {}, nullptr);
    }

    /// One statement of schemas/queries; the cells of its rows.
    std::vector<std::vector<std::string>> ask(std::string_view query,
                                              const std::vector<std::string>& values = {}) {
        const Numbered sent = numbered(query);
        ensure(sent.names.size() == values.size(), "values that do not fit the query");
        std::vector<const char*> pointers;
        for (const std::string& value : values) pointers.push_back(value.c_str());
        count_statement();
        const ResultPtr result{PQexecParams(line_.get(), sent.text.c_str(), static_cast<int>(pointers.size()),
                                            nullptr, pointers.data(), nullptr, nullptr, 0)};
        check(result.get(), name_of_query(query));
        std::vector<std::vector<std::string>> rows;
        for (int row = 0; row < PQntuples(result.get()); ++row) {
            auto& cells = rows.emplace_back();
            for (int column = 0; column < PQnfields(result.get()); ++column)
                cells.emplace_back(PQgetvalue(result.get(), row, column));
        }
        return rows;
    }

    /// Any number of statements.
    void run(std::string_view text, std::string_view name) {
        count_statement();
        const ResultPtr result{PQexec(line_.get(), std::string{text}.c_str())};
        check(result.get(), name);
    }

private:
    void check(const PGresult* result, std::string_view name) {
        const ExecStatusType status = PQresultStatus(result);
        if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) throw_result(line_.get(), result, name);
    }
    std::unique_ptr<PGconn, CloseLine> line_;
};

struct Applied {
    std::string name;
    std::string digest;
};

std::map<int, Applied> applied_on(PlainLine& line) {
    std::map<int, Applied> applied;
    if (line.ask(sql::has_migrations).at(0).at(0) != "1") return applied;
    for (const auto& row : line.ask(sql::migrations_applied))
        applied[std::stoi(row.at(0))] = {row.at(1), row.at(2)};
    return applied;
}

}  // namespace

Result<std::vector<std::string>> migrate(const std::string& owner_url) {
    PlainLine line{owner_url};
    line.ask(sql::session_settings);
    line.ask(sql::session_lock, {std::to_string(lock_key(LockClass::migrations))});

    auto applied = applied_on(line);
    // Everything is compared before anything is applied.
    for (const sql::Migration& ours : sql::migrations) {
        const auto found = applied.find(ours.number);
        if (found == applied.end()) continue;
        const std::string digest = line.ask(sql::sha256_of_text, {std::string{ours.text}}).at(0).at(0);
        if (found->second.digest != digest)
            return refuse(Fault::conflict, "it was applied with other bytes than ours",
                          fmt::format("migration {:04}_{}", ours.number, found->second.name));
    }
    std::vector<const sql::Migration*> missing;
    int newest = -1;
    for (const auto& [number, theirs] : applied) newest = number;
    for (const sql::Migration& ours : sql::migrations) {
        if (applied.erase(ours.number) != 0) continue;
        if (ours.number < newest)
            return refuse(Fault::conflict,
                          fmt::format("it is missing below {:04}, which was applied", newest),
                          fmt::format("migration {:04}_{}", ours.number, ours.name));
        missing.push_back(&ours);
    }
    for (const auto& [number, theirs] : applied)
        return refuse(Fault::conflict, "it was applied by a newer program: this one does not know it",
                      fmt::format("migration {:04}_{}", number, theirs.name));

    std::vector<std::string> done;
    for (const sql::Migration* migration : missing) {
        const std::string name = fmt::format("{:04}_{}", migration->number, migration->name);
        line.run("begin", name);
        line.run(migration->text, name);
        line.ask(sql::put_migration, {std::to_string(migration->number), std::string{migration->name},
                                      std::string{migration->text}});
        line.run("commit", name);
        done.push_back(name);
    }
    return done;
}

}  // namespace onecard::store
