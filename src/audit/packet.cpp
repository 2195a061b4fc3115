#include "onecard/audit/packet.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace onecard::audit {
namespace {

constexpr std::size_t blocks_max = 1000;

Result<std::int64_t> number_in(std::string_view text, std::string_view what) {
    std::int64_t number = 0;
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
    if (text.empty() || parsed.ec != std::errc{} || parsed.ptr != text.data() + text.size())
        return refuse(Fault::malformed, fmt::format("«{}» is no whole number", text), std::string{what});
    return number;
}

}  // namespace

Result<Fields> Fields::parse(std::string_view text) {
    Fields fields;
    for (std::size_t line = 1; !text.empty(); ++line) {
        const std::size_t end = text.find('\n');
        const std::size_t space = text.substr(0, end).find(' ');
        if (end == std::string_view::npos || space == std::string_view::npos || space == 0)
            return refuse(Fault::malformed, "a line is «key value»", fmt::format("line {}", line));
        fields.add(text.substr(0, space), text.substr(space + 1, end - space - 1));
        text.remove_prefix(end + 1);
    }
    return fields;
}

void Fields::add(std::string_view key, std::string_view value) {
    ensure(key.find_first_of(" \n") == std::string_view::npos && value.find('\n') == std::string_view::npos,
           "a field of a packet is one line");
    text_ += fmt::format("{} {}\n", key, value);
    fields_.emplace_back(key, value);
}

void Fields::add(std::string_view key, std::span<const Digest> digests) {
    std::string all;
    for (const Digest& digest : digests) all += (all.empty() ? "" : " ") + digest.hex();
    add(key, all);
}

Result<std::string> Fields::text_of(std::string_view key) const {
    const auto found = std::ranges::find(fields_, key, &std::pair<std::string, std::string>::first);
    if (found == fields_.end()) return refuse(Fault::missing, "is not said", std::string{key});
    return found->second;
}

Result<std::int64_t> Fields::number_of(std::string_view key) const {
    const auto text = text_of(key);
    if (!text) return std::unexpected{text.error()};
    return number_in(*text, key);
}

Result<Digest> Fields::digest_of(std::string_view key) const {
    const auto text = text_of(key);
    if (!text) return std::unexpected{text.error()};
    return Digest::parse_hex(*text);
}

Result<std::vector<Digest>> Fields::digests_of(std::string_view key) const {
    const auto text = text_of(key);
    if (!text) return std::unexpected{text.error()};
    std::vector<Digest> digests;
    for (std::string_view rest = *text; !rest.empty();) {
        const std::size_t end = rest.find(' ');
        const auto digest = Digest::parse_hex(rest.substr(0, end));
        if (!digest) return std::unexpected{digest.error()};
        digests.push_back(*digest);
        rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    }
    return digests;
}

std::string packet_text(std::span<const Block> blocks) {
    std::string out{packet_first_line};
    for (const Block& block : blocks)
        out += fmt::format("== {} {}\n{}\n", block.name, block.bytes.size(), block.bytes);
    return out;
}

Result<Packet> parse_packet(std::string_view bytes) {
    if (!bytes.starts_with(packet_first_line))
        return refuse(Fault::malformed, "the first line is not «onecard packet 1»", "line 1");
    Packet packet;
    std::string_view rest = bytes.substr(packet_first_line.size());
    while (!rest.empty()) {
        const std::string place = fmt::format("block {}", packet.blocks.size() + 1);
        const std::size_t end = rest.find('\n');
        const std::string_view head = rest.substr(0, end);
        const std::size_t space = head.rfind(' ');
        if (end == std::string_view::npos || !head.starts_with("== ") || space <= 3 ||
            packet.blocks.size() == blocks_max)
            return refuse(Fault::malformed, "a block begins with «== name length»", place);
        const auto length = number_in(head.substr(space + 1), place);
        if (!length) return std::unexpected{length.error()};
        const std::string name{head.substr(3, space - 3)};
        if (name == "seal") packet.sealed = bytes.substr(0, bytes.size() - rest.size());
        rest.remove_prefix(end + 1);
        if (*length < 0 || static_cast<std::uint64_t>(*length) >= rest.size() ||
            rest[static_cast<std::size_t>(*length)] != '\n')
            return refuse(Fault::malformed, "its length is not what it says", place + " " + name);
        packet.blocks.push_back({name, std::string{rest.substr(0, static_cast<std::size_t>(*length))}});
        rest.remove_prefix(static_cast<std::size_t>(*length) + 1);
        if (name == "seal" && !rest.empty())
            return refuse(Fault::malformed, "something follows the seal", place + " " + name);
    }
    if (packet.blocks.empty() || packet.blocks.back().name != "seal")
        return refuse(Fault::malformed, "the last block is not the seal", "end");
    return packet;
}

std::string seal_text(const Digest& digest) {
    return fmt::format("onecard packet 1\nsha256 {}\n", digest.hex());
}

}  // namespace onecard::audit
