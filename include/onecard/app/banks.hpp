#pragma once

#include <span>

#include "onecard/app/tools.hpp"

namespace onecard::app {

/// Puts the configured banks on record, with an act for each new one, so that nobody can exchange a bank's
/// certificate behind our back. Errors: conflict when one is on record with other details.
Result<void> record_banks(Tools& tools, std::span<const Bank> banks);

}  // namespace onecard::app
