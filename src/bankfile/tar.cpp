#include "onecard/bankfile/tar.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <numeric>
#include <utility>

namespace onecard::bankfile {

namespace {

/// Where a header has what, in bytes.
struct Place {
    std::size_t at, size;
};
constexpr Place name_place{0, 100}, mode_place{100, 8}, owner_place{108, 8}, group_place{116, 8},
    size_place{124, 12}, time_place{136, 12}, sum_place{148, 8}, kind_place{156, 1}, link_place{157, 100},
    magic_place{257, 8}, prefix_place{345, 155};

constexpr std::string_view posix_magic{"ustar\00000", 8}, gnu_magic{"ustar  \0", 8};

using Block = std::array<char, tar_block_bytes>;

std::string_view part(const Block& block, Place place) {
    return std::string_view{block.data(), block.size()}.substr(place.at, place.size);
}

bool is_zero(std::string_view bytes) {
    return std::ranges::all_of(bytes, [](char c) { return c == '\0'; });
}

/// Digits to the base of eight, with spaces or zeros before them and a space or a zero byte behind, if there is room.
std::optional<std::uint64_t> octal(std::string_view text) {
    text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
    const std::string_view digits = text.substr(0, std::min(text.find_first_not_of("01234567"), text.size()));
    const std::string_view behind = text.substr(digits.size());
    if (digits.empty() || !std::ranges::all_of(behind, [](char c) { return c == ' ' || c == '\0'; }))
        return std::nullopt;
    std::uint64_t number = 0;
    for (const char c : digits) number = number * 8 + static_cast<std::uint64_t>(c - '0');
    return number;
}

/// As if the sum's own field were spaces.
std::uint64_t sum_of(const Block& block) {
    const auto add = [](std::uint64_t sum, char c) { return sum + static_cast<unsigned char>(c); };
    const std::string_view own = part(block, sum_place);
    return std::accumulate(block.begin(), block.end(), std::uint64_t{0}, add) -
           std::accumulate(own.begin(), own.end(), std::uint64_t{0}, add) + sum_place.size * ' ';
}

/// What is behind the first zero byte is nobody's.
std::optional<std::string_view> text_in(const Block& block, Place place) {
    const std::string_view field = part(block, place);
    const std::string_view text = field.substr(0, std::min(field.find('\0'), field.size()));
    if (!is_zero(field.substr(text.size()))) return std::nullopt;
    return text;
}

}  // namespace

bool is_tar_name(std::string_view name) {
    return !name.empty() && name.size() <= tar_name_bytes_max && name != "." && name != ".." &&
           name.front() != '-' && std::ranges::none_of(name, [](char c) {
               return static_cast<unsigned char>(c) < 0x20 || c == 0x7f || c == '/' || c == '\\';
           });
}

std::string tar_header(std::string_view name, std::uint64_t bytes, Moment at) {
    ensure(is_tar_name(name) && bytes <= tar_file_bytes_max, "a name or a size that no archive takes");
    Block block{};
    const auto put = [&](Place place, std::string_view text) {
        std::memcpy(block.data() + place.at, text.data(), text.size());
    };
    put(name_place, name);
    put(mode_place, "0000644");
    put(owner_place, "0000000");
    put(group_place, "0000000");
    put(size_place, fmt::format("{:011o}", bytes));
    put(time_place, fmt::format("{:011o}", std::max<std::int64_t>(0, at.unix_seconds())));
    put(kind_place, "0");
    put(magic_place, posix_magic);
    // Six digits, a zero byte, a space: so it is written everywhere.
    put(sum_place, fmt::format("{:06o}", sum_of(block)));
    block[sum_place.at + sum_place.size - 1] = ' ';
    return {block.data(), block.size()};
}

std::unexpected<Failure> TarReading::no(std::string_view field, std::string text, Fault fault) const {
    return refuse(fault, std::move(text), fmt::format("{}:{}:{}", archive_, header_at_, field));
}

std::unexpected<Failure> TarReading::over(Failure failure) {
    failure_ = std::move(failure);
    return std::unexpected{*failure_};
}

Result<void> TarReading::feed(std::string_view bytes) {
    if (failure_) return std::unexpected{*failure_};
    while (!bytes.empty()) {
        if (left_ > 0) {
            const std::string_view piece = bytes.substr(0, std::min<std::uint64_t>(left_, bytes.size()));
            sink_.take(piece);
            bytes.remove_prefix(piece.size());
            at_ += piece.size();
            left_ -= piece.size();
            if (left_ == 0)
                if (auto ended = sink_.end(); !ended) return over(ended.error());
            continue;
        }
        if (padding_ > 0) {
            const std::size_t skipped = std::min(padding_, bytes.size());
            bytes.remove_prefix(skipped);
            at_ += skipped;
            padding_ -= skipped;
            continue;
        }
        const std::string_view piece = bytes.substr(0, block_.size() - in_block_);
        std::memcpy(block_.data() + in_block_, piece.data(), piece.size());
        bytes.remove_prefix(piece.size());
        at_ += piece.size();
        in_block_ += piece.size();
        if (in_block_ < block_.size()) continue;
        in_block_ = 0;
        if (auto taken = take_block(); !taken) return over(taken.error());
    }
    return {};
}

Result<void> TarReading::take_block() {
    header_at_ = at_ - block_.size();
    if (is_zero({block_.data(), block_.size()})) {
        ++zero_blocks_;
        return {};
    }
    if (zero_blocks_ > 0) return no("end", "something stands behind the end of the archive");
    return take_header();
}

Result<void> TarReading::take_header() {
    const auto sum = octal(part(block_, sum_place));
    if (!sum || *sum != sum_of(block_))
        return no("checksum", "this is no header of a tar archive, or one that was altered");
    const std::string_view magic = part(block_, magic_place);
    if (magic != posix_magic && magic != gnu_magic)
        return no("magic", "this is an archive of another format: make it with «tar --format=ustar»");
    const char kind = block_[kind_place.at];
    if (kind != '0' && kind != '\0')
        return no(
            "type",
            "only plain files may stand in an archive: no folders, links, or further headers; make it with "
            "«tar --format=ustar»");
    const auto name = text_in(block_, name_place);
    if (!name || !is_tar_name(*name) || !is_zero(part(block_, prefix_place)))
        return no("name", "a name in an archive is that of a file, without a folder");
    if (!is_zero(part(block_, link_place))) return no("link", "a plain file is no link");
    const auto bytes = octal(part(block_, size_place));
    if (!bytes || *bytes > tar_file_bytes_max) return no("size", "this is no size of less than 8 GiB");
    if (auto begun = sink_.begin(*name, *bytes); !begun) {
        Failure failure = begun.error();
        if (failure.place.empty()) failure.place = fmt::format("{}:{}", archive_, header_at_);
        return std::unexpected{std::move(failure)};
    }
    left_ = *bytes;
    padding_ = tar_padding(*bytes);
    if (left_ == 0) return sink_.end();
    return {};
}

Result<void> TarReading::finish() {
    if (failure_) return std::unexpected{*failure_};
    if (left_ == 0 && padding_ == 0 && in_block_ == 0 && zero_blocks_ >= 2) return {};
    return over({Fault::mismatch, fmt::format("{}:{}", archive_, at_),
                 left_ > 0 ? fmt::format("the archive is cut off: {} bytes of a file are missing", left_)
                           : std::string{"the archive is cut off: its end is missing"}});
}

}  // namespace onecard::bankfile
