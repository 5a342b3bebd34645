// How conditions compare values. Pure functions of values, apart from expressions so that each rule
// is a line of a test.
//
// Source: DynamoDB developer guide, "Comparison operator and function reference".

#pragma once

#include "dynamo/item/value.hpp"

#include <compare>
#include <cstdint>
#include <optional>
#include <string_view>

namespace carillon::dynamo {

/// Strings, numbers and binaries have an order; other types are only equal or not.
[[nodiscard]] bool is_orderable(Type type);
/// Nothing when the values are of different types, or of a type without order.
[[nodiscard]] std::optional<std::strong_ordering> order_of(const Value& left, const Value& right);

/// Strings and binaries; false for other or different types.
[[nodiscard]] bool begins_with(const Value& value, const Value& prefix);
/// Part of a string or binary, member of a set, element of a list.
[[nodiscard]] bool contains(const Value& container, const Value& member);
/// What `size` returns: UTF-16 units of a string, bytes of a binary, members of sets, lists and
/// maps; nothing for other types.
[[nodiscard]] std::optional<std::int64_t> size_operand(const Value& value);

[[nodiscard]] std::optional<Type> type_of_name(std::string_view name);

}  // namespace carillon::dynamo
