#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "onecard/app/identity.hpp"
#include "onecard/app/scratch.hpp"
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
    Faults faults;                   ///< all faults of all files, in order, up to the limit of a list
    std::int64_t rows_held_max = 0;  ///< the most rows that were in memory at once
};

struct ImportRoom {
    std::function<std::unique_ptr<Scratch>()> make_scratch;
    /// Of the rows in memory, about; a larger import goes through a scratch file, some counties at a time.
    std::size_t rows_bytes_max = std::size_t{64} * 1024 * 1024;
};

/// Reads, checks and records one register import of any size in bounded memory, all or nothing: every fault of all
/// files is listed (10,000 of each kind of check; further ones are counted), and with one nothing is recorded. The
/// files are kept in the vault. Refuses rows of counties outside the identity's region (forbidden, with the file and
/// how many).
ImportOutcome import_register(Database& database, FileVault& vault, FieldCipher& cipher,
                              const HashFunction& hash, const HashFunction& log, const Identity& by,
                              const std::vector<ImportFile>& files, Moment now, const ImportRoom& room);

}  // namespace onecard::app
