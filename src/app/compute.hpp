#pragma once

#include <optional>
#include <string>
#include <vector>

#include "beside.hpp"
#include "onecard/app/runs.hpp"
#include "screen.hpp"

namespace onecard::app {

/// What a worker keeps from unit to unit, so that memory is bounded by the largest county and allocated once.
struct Bench {
    std::unique_ptr<FileSigner> signer;
    std::unique_ptr<FieldCipher> cipher;
    std::unique_ptr<StreamHash> sm3;
    registry::Register facts;
    registry::Snapshot snapshot;
    entitlement::Assessment assessment;
    std::vector<registry::Account> accounts;
    payment::UnitPlan plan;
    std::unique_ptr<FileSigner> national_signer;  ///< made when the first bank asks for it
};

/// What a run does beside paying its month; one for all its units.
struct Besides {
    RunScreen screen;
    std::optional<RunPast> past;
};

/// One unit in one transaction: facts → awards → payments → files → digests → result.
/// Nothing is left behind when it refuses.
Result<UnitResult> compute_unit(Tools& tools, Bench& bench, const policy::Book& book, const RunLimits& limits,
                                const Run& run, const Besides& besides, const Unit& unit,
                                const std::vector<Bank>& banks, Moment now);

/// Failures that may be tried again now: the account was changed since, or the reason passes by itself.
bool can_be_retried(const OpenFailure& failure, const registry::Account& account,
                    const bankfile::Profile& profile);
const registry::Account* find_account(const std::vector<registry::Account>& accounts,
                                      registry::PayeeKind kind, std::int64_t payee);

}  // namespace onecard::app
