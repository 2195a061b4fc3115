#pragma once

#include <vector>

#include "beside.hpp"
#include "exclusions.hpp"
#include "onecard/app/store.hpp"
#include "onecard/payment/payment.hpp"
#include "onecard/policy/book.hpp"
#include "screen.hpp"

namespace onecard::app {

/// Computes the past months of one county again, against what was awarded for them. What more is due is put behind
/// `awards` as awards of their own months and into `out.corrections` (still without serials); what was paid too much goes
/// there as well, to become a receivable. `roster`, and `awards` at first: the run's own month. A correcting run (records)
/// computes its own month again, too, for the programmes that it pays; its `awards` are the corrections alone.
/// Errors: conflict when a past month's unit is neither released nor cancelled; what the policy refuses is listed.
Result<void> add_arrears(Work& work, const Run& run, const Unit& unit, const RunPast& past,
                         const policy::Book& book, const registry::Register& facts,
                         const registry::Snapshot& roster, CountyScreen& screen,
                         std::vector<entitlement::Award>& awards, Beside& out);

/// Whether the packs have the regular run of a month leave a programme to a run of its own.
bool is_left_to_own_run(const policy::CountyPolicy& policy, Programme programme);

/// After planning: names the arrears among the payments (of a correcting run: all), and gives up the corrections that could not be planned (the
/// payee has no account: listed as held).
void place_arrears(payment::UnitPlan& plan, const Run& run, Beside& out);

/// After planning: keeps of the payments what receivables of the same beneficiary, kind of programme and payee are open,
/// at most `percent` of each payment and at most what was agreed for the month.
void keep_offsets(payment::UnitPlan& plan, std::span<const OpenReceivable> open, int percent, Beside& out);

}  // namespace onecard::app
