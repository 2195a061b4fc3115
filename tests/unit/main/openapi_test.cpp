#include <gtest/gtest.h>

#include "support/openapi.hpp"
#include "ways.hpp"

namespace onecard::cli {
namespace {

namespace json = boost::json;

const test::OpenApi& description() {
    static const test::OpenApi read{std::string{ONECARD_SOURCE_DIR} + "/schemas/api/openapi.yaml"};
    return read;
}

std::string name_of(const Way& way) { return std::string{way.method} + " " + std::string{way.pattern}; }

std::set<std::string> roles_of(const Way& way) {
    using app::Role;
    std::set<std::string> roles;
    for (const Role role :
         {Role::maker, Role::checker, Role::releaser, Role::auditor, Role::operations, Role::bank})
        if (way.is_for(role)) roles.insert(std::string{app::name_of(role)});
    return roles;
}

TEST(OpenApi, DescribesEveryWayAndEveryWayIsDescribed) {
    std::set<std::string> described, built;
    for (const auto& operation : description().operations()) described.insert(operation.name());
    for (const Way& way : all_ways()) {
        const bool is_new = built.insert(name_of(way)).second;
        EXPECT_TRUE(is_new) << name_of(way) << " is there twice";
        EXPECT_TRUE(described.contains(name_of(way)))
            << name_of(way) << " is in a table of ways, but not in schemas/api/openapi.yaml.\n"
            << "Add it under paths: with operationId, summary, tags, x-roles, x-scope, parameters and every status\n"
            << "that it answers; copy the nearest neighbour. The schema of a report lists its fields and the columns of\n"
            << "its tables (money is NAME_fen). tests/e2e then holds real answers against it.";
    }
    for (const std::string& name : described)
        EXPECT_TRUE(built.contains(name))
            << name << " is in schemas/api/openapi.yaml, but in no table of ways (src/main/*_ways.cpp).";
}

TEST(OpenApi, NamesTheRolesThatEachWayIsFor) {
    for (const Way& way : all_ways())
        for (const auto& operation : description().operations())
            if (operation.name() == name_of(way))
                EXPECT_EQ(operation.roles, roles_of(way))
                    << name_of(way) << ": x-roles differ from the way's roles (Way{…}.by(Role::maker, …))";
}

TEST(OpenApi, NamesEveryPathParameterAndNoOther) {
    for (const auto& operation : description().operations()) {
        std::set<std::string> in_path, named;
        for (std::size_t at = 0; (at = operation.path.find('{', at)) != std::string::npos; ++at)
            in_path.insert(operation.path.substr(at + 1, operation.path.find('}', at) - at - 1));
        if (const auto* parameters = operation.about.if_contains("parameters"))
            for (const auto& each : parameters->as_array()) {
                const auto& parameter = description().resolve(each).as_object();
                if (test::text_of(parameter.at("in")) == "path")
                    named.insert(test::text_of(parameter.at("name")));
            }
        EXPECT_EQ(named, in_path) << operation.name();
    }
}

TEST(OpenApi, LetsEveryWriteNameAnIdempotencyKey) {
    for (const auto& operation : description().operations()) {
        bool has_key = false;
        if (const auto* parameters = operation.about.if_contains("parameters"))
            for (const auto& each : parameters->as_array())
                has_key = has_key || test::text_of(description().resolve(each).as_object().at("name")) ==
                                         "Idempotency-Key";
        EXPECT_EQ(has_key, operation.method != "GET") << operation.name();
    }
}

/// Open schemas would let anything pass.
TEST(OpenApi, ClosesEveryObject) {
    for (const auto& [name, schema] :
         description().root().at("components").as_object().at("schemas").as_object())
        if (const auto* type = schema.as_object().if_contains("type");
            type && type->is_string() && test::text_of(*type) == "object")
            EXPECT_TRUE(schema.as_object().contains("additionalProperties")) << std::string_view{name};
}

TEST(OpenApi, RefersToNothingThatIsMissing) {
    const auto walk = [](const auto& self, const json::value& value) -> void {
        if (value.is_object()) {
            EXPECT_NO_THROW(description().resolve(value));
            for (const auto& [key, inner] : value.get_object()) self(self, inner);
        }
        if (value.is_array())
            for (const auto& inner : value.get_array()) self(self, inner);
    };
    walk(walk, description().root());
}

/// The check itself must be able to fail.
TEST(OpenApi, IsHeldAgainstValuesThatDoNotFit) {
    const json::value run{{"$ref", "#/components/schemas/Run"}};
    json::object good{{"run", 1},           {"kind", "regular"},  {"period", "2022-01"},
                      {"region", "370212"}, {"made_by", "maker"}, {"made_at", "2022-01-01T08:00:00+08:00"}};
    EXPECT_TRUE(description().faults_of(run, good).empty());
    for (const auto& [key, wrong] : std::map<std::string, json::value>{
             {"run", -1}, {"run ", 1}, {"kind", "other"}, {"period", "2022-13"}, {"made_by", 7}}) {
        json::object bad = good;
        bad[key] = wrong;
        EXPECT_FALSE(description().faults_of(run, bad).empty()) << key;
    }
    good.erase("made_at");
    EXPECT_FALSE(description().faults_of(run, good).empty());
}

}  // namespace
}  // namespace onecard::cli
