#pragma once

#include <cstdint>
#include <filesystem>
#include <string_view>

#include "onecard/core/result.hpp"

namespace onecard::net {

/// A body on its way to the disk. Whoever wants to keep the file renames it; otherwise it goes with this object.
class Upload {
public:
    /// Throws std::filesystem::filesystem_error when the file cannot be made.
    Upload(const std::filesystem::path& folder, std::string_view name);
    ~Upload();
    Upload(const Upload&) = delete;
    Upload& operator=(const Upload&) = delete;

    /// False when the disk does not take it; errno says why.
    bool write(std::string_view bytes);
    /// The file is complete. When `synced`, its bytes are on the disk when this returns. Throws
    /// std::filesystem::filesystem_error.
    void finish(bool synced);
    void remove();
    const std::filesystem::path& path() const { return path_; }

    /// What a crash has left in the folder: uploads untouched for a day.
    static void remove_leftovers(const std::filesystem::path& folder);

private:
    std::filesystem::path path_;
    int file_ = -1;
};

}  // namespace onecard::net
