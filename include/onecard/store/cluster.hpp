#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "onecard/core/result.hpp"

namespace onecard::store {

/// A private PostgreSQL cluster in a folder, on a unix socket only; never run as root.
struct ClusterSettings {
    /// Made when missing; holds data, log, owner (a lock) and nothing else. Where the server's user cannot reach it, it
    /// becomes a link to a folder of that user's under /var/tmp; the log says so.
    std::filesystem::path folder;
    /// The unprivileged user when we are root; `nobody` where it is missing.
    std::string run_as = "postgres";
    /// The folder of initdb and postgres; empty: looked for under /usr/lib/postgresql.
    std::filesystem::path programs;
};

/// A running cluster. Stops it (fast, waits) when it goes, unless it was found running already by another owner that
/// still lives. The postmaster dies with this process even on SIGKILL, so that nothing is left behind.
class Cluster {
public:
    virtual ~Cluster() = default;
    /// libpq connection strings, unix socket; database "onecard".
    virtual std::string owner_url() const = 0;
    virtual std::string service_url() const = 0;
    virtual std::string auditor_url() const = 0;
    /// Starts the server again if it has died (true), and keeps its log within bounds. Only one thread may call it.
    /// Nothing happens where another process owns the cluster. Errors: as of start_cluster.
    virtual Result<bool> tend() = 0;
    /// The same for another database of the cluster (tests).
    virtual std::string url(const std::string& role, const std::string& database) const = 0;
};

/// initdb when the folder is empty or a former initdb was cut off, tunes, starts, waits until it answers.
/// Errors: missing (no PostgreSQL programs, no unprivileged user), conflict (a cluster of another version),
/// with what PostgreSQL's own log says last.
Result<std::unique_ptr<Cluster>> start_cluster(const ClusterSettings& settings);

}  // namespace onecard::store
