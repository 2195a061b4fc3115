#include "onecard/app/run_life.hpp"

#include <gtest/gtest.h>

#include <set>

namespace onecard::app {
namespace {

constexpr std::array roles{Role::maker,   Role::checker,    Role::releaser,
                           Role::auditor, Role::operations, Role::bank};

UnitState at(std::initializer_list<Step> steps, bool is_computed = true, bool is_cancelled = false) {
    UnitState state;
    if (is_computed) state.result = UnitResult{};
    for (const Step step : steps) state.steps.push_back({.step = step});
    state.cancelled = is_cancelled;
    return state;
}

TEST(RunLife, AUnitIsAtTheLastThingThatHappenedToIt) {
    EXPECT_EQ(stage_of(at({}, false)), Stage::planned);
    EXPECT_EQ(stage_of(at({})), Stage::computed);
    EXPECT_EQ(stage_of(at({Step::proposed})), Stage::proposed);
    EXPECT_EQ(stage_of(at({Step::proposed, Step::checked})), Stage::checked);
    EXPECT_EQ(stage_of(at({Step::proposed, Step::checked, Step::released})), Stage::released);
    EXPECT_EQ(stage_of(at({Step::proposed}, true, true)), Stage::cancelled);
}

TEST(RunLife, AReleasedUnitIsWhereItsFilesAreUntilItsMonthIsClosed) {
    UnitState state = at({Step::proposed, Step::checked, Step::released});
    state.after = Aftermath{};
    EXPECT_EQ(stage_of(state), Stage::released);
    state.after->is_handed_over = true;
    EXPECT_EQ(stage_of(state), Stage::dispatched);
    state.after->is_answered = true;
    EXPECT_EQ(stage_of(state), Stage::settling);
    state.after->is_closed = true;
    EXPECT_EQ(stage_of(state), Stage::closed);
    // A close of the month says nothing of what was never released.
    UnitState computed = at({});
    computed.after = state.after;
    EXPECT_EQ(stage_of(computed), Stage::computed);
}

TEST(RunLife, ReleasedIsForTheBanksAndTheCloseAloneAndTheEndIsTheEnd) {
    for (const MoveRow& row : moves) {
        EXPECT_NE(row.from, Stage::closed);
        EXPECT_NE(row.from, Stage::cancelled);
        const bool is_out =
            row.from == Stage::released || row.from == Stage::dispatched || row.from == Stage::settling;
        const bool is_after_release =
            row.move == Move::hand_over || row.move == Move::answer || row.move == Move::close;
        EXPECT_EQ(is_out, is_after_release) << row.name;
    }
}

TEST(RunLife, EveryMoveIsMadeByThoseOfItsRowAndFromItsStageAlone) {
    int allowed = 0;
    for (const StageText& stage : stages)
        for (const Move move : {Move::compute, Move::propose, Move::check, Move::release, Move::cancel,
                                Move::withdraw, Move::hand_over, Move::answer, Move::close})
            for (const Role role : roles) {
                const auto found = move_from(stage.stage, move, role, "here");
                const bool is_in_table = std::ranges::any_of(moves, [&](const MoveRow& row) {
                    return row.move == move && row.from == stage.stage &&
                           (row.by == role || row.or_by == role);
                });
                EXPECT_EQ(found.has_value(), is_in_table);
                if (found) {
                    ++allowed;
                } else {
                    EXPECT_EQ(found.error().place, "here");
                    EXPECT_TRUE(found.error().fault == Fault::forbidden ||
                                found.error().fault == Fault::conflict);
                }
            }
    EXPECT_EQ(allowed, 21);
}

TEST(RunLife, ThreeRolesStandBetweenWhatIsComputedAndTheBanks) {
    std::set<Role> by;
    Stage stage = Stage::computed;
    for (const Move move : {Move::propose, Move::check, Move::release})
        for (const Role role : roles)
            if (const auto moved = move_from(stage, move, role, {})) {
                by.insert(role);
                stage = moved->to;
                break;
            }
    EXPECT_EQ(stage, Stage::released);
    EXPECT_EQ(by.size(), 3U);
}

}  // namespace
}  // namespace onecard::app
