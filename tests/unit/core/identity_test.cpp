#include "onecard/core/identity.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <vector>

namespace onecard {
namespace {

const Day today = Day::parse("2022-01-05").value();

// The numbers of DOMAIN 4.1, in the unassigned area 9901xx.
TEST(ResidentId, AcceptsTheGoldenNumbers) {
    for (const std::string_view text :
         {"11010519491231002X", "990101195202290012", "990101198812319998", "990101200402290029",
          "99010119600101004X", "990101194508159979", "990202196307041203"}) {
        const auto id = ResidentId::parse(text, today);
        ASSERT_TRUE(id) << text;
        EXPECT_EQ(id->text(), text);
    }
}

TEST(ResidentId, RefusesTheGoldenMistakes) {
    struct Row {
        const char* name;
        std::string_view text;
        Fault fault;
    };
    for (const Row& row : {Row{"29 February 1950", "990101195002290018", Fault::out_of_range},
                           {"month 13", "990101199913010011", Fault::out_of_range},
                           {"check character", "990101195202290013", Fault::malformed},
                           {"17 digits", "99010119520229001", Fault::malformed},
                           {"empty", "", Fault::malformed},
                           {"letter inside", "9901011952O2290012", Fault::malformed},
                           {"X inside", "9901011952X2290012", Fault::malformed},
                           {"another letter at the end", "99010119600101004Y", Fault::malformed},
                           {"space before", " 99010119520229001", Fault::malformed},
                           {"old form with a letter", "99010150010100X", Fault::malformed},
                           {"before 1900", "990101189901010014", Fault::out_of_range}}) {
        const auto id = ResidentId::parse(row.text, today);
        ASSERT_FALSE(id) << row.name;
        EXPECT_EQ(id.error().fault, row.fault) << row.name;
        if (!row.text.empty()) EXPECT_EQ(id.error().message().find(row.text), std::string::npos) << row.name;
    }
}

TEST(ResidentId, MakesTheSmallXACapital) {
    EXPECT_EQ(ResidentId::parse("99010119600101004x", today).value().text(), "99010119600101004X");
}

TEST(ResidentId, WidensTheOldFifteenDigits) {
    EXPECT_EQ(ResidentId::parse("990101500101001", today).value().text(), "990101195001010010");
    EXPECT_EQ(ResidentId::parse("990101500229001", today).error().fault, Fault::out_of_range);
}

TEST(ResidentId, IsNotBornTomorrow) {
    const Day birthday = Day::parse("2004-02-29").value();
    EXPECT_TRUE(ResidentId::parse("990101200402290029", birthday).has_value());
    EXPECT_EQ(ResidentId::parse("990101200402290029", birthday.plus_days(-1)).error().fault,
              Fault::out_of_range);
}

TEST(ResidentId, TellsBirthAndSex) {
    const auto woman = ResidentId::parse("11010519491231002X", today).value();
    EXPECT_EQ(woman.born().text(), "1949-12-31");
    EXPECT_EQ(woman.sex(), Sex::female);
    EXPECT_EQ(ResidentId::parse("990101195202290012", today).value().sex(), Sex::male);
    EXPECT_THROW((void)ResidentId{}.born(), BrokenInvariant);
    EXPECT_THROW((void)ResidentId{}.sex(), BrokenInvariant);
}

TEST(ResidentId, IsMasked) {
    EXPECT_EQ(ResidentId::parse("990101195202290012", today).value().masked(), "990101********0012");
    EXPECT_EQ(ResidentId{}.masked(), "");
}

RC_GTEST_PROP(ResidentId, DetectsEveryChangeOfOneDigit, ()) {
    const std::string text = *rc::gen::element<std::string>("990101195202290012", "990101198812319998",
                                                            "990101200402290029", "99010119600101004X");
    for (std::size_t i = 0; i < 17; ++i) {
        for (char digit = '0'; digit <= '9'; ++digit) {
            auto changed = text;
            changed[i] = digit;
            if (changed != text) RC_ASSERT(!ResidentId::parse(changed, today).has_value());
        }
    }
}

// The numbers of DOMAIN 4.2.
TEST(AccountNumber, AcceptsTheGoldenCards) {
    for (const std::string_view text : {"6229990000000000019", "6229990000000000027", "6219991234567890120",
                                        "6239990000000123455", "622999000000000004"})
        EXPECT_TRUE(AccountNumber::parse(text, AccountKind::card).has_value()) << text;
}

TEST(AccountNumber, AsksForLuhnAndLengthOfCardsOnly) {
    const std::string_view wrong = "6229990000000000018";
    EXPECT_EQ(AccountNumber::parse(wrong, AccountKind::card).error().fault, Fault::malformed);
    EXPECT_TRUE(AccountNumber::parse(wrong, AccountKind::passbook).has_value());
    EXPECT_TRUE(AccountNumber::parse("000000000000", AccountKind::passbook).has_value());
    EXPECT_FALSE(AccountNumber::parse("000000000000000", AccountKind::card).has_value());
    EXPECT_TRUE(AccountNumber::parse("0000000000000000", AccountKind::card).has_value());
    EXPECT_FALSE(AccountNumber::parse("00000000000000000000", AccountKind::card).has_value());
}

TEST(AccountNumber, IsTwelveToThirtyDigits) {
    EXPECT_TRUE(AccountNumber::parse(std::string(30, '1'), AccountKind::passbook).has_value());
    for (const std::string& text :
         {std::string{}, std::string(11, '1'), std::string(31, '1'), std::string(12, 'a'),
          std::string{"6229 9900 0000 0000 019"}, std::string{"-22999000000000"}}) {
        const auto account = AccountNumber::parse(text, AccountKind::passbook);
        ASSERT_FALSE(account) << text;
        EXPECT_EQ(account.error().fault, Fault::malformed);
    }
}

TEST(AccountNumber, IsMasked) {
    EXPECT_EQ(AccountNumber::parse("6229990000000000019", AccountKind::card).value().masked(),
              "************0019");
    EXPECT_EQ(AccountNumber{}.masked(), "");
}

std::string name(std::string_view text) { return PersonName::parse(text).value().text(); }

TEST(PersonName, MakesEveryLookAlikeOfTheSeparatorTheMiddleDot) {
    for (const std::string_view separator : {"\u00B7", "\u2022", "\u2027", "\u30FB", "\uFF0E", "."})
        EXPECT_EQ(name("买买提" + std::string{separator} + "艾力"), "买买提\u00B7艾力") << separator;
    EXPECT_EQ(name("古丽•阿依•努尔"), "古丽·阿依·努尔");
}

TEST(PersonName, LeavesADotAloneThatStandsBetweenNoTwoCharacters) {
    EXPECT_EQ(name("王."), "王.");
    EXPECT_EQ(name(".王"), ".王");
    EXPECT_EQ(name("Li. Wang"), "Li. Wang");
    EXPECT_EQ(name("王..李"), "王..李");
}

TEST(PersonName, LosesItsOuterSpacesAndKeepsTheInnerOnes) {
    EXPECT_EQ(name("  王小明　\u00A0"), "王小明");
    EXPECT_EQ(name("王 明"), "王 明");
}

TEST(PersonName, KeepsRareCharacters) {
    for (const std::string_view text : {"䶮", "㼆", "𬱖", "𠮷野", "龑"}) EXPECT_EQ(name(text), text);
}

TEST(PersonName, IsOneToFiftyCharacters) {
    std::string fifty;
    for (int i = 0; i < 50; ++i) fifty += "王";
    EXPECT_EQ(name(fifty), fifty);
    EXPECT_EQ(name(" " + fifty + std::string(100, ' ')), fifty);
    EXPECT_FALSE(PersonName::parse(fifty + "王").has_value());
    EXPECT_FALSE(PersonName::parse("王" + std::string(100, ' ') + "王").has_value());
    EXPECT_FALSE(PersonName::parse("").has_value());
    EXPECT_FALSE(PersonName::parse(" 　 ").has_value());
}

TEST(PersonName, RefusesWhatABankCouldNotCarry) {
    for (const std::string_view text :
         {"王|明", "王\t明", "王\n", "王\x7F", "王\u0085明", "王\uE81E", "\U000F0000", "\U0010FFFD",
          "王\u200B明", "\u202E王", "\uFEFF王", "王\uFFFD", "\xCD\xF5", "王\xE7\x8E", "\xED\xA0\x80",
          "\xC0\xAF", "\xF4\x90\x80\x80"}) {
        const auto refused = PersonName::parse(text);
        ASSERT_FALSE(refused) << text;
        EXPECT_EQ(refused.error().fault, Fault::malformed);
    }
    EXPECT_FALSE(PersonName::parse(std::string_view{"王\0明", 7}).has_value());
}

TEST(PersonName, ShowsItsFirstCharacterOnly) {
    EXPECT_EQ(PersonName::parse("王小明").value().masked(), "王**");
    EXPECT_EQ(PersonName::parse("𠮷野").value().masked(), "𠮷**");
    EXPECT_EQ(PersonName{}.masked(), "");
}

TEST(Utf8, ReadsBackEveryScalarValueAndNoSurrogate) {
    std::string text;
    for (char32_t c = 0; c <= 0x10FFFF; ++c) {
        if (c >= 0xD800 && c <= 0xDFFF) continue;
        text.clear();
        append_utf8(text, c);
        std::size_t position = 0;
        ASSERT_EQ(next_code_point(text, position), c);
        ASSERT_EQ(position, text.size());
    }
    EXPECT_THROW(append_utf8(text, 0xD800), BrokenInvariant);
    EXPECT_THROW(append_utf8(text, 0x110000), BrokenInvariant);
}

RC_GTEST_PROP(Utf8, IsTheOnlySpellingThatIsAccepted, ()) {
    // Any bytes whatever: what is decoded must encode to the same bytes again, and decoding must come to an end.
    const auto bytes = *rc::gen::container<std::string>(rc::gen::oneOf(
        rc::gen::arbitrary<char>(),
        rc::gen::map(rc::gen::inRange(0x80, 0x100), [](int b) { return static_cast<char>(b); })));
    for (std::size_t position = 0; position < bytes.size();) {
        const std::size_t start = position;
        const char32_t c = next_code_point(bytes, position);
        RC_ASSERT(position > start);
        if (c == 0xFFFFFFFF) {
            RC_ASSERT(position == start + 1);
            continue;
        }
        std::string again;
        append_utf8(again, c);
        RC_ASSERT(again == bytes.substr(start, position - start));
    }
    std::size_t end = bytes.size();
    RC_ASSERT(next_code_point(bytes, end) == char32_t{0xFFFFFFFF});
    RC_ASSERT(end == bytes.size());
}

}  // namespace
}  // namespace onecard
