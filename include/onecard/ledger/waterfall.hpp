#pragma once

#include <array>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "onecard/core/money.hpp"
#include "onecard/core/programme.hpp"
#include "onecard/ledger/entry.hpp"

namespace onecard::ledger {

/// What money was allotted for; the number is what the database stores. What a purpose is for contains what a narrower
/// one is for: children ⊂ relief ⊂ general, disability ⊂ general.
enum class Purpose : std::int16_t {
    general = 1,     ///< whatever is paid
    relief = 2,      ///< 困难群众救助补助: all but the disability subsidies
    children = 3,    ///< 孤儿、事实无人抚养儿童基本生活保障
    disability = 4,  ///< 困难残疾人生活补贴和重度残疾人护理补贴
};
struct PurposeText {
    Purpose purpose;
    std::string_view code;
    std::string_view chinese;
};
inline constexpr std::array purposes{PurposeText{Purpose::general, "general", "综合"},
                                     PurposeText{Purpose::relief, "relief", "困难群众救助补助"},
                                     PurposeText{Purpose::children, "children", "儿童基本生活保障"},
                                     PurposeText{Purpose::disability, "disability", "残疾人两项补贴"}};
/// Nothing for a code that names no purpose.
std::optional<Purpose> purpose_of(std::string_view code);
const PurposeText& text_of(Purpose purpose);
bool is_for(Purpose purpose, Programme programme);

/// Money that was received for one purpose.
struct Pot {
    Purpose purpose = Purpose::general;
    BySource received{};
};

/// What one programme of a unit needs, or what was spent on it before.
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

/// Money of four sources is used in their order: central, province, prefecture, own; the money of the narrowest purpose
/// first, so that the wider one is kept for what nothing else is for. What was spent before (by other units, sent or
/// promised) has taken its share in that order, `spent_on_none` (services, remittances) the relief money first; the needs
/// take theirs from what is left, in the order given. Nothing is lost: Σ by_source + Σ shortfall = Σ needs. More may have
/// been spent than was received; then nothing is left. A negative amount spent (more came back) counts as nothing.
Funding fund(std::span<const Pot> pots, std::span<const Need> spent, Money spent_on_none,
             std::span<const Need> needs);

}  // namespace onecard::ledger
