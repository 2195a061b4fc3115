#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "onecard/core/programme.hpp"

/// Which programmes a person may draw in the same month (DOMAIN 1.8): the national matrix, which a division may
/// change.
namespace onecard::policy {

enum class Overlap : std::uint8_t {
    together,   ///< both are paid
    exclusive,  ///< the later one in the precedence is refused with a finding; never netted silently
    gap,        ///< the child's amount is what dibao leaves open, by children.unattended_on_dibao
    by_policy,  ///< together beside a gap amount, by children.unattended_gap_allows_living; else exclusive
    higher,     ///< the higher of both amounts is paid, at equal ones that of the higher precedence
};

struct OverlapRow {
    ProgrammeKind kept;
    ProgrammeKind other;
    Overlap overlap;
    std::string_view basis;             ///< where DOMAIN found it
    std::string_view key;               ///< of the rule that sets another one
    Overlap also = Overlap::exclusive;  ///< what may be set besides together and exclusive
};

/// All pairs of kinds, in the national precedence; what is paid on top goes together with each of them. Two
/// programmes of one kind (urban and rural) are always exclusive: the one of the household's area is kept. A
/// whole-household dibao is no overlap with a member's orphan or tekun enrolment: that member leaves it.
inline constexpr auto overlaps = [] {
    using enum ProgrammeKind;
    using enum Overlap;
    return std::array{
        OverlapRow{orphan, tekun, exclusive, "S31", "overlap.orphan_tekun"},
        OverlapRow{orphan, unattended, exclusive, "S30", "overlap.orphan_unattended"},
        OverlapRow{orphan, dibao, exclusive, "S30", "overlap.orphan_dibao"},
        OverlapRow{orphan, living, exclusive, "S39", "overlap.orphan_living"},
        OverlapRow{orphan, nursing, together, "S39", "overlap.orphan_nursing"},
        OverlapRow{tekun, unattended, exclusive, "S31", "overlap.tekun_unattended"},
        OverlapRow{tekun, dibao, exclusive, "DOMAIN 1.2", "overlap.tekun_dibao"},
        OverlapRow{tekun, living, exclusive, "S39", "overlap.tekun_living"},
        OverlapRow{tekun, nursing, exclusive, "S39", "overlap.tekun_nursing"},
        OverlapRow{unattended, dibao, gap, "S29", "overlap.unattended_dibao", gap},
        OverlapRow{unattended, living, by_policy, "S31 S41", "overlap.unattended_living", by_policy},
        OverlapRow{unattended, nursing, together, "S39", "overlap.unattended_nursing"},
        OverlapRow{dibao, living, together, "S27", "overlap.dibao_living"},
        OverlapRow{dibao, nursing, together, "S27", "overlap.dibao_nursing"},
        OverlapRow{living, nursing, together, "S27", "overlap.living_nursing", higher},
    };
}();
inline constexpr std::size_t overlap_kinds = 6;  ///< those with rows, the first of ProgrammeKind

/// The row of two kinds in either order; null where there is none.
constexpr const OverlapRow* overlap_row(ProgrammeKind one, ProgrammeKind other) {
    for (const OverlapRow& row : overlaps)
        if ((row.kept == one && row.other == other) || (row.kept == other && row.other == one)) return &row;
    return nullptr;
}

/// Benefits that other offices pay. The register names them as items of a person's incomes.csv, with their amount.
enum class Elsewhere : std::uint8_t {
    work_injury,    ///< 工伤生活护理费, item 801
    elder_care,     ///< 养老护理补贴, item 802
    retired_cadre,  ///< 离休人员护理费, item 803
};
inline constexpr std::size_t elsewhere_count = 3;

struct ElsewhereRow {
    Elsewhere elsewhere;
    ProgrammeKind kind;
    Overlap overlap;
    std::string_view basis;
    std::string_view key;
    Overlap also = Overlap::exclusive;
};

/// What another office pays against what is paid here. With dibao all of them go together.
inline constexpr auto elsewhere_overlaps = [] {
    using enum ProgrammeKind;
    using enum Overlap;
    using enum Elsewhere;
    return std::array{
        ElsewhereRow{work_injury, tekun, together, "DOMAIN 1.8", "overlap.work_injury_tekun"},
        ElsewhereRow{work_injury, orphan, together, "DOMAIN 1.8", "overlap.work_injury_orphan"},
        ElsewhereRow{work_injury, unattended, together, "DOMAIN 1.8", "overlap.work_injury_unattended"},
        ElsewhereRow{work_injury, living, exclusive, "S39 S40", "overlap.work_injury_living", higher},
        ElsewhereRow{work_injury, nursing, exclusive, "S39 S40", "overlap.work_injury_nursing", higher},
        ElsewhereRow{elder_care, tekun, together, "DOMAIN 1.8", "overlap.elder_care_tekun"},
        ElsewhereRow{elder_care, living, together, "S39", "overlap.elder_care_living", higher},
        ElsewhereRow{elder_care, nursing, higher, "S39 S40", "overlap.elder_care_nursing", higher},
        ElsewhereRow{retired_cadre, living, exclusive, "S39", "overlap.retired_cadre_living", higher},
        ElsewhereRow{retired_cadre, nursing, higher, "S39", "overlap.retired_cadre_nursing", higher},
    };
}();

}  // namespace onecard::policy
