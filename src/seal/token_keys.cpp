// Engines are deprecated in OpenSSL 3, and Debian 12 has no PKCS#11 provider: this file alone speaks to one.
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/engine.h>

#include <mutex>

#include "files.hpp"
#include "identities.hpp"
#include "onecard/seal/sealing.hpp"
#include "openssl_types.hpp"
#include "signing.hpp"

namespace onecard::seal {
namespace {

/// One module a process, loaded once: the engine keeps its sessions.
class Pkcs11 {
public:
    Result<OwnedKey> key(const TokenKey& wanted) {
        const std::lock_guard lock{guard_};
        if (auto opened = open(wanted); !opened) return std::unexpected{opened.error()};
        auto pin = read_small_file(wanted.pin_file);
        if (!pin) return std::unexpected{pin.error()};
        while (!pin->empty() && (pin->back() == '\n' || pin->back() == '\r')) pin->pop_back();
        const int taken = ENGINE_ctrl_cmd_string(engine_, "PIN", pin->c_str(), 0);
        wipe(*pin);
        if (taken != 1) return refuse(Fault::malformed, "is no PIN", wanted.pin_file.string());
        OwnedKey key{ENGINE_load_private_key(engine_, wanted.uri.c_str(), nullptr, nullptr)};
        if (key == nullptr)
            return refuse(Fault::missing,
                          "the token has no such key, or does not give it for this PIN: " + openssl_reason(),
                          wanted.uri);
        return key;
    }

private:
    Result<void> open(const TokenKey& wanted) {
        if (engine_ != nullptr) {
            if (module_ == wanted.module) return {};
            return refuse(Fault::conflict, "another PKCS#11 module is in use: " + module_.string(),
                          wanted.module.string());
        }
        ENGINE_load_dynamic();
        ENGINE* const found = ENGINE_by_id("pkcs11");
        if (found == nullptr)
            return refuse(
                Fault::missing,
                "OpenSSL has no PKCS#11 engine (Debian: libengine-pkcs11-openssl): " + openssl_reason(),
                wanted.module.string());
        // Else libp11 writes to stderr by itself; what is wrong is said by us, from OpenSSL's errors.
        if (ENGINE_ctrl_cmd_string(found, "MODULE_PATH", wanted.module.c_str(), 0) != 1 ||
            ENGINE_ctrl_cmd(found, "QUIET", 0, nullptr, nullptr, 1) != 1 || ENGINE_init(found) != 1) {
            const std::string why = openssl_reason();
            ENGINE_free(found);
            return refuse(Fault::missing, "this PKCS#11 module cannot be used: " + why,
                          wanted.module.string());
        }
        engine_ = found;
        module_ = wanted.module;
        return {};
    }

    std::mutex guard_;
    // Never released: keys of it live as long as the signers.
    ENGINE* engine_ = nullptr;
    std::filesystem::path module_;
};

Pkcs11& pkcs11() {
    static auto* const only = new Pkcs11;
    return *only;
}

}  // namespace

Result<std::unique_ptr<app::FileSigner>> create_token_signer(const std::filesystem::path& certificate,
                                                             const TokenKey& key) {
    const QuietErrors quiet;
    auto private_key = pkcs11().key(key);
    if (!private_key) return std::unexpected(private_key.error());
    return create_signer_with(certificate, std::move(*private_key), key.uri);
}

}  // namespace onecard::seal
