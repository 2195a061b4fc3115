#pragma once

#include <gtest/gtest.h>
#include <libpq-fe.h>

#include <array>
#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "onecard/store/cluster.hpp"
#include "onecard/store/database.hpp"

/// A real PostgreSQL for tests: one private cluster a test program, one fresh database a test. Where PostgreSQL is
/// missing the tests fail; they are never skipped.
namespace onecard::test {

/// A folder that is gone when this is.
class TemporaryFolder {
public:
    TemporaryFolder() {
        std::string name = (std::filesystem::temp_directory_path() / "onecard-test-XXXXXX").string();
        if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error{"no temporary folder"};
        path_ = name;
        // The server's user passes through.
        std::filesystem::permissions(path_,
                                     std::filesystem::perms::group_exec | std::filesystem::perms::others_exec,
                                     std::filesystem::perm_options::add);
    }
    ~TemporaryFolder() {
        std::error_code error;
        std::filesystem::remove_all(path_, error);
    }
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;
    const std::filesystem::path& path() const { return path_; }

private:
    std::filesystem::path path_;
};

/// What the database said no with.
class SqlRefusal : public std::runtime_error {
public:
    SqlRefusal(std::string state, std::string constraint, const std::string& text)
        : std::runtime_error{state + " " + text},
          state_{std::move(state)},
          constraint_{std::move(constraint)} {}
    const std::string& state() const { return state_; }
    const std::string& constraint() const { return constraint_; }

private:
    std::string state_, constraint_;
};

/// A line of the test's own, to look behind the store's back. Every call is a transaction unless the test begins one.
class Sql {
public:
    explicit Sql(const std::string& url) : line_{PQconnectdb(url.c_str()), &PQfinish} {
        if (PQstatus(line_.get()) != CONNECTION_OK) throw std::runtime_error{PQerrorMessage(line_.get())};
        PQsetNoticeProcessor(line_.get(), [](void*, const char*) {}, nullptr);
    }
    using Rows = std::vector<std::vector<std::string>>;
    /// Throws SqlRefusal.
    Rows operator()(const std::string& text) {
        const std::unique_ptr<PGresult, decltype(&PQclear)> result{PQexec(line_.get(), text.c_str()),
                                                                   &PQclear};
        const ExecStatusType status = PQresultStatus(result.get());
        if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) {
            const auto field = [&](int code) {
                const char* const found = PQresultErrorField(result.get(), code);
                return std::string{found == nullptr ? "" : found};
            };
            throw SqlRefusal{field(PG_DIAG_SQLSTATE), field(PG_DIAG_CONSTRAINT_NAME),
                             PQerrorMessage(line_.get())};
        }
        Rows rows;
        for (int row = 0; row < PQntuples(result.get()); ++row) {
            auto& cells = rows.emplace_back();
            for (int column = 0; column < PQnfields(result.get()); ++column)
                cells.emplace_back(
                    PQgetisnull(result.get(), row, column) ? "null" : PQgetvalue(result.get(), row, column));
        }
        return rows;
    }
    /// The only cell.
    std::string cell(const std::string& text) { return (*this)(text).at(0).at(0); }
    /// The SQLSTATE that the statement is refused with, "" when it is not.
    std::string refusal(const std::string& text) {
        try {
            (*this)(text);
        } catch (const SqlRefusal& refusal) {
            return refusal.state();
        }
        return {};
    }
    PGconn* raw() { return line_.get(); }

private:
    std::unique_ptr<PGconn, decltype(&PQfinish)> line_;
};

/// The cluster of this test program, with a migrated template.
class SharedCluster {
public:
    static SharedCluster& get() {
        static SharedCluster shared;
        return shared;
    }
    store::Cluster& cluster() { return *cluster_; }
    /// Migrated, empty, its own.
    std::string fresh_database() {
        const std::string name = "test_" + std::to_string(++made_);
        owner_("create database " + name + " template migrated");
        return name;
    }
    /// Not even migrated.
    std::string bare_database() {
        const std::string name = "bare_" + std::to_string(++made_);
        owner_("create database " + name);
        return name;
    }
    void drop(const std::string& name) { owner_("drop database " + name + " with (force)"); }

private:
    SharedCluster()
        : cluster_{start(folder_.path() / "cluster")}, owner_{cluster_->url("onecard_owner", "postgres")} {
        owner_("create database migrated");
        if (const auto migrated = store::migrate(cluster_->url("onecard_owner", "migrated")); !migrated)
            throw std::runtime_error{migrated.error().message()};
    }
    static std::unique_ptr<store::Cluster> start(const std::filesystem::path& folder) {
        auto cluster = store::start_cluster({.folder = folder, .run_as = "postgres", .programs = {}});
        if (!cluster) throw std::runtime_error{cluster.error().message()};
        return *std::move(cluster);
    }
    TemporaryFolder folder_;
    std::unique_ptr<store::Cluster> cluster_;
    Sql owner_;
    std::atomic<int> made_{0};
};

/// A test with a migrated database of its own.
class DatabaseTest : public ::testing::Test {
protected:
    DatabaseTest() : name_{SharedCluster::get().fresh_database()} {}
    ~DatabaseTest() override {
        try {
            SharedCluster::get().drop(name_);
        } catch (const std::exception& error) {
            ADD_FAILURE() << error.what();
        }
    }
    std::string url(const std::string& role) const { return SharedCluster::get().cluster().url(role, name_); }
    std::string owner_url() const { return url("onecard_owner"); }
    std::string service_url() const { return url("onecard_service"); }
    std::string auditor_url() const { return url("onecard_auditor"); }

private:
    std::string name_;
};

}  // namespace onecard::test
