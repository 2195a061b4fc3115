#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <sys/stat.h>

#include <algorithm>
#include <thread>
#include <vector>

#include "onecard/seal/sealing.hpp"
#include "openssl_command.hpp"

namespace onecard::seal {
namespace {

using onecard::testing::ScratchFolder;
using onecard::testing::slurp;
using onecard::testing::spill;

constexpr std::string_view account = "6228480402564890018";

class FieldCipher : public ::testing::Test {
protected:
    FieldCipher() {
        std::string keys;
        for (int i = 0; i < 64; ++i) keys.push_back(static_cast<char>(i));
        spill(folder / "fields.key", keys);
        cipher = create_field_cipher(folder / "fields.key").value();
    }
    std::string sealed(std::string_view plain) const {
        std::string out;
        cipher->seal(plain, out);
        return out;
    }
    ScratchFolder folder;
    std::unique_ptr<app::FieldCipher> cipher;
};

/// The construction once more, from EVP's one-shot functions: what is in a database today must open for ever. The longest
/// text has more blocks than a counter's last byte can count.
TEST_F(FieldCipher, IsHmacSha256TruncatedThenAes256CtrAtEveryLength) {
    const std::string keys = slurp(folder / "fields.key");
    const auto* key = reinterpret_cast<const unsigned char*>(keys.data());
    for (const std::size_t size :
         {0UL, 1UL, 15UL, 16UL, 17UL, 19UL, 31UL, 32UL, 33UL, 127UL, 128UL, 129UL, 5000UL}) {
        std::string plain(size, '7');
        if (size == account.size()) plain = account;
        std::array<unsigned char, 32> mac{};
        unsigned int mac_length = 0;
        ASSERT_NE(HMAC(EVP_sha256(), key, 32, reinterpret_cast<const unsigned char*>(plain.data()),
                       plain.size(), mac.data(), &mac_length),
                  nullptr);
        std::string text(size, ' ');
        int length = 0;
        EVP_CIPHER_CTX* context = EVP_CIPHER_CTX_new();
        ASSERT_EQ(EVP_EncryptInit_ex(context, EVP_aes_256_ctr(), nullptr, key + 32, mac.data()), 1);
        ASSERT_EQ(
            EVP_EncryptUpdate(context, reinterpret_cast<unsigned char*>(text.data()), &length,
                              reinterpret_cast<const unsigned char*>(plain.data()), static_cast<int>(size)),
            1);
        EVP_CIPHER_CTX_free(context);
        EXPECT_EQ(sealed(plain), std::string(reinterpret_cast<const char*>(mac.data()), 16) + text) << size;
    }
}

TEST_F(FieldCipher, OpensWhatItSealedAtEveryLength) {
    std::string plain;
    for (int length = 0; length <= 300; ++length) {
        const std::string bytes = sealed(plain);
        ASSERT_EQ(bytes.size(), plain.size() + 16);
        ASSERT_EQ(cipher->open(bytes).value(), plain);
        plain.push_back(static_cast<char>(length * 31));
    }
}

TEST_F(FieldCipher, SealsEqualValuesEquallyAndIsSearchedByTheTag) {
    EXPECT_EQ(sealed(account), sealed(account));
    EXPECT_EQ(sealed(account).substr(0, 16), cipher->tag(account));
    EXPECT_NE(sealed(account).substr(0, 16), sealed("6228480402564890019").substr(0, 16));
}

TEST_F(FieldCipher, AppendsToWhatIsThere) {
    std::string out = "before";
    cipher->seal(account, out);
    EXPECT_EQ(out, "before" + sealed(account));
}

TEST_F(FieldCipher, OpensIntoACallersBuffer) {
    const std::string bytes = sealed(account);
    std::string buffer(bytes.size(), '\0');
    const auto length = cipher->open_into(bytes, buffer.data());
    ASSERT_TRUE(length);
    EXPECT_EQ(buffer.substr(0, *length), account);
}

TEST_F(FieldCipher, RefusesEveryFlippedBitAndEveryOtherLength) {
    const std::string bytes = sealed(account);
    for (std::size_t bit = 0; bit < 8 * bytes.size(); ++bit) {
        std::string altered = bytes;
        altered[bit / 8] = static_cast<char>(altered[bit / 8] ^ 1 << (bit % 8));
        const auto refused = cipher->open(altered);
        ASSERT_FALSE(refused) << bit;
        ASSERT_EQ(refused.error().fault, Fault::tampered);
    }
    for (std::size_t length = 0; length < bytes.size(); ++length)
        ASSERT_EQ(cipher->open(bytes.substr(0, length)).error().fault, Fault::tampered) << length;
    EXPECT_FALSE(cipher->open(bytes + "0"));
}

TEST_F(FieldCipher, LeavesNothingInTheBufferOfARefusedField) {
    std::string bytes = sealed(account);
    bytes[0] = static_cast<char>(bytes[0] ^ 1);
    std::string buffer(bytes.size(), 'x');
    ASSERT_FALSE(cipher->open_into(bytes, buffer.data()));
    EXPECT_TRUE(std::ranges::all_of(buffer.substr(0, account.size()), [](char c) { return c == '\0'; }));
}

TEST_F(FieldCipher, WithAnotherKeyOpensNothing) {
    const auto other = create_field_cipher(folder / "other.key").value();
    EXPECT_EQ(other->open(sealed(account)).error().fault, Fault::tampered);
    EXPECT_NE(other->tag(account), cipher->tag(account));
}

TEST_F(FieldCipher, RefusesFieldsBeyond64KiB) {
    const std::string longest(64U << 10U, 'x');
    EXPECT_EQ(cipher->open(sealed(longest)).value(), longest);
    std::string out;
    EXPECT_THROW(cipher->seal(longest + "x", out), BrokenInvariant);
    EXPECT_EQ(cipher->open(std::string((64U << 10U) + 17, 'x')).error().fault, Fault::tampered);
}

TEST(FieldCipherKey, IsMadeOnceForItsOwnerOnlyAndKept) {
    const ScratchFolder folder;
    const auto path = folder / "fields.key";
    std::string bytes;
    create_field_cipher(path).value()->seal(account, bytes);
    struct stat status{};
    ASSERT_EQ(::stat(path.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 07777U, 0600U);
    EXPECT_EQ(status.st_size, 64);
    EXPECT_EQ(create_field_cipher(path).value()->open(bytes).value(), account);
    // Nothing else stays in the folder.
    EXPECT_EQ(std::distance(std::filesystem::directory_iterator{folder.path()}, {}), 1);
}

TEST(FieldCipherKey, MadeByManyAtOnceIsOneKey) {
    const ScratchFolder folder;
    std::vector<std::string> tags(8);
    std::vector<std::thread> threads;
    for (std::string& tag : tags)
        threads.emplace_back([&] { tag = create_field_cipher(folder / "fields.key").value()->tag(account); });
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(std::ranges::count(tags, tags.front()), 8);
}

TEST(FieldCipherKey, OfAnotherLengthIsRefusedByTheNameOfItsFile) {
    const ScratchFolder folder;
    const auto path = folder / "fields.key";
    for (const std::size_t length : {0U, 63U, 65U}) {
        spill(path, std::string(length, 'S'));
        const auto refused = create_field_cipher(path);
        ASSERT_FALSE(refused);
        EXPECT_EQ(refused.error().fault, Fault::malformed);
        EXPECT_EQ(refused.error().place, path.string());
        EXPECT_EQ(refused.error().message().find("SSSS"), std::string::npos);
        EXPECT_EQ(slurp(path).size(), length) << "a key file is never overwritten";
    }
}

TEST(FieldCipherKey, InAFolderThatIsNotThereIsRefused) {
    const auto refused = create_field_cipher("/nonexistent/fields.key");
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().fault, Fault::missing);
    EXPECT_EQ(refused.error().place, "/nonexistent/fields.key");
}

}  // namespace
}  // namespace onecard::seal
