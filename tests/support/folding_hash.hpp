#pragma once

#include <cstdint>

#include "onecard/core/digest.hpp"

namespace onecard::tests {

/// No cryptography, only a digest of everything fed: for tests that do not care which hash it is, and for fuzzing,
/// where a search must not spend its time in SM3.
class FoldingHash final : public StreamHash {
public:
    void update(std::span<const std::byte> bytes) override {
        for (const std::byte byte : bytes)
            state_ = (state_ ^ static_cast<std::uint8_t>(byte)) * 0x100000001B3;
    }
    Digest finish() override {
        Digest digest;
        for (std::size_t i = 0; i < digest.bytes.size(); ++i)
            digest.bytes[i] = static_cast<std::uint8_t>(state_ >> (i % 8 * 8));
        state_ = start;
        return digest;
    }

private:
    static constexpr std::uint64_t start = 0xCBF29CE484222325;
    std::uint64_t state_ = start;
};

/// Always zero: whoever writes the trailer by hand (a fuzzer) can write a right one.
class ZeroHash final : public StreamHash {
public:
    void update(std::span<const std::byte>) override {}
    Digest finish() override { return {}; }
};

}  // namespace onecard::tests
