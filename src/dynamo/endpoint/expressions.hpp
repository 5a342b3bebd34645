// The expression parameters of a request: which may stand together, and what they say.

#pragma once

#include "dynamo/database.hpp"
#include "dynamo/endpoint/json.hpp"
#include "dynamo/expression/expression.hpp"

#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace carillon::dynamo::endpoint {

enum class Expression : std::uint8_t { update, condition, key_condition, filter, projection };

/// What a kind of request takes. `named` lists expressions and their older counterparts in the
/// order in which errors name them.
struct ExpressionRules {
    std::span<const Expression> expressions;
    std::span<const std::string_view> legacy;
};

/// Expressions and older parameters exclude each other, and names and values need expressions.
[[nodiscard]] Result<> check_combination(const Json& request, const ExpressionRules& rules);

/// Parsed, checked against their values, every name and value used.
struct Expressions {
    std::optional<Update> update{};
    std::optional<Condition> condition{};
    std::optional<Condition> filter{};
    std::optional<Projection> projection{};
    /// Parsed again with the keys of the table at hand, which are not known yet.
    std::optional<Condition> key_condition{};
    ExpressionNames names{};
    ExpressionValues values{};

    [[nodiscard]] std::optional<BoundCondition> bound_condition() const;
    [[nodiscard]] std::optional<BoundCondition> bound_filter() const;
};

[[nodiscard]] Result<Expressions> read_expressions(const Json& request,
                                                   const ExpressionRules& rules);

}  // namespace carillon::dynamo::endpoint
