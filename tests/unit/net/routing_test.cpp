#include "routing.hpp"

#include <gtest/gtest.h>

namespace onecard::net {
namespace {

Route route(std::string method, std::string pattern) {
    return {.method = std::move(method), .pattern = std::move(pattern), .handle = [](const Request&) {
                return Response{};
            }};
}

RouteTable table() {
    auto made =
        RouteTable::of({route("GET", "/runs/{run}"), route("GET", "/runs/latest"), route("POST", "/runs"),
                        route("DELETE", "/runs/{number}"), route("GET", "/runs/{run}/units/{county}")});
    EXPECT_TRUE(made);
    return std::move(*made);
}

TEST(Routing, FindsParametersByName) {
    const RouteTable routes = table();
    const auto match = routes.find("GET", {"runs", "7", "units", "370212"});
    ASSERT_NE(match.route, nullptr);
    const std::map<std::string, std::string> expected{{"run", "7"}, {"county", "370212"}};
    EXPECT_EQ(match.parameters, expected);
}

TEST(Routing, PrefersTheLiteralSegment) {
    const RouteTable routes = table();
    EXPECT_EQ(routes.find("GET", {"runs", "latest"}).route->pattern, "/runs/latest");
    EXPECT_EQ(routes.find("GET", {"runs", "later"}).route->pattern, "/runs/{run}");
}

TEST(Routing, TellsTheMethodsOfAKnownPath) {
    const RouteTable routes = table();
    const auto wrong = routes.find("PUT", {"runs", "7"});
    EXPECT_EQ(wrong.route, nullptr);
    EXPECT_EQ(wrong.allow, "DELETE, GET, HEAD");
    EXPECT_EQ(routes.find("GET", {"nothing"}).allow, "");
    EXPECT_EQ(routes.find("GET", {"runs", ""}).allow, "") << "a parameter is never empty";
}

TEST(Routing, AnswersHeadByTheRouteOfGet) {
    const RouteTable routes = table();
    const auto match = routes.find("HEAD", {"runs", "7"});
    ASSERT_NE(match.route, nullptr);
    EXPECT_EQ(match.route->method, "GET");
    EXPECT_EQ(match.parameters.at("run"), "7");
    EXPECT_EQ(routes.find("HEAD", {"runs"}).route, nullptr);
}

TEST(Routing, RefusesTablesThatContradictThemselves) {
    const auto fault_of = [](std::vector<Route> routes) {
        const auto made = RouteTable::of(std::move(routes));
        EXPECT_FALSE(made);
        return made ? Fault::unknown : made.error().fault;
    };
    EXPECT_EQ(fault_of({route("GET", "/a/{x}"), route("GET", "/a/{y}")}), Fault::duplicate);
    EXPECT_EQ(fault_of({route("GET", "a")}), Fault::malformed);
    EXPECT_EQ(fault_of({route("GET", "/a/{}")}), Fault::malformed);
    EXPECT_EQ(fault_of({route("GET", "/{x}/{x}")}), Fault::malformed);
    EXPECT_EQ(fault_of({Route{.method = "GET", .pattern = "/a"}}), Fault::malformed);
}

}  // namespace
}  // namespace onecard::net
