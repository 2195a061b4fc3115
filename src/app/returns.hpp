#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string_view>

#include "onecard/app/identity.hpp"
#include "onecard/app/sealing.hpp"
#include "onecard/app/tools.hpp"
#include "onecard/app/vault.hpp"

/// What taking in and posting what banks bring have in common.
namespace onecard::app {

/// The batch file that a return file is named after: "YKT3702122022010001.ret" or, for a further one to the same batch,
/// "YKT3702122022010001.2.ret". Nothing when it is no such name.
std::optional<std::string_view> file_id_of_return(std::string_view name);

inline constexpr std::size_t signature_bytes_max = std::size_t{64} * 1024;

/// The batch file that a return file of this bank answers. Errors: forbidden, malformed.
Result<std::string_view> check_return(const Identity& bank, std::string_view name);

/// Who signed a return file, as its bank has agreed to sign: the certificate that brings it. The bytes are at `path`.
/// Errors: malformed, tampered, forbidden; the place is `place`.
Result<Signer> signer_of_return(const Tools& tools, const Identity& bank, const Digest& digest,
                                const std::filesystem::path& path, std::string_view cms,
                                const std::string& place);

inline constexpr std::string_view name_is_taken =
    "another return file has this name already; a further one is named YKT….2.ret";
inline constexpr std::string_view bytes_came_before = "the same bytes came before under another name";
inline constexpr std::string_view not_sent = "no such file was sent to this bank";

/// Throws when the vault has lost a file that is on record.
std::filesystem::path path_in(FileVault& vault, const Digest& digest, std::string_view what);

/// Signed by the certificate that brings it; TLS knows no SM2, whose certificates go by the name.
inline bool is_of(const Identity& bank, const Signer& signer) {
    return signer.is_national ? signer.name == bank.name : signer.fingerprint == bank.fingerprint;
}

}  // namespace onecard::app
