#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "onecard/core/programme.hpp"
#include "onecard/core/result.hpp"

/// Which programmes a person may draw in the same month (DOMAIN 1.8).
namespace onecard::entitlement {

/// Programmes that differ only in area are one kind. In the order of precedence: the earlier one is kept.
enum class Kind : std::uint8_t { orphan, tekun, unattended, dibao, living, nursing, on_top };

constexpr Kind kind_of(Programme programme) {
    switch (programme) {
        case Programme::dibao_urban:
        case Programme::dibao_rural: return Kind::dibao;
        case Programme::tekun_urban:
        case Programme::tekun_rural: return Kind::tekun;
        case Programme::orphan: return Kind::orphan;
        case Programme::unattended_child: return Kind::unattended;
        case Programme::disability_living: return Kind::living;
        case Programme::disability_nursing: return Kind::nursing;
        case Programme::price_subsidy:
        case Programme::one_off: return Kind::on_top;
    }
    broken("a programme without a kind");
}

enum class Overlap : std::uint8_t {
    together,   ///< both are paid
    exclusive,  ///< the later one is refused with a finding; its amount is never netted silently
    gap,        ///< the earlier one pays only what the later one leaves open, as the policy says
    by_policy,  ///< together beside a gap amount where the policy allows it, else exclusive
};

struct OverlapRow {
    Kind kept;
    Kind other;
    Overlap overlap;
    std::string_view basis;  ///< where DOMAIN found it
};

/// All pairs of kinds; what is paid on top goes together with each of them. Two programmes of one kind (urban and rural) are always exclusive: the one of the household's
/// area is kept. A whole-household dibao is no overlap with a member's orphan or tekun enrolment: that member leaves it.
inline constexpr std::array overlaps{
    OverlapRow{Kind::orphan, Kind::tekun, Overlap::exclusive, "S31"},
    OverlapRow{Kind::orphan, Kind::unattended, Overlap::exclusive, "S30"},
    OverlapRow{Kind::orphan, Kind::dibao, Overlap::exclusive, "S30"},
    OverlapRow{Kind::orphan, Kind::living, Overlap::exclusive, "S39"},
    OverlapRow{Kind::orphan, Kind::nursing, Overlap::together, "S39"},
    OverlapRow{Kind::tekun, Kind::unattended, Overlap::exclusive, "S31"},
    OverlapRow{Kind::tekun, Kind::dibao, Overlap::exclusive, "DOMAIN 1.2"},
    OverlapRow{Kind::tekun, Kind::living, Overlap::exclusive, "S39"},
    OverlapRow{Kind::tekun, Kind::nursing, Overlap::exclusive, "S39"},
    OverlapRow{Kind::unattended, Kind::dibao, Overlap::gap, "S29"},
    OverlapRow{Kind::unattended, Kind::living, Overlap::by_policy, "S31 S41"},
    OverlapRow{Kind::unattended, Kind::nursing, Overlap::together, "S39"},
    OverlapRow{Kind::dibao, Kind::living, Overlap::together, "S27"},
    OverlapRow{Kind::dibao, Kind::nursing, Overlap::together, "S27"},
    OverlapRow{Kind::living, Kind::nursing, Overlap::together, "S27"},
};

}  // namespace onecard::entitlement
