#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "onecard/core/result.hpp"

namespace onecard::net {

struct MonitorAnswer {
    int status = 200;
    std::string content_type = "text/plain; charset=utf-8";
    std::string body;
};

/// Plain HTTP on the loopback address for those who watch the service (health, readiness, metrics): no TLS, no
/// identity, nothing about people. One request a connection, one connection at a time, two seconds each.
class Monitor {
public:
    virtual ~Monitor() = default;
    virtual std::uint16_t port() const = 0;
};

/// `answer` is given the path of a GET. Port 0: any free one. Errors: conflict (the port is taken).
Result<std::unique_ptr<Monitor>> create_monitor(std::uint16_t port,
                                                std::function<MonitorAnswer(std::string_view path)> answer);

}  // namespace onecard::net
