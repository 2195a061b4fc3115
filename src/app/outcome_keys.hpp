#pragma once

#include <cstdint>

#include "onecard/app/tools.hpp"

namespace onecard::app {

enum class KeyOutcomes : std::uint8_t {
    of_answered_parts,  ///< of parts whose every batch was answered
    when_quiet,         ///< of all parts, but for those that somebody adds to at this moment
    now,                ///< of all parts: waits for whoever adds to one
};

/// Gives the outcomes of parts the key that they came without, each part in a transaction of its own. Several may do so
/// beside each other: each keys what nobody else does.
/// Nothing can follow a failure, and no statement can be held against an outcome, before its part has it.
void key_outcomes(Tools& tools, KeyOutcomes which);

}  // namespace onecard::app
