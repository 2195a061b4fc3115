#include "onecard/app/channel.hpp"

#include <gtest/gtest.h>

namespace onecard::app {
namespace {

Moment at(std::int64_t seconds) { return Moment::of_unix_seconds(1'700'000'000 + seconds); }

TEST(CircuitBreaker, KeepsAwayAfterSomeFailuresAndLongerEachTime) {
    CircuitBreaker breaker;
    for (int i = 0; i < CircuitBreaker::failures_max; ++i) {
        EXPECT_TRUE(breaker.lets_through(at(0))) << i;
        breaker.note(false, at(0));
    }
    EXPECT_FALSE(breaker.lets_through(at(0)));
    EXPECT_FALSE(breaker.lets_through(at(CircuitBreaker::first_pause_seconds - 1)));
    EXPECT_TRUE(breaker.lets_through(at(CircuitBreaker::first_pause_seconds))) << "one is let through";
    breaker.note(false, at(60));
    EXPECT_FALSE(breaker.lets_through(at(60 + 119)));
    EXPECT_TRUE(breaker.lets_through(at(60 + 120)));
    for (int i = 0; i < 20; ++i) breaker.note(false, at(1000));
    EXPECT_TRUE(breaker.lets_through(at(1000 + CircuitBreaker::pause_seconds_max)))
        << "never longer than an hour";
    breaker.note(true, at(5000));
    EXPECT_EQ(breaker.failures(), 0);
    EXPECT_TRUE(breaker.lets_through(at(5000)));
}

}  // namespace
}  // namespace onecard::app
