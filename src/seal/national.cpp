#include "national.hpp"

#include <fcntl.h>
#include <openssl/ec.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <optional>
#include <system_error>
#include <vector>

#include "cms_limits.hpp"
#include "der.hpp"
#include "files.hpp"
#include "identities.hpp"
#include "onecard/seal/sealing.hpp"

namespace onecard::seal {

namespace national {

namespace {

Digesting begin(EVP_PKEY* key, bool signs) {
    Digesting digesting;
    digesting.key_context.reset(must(EVP_PKEY_CTX_new(key, nullptr), "make a key context"));
    // Before the beginning: what is set later comes too late for the signer's part of the hash.
    must(EVP_PKEY_CTX_set1_id(digesting.key_context.get(), signer_id.data(), signer_id.size()) > 0 ? 1 : 0,
         "set the signer's identifier");
    digesting.context.reset(must(EVP_MD_CTX_new(), "make a hash"));
    EVP_MD_CTX_set_pkey_ctx(digesting.context.get(), digesting.key_context.get());
    must(signs ? EVP_DigestSignInit(digesting.context.get(), nullptr, EVP_sm3(), nullptr, key)
               : EVP_DigestVerifyInit(digesting.context.get(), nullptr, EVP_sm3(), nullptr, key),
         "begin with SM2");
    return digesting;
}

}  // namespace

Digesting begin_signing(EVP_PKEY* key) { return begin(key, true); }
Digesting begin_verifying(EVP_PKEY* key) { return begin(key, false); }

bool is_sm2(const EVP_PKEY* key) { return key != nullptr && EVP_PKEY_is_a(key, "SM2") == 1; }

void identify(X509* certificate) {
    ASN1_OCTET_STRING* id = must(ASN1_OCTET_STRING_new(), "make an identifier");
    must(ASN1_OCTET_STRING_set(id, uchars(signer_id), static_cast<int>(signer_id.size())),
         "set an identifier");
    X509_set0_distinguishing_id(certificate, id);  // The certificate owns it now.
}

}  // namespace national

namespace {

using namespace std::string_view_literals;
using der::Tag;

// GB/T 35275-2017 (GM/T 0010), and the algorithms of GM/T 0006.
constexpr auto oid_data = "\x06\x0a\x2a\x81\x1c\xcf\x55\x06\x01\x04\x02\x01"sv;
constexpr auto oid_signed_data = "\x06\x0a\x2a\x81\x1c\xcf\x55\x06\x01\x04\x02\x02"sv;
constexpr auto oid_sm3 = "\x06\x08\x2a\x81\x1c\xcf\x55\x01\x83\x11"sv;
constexpr auto oid_sm2_sign = "\x06\x09\x2a\x81\x1c\xcf\x55\x01\x82\x2d\x01"sv;
/// SM2 with SM3: some vendors write this one.
constexpr auto oid_sm2_with_sm3 = "\x06\x08\x2a\x81\x1c\xcf\x55\x01\x83\x75"sv;
constexpr auto version_1 = "\x02\x01\x01"sv;
constexpr auto null = "\x05\x00"sv;

constexpr int certificates_max = 10;
constexpr int chain_depth_max = 4;

template <class Structure>
std::string der_of(const Structure* structure, int (*write)(const Structure*, unsigned char**)) {
    unsigned char* bytes = nullptr;
    const int length = write(structure, &bytes);
    if (length <= 0) openssl_failed("write DER");
    std::string text{reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(length)};
    OPENSSL_free(bytes);
    return text;
}

std::string issuer_and_serial(const X509* certificate) {
    return der::element(Tag::sequence, der_of(X509_get_issuer_name(certificate), i2d_X509_NAME) +
                                           der_of(X509_get0_serialNumber(certificate), i2d_ASN1_INTEGER));
}

// --- signing ----------------------------------------------------------------------------------------------------

struct NationalIdentity {
    OwnedCertificate certificate;
    OwnedKey key;
    OwnedCertificates intermediates;
    app::Signer signer;
};

/// SignedData around a signature over the content's bytes; without authenticated attributes.
std::string signed_data(const NationalIdentity& identity, std::string_view signature,
                        std::optional<std::string_view> content) {
    const std::string sm3 = der::element(Tag::sequence, std::string{oid_sm3});
    std::string data{oid_data};
    if (content) data += der::element(Tag::constructed_0, der::element(Tag::octet_string, *content));
    std::string certificates = der_of(identity.certificate.get(), i2d_X509);
    for (int i = 0; i < sk_X509_num(identity.intermediates.get()); ++i)
        certificates += der_of(sk_X509_value(identity.intermediates.get(), i), i2d_X509);
    const std::string info =
        der::element(Tag::sequence, std::string{version_1} + issuer_and_serial(identity.certificate.get()) +
                                        sm3 + der::element(Tag::sequence, std::string{oid_sm2_sign}) +
                                        der::element(Tag::octet_string, signature));
    const std::string body = der::element(
        Tag::sequence, std::string{version_1} + der::element(Tag::set, sm3) +
                           der::element(Tag::sequence, data) +
                           der::element(Tag::constructed_0, certificates) + der::element(Tag::set, info));
    return der::element(Tag::sequence, std::string{oid_signed_data} + der::element(Tag::constructed_0, body));
}

class NationalSigning final : public app::Signing {
public:
    explicit NationalSigning(const NationalIdentity& identity)
        : identity_{identity}, digesting_{national::begin_signing(identity.key.get())} {}

    void update(std::span<const std::byte> bytes) override {
        ensure(!finished_, "a signature was fed after it was finished");
        must(EVP_DigestSignUpdate(digesting_.context.get(), bytes.data(), bytes.size()),
             "hash for a signature");
    }
    std::string finish() override { return signed_data(identity_, sign(), std::nullopt); }
    std::string finish_attached(std::string_view text) { return signed_data(identity_, sign(), text); }

private:
    std::string sign() {
        ensure(!finished_, "a signature was finished twice");
        finished_ = true;
        const QuietErrors quiet;
        std::size_t length = 0;
        must(EVP_DigestSignFinal(digesting_.context.get(), nullptr, &length), "sign");
        std::string signature(length, '\0');
        must(EVP_DigestSignFinal(digesting_.context.get(), uchars(signature), &length), "sign");
        signature.resize(length);
        return signature;
    }
    const NationalIdentity& identity_;
    national::Digesting digesting_;
    bool finished_ = false;
};

class NationalSigner final : public app::FileSigner {
public:
    explicit NationalSigner(NationalIdentity identity) : identity_{std::move(identity)} {}
    std::unique_ptr<app::Signing> begin() override {
        const QuietErrors quiet;
        return std::make_unique<NationalSigning>(identity_);
    }
    std::string sign(std::string_view bytes) override {
        const auto signing = begin();
        signing->update(bytes_of(bytes));
        return signing->finish();
    }
    std::string sign_attached(std::string_view text) override {
        ensure(text.size() <= attached_text_bytes_max, "a text to be signed attached has at most 960 KiB");
        NationalSigning signing{identity_};
        signing.update(bytes_of(text));
        return signing.finish_attached(text);
    }
    /// SM2 signs SM3 over the signer's identity and the bytes.
    Result<std::string> sign_digest(const Digest&) override {
        return refuse(Fault::missing,
                      "an SM2 signature is over an SM3 digest: the bytes themselves are needed");
    }
    const app::Signer& signer() const override { return identity_.signer; }

private:
    NationalIdentity identity_;
};

// --- verifying --------------------------------------------------------------------------------------------------

std::unexpected<Failure> malformed(const char* why) {
    return refuse(Fault::malformed, std::string{"not the GB/T 35275 SignedData that we accept: "} + why);
}

bool is_algorithm(std::string_view content, std::string_view oid) {
    return content == oid || content == std::string{oid} + std::string{null};
}

struct NationalParsed {
    std::vector<OwnedCertificate> certificates;
    X509* signer = nullptr;  ///< one of them
    std::string signature;
    std::optional<std::string> content;
};

Result<NationalParsed> parse_national(std::string_view bytes, bool attached) {
    if (bytes.size() > (attached ? attached_cms_bytes_max : detached_cms_bytes_max))
        return malformed(attached ? "with its text it has at most 1 MiB"
                                  : "a detached one has at most 64 KiB");
    NationalParsed parsed;
    // ContentInfo
    const auto outer = der::only(Tag::sequence, bytes);
    if (!outer || !outer->starts_with(oid_signed_data)) return malformed("it is no signedData");
    const auto explicit_0 = der::only(Tag::constructed_0, outer->substr(oid_signed_data.size()));
    const auto body = explicit_0 ? der::only(Tag::sequence, *explicit_0) : std::nullopt;
    if (!body) return malformed("its frame is not DER");
    // SignedData
    der::Reader reader{*body};
    const auto version = reader.take(Tag::integer);
    if (!version || version->whole != version_1) return malformed("its version is not 1");
    const auto digests = reader.take(Tag::set);
    const auto digest = digests ? der::only(Tag::sequence, digests->content) : std::nullopt;
    if (!digest || !is_algorithm(*digest, oid_sm3)) return malformed("its only digest must be SM3");
    const auto data = reader.take(Tag::sequence);
    if (!data || !data->content.starts_with(oid_data)) return malformed("its content type is not data");
    if (const std::string_view rest = data->content.substr(oid_data.size()); !rest.empty()) {
        const auto inner = der::only(Tag::constructed_0, rest);
        const auto octets = inner ? der::only(Tag::octet_string, *inner) : std::nullopt;
        if (!octets) return malformed("its content is no octet string");
        parsed.content = std::string{*octets};
    }
    if (parsed.content.has_value() != attached)
        return malformed(attached ? "it carries no text" : "a detached one carries no content");
    const auto certificates = reader.take(Tag::constructed_0);
    if (!certificates) return malformed("the signer's certificate is not in it");
    der::Reader in_set{certificates->content};
    while (!in_set.at_end()) {
        const auto one = in_set.take(Tag::sequence);
        if (!one || parsed.certificates.size() >= certificates_max) return malformed("its certificates");
        const unsigned char* at = uchars(one->whole);
        OwnedCertificate certificate{d2i_X509(nullptr, &at, static_cast<long>(one->whole.size()))};
        if (!certificate || at != uchars(one->whole) + one->whole.size())
            return malformed("its certificates");
        parsed.certificates.push_back(std::move(certificate));
    }
    const auto infos = reader.take(Tag::set);
    const auto info = infos ? der::only(Tag::sequence, infos->content) : std::nullopt;
    if (!info || !reader.at_end()) return malformed("it must have one signer");
    // SignerInfo
    der::Reader signer{*info};
    const auto signer_version = signer.take(Tag::integer);
    if (!signer_version || signer_version->whole != version_1)
        return malformed("the signer's version is not 1");
    const auto who = signer.take(Tag::sequence);
    const auto signer_digest = signer.take(Tag::sequence);
    if (!who || !signer_digest || !is_algorithm(signer_digest->content, oid_sm3))
        return malformed("the signer's digest must be SM3");
    if (signer.next_tag() == Tag::constructed_0)
        return malformed(
            "authenticated attributes are not accepted: the signature must be over the file's bytes");
    const auto algorithm = signer.take(Tag::sequence);
    if (!algorithm || (!is_algorithm(algorithm->content, oid_sm2_sign) &&
                       !is_algorithm(algorithm->content, oid_sm2_with_sm3)))
        return malformed("the signature's algorithm must be SM2");
    const auto signature = signer.take(Tag::octet_string);
    if (!signature || !signer.at_end()) return malformed("the signature itself");
    parsed.signature = std::string{signature->content};
    // One way to write it: SEQUENCE { r, s } in DER.
    const unsigned char* at = uchars(parsed.signature);
    const Owned<ECDSA_SIG, ECDSA_SIG_free> pair{
        d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(parsed.signature.size()))};
    if (!pair || der_of(pair.get(), i2d_ECDSA_SIG) != parsed.signature)
        return malformed("the signature is no SEQUENCE of two INTEGERs");
    for (const OwnedCertificate& certificate : parsed.certificates)
        if (issuer_and_serial(certificate.get()) == who->whole) {
            if (parsed.signer != nullptr) return malformed("the signer's certificate is in it twice");
            parsed.signer = certificate.get();
        }
    if (parsed.signer == nullptr) return malformed("the signer's certificate is not in it");
    if (!national::is_sm2(X509_get0_pubkey(parsed.signer))) return malformed("the signer's key is not SM2");
    return parsed;
}

class NationalVerifier final : public app::SignatureVerifier {
public:
    explicit NationalVerifier(OwnedStore authorities) : authorities_{std::move(authorities)} {}

    Result<app::Signer> verify(std::string_view bytes, std::string_view der) override {
        return check(der, [&](const auto& feed) { return feed(bytes), Result<void>{}; });
    }

    Result<app::Signer> verify_file(const std::filesystem::path& path, std::string_view der) override {
        auto signer = check(der, [&](const auto& feed) -> Result<void> {
            const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
            if (file < 0)
                return refuse(Fault::missing, "cannot be opened: " + std::system_category().message(errno));
            std::array<char, 65536> piece;
            ssize_t count = 0;
            while ((count = ::read(file, piece.data(), piece.size())) > 0 || (count < 0 && errno == EINTR))
                if (count > 0) feed(std::string_view{piece.data(), static_cast<std::size_t>(count)});
            const int error = errno;
            ::close(file);
            // A broken disk says nothing about the signature.
            if (count < 0) throw std::system_error{error, std::system_category(), path.string()};
            return {};
        });
        if (!signer) signer.error().place = path.string();
        return signer;
    }

    /// SM2 signs SM3 over the signer's identity and the bytes: their SHA-256 says nothing about it.
    Result<app::Signer> verify_digest(const Digest&, std::string_view) override {
        return refuse(Fault::missing,
                      "an SM2 signature is over an SM3 digest: the bytes themselves are needed");
    }

    Result<Attached> verify_attached(std::string_view der) override {
        std::optional<std::string> text;
        auto signer = check(der, [&](const auto& feed) { return feed(*text), Result<void>{}; }, &text);
        if (!signer) return std::unexpected{signer.error()};
        return Attached{std::move(*signer), std::move(*text)};
    }

private:
    template <class Give>
    Result<app::Signer> check(std::string_view der, Give give,
                              std::optional<std::string>* content = nullptr) {
        const QuietErrors quiet;
        auto parsed = parse_national(der, content != nullptr);
        if (!parsed) return std::unexpected{parsed.error()};
        auto signer = signer_of(parsed->signer, {});
        if (!signer) return std::unexpected{signer.error()};
        signer->is_national = true;
        if (auto trusted = check_chain(*parsed); !trusted) return std::unexpected{trusted.error()};
        if (content != nullptr) *content = std::move(parsed->content);

        const national::Digesting digesting = national::begin_verifying(X509_get0_pubkey(parsed->signer));
        const auto feed = [&](std::string_view bytes) {
            must(EVP_DigestVerifyUpdate(digesting.context.get(), bytes.data(), bytes.size()),
                 "hash for a signature");
        };
        if (auto given = give(feed); !given) return std::unexpected{given.error()};
        if (EVP_DigestVerifyFinal(digesting.context.get(), uchars(parsed->signature),
                                  parsed->signature.size()) != 1)
            return refuse(Fault::tampered, "the signature does not fit the bytes");
        return signer;
    }

    Result<void> check_chain(const NationalParsed& parsed) const {
        const Owned<STACK_OF(X509), free_stack> others{must(sk_X509_new_null(), "make a list")};
        for (const OwnedCertificate& certificate : parsed.certificates) {
            national::identify(certificate.get());
            sk_X509_push(others.get(), certificate.get());
        }
        const OwnedStoreContext context{must(X509_STORE_CTX_new(), "make a chain check")};
        must(X509_STORE_CTX_init(context.get(), authorities_.get(), parsed.signer, others.get()),
             "begin a chain check");
        if (X509_verify_cert(context.get()) != 1)
            return refuse(Fault::forbidden,
                          std::string{"the signer's certificate is not trusted: "} +
                              X509_verify_cert_error_string(X509_STORE_CTX_get_error(context.get())));
        if ((X509_get_key_usage(parsed.signer) & (KU_DIGITAL_SIGNATURE | KU_NON_REPUDIATION)) == 0)
            return refuse(Fault::forbidden, "the signer's certificate is not for signatures");
        return {};
    }

    static void free_stack(STACK_OF(X509) * list) { sk_X509_free(list); }

    OwnedStore authorities_;
};

/// Whichever of the two a signature is made by; each trusts authorities of its own.
class EitherVerifier final : public app::SignatureVerifier {
public:
    EitherVerifier(std::unique_ptr<app::SignatureVerifier> cms, std::unique_ptr<app::SignatureVerifier> sm2)
        : cms_{std::move(cms)}, sm2_{std::move(sm2)} {}
    Result<app::Signer> verify(std::string_view bytes, std::string_view der) override {
        return of(der).verify(bytes, der);
    }
    Result<app::Signer> verify_file(const std::filesystem::path& path, std::string_view der) override {
        return of(der).verify_file(path, der);
    }
    Result<app::Signer> verify_digest(const Digest& sha256, std::string_view der) override {
        return of(der).verify_digest(sha256, der);
    }
    Result<Attached> verify_attached(std::string_view der) override { return of(der).verify_attached(der); }

private:
    app::SignatureVerifier& of(std::string_view der) {
        // The content type stands within the first bytes of either.
        return der.substr(0, 32).find(oid_signed_data) == std::string_view::npos ? *cms_ : *sm2_;
    }
    std::unique_ptr<app::SignatureVerifier> cms_, sm2_;
};

}  // namespace

Result<std::unique_ptr<app::FileSigner>> create_national_signer(const std::filesystem::path& certificate,
                                                                const std::filesystem::path& key) {
    const QuietErrors quiet;
    const auto certificate_pem = read_small_file(certificate);
    if (!certificate_pem) return std::unexpected(certificate_pem.error());
    auto certificates = certificates_in(*certificate_pem, certificate.string());
    if (!certificates) return std::unexpected(certificates.error());
    auto key_pem = read_small_file(key);
    if (!key_pem) return std::unexpected(key_pem.error());
    auto private_key = private_key_in(*key_pem, key.string());
    wipe(*key_pem);
    if (!private_key) return std::unexpected(private_key.error());
    if (!national::is_sm2(private_key->get())) return refuse(Fault::malformed, "is no SM2 key", key.string());
    NationalIdentity identity;
    identity.certificate.reset(sk_X509_shift(certificates->get()));
    identity.key = std::move(*private_key);
    identity.intermediates = std::move(*certificates);
    if (X509_check_private_key(identity.certificate.get(), identity.key.get()) != 1)
        return refuse(Fault::mismatch, "the key does not belong to the certificate " + certificate.string(),
                      key.string());
    auto signer = signer_of(identity.certificate.get(), certificate.string());
    if (!signer) return std::unexpected(signer.error());
    identity.signer = std::move(*signer);
    identity.signer.is_national = true;
    return std::make_unique<NationalSigner>(std::move(identity));
}

Result<std::unique_ptr<app::SignatureVerifier>> create_national_verifier(
    const std::filesystem::path& authorities, Moment now) {
    const QuietErrors quiet;
    const auto pem = read_small_file(authorities);
    if (!pem) return std::unexpected(pem.error());
    return create_national_verifier_from(*pem, authorities.string(), now);
}

Result<std::unique_ptr<app::SignatureVerifier>> create_national_verifier_from(const std::string& pem,
                                                                              const std::string& place,
                                                                              Moment now) {
    const QuietErrors quiet;
    const auto certificates = certificates_in(pem, place);
    if (!certificates) return std::unexpected(certificates.error());
    OwnedStore store{must(X509_STORE_new(), "make a store of authorities")};
    for (int i = 0; i < sk_X509_num(certificates->get()); ++i) {
        if (!national::is_sm2(X509_get0_pubkey(sk_X509_value(certificates->get(), i)))) continue;
        national::identify(sk_X509_value(certificates->get(), i));
        must(X509_STORE_add_cert(store.get(), sk_X509_value(certificates->get(), i)), "trust an authority");
    }
    X509_VERIFY_PARAM* rules = X509_STORE_get0_param(store.get());
    must(X509_VERIFY_PARAM_set_purpose(rules, X509_PURPOSE_ANY), "set the purpose");
    X509_VERIFY_PARAM_set_time(rules, static_cast<time_t>(now.unix_seconds()));
    X509_VERIFY_PARAM_set_depth(rules, chain_depth_max);
    return std::make_unique<NationalVerifier>(std::move(store));
}

std::unique_ptr<app::SignatureVerifier> either_verifier(std::unique_ptr<app::SignatureVerifier> cms,
                                                        std::unique_ptr<app::SignatureVerifier> sm2) {
    return std::make_unique<EitherVerifier>(std::move(cms), std::move(sm2));
}

}  // namespace onecard::seal
