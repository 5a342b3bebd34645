// Values of a statement once its parameters are known.
//
// Inside this module: plan.hpp is what others call.

#pragma once

#include "core/result.hpp"
#include "dynamo/item/value.hpp"
#include "dynamo/partiql/statement.hpp"

#include <optional>
#include <vector>

namespace carillon::dynamo::partiql {

using Parameters = std::vector<Value>;

/// The node's value when it does not depend on an item; nothing when it does. `invalid` for sums of
/// what is no number, sets of mixed types, and the like.
[[nodiscard]] Result<std::optional<Value>> constant(const Node& node, const Parameters& parameters);

/// The same where nothing but a value will do.
[[nodiscard]] Result<Value> value_of(const Node& node, const Parameters& parameters);

}  // namespace carillon::dynamo::partiql
