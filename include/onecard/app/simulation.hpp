#pragma once

#include <optional>
#include <span>

#include "onecard/app/identity.hpp"
#include "onecard/app/report.hpp"
#include "onecard/app/tools.hpp"
#include "onecard/policy/book.hpp"
#include "onecard/policy/change.hpp"

namespace onecard::app {

struct SimulationWish {
    std::optional<RunNo>
        run;  ///< its period, region, facts and policy book; else those below and all that is known now
    Month period;
    Region region;
    std::vector<policy::Change> changes;  ///< what would hold instead
};

/// A month computed without effect, as the rules stand and under other values ("what would +50 yuan cost"), and the
/// two compared by programme and county: who would be new, stopped, get more or less, and the money. Nothing is
/// recorded. Grace (渐退期) that was granted in earlier months stays as it was granted. Nobody is screened: lists hold
/// payments of a run and change no rule, so that both sides are what the rules give (`assess --screening` screens a trial).
/// Of a one-off or price-linked run it is what such a run pays; what was paid of a month already, by whatever run, stands on
/// both sides, so that the difference is what the run would pay more. A re-issue run follows no rule: missing.
/// Errors: forbidden (role, region), unknown run, missing (no register, nobody enrolled, no policy), out_of_range (an
/// amount that would not be positive; named).
Result<Report> simulate(Tools& tools, const policy::Book& book, const Identity& by,
                        const SimulationWish& wish);

}  // namespace onecard::app
