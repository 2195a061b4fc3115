#include "onecard/bankfile/encoding.hpp"

#include <gtest/gtest.h>
#include <cstdint>

#include "codec.hpp"

namespace onecard::bankfile {
namespace {

std::string encoded(std::string_view utf8, Encoding encoding) {
    std::string out;
    const auto done = encode(utf8, encoding, out);
    return done ? out : "refused: " + done.error().message();
}

std::string decoded(std::string_view bytes, Encoding encoding) {
    std::string out;
    const auto done = decode(bytes, encoding, out);
    return done ? out : "refused: " + done.error().message();
}

struct Pinned {
    std::string name;
    std::string utf8;
    std::string gb18030;
    bool in_gbk;
    friend void PrintTo(const Pinned& row, std::ostream* out) { *out << row.name; }
};

class PinnedCharacters : public testing::TestWithParam<Pinned> {};

TEST_P(PinnedCharacters, HaveTheBytesThatWereAgreed) {
    const Pinned& row = GetParam();
    EXPECT_EQ(encoded(row.utf8, Encoding::gb18030), row.gb18030);
    EXPECT_EQ(decoded(row.gb18030, Encoding::gb18030), row.utf8);
    if (row.in_gbk) {
        EXPECT_EQ(encoded(row.utf8, Encoding::gbk), row.gb18030);
        EXPECT_EQ(decoded(row.gb18030, Encoding::gbk), row.utf8);
    } else {
        EXPECT_TRUE(encoded(row.utf8, Encoding::gbk).starts_with("refused"));
        EXPECT_TRUE(decoded(row.gb18030, Encoding::gbk).starts_with("refused"));
    }
}

// DOMAIN 4.4.
INSTANTIATE_TEST_SUITE_P(
    Domain44, PinnedCharacters,
    testing::Values(
        Pinned{"middle_dot", "·", "\xA1\xA4", true}, Pinned{"bullet", "\u2022", "\x81\x36\xA6\x31", false},
        Pinned{"hyphenation_point", "\u2027", "\x81\x36\xA6\x34", false},
        Pinned{"katakana_middle_dot", "\u30FB", "\x81\x39\xA7\x39", false},
        Pinned{"yan_9f91", "龑", "\xFD\x8C", true}, Pinned{"di_9814", "頔", "\xEE\x45", true},
        Pinned{"kun_5803", "堃", "\x88\xD2", true}, Pinned{"zhe_5586", "喆", "\x86\xB4", true},
        Pinned{"ben_7287", "犇", "\xA0\xC4", true}, Pinned{"yan_4dae", "\u4DAE", "\xFE\x9F", false},
        Pinned{"zhan_3f06", "\u3F06", "\x82\x32\x8D\x37", false},
        Pinned{"jie_36c3", "\u36C3", "\x82\x30\xB7\x31", false},
        Pinned{"di_2cc56", "\U0002CC56", "\x99\x33\xC3\x36", false},
        Pinned{"fu_2b5af", "\U0002B5AF", "\x98\x38\xF5\x37", false},
        Pinned{"ji_20bb7", "\U00020BB7", "\x95\x34\xB2\x35", false},
        // Where glibc and the others part: private-use characters elsewhere.
        Pinned{"fe59", "\u9FB4", "\xFE\x59", false}, Pinned{"a6d9", "\uFE10", "\xA6\xD9", false},
        Pinned{"a8bc", "\u1E3F", "\xA8\xBC", false},
        // Supplementary characters with a short form.
        Pinned{"fe51", "\U00020087", "\xFE\x51", false}, Pinned{"fe91", "\U000241FE", "\xFE\x91", false},
        Pinned{"first_supplementary", "\U00010000", "\x90\x30\x81\x30", false},
        Pinned{"euro", "\u20AC", "\xA2\xE3", false}),
    [](const auto& info) { return info.param.name; });

TEST(Encoding, HasTheWholeMappingThatWasFrozen) {
    // One number over every character, so that another edition of the table cannot slip in with another glibc.
    // When this fails the mapping has changed: find out why, and tell the banks before changing the number.
    const auto fingerprint = [](Encoding encoding) {
        std::uint64_t state = 0xCBF29CE484222325;
        std::string utf8;
        std::string bytes;
        for (char32_t c = 0; c <= 0x10'FFFF; ++c) {
            utf8.assign(4, '\0');
            utf8.resize(static_cast<std::size_t>(codec::put_utf8(utf8.data(), c) - utf8.data()));
            bytes.clear();
            if (!encode(utf8, encoding, bytes)) bytes = "-";
            for (const char byte : bytes) state = (state ^ static_cast<unsigned char>(byte)) * 0x100000001B3;
        }
        return state;
    };
    EXPECT_EQ(fingerprint(Encoding::gb18030), 14082481888338141295u);
    EXPECT_EQ(fingerprint(Encoding::gbk), 4656231363040199310u);
}

TEST(Encoding, WritesMixedTextInOnePass) {
    const std::string utf8 = "ABC 买买提·吐尔逊, a longer run of ASCII, 徐\u3F06";
    EXPECT_EQ(decoded(encoded(utf8, Encoding::gb18030), Encoding::gb18030), utf8);
    EXPECT_EQ(encoded("王a", Encoding::gb18030),
              "\xCD\xF5"
              "a");
    EXPECT_EQ(encoded("", Encoding::gbk), "");
    EXPECT_EQ(encoded("王", Encoding::utf8), "王");
    EXPECT_EQ(decoded("王", Encoding::utf8), "王");
}

TEST(Encoding, AppendsAndLeavesTheTextAloneWhenItRefuses) {
    std::string out = "before ";
    ASSERT_TRUE(encode("王", Encoding::gb18030, out));
    EXPECT_EQ(out, "before \xCD\xF5");
    const auto refused = encode("a\u4DAE", Encoding::gbk, out);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().fault, Fault::unknown);
    EXPECT_EQ(refused.error().text, "U+4DAE is not in GBK");
    EXPECT_EQ(out, "before \xCD\xF5");
    ASSERT_FALSE(decode("a\xFF", Encoding::gb18030, out));
    EXPECT_EQ(out, "before \xCD\xF5");
}

TEST(Encoding, RefusesPrivateUseCharactersBothWays) {
    for (const Encoding encoding : {Encoding::utf8, Encoding::gbk, Encoding::gb18030}) {
        for (const std::string_view utf8 : {"\uE000", "\uE81E", "\uF8FF", "\U000F0000", "\U0010FFFD"}) {
            std::string out;
            const auto refused = encode(utf8, encoding, out);
            ASSERT_FALSE(refused);
            EXPECT_EQ(refused.error().fault, Fault::unknown);
            EXPECT_NE(refused.error().text.find("private-use"), std::string::npos) << refused.error().text;
        }
    }
    EXPECT_TRUE(decoded("\uE000", Encoding::utf8).starts_with("refused"));
    // AAA1 is U+E000, 8336C830 U+E766's neighbour, 8431A439 U+FFFF; E3329A35 U+10FFFF in plane 16.
    EXPECT_TRUE(decoded("\xAA\xA1", Encoding::gb18030).starts_with("refused"));
    EXPECT_TRUE(decoded("\xE3\x32\x9A\x35", Encoding::gb18030).starts_with("refused"));
}

TEST(Encoding, RefusesASecondWayToWriteACharacter) {
    // U+20087 is FE51; counted linearly it would be 95329031, and a file would not be written as it was read.
    EXPECT_EQ(decoded("\xFE\x51", Encoding::gb18030), "\U00020087");
    EXPECT_TRUE(decoded("\x95\x32\x90\x31", Encoding::gb18030).starts_with("refused"));
}

TEST(Encoding, RefusesMalformedBytesWithTheirOffset) {
    const auto fault_of = [](std::string_view bytes, Encoding encoding) {
        std::string out;
        const auto done = decode(bytes, encoding, out);
        EXPECT_FALSE(done);
        EXPECT_EQ(done.error().fault, Fault::malformed);
        return done.error().text;
    };
    EXPECT_EQ(fault_of("ab\xFF", Encoding::gb18030),
              "byte offset 2: 0xFF begins no character of GB18030 that can be accepted");
    EXPECT_EQ(fault_of("\xCD\xF5\x80", Encoding::gbk),
              "byte offset 2: 0x80 begins no character of GBK that can be accepted");
    for (const std::string_view bytes : {"\xCD", "\xCD\x7F", "\xCD ", "\x82\x32", "\x82\x32\x8D",
                                         "\x82\x32\x8D\x41", "\x84\x31\xA5\x30", "\xFE\x39\xFE\x39"})
        EXPECT_TRUE(fault_of(bytes, Encoding::gb18030).starts_with("byte offset 0:"));
    for (const std::string_view utf8 :
         {"\xC0\x80", "\xE0\x80\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xE7\x8E", "\x80"}) {
        EXPECT_TRUE(fault_of(utf8, Encoding::utf8).starts_with("byte offset 0:"));
        std::string out;
        const auto done = encode(utf8, Encoding::gb18030, out);
        ASSERT_FALSE(done);
        EXPECT_EQ(done.error().fault, Fault::malformed);
    }
}

TEST(FindDelimiter, IsNotMisledByASecondByte) {
    // 丁 is B6A1, but 亅 81 7C ends in the byte of '|'.
    const std::string bytes = "\x81\x7C|a";
    ASSERT_EQ(bytes.find('|'), 1u);
    EXPECT_EQ(find_delimiter(bytes, Encoding::gb18030, '|', 0), 2u);
    EXPECT_EQ(find_delimiter(bytes, Encoding::gbk, '|', 0), 2u);
    EXPECT_EQ(find_delimiter(bytes, Encoding::gb18030, '|', 3), std::string_view::npos);
    EXPECT_EQ(find_delimiter("\x82\x32\x8D\x37|", Encoding::gb18030, '|', 0), 4u);
    EXPECT_EQ(find_delimiter("\x82\x32\x8D\x37|", Encoding::gb18030, '2', 0), std::string_view::npos);
    EXPECT_EQ(find_delimiter("王|", Encoding::utf8, '|', 0), 3u);
    EXPECT_EQ(find_delimiter("abcdefghijkl|", Encoding::gb18030, '|', 0), 12u);
    EXPECT_EQ(find_delimiter("\x81", Encoding::gb18030, '|', 0), std::string_view::npos);
    EXPECT_EQ(find_delimiter("", Encoding::gb18030, '|', 0), std::string_view::npos);
    EXPECT_EQ(find_delimiter("|", Encoding::gb18030, '|', 7), std::string_view::npos);
}

}  // namespace
}  // namespace onecard::bankfile
