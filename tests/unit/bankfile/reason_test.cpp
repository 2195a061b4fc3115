#include "onecard/bankfile/reason.hpp"

#include <gtest/gtest.h>
#include <set>

namespace onecard::bankfile {
namespace {

TEST(Reason, IsFoundByItsCodeAndTellsItsText) {
    std::set<std::string_view> codes;
    for (int number = 0; number <= 20; ++number) {
        const auto reason = static_cast<Reason>(number);
        const ReasonText& text = text_of(reason);
        EXPECT_EQ(text.reason, reason);
        EXPECT_EQ(reason_of(text.code), reason);
        EXPECT_FALSE(text.chinese.empty());
        EXPECT_FALSE(text.english.empty());
        codes.insert(text.code);
    }
    EXPECT_EQ(codes.size(), 21u);
}

TEST(Reason, KeepsTheNumberThatTheDatabaseStores) {
    EXPECT_EQ(static_cast<int>(Reason::paid), 0);
    EXPECT_EQ(static_cast<int>(Reason::name_mismatch), 1);
    EXPECT_EQ(static_cast<int>(Reason::deceased), 9);
    EXPECT_EQ(static_cast<int>(Reason::returned_later), 18);
    EXPECT_EQ(static_cast<int>(Reason::rejected), 20);
    EXPECT_EQ(text_of(Reason::name_mismatch).code, "NM01");
    EXPECT_EQ(text_of(Reason::name_mismatch).chinese, "户名不符");
}

TEST(Reason, IsUnknownForABanksOwnCode) {
    EXPECT_EQ(reason_of("3031"), std::nullopt);
    EXPECT_EQ(reason_of("nm01"), std::nullopt);
    EXPECT_EQ(reason_of(""), std::nullopt);
}

TEST(Reason, NeverResendsWhatMayHaveBeenPaidOrMustStop) {
    EXPECT_EQ(text_of(Reason::in_progress).action, Action::query);
    EXPECT_EQ(text_of(Reason::duplicate).action, Action::query);
    EXPECT_EQ(text_of(Reason::deceased).action, Action::stop_and_review);
    EXPECT_EQ(text_of(Reason::paid).action, Action::none);
}

}  // namespace
}  // namespace onecard::bankfile
