#pragma once

#include <vector>

#include "onecard/app/statements.hpp"

namespace onecard::app {

/// Reads a statement that waits, puts its lines and what it says of its account on record, and matches it; one that is no
/// good is refused as a whole, with its faults. Each is a transaction; nothing when somebody else has done it.
void post_statement(Tools& tools, const std::vector<SharedAccount>& shared, const StatementFile& file,
                    Moment now);

}  // namespace onecard::app
