#include "failures.hpp"

#include <fmt/format.h>

#include <stdexcept>
#include <string>

#include "onecard/app/store.hpp"

namespace onecard::store {
namespace {

/// The rest of the line that begins with `mark`, or nothing.
std::string_view line_after(std::string_view text, std::string_view mark) {
    std::size_t at = text.find(mark);
    if (at == text.npos) return {};
    at += mark.size();
    while (at < text.size() && text[at] == ' ') ++at;
    return text.substr(at, text.find('\n', at) - at);
}

std::string without_quoted(std::string_view text) {
    std::string out;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t open = text.find('"', at);
        out += text.substr(at, open - at);
        if (open == text.npos) break;
        const std::size_t close = text.find('"', open + 1);
        out += "\"…\"";
        at = close == text.npos ? text.size() : close + 1;
    }
    return out;
}

}  // namespace

void throw_said(std::string_view statement, std::string_view sqlstate, std::string_view verbose) {
    const std::string_view table = line_after(verbose, "TABLE NAME:");
    const std::string_view constraint = line_after(verbose, "CONSTRAINT NAME:");
    std::string_view detail = line_after(verbose, "DETAIL:");
    // "Key (…)=(…)" holds numbers and names of files; other details hold whole rows.
    if (!detail.starts_with("Key (")) detail = {};

    if (sqlstate.starts_with("23")) {
        throw app::RefusedByDatabase{std::string{constraint},
                                     fmt::format("{}: the database refuses a row of {} by {}{}{}", statement,
                                                 table.empty() ? "a table" : table,
                                                 constraint.empty() ? "a missing value" : constraint,
                                                 detail.empty() ? "" : ": ", detail)};
    }
    std::string_view said = verbose;
    for (const std::string_view level : {"ERROR:", "FATAL:", "PANIC:"})
        if (const std::string_view line = line_after(verbose, level); !line.empty()) said = line;
    if (!sqlstate.empty() && said.starts_with(sqlstate))
        said.remove_prefix(std::min(said.size(), sqlstate.size() + 1));
    while (said.starts_with(' ') || said.starts_with('\n')) said.remove_prefix(1);
    said = said.substr(0, said.find('\n'));
    const bool quotes_input = sqlstate.starts_with("22");
    const std::string text =
        fmt::format("{}: database error {}: {}", statement,
                    sqlstate.find_first_not_of(' ') == sqlstate.npos ? "(no answer)" : sqlstate,
                    quotes_input ? without_quoted(said) : std::string{said});
    if (sqlstate.starts_with("40")) throw app::TryAgain{text};
    throw std::runtime_error{text};
}

}  // namespace onecard::store
