// The parameters from before expressions (Expected, AttributeUpdates, KeyConditions, QueryFilter,
// ScanFilter, AttributesToGet): checked by their own rules, then said as expressions.

#pragma once

#include "dynamo/database.hpp"
#include "dynamo/endpoint/json.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace carillon::dynamo::endpoint {

/// `Expected` with `ConditionalOperator`; nothing when there is none.
[[nodiscard]] Result<std::optional<BoundCondition>> read_expected(const Json& request);

struct LegacyCondition {
    std::string attribute;
    std::string comparison;  ///< "EQ", "BETWEEN" ...
    std::vector<Value> values{};
};

/// QueryFilter, ScanFilter or KeyConditions.
[[nodiscard]] Result<std::vector<LegacyCondition>> read_conditions(const Json& request,
                                                                   std::string_view parameter);
[[nodiscard]] Result<std::optional<BoundCondition>> to_filter(
    const std::vector<LegacyCondition>& conditions, std::string_view conditional_operator);

/// KeyConditions by the rules of the key; its texts are those of KeyConditionExpression.
[[nodiscard]] Result<KeyCondition> to_key_condition(const std::vector<LegacyCondition>& conditions,
                                                    const KeySchema& key);

struct LegacyUpdate {
    Update update;
    ExpressionValues values;
};

/// `AttributeUpdates`; nothing when there is none or it is empty.
[[nodiscard]] Result<std::optional<LegacyUpdate>> read_attribute_updates(const Json& request);

/// `AttributesToGet`, without repetitions (which are an error).
[[nodiscard]] Result<std::optional<Projection>> read_attributes_to_get(const Json& request);

}  // namespace carillon::dynamo::endpoint
