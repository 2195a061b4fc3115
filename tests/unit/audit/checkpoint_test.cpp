#include "onecard/audit/checkpoint.hpp"

#include <gtest/gtest.h>

#include "plain_sha256.hpp"

namespace onecard::audit {
namespace {

constexpr const HashFunction& sha256 = onecard::testing::plain_sha256_function;

// The example of the tlog-checkpoint specification.
constexpr std::string_view spec_text =
    "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n";
constexpr std::string_view spec_note =
    "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n"
    "— example.com/behind-the-sofa "
    "Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n";

// The key and note of the documentation of golang.org/x/mod/sumdb/note.
constexpr std::string_view go_verifier_key =
    "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";

TEST(CheckpointText, NamesAnyOtherHashThanSha256InAnExtensionLine) {
    Checkpoint checkpoint{"example/log", 7, {}, "sm3"};
    EXPECT_TRUE(checkpoint.text().ends_with("=\nhash sm3\n"));
    EXPECT_EQ(Checkpoint::parse(checkpoint.text()).value(), checkpoint);
    checkpoint.hash = "sha256";
    EXPECT_EQ(checkpoint.text().find("hash"), std::string::npos);
    EXPECT_EQ(Checkpoint::parse(checkpoint.text()).value().hash, "sha256");
    for (const char* line : {"hash sha256\n", "hash md5\n", "hash sm3", "hash sm3\nhash sm3\n", "sm3\n"})
        EXPECT_FALSE(Checkpoint::parse(checkpoint.text() + line)) << line;
}

TEST(Checkpoint, ReadsAndWritesTheExampleOfTheSpecification) {
    const auto checkpoint = Checkpoint::parse(spec_text);
    ASSERT_TRUE(checkpoint) << checkpoint.error().message();
    EXPECT_EQ(checkpoint->origin, "example.com/behind-the-sofa");
    EXPECT_EQ(checkpoint->size, 20852163U);
    EXPECT_EQ(checkpoint->root.hex(), "0ac5186a91863e8e1d90c808014aa89bf5da8e3ee1d9f07630f0378f68f1ab62");
    EXPECT_EQ(checkpoint->text(), spec_text);
}

TEST(Checkpoint, NamesTheLineThatIsMalformed) {
    const std::string root = "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n";
    struct Row {
        const char* name;
        std::string text;
        const char* place;
    };
    for (const Row& row : {
             Row{"nothing", "", "line 1"},
             Row{"empty origin", "\n1\n" + root, "line 1"},
             Row{"control character", "a\tb\n1\n" + root, "line 1"},
             Row{"origin not UTF-8", "a\xff\n1\n" + root, "line 1"},
             Row{"no size", "a\n", "line 2"},
             Row{"empty size", "a\n\n" + root, "line 2"},
             Row{"leading zero", "a\n01\n" + root, "line 2"},
             Row{"sign", "a\n+1\n" + root, "line 2"},
             Row{"negative", "a\n-1\n" + root, "line 2"},
             Row{"space", "a\n1 \n" + root, "line 2"},
             Row{"hexadecimal", "a\n0x1\n" + root, "line 2"},
             Row{"beyond 64 bits", "a\n18446744073709551616\n" + root, "line 2"},
             Row{"no root", "a\n1\n", "line 3"},
             Row{"short root", "a\n1\nAAAA\n", "line 3"},
             Row{"root without newline", "a\n1\n" + root.substr(0, root.size() - 1), "line 3"},
             Row{"root in another base64", "a\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2J=\n", "line 3"},
             Row{"extension line", "a\n1\n" + root + "more\n", "line 4"},
         }) {
        const auto refused = Checkpoint::parse(row.text);
        ASSERT_FALSE(refused) << row.name;
        EXPECT_EQ(refused.error().fault, Fault::malformed) << row.name;
        EXPECT_EQ(refused.error().place, row.place) << row.name;
    }
}

TEST(Checkpoint, HoldsTheEmptyAndTheLargestTree) {
    for (const std::uint64_t size : {std::uint64_t{0}, UINT64_MAX}) {
        const Checkpoint checkpoint{.origin = "onecard.example/ledger", .size = size, .root = {}};
        EXPECT_EQ(Checkpoint::parse(checkpoint.text()).value(), checkpoint);
    }
}

TEST(SignedNote, ReadsAndWritesTheExampleOfTheSpecification) {
    const auto note = SignedNote::parse(spec_note);
    ASSERT_TRUE(note) << note.error().message();
    EXPECT_EQ(note->text, spec_text);
    ASSERT_EQ(note->signatures.size(), 1U);
    EXPECT_EQ(note->signatures[0].name, "example.com/behind-the-sofa");
    EXPECT_EQ(note->signatures[0].key_id, "\x03\x3d\xe0\xae");
    EXPECT_EQ(note->signatures[0].signature.size(), 64U);
    EXPECT_EQ(note->to_string(), spec_note);
}

TEST(SignedNote, DividesAtTheLastEmptyLine) {
    // The example of the signed-note specification: its text has an empty line of its own.
    const std::string text =
        "Ognuno sta solo sul cuor della terra\ntrafitto da un raggio di sole:\n\ned è subito sera.\n";
    const std::string note =
        text +
        "\n— quasimodo.example/salvatore "
        "NnugSzTjtVAewIS+Z/iJhUPeFDkO/5QQ2i5ddnGITLlC+EhfLW9oJKONrMouFSQU0xMcXxj99ihAQwaqP3ZekRwNtIc=\n";
    const auto parsed = SignedNote::parse(note);
    ASSERT_TRUE(parsed);
    EXPECT_EQ(parsed->text, text);
    EXPECT_EQ(parsed->to_string(), note);
}

TEST(SignedNote, KeepsTheOrderOfSeveralSignatures) {
    const SignedNote note{
        .text = "text\n",
        .signatures = {{"log", "abcd", std::string(64, '\x01')}, {"witness", "efgh", "other"}}};
    const auto again = SignedNote::parse(note.to_string());
    ASSERT_TRUE(again);
    ASSERT_EQ(again->signatures.size(), 2U);
    EXPECT_EQ(again->signatures[1].name, "witness");
    EXPECT_EQ(again->signatures[1].signature, "other");
}

TEST(SignedNote, RefusesWhatTheSpecificationForbids) {
    const std::string good = "— log AQIDBAU=\n";
    struct Row {
        const char* name;
        std::string note;
    };
    std::string many = "text\n\n";
    for (int i = 0; i < 101; ++i) many += good;
    for (const Row& row : {
             Row{"nothing", ""},
             Row{"no signature", "text\n\n"},
             Row{"no empty line", "text\n" + good},
             Row{"hyphen for the dash", "text\n\n- log AQIDBAU=\n"},
             Row{"en dash", "text\n\n– log AQIDBAU=\n"},
             Row{"no newline at the end", "text\n\n— log AQIDBAU="},
             Row{"no key name", "text\n\n—  AQIDBAU=\n"},
             Row{"plus in the name", "text\n\n— l+g AQIDBAU=\n"},
             Row{"Unicode space in the name", "text\n\n— l\u3000g AQIDBAU=\n"},
             Row{"no signature in the line", "text\n\n— log\n"},
             Row{"bad base64", "text\n\n— log AQIDBAU\n"},
             Row{"key id only", "text\n\n— log AQIDBA==\n"},
             Row{"control character", "te\rxt\n\n" + good},
             Row{"not UTF-8", "te\xc0xt\n\n" + good},
             Row{"101 signatures", many},
             Row{"above 1 MiB", std::string(1U << 20U, 'x') + "\n\n" + good},
         }) {
        const auto refused = SignedNote::parse(row.note);
        ASSERT_FALSE(refused) << row.name;
        EXPECT_EQ(refused.error().fault, Fault::malformed) << row.name;
    }
}

TEST(SignedNote, IsNeverWrittenWithAKeyNameThatBreaksTheLine) {
    const SignedNote note{.text = "text\n", .signatures = {{"two words", "abcd", "signature"}}};
    EXPECT_THROW(static_cast<void>(note.to_string()), BrokenInvariant);
}

TEST(VerifierKey, IsThatOfTheGoImplementation) {
    const auto key = parse_verifier_key(sha256, go_verifier_key);
    ASSERT_TRUE(key) << key.error().message();
    EXPECT_EQ(key->name, "PeterNeumann");
    EXPECT_EQ(key->key_id, "\xc7\x4f\x20\xa3");
    EXPECT_EQ(key->public_key.size(), 32U);
    EXPECT_EQ(ed25519_key_id(sha256, key->name, key->public_key), key->key_id);
    EXPECT_EQ(verifier_key_text(sha256, key->name, key->public_key), go_verifier_key);
}

TEST(VerifierKey, WithAnotherKeyIdIsAMismatch) {
    const auto refused =
        parse_verifier_key(sha256, "PeterNeumann+c74f20a4+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW");
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().fault, Fault::mismatch);
}

TEST(VerifierKey, RefusesOtherFormsAndAlgorithms) {
    for (const std::string_view text :
         {"", "PeterNeumann", "PeterNeumann+c74f20a3",
          "+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
          "Peter Neumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
          "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10T=",
          "PeterNeumann+173116ae+ZRpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"}) {
        const auto refused = parse_verifier_key(sha256, text);
        ASSERT_FALSE(refused) << text;
        EXPECT_EQ(refused.error().fault, Fault::malformed) << text;
    }
}

TEST(Base64, HasTheVectorsOfRfc4648) {
    constexpr std::array<std::pair<std::string_view, std::string_view>, 7> vectors{{{"", ""},
                                                                                    {"f", "Zg=="},
                                                                                    {"fo", "Zm8="},
                                                                                    {"foo", "Zm9v"},
                                                                                    {"foob", "Zm9vYg=="},
                                                                                    {"fooba", "Zm9vYmE="},
                                                                                    {"foobar", "Zm9vYmFy"}}};
    for (const auto& [bytes, text] : vectors) {
        EXPECT_EQ(base64(bytes), text);
        EXPECT_EQ(parse_base64(text).value(), bytes);
    }
}

TEST(Base64, IsReadStrictly) {
    for (const std::string_view text : {"Zg", "Zg=", "Zg===", "Zh==", "Zm9=", "=", "====", "Z===", "Zm9v\n",
                                        "Zm 9", "Zg==Zg==", "Zm-_", "Z=g=", "\xff\xff\xff\xff"})
        EXPECT_FALSE(parse_base64(text)) << text;
}

}  // namespace
}  // namespace onecard::audit
