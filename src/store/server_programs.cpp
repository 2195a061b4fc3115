#include "server_programs.hpp"

#include <fmt/format.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <system_error>

namespace onecard::store::server {

namespace fs = std::filesystem;

Result<fs::path> find_programs(const ClusterSettings& settings, std::string_view version) {
    const auto is_complete = [](const fs::path& folder) {
        return ::access((folder / "initdb").c_str(), X_OK) == 0 &&
               ::access((folder / "postgres").c_str(), X_OK) == 0;
    };
    if (!settings.programs.empty()) {
        if (is_complete(settings.programs)) return settings.programs;
        return refuse(Fault::missing, "no initdb and postgres there", settings.programs.string());
    }
    const fs::path all = "/usr/lib/postgresql";
    int newest = 0;
    std::error_code error;
    for (const auto& folder : fs::directory_iterator{all, error}) {
        const std::string name = folder.path().filename().string();
        if (name.empty() || name.size() > 3 || name.find_first_not_of("0123456789") != std::string::npos)
            continue;
        if (!is_complete(folder.path() / "bin")) continue;
        if (!version.empty() && name != version) continue;
        newest = std::max(newest, std::stoi(name));
    }
    if (newest != 0) return all / std::to_string(newest) / "bin";
    if (!version.empty())
        return refuse(Fault::conflict,
                      fmt::format("the cluster was made by PostgreSQL {}, which is not installed", version),
                      settings.folder.string());
    return refuse(Fault::missing, "no PostgreSQL under /usr/lib/postgresql (apt-get install postgresql-15)");
}

std::vector<std::string> server_settings(const fs::path& sockets) {
    struct sysinfo memory{};
    ::sysinfo(&memory);
    const std::uint64_t megabytes = memory.totalram * memory.mem_unit / 1024 / 1024;
    const std::uint64_t buffers = std::clamp<std::uint64_t>(megabytes / 4, 64, 2048);
    return {
        "listen_addresses=",
        "unix_socket_directories=" + sockets.string(),
        "unix_socket_permissions=0700",
        "max_connections=60",
        fmt::format("shared_buffers={}MB", buffers),
        fmt::format("effective_cache_size={}MB", std::max<std::uint64_t>(megabytes / 2, 128)),
        fmt::format("maintenance_work_mem={}MB", std::clamp<std::uint64_t>(megabytes / 16, 64, 512)),
        fmt::format("work_mem={}MB", std::clamp<std::uint64_t>(megabytes / 128, 8, 64)),
        "max_wal_size=8GB",
        "min_wal_size=1GB",
        "checkpoint_timeout=15min",
        "checkpoint_completion_target=0.9",
        "wal_compression=lz4",
        "wal_level=replica",
        "fsync=on",
        "synchronous_commit=on",
        "full_page_writes=on",
        "jit=off",
        "autovacuum=on",
        "default_transaction_isolation=read committed",
        "timezone=UTC",
        "log_timezone=UTC",
        "logging_collector=off",
        "log_destination=stderr",
        "log_line_prefix=%m [%p] ",
        "log_statement=none",
        "log_min_duration_statement=-1",
        "log_min_error_statement=panic",
        "log_error_verbosity=terse",
        "log_parameter_max_length=0",
        "log_parameter_max_length_on_error=0",
    };
}

}  // namespace onecard::store::server
