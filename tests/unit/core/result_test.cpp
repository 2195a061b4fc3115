#include "onecard/core/result.hpp"

#include <gtest/gtest.h>

#include <set>

namespace onecard {
namespace {

TEST(Failure, SaysThePlaceBeforeTheText) {
    EXPECT_EQ((Failure{Fault::malformed, "a.csv:3:7", "no month"}.message()), "a.csv:3:7: no month");
    EXPECT_EQ((Failure{Fault::malformed, "", "no month"}.message()), "no month");
}

TEST(Fault, HasANameOfItsOwn) {
    std::set<std::string_view> names;
    for (int i = 0; i <= static_cast<int>(Fault::tampered); ++i) names.insert(name_of(static_cast<Fault>(i)));
    EXPECT_EQ(names.size(), static_cast<std::size_t>(Fault::tampered) + 1);
    EXPECT_EQ(name_of(Fault::out_of_range), "out_of_range");
}

TEST(Result, OfABoolIsCopiedByValueAndNotByWhetherItHasOne) {
    const Result<bool> no{false};
    Result<bool> original{no};
    const Result<bool> copy{original};
    ASSERT_TRUE(copy.has_value());
    EXPECT_FALSE(*copy);
}

TEST(Ensure, ThrowsWhatItWasTold) {
    EXPECT_NO_THROW(ensure(true, "holds"));
    try {
        ensure(false, "the entry is unbalanced");
        FAIL();
    } catch (const BrokenInvariant& invariant) {
        EXPECT_STREQ(invariant.what(), "the entry is unbalanced");
    }
}

}  // namespace
}  // namespace onecard
