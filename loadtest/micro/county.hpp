#pragma once

#include <filesystem>

#include "onecard/ops/policy_files.hpp"
#include "onecard/payment/payment.hpp"
#include "onecard/registry/csv.hpp"

/// A generated county of about 25,000 payment lines in memory, as a unit of a run sees it: made once a process.
namespace onecard::loadtest {

struct SmallCounty {
    registry::Register facts;
    registry::Snapshot snapshot;
    std::vector<registry::Account> accounts;  ///< as decoded: the numbers are not sealed
    ops::LoadedBook book;
    policy::CountyPolicy policy;
    entitlement::Assessment assessment;
    payment::UnitPlan plan;
};
const SmallCounty& small_county();

/// The batch with the most lines, as a file.
std::string batch_file_text(const SmallCounty& county, const payment::BatchPlan& batch);
const payment::BatchPlan& largest_batch(const SmallCounty& county);

/// Throw-away certificates, in a folder that goes with the process.
const std::filesystem::path& certificates();

}  // namespace onecard::loadtest
