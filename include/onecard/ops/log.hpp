#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace onecard::ops {

enum class LogLevel { debug, info, warn, error };
enum class LogForm { text, json };

/// Starts the log: a line an event to standard error, or to a file, as text or as one JSON object. Call once. Nobody
/// logs names, resident IDs or accounts.
void start_log(LogLevel at_least, LogForm form = LogForm::text, const std::string& file = {});
/// What happened, and what belongs to it by name: "name=value" behind the text, members in JSON.
void log(LogLevel level, std::string_view text,
         const std::vector<std::pair<std::string_view, std::string>>& fields = {});
/// One event as a line in that form, without the time; for tests.
std::string log_line(LogForm form, LogLevel level, std::string_view text,
                     const std::vector<std::pair<std::string_view, std::string>>& fields);

}  // namespace onecard::ops
