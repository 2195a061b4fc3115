#pragma once

#include <openssl/bio.h>
#include <openssl/cms.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <climits>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "onecard/core/result.hpp"

/// OpenSSL's objects with owners, and its errors in the house's words. Only for the room's own files.
namespace onecard::seal {

template <auto free_it>
struct FreedBy {
    template <class T>
    void operator()(T* object) const {
        free_it(object);
    }
};
template <class T, auto free_it>
using Owned = std::unique_ptr<T, FreedBy<free_it>>;

inline void free_certificates(STACK_OF(X509) * certificates) { sk_X509_pop_free(certificates, X509_free); }

using OwnedBio = Owned<BIO, BIO_free>;
using OwnedBioChain = Owned<BIO, BIO_free_all>;
using OwnedCertificate = Owned<X509, X509_free>;
using OwnedCertificates = Owned<STACK_OF(X509), free_certificates>;
using OwnedCipher = Owned<EVP_CIPHER, EVP_CIPHER_free>;
using OwnedCipherContext = Owned<EVP_CIPHER_CTX, EVP_CIPHER_CTX_free>;
using OwnedCms = Owned<CMS_ContentInfo, CMS_ContentInfo_free>;
using OwnedDigestContext = Owned<EVP_MD_CTX, EVP_MD_CTX_free>;
using OwnedKey = Owned<EVP_PKEY, EVP_PKEY_free>;
using OwnedStore = Owned<X509_STORE, X509_STORE_free>;
using OwnedStoreContext = Owned<X509_STORE_CTX, X509_STORE_CTX_free>;

/// OpenSSL keeps errors per thread, and the TLS code on the same thread reads them: nothing of ours may stay
/// behind.
class QuietErrors {
public:
    QuietErrors() { ERR_clear_error(); }
    ~QuietErrors() { ERR_clear_error(); }
    QuietErrors(const QuietErrors&) = delete;
    QuietErrors& operator=(const QuietErrors&) = delete;
};

/// OpenSSL's reason for its last error on this thread (a fixed text: it never holds input or keys).
std::string openssl_reason();

/// For what fails only when memory or the library does: throws std::runtime_error with OpenSSL's reason.
[[noreturn]] void openssl_failed(const char* what);

/// For calls that return 1 for success and objects that must not be null.
inline void must(int returned, const char* what) {
    if (returned != 1) [[unlikely]]
        openssl_failed(what);
}
template <class T>
T* must(T* object, const char* what) {
    if (object == nullptr) [[unlikely]]
        openssl_failed(what);
    return object;
}

inline const unsigned char* uchars(std::string_view text) {
    return reinterpret_cast<const unsigned char*>(text.data());
}
inline unsigned char* uchars(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }

/// A BIO that reads `bytes`, which must outlive it. Precondition: at most INT_MAX bytes.
OwnedBio reading(std::string_view bytes);
/// What was written to a memory BIO.
std::string_view written_to(BIO* memory);

/// Overwrites `secret` before it is given back.
void wipe(std::string& secret);

/// The certificates of a PEM text, in their order. Errors: malformed, also when there is none. `place` is the
/// file.
Result<OwnedCertificates> certificates_in(std::string_view pem, const std::string& place);

/// The private key of a PEM text without a passphrase. Errors: malformed.
Result<OwnedKey> private_key_in(std::string_view pem, const std::string& place);

}  // namespace onecard::seal
