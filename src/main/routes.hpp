#pragma once

#include <string>
#include <vector>

#include "desk.hpp"
#include "onecard/net/http.hpp"

namespace onecard::cli {

/// Every way into the service.
std::vector<net::Route> make_routes(Desk& desk);

/// A refusal as a problem document (RFC 9457) with a stable code.
net::Response problem(int status, std::string_view code, const Failure& failure, const net::Request& request);
net::Response refused_by_server(int status, std::string text, const net::Request& request);

}  // namespace onecard::cli
