#include "unit_queue.hpp"

#include <gtest/gtest.h>

#include <set>

namespace onecard::app {
namespace {

Unit unit_of(int county, int part) {
    Unit unit;
    unit.run = RunNo{1};
    unit.county = County::of_number(county);
    unit.part = PartNo{part};
    return unit;
}

/// Parts of so many units each; the units of part n are counties n001, n002 …
UnitQueue queue_of(const std::vector<int>& sizes) {
    std::map<PartNo, std::vector<Unit>> parts;
    for (std::size_t p = 0; p < sizes.size(); ++p) {
        const int no = static_cast<int>(p) + 1;
        auto& units = parts[PartNo{no}];
        for (int i = 1; i <= sizes[p]; ++i) units.push_back(unit_of(370'000 + no * 100 + i, no));
    }
    return UnitQueue{std::move(parts)};
}

TEST(UnitsToCompute, GiveEachWorkerAPartOfItsOwn) {
    auto queue = queue_of({2, 2});
    UnitQueue::Own first, second;
    EXPECT_EQ(queue.take(first)->part, 0U);
    EXPECT_EQ(queue.take(second)->part, 1U);
    EXPECT_EQ(queue.take(second)->part, 1U);
    EXPECT_EQ(queue.take(first)->part, 0U);
}

TEST(UnitsToCompute, AreTakenFromWhoeverHasMostLeft) {
    auto queue = queue_of({1, 2, 5});
    UnitQueue::Own first, second, third;
    queue.take(first);
    queue.take(second);
    queue.take(third);
    EXPECT_EQ(queue.take(first)->part, 2U);
    EXPECT_EQ(queue.take(first)->part, 2U);
    EXPECT_EQ(queue.take(second)->part, 1U);
}

TEST(UnitsToCompute, AreEachTakenOnceHoweverManyTake) {
    auto queue = queue_of({3, 7, 1});
    std::vector<UnitQueue::Own> own(4);
    std::set<County> seen;
    for (std::size_t i = 0; i < 11; ++i)
        EXPECT_TRUE(seen.insert(queue.take(own[i % own.size()])->unit->county).second);
    for (auto& worker : own) EXPECT_FALSE(queue.take(worker));
}

TEST(UnitsToCompute, LetAPartBeKeyedOnceItsLastUnitIsThereWhoeverDidIt) {
    auto queue = queue_of({2});
    UnitQueue::Own first, second;
    const auto one = queue.take(first).value(), other = queue.take(second).value();
    queue.done(other, true);
    EXPECT_FALSE(queue.take(second));
    queue.done(one, true);
    const auto key = queue.take(first).value();
    EXPECT_FALSE(key.unit);
    EXPECT_EQ(key.no, PartNo{1});
    EXPECT_FALSE(queue.take(first));
    EXPECT_FALSE(queue.take(second)) << "once";
}

TEST(UnitsToCompute, LetAPartBeKeyedBeforeTheNextOneIsBegun) {
    auto queue = queue_of({1, 1, 1});
    UnitQueue::Own first, second;
    const auto one = queue.take(first).value();
    queue.take(second);
    queue.done(one, true);
    EXPECT_FALSE(queue.take(first)->unit);
    EXPECT_EQ(queue.take(first)->unit->part, PartNo{3});
}

/// Else one worker keys the first of them while units are left, and is idle when the other keys the last.
TEST(UnitsToCompute, ComeBeforeTheKeysOfTheLastParts) {
    auto queue = queue_of({1, 3});
    UnitQueue::Own first, second;
    const auto one = queue.take(first).value(), other = queue.take(second).value();
    queue.done(one, true);
    const auto helped = queue.take(first).value();
    EXPECT_EQ(helped.unit->part, PartNo{2});
    queue.done(other, true);
    const auto last = queue.take(second).value();
    EXPECT_EQ(last.unit->part, PartNo{2});
    queue.done(helped, true);
    const auto key = queue.take(first).value();
    EXPECT_FALSE(key.unit);
    EXPECT_EQ(key.no, PartNo{1});
    queue.done(last, true);
    EXPECT_EQ(queue.take(second)->no, PartNo{2});
    EXPECT_FALSE(queue.take(first));
}

TEST(UnitsToCompute, LeaveAPartUnkeyedThatLacksAUnit) {
    auto queue = queue_of({2});
    UnitQueue::Own own;
    queue.done(queue.take(own).value(), false);
    queue.done(queue.take(own).value(), true);
    EXPECT_FALSE(queue.take(own));
}

TEST(UnitsToCompute, KeyAPartThatWasComputedBefore) {
    auto queue = queue_of({0, 1});
    UnitQueue::Own own;
    const auto empty = queue.take(own).value();
    EXPECT_FALSE(empty.unit);
    EXPECT_EQ(empty.no, PartNo{1});
    EXPECT_EQ(queue.take(own)->unit->part, PartNo{2});
}

TEST(UnitsToCompute, OfAReissueHaveNoPart) {
    std::map<PartNo, std::vector<Unit>> parts;
    parts[PartNo{}].push_back(unit_of(370'212, 0));
    UnitQueue queue{std::move(parts)};
    UnitQueue::Own own;
    queue.done(queue.take(own).value(), true);
    EXPECT_FALSE(queue.take(own));
}

TEST(UnitsToCompute, AreLeftAloneOnceAWorkerBroke) {
    auto queue = queue_of({2});
    queue.stop();
    UnitQueue::Own own;
    EXPECT_FALSE(queue.take(own));
}

}  // namespace
}  // namespace onecard::app
