#pragma once

#include <filesystem>
#include <utility>
#include <vector>

#include "onecard/app/identity.hpp"
#include "onecard/app/store.hpp"
#include "onecard/app/vault.hpp"
#include "onecard/core/digest.hpp"
#include "onecard/registry/csv.hpp"

namespace onecard::app {

struct ImportFile {
    registry::FileKind kind = registry::FileKind::persons;
    std::filesystem::path path;
};

struct ImportOutcome {
    ImportNo no;  ///< 0 when a fault stopped it: then nothing was changed
    std::int64_t rows = 0;
    Faults faults;  ///< all faults of all files, in order
};

/// Reads, checks and records one register import, all or nothing. The files are kept in the vault.
/// Refuses rows of counties outside the identity's region (forbidden, with file and line).
ImportOutcome import_register(Database& database, FileVault& vault, FieldCipher& cipher,
                              const HashFunction& hash, const Identity& by,
                              const std::vector<ImportFile>& files, Moment now);

}  // namespace onecard::app
