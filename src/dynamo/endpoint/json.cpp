#include "dynamo/endpoint/json.hpp"

#include "core/text.hpp"

#include <cmath>
#include <limits>

namespace carillon::dynamo::endpoint {

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
