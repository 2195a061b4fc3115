#include "identities.hpp"

#include "files.hpp"
#include "onecard/core/identity.hpp"
#include "onecard/seal/sealing.hpp"

namespace onecard::seal {
namespace {

constexpr int common_name_characters_max = 64;  // X.520's upper bound

bool is_printable_name(std::string_view name) {
    int characters = 0;
    for (std::size_t at = 0; at < name.size(); ++characters) {
        const char32_t c = next_code_point(name, at);
        if (c == 0xFFFFFFFF || c < 0x20 || (c >= 0x7f && c < 0xa0)) return false;
    }
    return characters >= 1 && characters <= common_name_characters_max;
}

void free_utf8(unsigned char* text) { OPENSSL_free(text); }

}  // namespace

Result<app::Signer> signer_of(const X509* certificate, const std::string& place) {
    const X509_NAME* subject = X509_get_subject_name(certificate);
    const int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
    if (at < 0 || X509_NAME_get_index_by_NID(subject, NID_commonName, at) >= 0)
        return refuse(Fault::malformed, "the certificate must have exactly one common name", place);
    unsigned char* text = nullptr;
    const int length = ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)));
    const Owned<unsigned char, free_utf8> owner{text};
    app::Signer signer;
    if (length > 0) signer.name.assign(reinterpret_cast<const char*>(text), static_cast<std::size_t>(length));
    if (!is_printable_name(signer.name))
        return refuse(Fault::malformed, "the certificate's common name must be 1 to 64 printable characters",
                      place);
    must(X509_digest(certificate, EVP_sha256(), signer.fingerprint.bytes.data(), nullptr),
         "hash a certificate");
    return signer;
}

Result<app::Signer> read_certificate(const std::filesystem::path& certificate) {
    const QuietErrors quiet;
    const auto pem = read_small_file(certificate);
    if (!pem) return std::unexpected(pem.error());
    const auto certificates = certificates_in(*pem, certificate.string());
    if (!certificates) return std::unexpected(certificates.error());
    return signer_of(sk_X509_value(certificates->get(), 0), certificate.string());
}

}  // namespace onecard::seal
