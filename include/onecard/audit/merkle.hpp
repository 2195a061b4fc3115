#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "onecard/core/digest.hpp"
#include "onecard/core/result.hpp"

/// Merkle trees as in RFC 6962 section 2.1: leaf = H(0x00 || bytes), node = H(0x01 || left || right).
namespace onecard::audit {

Digest leaf_hash(const HashFunction& hash, std::span<const std::byte> leaf);
Digest node_hash(const HashFunction& hash, const Digest& left, const Digest& right);

/// Grows by leaves and gives the root at any size, holding one digest per level only.
class MerkleFrontier {
public:
    explicit MerkleFrontier(const HashFunction& hash) : hash_{&hash} {}
    void add_leaf(std::span<const std::byte> leaf) { add(leaf_hash(*hash_, leaf)); }
    void add(const Digest& leaf_digest);
    std::uint64_t size() const { return size_; }
    /// The root of what was added so far; H("") of the empty tree.
    Digest root() const;

private:
    const HashFunction* hash_;
    std::uint64_t size_ = 0;
    std::vector<Digest> complete_;  ///< roots of the complete subtrees, largest first
};

Digest root_of(const HashFunction& hash, std::span<const Digest> leaves);

/// PATH(m, D[n]). Errors: out_of_range when index >= leaves.size().
Result<std::vector<Digest>> inclusion_proof(const HashFunction& hash, std::span<const Digest> leaves,
                                            std::uint64_t index);
/// Errors: mismatch (the proof does not lead to the root), out_of_range.
Result<void> verify_inclusion(const HashFunction& hash, const Digest& leaf, std::uint64_t index,
                              std::uint64_t size, std::span<const Digest> proof, const Digest& root);

/// PROOF(m, D[n]) from the tree of the first `old_size` leaves; empty from the empty tree, which every tree
/// continues.
/// Errors: out_of_range.
Result<std::vector<Digest>> consistency_proof(const HashFunction& hash, std::span<const Digest> leaves,
                                              std::uint64_t old_size);
/// Errors: mismatch, out_of_range.
Result<void> verify_consistency(const HashFunction& hash, std::uint64_t old_size, const Digest& old_root,
                                std::uint64_t new_size, const Digest& new_root,
                                std::span<const Digest> proof);

}  // namespace onecard::audit
