#include "onecard/audit/merkle.hpp"

#include <array>
#include <bit>
#include <cstring>

namespace onecard::audit {
namespace {

constexpr std::byte leaf_prefix{0x00};
constexpr std::byte node_prefix{0x01};

/// Ledger lines are about 100 bytes: those are hashed in one call from the stack.
constexpr std::size_t short_leaf_bytes_max = 512;

/// A tree of 2^64 leaves has 65 levels: no proof is longer, so a longer one is refused before any hashing.
constexpr std::size_t proof_length_max = 64;

/// The largest power of two smaller than `size` (RFC 6962's k). Precondition: size > 1.
std::uint64_t left_part_of(std::uint64_t size) { return std::bit_floor(size - 1); }

/// RFC 6962's SUBPROOF. `is_old_root`: the caller already knows the root of these leaves.
void append_subproof(const HashFunction& hash, std::span<const Digest> leaves, std::uint64_t old_size,
                     bool is_old_root, std::vector<Digest>& proof) {
    if (old_size == leaves.size()) {
        if (!is_old_root) proof.push_back(root_of(hash, leaves));
        return;
    }
    const std::uint64_t left = left_part_of(leaves.size());
    if (old_size <= left) {
        append_subproof(hash, leaves.first(left), old_size, is_old_root, proof);
        proof.push_back(root_of(hash, leaves.subspan(left)));
    } else {
        append_subproof(hash, leaves.subspan(left), old_size - left, false, proof);
        proof.push_back(root_of(hash, leaves.first(left)));
    }
}

std::unexpected<Failure> does_not_lead(const char* what) { return refuse(Fault::mismatch, what); }

}  // namespace

Digest leaf_hash(const HashFunction& hash, std::span<const std::byte> leaf) {
    if (leaf.size() <= short_leaf_bytes_max) {
        std::array<std::byte, 1 + short_leaf_bytes_max> message;
        message[0] = leaf_prefix;
        if (!leaf.empty()) std::memcpy(message.data() + 1, leaf.data(), leaf.size());
        return hash.hash(std::span{message}.first(1 + leaf.size()));
    }
    const auto stream = hash.stream();
    stream->update(std::span{&leaf_prefix, 1});
    stream->update(leaf);
    return stream->finish();
}

Digest node_hash(const HashFunction& hash, const Digest& left, const Digest& right) {
    std::array<std::byte, 1 + 2 * sizeof(Digest::bytes)> message;
    message[0] = node_prefix;
    std::memcpy(message.data() + 1, left.bytes.data(), left.bytes.size());
    std::memcpy(message.data() + 1 + left.bytes.size(), right.bytes.data(), right.bytes.size());
    return hash.hash(message);
}

void MerkleFrontier::add(const Digest& leaf_digest) {
    // Each trailing one in the binary form of the size is a complete subtree that the new one completes to
    // the next. The vector never holds more than one digest per level, so it soon stops growing.
    Digest merged = leaf_digest;
    for (std::uint64_t bits = size_; (bits & 1U) != 0; bits >>= 1U) {
        merged = node_hash(*hash_, complete_.back(), merged);
        complete_.pop_back();
    }
    complete_.push_back(merged);
    ++size_;
}

Digest MerkleFrontier::root() const {
    if (complete_.empty()) return hash_->hash({});
    Digest root = complete_.back();
    for (std::size_t i = complete_.size() - 1; i > 0; --i) root = node_hash(*hash_, complete_[i - 1], root);
    return root;
}

Digest root_of(const HashFunction& hash, std::span<const Digest> leaves) {
    MerkleFrontier frontier{hash};
    for (const Digest& leaf : leaves) frontier.add(leaf);
    return frontier.root();
}

Result<std::vector<Digest>> inclusion_proof(const HashFunction& hash, std::span<const Digest> leaves,
                                            std::uint64_t index) {
    if (index >= leaves.size()) return refuse(Fault::out_of_range, "no leaf of that index in this tree");
    // From the root down; the proof is told from the leaf up.
    std::vector<Digest> proof;
    while (leaves.size() > 1) {
        const std::uint64_t left = left_part_of(leaves.size());
        if (index < left) {
            proof.push_back(root_of(hash, leaves.subspan(left)));
            leaves = leaves.first(left);
        } else {
            proof.push_back(root_of(hash, leaves.first(left)));
            leaves = leaves.subspan(left);
            index -= left;
        }
    }
    return std::vector<Digest>(proof.rbegin(), proof.rend());
}

Result<void> verify_inclusion(const HashFunction& hash, const Digest& leaf, std::uint64_t index,
                              std::uint64_t size, std::span<const Digest> proof, const Digest& root) {
    if (index >= size) return refuse(Fault::out_of_range, "no leaf of that index in a tree of that size");
    constexpr auto refusal = "the proof does not lead from the leaf to the root";
    if (proof.size() > proof_length_max) return does_not_lead(refusal);
    // RFC 9162, 2.1.3.2: `node` and `last` are the numbers of our node and of the last node on the level
    // reached.
    std::uint64_t node = index;
    std::uint64_t last = size - 1;
    Digest reached = leaf;
    for (const Digest& sibling : proof) {
        if (last == 0) return does_not_lead(refusal);
        if ((node & 1U) != 0 || node == last) {
            reached = node_hash(hash, sibling, reached);
            // The last node of a level rises unchanged until it is a right child.
            while ((node & 1U) == 0 && node != 0) {
                node >>= 1U;
                last >>= 1U;
            }
        } else {
            reached = node_hash(hash, reached, sibling);
        }
        node >>= 1U;
        last >>= 1U;
    }
    if (last != 0 || reached != root) return does_not_lead(refusal);
    return {};
}

Result<std::vector<Digest>> consistency_proof(const HashFunction& hash, std::span<const Digest> leaves,
                                              std::uint64_t old_size) {
    if (old_size > leaves.size())
        return refuse(Fault::out_of_range, "the older tree is larger than the newer");
    std::vector<Digest> proof;
    if (old_size > 0) append_subproof(hash, leaves, old_size, true, proof);
    return proof;
}

Result<void> verify_consistency(const HashFunction& hash, std::uint64_t old_size, const Digest& old_root,
                                std::uint64_t new_size, const Digest& new_root,
                                std::span<const Digest> proof) {
    if (old_size > new_size) return refuse(Fault::out_of_range, "the older tree is larger than the newer");
    constexpr auto refusal = "the newer tree does not continue the older one";
    if (proof.size() > proof_length_max + 1) return does_not_lead(refusal);
    if (old_size == new_size) {
        if (!proof.empty() || old_root != new_root) return does_not_lead(refusal);
        return {};
    }
    if (old_size == 0) {
        // Everything continues the empty tree; only its root can still be wrong.
        if (!proof.empty() || old_root != hash.hash({})) return does_not_lead(refusal);
        return {};
    }
    if (proof.empty()) return does_not_lead(refusal);

    // RFC 9162, 2.1.4.2. A complete older tree is a node of the newer one: its root is then the first step,
    // unsaid.
    const bool older_is_complete = std::has_single_bit(old_size);
    const Digest first = older_is_complete ? old_root : proof.front();
    const auto rest = older_is_complete ? proof : proof.subspan(1);

    std::uint64_t node = old_size - 1;
    std::uint64_t last = new_size - 1;
    while ((node & 1U) != 0) {
        node >>= 1U;
        last >>= 1U;
    }
    Digest older = first;
    Digest newer = first;
    for (const Digest& sibling : rest) {
        if (last == 0) return does_not_lead(refusal);
        if ((node & 1U) != 0 || node == last) {
            older = node_hash(hash, sibling, older);
            newer = node_hash(hash, sibling, newer);
            while ((node & 1U) == 0 && node != 0) {
                node >>= 1U;
                last >>= 1U;
            }
        } else {
            newer = node_hash(hash, newer, sibling);
        }
        node >>= 1U;
        last >>= 1U;
    }
    if (last != 0 || older != old_root || newer != new_root) return does_not_lead(refusal);
    return {};
}

}  // namespace onecard::audit
