#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "onecard/app/sealing.hpp"

namespace onecard::seal {

/// A signer from a PEM certificate and its PEM key (ECDSA P-256 or RSA >= 3072, no passphrase); further
/// certificates in the file (intermediate authorities) go into each signature. Errors: missing, malformed,
/// mismatch.
Result<std::unique_ptr<app::FileSigner>> create_file_signer(const std::filesystem::path& certificate,
                                                            const std::filesystem::path& key);

/// A key that never leaves its token: an RFC 7512 URI ("pkcs11:token=onecard;object=files;type=private"), the PKCS#11
/// module of the token's maker, a file with its PIN.
struct TokenKey {
    std::string uri;
    std::filesystem::path module;
    std::filesystem::path pin_file;
};
/// The same with a key in a token, through OpenSSL's PKCS#11 engine. One module a process. Errors: missing (engine,
/// module, key, or a wrong PIN), malformed, mismatch, conflict (another module is in use).
Result<std::unique_ptr<app::FileSigner>> create_token_signer(const std::filesystem::path& certificate,
                                                             const TokenKey& key);

/// A verifier that trusts the authorities in a PEM file, for certificates valid at `now`. It takes strict DER
/// with one signer, signed attributes and the signer's certificate; SHA-256, SHA-384 or SHA-512 with ECDSA or
/// RSA (PKCS #1 v1.5); at most 64 KiB detached, 1 MiB attached (larger: malformed; other algorithms:
/// forbidden). A bit flipped anywhere in a signature makes it refused. verify_file: missing when the file
/// cannot be opened; a disk that fails while it is read throws std::system_error. Errors: missing, malformed.
Result<std::unique_ptr<app::SignatureVerifier>> create_verifier(const std::filesystem::path& authorities,
                                                                Moment now);

/// The same with the authorities themselves, from `place`.
Result<std::unique_ptr<app::SignatureVerifier>> create_verifier_from(const std::string& pem,
                                                                     const std::string& place, Moment now);

/// The same with SM2 and SM3: signatures are GB/T 35275-2017 SignedData with the certificate, over the file's bytes, with
/// the signer's identifier 1234567812345678 (GM/T 0009). Errors: missing, malformed (no SM2 key), mismatch.
Result<std::unique_ptr<app::FileSigner>> create_national_signer(const std::filesystem::path& certificate,
                                                                const std::filesystem::path& key);
/// Takes strict DER with one signer, SM3 with SM2, without authenticated attributes.
Result<std::unique_ptr<app::SignatureVerifier>> create_national_verifier(
    const std::filesystem::path& authorities, Moment now);
/// The same with the authorities themselves, from `place`: those among them whose key is SM2.
Result<std::unique_ptr<app::SignatureVerifier>> create_national_verifier_from(const std::string& pem,
                                                                              const std::string& place,
                                                                              Moment now);
/// Verifies what either was made for, by the content type that a signature names.
std::unique_ptr<app::SignatureVerifier> either_verifier(std::unique_ptr<app::SignatureVerifier> cms,
                                                        std::unique_ptr<app::SignatureVerifier> sm2);

/// A cipher with the 64 key bytes (32 for the digest, 32 for AES-256) in `key_file`; a missing file is made
/// with fresh random bytes, mode 0600, written and synced before it is used. Fields have at most 64 KiB.
/// Errors, naming the file: missing (cannot be read or written), malformed (not 64 bytes).
Result<std::unique_ptr<app::FieldCipher>> create_field_cipher(const std::filesystem::path& key_file);

/// The ledger's key in a PEM file; made when missing (mode 0600). Errors: missing, malformed (no Ed25519 key,
/// or a name that a signed note cannot hold).
Result<std::unique_ptr<app::NoteSigner>> create_note_signer(const std::filesystem::path& key_file,
                                                            std::string name);
bool verify_ed25519(std::string_view public_key, std::string_view text, std::string_view signature);

/// What one throw-away certificate is for.
struct CertificateWish {
    std::string name;  ///< common name and file stem: <name>.pem, <name>.key
    bool server =
        false;  ///< serverAuth with localhost, 127.0.0.1 and ::1 besides clientAuth: it calls banks too
    bool national = false;  ///< SM2, for signatures only: <name>-sm2.pem and .key, issued by ca-sm2.pem
};

/// Makes a throw-away authority (ca.pem, ca.key) and a P-256 certificate and key per wish in `folder` (0700,
/// keys 0600); what exists and still fits is kept. Valid from a day before `now` until `days` (>= 1) after
/// it, and no longer than the authority. A key that is there is never overwritten: a certificate that no
/// longer fits is made anew for it.
/// Errors, each naming the file: missing (cannot be written, or the authority's key is gone), malformed (a
/// key or certificate that is none, a name that is no file stem), mismatch (ca.key does not belong to
/// ca.pem), out_of_range (days).
Result<void> make_certificates(const std::filesystem::path& folder,
                               const std::vector<CertificateWish>& wishes, Moment now, int days);

/// Fingerprint and common name of the first certificate in a PEM file.
Result<app::Signer> read_certificate(const std::filesystem::path& certificate);

}  // namespace onecard::seal
