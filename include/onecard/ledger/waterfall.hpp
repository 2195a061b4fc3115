#pragma once

#include <span>
#include <vector>

#include "onecard/core/money.hpp"
#include "onecard/core/programme.hpp"
#include "onecard/ledger/entry.hpp"

namespace onecard::ledger {

/// What one programme of a unit needs.
struct Need {
    Programme programme = Programme::dibao_rural;
    Money amount;
};

/// How a unit is paid for.
struct Funding {
    BySource by_source{};         ///< what each source bears
    std::vector<Need> shortfall;  ///< what is missing, by programme; empty: nothing is
    Money missing() const;
};

/// Money of four sources is used in their order: central, province, prefecture, own. What was used before (by other units,
/// sent or promised) has taken its share in that order; the needs take theirs from what is left, in the order given.
/// Nothing is lost: Σ by_source + Σ shortfall = Σ needs. More may have been used than was received; then nothing is left.
Funding fund(const BySource& received, Money used, std::span<const Need> needs);

}  // namespace onecard::ledger
