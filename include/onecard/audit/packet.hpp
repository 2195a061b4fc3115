#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "onecard/core/digest.hpp"
#include "onecard/core/result.hpp"

/// The file that carries one payment's whole evidence (schemas/packet.md).
namespace onecard::audit {

inline constexpr std::string_view packet_first_line = "onecard packet 1\n";

/// "== name length\n", that many bytes, "\n".
struct Block {
    std::string name;
    std::string bytes;
};

/// "key value\n" each, in order; a value is the rest of its line.
class Fields {
public:
    Fields() = default;
    /// Errors: malformed, naming the line.
    static Result<Fields> parse(std::string_view text);
    void add(std::string_view key, std::string_view value);
    void add(std::string_view key, std::int64_t value) { add(key, std::to_string(value)); }
    void add(std::string_view key, std::span<const Digest> digests);
    /// Errors: missing.
    Result<std::string> text_of(std::string_view key) const;
    /// Errors: missing, malformed.
    Result<std::int64_t> number_of(std::string_view key) const;
    Result<Digest> digest_of(std::string_view key) const;
    Result<std::vector<Digest>> digests_of(std::string_view key) const;
    const std::string& text() const { return text_; }

private:
    std::string text_;
    std::vector<std::pair<std::string, std::string>> fields_;
};

std::string packet_text(std::span<const Block> blocks);

struct Packet {
    std::vector<Block> blocks;
    std::string sealed;  ///< every byte before the block "seal": what the seal is over
};
/// Errors: malformed, naming the block.
Result<Packet> parse_packet(std::string_view bytes);

/// The text that the ledger's key signs over a packet: "onecard packet 1\nsha256 <hex>\n".
std::string seal_text(const Digest& digest);

}  // namespace onecard::audit
