// Evaluates conditions.

#include "dynamo/expression/compare.hpp"
#include "dynamo/expression/condition_node.hpp"

#include <algorithm>

namespace carillon::dynamo {
namespace {

using Node = Condition::Node;

/// One look at one item. Operands are read in place; only the result of `size` is made anew.
class Evaluation {
public:
    Evaluation(const Item& item, const ExpressionValues& values) : item_(item), values_(values) {}

    bool holds(const Node& node) {
        switch (node.kind) {
            case NodeKind::all:
                return std::ranges::all_of(node.children,
                                           [this](const Node& child) { return holds(child); });
            case NodeKind::any:
                return std::ranges::any_of(node.children,
                                           [this](const Node& child) { return holds(child); });
            case NodeKind::negation:
                return !holds(node.children.front());
            case NodeKind::call:
                return call(node);
            case NodeKind::between:
                return between(node);
            case NodeKind::in:
                return in(node);
            case NodeKind::equal:
            case NodeKind::not_equal:
            case NodeKind::less:
            case NodeKind::less_equal:
            case NodeKind::greater:
            case NodeKind::greater_equal:
                return comparison(node);
            case NodeKind::path:
            case NodeKind::value:
                break;
        }
        return false;
    }

    /// The placeholder that had no value, or empty.
    [[nodiscard]] std::string_view undefined() const { return undefined_; }

private:
    /// Nullptr when the item has nothing there. `scratch` holds a result that is stored nowhere.
    const Value* operand(const Node& node, Value& scratch) {
        if (node.kind == NodeKind::path) return resolve(item_, node.path);
        if (node.kind == NodeKind::value) {
            const Value* value = find_value(values_, node.name);
            if (value == nullptr && undefined_.empty()) undefined_ = node.name;
            return value;
        }
        const Value* value = operand(node.children.front(), scratch);
        const auto size = value != nullptr ? size_operand(*value) : std::nullopt;
        if (!size) return nullptr;
        scratch = Value(*size);
        return &scratch;
    }

    bool comparison(const Node& node) {
        Value left_scratch;
        Value right_scratch;
        const Value* left = operand(node.children[0], left_scratch);
        const Value* right = operand(node.children[1], right_scratch);
        const bool both = left != nullptr && right != nullptr;
        if (node.kind == NodeKind::equal) return both && *left == *right;
        if (node.kind == NodeKind::not_equal) return !(both && *left == *right);
        const auto order = both ? order_of(*left, *right) : std::nullopt;
        if (!order) return false;
        switch (node.kind) {
            case NodeKind::less:
                return *order < 0;
            case NodeKind::less_equal:
                return *order <= 0;
            case NodeKind::greater:
                return *order > 0;
            default:
                return *order >= 0;
        }
    }

    bool between(const Node& node) {
        Value scratch;
        Value low_scratch;
        Value high_scratch;
        const Value* value = operand(node.children[0], scratch);
        const Value* low = operand(node.children[1], low_scratch);
        const Value* high = operand(node.children[2], high_scratch);
        if (value == nullptr || low == nullptr || high == nullptr) return false;
        const auto above = order_of(*value, *low);
        const auto below = order_of(*value, *high);
        return above && below && *above >= 0 && *below <= 0;
    }

    bool in(const Node& node) {
        Value scratch;
        Value candidate_scratch;
        const Value* value = operand(node.children[0], scratch);
        bool found = false;
        // All candidates are read, so that an undefined one is noticed.
        for (std::size_t i = 1; i < node.children.size(); ++i) {
            const Value* candidate = operand(node.children[i], candidate_scratch);
            found |= value != nullptr && candidate != nullptr && *value == *candidate;
        }
        return found;
    }

    bool call(const Node& node) {
        Value scratch;
        Value second_scratch;
        const Value* first = operand(node.children[0], scratch);
        if (node.function == Function::attribute_exists) return first != nullptr;
        if (node.function == Function::attribute_not_exists) return first == nullptr;
        const Value* second = operand(node.children[1], second_scratch);
        if (first == nullptr || second == nullptr) return false;
        if (node.function == Function::begins_with) return begins_with(*first, *second);
        if (node.function == Function::contains) return contains(*first, *second);
        const std::string* name = second->string();
        return name != nullptr && type_name(first->type()) == *name;
    }

    const Item& item_;
    const ExpressionValues& values_;
    std::string_view undefined_;
};

}  // namespace

Result<Condition> Condition::parse(std::string_view text,
                                   const ExpressionNames& names,
                                   const ExpressionValues* values) {
    CARILLON_TRY(auto parsed, parse_condition(text, names, values));
    ExpressionSource source = source_of(text, names, parsed.used);
    Condition condition;
    condition.parsed_ =
        std::make_shared<const Parsed>(Parsed{std::move(parsed), std::move(source)});
    return condition;
}

Result<> Condition::check(const ExpressionValues& values) const {
    return check_condition(parsed_->root, values);
}

Result<bool> Condition::holds(const Item& item, const ExpressionValues& values) const {
    Evaluation evaluation(item, values);
    const bool answer = evaluation.holds(parsed_->root);
    if (!evaluation.undefined().empty()) return undefined_value(evaluation.undefined());
    return answer;
}

const ExpressionSource& Condition::source() const {
    return parsed_->source;
}

const std::vector<std::string>& Condition::used_names() const {
    return parsed_->used.names;
}

const std::vector<std::string>& Condition::used_values() const {
    return parsed_->used.values;
}

const std::vector<Path>& Condition::paths() const {
    return parsed_->paths;
}

const Condition::Node& Condition::root() const {
    return parsed_->root;
}

}  // namespace carillon::dynamo
