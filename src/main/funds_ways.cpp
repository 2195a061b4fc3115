#include <array>

#include "onecard/net/json.hpp"
#include "ways.hpp"

/// The money that is there: what documents allot, what came in, what is used.
namespace onecard::cli {

using app::Role;
using net::Request;
using net::Response;

namespace {

constexpr std::array<const char*, 4> sources{"central", "province", "prefecture", "own"};

ledger::BySource by_source(const Flat& body) {
    ledger::BySource amounts{};
    for (std::size_t i = 0; i < sources.size(); ++i)
        if (const auto found = body.find(sources[i]); found != body.end())
            amounts[i] = must(Money::parse_yuan(found->second));
    return amounts;
}

std::int16_t year_of(const Flat& body) {
    const std::int64_t year = number_of(member(body, "year"), "year");
    if (year < 0 || year > 9999) throw Refused{{Fault::out_of_range, "year", "is a fiscal year like 2022"}};
    return static_cast<std::int16_t>(year);
}

Response allot(Desk& desk, const app::Identity& by, const Request& request) {
    const Flat body = must(net::parse_flat_json(request.body));
    only(body, {"county", "document", "purpose", "year", "central", "province", "prefecture", "own"});
    const auto purpose = ledger::purpose_of(member(body, "purpose"));
    if (!purpose)
        throw Refused{{Fault::malformed, "purpose", "must be general, relief, children or disability"}};
    must(desk.funds->allot(by,
                           {must(County::parse(member(body, "county"))),
                            member(body, "document"),
                            *purpose,
                            year_of(body),
                            by_source(body),
                            {},
                            {}},
                           now()));
    return json("{}", 201);
}

Response receive(Desk& desk, const app::Identity& by, const Request& request) {
    const Flat body = must(net::parse_flat_json(request.body));
    only(body, {"county", "document", "receipt", "central", "province", "prefecture", "own"});
    const auto receipt = body.find("receipt");
    must(desk.funds->receive(by, must(County::parse(member(body, "county"))), member(body, "document"),
                             receipt == body.end() ? std::string{} : receipt->second, by_source(body),
                             now()));
    return json("{}", 201);
}

Response spend_on_services(Desk& desk, const app::Identity& by, const Request& request) {
    const Flat body = must(net::parse_flat_json(request.body));
    only(body, {"county", "document", "year", "central", "province", "prefecture", "own"});
    must(desk.funds->spend_on_services(by, must(County::parse(member(body, "county"))),
                                       member(body, "document"), year_of(body), by_source(body), desk.book(),
                                       now()));
    return json("{}", 201);
}

constexpr std::array ways{
    Way{For::officers, "POST", "/v1/funds", receive}.by(Role::maker),
    Way{For::officers, "GET", "/v1/funds",
        [](Desk& desk, const app::Identity& by, const Request& request) {
            return answer(must(desk.funds->show(by, region_of(request, by), desk.book())), request);
        }},
    Way{For::officers, "POST", "/v1/funds/allotments", allot}.by(Role::maker),
    Way{For::officers, "POST", "/v1/funds/services", spend_on_services}.by(Role::maker),
};

}  // namespace

std::span<const Way> funds_ways() { return ways; }

}  // namespace onecard::cli
