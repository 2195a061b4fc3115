#include "onecard/seal/hashes.hpp"

#include <openssl/sha.h>

#include "openssl_types.hpp"

namespace onecard::seal {
namespace {

// SHA256_Init/Update/Final are deprecated in OpenSSL 3, for EVP. Every payment is hashed twice and each of
// its lines is a tree node, so the way through EVP was measured against them (OpenSSL 3.0.22, AMD EPYC with
// SHA extensions, 100 bytes): EVP_Digest(EVP_sha256()) 317 ns, EVP_Digest with a fetched EVP_MD 142 ns, a
// kept EVP_MD_CTX re-made by EVP_DigestInit_ex2 110 ns, these 72 ns and without any state shared between
// calls. They stay until OpenSSL drops them; the tests hold them against EVP.
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wdeprecated-declarations"

Digest hash_sha256(std::span<const std::byte> bytes) {
    SHA256_CTX state;
    Digest digest;
    SHA256_Init(&state);
    SHA256_Update(&state, bytes.data(), bytes.size());
    SHA256_Final(digest.bytes.data(), &state);
    return digest;
}

class Sha256Stream final : public StreamHash {
public:
    Sha256Stream() { SHA256_Init(&state_); }
    void update(std::span<const std::byte> bytes) override {
        SHA256_Update(&state_, bytes.data(), bytes.size());
    }
    Digest finish() override {
        Digest digest;
        SHA256_Final(digest.bytes.data(), &state_);
        SHA256_Init(&state_);
        return digest;
    }

private:
    SHA256_CTX state_;
};

#pragma clang diagnostic pop

/// Fetching by name costs 200 ns: once a process. Never freed, because threads may still hash while it ends.
const EVP_MD* fetched_sm3() {
    static const EVP_MD* const md = must(EVP_MD_fetch(nullptr, "SM3", nullptr), "offer SM3");
    return md;
}

class Sm3Stream final : public StreamHash {
public:
    Sm3Stream() : context_{must(EVP_MD_CTX_new(), "make a digest context")} { begin(); }
    void update(std::span<const std::byte> bytes) override {
        must(EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()), "hash with SM3");
    }
    Digest finish() override {
        Digest digest;
        must(EVP_DigestFinal_ex(context_.get(), digest.bytes.data(), nullptr), "finish an SM3 digest");
        begin();
        return digest;
    }

private:
    void begin() { must(EVP_DigestInit_ex2(context_.get(), fetched_sm3(), nullptr), "begin an SM3 digest"); }
    OwnedDigestContext context_;
};

Digest hash_sm3(std::span<const std::byte> bytes) {
    thread_local Sm3Stream stream;
    stream.update(bytes);
    return stream.finish();
}

constexpr HashFunction sha256_function{
    .name = "sha256",
    .hash = hash_sha256,
    .stream = []() -> std::unique_ptr<StreamHash> { return std::make_unique<Sha256Stream>(); },
};
constexpr HashFunction sm3_function{
    .name = "sm3",
    .hash = hash_sm3,
    .stream = []() -> std::unique_ptr<StreamHash> { return std::make_unique<Sm3Stream>(); },
};

}  // namespace

const HashFunction& sha256() { return sha256_function; }
const HashFunction& sm3() { return sm3_function; }

}  // namespace onecard::seal
