#include "onecard/net/json.hpp"

#include <fmt/format.h>

#include <boost/json.hpp>

namespace onecard::net {

namespace {

Result<std::map<std::string, std::string>> flatten(const boost::json::object& object) {
    std::map<std::string, std::string> flat;
    for (const auto& [key, value] : object) {
        const std::string name{key.data(), key.size()};
        switch (value.kind()) {
            case boost::json::kind::string:
                flat.emplace(name, std::string{value.get_string().data(), value.get_string().size()});
                break;
            case boost::json::kind::int64: flat.emplace(name, std::to_string(value.get_int64())); break;
            case boost::json::kind::uint64: flat.emplace(name, std::to_string(value.get_uint64())); break;
            case boost::json::kind::bool_: flat.emplace(name, value.get_bool() ? "true" : "false"); break;
            case boost::json::kind::null:
            case boost::json::kind::double_:
            case boost::json::kind::array:
            case boost::json::kind::object:
                return refuse(Fault::malformed,
                              fmt::format("«{}» must be a text, a whole number, true or false", name),
                              "body");
        }
    }
    return flat;
}

Result<boost::json::object> parse_object(std::string_view text) {
    boost::system::error_code error;
    boost::json::parse_options options;
    options.max_depth = 8;
    boost::json::value value = boost::json::parse({text.data(), text.size()}, error, {}, options);
    if (error) return refuse(Fault::malformed, "is not JSON: " + error.message(), "body");
    if (!value.is_object()) return refuse(Fault::malformed, "must be one JSON object", "body");
    return std::move(value.get_object());
}

}  // namespace

Result<std::map<std::string, std::string>> parse_flat_json(std::string_view text) {
    const auto object = parse_object(text);
    if (!object) return std::unexpected{object.error()};
    return flatten(*object);
}

Result<std::vector<std::map<std::string, std::string>>> parse_json_table(std::string_view text,
                                                                         std::string_view key) {
    const auto object = parse_object(text);
    if (!object) return std::unexpected{object.error()};
    const auto* rows = object->if_contains({key.data(), key.size()});
    if (rows == nullptr || !rows->is_array())
        return refuse(Fault::missing, fmt::format("has no list «{}»", key), "body");
    std::vector<std::map<std::string, std::string>> table;
    for (const auto& row : rows->get_array()) {
        if (!row.is_object())
            return refuse(Fault::malformed, fmt::format("«{}» must hold objects", key), "body");
        auto flat = flatten(row.get_object());
        if (!flat) return std::unexpected{flat.error()};
        table.push_back(std::move(*flat));
    }
    return table;
}

}  // namespace onecard::net
