#pragma once

#include <string>
#include <vector>

#include "onecard/app/office_records.hpp"
#include "onecard/app/records.hpp"
#include "onecard/app/recovery_records.hpp"
#include "onecard/app/screening_records.hpp"
#include "onecard/app/store.hpp"

namespace onecard::app {

/// What a unit records beside the payments of its month: what it holds back, corrects in the past and keeps for
/// receivables, and what a checker has to look at.
struct Beside {
    std::vector<Finding> findings;
    std::vector<Hold> holds;
    std::vector<Correction> corrections;
    std::vector<Offset> offsets;
    std::vector<Outlier> outliers;
    std::vector<RefusalRecord> refusals;

    bool is_empty() const {
        return findings.empty() && holds.empty() && corrections.empty() && offsets.empty() &&
               outliers.empty();
    }
    /// The leaves of the tree that the unit's digest is over as well, and so each approval: findings, holds, corrections,
    /// offsets, outliers. Refusals have their own place.
    std::vector<std::string> lines() const;
};

/// What a unit has on record beside its payments, without the refusals.
Beside beside_of(Work& work, RunNo run, County county);

}  // namespace onecard::app
