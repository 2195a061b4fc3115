#include <memory>
#include <optional>
#include <utility>

#include "cms_limits.hpp"
#include "files.hpp"
#include "identities.hpp"
#include "onecard/seal/hashes.hpp"
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

/// What is signed is the digest, among the signed attributes (RFC 5652, 5.4): of a detached signature the bytes
/// themselves need not be here. An attached one carries them as `content`. OpenSSL adds the signing time.
std::string signature_over(const Digest& sha256, const Identity& identity,
                           std::optional<std::string_view> content = {}) {
    const QuietErrors quiet;
    const OwnedCms cms{must(CMS_sign(nullptr, nullptr, identity.intermediates.get(), nullptr,
                                     how_to_sign | CMS_DETACHED | CMS_PARTIAL),
                            "begin a signature")};
    CMS_SignerInfo* const info = must(
        CMS_add1_signer(cms.get(), identity.certificate.get(), identity.key.get(), EVP_sha256(), how_to_sign),
        "add a signer");
    constexpr int as_it_is = -1;
    must(CMS_signed_add1_attr_by_NID(info, NID_pkcs9_contentType, V_ASN1_OBJECT, OBJ_nid2obj(NID_pkcs7_data),
                                     as_it_is),
         "add the type of what is signed");
    must(CMS_signed_add1_attr_by_NID(info, NID_pkcs9_messageDigest, V_ASN1_OCTET_STRING, sha256.bytes.data(),
                                     static_cast<int>(sha256.bytes.size())),
         "add the digest of what is signed");
    must(CMS_SignerInfo_sign(info), "sign");
    if (content) {
        ASN1_OCTET_STRING*& carried = *must(CMS_get0_content(cms.get()), "find the place of a text");
        carried = must(ASN1_OCTET_STRING_new(), "make place for a text");
        must(ASN1_OCTET_STRING_set(carried, uchars(*content), static_cast<int>(content->size())),
             "carry a text");
    }
    return der_of(cms.get());
}

class CmsSigning final : public app::Signing {
public:
    explicit CmsSigning(const Identity& identity) : identity_{identity}, sha256_{sha256().stream()} {}

    void update(std::span<const std::byte> bytes) override {
        ensure(sha256_ != nullptr, "a signature was fed after it was finished");
        sha256_->update(bytes);
    }

    std::string finish() override {
        ensure(sha256_ != nullptr, "a signature was finished twice");
        return signature_over(std::exchange(sha256_, nullptr)->finish(), identity_);
    }

private:
    const Identity& identity_;
    std::unique_ptr<StreamHash> sha256_;  ///< null when finished
};

class CmsFileSigner final : public app::FileSigner {
public:
    explicit CmsFileSigner(Identity identity) : identity_{std::move(identity)} {}

    std::unique_ptr<app::Signing> begin() override { return std::make_unique<CmsSigning>(identity_); }

    std::string sign(std::string_view bytes) override {
        return signature_over(sha256().hash(bytes_of(bytes)), identity_);
    }

    Result<std::string> sign_digest(const Digest& sha256) override {
        return signature_over(sha256, identity_);
    }

    std::string sign_attached(std::string_view text) override {
        ensure(text.size() <= attached_text_bytes_max, "a text to be signed attached has at most 960 KiB");
        return signature_over(sha256().hash(bytes_of(text)), identity_, text);
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
