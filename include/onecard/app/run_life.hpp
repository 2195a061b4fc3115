#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "onecard/app/identity.hpp"
#include "onecard/app/records.hpp"
#include "onecard/core/result.hpp"

/// The life of a unit, one county of one run, as a table of moves. Each county moves by itself, so that the trouble of
/// one does not hold the others. After its release the banks move it, and each of its payments by itself (recon/attempt);
/// it ends when the county's month is closed, which refuses while anything is open that it does not list as going over.
namespace onecard::app {

enum class Stage : std::uint8_t {
    planned,
    computed,
    proposed,
    checked,
    released,    ///< the banks may fetch the files
    dispatched,  ///< the banks have every file
    settling,    ///< some of it is answered
    closed,
    cancelled,
};
struct StageText {
    Stage stage;
    std::string_view chinese;
    std::string_view english;
};
inline constexpr std::array stages{
    StageText{Stage::planned, "待计算", "to compute"}, StageText{Stage::computed, "已计算", "computed"},
    StageText{Stage::proposed, "已提交", "proposed"},  StageText{Stage::checked, "已复核", "checked"},
    StageText{Stage::released, "已发放", "released"},  StageText{Stage::dispatched, "已送达", "dispatched"},
    StageText{Stage::settling, "回盘中", "settling"},  StageText{Stage::closed, "已结账", "closed"},
    StageText{Stage::cancelled, "已取消", "cancelled"}};
const StageText& text_of(Stage stage);
/// Without `state.after` no further than released.
Stage stage_of(const UnitState& state);

enum class Move : std::uint8_t {
    compute,    ///< again after any crash; its result stays
    propose,    ///< the maker's signature over the digest of exactly what was computed
    check,      ///< another person's over the same digest: the payments are owed, their money is promised
    release,    ///< a third one's: the banks see the files
    cancel,     ///< before anything is on the books
    withdraw,   ///< what is checked and not released: the entries are taken back
    hand_over,  ///< the last of its files reaches its bank
    answer,     ///< a return file is accepted
    close,      ///< the month: proposed by a maker over a list of what goes over, agreed to by a checker
};

struct MoveRow {
    Move move;
    std::string_view name;
    Stage from;
    Stage to;
    Role by;
    Role or_by;  ///< the same where it is one role's alone
};
/// Whatever is not here is refused. Nobody makes two of propose, check and release (unit_step: unique keys); a unit is
/// released or cancelled, never both (unit_fate: primary key).
inline constexpr std::array moves{
    MoveRow{Move::compute, "compute", Stage::planned, Stage::computed, Role::maker, Role::maker},
    MoveRow{Move::propose, "propose", Stage::computed, Stage::proposed, Role::maker, Role::maker},
    MoveRow{Move::check, "check", Stage::proposed, Stage::checked, Role::checker, Role::checker},
    MoveRow{Move::release, "release", Stage::checked, Stage::released, Role::releaser, Role::releaser},
    MoveRow{Move::cancel, "cancel", Stage::planned, Stage::cancelled, Role::maker, Role::checker},
    MoveRow{Move::cancel, "cancel", Stage::computed, Stage::cancelled, Role::maker, Role::checker},
    MoveRow{Move::cancel, "cancel", Stage::proposed, Stage::cancelled, Role::maker, Role::checker},
    MoveRow{Move::withdraw, "withdraw", Stage::checked, Stage::cancelled, Role::checker, Role::releaser},
    MoveRow{Move::hand_over, "hand over", Stage::released, Stage::dispatched, Role::bank, Role::bank},
    MoveRow{Move::answer, "answer", Stage::released, Stage::settling, Role::bank, Role::bank},
    MoveRow{Move::answer, "answer", Stage::dispatched, Stage::settling, Role::bank, Role::bank},
    MoveRow{Move::close, "close", Stage::released, Stage::closed, Role::maker, Role::checker},
    MoveRow{Move::close, "close", Stage::dispatched, Stage::closed, Role::maker, Role::checker},
    MoveRow{Move::close, "close", Stage::settling, Stage::closed, Role::maker, Role::checker},
};
/// Errors: forbidden (nobody of this role makes the move), conflict (not from this stage; named).
Result<MoveRow> move_from(Stage stage, Move move, Role by, const std::string& place);

}  // namespace onecard::app
