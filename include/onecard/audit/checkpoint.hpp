#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "onecard/core/digest.hpp"
#include "onecard/core/result.hpp"

namespace onecard::audit {

/// What a checkpoint commits to (C2SP tlog-checkpoint): "origin\nsize\nbase64(root)\n" and, where the log is not hashed
/// with SHA-256, the extension line "hash NAME\n". The text is what is signed.
struct Checkpoint {
    std::string origin;
    std::uint64_t size = 0;
    Digest root;
    std::string hash = "sha256";  ///< or "sm3"
    std::string text() const;
    /// Errors: malformed, naming the line.
    static Result<Checkpoint> parse(std::string_view text);
    friend bool operator==(const Checkpoint&, const Checkpoint&) = default;
};

/// One signature line of a C2SP signed note: "— name base64(key id (4 bytes) || signature)".
struct NoteSignature {
    std::string name;
    std::string key_id;     ///< 4 bytes
    std::string signature;  ///< 64 bytes for Ed25519
};

struct SignedNote {
    std::string text;  ///< ends with a newline
    std::vector<NoteSignature> signatures;
    std::string to_string() const;
    /// Errors: malformed.
    static Result<SignedNote> parse(std::string_view note);
};

/// First 4 bytes of SHA-256(name || "\n" || 0x01 || public key) (signed-note, algorithm 0x01 = Ed25519).
std::string ed25519_key_id(const HashFunction& sha256, std::string_view name, std::string_view public_key);

/// A verifier key as "name+hex(key id)+base64(0x01 || public key)" (the form of golang.org/x/mod/sumdb/note).
std::string verifier_key_text(const HashFunction& sha256, std::string_view name, std::string_view public_key);
struct VerifierKey {
    std::string name;
    std::string key_id;
    std::string public_key;
};
Result<VerifierKey> parse_verifier_key(const HashFunction& sha256, std::string_view text);

std::string base64(std::string_view bytes);
/// Strict (RFC 4648, padded). Errors: malformed.
Result<std::string> parse_base64(std::string_view text);

}  // namespace onecard::audit
