#include "onecard/core/calendar.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <chrono>
#include <limits>

namespace onecard {
namespace {

Day day(std::string_view text) { return Day::parse(text).value(); }
Month month(std::string_view text) { return Month::parse(text).value(); }

/// The calendar once more, as it is learnt at school.
bool is_leap(int year) { return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0; }
int days_of(int year, int month) {
    if (month == 2) return is_leap(year) ? 29 : 28;
    return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
}

TEST(Month, IsReadInBothForms) {
    EXPECT_EQ(month("2022-01").number(), 202'201);
    EXPECT_EQ(month("202201"), month("2022-01"));
    EXPECT_EQ(month("1900-01"), Month{});
    EXPECT_EQ(month("9998-12").next().next().previous(), Month::of(9998, 12)->plus_months(1));
}

TEST(Month, IsNotReadFromAnythingElse) {
    for (const std::string_view text :
         {"", "2022", "2022-1", "2022/01", "2022-01-01", " 202201", "20220a", "２０２２"})
        EXPECT_EQ(Month::parse(text).error().fault, Fault::malformed) << text;
    for (const std::string_view text : {"2022-00", "2022-13", "1899-12", "9999-01", "9999-12", "000000"})
        EXPECT_EQ(Month::parse(text).error().fault, Fault::out_of_range) << text;
}

TEST(Month, IsReadFromItsNumberWhereTheOpenEndIsThatOfEverything) {
    EXPECT_EQ(Month::of_number(202'201).value(), month("2022-01"));
    EXPECT_EQ(Month::of_number(999'912).value(), Month::open_end());
    EXPECT_EQ(Month::open_end().number(), 999'912);
    EXPECT_GT(Month::open_end(), month("9998-12"));
    for (const std::int32_t number :
         {0, -202'201, 202'200, 202'213, 189'912, 999'911, 1'000'001, INT32_MAX, INT32_MIN})
        EXPECT_EQ(Month::of_number(number).error().fault, Fault::out_of_range) << number;
}

RC_GTEST_PROP(Month, CountsLikeChrono, ()) {
    const int year = *rc::gen::inRange(1901, 9998);
    const int number = *rc::gen::inRange(1, 13);
    const int step = *rc::gen::inRange(-12, 13);
    const Month start = Month::of(year, number).value();
    const Month end = start.plus_months(step);
    const auto chrono_start = std::chrono::year{year} / number;
    const auto chrono_end = chrono_start + std::chrono::months{step};
    RC_ASSERT(end.year() == static_cast<int>(chrono_end.year()));
    RC_ASSERT(end.month() == static_cast<int>(static_cast<unsigned>(chrono_end.month())));
    RC_ASSERT(end.months_since(start) == step);
    RC_ASSERT((start <=> end) == (0 <=> step));
    RC_ASSERT(start.next().previous() == start);
    RC_ASSERT(month(start.text()) == start);
    RC_ASSERT(month(start.digits()) == start);
    RC_ASSERT(Month::of_number(start.number()).value() == start);
}

TEST(Month, IsWrittenInTheFormsOfFiles) {
    EXPECT_EQ(month("2022-01").text(), "2022-01");
    EXPECT_EQ(month("2022-01").digits(), "202201");
    EXPECT_EQ(Month::open_end().text(), "9999-12");
    EXPECT_THROW((void)Month::open_end().next().text(), BrokenInvariant);
}

TEST(Months, ContainTheirFirstButNotTheirLast) {
    const Months months{month("2022-01"), month("2022-03")};
    EXPECT_FALSE(months.contains(month("2021-12")));
    EXPECT_TRUE(months.contains(month("2022-01")));
    EXPECT_TRUE(months.contains(month("2022-02")));
    EXPECT_FALSE(months.contains(month("2022-03")));
    EXPECT_TRUE((Months{.from = month("2022-01")}.contains(month("9998-12"))));
}

TEST(Day, CountsEveryDayFrom1900To9998) {
    const auto first = std::chrono::sys_days{std::chrono::year{1900} / 1 / 1}.time_since_epoch().count();
    auto expected = static_cast<std::int32_t>(first);
    for (int year = 1900; year <= 9998; ++year) {
        for (int number = 1; number <= 12; ++number) {
            const Month in = Month::of(year, number).value();
            for (int date = 1; date <= days_of(year, number); ++date, ++expected) {
                const auto day = Day::of(year, number, date);
                ASSERT_TRUE(day.has_value()) << year << '-' << number << '-' << date;
                ASSERT_EQ(day->epoch_days(), expected);
                ASSERT_EQ(day->month(), in);
                ASSERT_EQ(day->day_of_month(), date);
            }
            ASSERT_FALSE(Day::of(year, number, 0).has_value());
            ASSERT_FALSE(Day::of(year, number, days_of(year, number) + 1).has_value());
        }
    }
    EXPECT_EQ(day("1970-01-01").epoch_days(), 0);
    EXPECT_EQ(day("2000-03-01").epoch_days(), 11'017);
}

TEST(Day, RefusesDatesThatDoNotExist) {
    for (const std::string_view text : {"2021-02-29", "1950-02-29", "1900-02-29", "2022-04-31", "2022-13-01",
                                        "2022-00-10", "2022-01-00", "1899-12-31", "9999-01-01", "20210229"})
        EXPECT_EQ(Day::parse(text).error().fault, Fault::out_of_range) << text;
    for (const std::string_view text :
         {"", "2022-1-5", "2022-0105", "202201-05", "2022/01/05", "2022-01-05 ", "2022010"})
        EXPECT_EQ(Day::parse(text).error().fault, Fault::malformed) << text;
    // Numbers that would look right when cut down to a byte.
    EXPECT_EQ(Day::of(2022, 257, 1).error().fault, Fault::out_of_range);
    EXPECT_EQ(Day::of(2022, 1, 257).error().fault, Fault::out_of_range);
    EXPECT_EQ(Day::of(2022 + 65'536, 1, 1).error().fault, Fault::out_of_range);
    EXPECT_EQ(Day::of(2022, -1, -1).error().fault, Fault::out_of_range);
}

RC_GTEST_PROP(Day, ReadsBackWhatItWrites, ()) {
    const auto any =
        Day::of_epoch_days(*rc::gen::inRange(day("1900-01-01").epoch_days(), day("9998-12-31").epoch_days()));
    RC_ASSERT(day(any.text()) == any);
    RC_ASSERT(day(any.digits()) == any);
    RC_ASSERT(any.plus_days(1).plus_days(-1) == any);
    RC_ASSERT(any.plus_days(1) > any);
}

TEST(Moment, IsWrittenInTheTimeOfChina) {
    const auto moment = Moment::of_unix_seconds(1'641'346'200);  // 2022-01-05 01:30:00 UTC
    EXPECT_EQ(moment.digits_in_china(), "20220105093000");
    EXPECT_EQ(moment.text(), "2022-01-05T09:30:00+08:00");
    EXPECT_EQ(moment.day_in_china(), day("2022-01-05"));
    EXPECT_EQ(Moment{}.text(), "1970-01-01T08:00:00+08:00");
}

TEST(Moment, ChangesTheDayAtMidnightInChina) {
    EXPECT_EQ(Moment::of_unix_seconds(1'641'312'000).text(), "2022-01-05T00:00:00+08:00");
    EXPECT_EQ(Moment::of_unix_seconds(1'641'311'999).text(), "2022-01-04T23:59:59+08:00");
    EXPECT_EQ(Moment::of_unix_seconds(-28'801).text(), "1969-12-31T23:59:59+08:00");
    EXPECT_EQ(Moment::of_unix_seconds(-28'800).text(), "1970-01-01T00:00:00+08:00");
}

TEST(Moment, RefusesWhatIsNoMoment) {
    for (const std::string_view text : {"", "2022-01-05T09:30:00Z", "2022-01-05T09:30:00+00:00",
                                        "2022-01-05 09:30:00", "2022010509300", "2022-01-05T09:30:00"})
        EXPECT_EQ(Moment::parse(text).error().fault, Fault::malformed) << text;
    for (const std::string_view text :
         {"20220105240000", "20220105096000", "20220105093060", "20220229000000"})
        EXPECT_EQ(Moment::parse(text).error().fault, Fault::out_of_range) << text;
    EXPECT_THROW((void)Moment::of_unix_seconds(std::numeric_limits<std::int64_t>::max()).text(),
                 BrokenInvariant);
    EXPECT_THROW((void)Moment::of_unix_seconds(std::numeric_limits<std::int64_t>::min()).text(),
                 BrokenInvariant);
}

RC_GTEST_PROP(Moment, ReadsBackWhatItWrites, ()) {
    const auto moment =
        Moment::of_unix_seconds(*rc::gen::inRange<std::int64_t>(-2'208'900'000, 253'000'000'000));
    RC_ASSERT(Moment::parse(moment.text()).value() == moment);
    RC_ASSERT(Moment::parse(moment.digits_in_china()).value() == moment);
    RC_ASSERT(moment.text().starts_with(moment.day_in_china().text()));
}

TEST(Age, IsCompletedOnTheBirthday) {
    EXPECT_EQ(age_on(day("2004-06-15"), day("2022-06-14")), 17);
    EXPECT_EQ(age_on(day("2004-06-15"), day("2022-06-15")), 18);
    EXPECT_EQ(age_on(day("2004-06-15"), day("2004-06-15")), 0);
    EXPECT_EQ(age_on(day("2004-06-15"), day("2004-06-14")), -1);
}

TEST(Age, OfThoseBornOnTheLeapDayIsCompletedOnTheFirstOfMarchInOtherYears) {
    EXPECT_EQ(age_on(day("2004-02-29"), day("2022-02-28")), 17);
    EXPECT_EQ(age_on(day("2004-02-29"), day("2022-03-01")), 18);
    EXPECT_EQ(age_on(day("2004-02-29"), day("2024-02-28")), 19);
    EXPECT_EQ(age_on(day("2004-02-29"), day("2024-02-29")), 20);
}

}  // namespace
}  // namespace onecard
