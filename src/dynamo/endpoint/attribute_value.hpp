// AttributeValues straight from the parsed body, without a second document in between.
//
// With the rules and texts of DynamoDB, in its two steps: the deserialiser's
// (check_value: kinds, base64), which comes before anything else in a request is judged, and the
// content's (read_value: numbers, sets, exactly one type).

#pragma once

#include "core/result.hpp"
#include "dynamo/endpoint/json.hpp"
#include "dynamo/item/value.hpp"

namespace carillon::dynamo::endpoint {

/// Whether it stands in a structure or in a list or map: the texts differ.
enum class Place : std::uint8_t { field, element };

[[nodiscard]] Result<> check_value(const Json& json, Place place);
/// Of scalars: String, Boolean, Integer, Long.
[[nodiscard]] Result<> check_string(const Json& json);
[[nodiscard]] Result<> check_boolean(const Json& json);
/// Whether an object names a member twice; simdjson lets it pass.
[[nodiscard]] bool has_duplicate_keys(const simdjson::dom::object& object);

/// Requires check_value. `invalid` with DynamoDB's texts.
[[nodiscard]] Result<Value> read_value(const Json& json);
[[nodiscard]] Result<Item> read_item(const Json& json);

/// Names of attributes are shorter than so many bytes, at any depth.
inline constexpr std::size_t attribute_name_bytes_end = 65'536;
[[nodiscard]] Result<> check_attribute_name(std::string_view name);

}  // namespace carillon::dynamo::endpoint
