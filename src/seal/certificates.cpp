#include <openssl/bn.h>
#include <openssl/pem.h>
#include <sys/stat.h>

#include <algorithm>
#include <optional>
#include <system_error>

#include "files.hpp"
#include "identities.hpp"
#include "national.hpp"
#include "onecard/seal/sealing.hpp"
#include "openssl_types.hpp"

namespace onecard::seal {
namespace {

constexpr std::int64_t day_seconds = 86'400;
constexpr int serial_bits = 128;
constexpr mode_t key_mode = 0600;
constexpr mode_t certificate_mode = 0644;

// certs/make-certificates.sh writes the same names and extensions: either continues what the other began.
constexpr const char* authority_name = "onecard throw-away authority";
constexpr const char* organization = "onecard throw-away";

void free_name(X509_NAME* name) { X509_NAME_free(name); }
using OwnedName = Owned<X509_NAME, free_name>;
using OwnedNumber = Owned<BIGNUM, BN_free>;
using OwnedExtension = Owned<X509_EXTENSION, X509_EXTENSION_free>;

enum class Kind { authority, server, client, signer };

enum class Scheme { p256, sm2 };

/// What the files of a scheme are called after the name.
std::string suffix_of(Scheme scheme) { return scheme == Scheme::sm2 ? "-sm2" : ""; }

void sign(X509* certificate, EVP_PKEY* key) {
    if (!national::is_sm2(key)) {
        if (X509_sign(certificate, key, EVP_sha256()) <= 0) openssl_failed("sign a certificate");
        return;
    }
    const national::Digesting signing = national::begin_signing(key);
    if (X509_sign_ctx(certificate, signing.context.get()) <= 0) openssl_failed("sign a certificate");
}

struct Pair {
    OwnedCertificate certificate;
    OwnedKey key;
};

struct Validity {
    std::int64_t from = 0;
    std::int64_t until = 0;
};

bool is_file(const std::filesystem::path& path) {
    std::error_code ignored;
    return std::filesystem::exists(path, ignored);
}

/// A common name that is a file stem too, and no way out of the folder.
bool is_file_stem(std::string_view name) {
    constexpr std::size_t length_max = 64;
    return !name.empty() && name.size() <= length_max && name.front() != '.' && name.front() != '-' &&
           std::ranges::all_of(name, [](char c) {
               return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                      c == '-' || c == '_' || c == '.';
           });
}

OwnedName name_of(const char* common_name) {
    OwnedName name{must(X509_NAME_new(), "make a name")};
    const auto add = [&](const char* field, const char* value) {
        must(X509_NAME_add_entry_by_txt(name.get(), field, MBSTRING_UTF8,
                                        reinterpret_cast<const unsigned char*>(value), -1, -1, 0),
             "write a name");
    };
    add("O", organization);
    add("CN", common_name);
    return name;
}

void add_extension(X509* certificate, X509* issuer, int nid, const char* value) {
    X509V3_CTX context;
    X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
    const OwnedExtension extension{
        must(X509V3_EXT_conf_nid(nullptr, &context, nid, value), "write an extension")};
    must(X509_add_ext(certificate, extension.get(), -1), "add an extension");
}

/// `issuer` is null for the authority, which signs itself.
OwnedCertificate issue(EVP_PKEY* subject_key, const char* common_name, Kind kind, Validity validity,
                       const Pair* issuer) {
    OwnedCertificate certificate{must(X509_new(), "make a certificate")};
    X509* const made = certificate.get();
    X509* const issuing = issuer != nullptr ? issuer->certificate.get() : made;

    must(X509_set_version(made, X509_VERSION_3), "set a version");
    const OwnedNumber serial{must(BN_new(), "make a serial")};
    do {
        must(BN_rand(serial.get(), serial_bits, BN_RAND_TOP_ANY, BN_RAND_BOTTOM_ANY), "make a serial");
    } while (BN_is_zero(serial.get()));
    must(BN_to_ASN1_INTEGER(serial.get(), X509_get_serialNumber(made)), "set a serial");

    const OwnedName subject = name_of(common_name);
    must(X509_set_subject_name(made, subject.get()), "set a subject");
    must(X509_set_issuer_name(made, X509_get_subject_name(issuing)), "set an issuer");
    must(ASN1_TIME_set(X509_getm_notBefore(made), static_cast<time_t>(validity.from)), "set a begin");
    must(ASN1_TIME_set(X509_getm_notAfter(made), static_cast<time_t>(validity.until)), "set an end");
    must(X509_set_pubkey(made, subject_key), "set a public key");

    const bool is_authority = kind == Kind::authority;
    add_extension(made, issuing, NID_basic_constraints,
                  is_authority ? "critical,CA:TRUE,pathlen:0" : "critical,CA:FALSE");
    add_extension(made, issuing, NID_key_usage,
                  is_authority ? "critical,keyCertSign,cRLSign" : "critical,digitalSignature");
    if (kind == Kind::server || kind == Kind::client)
        add_extension(made, issuing, NID_ext_key_usage,
                      kind == Kind::server ? "serverAuth,clientAuth" : "clientAuth");
    if (kind == Kind::server)
        add_extension(made, issuing, NID_subject_alt_name, "DNS:localhost,IP:127.0.0.1,IP:::1");
    add_extension(made, issuing, NID_subject_key_identifier, "hash");
    // After the subject's own identifier, which is the authority's when it signs itself.
    add_extension(made, issuing, NID_authority_key_identifier, "keyid:always");

    sign(made, issuer != nullptr ? issuer->key.get() : subject_key);
    return certificate;
}

bool is_valid_at(const X509* certificate, Moment now) {
    auto time = static_cast<time_t>(now.unix_seconds());
    return X509_cmp_time(X509_get0_notBefore(certificate), &time) < 0 &&
           X509_cmp_time(X509_get0_notAfter(certificate), &time) > 0;
}

bool is_issued_by(X509* certificate, X509* issuer) {
    if (national::is_sm2(X509_get0_pubkey(issuer))) national::identify(certificate);
    return X509_check_issued(issuer, certificate) == X509_V_OK &&
           X509_verify(certificate, X509_get0_pubkey(issuer)) == 1;
}

/// Whether what is there is what would be made now.
bool fits(X509* certificate, EVP_PKEY* key, const CertificateWish& wish, X509* authority, Moment now) {
    const auto signer = signer_of(certificate, {});
    const std::uint32_t use = X509_get_extended_key_usage(certificate);
    const std::uint32_t wanted = wish.server ? XKU_SSL_SERVER | XKU_SSL_CLIENT : XKU_SSL_CLIENT;
    return signer && signer->name == wish.name && X509_check_private_key(certificate, key) == 1 &&
           is_valid_at(certificate, now) && is_issued_by(certificate, authority) &&
           (wish.national || use != UINT32_MAX) && (wish.national || (use & wanted) == wanted);
}

/// The key in the file; made when there is none. What is there but is no key is refused, not overwritten: it
/// may be somebody's.
Result<OwnedKey> key_in(const std::filesystem::path& path, Scheme scheme) {
    if (!is_file(path)) {
        const OwnedKey key{
            scheme == Scheme::sm2
                ? must(EVP_PKEY_Q_keygen(nullptr, nullptr, "SM2"), "make an SM2 key")
                : must(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256"), "make a P-256 key")};
        const OwnedBio pem{must(BIO_new(BIO_s_secmem()), "write to memory")};
        must(PEM_write_bio_PKCS8PrivateKey(pem.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr),
             "write a key as PEM");
        auto written = write_whole(path, written_to(pem.get()), key_mode, Existing::keep);
        if (!written && written.error().fault != Fault::duplicate) return std::unexpected(written.error());
    }
    auto pem = read_small_file(path);
    if (!pem) return std::unexpected(pem.error());
    auto key = private_key_in(*pem, path.string());
    wipe(*pem);
    return key;
}

/// The first certificate of the file, null when there is no file.
Result<OwnedCertificate> certificate_in(const std::filesystem::path& path) {
    if (!is_file(path)) return OwnedCertificate{};
    const auto pem = read_small_file(path);
    if (!pem) return std::unexpected(pem.error());
    auto certificates = certificates_in(*pem, path.string());
    if (!certificates) return std::unexpected(certificates.error());
    return OwnedCertificate{sk_X509_shift(certificates->get())};
}

Result<void> write_certificate(const std::filesystem::path& path, X509* certificate) {
    const OwnedBio pem{must(BIO_new(BIO_s_mem()), "write to memory")};
    must(PEM_write_bio_X509(pem.get(), certificate), "write a certificate as PEM");
    return write_whole(path, written_to(pem.get()), certificate_mode, Existing::replace);
}

/// The authority of the folder: kept while it is valid, renewed under the same key and name when it has
/// expired.
Result<Pair> authority_in(const std::filesystem::path& folder, Scheme scheme, Validity validity, Moment now) {
    const auto certificate_path = folder / ("ca" + suffix_of(scheme) + ".pem");
    const auto key_path = folder / ("ca" + suffix_of(scheme) + ".key");
    Pair authority;
    auto certificate = certificate_in(certificate_path);
    if (!certificate) return std::unexpected(certificate.error());
    authority.certificate = std::move(*certificate);
    // A new key would be a new authority, and all that trust the old one would not know.
    if (authority.certificate && !is_file(key_path))
        return refuse(Fault::missing,
                      "the key of the authority in " + certificate_path.string() + " is not there",
                      key_path.string());
    auto key = key_in(key_path, scheme);
    if (!key) return std::unexpected(key.error());
    authority.key = std::move(*key);

    if (authority.certificate &&
        X509_check_private_key(authority.certificate.get(), authority.key.get()) != 1)
        return refuse(Fault::mismatch, "the key does not belong to " + certificate_path.string(),
                      key_path.string());
    if (authority.certificate && X509_check_ca(authority.certificate.get()) != 1)
        return refuse(Fault::mismatch, "is not the certificate of an authority", certificate_path.string());
    if (authority.certificate && is_valid_at(authority.certificate.get(), now)) return authority;

    authority.certificate = issue(authority.key.get(), authority_name, Kind::authority, validity, nullptr);
    if (auto written = write_certificate(certificate_path, authority.certificate.get()); !written)
        return std::unexpected(written.error());
    return authority;
}

Result<void> grant(const std::filesystem::path& folder, const CertificateWish& wish, const Pair& authority,
                   Validity validity, Moment now) {
    const Scheme scheme = wish.national ? Scheme::sm2 : Scheme::p256;
    const auto certificate_path = folder / (wish.name + suffix_of(scheme) + ".pem");
    auto key = key_in(folder / (wish.name + suffix_of(scheme) + ".key"), scheme);
    if (!key) return std::unexpected(key.error());
    auto certificate = certificate_in(certificate_path);
    if (!certificate) return std::unexpected(certificate.error());
    if (*certificate && fits(certificate->get(), key->get(), wish, authority.certificate.get(), now))
        return {};
    const auto made = issue(key->get(), wish.name.c_str(),
                            wish.national ? Kind::signer
                            : wish.server ? Kind::server
                                          : Kind::client,
                            validity, &authority);
    return write_certificate(certificate_path, made.get());
}

/// Seconds since 1970 of a certificate's end.
std::int64_t end_of(const X509* certificate) {
    tm parts{};
    must(ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &parts), "read the end of a certificate");
    return timegm(&parts);
}

Result<void> make_folder(const std::filesystem::path& folder) {
    std::error_code error;
    if (std::filesystem::is_directory(folder, error)) return {};
    error.clear();  // "not there" is no error: a folder without a parent in its path is made below.
    if (folder.has_parent_path()) std::filesystem::create_directories(folder.parent_path(), error);
    if (error || (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST))
        return refuse(Fault::missing,
                      "the folder cannot be made: " +
                          (error ? error : std::error_code{errno, std::system_category()}).message(),
                      folder.string());
    return {};
}

}  // namespace

Result<void> make_certificates(const std::filesystem::path& folder,
                               const std::vector<CertificateWish>& wishes, Moment now, int days) {
    const QuietErrors quiet;
    if (days < 1) return refuse(Fault::out_of_range, "certificates must be valid for at least one day");
    for (const CertificateWish& wish : wishes)
        if (!is_file_stem(wish.name) || wish.name == "ca")
            return refuse(
                Fault::malformed,
                "a certificate's name is letters, digits, '-', '_' and '.', at most 64, and not \"ca\"",
                wish.name);
    if (auto made = make_folder(folder); !made) return made;

    const Validity validity{.from = now.unix_seconds() - day_seconds,
                            .until = now.unix_seconds() + days * day_seconds};
    for (const Scheme scheme : {Scheme::p256, Scheme::sm2}) {
        const bool is_national = scheme == Scheme::sm2;
        if (is_national && std::ranges::find(wishes, true, &CertificateWish::national) == wishes.end())
            continue;
        const auto authority = authority_in(folder, scheme, validity, now);
        if (!authority) return std::unexpected(authority.error());
        // No certificate outlives the authority that was kept.
        Validity granted_for = validity;
        granted_for.until = std::min(validity.until, end_of(authority->certificate.get()));
        for (const CertificateWish& wish : wishes)
            if (wish.national == is_national)
                if (auto granted = grant(folder, wish, *authority, granted_for, now); !granted)
                    return granted;
    }
    return {};
}

}  // namespace onecard::seal
