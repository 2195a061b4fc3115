#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "onecard/app/scratch.hpp"
#include "onecard/registry/row_packing.hpp"

namespace onecard::app {

/// The rows of an import that is larger than the memory for it, in a scratch file, to be taken out again in buckets.
/// Rows with the same county and key are always in the same bucket, and of a county that fits into one all rows are:
/// so what `check_together` looks for is found within buckets, and a county's rows come to lie together.
class RowSpool {
public:
    explicit RowSpool(std::unique_ptr<Scratch> scratch) : scratch_{std::move(scratch)} {}

    void put(const registry::RegisterFiles& rows);

    /// Some parts (counties by a hash), or one slice of a part that is too large for a bucket.
    struct Bucket {
        std::vector<std::size_t> parts;
        std::uint64_t slice = 0, slices = 1;
    };
    /// Ends the putting. Every row is in exactly one bucket; the rows of one take `bytes_max` in memory, about
    /// (registry::bytes_per_row), where a bucket has several slices twice that at worst.
    std::vector<Bucket> buckets(std::size_t bytes_max);
    /// Replaces what `out` holds; its capacity is used again. Rows of one county and kind are in the order in which
    /// they were put.
    void load(const Bucket& bucket, registry::RegisterFiles& out);

private:
    static constexpr std::size_t part_count = 256;
    static constexpr std::size_t block_bytes = std::size_t{64} * 1024;

    struct Block {
        std::int64_t at = 0;
        std::size_t bytes = 0;
    };
    struct Part {
        std::string open;  ///< becomes the next block
        std::vector<Block> blocks;
        std::array<std::size_t, registry::file_kinds.size()> rows{};
        std::size_t bytes_in_memory() const;
    };
    void end_block(Part& part);

    std::unique_ptr<Scratch> scratch_;
    std::array<Part, part_count> parts_;
    std::string block_;
};

/// Drops the rows and keeps the memory for the next ones.
void clear(registry::RegisterFiles& rows);
/// About what the rows take in memory.
std::size_t bytes_in_memory(const registry::RegisterFiles& rows);
std::size_t row_count(const registry::RegisterFiles& rows);

}  // namespace onecard::app
