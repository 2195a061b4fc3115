#include "onecard/core/digest.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>

namespace onecard {
namespace {

constexpr std::string_view sm3_of_abc = "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0";

TEST(Digest, IsReadAndWrittenInHexadecimal) {
    const auto digest = Digest::parse_hex(sm3_of_abc).value();
    EXPECT_EQ(digest.bytes.front(), 0x66);
    EXPECT_EQ(digest.bytes.back(), 0xe0);
    EXPECT_EQ(digest.hex(), sm3_of_abc);
}

TEST(Digest, AcceptsCapitalsAndWritesSmallLetters) {
    std::string capitals{sm3_of_abc};
    std::ranges::transform(capitals, capitals.begin(),
                           [](char c) { return c >= 'a' ? static_cast<char>(c - 32) : c; });
    EXPECT_EQ(Digest::parse_hex(capitals).value().hex(), sm3_of_abc);
}

TEST(Digest, RefusesAnyOtherLengthAndAnyOtherCharacter) {
    for (std::string text :
         {std::string{}, std::string(63, 'a'), std::string(65, 'a'), std::string(63, 'a') + "g",
          "-" + std::string(63, '0'), "0x" + std::string(62, '0'), std::string(63, 'a') + " "})
        EXPECT_EQ(Digest::parse_hex(text).error().fault, Fault::malformed) << text;
}

RC_GTEST_PROP(Digest, ReadsBackWhatItWrites, ()) {
    const auto bytes = *rc::gen::container<std::vector<std::uint8_t>>(32, rc::gen::arbitrary<std::uint8_t>());
    Digest digest;
    std::ranges::copy(bytes, digest.bytes.begin());
    RC_ASSERT(Digest::parse_hex(digest.hex()).value() == digest);
}

}  // namespace
}  // namespace onecard
