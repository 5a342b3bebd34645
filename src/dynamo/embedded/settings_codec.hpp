// A table's settings as a stored value. Members that a later version adds are ignored, those that
// are missing have their defaults: so definitions may grow.

#pragma once

#include "core/result.hpp"
#include "dynamo/item/value.hpp"
#include "dynamo/settings.hpp"

namespace carillon::dynamo::embedded {

[[nodiscard]] Value encode_settings(const TableSettings& settings);
/// `corrupt` when it is not what encode_settings wrote.
[[nodiscard]] Result<TableSettings> decode_settings(const Value& value);

}  // namespace carillon::dynamo::embedded
