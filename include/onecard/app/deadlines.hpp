#pragma once

#include <cstdint>

namespace onecard::app {

/// How many days money may wait before it is overdue.
struct Deadlines {
    std::int64_t in_transit_days = 3;     ///< 2102: without a bank's final word
    std::int64_t returned_days = 15;      ///< 2111: failed or returned, and not tried again
    std::int64_t unidentified_days = 10;  ///< 2112: credits of nobody
    std::int64_t recoverable_days = 90;   ///< 1211: owed back
    std::int64_t claim_days = 10;         ///< 1213: claimed from a bank
};

}  // namespace onecard::app
