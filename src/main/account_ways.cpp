#include <fmt/format.h>

#include <array>

#include "onecard/app/accounts.hpp"
#include "onecard/net/json.hpp"
#include "pages.hpp"
#include "ways.hpp"

namespace onecard::cli {

using app::Role;
using net::Request;
using net::Response;

namespace {

Response changes(Desk& desk, const app::Identity& by, const Request& request) {
    return answer_sliced_list(request, {"county", "payee_kind", "payee", "import"}, "ntnn",
                              [&desk, by, region = region_of(request, by)](const app::Slice& slice) {
                                  return must(desk.accounts->changes(by, region, slice));
                              });
}

Response confirm(Desk& desk, const app::Identity& by, const Request& request) {
    const Flat body = must(net::parse_flat_json(request.body));
    only(body, {"county", "import", "payee_kind", "payee"});
    app::Accounts::Which which;
    which.county = must(County::parse(member(body, "county")));
    const std::int64_t import = number_of(member(body, "import"), "import");
    if (import < 1 || import > 0x7fffffff)
        throw Refused{{Fault::out_of_range, "import", "must be the number of an import"}};
    which.import = ImportNo{static_cast<std::int32_t>(import)};
    if (body.contains("payee") || body.contains("payee_kind")) {
        const std::string& kind = member(body, "payee_kind");
        if (kind != "person" && kind != "institution")
            throw Refused{{Fault::malformed, "payee_kind", "must be person or institution"}};
        which.payee =
            std::pair{kind == "person" ? registry::PayeeKind::person : registry::PayeeKind::institution,
                      number_of(member(body, "payee"), "payee")};
    }
    return answer(must(desk.accounts->confirm(by, which, now())), request);
}

Response ask_banks(Desk& desk, const app::Identity& by, const Request& request) {
    const Flat body = must(net::parse_flat_json(request.body));
    only(body, {"county", "month"});
    Response response = answer(must(desk.name_checks->ask(by, must(County::parse(member(body, "county"))),
                                                          must(Month::parse(member(body, "month"))), now())),
                               request);
    response.status = 201;
    return response;
}

Response rounds(Desk& desk, const app::Identity& by, const Request& request) {
    return answer_sliced_list(request, {"county", "file"}, "nt",
                              [&desk, by, region = region_of(request, by)](const app::Slice& slice) {
                                  return must(desk.name_checks->rounds(by, region, slice));
                              });
}

Response checks_of_bank(Desk& desk, const app::Identity& by, const Request& request) {
    return answer(must(desk.name_checks->files(by)), request);
}

/// Both end as the files of a month do.
Response check_file(Desk& desk, const app::Identity& by, const Request& request) {
    std::string_view name = request.parameters.at("name");
    Response response;
    if (name.ends_with(".txt.p7s")) {
        name.remove_suffix(8);
        response.content_type = "application/pkcs7-signature";
        response.body = must(desk.name_checks->signature(by, name));
        return response;
    }
    if (!name.ends_with(".txt"))
        throw Refused{{Fault::unknown, std::string{name.substr(0, 64)},
                       "files end in .txt, their signatures in .txt.p7s"}};
    name.remove_suffix(4);
    const auto file = must(desk.name_checks->file(by, name));
    response.content_type = "application/octet-stream";
    response.headers["ETag"] = fmt::format("\"{}\"", file.digest.hex());
    response.file = file.file;
    return response;
}

Response check_answer(Desk& desk, const app::Identity& by, const Request& request) {
    return answer(
        must(desk.name_checks->take_answer(by, request.parameters.at("file_id"), request.body, now())),
        request);
}

constexpr std::array ways{
    Way{For::officers, "POST", "/v1/accounts/name-checks", ask_banks}.by(Role::maker),
    Way{For::officers, "GET", "/v1/accounts/name-checks", rounds},
    Way{For::banks, "GET", "/v1/bank/name-checks", checks_of_bank},
    Way{For::banks, "GET", "/v1/bank/name-checks/{name}", check_file},
    Way{For::banks, "POST", "/v1/bank/name-answers/{file_id}", check_answer, 1024 * 1024},
    Way{For::officers, "GET", "/v1/accounts/changes", changes},
    Way{For::officers, "POST", "/v1/accounts/confirmations", confirm}.by(Role::checker),
};

}  // namespace

std::span<const Way> account_ways() { return ways; }

}  // namespace onecard::cli
