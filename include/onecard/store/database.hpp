#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "onecard/app/store.hpp"
#include "onecard/app/vault.hpp"

namespace onecard::store {

/// Applies the migrations that are missing, each in one transaction, and records number, name and SHA-256 (made by
/// the database itself) of each. Errors: conflict when an applied one has other bytes than ours or is unknown here.
Result<std::vector<std::string>> migrate(const std::string& owner_url);

/// Is told of each of the server's processes on this machine that works for us, and whether it does so in bulk.
using Schedule = std::function<void(std::int32_t process, bool is_bulk)>;

/// Connects `connections` times as the given role. Throws when the database is away.
std::unique_ptr<app::Database> create_database(const std::string& url, std::size_t connections,
                                               const Schedule& schedule = {});

/// Statements sent so far through all connections of this process (COPY counts as one): what the pipeline is
/// measured by.
std::uint64_t statements_sent();

/// Files under `folder`/ab/abcdef….
std::unique_ptr<app::FileVault> create_file_vault(const std::filesystem::path& folder,
                                                  const HashFunction& sha256);

}  // namespace onecard::store
