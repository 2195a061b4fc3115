#pragma once

#include <set>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "onecard/app/report.hpp"
#include "onecard/entitlement/assess.hpp"

namespace onecard::app {

/// To whom no arrears are paid (exclusion rules, DOMAIN 1.9: Shunde paid those on the month's roster only, and neither
/// deceased, nor who was in grace, nor unattended children).
struct Exclusions {
    bool deceased = false;
    bool in_grace = false;       ///< for the months in which the last amount was paid on (渐退期)
    bool not_on_roster = false;  ///< who draws nothing in the run's own month
    std::set<Programme> programmes;
    /// "deceased,in-grace,not-on-roster,unattended-child"; empty: nobody. Errors: unknown.
    static Result<Exclusions> parse(std::string_view text);
    std::string text() const;
};

/// Whom the exclusions leave out, by the month in which arrears are paid: its people, and what is paid for it.
class ArrearsRoster {
public:
    ArrearsRoster(Exclusions exclusions, const registry::Snapshot& month,
                  std::span<const entitlement::Award> awards);
    /// Why these arrears are not paid; empty: they are.
    Words why_left_out(const entitlement::Award& award) const;

private:
    using Key = std::tuple<Programme, std::int64_t, Component>;
    static Key key_of(const entitlement::Award& award) {
        return {award.programme, award.beneficiary, award.component};
    }
    Exclusions exclusions_;
    std::vector<Key> on_roster_;
    std::vector<PersonNo> deceased_;
    std::vector<HouseholdNo> with_living_;
};

}  // namespace onecard::app
