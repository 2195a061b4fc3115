#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <system_error>

#include "cms_limits.hpp"
#include "cms_shape.hpp"
#include "files.hpp"
#include "identities.hpp"
#include "onecard/seal/sealing.hpp"
#include "openssl_types.hpp"

namespace onecard::seal {
namespace {

/// OpenSSL's level 2: at least 112 bits of security, no SHA-1 and no MD5 in the chain.
constexpr int security_level = 2;
constexpr int chain_depth_max = 4;

/// A CMS whose form was accepted, and its one signer.
struct Parsed {
    OwnedCms cms;
    OwnedCertificates certificates;  ///< those that it carries
    CMS_SignerInfo* info = nullptr;  ///< belongs to `cms`
    X509* certificate = nullptr;     ///< belongs to `cms`
};

/// A certificate that stood alone in a signature and was trusted.
struct Known {
    OwnedCertificate certificate;
    app::Signer signer;
};

/// OpenSSL finds the certificate by a comparison of names that ignores case; a byte that may be written in
/// two ways would again give two signatures for one.
bool names_exactly(CMS_SignerInfo* info, const X509* certificate) {
    ASN1_OCTET_STRING* key_identifier = nullptr;
    X509_NAME* issuer = nullptr;
    ASN1_INTEGER* serial = nullptr;
    if (CMS_SignerInfo_get0_signer_id(info, &key_identifier, &issuer, &serial) != 1) return false;
    if (key_identifier != nullptr) return true;  // Compared byte by byte by OpenSSL itself.
    const auto der_of = [](const X509_NAME* name) {
        const unsigned char* der = nullptr;
        std::size_t length = 0;
        must(X509_NAME_get0_der(name, &der, &length), "read a name");
        return std::string_view{reinterpret_cast<const char*>(der), length};
    };
    return der_of(issuer) == der_of(X509_get_issuer_name(certificate));
}

enum class Content { detached, attached };

Result<CmsShape> read_shape(std::string_view der, Content content) {
    const bool attached = content == Content::attached;
    if (der.size() > (attached ? attached_cms_bytes_max : detached_cms_bytes_max))
        return refuse(Fault::malformed, attached ? "a signature with its text has at most 1 MiB"
                                                 : "a detached signature has at most 64 KiB");
    auto shape = shape_of_cms(der);
    if (shape && shape->carries_content != attached)
        return refuse(Fault::malformed, attached ? "the signature carries no text"
                                                 : "a detached signature must not carry content of its own");
    return shape;
}

Result<OwnedCms> read_cms(std::string_view der) {
    const unsigned char* position = uchars(der);
    OwnedCms cms{d2i_CMS_ContentInfo(nullptr, &position, static_cast<long>(der.size()))};
    if (!cms) return refuse(Fault::malformed, "no CMS: " + openssl_reason());
    // What OpenSSL understood, written again, must be the bytes that came: else there would be several ways
    // to write the same signature (see cms_shape.hpp).
    unsigned char* again = nullptr;
    const int length = i2d_CMS_ContentInfo(cms.get(), &again);
    const bool same = length >= 0 && std::string_view{reinterpret_cast<const char*>(again),
                                                      static_cast<std::size_t>(length)} == der;
    OPENSSL_free(again);
    if (!same) return refuse(Fault::malformed, "the signature is not in DER");
    return cms;
}

Result<Parsed> check_signer(Parsed parsed, SignatureKind kind) {
    if (parsed.certificate == nullptr || !names_exactly(parsed.info, parsed.certificate))
        return refuse(Fault::malformed, "the signer's certificate is not in the signature");
    const EVP_PKEY* key = X509_get0_pubkey(parsed.certificate);
    if (key == nullptr || EVP_PKEY_is_a(key, kind == SignatureKind::ecdsa ? "EC" : "RSA") != 1)
        return refuse(Fault::malformed, "the signer's key is not of the signature's kind");
    return parsed;
}

Result<Parsed> parse(std::string_view der, const CmsShape& shape) {
    auto cms = read_cms(der);
    if (!cms) return std::unexpected(cms.error());
    Parsed parsed{.cms = std::move(*cms), .certificates = {}};
    // The certificate that the signer names, from the CMS itself.
    if (CMS_set1_signers_certs(parsed.cms.get(), nullptr, 0) != 1)
        return refuse(Fault::malformed, "the signer's certificate is not in the signature");
    parsed.info = sk_CMS_SignerInfo_value(CMS_get0_SignerInfos(parsed.cms.get()), 0);
    CMS_SignerInfo_get0_algs(parsed.info, nullptr, &parsed.certificate, nullptr, nullptr);
    parsed.certificates.reset(CMS_get1_certs(parsed.cms.get()));
    if (!parsed.certificates) parsed.certificate = nullptr;
    return check_signer(std::move(parsed), shape.kind);
}

/// The same with a certificate that was read before: reading one takes OpenSSL longer than all the rest.
Result<Parsed> parse_with(const Known& known, const CmsShape& shape) {
    auto cms = read_cms(without_certificates(shape));
    if (!cms) return std::unexpected(cms.error());
    Parsed parsed{.cms = std::move(*cms), .certificates = {}};
    parsed.info = sk_CMS_SignerInfo_value(CMS_get0_SignerInfos(parsed.cms.get()), 0);
    if (CMS_SignerInfo_cert_cmp(parsed.info, known.certificate.get()) != 0)
        return refuse(Fault::malformed, "the signer's certificate is not in the signature");
    CMS_SignerInfo_set1_signer_cert(parsed.info, known.certificate.get());
    CMS_SignerInfo_get0_algs(parsed.info, nullptr, &parsed.certificate, nullptr, nullptr);
    return check_signer(std::move(parsed), shape.kind);
}

/// RFC 5652 11.1: the signed content-type attribute must be the content's type. OpenSSL does not compare
/// them.
bool signs_data(CMS_SignerInfo* info) {
    constexpr int only_one = -3;
    const auto* type = static_cast<const ASN1_OBJECT*>(
        CMS_signed_get0_data_by_OBJ(info, OBJ_nid2obj(NID_pkcs9_contentType), only_one, V_ASN1_OBJECT));
    return type != nullptr && OBJ_obj2nid(type) == NID_pkcs7_data;
}

std::unexpected<Failure> tampered() {
    return refuse(Fault::tampered, "the signature does not fit the bytes");
}

class CmsVerifier final : public app::SignatureVerifier {
public:
    explicit CmsVerifier(OwnedStore authorities) : authorities_{std::move(authorities)} {}

    Result<app::Signer> verify(std::string_view bytes, std::string_view cms_der) override {
        const QuietErrors quiet;
        auto checking = begin(cms_der, Content::detached);
        if (!checking) return std::unexpected(checking.error());
        checking->feed(bytes);
        if (!checking->fits()) return tampered();
        return std::move(checking->signer);
    }

    Result<app::Signer> verify_file(const std::filesystem::path& path, std::string_view cms_der) override {
        const QuietErrors quiet;
        const auto in_file = [&](Failure failure) {
            failure.place = path.string();
            return std::unexpected{std::move(failure)};
        };
        auto checking = begin(cms_der, Content::detached);
        if (!checking) return in_file(checking.error());

        const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
        if (file < 0)
            return refuse(Fault::missing, "cannot be opened: " + std::system_category().message(errno),
                          path.string());
        std::array<char, 65536> piece;
        ssize_t count = 0;
        int error = 0;
        while (true) {
            count = ::read(file, piece.data(), piece.size());
            if (count < 0 && errno == EINTR) continue;
            if (count <= 0) break;
            checking->feed({piece.data(), static_cast<std::size_t>(count)});
        }
        if (count < 0) error = errno;
        ::close(file);
        // A broken disk says nothing about the signature.
        if (error != 0) throw std::system_error{error, std::system_category(), path.string()};
        if (!checking->fits()) return in_file(tampered().error());
        return std::move(checking->signer);
    }

    Result<app::Signer> verify_digest(const Digest& sha256, std::string_view cms_der) override {
        const QuietErrors quiet;
        auto checking = check_signer_of(cms_der, Content::detached);
        if (!checking) return std::unexpected(checking.error());
        constexpr int only_one = -3;
        CMS_SignerInfo* const info = checking->parsed.info;
        const auto* said = static_cast<const ASN1_OCTET_STRING*>(CMS_signed_get0_data_by_OBJ(
            info, OBJ_nid2obj(NID_pkcs9_messageDigest), only_one, V_ASN1_OCTET_STRING));
        if (said == nullptr || ASN1_STRING_length(said) != static_cast<int>(sha256.bytes.size()))
            return refuse(Fault::malformed, "the signature was not made with SHA-256");
        if (CMS_SignerInfo_verify(info) != 1 || !signs_data(info) ||
            !std::equal(sha256.bytes.begin(), sha256.bytes.end(), ASN1_STRING_get0_data(said)))
            return tampered();
        return std::move(checking->signer);
    }

    Result<Attached> verify_attached(std::string_view cms_der) override {
        const QuietErrors quiet;
        auto checking = begin(cms_der, Content::attached);
        if (!checking) return std::unexpected(checking.error());
        ASN1_OCTET_STRING** content = CMS_get0_content(checking->parsed.cms.get());
        ensure(content != nullptr && *content != nullptr,
               "an attached signature without content was let through");
        Attached attached;
        attached.text.assign(reinterpret_cast<const char*>(ASN1_STRING_get0_data(*content)),
                             static_cast<std::size_t>(ASN1_STRING_length(*content)));
        checking->feed(attached.text);
        if (!checking->fits()) return tampered();
        attached.signer = std::move(checking->signer);
        return attached;
    }

private:
    /// One check under way: the signer is already known to be trusted, the bytes are still coming.
    struct Checking {
        Parsed parsed;
        OwnedBioChain digest;
        app::Signer signer;

        void feed(std::string_view bytes) {
            constexpr std::size_t piece_bytes_max = 1U << 30U;
            while (!bytes.empty()) {
                const auto size = std::min(bytes.size(), piece_bytes_max);
                if (BIO_write(digest.get(), bytes.data(), static_cast<int>(size)) != static_cast<int>(size))
                    openssl_failed("hash for a signature");
                bytes.remove_prefix(size);
            }
        }
        /// The attributes are signed by the signer, and what they say of the content is so.
        bool fits() {
            return CMS_SignerInfo_verify(parsed.info) == 1 && signs_data(parsed.info) &&
                   CMS_SignerInfo_verify_content(parsed.info, digest.get()) == 1;
        }
    };

    Result<Checking> begin(std::string_view cms_der, Content content) {
        auto checking = check_signer_of(cms_der, content);
        if (!checking) return checking;
        // The digest filter before a sink of our own: OpenSSL would otherwise read an attached content by
        // itself.
        OwnedBio sink{must(BIO_new(BIO_s_null()), "make a sink")};
        checking->digest.reset(CMS_dataInit(checking->parsed.cms.get(), sink.get()));
        if (!checking->digest) return refuse(Fault::malformed, "no CMS: " + openssl_reason());
        static_cast<void>(sink.release());  // The chain owns it now.
        return checking;
    }

    /// Ready for all but bytes.
    Result<Checking> check_signer_of(std::string_view cms_der, Content content) {
        const auto shape = read_shape(cms_der, content);
        if (!shape) return std::unexpected(shape.error());
        std::shared_ptr<const Known> known = known_by(shape->certificates);
        auto parsed = known ? parse_with(*known, *shape) : parse(cms_der, *shape);
        if (!parsed) return std::unexpected(parsed.error());
        if (!known) {
            auto trusted = trust(*parsed, shape->certificates);
            if (!trusted) return std::unexpected(trusted.error());
            known = std::move(*trusted);
        }
        return Checking{.parsed = std::move(*parsed), .digest = {}, .signer = known->signer};
    }

    std::shared_ptr<const Known> known_by(std::string_view certificates) {
        const std::lock_guard lock{guard_};
        const auto found = known_.find(certificates);
        return found == known_.end() ? nullptr : found->second;
    }

    /// A certificate that stood alone and was trusted is trusted again: the authorities and the moment of checking do
    /// not change while this verifier lives, and every byte of it is the same. Saves two thirds of a check.
    Result<std::shared_ptr<const Known>> trust(const Parsed& parsed, std::string_view certificates) {
        auto signer = signer_of(parsed.certificate, {});
        if (!signer) return std::unexpected(signer.error());
        if (auto checked = check_chain(parsed); !checked) return std::unexpected(checked.error());
        must(X509_up_ref(parsed.certificate), "keep a certificate");
        auto known = std::make_shared<const Known>(
            Known{.certificate = OwnedCertificate{parsed.certificate}, .signer = std::move(*signer)});
        if (sk_X509_num(parsed.certificates.get()) == 1) {
            const std::lock_guard lock{guard_};
            if (known_.size() < known_max) known_.emplace(certificates, known);
        }
        return known;
    }

    Result<void> check_chain(const Parsed& parsed) const {
        const OwnedStoreContext context{must(X509_STORE_CTX_new(), "make a chain check")};
        must(X509_STORE_CTX_init(context.get(), authorities_.get(), parsed.certificate,
                                 parsed.certificates.get()),
             "begin a chain check");
        if (X509_verify_cert(context.get()) != 1)
            return refuse(Fault::forbidden,
                          std::string{"the signer's certificate is not trusted: "} +
                              X509_verify_cert_error_string(X509_STORE_CTX_get_error(context.get())));
        // Any purpose will do, but an authority's key, or one meant for encryption only, signs no files.
        if ((X509_get_key_usage(parsed.certificate) & (KU_DIGITAL_SIGNATURE | KU_NON_REPUDIATION)) == 0)
            return refuse(Fault::forbidden, "the signer's certificate is not for signatures");
        return {};
    }

    static constexpr std::size_t known_max = 4096;  // banks and officers; a limit all the same
    OwnedStore authorities_;
    std::mutex guard_;
    std::map<std::string, std::shared_ptr<const Known>, std::less<>> known_;  ///< by its DER
};

}  // namespace

Result<std::unique_ptr<app::SignatureVerifier>> create_verifier(const std::filesystem::path& authorities,
                                                                Moment now) {
    const QuietErrors quiet;
    const auto pem = read_small_file(authorities);
    if (!pem) return std::unexpected(pem.error());
    return create_verifier_from(*pem, authorities.string(), now);
}

Result<std::unique_ptr<app::SignatureVerifier>> create_verifier_from(const std::string& pem,
                                                                     const std::string& place, Moment now) {
    const QuietErrors quiet;
    const auto certificates = certificates_in(pem, place);
    if (!certificates) return std::unexpected(certificates.error());

    OwnedStore store{must(X509_STORE_new(), "make a store of authorities")};
    for (int i = 0; i < sk_X509_num(certificates->get()); ++i)
        must(X509_STORE_add_cert(store.get(), sk_X509_value(certificates->get(), i)), "trust an authority");
    X509_VERIFY_PARAM* rules = X509_STORE_get0_param(store.get());
    must(X509_VERIFY_PARAM_set_purpose(rules, X509_PURPOSE_ANY), "set the purpose");
    X509_VERIFY_PARAM_set_time(rules, static_cast<time_t>(now.unix_seconds()));
    X509_VERIFY_PARAM_set_auth_level(rules, security_level);
    X509_VERIFY_PARAM_set_depth(rules, chain_depth_max);
    return std::make_unique<CmsVerifier>(std::move(store));
}

}  // namespace onecard::seal
