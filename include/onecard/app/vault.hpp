#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string_view>

#include "onecard/core/digest.hpp"

namespace onecard::app {

/// Every file sent or received, kept exactly, found by its SHA-256.
class FileVault {
public:
    struct Kept {
        Digest digest;
        std::int64_t bytes = 0;
    };
    class Writing {
    public:
        virtual ~Writing() = default;
        virtual void append(std::string_view bytes) = 0;
        /// What was appended: nothing can be appended after it.
        virtual Kept written() = 0;
        /// Where it lies until it is kept.
        virtual std::filesystem::path path() const = 0;
        /// Nothing more comes; its bundle brings it to its place. Without it, nothing is kept.
        virtual Kept keep() = 0;
    };
    /// Files that are written one after the other and are sure together: the disk is waited for once.
    class Bundle {
    public:
        virtual ~Bundle() = default;
        virtual std::unique_ptr<Writing> begin() = 0;
        /// Every file kept so far is on disk, synced and in its place when this returns. Throws when one is not.
        virtual void sync() = 0;
    };
    virtual ~FileVault() = default;
    virtual std::unique_ptr<Bundle> begin() = 0;
    /// What a file outside is: read through once.
    virtual Kept look_at(const std::filesystem::path& file) = 0;
    /// Takes over a complete file (moved when it is on the same disk), which nobody writes to any more since it was looked at.
    virtual void keep_file(const std::filesystem::path& file, const Kept& known) = 0;
    Kept keep_file(const std::filesystem::path& file) {
        const Kept known = look_at(file);
        keep_file(file, known);
        return known;
    }
    /// Nothing when no such file is kept.
    virtual std::optional<std::filesystem::path> find(const Digest& digest) = 0;
};

}  // namespace onecard::app
