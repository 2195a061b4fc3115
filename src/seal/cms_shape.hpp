#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "onecard/core/result.hpp"

namespace onecard::seal {

enum class SignatureKind : std::uint8_t { ecdsa, rsa };

/// What the outer form of a CMS SignedData says, before OpenSSL interprets it.
struct CmsShape {
    bool carries_content = false;
    SignatureKind kind = SignatureKind::ecdsa;
    std::string_view certificates;         ///< the DER of each, one after the other; lies in what was read
    std::string_view before_certificates;  ///< the fields of the SignedData in front of them
    std::string_view after_certificates;
};

/// Reads the frame of a DER SignedData (RFC 5652 section 5) that is made exactly as we accept it: version as
/// the RFC commands, one digest algorithm (SHA-256, SHA-384 or SHA-512), data as content type, plain X.509
/// certificates and no revocation lists, one signer with signed attributes and without unsigned ones, ECDSA
/// or RSA (PKCS #1 v1.5) with that same digest.
///
/// OpenSSL ignores several of these fields; anyone could alter them without breaking the signature, and two
/// files of evidence would differ and both be good. Here no bit of them can be altered alone. A signature
/// without signed attributes is refused because the attributes of another signature can be presented as
/// content that it signs.
///
/// Errors: malformed, forbidden (algorithms).
Result<CmsShape> shape_of_cms(std::string_view der);

/// The same SignedData without its certificates, in DER.
std::string without_certificates(const CmsShape& shape);

}  // namespace onecard::seal
