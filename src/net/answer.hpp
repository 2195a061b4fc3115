#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

/// The parts of an answer that are text and arithmetic: status lines, entity tags, ranges (RFC 9110, RFC 9112).
namespace onecard::net {

std::string_view reason_phrase(int status);

struct Part {
    std::uint64_t first = 0;
    std::uint64_t length = 0;
    friend bool operator==(const Part&, const Part&) = default;
};
enum class Selection { whole, part, unsatisfiable };

/// What a Range header selects of `size` bytes. Other units, several ranges and malformed ones select the whole, as
/// RFC 9110 14.2 allows.
Selection select_part(std::string_view range, std::uint64_t size, Part& part);

/// If-None-Match (RFC 9110 13.1.2): weak comparison, "*" matches what has an entity tag.
bool is_listed(std::string_view if_none_match, std::string_view etag);
/// If-Range (RFC 9110 13.1.5): strong comparison; a date never matches, for we send none.
bool is_same_strong(std::string_view if_range, std::string_view etag);

bool is_same_ignoring_case(std::string_view a, std::string_view b);
/// The value of a header whatever the case of its name; null if there is none.
const std::string* header_of(const std::map<std::string, std::string>& headers, std::string_view name);

struct AnswerHead {
    int status = 200;
    std::string_view content_type;  ///< empty: none is said
    const std::map<std::string, std::string>* headers = nullptr;
    std::optional<std::uint64_t> length;  ///< none: chunked, or none is said
    bool is_chunked = false;
    bool closes = false;
    std::string_view request_id;
    std::string_view date;
    std::string_view content_range;
    bool takes_ranges = false;
};
/// Status line and headers with the empty line behind them. BrokenInvariant for a header that could forge another
/// (control characters, a name that is no token). Length, connection and coding are the server's to say: the same
/// names among `headers` are left out.
std::string render(const AnswerHead& head);

}  // namespace onecard::net
