#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "case.hpp"
#include "onecard/registry/income_items.hpp"

/// What the files of dibao share.
namespace onecard::entitlement::dibao {

constexpr int percent = 100;
/// A fen in parts of which every step is whole: % of % of it, shared among up to ten dependants (2520 = lcm(1 … 10)).
constexpr std::int64_t parts_of_fen = 2'520 * percent * percent;
static_assert(registry::dependants_max <= 10);
constexpr Wide parts_of(Money amount) { return Wide{amount.fen()} * parts_of_fen; }

/// Who is assessed together. Amounts in parts of a fen.
struct Unit {
    const Enrolment& enrolment;
    std::string_view field;
    const Member* single = nullptr;  ///< null for the whole household
    const Member* asker = nullptr;   ///< who is counted in `is_everyone`, whatever else they draw
    bool is_urban = false;
    bool is_everyone = false;  ///< also those who draw dibao alone: to ask how the household stands
    Wide standard = 0;         ///< per head
    Wide full_standard = 0;    ///< of which uplift and work cost are percentages
    Wide income = 0;
    Wide gap = 0;
    Wide minimum = 0;  ///< per head
    Wide uplift = 0;   ///< of all members together
    std::int64_t heads = 0;
    std::int32_t single_percent = percent;
    std::size_t tier = 0;  ///< 1 is the hardest; 0: by difference
    bool is_tier_assigned = false;

    bool counts(const Member& member) const {
        if (is_everyone) return member.is_alive && (&member == asker || !(member.active & tekun_and_orphans));
        return single ? &member == single : member.is_alive && !member.is_apart;
    }

private:
    static constexpr Programmes tekun_and_orphans =
        only(Programme::tekun_urban) | only(Programme::tekun_rural) | only(Programme::orphan);
};

/// "638.00", "638.0050" where there are hundredths of a fen, "166.666666…" where there are smaller parts.
std::string yuan_of(Wide parts);
/// Nothing where the result does not fit.
std::optional<Money> rounded(Wide numerator, Wide denominator, Rounding rounding);

/// Sums what counts as income, less what is deducted; explained where `steps` is given. False after a refusal.
bool sum_income(Case& of, Unit& unit, Steps* steps);

/// Whether the household is in grace, and then its last amount by the schedule: it drew dibao last month, as an award or
/// in grace, and its income lies above the standard and below the multiple of it.
bool pay_grace(Case& of, const Unit& unit, Money standard);

}  // namespace onecard::entitlement::dibao
