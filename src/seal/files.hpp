#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <string_view>

#include "onecard/core/result.hpp"

/// Keys and certificates on disk. Every error names the file; none ever holds what is in it.
namespace onecard::seal {

/// Keys, certificates and lists of authorities: nothing here is larger.
inline constexpr std::size_t small_file_bytes_max = 1U << 20U;

/// The whole of a small file. Errors: missing (also: not readable), out_of_range above
/// `small_file_bytes_max`.
Result<std::string> read_small_file(const std::filesystem::path& path);

enum class Existing { keep, replace };

/// Writes `bytes` so that at every instant, through any kill or power cut, `path` holds nothing, what it held
/// before, or all of `bytes`: a fresh 0600 file beside it, synced, then moved into place, the folder synced.
/// Errors: duplicate (something is there and must be kept), missing (the folder is not there or not
/// writable).
Result<void> write_whole(const std::filesystem::path& path, std::string_view bytes, mode_t mode,
                         Existing existing);

}  // namespace onecard::seal
