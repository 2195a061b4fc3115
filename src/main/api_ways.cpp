#include <fmt/format.h>

#include <array>
#include <memory>

#include "onecard/app/listing.hpp"
#include "onecard/main/openapi_text.hpp"
#include "pages.hpp"
#include "ways.hpp"

/// What programs want: the description of the API, long lists, and progress as it happens.
namespace onecard::cli {

using net::Request;
using net::Response;

namespace {

Response description(Desk&, const app::Identity&, const Request&) {
    Response response;
    response.content_type = "application/yaml";
    response.body = openapi_text;
    return response;
}

std::string progress_text(const std::optional<Desk::Computing>& computing) {
    if (!computing) return R"({"state":"not computing"})";
    return fmt::format(R"({{"state":"{}","units_done":{},"units_all":{},"payments":{},"problem":{}}})",
                       computing->running           ? "computing"
                       : computing->problem.empty() ? "done"
                                                    : "failed",
                       computing->progress.units_done, computing->progress.units_all,
                       computing->progress.payments, json_text(computing->problem));
}

Response progress_of_run(Desk& desk, const app::Identity& by, const Request& request) {
    must(desk.runs->find(run_of(request), by));
    return json(progress_text(desk.computing(run_of(request))));
}

/// Server-sent events: one whenever something has moved, and the last one when nothing will.
Response events_of_run(Desk& desk, const app::Identity& by, const Request& request) {
    const RunNo run = run_of(request);
    must(desk.runs->find(run, by));
    Response response;
    response.content_type = "text/event-stream";
    response.headers["Cache-Control"] = "no-store";
    struct State {
        std::string said;
        std::int64_t number = 0;
        bool is_over = false;
    };
    response.stream = [&desk, run, state = std::make_shared<State>()](std::string& piece) {
        if (state->is_over) return false;
        const auto computing = desk.computing(run);
        std::string text = progress_text(computing);
        if (text != state->said) {
            piece = fmt::format("id: {}\nevent: progress\ndata: {}\n\n", ++state->number, text);
            state->said = std::move(text);
        }
        state->is_over = !computing || !computing->running;
        return true;
    };
    return response;
}

/// JSON by the page; NDJSON and CSV whole, however long.
Response payments_of_run(Desk& desk, const app::Identity& by, const Request& request) {
    const auto list = std::make_shared<app::RunPayments>(
        must(app::RunPayments::open(desk.tools(), by, run_of(request), query(request, "after", ""))));
    app::Report about{{"批次明细", "Payments of the run"}, {}, {}};
    about.fields = {{"run", {"批次", "run"}, std::int64_t{run_of(request).number()}}};
    return answer_long_list({std::move(about), [list](std::int64_t rows) { return list->next(rows); },
                             [list] { return list->cursor(); }},
                            request);
}

constexpr std::array ways{
    Way{For::everyone, "GET", "/v1/openapi.yaml", description},
    Way{For::officers, "GET", "/v1/runs/{run}/progress", progress_of_run},
    Way{For::officers, "GET", "/v1/runs/{run}/events", events_of_run},
    Way{For::officers, "GET", "/v1/runs/{run}/payments", payments_of_run},
};

}  // namespace

std::span<const Way> api_ways() { return ways; }

}  // namespace onecard::cli
