#include <fmt/format.h>

#include <array>

#include "onecard/net/json.hpp"
#include "onecard/ops/sheet.hpp"
#include "onecard/store/scratch.hpp"
#include "pages.hpp"
#include "ways.hpp"

namespace onecard::cli {

using app::Role;
using net::Request;
using net::Response;

namespace {

/// The signature comes first and waits for its statement.
Response signature(Desk& desk, const app::Identity& by, const Request& request) {
    must(desk.statements->hold_signature(by, request.parameters.at("name"), request.body));
    return json("{}", 201);
}

Response kept(Desk& desk, std::int64_t number) {
    desk.returns_have_come();
    return json(fmt::format(R"({{"statement":{}}})", number), 201);
}

Response statement(Desk& desk, const app::Identity& by, const Request& request) {
    return kept(desk,
                must(desk.statements->take(by, request.parameters.at("name"), request.body_file, now())));
}

Response brought(Desk& desk, const app::Identity& by, const Request& request) {
    const std::int64_t bank = number_of(request.parameters.at("bank"), "bank");
    if (bank < 1 || bank > 0x7fff) throw Refused{{Fault::unknown, "bank", "there is no such bank"}};
    return kept(desk, must(desk.statements->bring(by, must(County::parse(request.parameters.at("county"))),
                                                  BankNo{static_cast<std::int16_t>(bank)},
                                                  request.parameters.at("name"), request.body_file, now())));
}

Response match_again(Desk& desk, const app::Identity& by, const Request& request) {
    const auto counts = must(desk.statements->match_again(by, region_of(request, by), now()));
    return json(fmt::format(R"({{"fitting":{},"waiting":{},"breaks":{}}})", counts.fitting, counts.waiting,
                            counts.breaks));
}

Response close(Desk& desk, const app::Identity& by, const Request& request) {
    const Flat body = must(net::parse_flat_json(request.body));
    only(body, {"carried", "evidence"});
    std::vector<std::string> carried;
    for (std::string_view rest = member(body, "carried"); !rest.empty();) {
        const std::size_t end = std::min(rest.find(';'), rest.size());
        if (end > 0) carried.emplace_back(rest.substr(0, end));
        rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    const auto made = must(desk.decisions->close(by, must(County::parse(request.parameters.at("county"))),
                                                 request.parameters.at("period"), carried,
                                                 member(body, "evidence"), now()));
    return json(fmt::format(R"({{"proposal":{},"done":{}}})", made.no, made.done), 201);
}

Response take_corrections(Desk& desk, const app::Identity& by, const Request& request) {
    app::ImportRoom room;
    room.make_scratch = [&] { return store::create_scratch(desk.places.incoming); };
    app::Corrections::Brought brought{.csv = request.body_file};
    if (ops::is_workbook(request.body_file)) {
        brought.name = "corrections.xlsx";
        brought.csv += ".csv";
        must(ops::sheet_to_csv(request.body_file, "corrections", brought.csv, brought.name, brought.faults));
    }
    const auto taken = desk.corrections->take(by, brought, now(), room);
    if (brought.csv != request.body_file) std::filesystem::remove(brought.csv);
    const auto outcome = must(taken);
    app::Report report{{"更正清单", "Sheet of corrections"}, {}, {}};
    report.fields = {{"import", {"导入号", "import"}, std::int64_t{outcome.import.number()}},
                     {"corrected", {"更正", "corrected"}, outcome.corrected},
                     {"held", {"暂缓", "held"}, outcome.held},
                     {"freed", {"可重发", "free to be tried again"}, outcome.freed},
                     {"cancelled", {"提请不再发放", "proposed as no longer owed"}, outcome.cancelled},
                     {"left", {"未处理", "left as they are"}, outcome.left}};
    return answer_or_faults(report, {"错误", "Faults"}, outcome.faults, request);
}

constexpr std::array ways{
    Way{For::officers, "GET", "/v1/corrections",
        [](Desk& desk, const app::Identity& by, const Request& request) {
            return answer_sliced_list(request, {"reference"}, "t",
                                      [&desk, by, region = region_of(request, by)](const app::Slice& slice) {
                                          return must(desk.corrections->queue(by, region, now(), slice));
                                      });
        }},
    Way{For::officers, "PUT", "/v1/corrections", take_corrections, 1 * gib, true, false}.by(Role::maker),
    Way{For::banks, "PUT", "/v1/bank/statements/{name}.p7s", signature},
    // The vault syncs it.
    Way{For::banks, "PUT", "/v1/bank/statements/{name}", statement, 16 * gib, true, false},
    Way{For::banks, "GET", "/v1/bank/statements/{name}",
        [](Desk& desk, const app::Identity& by, const Request& request) {
            return answer(
                in_language_of(request, must(desk.statements->state(by, request.parameters.at("name")))),
                request);
        }},
    Way{For::officers, "PUT", "/v1/statements/{county}/{bank}/{name}", brought, 16 * gib, true, false}.by(
        Role::maker),
    Way{For::officers, "POST", "/v1/statements/match", match_again}.by(Role::maker),
    Way{For::officers, "GET", "/v1/statements",
        [](Desk& desk, const app::Identity& by, const Request& request) {
            return answer_sliced_list(request, {"county", "bank", "statement"}, "nnn",
                                      [&desk, by, region = region_of(request, by)](const app::Slice& slice) {
                                          return must(desk.statements->report(by, region, slice));
                                      });
        }},
    Way{For::officers, "GET", "/v1/statements/waiting",
        [](Desk& desk, const app::Identity& by, const Request& request) {
            return answer_sliced_list(request, {"county", "bank", "statement_file", "line"}, "nntn",
                                      [&desk, by, region = region_of(request, by)](const app::Slice& slice) {
                                          return must(desk.statements->open_lines(by, region, false, slice));
                                      });
        }},
    Way{For::officers, "GET", "/v1/statements/missing",
        [](Desk& desk, const app::Identity& by, const Request& request) {
            return answer_sliced_list(request, {"county", "bank", "return_file"}, "nnt",
                                      [&desk, by, region = region_of(request, by)](const app::Slice& slice) {
                                          return must(desk.statements->open_lines(by, region, true, slice));
                                      });
        }},
    Way{For::officers, "GET", "/v1/closes/{county}/{period}",
        [](Desk& desk, const app::Identity& by, const Request& request) {
            return answer(
                must(desk.decisions->open_items(by, must(County::parse(request.parameters.at("county"))),
                                                request.parameters.at("period"))),
                request);
        }},
    Way{For::officers, "POST", "/v1/closes/{county}/{period}", close, 16 * 1024 * 1024}.by(Role::maker),
};

}  // namespace

std::span<const Way> statement_ways() { return ways; }

}  // namespace onecard::cli
