#include "row_spool.hpp"

#include <algorithm>
#include <functional>
#include <utility>

namespace onecard::app {

using registry::file_kinds;
using registry::FileKind;
using registry::RegisterFiles;

namespace {

/// Spreads neighbouring numbers over all of the high bits (Fibonacci hashing).
constexpr std::uint64_t spread(std::int64_t number) {
    return static_cast<std::uint64_t>(number) * 0x9E37'79B9'7F4A'7C15U;
}

constexpr std::size_t index_of(FileKind kind) { return static_cast<std::size_t>(kind); }

}  // namespace

void RowSpool::put(const RegisterFiles& rows) {
    static_assert(part_count == 256);
    for (const FileKind kind : file_kinds) {
        const std::size_t count = rows_of(rows, kind);
        for (std::size_t i = 0; i < count; ++i) {
            Part& part = parts_[spread(place_of(rows, kind, i).county.number()) >> 56U];
            // Some room for the row that fills the block.
            if (part.open.capacity() < block_bytes) part.open.reserve(block_bytes + 4096);
            pack_row(rows, kind, i, part.open);
            ++part.rows[index_of(kind)];
            if (part.open.size() >= block_bytes) end_block(part);
        }
    }
}

void RowSpool::end_block(Part& part) {
    if (part.open.empty()) return;
    part.blocks.push_back({scratch_->append(part.open), part.open.size()});
    part.open.clear();
}

std::size_t RowSpool::Part::bytes_in_memory() const {
    std::size_t bytes = 0;
    for (const FileKind kind : file_kinds) bytes += rows[index_of(kind)] * bytes_per_row(kind);
    return bytes;
}

std::vector<RowSpool::Bucket> RowSpool::buckets(std::size_t bytes_max) {
    std::vector<Bucket> buckets;
    std::size_t bytes = bytes_max;  // of the last bucket: none is open yet
    for (std::size_t i = 0; i < parts_.size(); ++i) {
        Part& part = parts_[i];
        end_block(part);
        part.open = {};
        const std::size_t more = part.bytes_in_memory();
        if (more == 0) continue;
        if (more > bytes_max) {
            const std::uint64_t slices = (more + bytes_max - 1) / bytes_max;
            for (std::uint64_t slice = 0; slice < slices; ++slice)
                buckets.push_back({.parts = {i}, .slice = slice, .slices = slices});
            bytes = bytes_max;
            continue;
        }
        if (bytes + more > bytes_max) {
            buckets.emplace_back();
            bytes = 0;
        }
        buckets.back().parts.push_back(i);
        bytes += more;
    }
    return buckets;
}

void RowSpool::load(const Bucket& bucket, RegisterFiles& out) {
    clear(out);
    std::function<bool(std::int64_t)> wants;
    if (bucket.slices > 1)
        wants = [&](std::int64_t lead) { return (spread(lead) >> 32U) % bucket.slices == bucket.slice; };
    std::array<std::size_t, file_kinds.size()> rows{};
    for (const std::size_t part : bucket.parts)
        for (std::size_t kind = 0; kind < rows.size(); ++kind) rows[kind] += parts_[part].rows[kind];
    const auto make_room = [&](auto& vector, FileKind kind) {
        // Slices are about equal; what is too small goes before the new comes.
        const std::size_t count = rows[index_of(kind)] / bucket.slices;
        const std::size_t wanted = bucket.slices > 1 ? count + count / 8 : count;
        if (vector.capacity() >= wanted) return;
        vector = {};
        vector.reserve(wanted);
    };
    make_room(out.households, FileKind::households);
    make_room(out.persons, FileKind::persons);
    make_room(out.identities, FileKind::persons);
    make_room(out.incomes, FileKind::incomes);
    make_room(out.enrolments, FileKind::enrolments);
    make_room(out.accounts, FileKind::accounts);
    make_room(out.institutions, FileKind::institutions);
    for (const std::size_t part : bucket.parts) {
        for (const Block& block : parts_[part].blocks) {
            block_.resize(block.bytes);
            scratch_->read(block.at, block_);
            unpack_rows(block_, out, wants);
        }
    }
}

void clear(RegisterFiles& rows) {
    rows.households.clear();
    rows.persons.clear();
    rows.identities.clear();
    rows.incomes.clear();
    rows.enrolments.clear();
    rows.accounts.clear();
    rows.institutions.clear();
    rows.refused.clear();
}

std::size_t bytes_in_memory(const RegisterFiles& rows) {
    std::size_t bytes = 0;
    for (const FileKind kind : file_kinds) bytes += rows_of(rows, kind) * bytes_per_row(kind);
    return bytes;
}

std::size_t row_count(const RegisterFiles& rows) {
    std::size_t count = 0;
    for (const FileKind kind : file_kinds) count += rows_of(rows, kind);
    return count;
}

}  // namespace onecard::app
