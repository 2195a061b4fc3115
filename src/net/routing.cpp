#include "routing.hpp"

#include <algorithm>
#include <set>

namespace onecard::net {

Result<RouteTable> RouteTable::of(std::vector<Route> routes) {
    RouteTable table;
    std::set<std::string> known;
    for (Route& route : routes) {
        const std::string place = route.method + " " + route.pattern;
        if (!route.pattern.starts_with('/'))
            return refuse(Fault::malformed, "a pattern begins with '/'", place);
        if (!route.handle) return refuse(Fault::malformed, "a route without a handler", place);
        Line line;
        std::set<std::string> names;
        std::string shape = route.method;
        for (std::string_view rest = route.pattern; !rest.empty();) {
            rest.remove_prefix(1);
            const std::string_view text = rest.substr(0, rest.find('/'));
            rest.remove_prefix(text.size());
            const std::size_t close = text.starts_with('{') ? text.find('}') : std::string_view::npos;
            const bool is_parameter = close != std::string_view::npos;
            Segment segment{.text = std::string{is_parameter ? text.substr(1, close - 1) : text},
                            .is_parameter = is_parameter,
                            .ending = std::string{is_parameter ? text.substr(close + 1) : ""}};
            if (is_parameter && (segment.text.empty() || !names.insert(segment.text).second))
                return refuse(Fault::malformed, "an empty or repeated {name}", place);
            shape += is_parameter ? "/{}" + segment.ending : "/" + segment.text;
            line.segments.push_back(std::move(segment));
        }
        if (!known.insert(shape).second) return refuse(Fault::duplicate, "two routes for one request", place);
        line.route = std::move(route);
        table.lines_.push_back(std::move(line));
    }
    // Text before a parameter with an ending, that before one that takes anything.
    const auto looseness = [](const Segment& segment) {
        return segment.is_parameter ? segment.ending.empty() ? 2 : 1 : 0;
    };
    const auto strict_first = [&](const Line& a, const Line& b) {
        return std::ranges::lexicographical_compare(a.segments, b.segments, {}, looseness, looseness);
    };
    std::ranges::sort(table.lines_, strict_first);
    return table;
}

bool RouteTable::fits(const Line& line, const std::vector<std::string>& segments) {
    const auto same = [](const Segment& ours, const std::string& theirs) {
        return ours.is_parameter ? theirs.size() > ours.ending.size() && theirs.ends_with(ours.ending)
                                 : ours.text == theirs;
    };
    return std::ranges::equal(line.segments, segments, same);
}

RouteTable::Match RouteTable::find(std::string_view method, const std::vector<std::string>& segments) const {
    Match match;
    const Line* found = nullptr;
    const Line* for_head = nullptr;
    std::set<std::string_view> methods;
    for (const Line& line : lines_) {
        if (!fits(line, segments)) continue;
        methods.insert(line.route.method);
        if (line.route.method == method && found == nullptr) found = &line;
        if (line.route.method == "GET" && for_head == nullptr) for_head = &line;
    }
    if (found == nullptr && method == "HEAD") found = for_head;
    if (for_head != nullptr) methods.insert("HEAD");
    for (const std::string_view each : methods)
        match.allow.append(match.allow.empty() ? "" : ", ").append(each);
    if (found == nullptr) return match;
    match.route = &found->route;
    for (std::size_t i = 0; i < segments.size(); ++i)
        if (const Segment& segment = found->segments[i]; segment.is_parameter)
            match.parameters.emplace(segment.text,
                                     segments[i].substr(0, segments[i].size() - segment.ending.size()));
    return match;
}

bool RouteTable::has_uploads() const {
    return std::ranges::any_of(lines_, [](const Line& line) { return line.route.body_to_file; });
}

}  // namespace onecard::net
