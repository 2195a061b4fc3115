#include <gtest/gtest.h>
#include <sys/stat.h>

#include "onecard/audit/checkpoint.hpp"
#include "onecard/seal/hashes.hpp"
#include "onecard/seal/sealing.hpp"
#include "openssl_command.hpp"

namespace onecard::seal {
namespace {

using onecard::testing::ScratchFolder;
using onecard::testing::shell;
using onecard::testing::slurp;
using onecard::testing::spill;

constexpr std::string_view go_text =
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n";
constexpr std::string_view go_note =
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n\n"
    "— PeterNeumann "
    "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";
constexpr std::string_view go_verifier_key =
    "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
/// From the published signer key "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALV…": 0x01 || the 32 bytes of the
/// seed.
constexpr std::string_view go_seed = "AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz";

TEST(NoteSigner, WritesTheNoteOfTheGoImplementationByteForByte) {
    const ScratchFolder folder;
    // PKCS #8 of an Ed25519 seed (RFC 8410, section 10.3).
    const std::string prefix{"\x30\x2e\x02\x01\x00\x30\x05\x06\x03\x2b\x65\x70\x04\x22\x04\x20", 16};
    spill(folder / "ledger.key", "-----BEGIN PRIVATE KEY-----\n" +
                                     audit::base64(prefix + audit::parse_base64(go_seed).value().substr(1)) +
                                     "\n-----END PRIVATE KEY-----\n");
    const auto signer = create_note_signer(folder / "ledger.key", "PeterNeumann");
    ASSERT_TRUE(signer) << signer.error().message();
    EXPECT_EQ(audit::verifier_key_text(sha256(), "PeterNeumann", (*signer)->public_key()), go_verifier_key);
    const audit::SignedNote note{
        .text = std::string{go_text},
        .signatures = {{.name = (*signer)->name(),
                        .key_id = audit::ed25519_key_id(sha256(), (*signer)->name(), (*signer)->public_key()),
                        .signature = (*signer)->sign(go_text)}}};
    EXPECT_EQ(note.to_string(), go_note);
}

TEST(Ed25519, VerifiesTheNoteOfTheGoImplementationAndNoFlippedBitOfIt) {
    const auto key = audit::parse_verifier_key(sha256(), go_verifier_key).value();
    const auto note = audit::SignedNote::parse(go_note).value();
    const std::string& signature = note.signatures.at(0).signature;
    ASSERT_TRUE(verify_ed25519(key.public_key, note.text, signature));
    const auto flipped = [](std::string bytes, std::size_t bit) {
        bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ 1 << (bit % 8));
        return bytes;
    };
    for (std::size_t bit = 0; bit < 8 * signature.size(); ++bit)
        ASSERT_FALSE(verify_ed25519(key.public_key, note.text, flipped(signature, bit))) << bit;
    for (std::size_t bit = 0; bit < 8 * note.text.size(); ++bit)
        ASSERT_FALSE(verify_ed25519(key.public_key, flipped(note.text, bit), signature)) << bit;
    for (std::size_t bit = 0; bit < 8 * key.public_key.size(); ++bit)
        ASSERT_FALSE(verify_ed25519(flipped(key.public_key, bit), note.text, signature)) << bit;
}

TEST(Ed25519, RefusesKeysAndSignaturesOfAnotherLength) {
    EXPECT_FALSE(verify_ed25519("", "text", std::string(64, 'x')));
    EXPECT_FALSE(verify_ed25519(std::string(33, 'x'), "text", std::string(64, 'x')));
    EXPECT_FALSE(verify_ed25519(std::string(32, 'x'), "text", ""));
    EXPECT_FALSE(verify_ed25519(std::string(32, 'x'), "text", std::string(65, 'x')));
}

TEST(NoteSigner, MakesItsKeyOnceForItsOwnerOnly) {
    const ScratchFolder folder;
    const auto path = folder / "ledger.key";
    const auto first = create_note_signer(path, "onecard.example/ledger").value();
    struct stat status{};
    ASSERT_EQ(::stat(path.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 07777U, 0600U);
    const auto second = create_note_signer(path, "onecard.example/ledger").value();
    EXPECT_EQ(first->public_key(), second->public_key());
    EXPECT_TRUE(verify_ed25519(first->public_key(), "text\n", second->sign("text\n")));
    const auto said = shell(folder.path(), "openssl pkey -in ledger.key -noout -text");
    EXPECT_EQ(said.status, 0);
    EXPECT_TRUE(said.text.starts_with("ED25519 Private-Key")) << said.text;
}

TEST(NoteSigner, RefusesAnotherKindOfKeyAndNamesThatNoNoteCanHold) {
    const ScratchFolder folder;
    ASSERT_EQ(
        shell(folder.path(), "openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out ec.key")
            .status,
        0);
    const auto refused = create_note_signer(folder / "ec.key", "ledger");
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().fault, Fault::malformed);
    EXPECT_EQ(refused.error().place, (folder / "ec.key").string());
    for (const char* name : {"", "two words", "a+b", "line\n"}) {
        EXPECT_EQ(create_note_signer(folder / "new.key", name).error().fault, Fault::malformed);
        EXPECT_FALSE(std::filesystem::exists(folder / "new.key"));
    }
}

}  // namespace
}  // namespace onecard::seal
