#pragma once

#include <fmt/format.h>

#include <string>

#include "onecard/app/records.hpp"

/// What refusals of runs say wherever they come from.
namespace onecard::app {

inline std::string place_of(RunNo run) { return fmt::format("run {}", run.number()); }

inline std::string closed_text(Month period) {
    return fmt::format("{} is closed: what is late is arrears of a later month", period.text());
}

}  // namespace onecard::app
