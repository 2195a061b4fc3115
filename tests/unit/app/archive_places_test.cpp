#include "archive_places.hpp"

#include <gtest/gtest.h>

namespace onecard::app {
namespace {

TEST(ArchivePlaces, AreSoManyForEachBankAndComeBackWhenAnAnswerIsOver) {
    auto places = std::make_shared<ArchivePlaces>();
    const BankNo one{1}, two{2};
    auto first = ArchivePlaces::take(places, one, 2);
    auto second = ArchivePlaces::take(places, one, 2);
    ASSERT_NE(first, nullptr);
    ASSERT_NE(second, nullptr);
    EXPECT_EQ(ArchivePlaces::take(places, one, 2), nullptr);
    EXPECT_NE(ArchivePlaces::take(places, two, 2), nullptr) << "another bank has its own";
    const auto copy = first;
    first.reset();
    EXPECT_EQ(ArchivePlaces::take(places, one, 2), nullptr) << "somebody has it still";
    second.reset();
    const auto third = ArchivePlaces::take(places, one, 2);
    EXPECT_NE(third, nullptr);
    EXPECT_EQ(ArchivePlaces::take(places, one, 2), nullptr);
    // The service stops while an answer is on its way.
    std::weak_ptr<ArchivePlaces> left = places;
    places.reset();
    EXPECT_FALSE(left.expired());
}

}  // namespace
}  // namespace onecard::app
