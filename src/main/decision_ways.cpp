#include <fmt/format.h>

#include <array>

#include "onecard/app/evidence.hpp"
#include "onecard/net/json.hpp"
#include "pages.hpp"
#include "ways.hpp"

namespace onecard::cli {

using app::Role;
using net::Request;
using net::Response;

namespace {

Response proposed(const app::Decisions::Proposed& made) {
    return json(fmt::format(R"({{"proposal":{},"done":{}}})", made.no, made.done), 201);
}

struct OneBreak {
    County county;
    std::int64_t no;
};
OneBreak break_of(const Request& request) {
    return {must(County::parse(request.parameters.at("county"))),
            number_of(request.parameters.at("break"), "break")};
}

Response resolve_break(Desk& desk, const app::Identity& by, const Request& request) {
    const Flat body = must(net::parse_flat_json(request.body));
    only(body, {"resolution", "about", "evidence"});
    const auto resolution = recon::resolution_of(member(body, "resolution"));
    if (!resolution)
        throw Refused{{Fault::malformed, "resolution",
                       "must be dismiss, accept-paid, claim-from-bank, await-bank, remit, reported-since, "
                       "book-interest, is-return, repays-claim or debited-since"}};
    const OneBreak one = break_of(request);
    const auto about = body.find("about");
    return proposed(must(desk.decisions->resolve(by, one.county, one.no, *resolution,
                                                 about == body.end() ? std::string_view{} : about->second,
                                                 member(body, "evidence"), now())));
}

Response give_break(Desk& desk, const app::Identity& by, const Request& request) {
    const Flat body = must(net::parse_flat_json(request.body));
    only(body, {"owner"});
    const OneBreak one = break_of(request);
    must(desk.decisions->give(by, one.county, one.no, member(body, "owner"), now()));
    return json("{}", 201);
}

Response evidence_of_break(Desk& desk, const app::Identity& by, const Request& request) {
    const OneBreak one = break_of(request);
    return answer(must(app::break_evidence(desk.tools(), by, one.county, one.no, nullptr, now())), request);
}

/// A question, and not a write: what it shows is not kept for whoever repeats a request.
Response unmasked_evidence_of_break(Desk& desk, const app::Identity& by, const Request& request) {
    const OneBreak one = break_of(request);
    const std::string reason = query(request, "reason", "");
    const app::Unmasked why{reason};
    return answer(must(app::break_evidence(desk.tools(), by, one.county, one.no, &why, now())), request);
}

PaymentReference reference_of(const Request& request) {
    return must(PaymentReference::parse(request.parameters.at("reference")));
}

Response cancel_failure(Desk& desk, const app::Identity& by, const Request& request) {
    const Flat body = must(net::parse_flat_json(request.body));
    only(body, {"evidence"});
    return proposed(must(desk.decisions->cancel(by, reference_of(request), member(body, "evidence"), now())));
}

Response note_failure(Desk& desk, const app::Identity& by, const Request& request) {
    const Flat body = must(net::parse_flat_json(request.body));
    only(body, {"decision", "reason"});
    const std::string& decision = member(body, "decision");
    if (decision != "hold" && decision != "retry")
        throw Refused{{Fault::malformed, "decision", "must be hold or retry"}};
    must(desk.decisions->note(by, reference_of(request), decision == "retry", member(body, "reason"), now()));
    return json("{}", 201);
}

Response send_again(Desk& desk, const app::Identity& by, const Request& request) {
    const Flat body = must(net::parse_flat_json(request.body));
    only(body, {"evidence"});
    return proposed(must(
        desk.decisions->send_again(by, request.parameters.at("file_id"), member(body, "evidence"), now())));
}

Response answer_proposal(Desk& desk, const app::Identity& by, const Request& request) {
    const Flat body = must(net::parse_flat_json(request.body));
    only(body, {"answer"});
    const std::string& said = member(body, "answer");
    if (said != "agree" && said != "refuse")
        throw Refused{{Fault::malformed, "answer", "must be agree or refuse"}};
    must(desk.decisions->answer(by, number_of(request.parameters.at("proposal"), "proposal"), said == "agree",
                                now()));
    return json("{}", 201);
}

constexpr std::array ways{
    Way{For::officers, "GET", "/v1/breaks/{county}/{break}/evidence", evidence_of_break},
    Way{For::officers, "GET", "/v1/breaks/{county}/{break}/evidence/unmasked", unmasked_evidence_of_break}.by(
        Role::checker, Role::auditor),
    Way{For::officers, "POST", "/v1/breaks/{county}/{break}/resolution", resolve_break}.by(Role::maker),
    Way{For::officers, "POST", "/v1/breaks/{county}/{break}/owner", give_break}.by(Role::maker),
    Way{For::officers, "POST", "/v1/failures/{reference}/cancellation", cancel_failure}.by(Role::maker),
    Way{For::officers, "POST", "/v1/failures/{reference}/note", note_failure}.by(Role::maker),
    Way{For::officers, "POST", "/v1/batches/{file_id}/again", send_again}.by(Role::maker),
    Way{For::officers, "GET", "/v1/proposals",
        [](Desk& desk, const app::Identity& by, const Request& request) {
            return answer_sliced_list(request, {"county", "proposal"}, "nn",
                                      [&desk, by, region = region_of(request, by)](const app::Slice& slice) {
                                          return must(desk.decisions->proposals(by, region, slice));
                                      });
        }},
    Way{For::officers, "POST", "/v1/proposals/{proposal}/answer", answer_proposal}.by(Role::checker),
    Way{For::officers, "GET", "/v1/ageing",
        [](Desk& desk, const app::Identity& by, const Request& request) {
            return answer(must(desk.decisions->ageing(by, region_of(request, by))), request);
        }},
    Way{For::officers, "GET", "/v1/runs/{run}/indicators",
        [](Desk& desk, const app::Identity& by, const Request& request) {
            return answer(must(desk.decisions->indicators(by, run_of(request))), request);
        }},
};

}  // namespace

std::span<const Way> decision_ways() { return ways; }

}  // namespace onecard::cli
