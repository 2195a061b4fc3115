#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>

#include "onecard/app/changes.hpp"
#include "onecard/app/importing.hpp"
#include "onecard/audit/checkpoint.hpp"
#include "onecard/net/json.hpp"
#include "onecard/store/scratch.hpp"
#include "pages.hpp"
#include "ways.hpp"

namespace onecard::cli {

using app::Role;
using net::Request;
using net::Response;

namespace {

/// Files of a started import wait here, one folder a person, until they are committed together.
std::filesystem::path import_folder(Desk& desk, const app::Identity& by) {
    return desk.places.incoming / ("import-" + by.fingerprint.hex().substr(0, 32));
}

constexpr std::array file_kinds{registry::FileKind::households, registry::FileKind::persons,
                                registry::FileKind::incomes,    registry::FileKind::enrolments,
                                registry::FileKind::accounts,   registry::FileKind::institutions};

Response put_import_file(Desk& desk, const app::Identity& by, const Request& request) {
    const std::string& name = request.parameters.at("file");
    if (std::ranges::none_of(file_kinds, [&](registry::FileKind kind) { return file_name_of(kind) == name; }))
        throw Refused{
            {Fault::unknown, name,
             "is none of households.csv, persons.csv, incomes.csv, enrolments.csv, accounts.csv, institutions.csv"}};
    const auto folder = import_folder(desk, by);
    std::filesystem::create_directories(folder);
    std::filesystem::rename(request.body_file, folder / name);
    return json("{}", 201);
}

/// Files that an import which broke off has left must not become part of the next one.
Response discard_import(Desk& desk, const app::Identity& by, const Request&) {
    std::filesystem::remove_all(import_folder(desk, by));
    return json({}, 204);
}

Response commit_import(Desk& desk, const app::Identity& by, const Request& request) {
    const auto folder = import_folder(desk, by);
    std::vector<app::ImportFile> files;
    for (const registry::FileKind kind : file_kinds)
        if (const auto path = folder / file_name_of(kind); std::filesystem::exists(path))
            files.push_back({kind, path});
    const auto cipher = desk.tools().make_cipher();
    app::ImportRoom room;
    room.make_scratch = [&] { return store::create_scratch(desk.places.incoming); };
    const auto outcome =
        app::import_register(desk.tools().database, desk.tools().vault, *cipher, desk.tools().sha256,
                             desk.tools().log(), by, files, now(), room);
    std::filesystem::remove_all(folder);
    app::Report report{{"数据导入", "Register import"}, {}, {}};
    report.fields = {{"import", {"导入号", "import"}, std::int64_t{outcome.no.number()}},
                     {"rows", {"行数", "rows"}, outcome.rows}};
    return answer_or_faults(report, {"错误（未导入任何数据）", "Faults (nothing was imported)"},
                            outcome.faults, request);
}

Response create_run(Desk& desk, const app::Identity& by, const Request& request) {
    const Flat body = must(net::parse_flat_json(request.body));
    only(body, {"kind", "period", "region", "arrears_from", "offset_percent", "exclude"});
    const auto kind = app::run_kind_of(member(body, "kind"));
    if (!kind)
        throw Refused{
            {Fault::malformed, "kind", "must be regular, supplementary, one-off, price-linked or re-issue"}};
    std::optional<app::PastWish> past;
    const Month period = must(Month::parse(member(body, "period")));
    const bool has_past = body.contains("arrears_from");
    // A supplementary run always computes its own month again.
    if (has_past || (kind == app::RunKind::supplementary &&
                     (body.contains("offset_percent") || body.contains("exclude")))) {
        past.emplace();
        past->from = has_past ? must(Month::parse(member(body, "arrears_from"))) : period;
        if (body.contains("offset_percent")) {
            const std::int64_t percent = number_of(member(body, "offset_percent"), "offset_percent");
            past->offset_percent = static_cast<int>(std::clamp<std::int64_t>(percent, -1, 100));
        }
        if (body.contains("exclude")) past->excluded = member(body, "exclude");
    } else if (body.contains("offset_percent") || body.contains("exclude")) {
        throw Refused{{Fault::malformed, "arrears_from", "is missing: from which month on?"}};
    }
    const app::Run run =
        must(desk.runs->create(by, *kind, period, must(Region::parse(member(body, "region"))), now(), past));
    Response response = answer(must(desk.runs->status(by, run.no)), request);
    response.status = 201;
    response.headers["Location"] = fmt::format("/v1/runs/{}", run.no.number());
    return response;
}

Response compute_run(Desk& desk, const app::Identity& by, const Request& request) {
    must_match(request, must(desk.runs->status(by, run_of(request))));
    must(desk.start_computing(by, run_of(request)));
    return json("{}", 202);
}

Response approvals_of_run(Desk& desk, const app::Identity& by, const Request& request) {
    app::Report report{{"待签审批", "Texts to sign"}, {}, {}};
    app::Table texts{"approvals",
                     {"审批文本", "Approvals"},
                     {{"county", {"区划", "county"}}, {"text", {"文本", "text"}}},
                     {}};
    for (const auto& approval : must(desk.runs->approval_texts(by, run_of(request))))
        texts.rows.push_back({approval.county.text(), approval.text});
    report.tables.push_back(std::move(texts));
    return answer(report, request);
}

/// The bytes to sign, for those who have curl and openssl only.
Response approval_of_county(Desk& desk, const app::Identity& by, const Request& request) {
    const County county = must(County::parse(request.parameters.at("county")));
    if (!by.region.covers(county))
        throw Refused{{Fault::forbidden, county.text(), "outside this officer's region"}};
    for (const auto& approval : must(desk.runs->approval_texts(by, run_of(request)))) {
        if (approval.county != county) continue;
        Response response;
        response.content_type = "text/plain; charset=utf-8";
        response.body = approval.text;
        return response;
    }
    throw Refused{{Fault::missing, county.text(), "this county does not wait for this officer's step"}};
}

Response approve_run(Desk& desk, const app::Identity& by, const Request& request) {
    std::map<County, std::string> signatures;
    for (const auto& [county, signature] : must(net::parse_flat_json(request.body)))
        signatures.emplace(must(County::parse(county)), must(audit::parse_base64(signature)));
    const std::int64_t taken = must(desk.runs->approve(by, run_of(request), signatures, now()));
    return json(fmt::format(R"({{"units":{}}})", taken));
}

/// One county of the run, where one is named.
std::optional<County> county_of(const Request& request) {
    const std::string county = query(request, "county", "");
    if (county.empty()) return std::nullopt;
    return must(County::parse(county));
}

Response changes_by_payee(Desk& desk, const app::Identity& by, const Request& request) {
    const std::string same = query(request, "same", "false");
    if (same != "true" && same != "false") throw Refused{{Fault::malformed, "same", "must be true or false"}};
    const auto list = std::make_shared<app::RunChanges>(
        must(app::RunChanges::open(desk.tools(), by, run_of(request), query(request, "after", ""),
                                   language_of(request), same == "true")));
    app::Report about{{"逐人变化", "Changes by payee"}, {}, {}};
    about.fields = {{"run", {"批次", "run"}, std::int64_t{run_of(request).number()}}};
    return answer_long_list({std::move(about), [list](std::int64_t rows) { return must(list->next(rows)); },
                             [list] { return list->cursor(); }},
                            request);
}

Response cancel_run(Desk& desk, const app::Identity& by, const Request& request) {
    must_match(request, must(desk.runs->status(by, run_of(request))));
    return json(fmt::format(R"({{"units":{}}})",
                            must(desk.runs->cancel(by, run_of(request), now(), county_of(request)))));
}

Response withdraw_run(Desk& desk, const app::Identity& by, const Request& request) {
    must_match(request, must(desk.runs->status(by, run_of(request))));
    return json(fmt::format(R"({{"units":{}}})",
                            must(desk.runs->withdraw(by, run_of(request), now(), county_of(request)))));
}

constexpr std::array ways{
    Way{For::officers, "PUT", "/v1/import/{file}", put_import_file, 16 * gib, true}.by(Role::maker),
    Way{For::officers, "POST", "/v1/import", commit_import}.by(Role::maker),
    Way{For::officers, "DELETE", "/v1/import", discard_import}.by(Role::maker),
    Way{For::officers, "GET", "/v1/runs",
        [](Desk& desk, const app::Identity& by, const Request& request) {
            return answer_sliced_list(request, {"run"}, "n", [&desk, by](const app::Slice& slice) {
                return desk.runs->list(by, slice);
            });
        }},
    Way{For::officers, "POST", "/v1/runs", create_run}.by(Role::maker),
    Way{For::officers, "GET", "/v1/runs/{run}",
        [](Desk& desk, const app::Identity& by, const Request& request) {
            return answer(must(desk.runs->status(by, run_of(request))), request);
        }},
    Way{For::officers, "POST", "/v1/runs/{run}/compute", compute_run}.by(Role::maker),
    Way{For::officers, "GET", "/v1/runs/{run}/changes",
        [](Desk& desk, const app::Identity& by, const Request& request) {
            return answer(must(app::report_changes(desk.tools(), by, run_of(request))), request);
        }},
    Way{For::officers, "GET", "/v1/runs/{run}/changes/payees", changes_by_payee},
    Way{For::officers, "GET", "/v1/runs/{run}/approvals", approvals_of_run}.by(Role::maker, Role::checker,
                                                                               Role::releaser),
    Way{For::officers, "GET", "/v1/runs/{run}/approvals/{county}", approval_of_county}.by(
        Role::maker, Role::checker, Role::releaser),
    Way{For::officers, "POST", "/v1/runs/{run}/approvals", approve_run, 64 * 1024 * 1024}.by(
        Role::maker, Role::checker, Role::releaser),
    Way{For::officers, "POST", "/v1/runs/{run}/cancel", cancel_run}.by(Role::maker, Role::checker),
    Way{For::officers, "POST", "/v1/runs/{run}/withdraw", withdraw_run}.by(Role::checker, Role::releaser),
    Way{For::officers, "GET", "/v1/breaks",
        [](Desk& desk, const app::Identity& by, const Request& request) {
            return answer_sliced_list(request, {"county", "break"}, "nn",
                                      [&desk, by, region = region_of(request, by)](const app::Slice& slice) {
                                          return must(desk.books->breaks(by, region, slice));
                                      });
        }},
    Way{For::officers, "GET", "/v1/failures",
        [](Desk& desk, const app::Identity& by, const Request& request) {
            return answer_sliced_list(request, {"county", "period", "serial", "attempt"}, "nnnn",
                                      [&desk, by, region = region_of(request, by)](const app::Slice& slice) {
                                          return must(desk.books->open_failures(by, region, slice));
                                      });
        }},
};

}  // namespace

std::span<const Way> office_ways() { return ways; }

}  // namespace onecard::cli
