#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

#include "onecard/core/result.hpp"

/// Files as the bank of our own reads and writes them: in pieces, and whole under their names or not at all.
namespace onecard::cli {

/// Sees the bytes of a file in their order, in pieces of any size.
using ByteSink = std::function<void(std::string_view)>;

/// Errors: missing (cannot be read; `sink` may have seen the beginning).
Result<void> read_pieces(const std::filesystem::path& file, const ByteSink& sink);
/// The same in one piece.
Result<std::string> bytes_in(const std::filesystem::path& file);

/// A file in the making beside its place. What is not kept leaves nothing behind.
class PartFile {
public:
    explicit PartFile(std::filesystem::path target);
    ~PartFile();
    PartFile(const PartFile&) = delete;
    PartFile& operator=(const PartFile&) = delete;

    /// What cannot be written is said by `keep`.
    void write(std::string_view bytes);
    /// Gives the file its name. Errors: missing (cannot be written: nothing has the name, or what had it before).
    Result<void> keep();

private:
    bool close();
    std::filesystem::path target_;
    std::filesystem::path part_;
    int file_ = -1;
    bool has_failed_ = false;
};

/// Writes a small file: under its name there is the whole file or none. Errors: missing.
Result<void> keep(const std::filesystem::path& file, std::string_view bytes);

}  // namespace onecard::cli
