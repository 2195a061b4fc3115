#include "ways.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <fstream>
#include <sstream>

#include "chinese.hpp"
#include "export_ends.hpp"
#include "onecard/ops/workbook.hpp"
#include "onecard/seal/hashes.hpp"

namespace onecard::cli {

using net::Request;
using net::Response;

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

Response json(std::string body, int status) {
    Response response;
    response.status = status;
    response.body = std::move(body);
    return response;
}

Form form_of(const Request& request) {
    const auto accepted = request.headers.find("accept");
    if (accepted == request.headers.end()) return Form::json;
    struct Row {
        std::string_view type;
        Form form;
    };
    constexpr std::array rows{
        Row{"application/json", Form::json}, Row{"text/plain", Form::text}, Row{"text/csv", Form::csv},
        Row{"application/x-ndjson", Form::lines},
        Row{"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", Form::workbook}};
    // The one that is named first; weights between them are nobody's habit here.
    Form form = Form::json;
    std::size_t first = std::string::npos;
    for (const Row& row : rows) {
        const std::size_t at = accepted->second.find(row.type);
        if (at < first) {
            first = at;
            form = row.form;
        }
    }
    return form;
}

Response answer(const app::Report& report, const Request& request) {
    Response response;
    response.headers["Vary"] = "Accept, Accept-Language";
    switch (form_of(request)) {
        case Form::json: response.body = app::to_json(report); break;
        case Form::text:
            response.content_type = "text/plain; charset=utf-8";
            response.body = app::to_text(report, language_of(request));
            break;
        case Form::csv:
            response.content_type = "text/csv; charset=utf-8";
            if (!report.tables.empty()) {
                response.body = app::csv_heading(report.tables.front());
                app::append_csv(response.body, report.tables.front());
            }
            break;
        case Form::lines:
            response.content_type = "application/x-ndjson";
            if (!report.tables.empty()) app::append_json_lines(response.body, report.tables.front());
            break;
        case Form::workbook:
            response.content_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
            response.headers["Content-Disposition"] = "attachment; filename=\"report.xlsx\"";
            response.body = ops::to_workbook(with_end(report, request), language_of(request));
            break;
    }
    return response;
}

std::string etag_of(std::string_view body) {
    return fmt::format("\"{}\"", seal::sha256().hash(bytes_of(body)).hex().substr(0, 32));
}

app::Report in_language_of(const Request& request, app::Report report) {
    return language_of(request) == app::Language::chinese ? with_reasons_in_chinese(std::move(report))
                                                          : std::move(report);
}

Response answer_or_faults(app::Report report, app::Words title, const Faults& faults,
                          const Request& request) {
    app::Table table{"faults",
                     std::move(title),
                     {{"place", {"位置", "place"}}, {"fault", {"类型", "fault"}}, {"text", {"说明", "text"}}},
                     {}};
    for (const Failure& fault : faults)
        table.rows.push_back(
            {fault.place, std::string{name_of(fault.fault)},
             language_of(request) == app::Language::chinese ? in_chinese(fault.text) : fault.text});
    const bool failed = !table.rows.empty();
    if (failed) report.tables.push_back(std::move(table));
    Response response = answer(report, request);
    response.status = failed ? 422 : 201;
    return response;
}

void must_match(const Request& request, const app::Report& current) {
    const auto wanted = request.headers.find("if-match");
    if (wanted == request.headers.end() || wanted->second == "*") return;
    const std::string etag = etag_of(app::to_json(current));
    if (wanted->second.find(etag) == std::string::npos)
        throw Refused{
            {Fault::stale, request.path, fmt::format("it has changed: its entity tag is {} now", etag)}};
}

std::int64_t number_of(const std::string& text, std::string_view what) {
    std::int64_t number = 0;
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
    if (text.empty() || parsed.ec != std::errc{} || parsed.ptr != text.data() + text.size())
        throw Refused{{Fault::malformed, std::string{what}, "must be a whole number"}};
    return number;
}

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

RunNo run_no_of(const std::string& text) {
    const std::int64_t number = number_of(text, "run");
    if (number < 1 || number > 0x7fffffff) throw Refused{{Fault::unknown, "run", "there is no such run"}};
    return RunNo{static_cast<std::int32_t>(number)};
}

RunNo run_of(const Request& request) { return run_no_of(request.parameters.at("run")); }

Region region_of(const Request& request, const app::Identity& by) {
    return must(Region::parse(query(request, "region", by.region.text())));
}

std::string file_text(const std::filesystem::path& path) {
    std::ifstream in{path, std::ios::binary};
    std::ostringstream out;
    out << in.rdbuf();
    return std::move(out).str();
}

}  // namespace onecard::cli
