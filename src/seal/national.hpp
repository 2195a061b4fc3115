#pragma once

#include <openssl/evp.h>
#include <openssl/x509.h>

#include <string_view>

#include "openssl_types.hpp"

/// SM2 with SM3 as GB/T 32918 and GM/T 0009 want it: every signature is over the signer's identifier too.
namespace onecard::seal::national {

/// GM/T 0009: the identifier of whoever has agreed on no other. OpenSSL 3.0 takes an empty one when it is not told.
inline constexpr std::string_view signer_id = "1234567812345678";

/// Ready for EVP_DigestSignUpdate or EVP_DigestVerifyUpdate. The key context belongs to the caller: it must outlive.
struct Digesting {
    Owned<EVP_PKEY_CTX, EVP_PKEY_CTX_free> key_context;
    OwnedDigestContext context;
};
Digesting begin_signing(EVP_PKEY* key);
Digesting begin_verifying(EVP_PKEY* key);

bool is_sm2(const EVP_PKEY* key);

/// OpenSSL asks for the identifier at every certificate that SM2 has signed.
void identify(X509* certificate);

}  // namespace onecard::seal::national
