#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace onecard::store {

/// A query with its :name placeholders numbered for libpq: "… $1 …" and the names in that order, each once.
struct Numbered {
    std::string text;
    std::vector<std::string> names;
};
Numbered numbered(std::string_view query);

/// The same with digits in their places: COPY takes no parameters. BrokenInvariant for a name without value
/// or a value that is anything but digits, signs, commas and braces.
std::string with_numbers(std::string_view query,
                         std::initializer_list<std::pair<std::string_view, std::string>> values);

/// The query with the part's own tables in place of payment and outcome.
std::string in_part(std::string_view query, std::int32_t part);

/// What a query of schemas/queries is called.
std::string_view name_of_query(std::string_view query);

}  // namespace onecard::store
