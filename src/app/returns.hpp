#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string_view>

#include "onecard/app/identity.hpp"
#include "onecard/app/sealing.hpp"
#include "onecard/app/vault.hpp"

/// What taking in and posting what banks bring have in common.
namespace onecard::app {

/// The batch file that a return file is named after: "YKT3702122022010001.ret" or, for a further one to the same batch,
/// "YKT3702122022010001.2.ret". Nothing when it is no such name.
std::optional<std::string_view> file_id_of_return(std::string_view name);

/// Throws when the vault has lost a file that is on record.
std::filesystem::path path_in(FileVault& vault, const Digest& digest, std::string_view what);

/// Signed by the certificate that brings it; TLS knows no SM2, whose certificates go by the name.
inline bool is_of(const Identity& bank, const Signer& signer) {
    return signer.is_national ? signer.name == bank.name : signer.fingerprint == bank.fingerprint;
}

}  // namespace onecard::app
