#include "onecard/audit/merkle.hpp"

#include <gtest/gtest.h>

#include "plain_sha256.hpp"

namespace onecard::audit {
namespace {

using namespace std::string_literals;
using onecard::testing::plain_sha256;
constexpr const HashFunction& sha256 = onecard::testing::plain_sha256_function;

std::string hash_text(const std::string& bytes) {
    const Digest digest = plain_sha256(bytes_of(bytes));
    return {reinterpret_cast<const char*>(digest.bytes.data()), digest.bytes.size()};
}

/// The definitions of RFC 6962 section 2.1, word for word, over the leaves' bytes: nothing shared with the
/// room.
namespace rfc6962 {

using Leaves = std::vector<std::string>;

std::size_t k_of(std::size_t n) {
    std::size_t k = 1;
    while (k * 2 < n) k *= 2;
    return k;
}
Leaves part(const Leaves& d, std::size_t from, std::size_t to) {
    return {d.begin() + static_cast<long>(from), d.begin() + static_cast<long>(to)};
}

std::string mth(const Leaves& d) {
    if (d.empty()) return hash_text("");
    if (d.size() == 1) return hash_text("\0"s + d[0]);
    const std::size_t k = k_of(d.size());
    return hash_text("\x01"s + mth(part(d, 0, k)) + mth(part(d, k, d.size())));
}

std::vector<std::string> path(std::size_t m, const Leaves& d) {
    if (d.size() == 1) return {};
    const std::size_t k = k_of(d.size());
    auto steps = m < k ? path(m, part(d, 0, k)) : path(m - k, part(d, k, d.size()));
    steps.push_back(m < k ? mth(part(d, k, d.size())) : mth(part(d, 0, k)));
    return steps;
}

std::vector<std::string> subproof(std::size_t m, const Leaves& d, bool b) {
    if (m == d.size()) return b ? std::vector<std::string>{} : std::vector{mth(d)};
    const std::size_t k = k_of(d.size());
    auto steps = m <= k ? subproof(m, part(d, 0, k), b) : subproof(m - k, part(d, k, d.size()), false);
    steps.push_back(m <= k ? mth(part(d, k, d.size())) : mth(part(d, 0, k)));
    return steps;
}

}  // namespace rfc6962

Digest digest_of(std::string_view hex) { return Digest::parse_hex(hex).value(); }

std::vector<Digest> digests_of(const std::vector<std::string>& raw) {
    std::vector<Digest> digests(raw.size());
    for (std::size_t i = 0; i < raw.size(); ++i)
        std::copy(raw[i].begin(), raw[i].end(), digests[i].bytes.begin());
    return digests;
}

std::vector<Digest> leaf_hashes(const std::vector<std::string>& leaves) {
    std::vector<Digest> hashes;
    for (const auto& leaf : leaves) hashes.push_back(leaf_hash(sha256, bytes_of(leaf)));
    return hashes;
}

std::vector<std::string> some_leaves(std::size_t count) {
    std::vector<std::string> leaves;
    for (std::size_t i = 0; i < count; ++i) leaves.push_back("leaf " + std::to_string(i));
    return leaves;
}

/// The leaves and roots of the Certificate Transparency reference implementation's own test.
const std::vector ct_leaves{""s,
                            "\0"s,
                            "\x10"s,
                            "\x20\x21"s,
                            "\x30\x31"s,
                            "\x40\x41\x42\x43"s,
                            "\x50\x51\x52\x53\x54\x55\x56\x57"s,
                            "\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f"s};
constexpr std::array ct_roots{"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
                              "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
                              "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
                              "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
                              "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
                              "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
                              "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
                              "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
                              "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"};

TEST(MerkleTree, HasTheRootsOfTheCertificateTransparencyVectors) {
    const auto leaves = leaf_hashes(ct_leaves);
    MerkleFrontier frontier{sha256};
    EXPECT_EQ(frontier.root().hex(), ct_roots[0]);
    for (std::size_t size = 1; size < ct_roots.size(); ++size) {
        frontier.add_leaf(bytes_of(ct_leaves[size - 1]));
        EXPECT_EQ(frontier.size(), size);
        EXPECT_EQ(frontier.root().hex(), ct_roots[size]);
        EXPECT_EQ(root_of(sha256, std::span{leaves}.first(size)).hex(), ct_roots[size]);
    }
}

TEST(MerkleTree, GivesTheInclusionProofsOfTheCertificateTransparencyVectors) {
    const auto leaves = leaf_hashes(ct_leaves);
    EXPECT_EQ(inclusion_proof(sha256, leaves, 0).value(),
              (std::vector{digest_of("96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7"),
                           digest_of("5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e"),
                           digest_of("6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4")}));
    EXPECT_EQ(inclusion_proof(sha256, leaves, 5).value(),
              (std::vector{digest_of("bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b"),
                           digest_of("ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0"),
                           digest_of("d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7")}));
}

TEST(MerkleTree, GivesTheConsistencyProofsOfTheCertificateTransparencyVectors) {
    const auto leaves = leaf_hashes(ct_leaves);
    EXPECT_TRUE(consistency_proof(sha256, std::span{leaves}.first(1), 1).value().empty());
    EXPECT_EQ(consistency_proof(sha256, leaves, 1).value(),
              (std::vector{digest_of("96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7"),
                           digest_of("5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e"),
                           digest_of("6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4")}));
    EXPECT_EQ(consistency_proof(sha256, leaves, 6).value(),
              (std::vector{digest_of("0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a"),
                           digest_of("ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0"),
                           digest_of("d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7")}));
    EXPECT_EQ(consistency_proof(sha256, std::span{leaves}.first(5), 2).value(),
              (std::vector{digest_of("5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e"),
                           digest_of("bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b")}));
}

TEST(MerkleTree, AgreesWithTheDefinitionsOfRfc6962AtEverySizeUpTo40) {
    for (std::size_t size = 1; size <= 40; ++size) {
        const auto bytes = some_leaves(size);
        const auto leaves = leaf_hashes(bytes);
        ASSERT_EQ(root_of(sha256, leaves), digests_of({rfc6962::mth(bytes)})[0]) << size;
        for (std::size_t at = 0; at < size; ++at) {
            ASSERT_EQ(inclusion_proof(sha256, leaves, at).value(), digests_of(rfc6962::path(at, bytes)));
            ASSERT_EQ(consistency_proof(sha256, leaves, at + 1).value(),
                      digests_of(rfc6962::subproof(at + 1, bytes, true)));
        }
    }
}

TEST(MerkleTree, HashesLongLeavesAsOneMessage) {
    for (const std::size_t length : {511U, 512U, 513U, 5000U}) {
        const std::string leaf(length, 'x');
        EXPECT_EQ(leaf_hash(sha256, bytes_of(leaf)), digests_of({hash_text("\0"s + leaf)})[0]);
    }
}

TEST(MerkleTree, RefusesAnIndexOrASizeOutsideTheTree) {
    const auto leaves = leaf_hashes(some_leaves(5));
    const Digest root = root_of(sha256, leaves);
    EXPECT_EQ(inclusion_proof(sha256, leaves, 5).error().fault, Fault::out_of_range);
    EXPECT_EQ(inclusion_proof(sha256, {}, 0).error().fault, Fault::out_of_range);
    EXPECT_EQ(verify_inclusion(sha256, leaves[0], 5, 5, {}, root).error().fault, Fault::out_of_range);
    EXPECT_EQ(verify_inclusion(sha256, leaves[0], 0, 0, {}, root).error().fault, Fault::out_of_range);
    EXPECT_EQ(consistency_proof(sha256, leaves, 6).error().fault, Fault::out_of_range);
    EXPECT_EQ(verify_consistency(sha256, 6, root, 5, root, {}).error().fault, Fault::out_of_range);
}

TEST(MerkleTree, IsContinuedFromTheEmptyTreeByEveryTree) {
    const auto leaves = leaf_hashes(some_leaves(5));
    const Digest root = root_of(sha256, leaves);
    const Digest empty = root_of(sha256, {});
    EXPECT_TRUE(consistency_proof(sha256, leaves, 0).value().empty());
    EXPECT_TRUE(verify_consistency(sha256, 0, empty, 5, root, {}).has_value());
    EXPECT_EQ(verify_consistency(sha256, 0, root, 5, root, {}).error().fault, Fault::mismatch);
    EXPECT_EQ(verify_consistency(sha256, 0, empty, 5, root, leaves).error().fault, Fault::mismatch);
    EXPECT_TRUE(verify_consistency(sha256, 0, empty, 0, empty, {}).has_value());
}

TEST(MerkleTree, RefusesProofsOfAbsurdLengthWithoutHashing) {
    const std::vector<Digest> long_proof(100'000);
    EXPECT_EQ(verify_inclusion(sha256, {}, 0, UINT64_MAX, long_proof, {}).error().fault, Fault::mismatch);
    EXPECT_EQ(verify_consistency(sha256, 3, {}, UINT64_MAX, {}, long_proof).error().fault, Fault::mismatch);
}

TEST(PlainSha256, IsTheSha256OfFips180) {
    EXPECT_EQ(plain_sha256(bytes_of("abc")).hex(),
              "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    EXPECT_EQ(plain_sha256(bytes_of("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")).hex(),
              "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

}  // namespace
}  // namespace onecard::audit
