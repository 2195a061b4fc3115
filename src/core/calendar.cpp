#include "onecard/core/calendar.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <limits>
#include <tuple>

#include "digits.hpp"

// Of <chrono> only the calendar is used here; the room has no clock.
namespace onecard {
namespace {

constexpr int year_min = 1900;
constexpr int year_max = 9998;
constexpr std::int64_t seconds_per_day = 86'400;
constexpr std::int64_t china_ahead_of_utc = 8 * 3'600;

std::chrono::year_month_day civil(Day day) {
    return std::chrono::year_month_day{std::chrono::sys_days{std::chrono::days{day.epoch_days()}}};
}

char* put_year(char* out, int year) {
    // The forms have a fixed width, and files depend on it.
    ensure(0 <= year && year <= 9999, "a year does not fit four digits");
    return digits::put(out, static_cast<std::uint32_t>(year), 4);
}

char* put_two(char* out, int number) { return digits::put(out, static_cast<std::uint32_t>(number), 2); }

char* put_mark(char* out, char mark) {
    *out = mark;
    return out + 1;
}

char* put_day(char* out, Day day, bool dashes) {
    const auto date = civil(day);
    out = put_year(out, static_cast<int>(date.year()));
    if (dashes) out = put_mark(out, '-');
    out = put_two(out, static_cast<int>(static_cast<unsigned>(date.month())));
    if (dashes) out = put_mark(out, '-');
    return put_two(out, static_cast<int>(static_cast<unsigned>(date.day())));
}

/// Whether `text` has the form of `pattern`: '0' stands for any digit, everything else for itself.
constexpr bool has_form(std::string_view text, std::string_view pattern) {
    return std::ranges::equal(
        text, pattern, [](char c, char form) { return form == '0' ? digits::is_digit(c) : c == form; });
}

struct MomentInChina {
    Day day;
    int second_of_day;
};

MomentInChina in_china(Moment moment) {
    // Days first: adding eight hours to the last seconds of 64 bits would overflow.
    std::int64_t days = moment.unix_seconds() / seconds_per_day;
    std::int64_t seconds = moment.unix_seconds() % seconds_per_day + china_ahead_of_utc;
    if (seconds < 0) {
        seconds += seconds_per_day;
        --days;
    } else if (seconds >= seconds_per_day) {
        seconds -= seconds_per_day;
        ++days;
    }
    using Limits = std::numeric_limits<std::int32_t>;
    ensure(Limits::min() <= days && days <= Limits::max(), "a moment lies outside every calendar");
    return {Day::of_epoch_days(static_cast<std::int32_t>(days)), static_cast<int>(seconds)};
}

}  // namespace

Result<Month> Month::of(int year, int month) {
    if (year < year_min || year > year_max)
        return refuse(Fault::out_of_range, "a year lies outside 1900 … 9998");
    if (month < 1 || month > 12) return refuse(Fault::out_of_range, "a month lies outside 1 … 12");
    return Month{year * 12 + month - 1};
}

Result<Month> Month::parse(std::string_view text) {
    if (has_form(text, "000000"))
        return of(digits::number_in(text.substr(0, 4)), digits::number_in(text.substr(4)));
    if (has_form(text, "0000-00"))
        return of(digits::number_in(text.substr(0, 4)), digits::number_in(text.substr(5)));
    return refuse(Fault::malformed, "a month is written 2022-01 or 202201");
}

Result<Month> Month::of_number(std::int32_t yyyymm) {
    if (yyyymm == open_end().number()) return open_end();
    return of(yyyymm / 100, yyyymm % 100);
}

std::string Month::text() const {
    std::string text(7, '-');
    put_year(text.data(), year());
    put_two(text.data() + 5, month());
    return text;
}

std::string Month::digits() const {
    std::string text(6, '0');
    put_two(put_year(text.data(), year()), month());
    return text;
}

Result<Day> Day::of(int year, int month, int day) {
    if (year < year_min || year > year_max)
        return refuse(Fault::out_of_range, "a year lies outside 1900 … 9998");
    // The calendar's own types keep only a byte of month and day.
    if (month < 1 || month > 12) return refuse(Fault::out_of_range, "a month lies outside 1 … 12");
    if (day < 1 || day > 31) return refuse(Fault::out_of_range, "a day lies outside 1 … 31");
    const std::chrono::year_month_day date{std::chrono::year{year},
                                           std::chrono::month{static_cast<unsigned>(month)},
                                           std::chrono::day{static_cast<unsigned>(day)}};
    if (!date.ok()) return refuse(Fault::out_of_range, "that month has no such day");
    return Day{static_cast<std::int32_t>(std::chrono::sys_days{date}.time_since_epoch().count())};
}

Result<Day> Day::parse(std::string_view text) {
    using digits::number_in;
    if (has_form(text, "00000000"))
        return of(number_in(text.substr(0, 4)), number_in(text.substr(4, 2)), number_in(text.substr(6)));
    if (has_form(text, "0000-00-00"))
        return of(number_in(text.substr(0, 4)), number_in(text.substr(5, 2)), number_in(text.substr(8)));
    return refuse(Fault::malformed, "a day is written 2022-01-05 or 20220105");
}

Month Day::month() const {
    const auto date = civil(*this);
    const int month = static_cast<int>(static_cast<unsigned>(date.month()));
    return Month{}.plus_months((static_cast<int>(date.year()) - Month{}.year()) * 12 + month - 1);
}

int Day::day_of_month() const { return static_cast<int>(static_cast<unsigned>(civil(*this).day())); }

std::string Day::text() const {
    std::string text(10, '-');
    put_day(text.data(), *this, true);
    return text;
}

std::string Day::digits() const {
    std::string text(8, '0');
    put_day(text.data(), *this, false);
    return text;
}

Day Moment::day_in_china() const { return in_china(*this).day; }

std::string Moment::digits_in_china() const {
    const auto [day, second_of_day] = in_china(*this);
    std::string text(14, '0');
    char* out = put_day(text.data(), day, false);
    out = put_two(out, second_of_day / 3'600);
    out = put_two(out, second_of_day / 60 % 60);
    put_two(out, second_of_day % 60);
    return text;
}

std::string Moment::text() const {
    const auto [day, second_of_day] = in_china(*this);
    std::string text = "0000-00-00T00:00:00+08:00";
    put_day(text.data(), day, true);
    put_two(text.data() + 11, second_of_day / 3'600);
    put_two(text.data() + 14, second_of_day / 60 % 60);
    put_two(text.data() + 17, second_of_day % 60);
    return text;
}

Result<Moment> Moment::parse(std::string_view text) {
    std::string_view day_text;
    std::array<std::string_view, 3> time;
    if (has_form(text, "00000000000000")) {
        day_text = text.substr(0, 8);
        time = {text.substr(8, 2), text.substr(10, 2), text.substr(12, 2)};
    } else if (has_form(text, "0000-00-00T00:00:00+08:00")) {
        day_text = text.substr(0, 10);
        time = {text.substr(11, 2), text.substr(14, 2), text.substr(17, 2)};
    } else {
        return refuse(Fault::malformed, "a moment is written 20220105093000 or 2022-01-05T09:30:00+08:00");
    }
    const auto day = Day::parse(day_text);
    if (!day) return std::unexpected{day.error()};
    const int hours = digits::number_in(time[0]);
    const int minutes = digits::number_in(time[1]);
    const int seconds = digits::number_in(time[2]);
    if (hours > 23 || minutes > 59 || seconds > 59)
        return refuse(Fault::out_of_range, "there is no such time of day");
    return Moment{day->epoch_days() * seconds_per_day + hours * 3'600 + minutes * 60 + seconds -
                  china_ahead_of_utc};
}

int age_on(Day born, Day on) {
    const auto birth = civil(born);
    const auto date = civil(on);
    const int years = static_cast<int>(date.year()) - static_cast<int>(birth.year());
    const bool birthday_is_to_come =
        std::tuple{date.month(), date.day()} < std::tuple{birth.month(), birth.day()};
    return birthday_is_to_come ? years - 1 : years;
}

}  // namespace onecard
