#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "onecard/net/http.hpp"

namespace onecard::net {

/// A regular file that is open for reading, or is not good.
class OpenFile {
public:
    explicit OpenFile(const std::filesystem::path& path);
    ~OpenFile();
    OpenFile(const OpenFile&) = delete;
    OpenFile& operator=(const OpenFile&) = delete;

    bool is_good() const { return is_good_; }
    std::uint64_t size() const { return size_; }
    /// False when the file gives less than it promised.
    bool read(char* into, std::size_t size, std::uint64_t offset) const;

private:
    int file_ = -1;
    std::uint64_t size_ = 0;
    bool is_good_ = false;
};

/// Reads a body of parts from its first byte to its last, with one of its files open at a time.
class BodyReading {
public:
    /// The parts are kept.
    explicit BodyReading(std::span<const BodyPart> parts);
    std::uint64_t left() const { return left_; }
    /// Appends the next bytes, `most` or as many as are left. False when a file is not what it was said to be: `trouble`
    /// names it.
    bool append_to(std::string& out, std::size_t most);
    const std::string& trouble() const { return trouble_; }

private:
    std::span<const BodyPart> parts_;
    std::optional<OpenFile> file_;  ///< of the first part, when its bytes are done
    std::uint64_t at_ = 0;          ///< in the bytes of the first part, then in its file
    std::uint64_t left_ = 0;
    std::string trouble_;
};

}  // namespace onecard::net
