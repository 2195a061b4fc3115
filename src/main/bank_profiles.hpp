#pragma once

#include <map>

#include "onecard/app/bank_profiles.hpp"
#include "onecard/ops/settings.hpp"

namespace onecard::cli {

/// The profile of every configured bank. Errors: what is wrong with config/banks or with a bank's entry, each with file
/// and line.
Result<std::map<BankNo, app::BankProfiles::Configured>> configured_profiles(const ops::Settings& settings);

/// Reads a profile that was kept with a run.
bankfile::Profile kept_profile(const std::string& text, const std::string& name);

}  // namespace onecard::cli
