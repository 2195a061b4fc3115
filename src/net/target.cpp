#include "target.hpp"

#include <optional>

#include "onecard/core/identity.hpp"

namespace onecard::net {
namespace {

int hex_value(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

enum class Plus { literal, space };

std::optional<std::string> decode(std::string_view text, Plus plus) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        char c = text[i];
        if (c == '%') {
            if (i + 2 >= text.size()) return std::nullopt;
            const int high = hex_value(text[i + 1]);
            const int low = hex_value(text[i + 2]);
            if (high < 0 || low < 0) return std::nullopt;
            c = static_cast<char>(high * 16 + low);
            i += 2;
        } else if (c == '+' && plus == Plus::space) {
            c = ' ';
        }
        out.push_back(c);
    }
    return out;
}

bool is_utf8(std::string_view text) {
    for (std::size_t at = 0; at < text.size();)
        if (next_code_point(text, at) == 0xFFFFFFFFU) return false;
    return true;
}

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }

bool has_control(std::string_view text) {
    for (const char c : text)
        if (is_control(c)) return true;
    return false;
}

Result<std::string> decode_segment(std::string_view raw) {
    auto segment = decode(raw, Plus::literal);
    if (!segment) return refuse(Fault::malformed, "a bad escape in the path");
    if (has_control(*segment)) return refuse(Fault::malformed, "a control character in the path");
    if (segment->find_first_of("/\\") != std::string::npos)
        return refuse(Fault::malformed, "a slash or backslash inside a segment of the path");
    if (*segment == "." || *segment == "..") return refuse(Fault::malformed, "'.' or '..' in the path");
    if (!is_utf8(*segment)) return refuse(Fault::malformed, "the path is not UTF-8");
    return std::move(*segment);
}

Result<std::map<std::string, std::string>> parse_query(std::string_view text) {
    std::map<std::string, std::string> query;
    while (!text.empty()) {
        const std::string_view pair = text.substr(0, text.find('&'));
        text.remove_prefix(std::min(pair.size() + 1, text.size()));
        if (pair.empty()) continue;
        const std::size_t equals = pair.find('=');
        auto name = decode(pair.substr(0, equals), Plus::space);
        auto value = decode(equals == pair.npos ? std::string_view{} : pair.substr(equals + 1), Plus::space);
        if (!name || !value) return refuse(Fault::malformed, "a bad escape in the query");
        if (has_control(*name) || value->contains('\0'))
            return refuse(Fault::malformed, "a control character in the query");
        if (!is_utf8(*name) || !is_utf8(*value)) return refuse(Fault::malformed, "the query is not UTF-8");
        // Which of two values was meant is not for us to guess.
        const auto [at, is_new] = query.try_emplace(std::move(*name), std::move(*value));
        if (!is_new) return refuse(Fault::malformed, "'" + at->first + "' is given twice in the query");
    }
    return query;
}

}  // namespace

Result<Target> parse_target(std::string_view text) {
    if (!text.starts_with('/')) return refuse(Fault::malformed, "the target does not begin with '/'");
    if (text.contains('#')) return refuse(Fault::malformed, "a fragment in the target");
    const std::size_t question = text.find('?');
    std::string_view path = text.substr(0, question);

    Target target;
    path.remove_prefix(1);
    for (bool has_more = true; has_more;) {
        const std::size_t slash = path.find('/');
        auto segment = decode_segment(path.substr(0, slash));
        if (!segment) return std::unexpected(std::move(segment.error()));
        target.path += '/';
        target.path += *segment;
        target.segments.push_back(std::move(*segment));
        has_more = slash != path.npos;
        if (has_more) path.remove_prefix(slash + 1);
    }
    if (question != text.npos) {
        auto query = parse_query(text.substr(question + 1));
        if (!query) return std::unexpected(std::move(query.error()));
        target.query = std::move(*query);
    }
    return target;
}

}  // namespace onecard::net
