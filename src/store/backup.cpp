#include "onecard/store/backup.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <libpq-fe.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <memory>
#include <sstream>
#include <vector>

#include "connection.hpp"
#include "onecard/store/embedded_sql.hpp"

extern char** environ;

namespace onecard::store {
namespace {

namespace fs = std::filesystem;

Result<fs::path> find_program(const std::string& name) {
    std::error_code error;
    int newest = 0;
    const fs::path all = "/usr/lib/postgresql";
    for (const auto& folder : fs::directory_iterator{all, error}) {
        const std::string version = folder.path().filename().string();
        if (version.empty() || version.size() > 3 ||
            version.find_first_not_of("0123456789") != std::string::npos)
            continue;
        if (::access((folder.path() / "bin" / name).c_str(), X_OK) == 0)
            newest = std::max(newest, std::stoi(version));
    }
    if (newest != 0) return all / std::to_string(newest) / "bin" / name;
    return refuse(Fault::missing, "is not installed (apt-get install postgresql-15)", name);
}

/// What it says on standard error goes through a file beside the dump.
Result<void> run(const std::vector<std::string>& command, const fs::path& said) {
    std::vector<char*> arguments;
    for (const std::string& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
    arguments.push_back(nullptr);
    ::posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_addopen(&actions, 2, said.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    ::pid_t child = 0;
    const int error = ::posix_spawn(&child, arguments.front(), &actions, nullptr, arguments.data(), environ);
    ::posix_spawn_file_actions_destroy(&actions);
    if (error != 0) return refuse(Fault::missing, "cannot be started", command.front());
    int status = 0;
    while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    std::ostringstream words;
    words << std::ifstream{said}.rdbuf();
    fs::remove(said);
    if (status == 0) return {};
    return refuse(Fault::conflict, "failed: " + words.str(), fs::path{command.front()}.filename().string());
}

}  // namespace

Result<void> dump_records(const std::string& owner_url, const fs::path& file) {
    const auto program = find_program("pg_dump");
    if (!program) return std::unexpected{program.error()};
    return run({program->string(), "--format=custom", "--compress=1", "--file=" + file.string(),
                "--dbname=" + owner_url},
               fs::path{file} += ".said");
}

Result<void> restore_records(const std::string& owner_url, const fs::path& file) {
    const auto program = find_program("pg_restore");
    if (!program) return std::unexpected{program.error()};
    if (!fs::exists(file)) return refuse(Fault::missing, "is not there", file.string());
    {
        const auto close = [](PGconn* line) { PQfinish(line); };
        const std::unique_ptr<PGconn, decltype(close)> line{PQconnectdb(owner_url.c_str()), close};
        if (PQstatus(line.get()) != CONNECTION_OK) throw_result(line.get(), nullptr, "restore");
        const ResultPtr missing{PQexec(line.get(), std::string{sql::missing_roles}.c_str())};
        if (PQresultStatus(missing.get()) != PGRES_TUPLES_OK)
            throw_result(line.get(), missing.get(), "missing_roles");
        for (int i = 0; i < PQntuples(missing.get()); ++i) {
            const ResultPtr made{PQexec(line.get(), PQgetvalue(missing.get(), i, 0))};
            if (PQresultStatus(made.get()) != PGRES_COMMAND_OK)
                throw_result(line.get(), made.get(), "missing_roles");
        }
    }
    return run({program->string(), "--exit-on-error", "--single-transaction", "--no-owner",
                "--dbname=" + owner_url, file.string()},
               fs::path{file} += ".said");
}

}  // namespace onecard::store
