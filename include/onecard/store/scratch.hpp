#pragma once

#include <filesystem>
#include <memory>

#include "onecard/app/scratch.hpp"

namespace onecard::store {

/// A nameless file on the disk of `folder`, which must exist. Throws std::system_error where the disk refuses.
std::unique_ptr<app::Scratch> create_scratch(const std::filesystem::path& folder);

}  // namespace onecard::store
