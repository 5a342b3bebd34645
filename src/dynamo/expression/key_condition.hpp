// Key conditions in two steps, for those who check a request before they know its table.

#pragma once

#include "dynamo/expression/expression.hpp"

namespace carillon::dynamo {

/// Whether the condition can be one on keys at all: which operators, one condition an attribute.
/// `invalid` with DynamoDB's whole texts.
[[nodiscard]] Result<> check_key_terms(const Condition& condition);

/// As parse_key_condition, of a condition that was parsed and checked with `values` before.
[[nodiscard]] Result<KeyCondition> make_key_condition(const Condition& condition,
                                                      const ExpressionValues& values,
                                                      const KeyNames& key);

}  // namespace carillon::dynamo
