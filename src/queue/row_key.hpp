// A row's key as one string, for the maps of rows that are held in memory.

#pragma once

#include "dynamo/item/value.hpp"
#include "dynamo/schema.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace carillon::queue {

/// The key attributes of `item` in the order-keeping codec: equal for equal keys only. Nothing when
/// an attribute is missing.
[[nodiscard]] std::optional<std::string> row_id(const dynamo::Item& item,
                                                const dynamo::KeySchema& key);
/// The key attributes again.
[[nodiscard]] Result<dynamo::Item> key_of_row_id(std::string_view id, const dynamo::KeySchema& key);

/// A sort key as bytes that compare as the index orders its values.
[[nodiscard]] std::string sort_bytes(const dynamo::Value& value);

}  // namespace carillon::queue
