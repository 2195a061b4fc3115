#include "routes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <fstream>

#include "chinese.hpp"
#include "export_ends.hpp"
#include "onecard/app/questions.hpp"
#include "onecard/ops/log.hpp"
#include "onecard/seal/hashes.hpp"
#include "ways.hpp"

namespace onecard::cli {

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
    // What no table has a text for is said in English, behind what kind of refusal it is.
    std::string detail = chinese ? in_chinese(failure.text) : failure.text;
    if (chinese && detail == failure.text && title != code) detail = fmt::format("{}：{}", title, detail);
    Response response;
    response.status = status;
    response.content_type = "application/problem+json";
    response.body = fmt::format(
        R"({{"type":"urn:onecard:problem:{}","title":{},"status":{},"code":"{}","detail":{},"place":{},"request":{}}})",
        code, json_text(title), status, code, json_text(detail), json_text(failure.place),
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

constexpr std::size_t key_bytes_max = 64;

/// What was asked under a key, so that the same key with something else is noticed.
Digest digest_of(const Request& request) {
    const auto hash = seal::sha256().stream();
    const auto put = [&](std::string_view text) {
        hash->update(bytes_of(fmt::format("{}|", text.size())));
        hash->update(bytes_of(text));
    };
    put(request.method);
    put(request.path);
    for (const auto& [name, value] : request.query) {
        put(name);
        put(value);
    }
    put(request.body);
    if (!request.body_file.empty()) {
        std::ifstream in{request.body_file, std::ios::binary};
        std::string piece(256 * 1024, '\0');
        while (in) {
            in.read(piece.data(), static_cast<std::streamsize>(piece.size()));
            hash->update(bytes_of(std::string_view{piece}.substr(0, static_cast<std::size_t>(in.gcount()))));
        }
    }
    return hash->finish();
}

/// Does what is asked once under its key, and says the same again whenever it is asked again. Between the act and the
/// keeping of its answer the process may die: then the act itself, done before, is refused by its own key.
Response once(Desk& desk, const Way& way, const app::Identity& by, const Request& request,
              const std::string& key) {
    const bool is_good = !key.empty() && key.size() <= key_bytes_max &&
                         std::ranges::all_of(key, [](char c) { return c > ' ' && c < 0x7f; });
    if (!is_good)
        throw Refused{
            {Fault::malformed, "Idempotency-Key",
             fmt::format("must be 1 to {} printable ASCII characters without spaces", key_bytes_max)}};
    const Digest asked = digest_of(request);
    const auto work = desk.tools().database.begin();
    if (const auto kept = work->office().claim_answer(by.fingerprint, key)) {
        if (kept->request != asked)
            throw Refused{{Fault::mismatch, "Idempotency-Key", "was used for another request before"}};
        Response again = json(kept->body, kept->status);
        again.content_type = kept->content_type;
        if (!kept->location.empty()) again.headers["Location"] = kept->location;
        again.headers["Idempotency-Replayed"] = "true";
        return again;
    }
    Response response = way.handle(desk, by, request);
    if (response.status >= 400 || response.stream || !response.file.empty() || !response.parts.empty())
        return response;
    const auto location = response.headers.find("Location");
    work->office().put_answer(
        by.fingerprint, key,
        {asked, response.status, response.content_type,
         location == response.headers.end() ? std::string{} : location->second, response.body},
        seal::sha256().hash(bytes_of(response.body)), now());
    work->commit();
    return response;
}

bool is_read(const Request& request) { return request.method == "GET" || request.method == "HEAD"; }

Response perform(Desk& desk, const Way& way, const app::Identity& by, const Request& request) {
    if (is_read(request)) {
        const Form form = form_of(request);
        const bool is_export = way.who == For::officers && !way.ends_itself &&
                               (form == Form::csv || form == Form::lines || form == Form::workbook);
        Response response;
        if (is_export) {
            const Request asked = with_checkpoint(desk, request);
            response = way.handle(desk, by, asked);
            end_export(asked, response);
        } else {
            response = way.handle(desk, by, request);
        }
        const bool is_whole =
            response.status == 200 && !response.stream && response.file.empty() && response.parts.empty();
        if (is_whole && !response.headers.contains("ETag")) response.headers["ETag"] = etag_of(response.body);
        return response;
    }
    const auto type = request.headers.find("content-type");
    if (way.who == For::officers && !request.body.empty() && type != request.headers.end() &&
        !type->second.starts_with("application/json"))
        return refused_by_server(415, "the body must be application/json", request);
    if (const auto key = request.headers.find("idempotency-key"); key != request.headers.end())
        return once(desk, way, by, request, key->second);
    return way.handle(desk, by, request);
}

}  // namespace

std::vector<Way> all_ways() {
    std::vector<Way> ways;
    for (const auto topic :
         {api_ways(), office_ways(), planning_ways(), past_ways(), funds_ways(), ledger_ways(), audit_ways(),
          bank_ways(), channel_ways(), account_ways(), decision_ways(), statement_ways()})
        ways.insert(ways.end(), topic.begin(), topic.end());
    return ways;
}

namespace {

/// "/v1/ledger/questions/roster?from=2022-01": the path and what was asked there, in the order of the names.
std::string asked_in(const Request& request) {
    std::string text = request.path;
    for (const auto& [key, value] : request.query)
        text += fmt::format("{}{}={}", text.size() == request.path.size() ? '?' : '&', key, value);
    return text;
}

}  // namespace

std::vector<net::Route> make_routes(Desk& desk) {
    std::vector<net::Route> routes;
    for (const Way& way : all_ways()) {
        net::Route route;
        route.method = way.method;
        route.pattern = way.pattern;
        route.body_bytes_max = way.body_bytes_max;
        route.body_to_file = way.body_to_file;
        route.body_synced = way.body_synced;
        route.handle = [&desk, way](const Request& request) -> Response {
            Failure failure{Fault::forbidden, {}, {}};
            try {
                const auto by = desk.identify(request.peer.name, request.peer.fingerprint);
                if (by && way.is_for(by->role)) {
                    // Before it is answered: nothing is shown to an auditor that was not put on record.
                    if (by->role == app::Role::auditor && way.method == "GET")
                        app::record_asking(desk.tools(), *by, asked_in(request), now());
                    return perform(desk, way, *by, request);
                }
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
