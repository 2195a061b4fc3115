#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "onecard/core/result.hpp"

namespace onecard {

/// The 32 bytes of SHA-256 or SM3.
struct Digest {
    std::array<std::uint8_t, 32> bytes{};
    /// 64 lower-case hexadecimal digits.
    std::string hex() const;
    /// Accepts both cases. Errors: malformed.
    static Result<Digest> parse_hex(std::string_view text);
    friend auto operator<=>(const Digest&, const Digest&) = default;
};

inline std::span<const std::byte> bytes_of(std::string_view text) {
    return std::as_bytes(std::span{text.data(), text.size()});
}
inline std::span<const std::byte> bytes_of(const Digest& digest) {
    return std::as_bytes(std::span{digest.bytes});
}

/// A hash fed piece by piece; the cryptography behind it lives in `seal`, so that the domain stays pure.
class StreamHash {
public:
    virtual ~StreamHash() = default;
    virtual void update(std::span<const std::byte> bytes) = 0;
    /// The digest of everything fed since the start or the last `finish`; afterwards it is fresh again.
    virtual Digest finish() = 0;
};

/// A hash of one short message. `hash` is reentrant; `name` is "sha256" or "sm3".
struct HashFunction {
    std::string_view name;
    Digest (*hash)(std::span<const std::byte> bytes);
    std::unique_ptr<StreamHash> (*stream)();
};

}  // namespace onecard
