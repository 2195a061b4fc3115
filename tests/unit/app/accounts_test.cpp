#include "onecard/app/accounts.hpp"

#include <gtest/gtest.h>

namespace onecard::app {
namespace {

Moment at(const char* text) { return Moment::parse(text).value(); }

TEST(ChangedAccounts, WaitForASecondPersonAndThenForTheTimeThatWasAgreed) {
    AccountRules rules;
    AccountChange change;
    change.import = ImportNo{7};
    change.imported_at = at("2026-11-20T10:00:00+08:00");
    const Moment now = at("2026-11-22T10:00:00+08:00");
    EXPECT_FALSE(waits(change, rules, now)) << "no rule, no waiting";
    rules.confirmed_since = at("2026-11-21T00:00:00+08:00");
    EXPECT_FALSE(waits(change, rules, now)) << "it came before the rule";
    rules.confirmed_since = at("2026-11-20T00:00:00+08:00");
    rules.cool_down_hours = 24;
    ASSERT_TRUE(waits(change, rules, now));
    EXPECT_EQ(waits(change, rules, now)->why,
              "the account was changed by import 7 and no second person has confirmed it");
    change.confirmed_at = at("2026-11-21T12:00:00+08:00");
    ASSERT_TRUE(waits(change, rules, now));
    EXPECT_EQ(waits(change, rules, now)->why,
              "the account was changed by import 7 and is paid to from 2026-11-22T12:00:00+08:00 on");
    EXPECT_TRUE(waits(change, rules, at("2026-11-22T11:59:59+08:00")));
    EXPECT_FALSE(waits(change, rules, at("2026-11-22T12:00:00+08:00")));
}

}  // namespace
}  // namespace onecard::app
