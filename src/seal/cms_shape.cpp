#include "cms_shape.hpp"

#include "der.hpp"

#include <array>
#include <optional>
#include <string>

namespace onecard::seal {
namespace {

using namespace std::string_view_literals;
using namespace der;

constexpr int certificates_max = 10;

constexpr auto oid_signed_data = "\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02"sv;
constexpr auto oid_data = "\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01"sv;

/// The ways to write a digest algorithm (RFC 5754: without parameters, NULL accepted) and the signature
/// algorithms that belong to it.
struct Algorithms {
    std::string_view digest;
    std::string_view digest_with_null;
    std::string_view ecdsa;
    std::string_view rsa;
};
constexpr std::array algorithms{
    // SHA-256
    Algorithms{"\x30\x0b\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01"sv,
               "\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00"sv,
               "\x30\x0a\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x02"sv,
               "\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0b\x05\x00"sv},
    // SHA-384
    Algorithms{"\x30\x0b\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x02"sv,
               "\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x02\x05\x00"sv,
               "\x30\x0a\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x03"sv,
               "\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0c\x05\x00"sv},
    // SHA-512
    Algorithms{"\x30\x0b\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x03"sv,
               "\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x03\x05\x00"sv,
               "\x30\x0a\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x04"sv,
               "\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0d\x05\x00"sv},
};
/// RSA may also be named without its digest (RFC 3370); OpenSSL does.
constexpr auto rsa_of_any_digest = "\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01\x05\x00"sv;

std::unexpected<Failure> malformed(const char* why) {
    return refuse(Fault::malformed, std::string{"not the CMS SignedData we accept: "} + why);
}

}  // namespace

Result<CmsShape> shape_of_cms(std::string_view der) {
    CmsShape shape;

    // ContentInfo ::= SEQUENCE { contentType, [0] EXPLICIT content }
    const auto content_info = only(sequence, der);
    if (!content_info) return malformed("no DER");
    Reader outer{*content_info};
    const auto type = outer.take();
    if (!type || type->whole != oid_signed_data) return malformed("no SignedData");
    const auto wrapped = outer.take(constructed_0);
    const auto signed_data = wrapped ? only(sequence, wrapped->content) : std::nullopt;
    if (!signed_data || !outer.at_end()) return malformed("no SignedData");

    // SignedData ::= SEQUENCE { version, digestAlgorithms, encapContentInfo, [0] certificates, signerInfos }
    Reader data{*signed_data};
    const auto version = data.take(integer);
    const auto digests = data.take(set);
    const auto encapsulated = data.take(sequence);
    if (!version || !digests || !encapsulated) return malformed("its first fields");
    const auto digest = only(sequence, digests->content);
    if (!digest) return malformed("there must be one digest algorithm");

    Reader content{encapsulated->content};
    const auto content_type = content.take();
    if (!content_type || content_type->whole != oid_data) return malformed("its content is not data");
    if (!content.at_end()) {
        const auto explicit_content = content.take(constructed_0);
        if (!explicit_content || !only(octet_string, explicit_content->content) || !content.at_end())
            return malformed("its content");
        shape.carries_content = true;
    }

    const auto certificates = data.take(constructed_0);
    if (!certificates) return malformed("the signer's certificate is missing");
    Reader certificate{certificates->content};
    for (int count = 0; !certificate.at_end(); ++count)
        if (count == certificates_max || !certificate.take(sequence)) return malformed("its certificates");

    shape.certificates = certificates->content;

    const auto signers = data.take(set);
    if (!signers || !data.at_end()) return malformed("what follows its certificates");
    shape.before_certificates = {version->whole.data(),
                                 encapsulated->whole.data() + encapsulated->whole.size()};
    shape.after_certificates = signers->whole;
    const auto signer_info = only(sequence, signers->content);
    if (!signer_info) return malformed("there must be exactly one signer");

    // SignerInfo ::= SEQUENCE { version, sid, digestAlgorithm, [0] signedAttrs, signatureAlgorithm, signature
    // }
    Reader signer{*signer_info};
    const auto signer_version = signer.take(integer);
    const bool by_key_identifier = signer.next_tag() == primitive_0;
    const auto identifier = signer.take(by_key_identifier ? primitive_0 : sequence);
    const auto signer_digest = signer.take(sequence);
    const auto attributes = signer.take(constructed_0);
    if (!signer_version || !identifier || !signer_digest) return malformed("its signer");
    if (!attributes) return malformed("the signer signed no attributes");
    const auto signature_algorithm = signer.take(sequence);
    const auto signature = signer.take(octet_string);
    if (!signature_algorithm || !signature) return malformed("its signature");
    if (!signer.at_end()) return malformed("attributes that nobody signed");

    const auto expected_version = by_key_identifier ? "\x03"sv : "\x01"sv;
    if (version->content != expected_version || signer_version->content != expected_version)
        return malformed("its version");

    if (signer_digest->whole != digests->content) return malformed("two digest algorithms");
    for (const Algorithms& known : algorithms) {
        if (signer_digest->whole != known.digest && signer_digest->whole != known.digest_with_null) continue;
        if (signature_algorithm->whole == known.ecdsa) {
            shape.kind = SignatureKind::ecdsa;
            return shape;
        }
        if (signature_algorithm->whole == known.rsa || signature_algorithm->whole == rsa_of_any_digest) {
            shape.kind = SignatureKind::rsa;
            return shape;
        }
        return refuse(Fault::forbidden,
                      "the signature must be ECDSA or RSA (PKCS #1 v1.5) with the digest of the content");
    }
    return refuse(Fault::forbidden, "the digest must be SHA-256, SHA-384 or SHA-512");
}

std::string without_certificates(const CmsShape& shape) {
    const std::size_t fields = shape.before_certificates.size() + shape.after_certificates.size();
    const std::string signed_data = header_of(sequence, fields);
    const std::string wrapped = header_of(constructed_0, signed_data.size() + fields);
    std::string der =
        header_of(sequence, oid_signed_data.size() + wrapped.size() + signed_data.size() + fields);
    der.append(oid_signed_data).append(wrapped).append(signed_data);
    return der.append(shape.before_certificates).append(shape.after_certificates);
}

}  // namespace onecard::seal
