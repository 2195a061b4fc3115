#include "onecard/seal/hashes.hpp"

#include <gtest/gtest.h>
#include <openssl/evp.h>

#include <thread>
#include <vector>

namespace onecard::seal {
namespace {

Digest with_evp(const EVP_MD* md, std::string_view bytes) {
    Digest digest;
    EXPECT_EQ(EVP_Digest(bytes.data(), bytes.size(), digest.bytes.data(), nullptr, md, nullptr), 1);
    return digest;
}

TEST(Hashes, HaveTheirStandardVectors) {
    EXPECT_EQ(sha256().name, "sha256");
    EXPECT_EQ(sha256().hash(bytes_of("abc")).hex(),
              "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    EXPECT_EQ(sha256().hash({}).hex(), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    EXPECT_EQ(sm3().name, "sm3");
    EXPECT_EQ(sm3().hash(bytes_of("abc")).hex(),
              "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0");
}

TEST(Hashes, AgreeWithEvpAtEveryLengthUpTo200) {
    std::string bytes;
    for (int length = 0; length <= 200; ++length) {
        ASSERT_EQ(sha256().hash(bytes_of(bytes)), with_evp(EVP_sha256(), bytes)) << length;
        ASSERT_EQ(sm3().hash(bytes_of(bytes)), with_evp(EVP_sm3(), bytes)) << length;
        bytes.push_back(static_cast<char>(length * 7));
    }
}

TEST(Hashes, FedInPiecesGiveTheDigestOfTheWholeAndAreFreshAfterwards) {
    const std::string bytes(10'000, 'x');
    for (const HashFunction* function : {&sha256(), &sm3()}) {
        const auto stream = function->stream();
        for (int round = 0; round < 2; ++round) {
            for (std::size_t at = 0; at < bytes.size(); at += 777)
                stream->update(bytes_of(std::string_view{bytes}.substr(at, 777)));
            EXPECT_EQ(stream->finish(), function->hash(bytes_of(bytes))) << function->name;
        }
        EXPECT_EQ(stream->finish(), function->hash({})) << function->name;
    }
}

TEST(Hashes, AreReentrant) {
    const Digest expected = sm3().hash(bytes_of("one of many"));
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i)
        threads.emplace_back([&] {
            for (int round = 0; round < 1000; ++round)
                ASSERT_EQ(sm3().hash(bytes_of("one of many")), expected);
        });
    for (auto& thread : threads) thread.join();
}

}  // namespace
}  // namespace onecard::seal
