#include <algorithm>

#include "cms_limits.hpp"
#include "files.hpp"
#include "identities.hpp"
#include "onecard/seal/sealing.hpp"
#include "openssl_types.hpp"
#include "signing.hpp"

namespace onecard::seal {
namespace {

/// The bytes as they are (no line-end conversion), no list of mail ciphers. The signed attributes stay, and
/// with them the signing time that OpenSSL takes from the system's clock: it is the signer's claim and part
/// of the evidence, and since ECDSA is randomized two signatures would differ without it too. What must be
/// reproducible is the file.
constexpr unsigned int how_to_sign = CMS_BINARY | CMS_NOSMIMECAP;

constexpr int rsa_bits_min = 3072;

struct Identity {
    OwnedCertificate certificate;
    OwnedKey key;
    OwnedCertificates
        intermediates;  ///< whatever follows the certificate in its file; goes into each signature
    app::Signer signer;
};

std::string der_of(CMS_ContentInfo* cms) {
    unsigned char* der = nullptr;
    const int length = i2d_CMS_ContentInfo(cms, &der);
    if (length <= 0) openssl_failed("write a signature as DER");
    std::string text{reinterpret_cast<const char*>(der), static_cast<std::size_t>(length)};
    OPENSSL_free(der);
    return text;
}

/// The bytes go through OpenSSL's digest filter into nothing.
class CmsSigning final : public app::Signing {
public:
    explicit CmsSigning(const Identity& identity)
        : cms_{must(CMS_sign(nullptr, nullptr, identity.intermediates.get(), nullptr,
                             how_to_sign | CMS_DETACHED | CMS_PARTIAL | CMS_STREAM),
                    "begin a signature")} {
        must(CMS_add1_signer(cms_.get(), identity.certificate.get(), identity.key.get(), EVP_sha256(),
                             how_to_sign),
             "add a signer");
        digest_.reset(must(CMS_dataInit(cms_.get(), nullptr), "begin to hash"));
    }

    void update(std::span<const std::byte> bytes) override {
        ensure(digest_ != nullptr, "a signature was fed after it was finished");
        while (!bytes.empty()) {
            const auto piece = bytes.first(std::min(bytes.size(), piece_bytes_max));
            const int written = BIO_write(digest_.get(), piece.data(), static_cast<int>(piece.size()));
            if (written <= 0) openssl_failed("hash for a signature");
            bytes = bytes.subspan(static_cast<std::size_t>(written));
        }
    }

    std::string finish() override {
        ensure(digest_ != nullptr, "a signature was finished twice");
        const QuietErrors quiet;
        must(static_cast<int>(BIO_flush(digest_.get())), "hash for a signature");
        must(CMS_dataFinal(cms_.get(), digest_.get()), "sign");
        digest_.reset();
        return der_of(cms_.get());
    }

private:
    static constexpr std::size_t piece_bytes_max = 1U << 30U;
    OwnedCms cms_;
    OwnedBioChain digest_;
};

class CmsFileSigner final : public app::FileSigner {
public:
    explicit CmsFileSigner(Identity identity) : identity_{std::move(identity)} {}

    std::unique_ptr<app::Signing> begin() override {
        const QuietErrors quiet;
        return std::make_unique<CmsSigning>(identity_);
    }

    std::string sign(std::string_view bytes) override {
        const auto signing = begin();
        signing->update(bytes_of(bytes));
        return signing->finish();
    }

    std::string sign_attached(std::string_view text) override {
        ensure(text.size() <= attached_text_bytes_max, "a text to be signed attached has at most 960 KiB");
        const QuietErrors quiet;
        const OwnedBio content = reading(text);
        const OwnedCms cms{must(CMS_sign(identity_.certificate.get(), identity_.key.get(),
                                         identity_.intermediates.get(), content.get(), how_to_sign),
                                "sign")};
        return der_of(cms.get());
    }

    const app::Signer& signer() const override { return identity_.signer; }

private:
    Identity identity_;
};

}  // namespace

Result<std::unique_ptr<app::FileSigner>> create_file_signer(const std::filesystem::path& certificate,
                                                            const std::filesystem::path& key) {
    const QuietErrors quiet;
    auto key_pem = read_small_file(key);
    if (!key_pem) return std::unexpected(key_pem.error());
    auto private_key = private_key_in(*key_pem, key.string());
    wipe(*key_pem);
    if (!private_key) return std::unexpected(private_key.error());
    return create_signer_with(certificate, std::move(*private_key), key.string());
}

Result<std::unique_ptr<app::FileSigner>> create_signer_with(const std::filesystem::path& certificate,
                                                            OwnedKey key, const std::string& key_place) {
    const auto certificate_pem = read_small_file(certificate);
    if (!certificate_pem) return std::unexpected(certificate_pem.error());
    auto certificates = certificates_in(*certificate_pem, certificate.string());
    if (!certificates) return std::unexpected(certificates.error());

    std::string curve(64, '\0');
    std::size_t curve_length = 0;
    const bool is_p256 = EVP_PKEY_is_a(key.get(), "EC") == 1 &&
                         EVP_PKEY_get_group_name(key.get(), curve.data(), curve.size(), &curve_length) == 1 &&
                         std::string_view{curve}.substr(0, curve_length) == SN_X9_62_prime256v1;
    const bool is_rsa = EVP_PKEY_is_a(key.get(), "RSA") == 1 && EVP_PKEY_get_bits(key.get()) >= rsa_bits_min;
    if (!is_p256 && !is_rsa)
        return refuse(Fault::malformed, "a signing key must be ECDSA P-256, or RSA of at least 3072 bits",
                      key_place);

    Identity identity;
    identity.certificate.reset(sk_X509_shift(certificates->get()));
    identity.key = std::move(key);
    identity.intermediates = std::move(*certificates);
    if (X509_check_private_key(identity.certificate.get(), identity.key.get()) != 1)
        return refuse(Fault::mismatch, "the key does not belong to the certificate " + certificate.string(),
                      key_place);
    auto signer = signer_of(identity.certificate.get(), certificate.string());
    if (!signer) return std::unexpected(signer.error());
    identity.signer = std::move(*signer);
    return std::make_unique<CmsFileSigner>(std::move(identity));
}

}  // namespace onecard::seal
