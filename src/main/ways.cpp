#include "ways.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <sstream>

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

Response answer(const app::Report& report, const Request& request) {
    const auto accepted = request.headers.find("accept");
    if (accepted == request.headers.end() || !accepted->second.starts_with("text/plain"))
        return json(app::to_json(report));
    Response response;
    response.content_type = "text/plain; charset=utf-8";
    response.body = app::to_text(report, language_of(request));
    return response;
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

}  // namespace onecard::cli
