#include "answer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <iterator>

#include "onecard/core/result.hpp"

namespace onecard::net {
namespace {

struct Phrase {
    int status;
    std::string_view text;
};
constexpr std::array phrases{
    Phrase{200, "OK"},
    Phrase{201, "Created"},
    Phrase{202, "Accepted"},
    Phrase{204, "No Content"},
    Phrase{206, "Partial Content"},
    Phrase{303, "See Other"},
    Phrase{304, "Not Modified"},
    Phrase{400, "Bad Request"},
    Phrase{401, "Unauthorized"},
    Phrase{403, "Forbidden"},
    Phrase{404, "Not Found"},
    Phrase{405, "Method Not Allowed"},
    Phrase{406, "Not Acceptable"},
    Phrase{408, "Request Timeout"},
    Phrase{409, "Conflict"},
    Phrase{410, "Gone"},
    Phrase{411, "Length Required"},
    Phrase{412, "Precondition Failed"},
    Phrase{413, "Content Too Large"},
    Phrase{415, "Unsupported Media Type"},
    Phrase{416, "Range Not Satisfiable"},
    Phrase{417, "Expectation Failed"},
    Phrase{422, "Unprocessable Content"},
    Phrase{423, "Locked"},
    Phrase{428, "Precondition Required"},
    Phrase{429, "Too Many Requests"},
    Phrase{431, "Request Header Fields Too Large"},
    Phrase{500, "Internal Server Error"},
    Phrase{501, "Not Implemented"},
    Phrase{502, "Bad Gateway"},
    Phrase{503, "Service Unavailable"},
    Phrase{504, "Gateway Timeout"},
    Phrase{507, "Insufficient Storage"},
};

constexpr std::array<std::string_view, 7> said_by_server{
    "content-length", "transfer-encoding", "connection",  "keep-alive",
    "date",           "x-request-id",      "content-type"};

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
    return text;
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

std::optional<std::uint64_t> parse_number(std::string_view text) {
    std::uint64_t number = 0;
    const char* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, number);
    if (text.empty() || error != std::errc{} || stop != end) return std::nullopt;
    return number;
}

bool is_token(std::string_view name) {
    return !name.empty() && std::ranges::all_of(name, [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' ||
               c == '_';
    });
}

bool is_printable(std::string_view value) {
    return std::ranges::none_of(value,
                                [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
}

void add_header(std::string& out, std::string_view name, std::string_view value) {
    ensure(is_token(name) && is_printable(value), "a header of an answer that could forge another");
    out.append(name).append(": ").append(value).append("\r\n");
}

}  // namespace

std::string_view reason_phrase(int status) {
    const auto* at = std::ranges::find(phrases, status, &Phrase::status);
    return at != phrases.end() ? at->text : "Status";
}

Selection select_part(std::string_view range, std::uint64_t size, Part& part) {
    constexpr std::string_view unit = "bytes=";
    if (range.size() < unit.size() || !is_same_ignoring_case(range.substr(0, unit.size()), unit))
        return Selection::whole;
    range = trimmed(range.substr(unit.size()));
    const std::size_t dash = range.find('-');
    if (dash == range.npos || range.contains(',')) return Selection::whole;
    const std::string_view from = trimmed(range.substr(0, dash));
    const std::string_view to = trimmed(range.substr(dash + 1));
    const auto first = parse_number(from);
    const auto last = parse_number(to);
    if ((!first && !from.empty()) || (!last && !to.empty()) || (!first && !last)) return Selection::whole;
    if (!first) {  // the last n bytes
        if (*last == 0 || size == 0) return Selection::unsatisfiable;
        part.length = std::min(*last, size);
        part.first = size - part.length;
        return Selection::part;
    }
    if (last && *last < *first) return Selection::whole;
    if (*first >= size) return Selection::unsatisfiable;
    part.first = *first;
    part.length = (last ? std::min(*last, size - 1) : size - 1) - *first + 1;
    return Selection::part;
}

bool is_listed(std::string_view if_none_match, std::string_view etag) {
    if (etag.empty()) return false;
    const auto opaque = [](std::string_view tag) { return tag.starts_with("W/") ? tag.substr(2) : tag; };
    if (trimmed(if_none_match) == "*") return true;
    // A comma inside a tag's quotes does not part two tags; ours have none, so such a tag cannot be one of ours.
    while (!if_none_match.empty()) {
        const std::string_view one = if_none_match.substr(0, if_none_match.find(','));
        if_none_match.remove_prefix(std::min(one.size() + 1, if_none_match.size()));
        if (opaque(trimmed(one)) == opaque(etag)) return true;
    }
    return false;
}

bool is_same_strong(std::string_view if_range, std::string_view etag) {
    return !etag.empty() && !etag.starts_with("W/") && trimmed(if_range) == etag;
}

bool is_same_ignoring_case(std::string_view a, std::string_view b) {
    return std::ranges::equal(a, b, {}, lower, lower);
}

const std::string* header_of(const std::map<std::string, std::string>& headers, std::string_view name) {
    for (const auto& [key, value] : headers)
        if (is_same_ignoring_case(key, name)) return &value;
    return nullptr;
}

std::string render(const AnswerHead& head) {
    std::string out = fmt::format("HTTP/1.1 {} {}\r\n", head.status, reason_phrase(head.status));
    add_header(out, "Date", head.date);
    if (!head.content_type.empty()) add_header(out, "Content-Type", head.content_type);
    if (head.length) fmt::format_to(std::back_inserter(out), "Content-Length: {}\r\n", *head.length);
    if (head.is_chunked) out += "Transfer-Encoding: chunked\r\n";
    if (!head.content_range.empty()) add_header(out, "Content-Range", head.content_range);
    if (head.takes_ranges) out += "Accept-Ranges: bytes\r\n";
    add_header(out, "X-Request-Id", head.request_id);
    if (head.closes) out += "Connection: close\r\n";
    if (head.headers != nullptr) {
        for (const auto& [name, value] : *head.headers) {
            const auto is_this = [&name](std::string_view other) {
                return is_same_ignoring_case(name, other);
            };
            if (std::ranges::none_of(said_by_server, is_this)) add_header(out, name, value);
        }
    }
    out += "\r\n";
    return out;
}

}  // namespace onecard::net
