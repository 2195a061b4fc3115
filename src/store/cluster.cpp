#include "onecard/store/cluster.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <libpq-fe.h>
#include <signal.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <fstream>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "connection.hpp"
#include "onecard/store/embedded_sql.hpp"
#include "server_account.hpp"
#include "server_programs.hpp"
#include "statement.hpp"

namespace onecard::store {
namespace {

namespace fs = std::filesystem;
using namespace server;
using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr const char* owner_role = "onecard_owner";
constexpr const char* service_role = "onecard_service";
constexpr const char* auditor_role = "onecard_auditor";
constexpr const char* database_name = "onecard";

// Recovery after a crash replays up to max_wal_size: minutes, not seconds.
constexpr auto start_time_max = 10min;
constexpr auto fast_stop_time_max = 30s;
constexpr auto pause = 20ms;
constexpr std::uintmax_t log_bytes_max = 16 * 1024 * 1024;

/// What a log said last, for people.
std::string last_lines(const fs::path& log) {
    std::ifstream in{log, std::ios::binary};
    std::vector<std::string> lines;
    for (std::string line; std::getline(in, line);) {
        lines.push_back(std::move(line));
        if (lines.size() > 6) lines.erase(lines.begin());
    }
    std::string text;
    for (const std::string& line : lines) text.append(text.empty() ? "" : "\n").append(line);
    return text;
}

/// FNV-1a: names that differ when the folders do; nothing secret.
std::string short_name(const fs::path& folder) {
    std::uint64_t hash = 0xcbf29ce484222325;
    for (const char c : folder.string()) {
        hash ^= static_cast<unsigned char>(c);
        hash *= 0x100000001b3;
    }
    return fmt::format("onecard-{:016x}", hash);
}

void sync_disk_of(const fs::path& folder) {
    const int opened = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (opened < 0) fail(folder, "cannot open");
    const int synced = ::syncfs(opened);
    ::close(opened);
    if (synced != 0) fail(folder, "cannot sync");
}

std::string first_line(const fs::path& file) {
    std::ifstream in{file};
    std::string line;
    std::getline(in, line);
    return line;
}

std::string url_of(const fs::path& sockets, const std::string& role, const std::string& database) {
    return fmt::format("host={} dbname={} user={} application_name=onecard connect_timeout=10",
                       sockets.string(), database, role);
}

enum class Answer : std::uint8_t { yes, not_yet, no };

Answer ask_server(const fs::path& sockets) {
    const std::string url = url_of(sockets, owner_role, "postgres");
    switch (PQping(url.c_str())) {
        case PQPING_OK: return Answer::yes;
        case PQPING_REJECT: return Answer::not_yet;
        case PQPING_NO_RESPONSE:
        case PQPING_NO_ATTEMPT: return Answer::no;
    }
    return Answer::no;
}

/// The postmaster that a cluster's own file names, while it lives.
pid_t living_postmaster(const fs::path& data) {
    const std::string line = first_line(data / "postmaster.pid");
    if (line.empty() || line.size() > 9 || line.find_first_not_of("0123456789") != std::string::npos)
        return 0;
    const pid_t pid = std::stoi(line);
    if (pid <= 1 || (::kill(pid, 0) != 0 && errno == ESRCH)) return 0;
    // The number may have gone to somebody else, or to a dead child that nobody has buried.
    std::ifstream stat{fmt::format("/proc/{}/stat", pid)};
    std::string text;
    std::getline(stat, text);
    const std::size_t end = text.rfind(") ");
    const bool is_postgres = text.find("(postgres)") != std::string::npos;
    return is_postgres && end != std::string::npos && text[end + 2] != 'Z' ? pid : 0;
}

/// Where everything of one cluster lies.
struct Places {
    fs::path folder;
    fs::path data;
    fs::path log;
    fs::path sockets;
};

/// Runs the server from a thread of its own, which lives as long as this does: the tie that ends the server when we
/// die is to the thread that forked it.
class Keeper {
public:
    Keeper(const Account& account, std::vector<std::string> command, const fs::path& log) {
        thread_ = std::thread{[this, account, command = std::move(command), log] {
            try {
                const pid_t child = spawn(account, command, log, true);
                tell(child);
            } catch (...) {
                failure_ = std::current_exception();
                tell(-1);
                return;
            }
            std::unique_lock lock{mutex_};
            changed_.wait(lock, [&] { return released_; });
        }};
        std::unique_lock lock{mutex_};
        changed_.wait(lock, [&] { return child_ != 0; });
        if (failure_) {
            lock.unlock();
            thread_.join();
            std::rethrow_exception(failure_);
        }
    }
    ~Keeper() {
        {
            const std::scoped_lock lock{mutex_};
            released_ = true;
        }
        changed_.notify_all();
        if (thread_.joinable()) thread_.join();
    }
    Keeper(const Keeper&) = delete;
    Keeper& operator=(const Keeper&) = delete;
    pid_t child() const { return child_; }

private:
    void tell(pid_t child) {
        {
            const std::scoped_lock lock{mutex_};
            child_ = child;
        }
        changed_.notify_all();
    }
    std::mutex mutex_;
    std::condition_variable changed_;
    pid_t child_ = 0;
    bool released_ = false;
    std::exception_ptr failure_;
    std::thread thread_;
};

class PrivateCluster final : public Cluster {
public:
    PrivateCluster(Places places, Account account)
        : places_{std::move(places)}, account_{std::move(account)} {}
    ~PrivateCluster() override {
        if (is_owner_) {
            stop();
            ::rmdir(places_.sockets.c_str());
        }
        if (lock_ >= 0) ::close(lock_);
    }
    PrivateCluster(const PrivateCluster&) = delete;
    PrivateCluster& operator=(const PrivateCluster&) = delete;

    std::string owner_url() const override { return url(owner_role, database_name); }
    std::string service_url() const override { return url(service_role, database_name); }
    std::string auditor_url() const override { return url(auditor_role, database_name); }
    std::string url(const std::string& role, const std::string& database) const override {
        return url_of(places_.sockets, role, database);
    }

    Result<bool> tend() override {
        if (!is_owner_) return false;
        keep_log_short();
        // One that was found running belongs to a process that has died: it is on its way out.
        if (!is_gone()) return false;
        keeper_.reset();
        const auto started = start_server(programs_, Clock::now() + start_time_max);
        if (!started) return std::unexpected{started.error()};
        return true;
    }

    Result<void> start(const ClusterSettings& settings) {
        const auto limit = Clock::now() + start_time_max;
        while (!become_owner()) {
            // Another process of ours has it: it is starting the server, or serves already.
            if (ask_server(places_.sockets) == Answer::yes) return {};
            if (Clock::now() > limit) return too_late();
            std::this_thread::sleep_for(pause);
        }
        is_owner_ = true;
        if (auto own = make_own_folder(places_.sockets, account_); !own) return own;
        const auto made = make_data(settings);
        if (!made) return made;
        const auto programs = find_programs(settings, first_line(places_.data / "PG_VERSION"));
        if (!programs) return std::unexpected{programs.error()};
        if (const auto usable = check_version(*programs); !usable) return usable;

        programs_ = *programs;
        keep_log_short();
        while (const pid_t other = living_postmaster(places_.data)) {
            if (ask_server(places_.sockets) == Answer::yes) {
                server_ = other;
                return make_database();
            }
            // It recovers, or it is on its way out since its owner died.
            if (Clock::now() > limit) return too_late();
            std::this_thread::sleep_for(pause);
        }
        return start_server(*programs, limit);
    }

private:
    std::unexpected<Failure> too_late() const {
        return refuse(Fault::conflict,
                      "the server does not answer. Its log ends:\n" + last_lines(places_.log),
                      places_.folder.string());
    }

    /// A lock that the kernel lets go of when we die. It lies beside data and log.
    bool become_owner() {
        const fs::path file = places_.folder / "owner";
        if (lock_ < 0) lock_ = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
        if (lock_ < 0) fail(file, "cannot open");
        if (::flock(lock_, LOCK_EX | LOCK_NB) == 0) return true;
        if (errno != EWOULDBLOCK) fail(file, "cannot lock");
        return false;
    }

    /// initdb works under a temporary name: what has the real one is complete.
    Result<void> make_data(const ClusterSettings& settings) {
        if (fs::exists(places_.data / "PG_VERSION")) return {};
        if (fs::exists(places_.data))
            return refuse(Fault::conflict, "is there, but is no PostgreSQL cluster", places_.data.string());
        const auto programs = find_programs(settings, "");
        if (!programs) return std::unexpected{programs.error()};
        const fs::path unfinished = places_.folder / "data.unfinished";
        fs::remove_all(unfinished);
        const pid_t child = spawn(account_,
                                  {(*programs / "initdb").string(), "--pgdata=" + unfinished.string(),
                                   std::string{"--username="} + owner_role, "--encoding=UTF8", "--locale=C",
                                   "--data-checksums", "--auth=trust", "--no-instructions", "--no-sync"},
                                  places_.log, true);
        if (wait_for(child) != 0)
            return refuse(Fault::conflict, "initdb failed. The log ends:\n" + last_lines(places_.log),
                          places_.folder.string());
        {
            // Nobody comes over the network, whatever anybody sets listen_addresses to.
            std::ofstream access{unfinished / "pg_hba.conf", std::ios::trunc};
            access << "local all all trust\n";
            if (!access.flush()) fail(unfinished / "pg_hba.conf", "cannot write");
        }
        // One call instead of a thousand fsyncs, but before the name says that it is complete.
        sync_disk_of(unfinished);
        fs::rename(unfinished, places_.data);
        sync_disk_of(places_.folder);
        return {};
    }

    /// `programs` may be given by the configuration, and be of another version than the data.
    Result<void> check_version(const fs::path& programs) const {
        const std::string data = first_line(places_.data / "PG_VERSION");
        std::string version = programs.parent_path().filename().string();
        if (version.find_first_not_of("0123456789") != std::string::npos || version == data) return {};
        return refuse(Fault::conflict,
                      fmt::format("the cluster was made by PostgreSQL {}, {} is of another version", data,
                                  programs.string()),
                      places_.folder.string());
    }

    Result<void> start_server(const fs::path& programs, Clock::time_point limit) {
        std::vector<std::string> command{(programs / "postgres").string(), "-D", places_.data.string()};
        for (std::string& setting : server_settings(places_.sockets)) {
            command.emplace_back("-c");
            command.push_back(std::move(setting));
        }
        keeper_ = std::make_unique<Keeper>(account_, std::move(command), places_.log);
        server_ = keeper_->child();
        while (ask_server(places_.sockets) != Answer::yes) {
            if (has_ended(server_)) {
                server_ = 0;
                return refuse(Fault::conflict, "the server ended. Its log ends:\n" + last_lines(places_.log),
                              places_.folder.string());
            }
            if (Clock::now() > limit) return too_late();
            std::this_thread::sleep_for(pause);
        }
        return make_database();
    }

    Result<void> make_database() {
        const auto close = [](PGconn* line) { PQfinish(line); };
        const std::unique_ptr<PGconn, decltype(close)> line{PQconnectdb(url(owner_role, "postgres").c_str()),
                                                            close};
        if (PQstatus(line.get()) != CONNECTION_OK) throw_result(line.get(), nullptr, "cluster");
        const std::string query = numbered(sql::missing_database).text;
        const char* const name = database_name;
        const ResultPtr missing{
            PQexecParams(line.get(), query.c_str(), 1, nullptr, &name, nullptr, nullptr, 0)};
        if (PQresultStatus(missing.get()) != PGRES_TUPLES_OK)
            throw_result(line.get(), missing.get(), "missing_database");
        if (PQntuples(missing.get()) == 0) return {};
        const ResultPtr made{PQexec(line.get(), PQgetvalue(missing.get(), 0, 0))};
        if (PQresultStatus(made.get()) != PGRES_COMMAND_OK)
            throw_result(line.get(), made.get(), "missing_database");
        return {};
    }

    /// The server appends to it from several processes, and an append goes to the end wherever that is: so the file can
    /// be copied away and cut. What it writes between the two is lost; events are not kept here.
    void keep_log_short() const {
        std::error_code error;
        if (fs::file_size(places_.log, error) <= log_bytes_max || error) return;
        const fs::path before = fs::path{places_.log} += ".1";
        fs::copy_file(places_.log, before, fs::copy_options::overwrite_existing, error);
        if (!error) fs::permissions(before, fs::perms::owner_read | fs::perms::owner_write, error);
        if (!error) fs::resize_file(places_.log, 0, error);
    }

    bool is_gone() const { return keeper_ ? has_ended(server_) : ::kill(server_, 0) != 0; }

    /// Fast: transactions are rolled back, everything is written. When that takes too long, the hard way, which the
    /// next start repairs.
    void stop() noexcept {
        if (server_ == 0) return;
        for (const auto& [signal, time] :
             {std::pair{SIGINT, Clock::duration{fast_stop_time_max}},
              std::pair{SIGQUIT, Clock::duration{10s}}, std::pair{SIGKILL, Clock::duration{5s}}}) {
            ::kill(server_, signal);
            const auto limit = Clock::now() + time;
            while (Clock::now() < limit) {
                if (is_gone()) return;
                std::this_thread::sleep_for(5ms);
            }
        }
    }

    Places places_;
    Account account_;
    fs::path programs_;
    int lock_ = -1;
    bool is_owner_ = false;
    pid_t server_ = 0;
    std::unique_ptr<Keeper> keeper_;
};

/// The folder itself where the server's user can get there; else one under /var/tmp with a link to it, since a
/// checkout under /root is no reason not to work.
Result<fs::path> place_folder(const fs::path& wanted, const Account& account) {
    std::error_code error;
    fs::create_directories(wanted.parent_path());
    fs::path folder = fs::weakly_canonical(wanted);
    if (reaches(account, folder)) {
        if (const auto made = make_own_folder(folder, account); !made) return std::unexpected{made.error()};
        return folder;
    }
    const fs::path elsewhere = fs::path{"/var/tmp"} / short_name(folder);
    if (fs::exists(fs::symlink_status(folder)) && !fs::remove(folder, error))
        return refuse(Fault::conflict, "the user of the server cannot get there, and it is not empty",
                      folder.string());
    if (const auto made = make_own_folder(elsewhere, account); !made) return std::unexpected{made.error()};
    fs::create_directory_symlink(elsewhere, folder);
    std::ofstream log{elsewhere / "log", std::ios::app};
    log << "onecard: the server's user cannot reach " << folder.string() << ": the data lie here, in "
        << elsewhere.string() << ", with a link there\n";
    return elsewhere;
}

}  // namespace

Result<std::unique_ptr<Cluster>> start_cluster(const ClusterSettings& settings) {
    const auto account = account_for(settings.run_as);
    if (!account) return std::unexpected{account.error()};
    // Before anything is made: without the programs nothing is left behind.
    if (const auto programs = find_programs(settings, ""); !programs)
        return std::unexpected{programs.error()};

    fs::path wanted = fs::absolute(settings.folder).lexically_normal();
    if (!wanted.has_filename()) wanted = wanted.parent_path();
    const auto folder = place_folder(wanted, *account);
    if (!folder) return std::unexpected{folder.error()};
    const Places places{*folder, *folder / "data", *folder / "log", fs::path{"/tmp"} / short_name(*folder)};
    auto cluster = std::make_unique<PrivateCluster>(places, *account);
    if (const auto started = cluster->start(settings); !started) return std::unexpected{started.error()};
    return cluster;
}

}  // namespace onecard::store
