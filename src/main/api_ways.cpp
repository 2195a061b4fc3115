#include <fmt/format.h>

#include <array>
#include <memory>

#include "onecard/app/listing.hpp"
#include "onecard/main/openapi_text.hpp"
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

constexpr std::int64_t rows_max = 10'000;
constexpr std::int64_t rows_of_piece = 2'000;

/// JSON by the page; NDJSON and CSV whole, however long.
Response payments_of_run(Desk& desk, const app::Identity& by, const Request& request) {
    const std::int64_t limit = number_of(query(request, "limit", "1000"), "limit");
    if (limit < 1 || limit > rows_max)
        throw Refused{{Fault::out_of_range, "limit", fmt::format("must be 1 to {}", rows_max)}};
    auto list = must(app::RunPayments::open(desk.tools(), by, run_of(request), query(request, "after", "")));
    const Form form = form_of(request);
    if (form != Form::csv && form != Form::lines) {
        app::Report report{{"批次明细", "Payments of the run"}, {}, {}};
        app::Table page = list.next(limit);
        report.fields = {{"run", {"批次", "run"}, std::int64_t{run_of(request).number()}},
                         {"next", {"下一页", "next page"}, list.cursor()}};
        report.tables.push_back(std::move(page));
        return answer(report, request);
    }
    Response response;
    response.content_type = form == Form::csv ? "text/csv; charset=utf-8" : "application/x-ndjson";
    struct State {
        app::RunPayments list;
        bool is_first = true;
    };
    response.stream = [form, state = std::make_shared<State>(State{std::move(list)})](std::string& piece) {
        const app::Table page = state->list.next(rows_of_piece);
        if (form == Form::csv) {
            if (state->is_first) piece = app::csv_heading(page);
            app::append_csv(piece, page);
        } else {
            app::append_json_lines(piece, page);
        }
        state->is_first = false;
        return !state->list.cursor().empty();
    };
    return response;
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
