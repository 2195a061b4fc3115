#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "onecard/audit/checkpoint.hpp"
#include "onecard/audit/merkle.hpp"
#include "onecard/seal/hashes.hpp"

namespace onecard::audit {
namespace {

constexpr std::size_t leaves_max = 130;

const HashFunction& hash = seal::sha256();

std::vector<Digest> numbered_leaves(std::size_t count) {
    std::vector<Digest> leaves;
    for (std::size_t i = 0; i < count; ++i)
        leaves.push_back(leaf_hash(hash, bytes_of("leaf " + std::to_string(i))));
    return leaves;
}

/// MTH of RFC 6962, from its definition.
Digest root_by_definition(std::span<const Digest> leaves) {
    if (leaves.empty()) return hash.hash({});
    if (leaves.size() == 1) return leaves[0];
    std::size_t k = 1;
    while (2 * k < leaves.size()) k *= 2;
    const Digest left = root_by_definition(leaves.first(k));
    const Digest right = root_by_definition(leaves.subspan(k));
    std::string message = "\x01";
    message.append(reinterpret_cast<const char*>(left.bytes.data()), left.bytes.size());
    message.append(reinterpret_cast<const char*>(right.bytes.data()), right.bytes.size());
    return hash.hash(bytes_of(message));
}

/// The roots of the trees of the first 0, 1, 2 … leaves.
std::vector<Digest> roots_of(std::span<const Digest> leaves) {
    std::vector<Digest> roots;
    for (std::size_t size = 0; size <= leaves.size(); ++size)
        roots.push_back(root_by_definition(leaves.first(size)));
    return roots;
}

void flip(Digest& digest, std::size_t bit) {
    digest.bytes[bit / 8] = static_cast<std::uint8_t>(digest.bytes[bit / 8] ^ 1U << (bit % 8));
}

TEST(Inclusion, OfEveryLeafOfEveryTreeIsProvedForItsLeafIndexAndRootOnly) {
    const auto leaves = numbered_leaves(leaves_max);
    const auto roots = roots_of(leaves);
    for (std::size_t size = 1; size <= leaves_max; ++size) {
        const auto tree = std::span{leaves}.first(size);
        for (std::size_t index = 0; index < size; ++index) {
            const auto proof = inclusion_proof(hash, tree, index).value();
            ASSERT_TRUE(verify_inclusion(hash, leaves[index], index, size, proof, roots[size]))
                << index << "/" << size;
            const std::size_t other = (index + 1) % size;
            if (other != index) {
                ASSERT_FALSE(verify_inclusion(hash, leaves[other], index, size, proof, roots[size]));
                ASSERT_FALSE(verify_inclusion(hash, leaves[index], other, size, proof, roots[size]));
            }
            ASSERT_FALSE(verify_inclusion(hash, leaves[index], index, size, proof, roots[size - 1]));
            auto longer = proof;
            longer.push_back(roots[size]);
            ASSERT_FALSE(verify_inclusion(hash, leaves[index], index, size, longer, roots[size]));
            if (!proof.empty())
                ASSERT_FALSE(verify_inclusion(hash, leaves[index], index, size,
                                              std::span{proof}.first(proof.size() - 1), roots[size]));
        }
    }
}

TEST(Inclusion, IsProvedForNoOtherIndexOfTheTree) {
    const auto leaves = numbered_leaves(33);
    for (const std::size_t size : {7U, 16U, 33U}) {
        const auto tree = std::span{leaves}.first(size);
        const Digest root = root_by_definition(tree);
        for (std::size_t index = 0; index < size; ++index) {
            const auto proof = inclusion_proof(hash, tree, index).value();
            for (std::size_t claimed = 0; claimed < size; ++claimed)
                ASSERT_EQ(verify_inclusion(hash, leaves[index], claimed, size, proof, root).has_value(),
                          claimed == index);
        }
    }
}

TEST(Consistency, OfEveryPairOfSizesIsProvedForTheirRootsOnly) {
    const auto leaves = numbered_leaves(leaves_max);
    const auto roots = roots_of(leaves);
    for (std::size_t size = 0; size <= leaves_max; ++size) {
        const auto tree = std::span{leaves}.first(size);
        for (std::size_t old_size = 0; old_size <= size; ++old_size) {
            const auto proof = consistency_proof(hash, tree, old_size).value();
            ASSERT_TRUE(verify_consistency(hash, old_size, roots[old_size], size, roots[size], proof))
                << old_size << "/" << size;
            Digest wrong = roots[old_size];
            flip(wrong, 0);
            ASSERT_FALSE(verify_consistency(hash, old_size, wrong, size, roots[size], proof));
            // Every tree continues the empty one, whatever the proof would say of it.
            if (old_size > 0) {
                wrong = roots[size];
                flip(wrong, 255);
                ASSERT_FALSE(verify_consistency(hash, old_size, roots[old_size], size, wrong, proof));
            }
            auto longer = proof;
            longer.push_back(roots[size]);
            ASSERT_FALSE(verify_consistency(hash, old_size, roots[old_size], size, roots[size], longer));
            if (!proof.empty())
                ASSERT_FALSE(verify_consistency(hash, old_size, roots[old_size], size, roots[size],
                                                std::span{proof}.first(proof.size() - 1)));
        }
    }
}

RC_GTEST_PROP(Inclusion, IsNotProvedByAProofWithAFlippedBit, ()) {
    const auto size = *rc::gen::inRange<std::size_t>(2, 400);
    const auto index = *rc::gen::inRange<std::size_t>(0, size);
    const auto leaves = numbered_leaves(size);
    auto proof = inclusion_proof(hash, leaves, index).value();
    const Digest root = root_of(hash, leaves);
    RC_ASSERT(verify_inclusion(hash, leaves[index], index, size, proof, root).has_value());
    flip(proof[*rc::gen::inRange<std::size_t>(0, proof.size())], *rc::gen::inRange<std::size_t>(0, 256));
    RC_ASSERT(verify_inclusion(hash, leaves[index], index, size, proof, root).error().fault ==
              Fault::mismatch);
}

RC_GTEST_PROP(Consistency, IsNotProvedByAProofWithAFlippedBit, ()) {
    const auto size = *rc::gen::inRange<std::size_t>(2, 400);
    const auto old_size = *rc::gen::inRange<std::size_t>(1, size);
    const auto leaves = numbered_leaves(size);
    auto proof = consistency_proof(hash, leaves, old_size).value();
    const Digest old_root = root_of(hash, std::span{leaves}.first(old_size));
    const Digest root = root_of(hash, leaves);
    RC_ASSERT(verify_consistency(hash, old_size, old_root, size, root, proof).has_value());
    flip(proof[*rc::gen::inRange<std::size_t>(0, proof.size())], *rc::gen::inRange<std::size_t>(0, 256));
    RC_ASSERT(verify_consistency(hash, old_size, old_root, size, root, proof).error().fault ==
              Fault::mismatch);
}

RC_GTEST_PROP(Frontier, HasTheRootOfTheDefinitionWhateverTheLeaves,
              (const std::vector<std::string>& contents)) {
    MerkleFrontier frontier{hash};
    std::vector<Digest> leaves;
    for (const auto& content : contents) {
        frontier.add_leaf(bytes_of(content));
        leaves.push_back(leaf_hash(hash, bytes_of(content)));
    }
    RC_ASSERT(frontier.size() == contents.size());
    RC_ASSERT(frontier.root() == root_by_definition(leaves));
}

RC_GTEST_PROP(Base64, RoundTrips, (const std::string& bytes)) {
    RC_ASSERT(parse_base64(base64(bytes)).value() == bytes);
}

RC_GTEST_PROP(Base64, HasOneTextForOneValue, ()) {
    // Whatever is read is written again as it stood: no second text of the same bytes is accepted.
    const auto text = *rc::gen::container<std::string>(8, rc::gen::elementOf(std::string{"ABQgwZ/+=x9"}));
    if (const auto bytes = parse_base64(text)) RC_ASSERT(base64(*bytes) == text);
}

RC_GTEST_PROP(Checkpoint, RoundTripsAndSurvivesNoFlippedBitUnnoticed, ()) {
    Checkpoint checkpoint{
        .origin = "onecard.example/ledger", .size = *rc::gen::arbitrary<std::uint64_t>(), .root = {}};
    for (auto& byte : checkpoint.root.bytes) byte = *rc::gen::arbitrary<std::uint8_t>();
    std::string text = checkpoint.text();
    RC_ASSERT(Checkpoint::parse(text).value() == checkpoint);
    const auto bit = *rc::gen::inRange<std::size_t>(0, 8 * text.size());
    text[bit / 8] = static_cast<char>(text[bit / 8] ^ 1 << (bit % 8));
    const auto other = Checkpoint::parse(text);
    const bool unnoticed = other && *other == checkpoint;
    RC_ASSERT(!unnoticed);
}

}  // namespace
}  // namespace onecard::audit
