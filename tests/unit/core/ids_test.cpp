#include "onecard/core/ids.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <type_traits>

namespace onecard {
namespace {

static_assert(!std::is_convertible_v<HouseholdNo, PersonNo>);
static_assert(!std::is_constructible_v<HouseholdNo, PersonNo>);

TEST(Id, OfNothingIsFalse) {
    EXPECT_FALSE(RunNo{});
    EXPECT_TRUE(RunNo{7});
    EXPECT_LT(RunNo{7}, RunNo{8});
}

TEST(County, IsSixDigitsThatNameACounty) {
    EXPECT_EQ(County::parse("370212").value().number(), 370'212);
    EXPECT_EQ(County::parse("370212").value().text(), "370212");
    EXPECT_EQ(County::of_number(10'203).text(), "010203");
    for (const std::string_view text :
         {"", "37", "3702", "37021", "3702121", "370200", "370000", "37021a", " 37021", "-37021"})
        EXPECT_EQ(County::parse(text).error().fault, Fault::malformed) << text;
}

TEST(Region, CoversTheCountiesThatBeginWithIt) {
    const auto region = [](std::string_view prefix) { return Region::parse(prefix).value(); };
    const auto county = County::parse("370212").value();
    for (const std::string_view prefix : {"", "37", "3702", "370212"})
        EXPECT_TRUE(region(prefix).covers(county)) << prefix;
    for (const std::string_view prefix : {"36", "38", "3701", "3703", "370211", "370213"})
        EXPECT_FALSE(region(prefix).covers(county)) << prefix;
    EXPECT_TRUE(region("37").covers(region("3702")));
    EXPECT_TRUE(region("37").covers(region("37")));
    EXPECT_FALSE(region("3702").covers(region("37")));
    EXPECT_TRUE(Region{}.covers(county));
}

TEST(Region, KnowsItsFirstAndLastCode) {
    const auto bounds = [](std::string_view prefix) {
        const auto region = Region::parse(prefix).value();
        return std::pair{region.lowest(), region.highest()};
    };
    EXPECT_EQ(bounds("3702"), (std::pair{370'200, 370'299}));
    EXPECT_EQ(bounds("37"), (std::pair{370'000, 379'999}));
    EXPECT_EQ(bounds(""), (std::pair{0, 999'999}));
    EXPECT_EQ(bounds("370212"), (std::pair{370'212, 370'212}));
}

TEST(Region, IsAnEvenNumberOfDigits) {
    for (const std::string_view text : {"3", "370", "37021", "3702120", "3a", " 37", "370200", "37020001"})
        EXPECT_EQ(Region::parse(text).error().fault, Fault::malformed) << text;
}

PaymentReference any_reference() {
    return {.county = County::of_number(*rc::gen::inRange(0, 10'000) * 100 + *rc::gen::inRange(1, 100)),
            .period = *rc::gen::inRange(1900, 9999) * 100 + *rc::gen::inRange(1, 13),
            .serial = Serial{*rc::gen::inRange(1, 100'000'000)},
            .attempt = static_cast<std::int16_t>(*rc::gen::inRange(1, 100))};
}

TEST(PaymentReference, IsWrittenInTwentySixCharacters) {
    const PaymentReference reference{
        .county = County::of_number(370'212), .period = 202'201, .serial = Serial{12'345}, .attempt = 1};
    // The check digits were computed apart from this program: 98 - (3702122022010001234501 * 100 mod 97).
    EXPECT_EQ(reference.text(), "YK370212202201000123450119");
    EXPECT_EQ(PaymentReference::parse("YK370212202201000123450119").value(), reference);
}

RC_GTEST_PROP(PaymentReference, ReadsBackWhatItWrites, ()) {
    const auto reference = any_reference();
    const auto text = reference.text();
    RC_ASSERT(text.size() == payment_reference_length);
    RC_ASSERT(PaymentReference::parse(text).value() == reference);
}

RC_GTEST_PROP(PaymentReference, DetectsEveryChangeOfOneDigitAndEverySwapOfTwoNeighbours, ()) {
    const auto text = any_reference().text();
    for (std::size_t i = 2; i < text.size(); ++i) {
        for (char digit = '0'; digit <= '9'; ++digit) {
            auto changed = text;
            changed[i] = digit;
            if (changed != text)
                RC_ASSERT(PaymentReference::parse(changed).error().fault == Fault::malformed);
        }
        auto swapped = text;
        if (i + 1 < text.size()) std::swap(swapped[i], swapped[i + 1]);
        if (swapped != text) RC_ASSERT(PaymentReference::parse(swapped).error().fault == Fault::malformed);
    }
}

RC_GTEST_PROP(PaymentReference, HasExactlyOnePairOfCheckDigits, ()) {
    const auto stem = any_reference().text().substr(0, 24);
    int accepted = 0;
    for (int check = 0; check < 100; ++check)
        accepted +=
            PaymentReference::parse(stem + (check < 10 ? "0" : "") + std::to_string(check)).has_value();
    RC_ASSERT(accepted == 1);
}

/// A stem with right check digits, computed digit by digit.
std::string checked(std::string stem) {
    int rest = 0;
    for (const char digit : stem + "00") rest = (rest * 10 + (digit - '0')) % 97;
    const int check = 98 - rest;
    return "YK" + stem + (check < 10 ? "0" : "") + std::to_string(check);
}

TEST(PaymentReference, RefusesNumbersThatNameNothingEvenIfTheyAddUp) {
    EXPECT_TRUE(PaymentReference::parse(checked("3702122022010001234501")).has_value());
    const auto fault = [](const char* stem) { return PaymentReference::parse(checked(stem)).error().fault; };
    EXPECT_EQ(fault("3702002022010001234501"), Fault::malformed);     // no county
    EXPECT_EQ(fault("3702122022130001234501"), Fault::out_of_range);  // no month
    EXPECT_EQ(fault("3702129999120001234501"), Fault::out_of_range);  // the open end is no month
    EXPECT_EQ(fault("3702122022010000000001"), Fault::out_of_range);  // no serial
    EXPECT_EQ(fault("3702122022010001234500"), Fault::out_of_range);  // no attempt
}

TEST(PaymentReference, RefusesOtherForms) {
    const auto good = checked("3702122022010001234501");
    for (const auto& text : {std::string{}, good.substr(0, 25), good + "0", "yk" + good.substr(2),
                             " " + good.substr(1), good.substr(0, 10) + "a" + good.substr(11)})
        EXPECT_EQ(PaymentReference::parse(text).error().fault, Fault::malformed) << text;
}

TEST(PaymentReference, IsNeverWrittenWithNumbersThatDoNotFit) {
    const PaymentReference good{
        .county = County::of_number(370'212), .period = 202'201, .serial = Serial{1}, .attempt = 99};
    EXPECT_NO_THROW((void)good.text());
    const auto broken = [&](auto change) {
        auto reference = good;
        change(reference);
        EXPECT_THROW((void)reference.text(), BrokenInvariant);
    };
    broken([](auto& reference) { reference.county = {}; });
    broken([](auto& reference) { reference.period = 1'000'000; });
    broken([](auto& reference) { reference.serial = Serial{}; });
    broken([](auto& reference) { reference.serial = Serial{100'000'000}; });
    broken([](auto& reference) { reference.attempt = 0; });
    broken([](auto& reference) { reference.attempt = 100; });
}

}  // namespace
}  // namespace onecard
