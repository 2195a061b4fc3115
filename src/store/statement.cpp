#include "statement.hpp"

#include <algorithm>
#include <cctype>

#include "onecard/core/result.hpp"
#include "onecard/store/embedded_sql.hpp"

namespace onecard::store {
namespace {

bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

/// Copies `query` to the end, calling `on_placeholder(name)` for what to put in the place of :name. Quotes and casts
/// (::) stay as they are; the comments are gone since the query was embedded.
template <class OnPlaceholder>
std::string replace_placeholders(std::string_view query, OnPlaceholder on_placeholder) {
    std::string out;
    out.reserve(query.size() + 32);
    for (std::size_t at = 0; at < query.size();) {
        if (query[at] == '\'' || query[at] == '"') {
            const std::size_t close = query.find(query[at], at + 1);
            const std::size_t end = close == query.npos ? query.size() : close + 1;
            out += query.substr(at, end - at);
            at = end;
        } else if (query.substr(at, 2) == "::") {
            out += "::";
            at += 2;
        } else if (query[at] == ':' && at + 1 < query.size() && is_word(query[at + 1])) {
            std::size_t end = at + 1;
            while (end < query.size() && is_word(query[end])) ++end;
            out += on_placeholder(query.substr(at + 1, end - at - 1));
            at = end;
        } else {
            out += query[at++];
        }
    }
    return out;
}

}  // namespace

Numbered numbered(std::string_view query) {
    Numbered result;
    result.text = replace_placeholders(query, [&](std::string_view name) {
        const auto found = std::ranges::find(result.names, name);
        const auto index = found - result.names.begin();
        if (found == result.names.end()) result.names.emplace_back(name);
        return "$" + std::to_string(index + 1);
    });
    return result;
}

std::string with_numbers(std::string_view query,
                         std::initializer_list<std::pair<std::string_view, std::string>> values) {
    return replace_placeholders(query, [&](std::string_view name) {
        const auto* const found =
            std::ranges::find(values, name, &std::pair<std::string_view, std::string>::first);
        ensure(found != values.end(), "a name without a value");
        ensure(
            !found->second.empty() && found->second.find_first_not_of("-0123456789,{}") == std::string::npos,
            "only numbers may be written into a statement");
        return "'" + found->second + "'";
    });
}

std::string in_part(std::string_view query, std::int32_t part) {
    std::string out;
    for (std::size_t at = 0; at < query.size();) {
        std::size_t end = at;
        while (end < query.size() && is_word(query[end])) ++end;
        const std::string_view word = query.substr(at, end - at);
        if (word == "payment" || word == "outcome") {
            out.append(word).append("_").append(std::to_string(part));
        } else {
            out += word;
        }
        if (end < query.size()) out += query[end++];
        at = end;
    }
    return out;
}

std::string_view name_of_query(std::string_view query) {
    for (const sql::Query& known : sql::queries)
        if (known.text == query) return known.name;
    return "a query";
}

}  // namespace onecard::store
