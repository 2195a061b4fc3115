#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "onecard/core/calendar.hpp"
#include "onecard/core/digest.hpp"
#include "onecard/core/result.hpp"

/// Ports to the cryptography, in the house's own words. `seal` implements them.
namespace onecard::app {

/// Whose certificate it was: the common name, and SHA-256 over the certificate's DER.
struct Signer {
    std::string name;
    Digest fingerprint;
    bool is_national = false;  ///< SM2: its certificate is none that TLS knows, and goes by its name
    friend bool operator==(const Signer&, const Signer&) = default;
};

/// One detached signature in the making, fed piece by piece in constant memory.
class Signing {
public:
    virtual ~Signing() = default;
    virtual void update(std::span<const std::byte> bytes) = 0;
    /// DER of the CMS SignedData, without content, with the signer's certificate.
    virtual std::string finish() = 0;
};

/// The key of one identity (the service, an officer, a bank): signs files.
class FileSigner {
public:
    virtual ~FileSigner() = default;
    /// It must not outlive the signer.
    virtual std::unique_ptr<Signing> begin() = 0;
    /// Detached CMS over `bytes`, DER.
    virtual std::string sign(std::string_view bytes) = 0;
    /// The same over bytes that are not at hand, by their SHA-256. Errors: missing where its kind (SM2) can only be made
    /// over the bytes.
    virtual Result<std::string> sign_digest(const Digest& sha256) = 0;
    /// CMS that carries `text` itself, DER (receipts, approvals).
    virtual std::string sign_attached(std::string_view text) = 0;
    virtual const Signer& signer() const = 0;
};

/// Checks signatures against the trusted authorities, in constant memory. The moment of checking is an argument.
class SignatureVerifier {
public:
    virtual ~SignatureVerifier() = default;
    /// Errors: malformed (no CMS), tampered (does not fit the bytes), forbidden (chain, expiry).
    virtual Result<Signer> verify(std::string_view bytes, std::string_view cms_der) = 0;
    virtual Result<Signer> verify_file(const std::filesystem::path& path, std::string_view cms_der) = 0;
    /// A detached signature over bytes that are not at hand, by their SHA-256. Errors: as above, and malformed when the
    /// signature was made with another digest, missing where its kind (SM2) can only be checked over the bytes.
    virtual Result<Signer> verify_digest(const Digest& sha256, std::string_view cms_der) = 0;
    struct Attached {
        Signer signer;
        std::string text;
    };
    virtual Result<Attached> verify_attached(std::string_view cms_der) = 0;
};

/// Encrypts the fields that must not be read from the database, so that equal values stay findable:
/// the first 16 bytes are a keyed digest of the value (search by them), the rest is the ciphertext.
/// Deterministic and authenticated (the SIV construction: HMAC-SHA-256 truncated, then AES-256-CTR).
/// Not thread-safe: one per worker.
class FieldCipher {
public:
    virtual ~FieldCipher() = default;
    /// Appends the sealed bytes of `plain` to `out`.
    virtual void seal(std::string_view plain, std::string& out) = 0;
    /// Errors: tampered.
    virtual Result<std::string> open(std::string_view sealed) = 0;
    /// Like `open`, into a caller's buffer of at least sealed.size() bytes; returns the length. For the bulk way.
    virtual Result<std::size_t> open_into(std::string_view sealed, char* out) = 0;
    /// The 16 bytes by which equal values are found.
    virtual std::string tag(std::string_view plain) = 0;
};

/// The ledger's own key (Ed25519), for signed notes (C2SP signed-note).
class NoteSigner {
public:
    virtual ~NoteSigner() = default;
    /// The key's name in the note, for instance "onecard.example/ledger".
    virtual const std::string& name() const = 0;
    /// The 64 bytes of Ed25519 over `text`.
    virtual std::string sign(std::string_view text) = 0;
    /// The 32 bytes of the public key.
    virtual const std::string& public_key() const = 0;
};

/// Verifies Ed25519 with a raw 32-byte public key.
using Ed25519Verify = bool (*)(std::string_view public_key, std::string_view text,
                               std::string_view signature);

}  // namespace onecard::app
