#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "onecard/app/store.hpp"

namespace onecard::app {

/// Computes the months of a region again, each with the policy book of its own run and the facts known at an import (0: all
/// that are known now), and tells of each regular obligation whose amount (corrections and what was kept of it included) is
/// another one: names first, then rows. A county at a time. Errors: missing (a run without its policy).
Result<void> recompute_paid(Work& work, const Region& region,
                            const std::vector<std::pair<std::string, std::string>>& parameters,
                            const std::function<void(const TextRow&)>& on_row);

}  // namespace onecard::app
