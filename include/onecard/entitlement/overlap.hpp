#pragma once

#include "onecard/policy/overlap.hpp"

/// Which programmes a person may draw in the same month, in the words of the
/// rules.
namespace onecard::entitlement {

using policy::Overlap;
using policy::OverlapRow;
using policy::overlaps;
using Kind = ProgrammeKind;

constexpr Kind kind_of(Programme programme) { return text_of(programme).kind; }

}  // namespace onecard::entitlement
