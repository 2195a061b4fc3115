#pragma once

#include <functional>
#include <memory>

#include "onecard/app/sealing.hpp"
#include "onecard/app/store.hpp"
#include "onecard/app/vault.hpp"
#include "onecard/core/digest.hpp"

namespace onecard::app {

/// What use cases work with; wired once in main. Signers and ciphers are made per worker, since they are not shared
/// between threads.
struct Tools {
    Database& database;
    FileVault& vault;
    const HashFunction& sha256;
    const HashFunction& sm3;
    SignatureVerifier& verifier;
    std::function<std::unique_ptr<FileSigner>()> make_signer;
    std::function<std::unique_ptr<FieldCipher>()> make_cipher;
    int workers = 2;
};

Digest digest_of(const HashFunction& hash, std::string_view text);

}  // namespace onecard::app
