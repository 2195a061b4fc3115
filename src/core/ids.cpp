#include "onecard/core/ids.hpp"

#include "digits.hpp"
#include "onecard/core/calendar.hpp"

namespace onecard {
namespace {

constexpr std::int32_t county_max = 999'999;
constexpr std::int32_t period_max = 999'999;
constexpr std::int32_t serial_max = 99'999'999;
constexpr std::int32_t attempt_max = 99;
constexpr std::string_view mark = "YK";

/// The two check digits, 2 … 98. Taken in steps, since 22 digits do not fit 64 bits.
constexpr std::uint32_t check_digits(std::uint64_t county, std::uint64_t period, std::uint64_t serial,
                                     std::uint64_t attempt) {
    std::uint64_t rest = (county * 1'000'000 + period) % 97;
    rest = (rest * 100'000'000 + serial) % 97;
    rest = (rest * 10'000 + attempt * 100) % 97;
    return static_cast<std::uint32_t>(98 - rest);
}

constexpr bool lies_in(std::int32_t number, std::int32_t lowest, std::int32_t highest) {
    return lowest <= number && number <= highest;
}

}  // namespace

Result<County> County::parse(std::string_view text) {
    if (text.size() != 6 || !digits::all_digits(text))
        return refuse(Fault::malformed, "a county is the six digits of its division code");
    if (text.ends_with("00"))
        return refuse(Fault::malformed,
                      "a division code that ends in 00 is a province or prefecture, no county");
    return County{digits::number_in(text)};
}

std::string County::text() const {
    ensure(lies_in(code_, 0, county_max), "a county code does not fit six digits");
    std::string text(6, '0');
    digits::put(text.data(), static_cast<std::uint32_t>(code_), 6);
    return text;
}

Result<Region> Region::parse(std::string_view prefix) {
    if (prefix.size() > 6 || prefix.size() % 2 != 0 || !digits::all_digits(prefix))
        return refuse(Fault::malformed, "a region is 0, 2, 4 or 6 digits of a division code");
    if (prefix.size() == 6 && prefix.ends_with("00"))
        return refuse(Fault::malformed, "a region is a prefix: write 37 or 3702, not 370000 or 370200");
    return Region{std::string{prefix}};
}

bool Region::covers(County county) const { return lies_in(county.number(), lowest(), highest()); }

std::int32_t Region::lowest() const {
    std::int32_t code = digits::number_in(prefix_);
    for (std::size_t digit = prefix_.size(); digit < 6; ++digit) code *= 10;
    return code;
}

std::int32_t Region::highest() const {
    std::int32_t code = digits::number_in(prefix_);
    for (std::size_t digit = prefix_.size(); digit < 6; ++digit) code = code * 10 + 9;
    return code;
}

Result<PaymentReference> PaymentReference::parse(std::string_view text) {
    if (text.size() != payment_reference_length || !text.starts_with(mark) ||
        !digits::all_digits(text.substr(mark.size())))
        return refuse(Fault::malformed, "a payment reference is YK and 24 digits");
    const std::int32_t county = digits::number_in(text.substr(2, 6));
    const std::int32_t period = digits::number_in(text.substr(8, 6));
    const std::int32_t serial = digits::number_in(text.substr(14, 8));
    const std::int32_t attempt = digits::number_in(text.substr(22, 2));
    const auto check = static_cast<std::uint32_t>(digits::number_in(text.substr(24, 2)));
    // Compared, not only tested for remainder 1: 00, 01 and 99 would pass that as second names of 97, 98 and 02.
    if (check != check_digits(static_cast<std::uint64_t>(county), static_cast<std::uint64_t>(period),
                              static_cast<std::uint64_t>(serial), static_cast<std::uint64_t>(attempt)))
        return refuse(Fault::malformed, "the check digits of a payment reference do not match");
    if (county % 100 == 0)
        return refuse(Fault::malformed, "the division code of a payment reference is no county");
    const auto month = Month::of_number(period);
    if (!month || *month == Month::open_end())
        return refuse(Fault::out_of_range, "the period of a payment reference is no month");
    if (serial == 0 || attempt == 0)
        return refuse(Fault::out_of_range, "serial and attempt of a payment reference begin with 1");
    return PaymentReference{.county = County::of_number(county),
                            .period = period,
                            .serial = Serial{serial},
                            .attempt = static_cast<std::int16_t>(attempt)};
}

std::string PaymentReference::text() const {
    std::string text(payment_reference_length, '0');
    write(text.data());
    return text;
}

void PaymentReference::write(char* out) const {
    ensure(lies_in(county.number(), 1, county_max),
           "the county of a payment reference does not fit six digits");
    ensure(lies_in(period, 1, period_max), "the period of a payment reference does not fit six digits");
    ensure(lies_in(serial.number(), 1, serial_max),
           "the serial of a payment reference lies outside 1 … 99,999,999");
    ensure(lies_in(attempt, 1, attempt_max), "the attempt of a payment reference lies outside 1 … 99");
    const auto county_digits = static_cast<std::uint32_t>(county.number());
    const auto period_digits = static_cast<std::uint32_t>(period);
    const auto serial_digits = static_cast<std::uint32_t>(serial.number());
    const auto attempt_digits = static_cast<std::uint32_t>(attempt);
    out += mark.copy(out, mark.size());
    out = digits::put(out, county_digits, 6);
    out = digits::put(out, period_digits, 6);
    out = digits::put(out, serial_digits, 8);
    out = digits::put(out, attempt_digits, 2);
    digits::put(out, check_digits(county_digits, period_digits, serial_digits, attempt_digits), 2);
}

}  // namespace onecard
