#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "onecard/app/explanation.hpp"
#include "ways.hpp"

namespace onecard::cli {

using net::Request;
using net::Response;

namespace {

Response trial_balance(Desk& desk, const app::Identity& by, const Request& request) {
    app::Books::TrialWish wish;
    wish.known_at =
        request.query.contains("known_at") ? must(Moment::parse(request.query.at("known_at"))) : now();
    // Statements and closes may be of later days than today: without a wish every value day counts.
    wish.as_of = must(Day::parse(query(request, "as_of", "9998-12-31")));
    for (std::string_view rest = request.query.contains("by") ? request.query.at("by") : std::string_view{};
         !rest.empty();) {
        const std::size_t end = std::min(rest.find(','), rest.size());
        wish.by.emplace(rest.substr(0, end));
        rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    return answer(must(desk.books->trial_balance(by, region_of(request, by), wish)), request);
}

Response person(Desk& desk, const app::Identity& by, const Request& request) {
    const std::int64_t person = number_of(request.parameters.at("person"), "person");
    if (person < 1) throw Refused{{Fault::out_of_range, "person", "numbers of persons begin at 1"}};
    return answer(
        must(desk.books->person(by, must(County::parse(request.parameters.at("county"))), PersonNo{person})),
        request);
}

Response payment_story(Desk& desk, const app::Identity& by, const Request& request) {
    return answer(
        must(desk.books->payment(by, must(PaymentReference::parse(request.parameters.at("reference"))))),
        request);
}

Response period(Desk& desk, const app::Identity& by, const Request& request) {
    return answer(must(desk.books->period(by, region_of(request, by),
                                          must(Month::parse(request.parameters.at("period"))))),
                  request);
}

Response checkpoint(Desk& desk, const app::Identity&, const Request&) {
    Response response;
    response.content_type = "text/plain; charset=utf-8";
    response.body = must(desk.books->checkpoint(desk.ledger_key(), now()));
    return response;
}

constexpr std::array ways{
    Way{For::officers, "GET", "/v1/periods/{period}", period},
    Way{For::officers, "GET", "/v1/ledger/trial-balance", trial_balance},
    Way{For::officers, "GET", "/v1/ledger/persons/{county}/{person}", person},
    Way{For::officers, "GET", "/v1/ledger/payments/{reference}", payment_story},
    Way{For::officers, "GET", "/v1/ledger/payments/{reference}/explanation",
        [](Desk& desk, const app::Identity& by, const Request& request) {
            return answer(
                must(app::explain_payment(desk.tools(), by,
                                          must(PaymentReference::parse(request.parameters.at("reference"))),
                                          language_of(request))),
                request);
        }},
    Way{For::officers, "POST", "/v1/ledger/checkpoint", checkpoint},
};

}  // namespace

std::span<const Way> ledger_ways() { return ways; }

}  // namespace onecard::cli
