#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "onecard/core/result.hpp"

namespace onecard::net {

/// A request's target, decoded. Nothing in it can walk out of a folder or end a C string early.
struct Target {
    std::string path;                          ///< "/v1/runs/7"
    std::vector<std::string> segments;         ///< "v1", "runs", "7"
    std::map<std::string, std::string> query;  ///< '+' is a space there, as in forms
};

/// Errors: malformed for a target that does not begin with '/', a bad escape, control characters, '/' or '\' behind an
/// escape, segments "." and "..", bytes that are not UTF-8, and a query name that is given twice.
Result<Target> parse_target(std::string_view target);

}  // namespace onecard::net
