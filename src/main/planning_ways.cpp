#include <algorithm>
#include <array>

#include "onecard/app/simulation.hpp"
#include "onecard/net/json.hpp"
#include "pages.hpp"
#include "ways.hpp"

/// What is asked, and looked at, before anything is done.
namespace onecard::cli {

using app::Role;
using net::Request;
using net::Response;

namespace {

/// Members of the body that are no key of a policy pack.
constexpr std::array plain_members{"run", "period", "region"};

Response simulate(Desk& desk, const app::Identity& by, const Request& request) {
    const Flat body = must(net::parse_flat_json(request.body));
    app::SimulationWish wish;
    if (body.contains("run")) {
        if (body.contains("period") || body.contains("region"))
            throw Refused{{Fault::malformed, "run", "a run has its own period and region"}};
        wish.run = run_no_of(member(body, "run"));
    } else {
        wish.period = must(Month::parse(member(body, "period")));
        wish.region = must(Region::parse(member(body, "region")));
    }
    for (const auto& [key, text] : body)
        if (std::ranges::find(plain_members, key) == plain_members.end())
            wish.changes.push_back(must(policy::parse_change(key, text)));
    if (wish.changes.empty())
        throw Refused{
            {Fault::missing, "body", "names no value that would hold, like \"dibao.urban\": \"+50.00\""}};
    return answer(must(app::simulate(desk.tools(), desk.book(), by, wish)), request);
}

/// "3,4,17"
std::vector<std::int32_t> numbers_in(const std::string& text) {
    std::vector<std::int32_t> numbers;
    for (std::size_t begin = 0; begin <= text.size();) {
        const std::size_t end = std::min(text.find(',', begin), text.size());
        const std::int64_t number = number_of(text.substr(begin, end - begin), "outliers");
        if (number < 1 || number > 0x7fffffff)
            throw Refused{{Fault::unknown, "outliers", "there is no such outlier"}};
        numbers.push_back(static_cast<std::int32_t>(number));
        begin = end + 1;
    }
    return numbers;
}

Response accept_outliers(Desk& desk, const app::Identity& by, const Request& request) {
    const Flat body = must(net::parse_flat_json(request.body));
    only(body, {"county", "outliers", "reason"});
    must(desk.runs->accept_outliers(by, run_of(request), must(County::parse(member(body, "county"))),
                                    numbers_in(member(body, "outliers")), member(body, "reason"), now()));
    return json("{}", 201);
}

constexpr std::array ways{
    Way{For::officers, "GET", "/v1/runs/{run}/outliers",
        [](Desk& desk, const app::Identity& by, const Request& request) {
            return answer_sliced_list(request, {"county", "outlier"}, "nn",
                                      [&desk, by, run = run_of(request)](const app::Slice& slice) {
                                          return must(desk.runs->outliers(by, run, slice));
                                      });
        }},
    Way{For::officers, "POST", "/v1/runs/{run}/outliers", accept_outliers}.by(Role::checker),
    Way{For::officers, "POST", "/v1/simulations", simulate}.by(Role::maker, Role::checker, Role::releaser,
                                                               Role::auditor),
};

}  // namespace

std::span<const Way> planning_ways() { return ways; }

}  // namespace onecard::cli
