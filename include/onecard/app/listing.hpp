#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "onecard/app/identity.hpp"
#include "onecard/app/report.hpp"
#include "onecard/app/tools.hpp"

namespace onecard::app {

/// Every payment of a run, too many for one answer: read a page at a time, each page a question of its own, so that
/// neither memory nor a transaction grows with the run. Goes through the counties of the caller's region in order.
class RunPayments {
public:
    /// `cursor` is empty, or what `cursor()` said behind an earlier page. Errors: forbidden, unknown; malformed (the
    /// cursor); missing (a unit is not computed yet), conflict (the run is being computed).
    static Result<RunPayments> open(Tools& tools, const Identity& by, RunNo run, const std::string& cursor);

    /// At most `rows_max` rows; none only at the end.
    Table next(std::int64_t rows_max);
    /// Where the next page begins; empty at the end.
    std::string cursor() const;

private:
    struct UnitOfRun {
        County county;
        std::int64_t last = 0;  ///< number of its last row
        std::int64_t first_before = 0;
    };
    explicit RunPayments(Tools& tools) : tools_{&tools} {}
    Tools* tools_;
    RunNo run_;
    bool is_reissue_ = false;
    std::vector<UnitOfRun> units_;
    std::size_t at_ = 0;
    std::int64_t after_ = 0;
};

}  // namespace onecard::app
