#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "onecard/app/sealing.hpp"

namespace onecard::seal {

/// A signer from a PEM certificate and its PEM key (ECDSA P-256 or RSA >= 3072). Errors: missing, malformed, mismatch.
Result<std::unique_ptr<app::FileSigner>> create_file_signer(const std::filesystem::path& certificate,
                                                            const std::filesystem::path& key);

/// A verifier that trusts the authorities in a PEM file, for certificates valid at `now`.
Result<std::unique_ptr<app::SignatureVerifier>> create_verifier(const std::filesystem::path& authorities,
                                                                Moment now);

/// A cipher with the 64 key bytes (32 for the digest, 32 for AES-256) in `key_file`; a missing file is made with
/// fresh random bytes, mode 0600, written and synced before it is used.
Result<std::unique_ptr<app::FieldCipher>> create_field_cipher(const std::filesystem::path& key_file);

/// The ledger's key in a PEM file; made when missing (mode 0600).
Result<std::unique_ptr<app::NoteSigner>> create_note_signer(const std::filesystem::path& key_file, std::string name);
bool verify_ed25519(std::string_view public_key, std::string_view text, std::string_view signature);

/// What one throw-away certificate is for.
struct CertificateWish {
    std::string name;     ///< common name and file stem: <name>.pem, <name>.key
    bool server = false;  ///< serverAuth with localhost, 127.0.0.1 and ::1; clientAuth otherwise
};

/// Makes a throw-away authority (ca.pem, ca.key) and a P-256 certificate and key per wish in `folder` (0700, keys
/// 0600); what exists and still fits is kept. Valid from a day before `now` for `days`.
/// Errors: the file that could not be written.
Result<void> make_certificates(const std::filesystem::path& folder, const std::vector<CertificateWish>& wishes,
                               Moment now, int days);

/// Fingerprint and common name of the first certificate in a PEM file.
Result<app::Signer> read_certificate(const std::filesystem::path& certificate);

}  // namespace onecard::seal
