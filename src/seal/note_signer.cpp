#include <openssl/pem.h>

#include <algorithm>
#include <system_error>

#include "files.hpp"
#include "onecard/seal/sealing.hpp"
#include "openssl_types.hpp"

namespace onecard::seal {
namespace {

constexpr std::size_t public_key_bytes = 32;
constexpr std::size_t signature_bytes = 64;

class Ed25519NoteSigner final : public app::NoteSigner {
public:
    Ed25519NoteSigner(OwnedKey key, std::string name, std::string public_key)
        : key_{std::move(key)}, name_{std::move(name)}, public_key_{std::move(public_key)} {}

    const std::string& name() const override { return name_; }
    const std::string& public_key() const override { return public_key_; }

    std::string sign(std::string_view text) override {
        const QuietErrors quiet;
        const OwnedDigestContext context{must(EVP_MD_CTX_new(), "make a signing context")};
        must(EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key_.get()),
             "begin an Ed25519 signature");
        std::string signature(signature_bytes, '\0');
        std::size_t length = signature.size();
        must(EVP_DigestSign(context.get(), uchars(signature), &length, uchars(text), text.size()),
             "sign with Ed25519");
        ensure(length == signature_bytes, "an Ed25519 signature is 64 bytes");
        return signature;
    }

private:
    OwnedKey key_;
    std::string name_;
    std::string public_key_;
};

Result<void> make_key_file(const std::filesystem::path& path) {
    const OwnedKey key{must(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"), "make an Ed25519 key")};
    // Secure memory where there is some; wiped when freed.
    const OwnedBio pem{must(BIO_new(BIO_s_secmem()), "write to memory")};
    must(PEM_write_bio_PKCS8PrivateKey(pem.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr),
         "write a key as PEM");
    auto written = write_whole(path, written_to(pem.get()), 0600, Existing::keep);
    // Another process that was faster is no error: its key is then the key.
    if (!written && written.error().fault != Fault::duplicate) return written;
    return {};
}

}  // namespace

Result<std::unique_ptr<app::NoteSigner>> create_note_signer(const std::filesystem::path& key_file,
                                                            std::string name) {
    const QuietErrors quiet;
    // The full rule (no Unicode spaces) is held where notes are written; these would break the line itself.
    if (name.empty() || std::ranges::any_of(name, [](char c) { return c == '+' || (c >= 0 && c <= ' '); }))
        return refuse(Fault::malformed, "a note key's name has no spaces and no '+'");
    if (std::error_code ignored; !std::filesystem::exists(key_file, ignored)) {
        if (auto made = make_key_file(key_file); !made) return std::unexpected(made.error());
    }
    auto pem = read_small_file(key_file);
    if (!pem) return std::unexpected(pem.error());
    auto key = private_key_in(*pem, key_file.string());
    wipe(*pem);
    if (!key) return std::unexpected(key.error());

    std::string public_key(public_key_bytes, '\0');
    std::size_t length = public_key.size();
    if (!EVP_PKEY_is_a(key->get(), "ED25519") ||
        EVP_PKEY_get_raw_public_key(key->get(), uchars(public_key), &length) != 1 ||
        length != public_key_bytes)
        return refuse(Fault::malformed, "the ledger's key must be an Ed25519 key", key_file.string());
    return std::make_unique<Ed25519NoteSigner>(std::move(*key), std::move(name), std::move(public_key));
}

bool verify_ed25519(std::string_view public_key, std::string_view text, std::string_view signature) {
    const QuietErrors quiet;
    if (public_key.size() != public_key_bytes || signature.size() != signature_bytes) return false;
    const OwnedKey key{
        EVP_PKEY_new_raw_public_key_ex(nullptr, "ED25519", nullptr, uchars(public_key), public_key.size())};
    if (!key) return false;
    const OwnedDigestContext context{must(EVP_MD_CTX_new(), "make a verifying context")};
    must(EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, key.get()),
         "begin to verify Ed25519");
    return EVP_DigestVerify(context.get(), uchars(signature), signature.size(), uchars(text), text.size()) ==
           1;
}

}  // namespace onecard::seal
