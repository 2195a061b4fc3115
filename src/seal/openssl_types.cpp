#include "openssl_types.hpp"

#include <openssl/crypto.h>
#include <openssl/pem.h>

#include <stdexcept>

namespace onecard::seal {
namespace {

/// Far more than any authority list of ours; a limit on what a file may make us do.
constexpr int certificates_max = 100;

/// Without it OpenSSL would ask for a passphrase at the terminal and wait.
int no_passphrase(char*, int, int, void*) { return -1; }

}  // namespace

std::string openssl_reason() {
    const char* reason = ERR_reason_error_string(ERR_peek_last_error());
    return reason != nullptr ? reason : "no reason given";
}

void openssl_failed(const char* what) {
    std::string text = std::string{"OpenSSL cannot "} + what + ": " + openssl_reason();
    ERR_clear_error();
    throw std::runtime_error{text};
}

OwnedBio reading(std::string_view bytes) {
    ensure(bytes.size() <= INT_MAX, "more bytes than OpenSSL's memory BIO can read");
    return OwnedBio{must(BIO_new_mem_buf(bytes.data(), static_cast<int>(bytes.size())), "read from memory")};
}

std::string_view written_to(BIO* memory) {
    char* start = nullptr;
    const long length = BIO_get_mem_data(memory, &start);
    return {start, static_cast<std::size_t>(length)};
}

void wipe(std::string& secret) { OPENSSL_cleanse(secret.data(), secret.size()); }

Result<OwnedCertificates> certificates_in(std::string_view pem, const std::string& place) {
    const QuietErrors quiet;
    OwnedCertificates certificates{must(sk_X509_new_null(), "make a list of certificates")};
    const OwnedBio bio = reading(pem);
    while (sk_X509_num(certificates.get()) < certificates_max) {
        OwnedCertificate certificate{PEM_read_bio_X509(bio.get(), nullptr, no_passphrase, nullptr)};
        if (!certificate) break;
        must(sk_X509_push(certificates.get(), certificate.get()) > 0, "list a certificate");
        static_cast<void>(certificate.release());  // The list owns it now.
    }
    // Running out of certificates is how reading ends; anything else is a certificate that is none.
    const unsigned long error = ERR_peek_last_error();
    if (ERR_GET_LIB(error) != ERR_LIB_PEM || ERR_GET_REASON(error) != PEM_R_NO_START_LINE)
        return refuse(Fault::malformed, "not a list of certificates in PEM", place);
    if (sk_X509_num(certificates.get()) == 0) return refuse(Fault::malformed, "no certificate in PEM", place);
    return certificates;
}

Result<OwnedKey> private_key_in(std::string_view pem, const std::string& place) {
    const QuietErrors quiet;
    const OwnedBio bio = reading(pem);
    OwnedKey key{PEM_read_bio_PrivateKey(bio.get(), nullptr, no_passphrase, nullptr)};
    if (!key) return refuse(Fault::malformed, "no private key in PEM without a passphrase", place);
    return key;
}

}  // namespace onecard::seal
