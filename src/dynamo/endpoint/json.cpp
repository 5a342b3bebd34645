#include "dynamo/endpoint/json.hpp"

#include "core/text.hpp"

#include <cmath>
#include <limits>

namespace carillon::dynamo::endpoint {

namespace {

/// simdjson's own default values refer to no document: to go through one ends the process.
struct Empty {
    Empty() : document(parser.parse(std::string_view(R"([[],{}])")).value()) {}

    simdjson::dom::parser parser;
    Json document;
};

const Json& empty() {
    // Never written to, so it may be read from everywhere.
    static const Empty made;
    return made.document;
}

}  // namespace

simdjson::dom::array array_of(const Json& json) {
    simdjson::dom::array array;
    if (json.get(array) == simdjson::SUCCESS) return array;
    return empty().at(0).get_array().value();
}

simdjson::dom::object object_of(const Json& json) {
    simdjson::dom::object object;
    if (json.get(object) == simdjson::SUCCESS) return object;
    return empty().at(1).get_object().value();
}

std::int64_t integer_of(const Json& json) {
    std::int64_t whole = 0;
    if (json.get(whole) == simdjson::SUCCESS) return whole;
    double number = 0;
    // Also unsigned numbers beyond int64.
    if (json.get(number) != simdjson::SUCCESS) return 0;
    number = std::floor(number);
    constexpr double limit = 9.2e18;
    if (number > limit) return std::numeric_limits<std::int64_t>::max();
    if (number < -limit) return std::numeric_limits<std::int64_t>::min();
    return static_cast<std::int64_t>(number);
}

std::optional<bool> boolean_text(std::string_view text) {
    for (const std::string_view yes : {"true", "1", "yes"}) {
        if (equals_ignoring_case(text, yes)) return true;
    }
    for (const std::string_view no : {"false", "0", "no"}) {
        if (equals_ignoring_case(text, no)) return false;
    }
    return std::nullopt;
}

bool boolean_of(const Json& json) {
    bool truth = false;
    if (json.get(truth) == simdjson::SUCCESS) return truth;
    return boolean_text(text_of(json)).value_or(false);
}

std::optional<std::string_view> text_member(const Json& json, std::string_view name) {
    const auto found = member(json, name);
    if (!found) return std::nullopt;
    return text_of(*found);
}

std::optional<bool> boolean_member(const Json& json, std::string_view name) {
    const auto found = member(json, name);
    if (!found) return std::nullopt;
    return boolean_of(*found);
}

std::optional<std::int64_t> integer_member(const Json& json, std::string_view name) {
    const auto found = member(json, name);
    if (!found) return std::nullopt;
    return integer_of(*found);
}

}  // namespace carillon::dynamo::endpoint
