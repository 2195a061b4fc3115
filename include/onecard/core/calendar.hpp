#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "onecard/core/result.hpp"

namespace onecard {

/// A calendar month, 1900-01 … 9998-12, and `Month::open_end()` after all of them.
class Month {
public:
    constexpr Month() = default;
    /// Errors: out_of_range.
    static Result<Month> of(int year, int month);
    /// "2022-01" or "202201". Errors: malformed, out_of_range (also for 9999-12: text names real months only).
    static Result<Month> parse(std::string_view text);
    /// From the number 202201 (as stored). Errors: out_of_range. 999912 is `open_end()`.
    static Result<Month> of_number(std::int32_t yyyymm);
    /// The end of what has no end: later than every real month, stored as 999912.
    static constexpr Month open_end() { return Month{9999 * 12 + 11}; }

    constexpr int year() const { return index_ / 12; }
    constexpr int month() const { return index_ % 12 + 1; }
    /// 202201: the form in the database and in files.
    constexpr std::int32_t number() const { return year() * 100 + month(); }
    constexpr Month next() const { return Month{index_ + 1}; }
    constexpr Month previous() const { return Month{index_ - 1}; }
    constexpr Month plus_months(int months) const { return Month{index_ + months}; }
    /// Months from `earlier` to this one.
    constexpr int months_since(Month earlier) const { return index_ - earlier.index_; }

    /// "2022-01"
    std::string text() const;
    /// "202201"
    std::string digits() const;

    friend constexpr auto operator<=>(Month, Month) = default;

private:
    constexpr explicit Month(std::int32_t index) : index_{index} {}
    std::int32_t index_ = 1900 * 12;
};

/// Months from `from` (inclusive) to `to` (exclusive; `Month::open_end()` where no end is known).
struct Months {
    Month from;
    Month to = Month::open_end();
    constexpr bool contains(Month month) const { return from <= month && month < to; }
    friend bool operator==(const Months&, const Months&) = default;
};

/// A day of the Gregorian calendar, as days since 1970-01-01.
class Day {
public:
    constexpr Day() = default;
    /// Errors: out_of_range for a date that does not exist (2021-02-29) or lies outside 1900 … 9998.
    static Result<Day> of(int year, int month, int day);
    /// "2022-01-05" or "20220105". Errors: malformed, out_of_range.
    static Result<Day> parse(std::string_view text);
    static constexpr Day of_epoch_days(std::int32_t days) { return Day{days}; }

    constexpr std::int32_t epoch_days() const { return days_; }
    Month month() const;
    int day_of_month() const;
    constexpr Day plus_days(std::int32_t days) const { return Day{days_ + days}; }
    /// "2022-01-05"
    std::string text() const;
    /// "20220105"
    std::string digits() const;

    friend constexpr auto operator<=>(Day, Day) = default;

private:
    constexpr explicit Day(std::int32_t days) : days_{days} {}
    std::int32_t days_ = 0;
};

/// A moment in seconds since 1970-01-01 UTC. It is always an argument: the domain has no clock.
class Moment {
public:
    constexpr Moment() = default;
    static constexpr Moment of_unix_seconds(std::int64_t seconds) { return Moment{seconds}; }
    constexpr std::int64_t unix_seconds() const { return seconds_; }
    /// The day in China (Asia/Shanghai, UTC+8, no daylight saving).
    Day day_in_china() const;
    /// "20220105093000" in China's time: the form in bank files.
    std::string digits_in_china() const;
    /// "2022-01-05T09:30:00+08:00"
    std::string text() const;
    /// Reads both forms above; no other offset than +08:00. Errors: malformed, out_of_range.
    static Result<Moment> parse(std::string_view text);
    friend constexpr auto operator<=>(Moment, Moment) = default;

private:
    constexpr explicit Moment(std::int64_t seconds) : seconds_{seconds} {}
    std::int64_t seconds_ = 0;
};

/// Completed years of age on `on` of someone born on `born`. Negative when not yet born.
/// Who is born on 29 February completes a year on 1 March where there is no 29th.
int age_on(Day born, Day on);

}  // namespace onecard
