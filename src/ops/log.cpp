#include "onecard/ops/log.hpp"

#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <utility>

namespace onecard::ops {

namespace {

spdlog::level::level_enum level_of(LogLevel level) {
    switch (level) {
        case LogLevel::debug: return spdlog::level::debug;
        case LogLevel::info: return spdlog::level::info;
        case LogLevel::warn: return spdlog::level::warn;
        case LogLevel::error: return spdlog::level::err;
    }
    std::unreachable();
}

}  // namespace

void start_log(LogLevel at_least, const std::string& file) {
    auto logger =
        file.empty() ? spdlog::stderr_logger_mt("onecard") : spdlog::basic_logger_mt("onecard", file);
    logger->set_pattern("%Y-%m-%dT%H:%M:%S.%e%z %^%l%$ %v");
    logger->set_level(level_of(at_least));
    logger->flush_on(spdlog::level::info);
    spdlog::set_default_logger(std::move(logger));
}

void log(LogLevel level, std::string_view text) { spdlog::log(level_of(level), "{}", text); }

}  // namespace onecard::ops
