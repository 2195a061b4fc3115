#pragma once

#include <openssl/evp.h>
#include <memory>

#include "onecard/core/digest.hpp"

namespace onecard::tests {

/// SM3 by OpenSSL, for tests of rooms that must not see `seal`.
class OpensslSm3 final : public StreamHash {
public:
    OpensslSm3() : context_{EVP_MD_CTX_new(), EVP_MD_CTX_free} { start(); }
    void update(std::span<const std::byte> bytes) override {
        ensure(EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()) == 1, "EVP_DigestUpdate");
    }
    Digest finish() override {
        Digest digest;
        unsigned size = 0;
        ensure(EVP_DigestFinal_ex(context_.get(), digest.bytes.data(), &size) == 1, "EVP_DigestFinal_ex");
        ensure(size == digest.bytes.size(), "SM3 has 32 bytes");
        start();
        return digest;
    }

private:
    void start() { ensure(EVP_DigestInit_ex(context_.get(), EVP_sm3(), nullptr) == 1, "EVP_DigestInit_ex"); }
    std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context_;
};

}  // namespace onecard::tests
