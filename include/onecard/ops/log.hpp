#pragma once

#include <string>
#include <string_view>

namespace onecard::ops {

enum class LogLevel { debug, info, warn, error };

/// Starts the log: lines to standard error, or to a file. Call once. Nobody logs names, resident IDs or accounts.
void start_log(LogLevel at_least, const std::string& file = {});
void log(LogLevel level, std::string_view text);

}  // namespace onecard::ops
