#include "dynamo/partiql/expression_text.hpp"

#include <algorithm>
#include <utility>

namespace carillon::dynamo::partiql {

namespace {

constexpr std::size_t candidates_max = 100;

std::string_view comparator(NodeKind kind) {
    switch (kind) {
        case NodeKind::not_equal:
            return " <> ";
        case NodeKind::less:
            return " < ";
        case NodeKind::less_equal:
            return " <= ";
        case NodeKind::greater:
            return " > ";
        case NodeKind::greater_equal:
            return " >= ";
        default:
            return " = ";
    }
}

bool is_chain(const Node& node) {
    return node.kind == NodeKind::all || node.kind == NodeKind::any;
}

}  // namespace

void ExpressionText::name(const std::string& name) {
    auto found = std::ranges::find(names_, name, &ExpressionNames::value_type::second);
    if (found == names_.end()) {
        found = names_.emplace(names_.end(), "#" + std::to_string(names_.size()), name);
    }
    text_ += found->first;
}

void ExpressionText::path(const Path& path) {
    for (const PathStep& step : path) {
        if (step.index >= 0) {
            text_.append("[").append(std::to_string(step.index)).append("]");
            continue;
        }
        if (&step != path.data()) text_ += '.';
        name(step.name);
    }
}

void ExpressionText::value(Value value) {
    std::string placeholder = ":" + std::to_string(values_.size());
    text_ += placeholder;
    values_.emplace_back(std::move(placeholder), std::move(value));
}

Result<> ExpressionText::operand(const Node& node) {
    CARILLON_TRY(auto known, constant(node, parameters_));
    if (known) {
        value(*std::move(known));
        return {};
    }
    if (node.kind == NodeKind::path) {
        path(node.path);
        return {};
    }
    if (node.kind == NodeKind::call && node.name == "size") return call(node);
    return malformed("Unsupported operand of a condition");
}

Result<> ExpressionText::nested(const Node& node) {
    if (!is_chain(node) && node.kind != NodeKind::negation) return condition(node);
    text_ += '(';
    CARILLON_TRY_VOID(condition(node));
    text_ += ')';
    return {};
}

Result<> ExpressionText::parts(const Node& node, std::string_view joint) {
    for (const Node& child : node.children) {
        if (&child != node.children.data()) text_ += joint;
        CARILLON_TRY_VOID(nested(child));
    }
    return {};
}

Result<> ExpressionText::all_of(std::span<const Node* const> conditions) {
    for (const Node* const& node : conditions) {
        if (&node != conditions.data()) text_ += " AND ";
        CARILLON_TRY_VOID(nested(*node));
    }
    return {};
}

Result<> ExpressionText::in(const Node& node) {
    std::vector<Value> candidates;
    const bool list = node.children.size() == 2 && node.children[1].kind == NodeKind::parameter;
    if (list) {
        CARILLON_TRY(Value value, value_of(node.children[1], parameters_));
        List* members = value.get_if<List>();
        if (members == nullptr || members->empty()) {
            return fail(Errc::invalid, "The IN operator needs a list with at least one value");
        }
        candidates = std::move(*members);
    }
    const std::size_t count = list ? candidates.size() : node.children.size() - 1;
    if (count > candidates_max) {
        return fail(Errc::invalid, "The IN operator takes at most 100 values");
    }
    CARILLON_TRY_VOID(operand(node.children[0]));
    text_ += " IN (";
    for (std::size_t i = 0; i < count; ++i) {
        if (i > 0) text_ += ',';
        if (list) {
            value(std::move(candidates[i]));
        } else {
            CARILLON_TRY_VOID(operand(node.children[i + 1]));
        }
    }
    text_ += ')';
    return {};
}

Result<> ExpressionText::call(const Node& node) {
    text_.append(node.name).append("(");
    for (const Node& child : node.children) {
        if (&child != node.children.data()) text_ += ',';
        CARILLON_TRY_VOID(operand(child));
    }
    text_ += ')';
    return {};
}

Result<> ExpressionText::condition(const Node& node) {
    switch (node.kind) {
        case NodeKind::all:
            return parts(node, " AND ");
        case NodeKind::any:
            return parts(node, " OR ");
        case NodeKind::negation:
            text_ += "NOT ";
            return nested(node.children[0]);
        case NodeKind::is_missing:
            text_ += "attribute_not_exists(";
            path(node.children[0].path);
            text_ += ')';
            return {};
        case NodeKind::is_null:
            text_ += "attribute_type(";
            path(node.children[0].path);
            text_ += ',';
            value(Value("NULL"));
            text_ += ')';
            return {};
        case NodeKind::in:
            return in(node);
        case NodeKind::between:
            CARILLON_TRY_VOID(operand(node.children[0]));
            text_ += " BETWEEN ";
            CARILLON_TRY_VOID(operand(node.children[1]));
            text_ += " AND ";
            return operand(node.children[2]);
        case NodeKind::call:
            return call(node);
        default:
            CARILLON_TRY_VOID(operand(node.children[0]));
            text_ += comparator(node.kind);
            return operand(node.children[1]);
    }
}

Result<BoundCondition> ExpressionText::bound_condition() {
    CARILLON_TRY(Condition parsed, Condition::parse(text_, names_));
    return BoundCondition{std::move(parsed), take_values()};
}

}  // namespace carillon::dynamo::partiql
