#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "onecard/core/result.hpp"

namespace onecard::net {

/// A JSON object whose values are strings, whole numbers or booleans, as text by key.
/// Errors: malformed, naming the offset or the key.
Result<std::map<std::string, std::string>> parse_flat_json(std::string_view text);

/// The array of such objects under `key` of a JSON object. Errors: malformed, missing.
Result<std::vector<std::map<std::string, std::string>>> parse_json_table(std::string_view text,
                                                                         std::string_view key);

}  // namespace onecard::net
