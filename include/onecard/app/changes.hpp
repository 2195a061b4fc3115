#pragma once

#include "onecard/app/identity.hpp"
#include "onecard/app/report.hpp"
#include "onecard/app/tools.hpp"
#include "onecard/policy/book.hpp"

namespace onecard::app {

/// What changed since the last released regular run of each county, and why: a bridge from last month's total to
/// this month's, exact to the fen, by programme and by township. The cause is found by assessing last month's facts
/// under this month's policy: what that changes is the standard's doing, the rest is the facts'.
/// Errors: forbidden, unknown, missing (not computed yet), mismatch (recomputing disagrees with what was paid, named).
Result<Report> report_changes(Tools& tools, const policy::Book& book, const Identity& by, RunNo run);

}  // namespace onecard::app
