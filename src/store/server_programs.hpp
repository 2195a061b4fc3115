#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "onecard/core/result.hpp"
#include "onecard/store/cluster.hpp"

/// Which PostgreSQL the private server is, and how it is configured.
namespace onecard::store::server {

/// The folder with initdb and postgres; of several versions the newest, or that of an existing cluster.
Result<std::filesystem::path> find_programs(const ClusterSettings& settings, std::string_view version);

/// What fits the machine, and what must not be in the server's log: rows, parameters, statements.
std::vector<std::string> server_settings(const std::filesystem::path& sockets);

}  // namespace onecard::store::server
