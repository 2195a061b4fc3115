#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "installation.hpp"

namespace onecard::loadtest {

/// A part of the month: what it took, and what it cost.
struct Stage {
    std::string name;
    double seconds = 0;
    double service = 0, database = 0;  ///< seconds of processor
};

/// One whole month through the doors of the service, from the creation of the run to the checkpoint.
struct MonthFigures {
    std::int32_t run = 0;
    std::int64_t payments = 0, batches = 0, paid = 0, failed = 0;
    std::vector<Stage> stages;
    double seconds = 0;
    std::int64_t peak_memory_bytes = 0, rows = 0, wal_bytes = 0;
    std::uint64_t statements = 0;
    Processor service, database, banks;
    std::int64_t questions = 0;  ///< answered to auditors meanwhile
    double slowest_question = 0;
};

/// `auditors` of them ask for trial balances and stories of payments of `earlier_run` in a loop meanwhile.
MonthFigures run_month(Installation& office, Month period, int auditors, std::int32_t earlier_run);

/// The banks' side of a month: all of them at once, each in a thread of its own. For a process of its own.
int act_as_all_banks(const std::string& config, const std::string& folder);

/// What the database alone needs: the same register rows out, rows of the same width and number in.
struct FloorFigures {
    double seconds = 0, reading = 0, payments = 0,
           outcomes = 0;   ///< the last three as seconds of one connection
    double processor = 0;  ///< seconds, of the database and of its two clients
    std::int64_t wal_bytes = 0;
};
FloorFigures measure_floor(const Installation& office, std::int32_t run, Month period, int repeats);

/// One transaction a payment, as services do that know no batches.
struct PeerFigures {
    double one_connection = 0, eight_connections = 0;  ///< payments/s
};
PeerFigures measure_peers(const Installation& office, double seconds);

/// The report of what changed since last month, of a second month: the fastest of three, what it cost, the slowest.
struct ChangesFigures {
    std::int64_t payees = 0, same = 0, peak_memory_bytes = 0;
    double seconds = 0, service = 0, database = 0, slowest = 0;
};
ChangesFigures measure_changes(Installation& office, std::int32_t run);

/// How fast the ledger answers while the next month is computed: to auditors, to 200 clients; and how much it answers when
/// nothing else is done.
struct ReadFigures {
    std::int64_t payments = 0, outcomes = 0, entries = 0;  ///< rows of the ledger that is asked
    double computing_seconds = 0;                          ///< of the run beside the auditors
    struct Kind {
        std::string name;
        std::int64_t count = 0;
        double median = 0, percentile_99 = 0, slowest = 0;  ///< seconds
    };
    std::vector<Kind> kinds;
    double stories_per_second = 0, small_reads_per_second = 0;
};
/// Computes two more months, `next` and the one after it.
ReadFigures measure_reads(Installation& office, std::int32_t run, Month next);

}  // namespace onecard::loadtest
