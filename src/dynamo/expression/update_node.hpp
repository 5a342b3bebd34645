// The parsed form of an update, inside this module only.

#pragma once

#include "dynamo/expression/expression.hpp"
#include "dynamo/expression/parser.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace carillon::dynamo {

enum class OperandKind : std::uint8_t { path, value, if_not_exists, list_append, plus, minus };

/// What a clause writes: a path, a value, or a function or sum of other operands.
struct UpdateOperand {
    OperandKind kind = OperandKind::path;
    Path path{};
    std::string value{};
    std::vector<UpdateOperand> children{};
};

enum class ActionKind : std::uint8_t { set, remove, add, remove_members };

struct UpdateAction {
    ActionKind kind = ActionKind::set;
    Path path{};
    UpdateOperand operand{};  ///< Unused by `remove`.
};

struct ParsedUpdate {
    std::vector<UpdateAction> actions{};
    std::vector<Path> paths{};
    UsedPlaceholders used{};
};

struct Update::Parsed : ParsedUpdate {
    ExpressionSource source{};
};

/// The update's text, with every rule kept that does not depend on values.
[[nodiscard]] Result<ParsedUpdate> parse_update(std::string_view text,
                                                const ExpressionNames& names,
                                                const ExpressionValues* values = nullptr);

/// The rules that depend on the values of a request.
[[nodiscard]] Result<> check_update(const std::vector<UpdateAction>& actions,
                                    const ExpressionValues& values);

/// `if_not_exists`, `+` and so on.
[[nodiscard]] std::string_view operator_text(OperandKind kind);

}  // namespace carillon::dynamo
