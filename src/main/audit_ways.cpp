#include <fmt/format.h>

#include <array>
#include <map>

#include "onecard/app/packet.hpp"
#include "onecard/app/proofs.hpp"
#include "onecard/app/questions.hpp"
#include "ways.hpp"

namespace onecard::cli {

using net::Request;
using net::Response;

namespace {

Response packet(Desk& desk, const app::Identity& by, const Request& request) {
    app::PacketWish wish;
    wish.payment = must(PaymentReference::parse(request.parameters.at("reference")));
    wish.whole_files = query(request, "files", "false") == "true";
    wish.authorities = file_text(desk.places.authorities);
    if (std::filesystem::exists(desk.places.national_authorities))
        wish.authorities += file_text(desk.places.national_authorities);
    Response response;
    response.content_type = "application/octet-stream";
    response.body = must(app::make_packet(desk.tools(), desk.ledger_key(), by, wish, now()));
    return response;
}

Response inclusion(Desk& desk, const app::Identity& by, const Request& request) {
    return answer(
        must(app::prove_inclusion(desk.tools(), by, number_of(query(request, "position", "0"), "position"),
                                  number_of(query(request, "size", "0"), "size"))),
        request);
}

Response consistency(Desk& desk, const app::Identity& by, const Request& request) {
    return answer(
        must(app::prove_consistency(desk.tools(), by, number_of(query(request, "from", "0"), "from"),
                                    number_of(query(request, "to", "0"), "to"))),
        request);
}

Response list_questions(Desk&, const app::Identity&, const Request& request) {
    return answer(app::list_questions(), request);
}

Response ask(Desk& desk, const app::Identity& by, const Request& request) {
    std::map<std::string, std::string> given{request.query.begin(), request.query.end()};
    given.erase("region");
    given.erase("lang");
    return answer(must(app::ask_question(desk.tools(), by, region_of(request, by),
                                         request.parameters.at("question"), given, now())),
                  request);
}

Response journal(Desk& desk, const app::Identity& by, const Request& request) {
    const std::string form = query(request, "form", form_of(request) == Form::csv ? "csv" : "hledger");
    if (form != "hledger" && form != "csv")
        throw Refused{{Fault::unknown, "form", "the journal is written as hledger or csv"}};
    Response response;
    response.content_type = form == "csv" ? "text/csv; charset=utf-8" : "text/plain; charset=utf-8";
    const Region region = region_of(request, by);
    response.body = must(form == "csv" ? app::export_csv(desk.tools(), by, region)
                                       : app::export_hledger(desk.tools(), by, region));
    return response;
}

constexpr std::array ways{
    Way{For::officers, "GET", "/v1/ledger/payments/{reference}/packet", packet},
    Way{For::officers, "GET", "/v1/ledger/proofs/inclusion", inclusion},
    Way{For::officers, "GET", "/v1/ledger/proofs/consistency", consistency},
    Way{For::officers, "GET", "/v1/ledger/questions", list_questions},
    Way{For::officers, "GET", "/v1/ledger/questions/{question}", ask},
    Way{For::officers, "GET", "/v1/ledger/journal", journal},
};

}  // namespace

std::span<const Way> audit_ways() { return ways; }

}  // namespace onecard::cli
