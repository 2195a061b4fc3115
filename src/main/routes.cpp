#include "routes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <initializer_list>
#include <iterator>
#include <sstream>
#include <utility>

#include "onecard/app/changes.hpp"
#include "onecard/app/explanation.hpp"
#include "onecard/app/importing.hpp"
#include "onecard/audit/checkpoint.hpp"
#include "onecard/net/json.hpp"
#include "onecard/ops/log.hpp"

namespace onecard::cli {

namespace {

using app::Role;
using net::Request;
using net::Response;

struct Problem {
    Fault fault;
    int status;
    std::string_view chinese;
    std::string_view english;
};

constexpr std::array problems{
    Problem{Fault::malformed, 400, "格式不正确", "malformed"},
    Problem{Fault::out_of_range, 422, "超出范围", "out of range"},
    Problem{Fault::missing, 409, "缺少前提", "something is missing"},
    Problem{Fault::unknown, 404, "不存在", "unknown"},
    Problem{Fault::duplicate, 409, "重复", "done before"},
    Problem{Fault::conflict, 409, "与现状冲突", "conflict"},
    Problem{Fault::forbidden, 403, "无权操作", "forbidden"},
    Problem{Fault::stale, 412, "内容已变化", "stale"},
    Problem{Fault::mismatch, 422, "数字不符", "mismatch"},
    Problem{Fault::tampered, 422, "签名验证失败", "tampered"},
};

std::string json_text(std::string_view text) {
    const app::Report one{{}, {{"t", {}, std::string{text}}}, {}};
    const std::string json = app::to_json(one);
    return json.substr(5, json.size() - 6);
}

app::Language language_of(const Request& request) {
    if (const auto asked = request.query.find("lang"); asked != request.query.end())
        return asked->second == "zh" ? app::Language::chinese : app::Language::english;
    const auto accepted = request.headers.find("accept-language");
    return accepted != request.headers.end() && accepted->second.starts_with("zh") ? app::Language::chinese
                                                                                   : app::Language::english;
}

Response json(std::string body, int status = 200) {
    Response response;
    response.status = status;
    response.body = std::move(body);
    return response;
}

Response answer(const app::Report& report, const Request& request) {
    const auto accepted = request.headers.find("accept");
    if (accepted == request.headers.end() || !accepted->second.starts_with("text/plain"))
        return json(app::to_json(report));
    Response response;
    response.content_type = "text/plain; charset=utf-8";
    response.body = app::to_text(report, language_of(request));
    return response;
}

/// Thrown by the small readers below, so that a handler reads like its sentence.
struct Refused {
    Failure failure;
};

template <class T>
T must(Result<T> result) {
    if (!result) throw Refused{result.error()};
    if constexpr (!std::is_void_v<T>) return std::move(*result);
}

std::int64_t number_of(const std::string& text, std::string_view what) {
    std::int64_t number = 0;
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
    if (text.empty() || parsed.ec != std::errc{} || parsed.ptr != text.data() + text.size())
        throw Refused{{Fault::malformed, std::string{what}, "must be a whole number"}};
    return number;
}

using Flat = std::map<std::string, std::string>;

const std::string& member(const Flat& object, const std::string& key) {
    const auto found = object.find(key);
    if (found == object.end()) throw Refused{{Fault::malformed, "body", fmt::format("«{}» is missing", key)}};
    return found->second;
}

void only(const Flat& object, std::initializer_list<std::string_view> keys) {
    for (const auto& [key, value] : object)
        if (std::ranges::find(keys, key) == keys.end())
            throw Refused{{Fault::malformed, "body", fmt::format("«{}» is no member here", key)}};
}

std::string query(const Request& request, const std::string& key, std::string otherwise) {
    const auto found = request.query.find(key);
    return found == request.query.end() ? std::move(otherwise) : found->second;
}

RunNo run_of(const Request& request) {
    const std::int64_t number = number_of(request.parameters.at("run"), "run");
    if (number < 1 || number > 0x7fffffff) throw Refused{{Fault::unknown, "run", "there is no such run"}};
    return RunNo{static_cast<std::int32_t>(number)};
}

Region region_of(const Request& request, const app::Identity& by) {
    return must(Region::parse(query(request, "region", by.region.text())));
}

std::string file_text(const std::filesystem::path& path) {
    std::ifstream in{path, std::ios::binary};
    std::ostringstream out;
    out << in.rdbuf();
    return std::move(out).str();
}

// ------------------------------------------------------------------------------------------------- finance office

/// Files of a started import wait here, one folder a person, until they are committed together.
std::filesystem::path import_folder(Desk& desk, const app::Identity& by) {
    return desk.places.incoming / ("import-" + by.fingerprint.hex().substr(0, 32));
}

constexpr std::array file_kinds{registry::FileKind::households, registry::FileKind::persons,
                                registry::FileKind::incomes,    registry::FileKind::enrolments,
                                registry::FileKind::accounts,   registry::FileKind::institutions};

void only_for_makers(const app::Identity& by) {
    if (by.role != Role::maker)
        throw Refused{{Fault::forbidden, "import", "only a maker imports the register"}};
}

Response put_import_file(Desk& desk, const app::Identity& by, const Request& request) {
    only_for_makers(by);
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
    only_for_makers(by);
    std::filesystem::remove_all(import_folder(desk, by));
    return json({}, 204);
}

Response commit_import(Desk& desk, const app::Identity& by, const Request& request) {
    only_for_makers(by);
    const auto folder = import_folder(desk, by);
    std::vector<app::ImportFile> files;
    for (const registry::FileKind kind : file_kinds)
        if (const auto path = folder / file_name_of(kind); std::filesystem::exists(path))
            files.push_back({kind, path});
    const auto cipher = desk.tools().make_cipher();
    const auto outcome = app::import_register(desk.tools().database, desk.tools().vault, *cipher,
                                              desk.tools().sha256, by, files, now());
    std::filesystem::remove_all(folder);
    app::Report report{{"数据导入", "Register import"}, {}, {}};
    report.fields = {{"import", {"导入号", "import"}, std::int64_t{outcome.no.number()}},
                     {"rows", {"行数", "rows"}, outcome.rows}};
    app::Table faults{
        "faults",
        {"错误（未导入任何数据）", "Faults (nothing was imported)"},
        {{"place", {"位置", "place"}}, {"fault", {"类型", "fault"}}, {"text", {"说明", "text"}}},
        {}};
    for (const Failure& fault : outcome.faults)
        faults.rows.push_back({fault.place, std::string{name_of(fault.fault)}, fault.text});
    const bool failed = !faults.rows.empty();
    if (failed) report.tables.push_back(std::move(faults));
    Response response = answer(report, request);
    response.status = failed ? 422 : 201;
    return response;
}

Response create_run(Desk& desk, const app::Identity& by, const Request& request) {
    const Flat body = must(net::parse_flat_json(request.body));
    only(body, {"kind", "period", "region"});
    const std::string& kind = member(body, "kind");
    if (kind != "regular" && kind != "re-issue")
        throw Refused{{Fault::malformed, "kind", "must be regular or re-issue"}};
    const app::Run run = must(desk.runs->create(
        by, kind == "regular" ? app::RunKind::regular : app::RunKind::reissue,
        must(Month::parse(member(body, "period"))), must(Region::parse(member(body, "region"))), now()));
    Response response = answer(must(desk.runs->status(by, run.no)), request);
    response.status = 201;
    response.headers["Location"] = fmt::format("/v1/runs/{}", run.no.number());
    return response;
}

Response compute_run(Desk& desk, const app::Identity& by, const Request& request) {
    if (by.role != Role::maker) throw Refused{{Fault::forbidden, "run", "only a maker computes runs"}};
    must(desk.runs->status(by, run_of(request)));
    must(desk.start_computing(by, run_of(request)));
    return json("{}", 202);
}

Response progress_of_run(Desk& desk, const app::Identity& by, const Request& request) {
    must(desk.runs->status(by, run_of(request)));
    const auto computing = desk.computing(run_of(request));
    if (!computing) return json(R"({"state":"not computing"})");
    return json(fmt::format(R"({{"state":"{}","units_done":{},"units_all":{},"payments":{},"problem":{}}})",
                            computing->running           ? "computing"
                            : computing->problem.empty() ? "done"
                                                         : "failed",
                            computing->progress.units_done, computing->progress.units_all,
                            computing->progress.payments, json_text(computing->problem)));
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

Response approve_run(Desk& desk, const app::Identity& by, const Request& request) {
    std::map<County, std::string> signatures;
    for (const auto& [county, signature] : must(net::parse_flat_json(request.body)))
        signatures.emplace(must(County::parse(county)), must(audit::parse_base64(signature)));
    const std::int64_t taken = must(desk.runs->approve(by, run_of(request), signatures, now()));
    return json(fmt::format(R"({{"units":{}}})", taken));
}

Response cancel_run(Desk& desk, const app::Identity& by, const Request& request) {
    return json(fmt::format(R"({{"units":{}}})", must(desk.runs->cancel(by, run_of(request), now()))));
}

Response receive_funds(Desk& desk, const app::Identity& by, const Request& request) {
    const Flat body = must(net::parse_flat_json(request.body));
    only(body, {"county", "document", "central", "province", "prefecture", "own"});
    const auto amount = [&](const std::string& key) {
        const auto found = body.find(key);
        return found == body.end() ? Money{} : must(Money::parse_yuan(found->second));
    };
    must(desk.books->receive_funds(
        by, must(County::parse(member(body, "county"))), member(body, "document"),
        {amount("central"), amount("province"), amount("prefecture"), amount("own")}, now()));
    return json("{}", 201);
}

// ------------------------------------------------------------------------------------------------- ledger

Response trial_balance(Desk& desk, const app::Identity& by, const Request& request) {
    const Moment known_at =
        request.query.contains("known_at") ? must(Moment::parse(request.query.at("known_at"))) : now();
    return answer(must(desk.books->trial_balance(by, region_of(request, by), known_at)), request);
}

Response person(Desk& desk, const app::Identity& by, const Request& request) {
    return answer(must(desk.books->person(by, must(County::parse(request.parameters.at("county"))),
                                          PersonNo{number_of(request.parameters.at("person"), "person")})),
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

Response checkpoint(Desk& desk, const app::Identity& by, const Request&) {
    if (by.role == Role::bank)
        throw Refused{{Fault::forbidden, "checkpoint", "banks see their files, not the ledger"}};
    Response response;
    response.content_type = "text/plain; charset=utf-8";
    response.body = must(desk.books->checkpoint(desk.ledger_key(), now()));
    return response;
}

// ------------------------------------------------------------------------------------------------- banks

Response bank_files(Desk& desk, const app::Identity& by, const Request& request) {
    const std::int64_t after = number_of(query(request, "after", "0"), "after");
    if (after < 0 || after > 0x7fffffff)
        throw Refused{{Fault::out_of_range, "after", "must be the number of a file"}};
    return answer(must(desk.exchange->files(by, static_cast<std::int32_t>(after))), request);
}

Response bank_file(Desk& desk, const app::Identity& by, const Request& request) {
    std::string_view name = request.parameters.at("name");
    Response response;
    if (name.ends_with(".txt.p7s")) {
        name.remove_suffix(8);
        response.content_type = "application/pkcs7-signature";
        response.body = must(desk.exchange->batch_signature(by, name));
        return response;
    }
    if (!name.ends_with(".txt"))
        throw Refused{{Fault::unknown, std::string{name}, "files end in .txt, their signatures in .txt.p7s"}};
    name.remove_suffix(4);
    const auto file = must(desk.exchange->batch_file(by, name, request.peer.address, now()));
    response.content_type = "application/octet-stream";
    response.headers["ETag"] = fmt::format("\"{}\"", file.digest.hex());
    response.file = file.file;
    return response;
}

Response receipt(Desk& desk, const app::Identity& by, const Request& request) {
    must(desk.exchange->take_receipt(by, request.parameters.at("file_id"), request.body, now()));
    return json({}, 204);
}

/// The signature comes first and waits for its file.
Response return_file(Desk& desk, const app::Identity& by, const Request& request) {
    const std::string& name = request.parameters.at("name");
    if (by.role != Role::bank) throw Refused{{Fault::forbidden, name, "only banks hand in return files"}};
    const std::string_view bare =
        name.ends_with(".p7s") ? std::string_view{name}.substr(0, name.size() - 4) : std::string_view{name};
    if (!bare.starts_with("YKT") || !bare.ends_with(".ret") || bare.size() > 64 ||
        !std::ranges::all_of(bare, [](char c) {
            return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '.';
        }))
        throw Refused{{Fault::malformed, name.substr(0, 64),
                       "a return file is named YKT….ret and its signature YKT….ret.p7s"}};
    const auto folder = desk.places.incoming / fmt::format("bank-{}", by.bank.number());
    const auto waiting = folder / fmt::format("{}.p7s", bare);
    if (name.ends_with(".p7s")) {
        if (std::filesystem::file_size(request.body_file) > 64 * 1024)
            throw Refused{{Fault::malformed, name, "is too large for a signature"}};
        std::filesystem::create_directories(folder);
        std::filesystem::rename(request.body_file, waiting);
        return json("{}", 201);
    }
    if (!std::filesystem::exists(waiting))
        throw Refused{{Fault::missing, name, fmt::format("put its signature first, as {}.p7s", bare)}};
    Response response;
    response.status = 201;
    response.content_type = "application/pkcs7-mime";
    response.body = must(desk.exchange->take_return(by, name, request.body_file, file_text(waiting), now()));
    std::filesystem::remove(waiting);
    desk.returns_have_come();
    return response;
}

Response return_report(Desk& desk, const app::Identity& by, const Request& request) {
    return answer(must(desk.exchange->return_report(by, request.parameters.at("name"))), request);
}

// ------------------------------------------------------------------------------------------------- the table

/// A bank's certificate opens the banks' ways and no others; what each officer may do is the use case's to say.
enum class For : std::uint8_t { officers, banks };

struct Way {
    For who;
    std::string_view method;
    std::string_view pattern;
    Response (*handle)(Desk&, const app::Identity&, const Request&);
    std::uint64_t body_bytes_max = 64 * 1024;
    bool body_to_file = false;
};

constexpr std::uint64_t gib = 1024ULL * 1024 * 1024;

constexpr std::array ways{
    Way{For::officers, "PUT", "/v1/import/{file}", put_import_file, 16 * gib, true},
    Way{For::officers, "POST", "/v1/import", commit_import},
    Way{For::officers, "DELETE", "/v1/import", discard_import},
    Way{For::officers, "GET", "/v1/runs",
        [](Desk& desk, const app::Identity& by, const Request& request) {
            return answer(desk.runs->list(by), request);
        }},
    Way{For::officers, "POST", "/v1/runs", create_run},
    Way{For::officers, "GET", "/v1/runs/{run}",
        [](Desk& desk, const app::Identity& by, const Request& request) {
            return answer(must(desk.runs->status(by, run_of(request))), request);
        }},
    Way{For::officers, "POST", "/v1/runs/{run}/compute", compute_run},
    Way{For::officers, "GET", "/v1/runs/{run}/progress", progress_of_run},
    Way{For::officers, "GET", "/v1/runs/{run}/changes",
        [](Desk& desk, const app::Identity& by, const Request& request) {
            return answer(must(app::report_changes(desk.tools(), desk.book(), by, run_of(request))), request);
        }},
    Way{For::officers, "GET", "/v1/runs/{run}/approvals", approvals_of_run},
    Way{For::officers, "POST", "/v1/runs/{run}/approvals", approve_run, 64 * 1024 * 1024},
    Way{For::officers, "POST", "/v1/runs/{run}/cancel", cancel_run},
    Way{For::officers, "POST", "/v1/funds", receive_funds},
    Way{For::officers, "GET", "/v1/periods/{period}", period},
    Way{For::officers, "GET", "/v1/breaks",
        [](Desk& desk, const app::Identity& by, const Request& request) {
            return answer(must(desk.books->breaks(by, region_of(request, by))), request);
        }},
    Way{For::officers, "GET", "/v1/failures",
        [](Desk& desk, const app::Identity& by, const Request& request) {
            return answer(must(desk.books->open_failures(by, region_of(request, by))), request);
        }},
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
    Way{For::banks, "GET", "/v1/bank/files", bank_files},
    Way{For::banks, "GET", "/v1/bank/files/{name}", bank_file},
    Way{For::banks, "POST", "/v1/bank/receipts/{file_id}", receipt},
    Way{For::banks, "PUT", "/v1/bank/returns/{name}", return_file, 16 * gib, true},
    Way{For::banks, "GET", "/v1/bank/returns/{name}", return_report},
};

}  // namespace

Response problem(int status, std::string_view code, const Failure& failure, const Request& request) {
    const bool chinese = language_of(request) == app::Language::chinese;
    std::string_view title = code;
    for (const Problem& row : problems)
        if (name_of(row.fault) == code) title = chinese ? row.chinese : row.english;
    Response response;
    response.status = status;
    response.content_type = "application/problem+json";
    response.body = fmt::format(
        R"({{"type":"urn:onecard:problem:{}","title":{},"status":{},"code":"{}","detail":{},"place":{},"request":{}}})",
        code, json_text(title), status, code, json_text(failure.text), json_text(failure.place),
        json_text(request.id));
    return response;
}

Response refused_by_server(int status, std::string text, const Request& request) {
    return problem(status, fmt::format("http-{}", status), {Fault::malformed, request.path, std::move(text)},
                   request);
}

namespace {

/// Of the world, not of the request: the same again may well succeed.
Response unwell(const Request& request, std::string_view what) {
    ops::log(ops::LogLevel::error,
             fmt::format("{} {} {}: {}", request.id, request.method, request.path, what));
    return refused_by_server(
        503, "the records cannot be reached just now; nothing was changed; the same again later", request);
}

}  // namespace

std::vector<net::Route> make_routes(Desk& desk) {
    std::vector<net::Route> routes;
    for (const Way& way : ways) {
        net::Route route;
        route.method = way.method;
        route.pattern = way.pattern;
        route.body_bytes_max = way.body_bytes_max;
        route.body_to_file = way.body_to_file;
        route.handle = [&desk, who = way.who, handle = way.handle](const Request& request) -> Response {
            Failure failure{Fault::forbidden, {}, {}};
            try {
                const auto by = desk.identify(request.peer.name, request.peer.fingerprint);
                if (by && (by->role == Role::bank) == (who == For::banks)) return handle(desk, *by, request);
                failure = by ? Failure{Fault::forbidden, request.path,
                                       fmt::format("a {} has no business here", name_of(by->role))}
                             : by.error();
            } catch (const Refused& refused) {
                failure = refused.failure;
            } catch (const app::RefusedByDatabase& refused) {
                failure = {Fault::conflict, refused.constraint(),
                           "the records refuse this: it was done or decided otherwise before"};
            } catch (const app::TryAgain& conflict) {
                return unwell(request, conflict.what());
            } catch (const app::DatabaseAway& outage) {
                return unwell(request, outage.what());
            } catch (const std::exception& broken) {
                ops::log(ops::LogLevel::error, fmt::format("{} {} {}: {}", request.id, request.method,
                                                           request.path, broken.what()));
                return problem(
                    500, "internal",
                    {Fault::conflict, request.path,
                     "something is wrong here; nothing was changed; the log has the details under this request id"},
                    request);
            }
            const auto row = std::ranges::find(problems, failure.fault, &Problem::fault);
            return problem(row->status, name_of(failure.fault), failure, request);
        };
        routes.push_back(std::move(route));
    }
    return routes;
}

}  // namespace onecard::cli
