#include "onecard/policy/change.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>

#include "onecard/policy/builder.hpp"

namespace onecard::policy {
namespace {

using testing::HasSubstr;

const County laoshan = County::of_number(370212);

Book a_book() {
    Book::Builder builder;
    const auto set = [&](std::string_view key, Book::Builder::Input input) {
        const auto added = builder.add({.division = "370212",
                                        .key = key,
                                        .months = {.from = Month::parse("2022-01").value()},
                                        .input = std::move(input),
                                        .source = {.document = "notice", .note = "", .place = "a"}});
        if (!added) throw std::runtime_error{added.error().message()};
    };
    set("dibao.urban", "995.00");
    set("orphan.dispersed", "1800.00");
    return builder.build();
}

CountyPolicy standing() {
    static const Book book = a_book();  // The policies point to its sources.
    return book.at(laoshan, Month::parse("2022-02").value()).value();
}

Result<CountyPolicy> with(std::initializer_list<std::pair<std::string_view, std::string_view>> wanted) {
    std::vector<Change> changes;
    for (const auto& [key, text] : wanted) {
        const auto change = parse_change(key, text);
        if (!change) return std::unexpected{change.error()};
        changes.push_back(*change);
    }
    return changed(standing(), changes);
}

std::int64_t fen(const CountyPolicy& policy, Standard which) {
    const auto& value = policy.standard(which);
    return value ? value->amount.fen() : -1;
}

TEST(Change, AnAmountIsReplacedOrPutOnTop) {
    EXPECT_EQ(fen(*with({{"dibao.urban", "1045"}}), Standard::dibao_urban), 104'500);
    EXPECT_EQ(fen(*with({{"dibao.urban", "+50.00"}}), Standard::dibao_urban), 104'500);
    EXPECT_EQ(fen(*with({{"dibao.urban", "-0.01"}}), Standard::dibao_urban), 99'499);
    EXPECT_EQ(fen(*with({{"dibao.urban", "+50"}, {"dibao.urban", "+5"}}), Standard::dibao_urban), 105'000);
}

TEST(Change, WhatACountyDoesNotPublishIsNotRaisedButCanBeSet) {
    EXPECT_EQ(fen(*with({{"dibao.rural", "+50"}}), Standard::dibao_rural), -1);
    EXPECT_EQ(fen(*with({{"dibao.rural", "800"}}), Standard::dibao_rural), 80'000);
}

TEST(Change, UnattendedChildrenFollowTheOrphansWhereTheyHaveNoAmountOfTheirOwn) {
    EXPECT_EQ(fen(*with({{"orphan.dispersed", "+100"}}), Standard::unattended_child), 190'000);
    EXPECT_EQ(
        fen(*with({{"unattended_child", "1500"}, {"orphan.dispersed", "+100"}}), Standard::unattended_child),
        150'000);
}

TEST(Change, ARuleIsSetAsTheBookWritesIt) {
    EXPECT_EQ(with({{"dibao.minimum_percent", "12"}})->dibao_minimum_percent, 12);
    EXPECT_EQ(with({{"dibao.uplift.sums", "true"}})->uplift_sums, true);
}

TEST(Change, TheSameValueAgainChangesNothing) {
    EXPECT_EQ(*with({{"dibao.urban", "995"}}), standing());
    EXPECT_EQ(*with({{"dibao.urban", "+0"}}), standing());
}

TEST(Change, AKeyOrValueThatIsNoneIsRefusedByItsName) {
    EXPECT_EQ(parse_change("dibao.town", "1").error().fault, Fault::unknown);
    EXPECT_EQ(parse_change("dibao.urban", "much").error().place, "dibao.urban");
    EXPECT_EQ(parse_change("dibao.urban", "+0.001").error().place, "dibao.urban");
    EXPECT_EQ(parse_change("dibao.minimum_percent", "twelve").error().place, "dibao.minimum_percent");
}

TEST(Change, AnAmountThatWouldNotBePositiveIsRefusedByItsPlace) {
    const auto nothing = with({{"dibao.urban", "-995.00"}});
    ASSERT_FALSE(nothing);
    EXPECT_EQ(nothing.error().place, "370212/2022-02 dibao.urban");
    EXPECT_THAT(nothing.error().text, HasSubstr("995.00 with -995.00"));
}

}  // namespace
}  // namespace onecard::policy
