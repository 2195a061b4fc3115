#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "onecard/app/sealing.hpp"
#include "openssl_types.hpp"

namespace onecard::seal {

/// A signer with a key from wherever it was. Errors: missing, malformed, mismatch.
Result<std::unique_ptr<app::FileSigner>> create_signer_with(const std::filesystem::path& certificate,
                                                            OwnedKey key, const std::string& key_place);

}  // namespace onecard::seal
