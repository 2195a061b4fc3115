#include "onecard/ops/log.hpp"

#include <fmt/format.h>
#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <atomic>
#include <utility>

namespace onecard::ops {

namespace {

std::atomic<LogForm> form_in_use{LogForm::text};

spdlog::level::level_enum level_of(LogLevel level) {
    switch (level) {
        case LogLevel::debug: return spdlog::level::debug;
        case LogLevel::info: return spdlog::level::info;
        case LogLevel::warn: return spdlog::level::warn;
        case LogLevel::error: return spdlog::level::err;
    }
    std::unreachable();
}

std::string_view name_of(LogLevel level) {
    switch (level) {
        case LogLevel::debug: return "debug";
        case LogLevel::info: return "info";
        case LogLevel::warn: return "warning";
        case LogLevel::error: return "error";
    }
    std::unreachable();
}

void append_quoted(std::string& out, std::string_view text) {
    out += '"';
    for (const char c : text) {
        if (c == '"' || c == '\\') out += '\\';
        // One event, one line, whatever is in it.
        if (static_cast<unsigned char>(c) < 0x20)
            out += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
        else
            out += c;
    }
    out += '"';
}

}  // namespace

std::string log_line(LogForm form, LogLevel level, std::string_view text,
                     const std::vector<std::pair<std::string_view, std::string>>& fields) {
    std::string line;
    if (form == LogForm::text) {
        for (const char c : text) line += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
        for (const auto& [name, value] : fields) {
            line += fmt::format(" {}=", name);
            if (value.empty() || value.find_first_of(" \"\n\r\t") != std::string::npos)
                append_quoted(line, value);
            else
                line += value;
        }
        return line;
    }
    line = fmt::format(R"("level":"{}","text":)", name_of(level));
    append_quoted(line, text);
    for (const auto& [name, value] : fields) {
        line += fmt::format(R"(,"{}":)", name);
        append_quoted(line, value);
    }
    return line;
}

void start_log(LogLevel at_least, LogForm form, const std::string& file) {
    auto logger =
        file.empty() ? spdlog::stderr_logger_mt("onecard") : spdlog::basic_logger_mt("onecard", file);
    form_in_use = form;
    if (form == LogForm::json)
        logger->set_pattern(R"({"at":"%Y-%m-%dT%H:%M:%S.%e%z",%v})");
    else
        logger->set_pattern("%Y-%m-%dT%H:%M:%S.%e%z %^%l%$ %v");
    logger->set_level(level_of(at_least));
    logger->flush_on(spdlog::level::info);
    spdlog::set_default_logger(std::move(logger));
}

void log(LogLevel level, std::string_view text,
         const std::vector<std::pair<std::string_view, std::string>>& fields) {
    spdlog::log(level_of(level), "{}", log_line(form_in_use, level, text, fields));
}

}  // namespace onecard::ops
