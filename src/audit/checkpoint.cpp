#include "onecard/audit/checkpoint.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "onecard/core/identity.hpp"

namespace onecard::audit {
namespace {

constexpr std::string_view signature_lead = "\u2014 ";  // em dash, space
constexpr char ed25519_algorithm = '\x01';
constexpr std::size_t ed25519_public_key_bytes = 32;
constexpr std::size_t key_id_bytes = 4;
constexpr std::string_view plain_hash = "sha256", other_hash = "sm3";
const std::string hash_lead = "hash ";

// Both far above what one log and its witnesses write, and low enough that a stranger's note costs nothing.
constexpr std::size_t note_bytes_max = 1U << 20U;
constexpr std::size_t signatures_max = 100;

constexpr char32_t ill_formed = 0xFFFFFFFF;

/// Unicode's White_Space property beyond ASCII.
bool is_space(char32_t c) {
    return c == U' ' || (c >= 0x09 && c <= 0x0d) || c == 0x85 || c == 0xa0 || c == 0x1680 ||
           (c >= 0x2000 && c <= 0x200a) || c == 0x2028 || c == 0x2029 || c == 0x202f || c == 0x205f ||
           c == 0x3000;
}

/// signed-note: valid UTF-8 without control characters other than the newline.
bool is_note_text(std::string_view text) {
    for (std::size_t at = 0; at < text.size();) {
        const char32_t c = next_code_point(text, at);
        if (c == ill_formed || (c < 0x20 && c != U'\n')) return false;
    }
    return true;
}

bool is_key_name(std::string_view name) {
    if (name.empty()) return false;
    for (std::size_t at = 0; at < name.size();) {
        const char32_t c = next_code_point(name, at);
        if (c == ill_formed || c < 0x20 || c == U'+' || is_space(c)) return false;
    }
    return true;
}

/// Takes one line off the front, without its newline. False when no whole line is left.
bool take_line(std::string_view& rest, std::string_view& line) {
    const std::size_t end = rest.find('\n');
    if (end == std::string_view::npos) return false;
    line = rest.substr(0, end);
    rest.remove_prefix(end + 1);
    return true;
}

std::string_view chars_of(const Digest& digest) {
    return {reinterpret_cast<const char*>(digest.bytes.data()), digest.bytes.size()};
}

std::string hex(std::string_view bytes) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text;
    for (const char c : bytes) {
        const auto byte = static_cast<std::uint8_t>(c);
        text.push_back(digits[byte >> 4U]);
        text.push_back(digits[byte & 0x0fU]);
    }
    return text;
}

std::string line_number(std::size_t number) { return "line " + std::to_string(number); }

}  // namespace

std::string Checkpoint::text() const {
    return origin + "\n" + std::to_string(size) + "\n" + base64(chars_of(root)) + "\n" +
           (hash == plain_hash ? std::string{} : hash_lead + hash + "\n");
}

Result<Checkpoint> Checkpoint::parse(std::string_view text) {
    const auto malformed = [](std::size_t line, const char* why) {
        return refuse(Fault::malformed, why, line_number(line));
    };
    Checkpoint checkpoint;
    std::string_view line;

    if (!take_line(text, line) || line.empty() || !is_note_text(line))
        return malformed(1, "the origin must be a line of UTF-8 that is not empty");
    checkpoint.origin = line;

    if (!take_line(text, line)) return malformed(2, "the size is missing");
    const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), checkpoint.size);
    if (line.empty() || error != std::errc{} || end != line.data() + line.size() ||
        (line.size() > 1 && line.front() == '0'))
        return malformed(2, "the size must be a decimal number below 2^64 without leading zeros");

    if (!take_line(text, line)) return malformed(3, "the root is missing");
    const auto root = parse_base64(line);
    if (!root || root->size() != checkpoint.root.bytes.size())
        return malformed(3, "the root must be 32 bytes in base64");
    std::copy(root->begin(), root->end(), checkpoint.root.bytes.begin());

    if (!text.empty() && (!take_line(text, line) || !line.starts_with(hash_lead) ||
                          line.substr(hash_lead.size()) != other_hash || !text.empty()))
        return malformed(4, "the only extension line of this log is « hash sm3 »");
    if (line.starts_with(hash_lead)) checkpoint.hash = line.substr(hash_lead.size());
    return checkpoint;
}

std::string SignedNote::to_string() const {
    ensure(text.ends_with('\n'), "the text of a signed note ends with a newline");
    ensure(!signatures.empty(), "a signed note carries a signature");
    std::string note = text;
    note += '\n';
    for (const NoteSignature& signature : signatures) {
        ensure(is_key_name(signature.name), "a key's name in a signed note has no spaces and no '+'");
        ensure(signature.key_id.size() == key_id_bytes, "a key id is 4 bytes");
        note += signature_lead;
        note += signature.name;
        note += ' ';
        note += base64(signature.key_id + signature.signature);
        note += '\n';
    }
    return note;
}

Result<SignedNote> SignedNote::parse(std::string_view note) {
    const auto malformed = [](std::string why, std::string place = {}) {
        return refuse(Fault::malformed, std::move(why), std::move(place));
    };
    if (note.size() > note_bytes_max) return malformed("a signed note has at most 1 MiB");
    if (!is_note_text(note)) return malformed("a signed note is UTF-8 without control characters");

    // The last empty line divides: the text may have empty lines of its own.
    const std::size_t divide = note.rfind("\n\n");
    if (divide == std::string_view::npos) return malformed("no empty line before the signatures");
    SignedNote parsed;
    parsed.text = note.substr(0, divide + 1);
    std::string_view rest = note.substr(divide + 2);
    if (rest.empty()) return malformed("a signed note carries at least one signature");

    auto number = static_cast<std::size_t>(std::ranges::count(parsed.text, '\n')) + 1;
    std::string_view line;
    while (!rest.empty()) {
        ++number;
        if (!take_line(rest, line)) return malformed("a line without its newline", line_number(number));
        if (parsed.signatures.size() == signatures_max)
            return malformed("a signed note has at most 100 signatures", line_number(number));
        if (!line.starts_with(signature_lead))
            return malformed("a signature line begins with an em dash and a space", line_number(number));
        line.remove_prefix(signature_lead.size());
        const std::size_t space = line.find(' ');
        if (space == std::string_view::npos || !is_key_name(line.substr(0, space)))
            return malformed("a signature line names its key, without spaces and '+'", line_number(number));
        const auto bytes = parse_base64(line.substr(space + 1));
        if (!bytes || bytes->size() <= key_id_bytes)
            return malformed("a signature is the base64 of a key id and at least one byte",
                             line_number(number));
        parsed.signatures.push_back(NoteSignature{.name = std::string{line.substr(0, space)},
                                                  .key_id = bytes->substr(0, key_id_bytes),
                                                  .signature = bytes->substr(key_id_bytes)});
    }
    return parsed;
}

std::string ed25519_key_id(const HashFunction& sha256, std::string_view name, std::string_view public_key) {
    std::string message{name};
    message += '\n';
    message += ed25519_algorithm;
    message += public_key;
    return std::string{chars_of(sha256.hash(bytes_of(message))).substr(0, key_id_bytes)};
}

std::string verifier_key_text(const HashFunction& sha256, std::string_view name,
                              std::string_view public_key) {
    ensure(is_key_name(name), "a key's name in a signed note has no spaces and no '+'");
    ensure(public_key.size() == ed25519_public_key_bytes, "an Ed25519 public key is 32 bytes");
    std::string text{name};
    text += '+';
    text += hex(ed25519_key_id(sha256, name, public_key));
    text += '+';
    text += base64(ed25519_algorithm + std::string{public_key});
    return text;
}

Result<VerifierKey> parse_verifier_key(const HashFunction& sha256, std::string_view text) {
    // Base64 may hold '+' itself: only the first two divide.
    const std::size_t first = text.find('+');
    const std::size_t second = first == std::string_view::npos ? first : text.find('+', first + 1);
    if (second == std::string_view::npos)
        return refuse(Fault::malformed, "a verifier key is name+hex(key id)+base64(key)");
    const std::string_view name = text.substr(0, first);
    if (!is_key_name(name)) return refuse(Fault::malformed, "a verifier key's name has no spaces");
    const auto key = parse_base64(text.substr(second + 1));
    if (!key || key->size() != 1 + ed25519_public_key_bytes || key->front() != ed25519_algorithm)
        return refuse(Fault::malformed, "a verifier key holds 0x01 and the 32 bytes of an Ed25519 key");
    VerifierKey parsed{.name = std::string{name}, .key_id = {}, .public_key = key->substr(1)};
    parsed.key_id = ed25519_key_id(sha256, parsed.name, parsed.public_key);
    if (text.substr(first + 1, second - first - 1) != hex(parsed.key_id))
        return refuse(Fault::mismatch, "the key id does not belong to the name and the key");
    return parsed;
}

}  // namespace onecard::audit
