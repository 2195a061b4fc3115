#pragma once

#include <map>
#include <span>
#include <vector>

#include "onecard/core/money.hpp"
#include "onecard/core/programme.hpp"
#include "onecard/ledger/entry.hpp"
#include "onecard/ledger/fund.hpp"

namespace onecard::ledger {

/// What is left of the money of one purpose and fiscal year, by source.
struct Pot {
    Purpose purpose = Purpose::general;
    std::int16_t year = 0;
    BySource left{};
};

/// What one programme of a unit needs, or what was spent on it before.
struct Need {
    Programme programme = Programme::dibao_rural;
    Money amount;
};

/// How a unit is paid for.
struct Funding {
    BySource by_source{};                       ///< what each source bears
    std::map<Programme, FundPot> by_programme;  ///< the same by fund, for each need
    std::vector<Need> shortfall;                ///< what is missing, by programme; empty: nothing is
    Money missing() const;
};

/// Money of four sources is used in their order: central, province, prefecture, own; the money of the narrowest purpose
/// first, so that the wider one is kept for what nothing else is for, and of one purpose that of the oldest year. What was
/// spent before of no known fund (before the county's money was on record) has taken its share in that order,
/// `spent_on_none` (for no programme) the relief money first; the needs take theirs from what is left, in the order given.
/// Nothing is lost: Σ by_source + Σ shortfall = Σ needs. Less than nothing may be left of a pot; then it gives nothing. A
/// negative amount spent (more came back) counts as nothing.
Funding fund(std::span<const Pot> pots, std::span<const Need> spent, Money spent_on_none,
             std::span<const Need> needs);

/// Services of a fiscal year are bought with its relief money alone: what each source has of it, purpose relief before
/// children. Errors: missing, named by source, when it is not left.
Result<FundShares> relief_for_services(std::span<const Pot> pots, std::int16_t year, const BySource& wanted);

}  // namespace onecard::ledger
