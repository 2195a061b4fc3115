#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "onecard/core/result.hpp"
#include "onecard/net/http.hpp"

namespace onecard::net {

class RouteTable {
public:
    struct Match {
        const Route* route = nullptr;  ///< null: nothing takes it
        std::map<std::string, std::string> parameters;
        std::string allow;  ///< not empty where the path is known: the methods that it has
    };

    /// Errors: malformed (a pattern without '/' in front, an empty or repeated {name}, no handler), duplicate.
    static Result<RouteTable> of(std::vector<Route> routes);

    /// A literal segment goes before {name}; HEAD is taken by the route of GET.
    Match find(std::string_view method, const std::vector<std::string>& segments) const;
    bool has_uploads() const;

private:
    struct Segment {
        std::string text;
        bool is_parameter = false;
        std::string ending;  ///< of a parameter: "{name}.p7s" takes what ends so
    };
    struct Line {
        Route route;
        std::vector<Segment> segments;
    };
    static bool fits(const Line& line, const std::vector<std::string>& segments);
    std::vector<Line> lines_;
};

}  // namespace onecard::net
