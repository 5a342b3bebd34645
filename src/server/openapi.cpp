#include "server/openapi.hpp"

#include "core/check.hpp"
#include "server/schemas.hpp"

#include <string>

namespace carillon::server {
namespace {

json::object reference(std::string_view schema, const json::object& schemas) {
    CARILLON_CHECK(schemas.contains(schema));
    return {{"$ref", "#/components/schemas/" + std::string(schema)}};
}

json::object content(std::string_view type, json::object schema) {
    return {{type, json::object{{"schema", std::move(schema)}}}};
}

json::object parameter_schema(const QueryParameter& parameter) {
    switch (parameter.kind) {
        case ParameterKind::integer:
            return {{"type", "integer"}, {"minimum", parameter.min}, {"maximum", parameter.max}};
        case ParameterKind::boolean:
            return {{"type", "boolean"}};
        case ParameterKind::instant:
            return {{"type", "string"}, {"format", "date-time"}};
        case ParameterKind::choice: {
            json::array names;
            for (const std::string_view choice : parameter.choices) names.emplace_back(choice);
            return {{"type", "string"}, {"enum", std::move(names)}};
        }
        case ParameterKind::text:
            break;
    }
    return {{"type", "string"}, {"minLength", 1}};
}

json::array parameters(const Route& route) {
    json::array all;
    std::string_view rest = route.path;
    while (true) {
        const std::size_t open = rest.find('{');
        if (open == std::string_view::npos) break;
        const std::size_t close = rest.find('}', open);
        CARILLON_CHECK(close != std::string_view::npos);
        all.push_back(json::object{{"name", rest.substr(open + 1, close - open - 1)},
                                   {"in", "path"},
                                   {"required", true},
                                   {"schema", json::object{{"type", "string"}}}});
        rest.remove_prefix(close);
    }
    for (const QueryParameter& parameter : route.query) {
        all.push_back(json::object{{"name", parameter.name},
                                   {"in", "query"},
                                   {"required", parameter.required},
                                   {"description", parameter.description},
                                   {"schema", parameter_schema(parameter)}});
    }
    for (const std::string_view header : route.headers) {
        all.push_back(json::object{
            {"name", header}, {"in", "header"}, {"schema", json::object{{"type", "string"}}}});
    }
    return all;
}

json::object responses(const Route& route, const json::object& schemas) {
    json::object all;
    for (const Answer& answer : route.answers) {
        json::object response{{"description", answer.description}};
        if (!answer.schema.empty()) {
            response["content"] = content("application/json", reference(answer.schema, schemas));
        }
        all[std::to_string(answer.status)] = std::move(response);
    }
    all["default"] = json::object{
        {"description", "What went wrong (RFC 9457)"},
        {"content", content("application/problem+json", reference("Problem", schemas))}};
    return all;
}

json::object operation(const Route& route, const json::object& schemas) {
    json::object out{{"operationId", route.operation}, {"summary", route.summary}};
    json::array given = parameters(route);
    if (!given.empty()) out["parameters"] = std::move(given);
    if (!route.body_schema.empty()) {
        out["requestBody"] = json::object{
            {"required", route.body == BodyUse::required},
            {"content", content("application/json", reference(route.body_schema, schemas))}};
    }
    out["responses"] = responses(route, schemas);
    return out;
}

std::string lower(std::string_view method) {
    std::string out;
    for (const char c : method) out += static_cast<char>(c - 'A' + 'a');
    return out;
}

}  // namespace

json::object openapi_document(const std::vector<const Route*>& routes, std::string_view version) {
    json::object schemas = component_schemas();
    json::object paths;
    for (const Route* route : routes) {
        json::value& path = paths[route->path];
        if (path.is_null()) path = json::object{};
        path.as_object()[lower(route->method)] = operation(*route, schemas);
    }
    json::object info{{"title", "Carillon"},
                      {"version", version},
                      {"description", "A durable scheduler of webhooks."},
                      {"license", json::object{{"name", "MIT"}, {"identifier", "MIT"}}}};
    return {{"openapi", "3.1.0"},
            {"info", std::move(info)},
            {"paths", std::move(paths)},
            {"components", json::object{{"schemas", std::move(schemas)}}}};
}

}  // namespace carillon::server
