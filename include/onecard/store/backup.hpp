#pragma once

#include <filesystem>
#include <string>

#include "onecard/core/result.hpp"

namespace onecard::store {

/// The records as they stand at one moment, in one file (pg_dump's own format), while the service works.
/// Errors: missing (no pg_dump), conflict (it failed: its words).
Result<void> dump_records(const std::string& owner_url, const std::filesystem::path& file);

/// Brings them back into an empty database, all or nothing. Errors: missing (no pg_restore, no file), conflict (the
/// database is not empty, or it failed: its words).
Result<void> restore_records(const std::string& owner_url, const std::filesystem::path& file);

}  // namespace onecard::store
