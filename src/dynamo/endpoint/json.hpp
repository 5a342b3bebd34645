// Reading a parsed body. For elements whose kind check_kinds has vouched for.

#pragma once

#include <cstdint>
#include <optional>
#include <simdjson.h>
#include <string_view>

namespace carillon::dynamo::endpoint {

using Json = simdjson::dom::element;
using JsonType = simdjson::dom::element_type;

[[nodiscard]] inline bool is_null(const Json& json) {
    return json.type() == JsonType::NULL_VALUE;
}

/// The member, or nothing when it is not there or null. `json` must be an object.
[[nodiscard]] inline std::optional<Json> member(const Json& json, std::string_view name) {
    simdjson::dom::object object;
    if (json.get(object) != simdjson::SUCCESS) return std::nullopt;
    for (const auto& [key, value] : object) {
        if (key == name) {
            if (is_null(value)) return std::nullopt;
            return value;
        }
    }
    return std::nullopt;
}

[[nodiscard]] inline std::string_view text_of(const Json& json) {
    std::string_view text;
    if (json.get(text) != simdjson::SUCCESS) return {};
    return text;
}

/// Its entries; none when it is no list.
[[nodiscard]] simdjson::dom::array array_of(const Json& json);
/// Its members; none when it is no object.
[[nodiscard]] simdjson::dom::object object_of(const Json& json);

/// Fractions are cut off towards minus infinity, as DynamoDB's deserialiser does.
[[nodiscard]] std::int64_t integer_of(const Json& json);
/// true, false, or one of the texts that stand for them.
[[nodiscard]] bool boolean_of(const Json& json);

/// `true`, `1`, `yes` and their opposites, in any case.
[[nodiscard]] std::optional<bool> boolean_text(std::string_view text);

[[nodiscard]] std::optional<std::string_view> text_member(const Json& json, std::string_view name);
[[nodiscard]] std::optional<bool> boolean_member(const Json& json, std::string_view name);
[[nodiscard]] std::optional<std::int64_t> integer_member(const Json& json, std::string_view name);

}  // namespace carillon::dynamo::endpoint
