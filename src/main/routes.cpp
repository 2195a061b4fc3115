#include "routes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "onecard/ops/log.hpp"
#include "ways.hpp"

namespace onecard::cli {

using app::Role;
using net::Request;
using net::Response;

namespace {

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
    std::vector<Way> ways;
    for (const auto topic : {office_ways(), ledger_ways(), bank_ways()})
        ways.insert(ways.end(), topic.begin(), topic.end());
    for (const Way& way : ways) {
        net::Route route;
        route.method = way.method;
        route.pattern = way.pattern;
        route.body_bytes_max = way.body_bytes_max;
        route.body_to_file = way.body_to_file;
        route.body_synced = way.body_synced;
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
