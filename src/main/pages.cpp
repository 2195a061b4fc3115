#include "pages.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <limits>
#include <memory>

#include "onecard/app/paging.hpp"

namespace onecard::cli {

using net::Request;
using net::Response;

namespace {

constexpr std::int64_t rows_max = 10'000;
constexpr std::size_t rows_of_piece = 2'000;

/// Rows as they are written, so that the text of a long list never stands in memory as a whole.
Response streamed(app::Table table, Form form) {
    Response response;
    response.content_type = form == Form::csv ? "text/csv; charset=utf-8" : "application/x-ndjson";
    response.headers["Vary"] = "Accept, Accept-Language";
    struct State {
        app::Table table;
        std::size_t at = 0;
    };
    response.stream = [form, state = std::make_shared<State>(State{std::move(table)})](std::string& piece) {
        app::Table& all = state->table;
        app::Table page{all.key, all.title, all.columns, {}};
        const std::size_t end = std::min(state->at + rows_of_piece, all.rows.size());
        page.rows.assign(std::make_move_iterator(all.rows.begin() + static_cast<std::ptrdiff_t>(state->at)),
                         std::make_move_iterator(all.rows.begin() + static_cast<std::ptrdiff_t>(end)));
        if (form == Form::csv) {
            if (state->at == 0) piece = app::csv_heading(page);
            app::append_csv(piece, page);
        } else {
            app::append_json_lines(piece, page);
        }
        state->at = end;
        return end < all.rows.size();
    };
    return response;
}

}  // namespace

std::int64_t limit_of(const Request& request, std::string_view otherwise) {
    const std::int64_t limit = number_of(query(request, "limit", std::string{otherwise}), "limit");
    if (limit < 1 || limit > rows_max)
        throw Refused{{Fault::malformed, "limit", fmt::format("must be 1 to {}", rows_max)}};
    return limit;
}

Response answer_long_list(LongList list, const Request& request) {
    const std::int64_t limit = limit_of(request, "1000");
    const Form form = form_of(request);
    if (form != Form::csv && form != Form::lines) {
        app::Table page = list.next(limit);
        list.about.fields.push_back({"next", {"下一页", "next page"}, list.cursor()});
        list.about.tables.push_back(std::move(page));
        return answer(list.about, request);
    }
    Response response;
    response.content_type = form == Form::csv ? "text/csv; charset=utf-8" : "application/x-ndjson";
    struct State {
        LongList list;
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

Response answer_list(app::Report report, const Request& request,
                     std::initializer_list<std::string_view> keys) {
    const Form form = form_of(request);
    const bool is_whole = form != Form::json && form != Form::text && !request.query.contains("limit");
    const auto at_most = is_whole ? std::numeric_limits<std::size_t>::max()
                                  : static_cast<std::size_t>(limit_of(request, "10000"));
    ensure(!report.tables.empty(), "a list without a table");
    app::Table& list = report.tables.front();
    const std::string next =
        must(app::cut_page(list, {keys.begin(), keys.size()}, query(request, "after", ""), at_most));
    if (form != Form::text || !next.empty()) report.fields.push_back({"next", {"下一页", "next page"}, next});
    if ((form == Form::csv || form == Form::lines) && list.rows.size() > rows_of_piece)
        return streamed(std::move(list), form);
    return answer(report, request);
}

namespace {

/// The pages of a list, one after the other.
struct Pages {
    std::vector<std::string_view> keys;
    std::string kinds;
    std::function<app::Report(const app::Slice&)> read;
    std::string after;

    /// The next one, with `after` behind it: empty at the end.
    app::Report next(std::int64_t rows) {
        // One more tells whether there is another page.
        app::Report report = read(must(app::slice_after(after, kinds, rows + 1)));
        ensure(!report.tables.empty(), "a list without a table");
        after = must(app::cut_page(report.tables.front(), keys, after, static_cast<std::size_t>(rows)));
        return report;
    }
};

}  // namespace

Response answer_sliced_list(const Request& request, std::initializer_list<std::string_view> keys,
                            std::string_view kinds, std::function<app::Report(const app::Slice&)> read) {
    const Form form = form_of(request);
    Pages pages{{keys.begin(), keys.end()}, std::string{kinds}, std::move(read), query(request, "after", "")};
    if (form == Form::json || form == Form::text || request.query.contains("limit")) {
        app::Report report = pages.next(limit_of(request, "10000"));
        if (form != Form::text || !pages.after.empty())
            report.fields.push_back({"next", {"下一页", "next page"}, pages.after});
        return answer(report, request);
    }
    app::Report first = pages.next(static_cast<std::int64_t>(rows_of_piece));
    if (form == Form::workbook)
        while (!pages.after.empty())
            std::ranges::move(pages.next(rows_max).tables.front().rows,
                              std::back_inserter(first.tables.front().rows));
    if (form == Form::workbook || pages.after.empty()) return answer(first, request);
    Response response;
    response.content_type = form == Form::csv ? "text/csv; charset=utf-8" : "application/x-ndjson";
    response.headers["Vary"] = "Accept, Accept-Language";
    struct State {
        app::Table page;
        Pages pages;
        bool is_first = true;
    };
    response.stream = [form, state = std::make_shared<State>(State{std::move(first.tables.front()),
                                                                   std::move(pages)})](std::string& piece) {
        if (!state->is_first)
            state->page =
                std::move(state->pages.next(static_cast<std::int64_t>(rows_of_piece)).tables.front());
        if (form == Form::csv) {
            if (state->is_first) piece = app::csv_heading(state->page);
            app::append_csv(piece, state->page);
        } else {
            app::append_json_lines(piece, state->page);
        }
        state->is_first = false;
        return !state->pages.after.empty();
    };
    return response;
}

}  // namespace onecard::cli
