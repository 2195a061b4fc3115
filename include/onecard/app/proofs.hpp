#pragma once

#include <cstdint>

#include "onecard/app/identity.hpp"
#include "onecard/app/report.hpp"
#include "onecard/app/tools.hpp"

namespace onecard::app {

/// The proof (RFC 6962) that the record at a place of the log (from 0) is in the tree of a checkpoint: its leaf hash, the
/// nodes from the leaf up, the signed note. `size` 0: the newest checkpoint.
/// Errors: forbidden (banks), unknown (no such place or checkpoint), missing (nothing was committed to yet).
Result<Report> prove_inclusion(Tools& tools, const Identity& by, std::int64_t position, std::int64_t size);

/// The proof that the tree of one checkpoint continues that of an older one. `from` 0: the oldest; `to` 0: the newest. Errors: as above.
Result<Report> prove_consistency(Tools& tools, const Identity& by, std::int64_t from, std::int64_t to);

}  // namespace onecard::app
