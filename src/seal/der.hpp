#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

/// DER as signatures need it: definite lengths, each in its shortest form.
namespace onecard::seal::der {

enum Tag : std::uint8_t {
    integer = 0x02,
    octet_string = 0x04,
    sequence = 0x30,
    set = 0x31,
    primitive_0 = 0x80,
    constructed_0 = 0xa0,
};

struct Element {
    std::uint8_t tag = 0;
    std::string_view content;
    std::string_view whole;
};

/// Reads elements one after the other; DER only: one-byte tags, definite and shortest lengths.
class Reader {
public:
    explicit Reader(std::string_view bytes) : rest_{bytes} {}
    bool at_end() const { return rest_.empty(); }
    /// The tag of the next element, 0 at the end.
    std::uint8_t next_tag() const { return rest_.empty() ? 0 : static_cast<std::uint8_t>(rest_.front()); }

    std::optional<Element> take() {
        if (rest_.size() < 2 || (next_tag() & 0x1fU) == 0x1fU) return std::nullopt;
        std::size_t header = 2;
        std::size_t length = static_cast<std::uint8_t>(rest_[1]);
        if (length >= 0x80) {
            const std::size_t octets = length & 0x7fU;
            if (octets == 0 || octets > 4 || rest_.size() < header + octets) return std::nullopt;
            length = 0;
            for (std::size_t i = 0; i < octets; ++i)
                length = length << 8U | static_cast<std::uint8_t>(rest_[header + i]);
            header += octets;
            const std::size_t least = octets == 1 ? 0x80 : std::size_t{1} << (8U * (octets - 1));
            if (length < least) return std::nullopt;
        }
        if (rest_.size() - header < length) return std::nullopt;
        const Element element{next_tag(), rest_.substr(header, length), rest_.substr(0, header + length)};
        rest_.remove_prefix(header + length);
        return element;
    }
    std::optional<Element> take(std::uint8_t tag) { return next_tag() == tag ? take() : std::nullopt; }

private:
    std::string_view rest_;
};

/// The content of the one element with `tag` that fills all of `bytes`.
inline std::optional<std::string_view> only(std::uint8_t tag, std::string_view bytes) {
    Reader reader{bytes};
    const auto element = reader.take(tag);
    if (!element || !reader.at_end()) return std::nullopt;
    return element->content;
}

/// An element's tag and length.
inline std::string header_of(std::uint8_t tag, std::size_t length) {
    std::string header{static_cast<char>(tag)};
    if (length < 0x80) return header += static_cast<char>(length);
    std::string octets;
    for (; length > 0; length >>= 8U) octets.insert(octets.begin(), static_cast<char>(length & 0xffU));
    header += static_cast<char>(0x80U | octets.size());
    return header += octets;
}

/// One element: tag, length, content.
inline std::string element(std::uint8_t tag, std::string_view content) {
    return header_of(tag, content.size()).append(content);
}

}  // namespace onecard::seal::der
