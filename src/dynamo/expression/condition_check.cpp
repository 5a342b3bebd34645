// The rules of conditions that depend on the values of a request, checked before any item is read.

#include "dynamo/expression/compare.hpp"
#include "dynamo/expression/condition_node.hpp"

#include <algorithm>

namespace carillon::dynamo {
namespace {

using Node = Condition::Node;

/// The type that an operand has whatever the item holds; nothing for a document path.
std::optional<Type> static_type(const Node& node, const ExpressionValues& values) {
    if (node.kind == NodeKind::call) {
        return node.function == Function::size ? std::optional(Type::number) : std::nullopt;
    }
    if (node.kind != NodeKind::value) return std::nullopt;
    const Value* value = find_value(values, node.name);
    return value != nullptr ? std::optional(value->type()) : std::nullopt;
}

template <class Accepts>
Result<> check_types(const Node& node, const ExpressionValues& values, Accepts accepts) {
    for (const Node& operand : node.children) {
        const auto type = static_type(operand, values);
        if (type && !accepts(*type)) return wrong_operand_type(operator_text(node), *type);
    }
    return {};
}

// The bounds of BETWEEN are shown as the JVM prints them.
std::string bound_text(const Value& value) {
    std::string text = "AttributeValue: {";
    text += type_name(value.type());
    text += ':';
    if (const std::string* string = value.string()) {
        text += *string;
    } else if (const Number* number = value.number()) {
        number->append_to(text);
    } else if (const Binary* binary = value.get_if<Binary>()) {
        const std::string size = std::to_string(binary->bytes.size());
        text += "java.nio.HeapByteBuffer[pos=0 lim=" + size + " cap=" + size + "]";
    }
    text += '}';
    return text;
}

Result<> check_bounds(const Node& node, const ExpressionValues& values) {
    const Node& low_node = node.children[1];
    const Node& high_node = node.children[2];
    if (low_node.kind != NodeKind::value || high_node.kind != NodeKind::value) return {};
    const Value& low = *find_value(values, low_node.name);
    const Value& high = *find_value(values, high_node.name);

    std::string_view rule;
    if (low.type() != high.type()) {
        rule = "same data type for lower and upper bounds";
    } else if (order_of(low, high) == std::strong_ordering::greater) {
        rule = "upper bound to be greater than or equal to lower bound";
    } else {
        return {};
    }
    return fail(Errc::invalid,
                "The BETWEEN operator requires " + std::string(rule) + "; lower bound operand: " +
                    bound_text(low) + ", upper bound operand: " + bound_text(high));
}

Result<> check_attribute_type(const Node& node, const ExpressionValues& values) {
    // Their count is the parser's to refuse, which may look at types all the same: it goes on
    // behind a fault, for one that DynamoDB names first.
    if (node.children.size() != 2) return {};
    const Node& operand = node.children[1];
    const auto type = static_type(operand, values);
    if (!type) {
        return fail(Errc::invalid,
                    "Incorrect operand type for operator or function; operator or function: "
                    "attribute_type, operand type: {NS,SS,L,BS,N,M,B,BOOL,NULL,S}");
    }
    if (*type != Type::string) return wrong_operand_type(operator_text(node), *type);
    const std::string& name = *find_value(values, operand.name)->string();
    if (type_of_name(name)) return {};
    return fail(Errc::invalid,
                "Invalid attribute type name found; type: " + name +
                    ", valid types: {B,NULL,SS,BOOL,L,BS,N,NS,S,M}");
}

Result<> check_call(const Node& node, const ExpressionValues& values) {
    switch (node.function) {
        case Function::begins_with:
            return check_types(node, values, [](Type type) {
                return type == Type::string || type == Type::binary;
            });
        case Function::size:
            return check_types(node, values, [](Type type) {
                return type != Type::number && type != Type::boolean && type != Type::null;
            });
        case Function::attribute_type:
            return check_attribute_type(node, values);
        case Function::attribute_exists:
        case Function::attribute_not_exists:
        case Function::contains:
        case Function::unknown:
            break;
    }
    return {};
}

}  // namespace

Result<> check_condition(const Condition::Node& root, const ExpressionValues& values) {
    if (root.kind == NodeKind::value && find_value(values, root.name) == nullptr) {
        return undefined_value(root.name);
    }
    for (const Node& child : root.children) CARILLON_TRY_VOID(check_condition(child, values));
    if (root.kind == NodeKind::call) return check_call(root, values);
    if (is_ordering(root.kind)) return check_types(root, values, is_orderable);
    if (root.kind == NodeKind::between) {
        CARILLON_TRY_VOID(check_types(root, values, is_orderable));
        return check_bounds(root, values);
    }
    return {};
}

}  // namespace carillon::dynamo
