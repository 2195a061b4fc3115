#include "verify_packet.hpp"

namespace onecard::app {

std::vector<std::string> PacketReading::fields_of_line(std::string_view line) {
    std::vector<std::string> fields(1);
    for (std::size_t i = 0; i < line.size(); ++i) {
        const auto byte = static_cast<unsigned char>(line[i]);
        if (byte == '|') {
            fields.emplace_back();
            continue;
        }
        std::size_t length = 1;
        if (byte >= 0x81 && i + 1 < line.size()) length = line[i + 1] >= '0' && line[i + 1] <= '9' ? 4 : 2;
        fields.back() += line.substr(i, length);
        i += length - 1;
    }
    return fields;
}

std::optional<Signer> PacketReading::signature_of(std::string_view place, const std::string& name,
                                                  const std::string& file, const Digest& digest) {
    const std::string& text = block(name);
    const std::string cms = must(audit::parse_base64(text.substr(0, text.size() - 1)), name);
    const std::string* const bytes = find(file);
    if (bytes != nullptr && sha256_.hash(bytes_of(*bytes)) != digest) stop(file, "its bytes were altered");
    auto signer = bytes != nullptr ? verifier_.verify(*bytes, cms) : verifier_.verify_digest(digest, cms);
    if (signer) return *signer;
    if (signer.error().fault != Fault::missing)
        stop(name, fmt::format("{} ({})", signer.error().text, place));
    verdict_.notes.push_back(fmt::format("{}: {}; --files puts it in", name, signer.error().text));
    return std::nullopt;
}

void PacketReading::whole_file(const std::string& name, const Digest& digest, std::int64_t line,
                               std::string_view expected, const Fields& said, std::string_view place) {
    const std::string* const bytes = find(name);
    if (bytes == nullptr) {
        verdict_.notes.push_back(fmt::format(
            "{}: the line is shown as the ledger's key vouches for it; the whole file (sha256 {}) is not here",
            place, digest.hex()));
        return;
    }
    if (sha256_.hash(bytes_of(*bytes)) != digest) stop(name, "its bytes were altered");
    if (const auto layout = said.text_of("layout")) {
        verdict_.notes.push_back(fmt::format(
            "{}: the whole file is here, in the bank's layout {}; the line is what its profile reads", place,
            *layout));
        return;
    }
    std::string_view rest = *bytes;
    for (std::int64_t i = 1; i < line && !rest.empty(); ++i) {
        const std::size_t end = rest.find('\n');
        rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    }
    if (!rest.starts_with(expected) || expected.empty())
        stop(place, fmt::format("line {} of the file is another", line));
    shows("{}: the line stands so in the whole file", place);
}

}  // namespace onecard::app
