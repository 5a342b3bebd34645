// The parsed form of a condition, inside this module only.
//
// A plain tree. Its depth is bounded by the parser, so walking it recursively is safe.

#pragma once

#include "dynamo/expression/expression.hpp"
#include "dynamo/expression/parser.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace carillon::dynamo {

enum class Function : std::uint8_t {
    attribute_exists,
    attribute_not_exists,
    attribute_type,
    begins_with,
    contains,
    size,
    unknown,
};

enum class NodeKind : std::uint8_t {
    path,
    value,
    call,  ///< A function; `size` is an operand, the others are conditions.
    equal,
    not_equal,
    less,
    less_equal,
    greater,
    greater_equal,
    between,   ///< Operand, lower bound, upper bound.
    in,        ///< Operand, candidates.
    all,       ///< AND of two or more conditions.
    any,       ///< OR of two or more conditions.
    negation,  ///< NOT of one condition.
};

struct Condition::Node {
    NodeKind kind = NodeKind::path;
    Function function = Function::unknown;
    bool parenthesised = false;
    Path path{};         ///< `path`
    std::string name{};  ///< `value`: the placeholder. `call`: the function as it was written.
    std::vector<Node> children{};
};

/// `<`, `BETWEEN`, `begins_with`: what DynamoDB calls the node's operator or function.
[[nodiscard]] std::string_view operator_text(const Condition::Node& node);
[[nodiscard]] bool is_comparison(NodeKind kind);  ///< `=` to `>=`
[[nodiscard]] bool is_ordering(NodeKind kind);    ///< `<` to `>=`

/// The condition's text as a tree that keeps every rule which does not depend on values.
struct ParsedCondition {
    Condition::Node root{};
    std::vector<Path> paths{};
    UsedPlaceholders used{};
};

struct Condition::Parsed : ParsedCondition {
    ExpressionSource source{};
};

[[nodiscard]] Result<ParsedCondition> parse_condition(std::string_view text,
                                                      const ExpressionNames& names,
                                                      const ExpressionValues* values = nullptr);

/// The rules that depend on the values of a request.
[[nodiscard]] Result<> check_condition(const Condition::Node& root, const ExpressionValues& values);

}  // namespace carillon::dynamo
