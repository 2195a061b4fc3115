#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <string>

namespace onecard::test {

/// A folder of this process alone, gone when it ends: the tests of a program run beside each other.
inline std::string own_folder() {
    static const struct Folder {
        std::filesystem::path path =
            std::filesystem::path{testing::TempDir()} / ("onecard-unit-" + std::to_string(::getpid()));
        Folder() { std::filesystem::create_directories(path); }
        ~Folder() {
            std::error_code nothing;
            std::filesystem::remove_all(path, nothing);
        }
        Folder(const Folder&) = delete;
        Folder& operator=(const Folder&) = delete;
    } folder;
    return folder.path.string();
}

}  // namespace onecard::test
