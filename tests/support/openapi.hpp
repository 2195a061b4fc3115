#pragma once

#include <yaml-cpp/yaml.h>

#include <boost/json.hpp>
#include <charconv>
#include <map>
#include <random>
#include <regex>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

/// schemas/api/openapi.yaml as data: its operations, a check of values against its schemas, and random values from them.
/// A word of JSON Schema that the check does not know is an error, so that nothing passes unseen.
namespace onecard::test {

namespace json = boost::json;

inline json::value json_of(const YAML::Node& node) {
    if (node.IsMap()) {
        json::object object;
        for (const auto& pair : node) object[pair.first.as<std::string>()] = json_of(pair.second);
        return object;
    }
    if (node.IsSequence()) {
        json::array array;
        for (const auto& element : node) array.push_back(json_of(element));
        return array;
    }
    if (node.IsNull()) return nullptr;
    const std::string text = node.Scalar();
    if (node.Tag() == "!") return json::string{text};  // in quotes
    if (text == "true" || text == "false") return text == "true";
    std::int64_t number = 0;
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
    if (parsed.ec == std::errc{} && parsed.ptr == text.data() + text.size()) return number;
    return json::string{text};
}

inline std::string text_of(const json::value& value) { return json::value_to<std::string>(value); }

class OpenApi {
public:
    struct Operation {
        std::string path, method, id, scope;
        std::set<std::string> roles;
        json::object about;
        std::string name() const { return method + " " + path; }
    };

    explicit OpenApi(const std::string& file) : root_{json_of(YAML::LoadFile(file)).as_object()} {
        for (const auto& [path, item] : root_.at("paths").as_object())
            for (const auto& [method, about] : item.as_object()) {
                Operation operation{std::string{path}, {}, {}, {}, {}, about.as_object()};
                for (const char c : std::string_view{method.data(), method.size()})
                    operation.method += static_cast<char>(c - 'a' + 'A');
                operation.id = text_of(operation.about.at("operationId"));
                operation.scope = text_of(operation.about.at("x-scope"));
                for (const auto& role : operation.about.at("x-roles").as_array())
                    operation.roles.insert(text_of(role));
                operations_.push_back(std::move(operation));
            }
    }

    const std::vector<Operation>& operations() const { return operations_; }
    const json::object& root() const { return root_; }

    const json::value& resolve(const json::value& value) const {
        if (!value.is_object() || !value.as_object().contains("$ref")) return value;
        const std::string ref = text_of(value.as_object().at("$ref"));
        if (!ref.starts_with("#/")) throw std::runtime_error{"only references inside are known: " + ref};
        const json::value* at = nullptr;
        const json::object* in = &root_;
        std::size_t from = 2;
        while (from <= ref.size()) {
            const std::size_t slash = std::min(ref.find('/', from), ref.size());
            const std::string key = ref.substr(from, slash - from);
            if (!in->contains(key)) throw std::runtime_error{"nothing is at " + ref};
            at = &in->at(key);
            in = at->is_object() ? &at->get_object() : &root_;
            from = slash + 1;
        }
        return resolve(*at);
    }

    /// The schema of an answer's body, by status and media type; null when it is not documented. `status_is_known`
    /// tells which of the two is the case.
    const json::value* schema_of(const Operation& operation, int status, std::string type,
                                 bool& status_is_known) const {
        type = type.substr(0, type.find(';'));
        const auto& responses = operation.about.at("responses").as_object();
        const auto found = responses.find(std::to_string(status));
        status_is_known = found != responses.end();
        if (!status_is_known) return nullptr;
        const json::object& response = resolve(found->value()).as_object();
        if (!response.contains("content")) return nullptr;
        const auto& content = response.at("content").as_object();
        const auto media = content.find(type);
        return media == content.end() ? nullptr : &media->value().as_object().at("schema");
    }
    bool has_content(const Operation& operation, int status) const {
        return resolve(operation.about.at("responses").as_object().at(std::to_string(status)))
            .as_object()
            .contains("content");
    }

    /// What does not fit, with its place; empty when all fits.
    std::vector<std::string> faults_of(const json::value& schema, const json::value& value,
                                       const std::string& place = "$") const {
        std::vector<std::string> faults;
        check(resolve(schema).as_object(), value, place, faults);
        return faults;
    }

    /// A value that fits, or nearly always does.
    template <class Random>
    json::value value_of(const json::value& any_schema, Random& random) const {
        const json::object& schema = resolve(any_schema).as_object();
        const auto upto = [&](std::size_t n) { return static_cast<std::size_t>(random() % n); };
        if (schema.contains("enum")) {
            const auto& words = schema.at("enum").as_array();
            return words[upto(words.size())];
        }
        const std::string type = type_of(schema);
        if (type == "integer") {
            const std::int64_t low =
                schema.contains("minimum") ? schema.at("minimum").to_number<std::int64_t>() : -5;
            return low + static_cast<std::int64_t>(upto(upto(2) == 0 ? 5 : 100'000));
        }
        if (type == "boolean") return upto(2) == 0;
        if (type == "array") {
            json::array array;
            for (std::size_t n = upto(4); n > 0; --n) array.push_back(value_of(schema.at("items"), random));
            return array;
        }
        if (type == "object") {
            json::object object;
            if (schema.contains("properties"))
                for (const auto& [name, inner] : schema.at("properties").as_object())
                    if (is_required(schema, name) || upto(2) == 0) object[name] = value_of(inner, random);
            if (const auto* more = schema.if_contains("additionalProperties"); more && more->is_object())
                for (std::size_t n = upto(3); n > 0; --n) {
                    std::string name = "370212";
                    if (schema.contains("propertyNames"))
                        name =
                            text_like(text_of(schema.at("propertyNames").as_object().at("pattern")), random);
                    object[name] = value_of(*more, random);
                }
            return object;
        }
        if (schema.contains("pattern")) return json::string{text_like(text_of(schema.at("pattern")), random)};
        std::string text;
        for (std::size_t n = upto(20) + 1; n > 0; --n) text += static_cast<char>('!' + upto(90));
        return json::string{text};
    }

    /// A text for the plain patterns of the description: character classes, groups of alternatives, repeats.
    template <class Random>
    static std::string text_like(const std::string& pattern, Random& random) {
        std::size_t at = 0;
        return alternatives(pattern, at, random);
    }

private:
    static std::string type_of(const json::object& schema) {
        const auto* type = schema.if_contains("type");
        if (type == nullptr) return "string";
        return text_of(type->is_array() ? type->get_array().at(0) : *type);
    }
    static bool is_required(const json::object& schema, std::string_view name) {
        const auto* required = schema.if_contains("required");
        if (required == nullptr) return false;
        for (const auto& each : required->as_array())
            if (text_of(each) == name) return true;
        return false;
    }
    static bool is_of(const std::string& type, const json::value& value) {
        if (type == "object") return value.is_object();
        if (type == "array") return value.is_array();
        if (type == "string") return value.is_string();
        if (type == "boolean") return value.is_bool();
        if (type == "integer") return value.is_int64() || value.is_uint64();
        if (type == "null") return value.is_null();
        throw std::runtime_error{"a type that the check does not know: " + type};
    }

    void check(const json::object& schema, const json::value& value, const std::string& place,
               std::vector<std::string>& faults) const {
        const auto say = [&](const std::string& what) {
            faults.push_back(place + ": " + what + ": " + json::serialize(value).substr(0, 120));
        };
        for (const auto& [key_, rule] : schema) {
            const std::string key{key_};
            if (key == "description" || key == "default") continue;
            if (key == "type") {
                bool fits = false;
                if (rule.is_array())
                    for (const auto& each : rule.get_array()) fits = fits || is_of(text_of(each), value);
                else
                    fits = is_of(text_of(rule), value);
                if (!fits) return say("must be " + json::serialize(rule));
            } else if (key == "enum") {
                bool fits = false;
                for (const auto& each : rule.as_array()) fits = fits || each == value;
                if (!fits) say("is none of " + json::serialize(rule));
            } else if (key == "pattern") {
                if (value.is_string() && !std::regex_search(text_of(value), std::regex{text_of(rule)}))
                    say("does not match " + text_of(rule));
            } else if (key == "minLength" || key == "maxLength") {
                const auto limit = rule.to_number<std::size_t>();
                if (value.is_string() && (key == "minLength" ? value.get_string().size() < limit
                                                             : value.get_string().size() > limit))
                    say(key + " is " + std::to_string(limit));
            } else if (key == "minimum" || key == "maximum") {
                const auto limit = rule.to_number<std::int64_t>();
                if (value.is_number() && (key == "minimum" ? value.to_number<std::int64_t>() < limit
                                                           : value.to_number<std::int64_t>() > limit))
                    say(key + " is " + std::to_string(limit));
            } else if (key == "items") {
                if (value.is_array())
                    for (std::size_t i = 0; i < value.get_array().size(); ++i)
                        check(resolve(rule).as_object(), value.get_array()[i],
                              place + "[" + std::to_string(i) + "]", faults);
            } else if (key == "required") {
                if (value.is_object())
                    for (const auto& name : rule.as_array())
                        if (!value.get_object().contains(text_of(name)))
                            say("«" + text_of(name) + "» is missing");
            } else if (key == "properties") {
                if (value.is_object())
                    for (const auto& [name, inner] : rule.as_object())
                        if (value.get_object().contains(name))
                            check(resolve(inner).as_object(), value.get_object().at(name),
                                  place + "." + std::string{name}, faults);
            } else if (key == "additionalProperties") {
                if (!value.is_object()) continue;
                const auto* known = schema.if_contains("properties");
                for (const auto& [name, inner] : value.get_object()) {
                    if (known != nullptr && known->as_object().contains(name)) continue;
                    if (rule.is_bool() && !rule.get_bool())
                        say("«" + std::string{name} + "» is not documented");
                    if (rule.is_object())
                        check(resolve(rule).as_object(), inner, place + "." + std::string{name}, faults);
                }
            } else if (key == "propertyNames") {
                if (value.is_object())
                    for (const auto& [name, inner] : value.get_object())
                        check(rule.as_object(), json::string{name}, place + " (a name)", faults);
            } else {
                throw std::runtime_error{"a word of JSON Schema that the check does not know: " + key};
            }
        }
    }

    template <class Random>
    static std::string alternatives(const std::string& pattern, std::size_t& at, Random& random) {
        std::vector<std::string> all{""};
        while (at < pattern.size() && pattern[at] != ')') {
            if (pattern[at] == '|') {
                ++at;
                all.emplace_back();
                continue;
            }
            const std::size_t begin = at;
            std::string one = atom(pattern, at, random);
            const std::size_t end = at;
            std::size_t low = 1, high = 1;
            repeats(pattern, at, low, high);
            const std::size_t times =
                low + (high > low ? static_cast<std::size_t>(random() % (high - low + 1)) : 0);
            for (std::size_t n = 0; n < times; ++n) {
                std::size_t again = begin;
                all.back() += n == 0 ? one : atom(pattern, again, random);
            }
            (void)end;
        }
        return all[static_cast<std::size_t>(random() % all.size())];
    }
    template <class Random>
    static std::string atom(const std::string& pattern, std::size_t& at, Random& random) {
        const char c = pattern[at++];
        if (c == '^' || c == '$') return {};
        if (c == '\\') return std::string(1, pattern[at++]);
        if (c == '(') {
            std::string text = alternatives(pattern, at, random);
            ++at;
            return text;
        }
        if (c != '[') return std::string(1, c);
        const bool is_not = pattern[at] == '^';
        if (is_not) ++at;
        std::string members;
        while (pattern[at] != ']') {
            if (pattern[at + 1] == '-' && pattern[at + 2] != ']') {
                for (char m = pattern[at]; m <= pattern[at + 2]; ++m) members += m;
                at += 3;
            } else {
                members += pattern[at++];
            }
        }
        ++at;
        if (is_not) members = "abcXYZ019 -/";
        return std::string(1, members[static_cast<std::size_t>(random() % members.size())]);
    }
    static void repeats(const std::string& pattern, std::size_t& at, std::size_t& low, std::size_t& high) {
        if (at >= pattern.size()) return;
        if (pattern[at] == '?')
            low = 0;
        else if (pattern[at] == '*') {
            low = 0;
            high = 5;
        } else if (pattern[at] == '+')
            high = 6;
        else if (pattern[at] == '{') {
            const std::size_t close = pattern.find('}', at);
            const std::string inside = pattern.substr(at + 1, close - at - 1);
            low = std::stoul(inside);
            high =
                inside.find(',') == std::string::npos ? low : std::stoul(inside.substr(inside.find(',') + 1));
            at = close;
        } else {
            return;
        }
        ++at;
    }

    json::object root_;
    std::vector<Operation> operations_;
};

}  // namespace onecard::test
