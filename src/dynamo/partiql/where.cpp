#include "dynamo/partiql/where.hpp"

#include <algorithm>
#include <utility>

namespace carillon::dynamo::partiql {

namespace {

bool names(const Node& node, std::string_view attribute) {
    return node.kind == NodeKind::path && node.path.size() == 1 &&
           node.path.front().name == attribute;
}

void collect(const Node& node, std::vector<const Node*>& out) {
    if (node.kind != NodeKind::all) {
        out.push_back(&node);
        return;
    }
    for (const Node& child : node.children) collect(child, out);
}

std::optional<SortOperator> sort_operator(NodeKind kind, bool mirrored) {
    switch (kind) {
        case NodeKind::equal:
            return SortOperator::equal;
        case NodeKind::less:
            return mirrored ? SortOperator::greater : SortOperator::less;
        case NodeKind::less_equal:
            return mirrored ? SortOperator::greater_equal : SortOperator::less_equal;
        case NodeKind::greater:
            return mirrored ? SortOperator::less : SortOperator::greater;
        case NodeKind::greater_equal:
            return mirrored ? SortOperator::less_equal : SortOperator::greater_equal;
        default:
            return std::nullopt;
    }
}

void add_choice(std::vector<Value>& choices, Value value) {
    if (std::ranges::find(choices, value) == choices.end()) choices.push_back(std::move(value));
}

Result<std::optional<std::vector<Value>>> choices_of_in(const Node& node,
                                                        const Parameters& parameters) {
    std::vector<Value> out;
    for (std::size_t i = 1; i < node.children.size(); ++i) {
        CARILLON_TRY(auto value, constant(node.children[i], parameters));
        if (!value) return std::nullopt;
        if (node.children[i].kind == NodeKind::parameter && node.children.size() == 2) {
            List* members = value->get_if<List>();
            // expression_text.cpp says what is wrong with it.
            if (members == nullptr || members->empty()) return std::nullopt;
            for (Value& member : *members) add_choice(out, std::move(member));
        } else {
            add_choice(out, *std::move(value));
        }
    }
    return out;
}

}  // namespace

std::vector<const Node*> conjuncts(const std::optional<Node>& where) {
    std::vector<const Node*> out;
    if (where) collect(*where, out);
    return out;
}

Result<std::optional<Value>> equality(const Node& node,
                                      std::string_view attribute,
                                      const Parameters& parameters) {
    if (node.kind != NodeKind::equal) return std::nullopt;
    const Node& left = node.children[0];
    const Node& right = node.children[1];
    if (names(left, attribute)) return constant(right, parameters);
    if (names(right, attribute)) return constant(left, parameters);
    return std::nullopt;
}

Result<std::optional<std::vector<Value>>> choices(const Node& node,
                                                  std::string_view attribute,
                                                  const Parameters& parameters) {
    if (node.kind == NodeKind::in && names(node.children[0], attribute)) {
        return choices_of_in(node, parameters);
    }
    if (node.kind == NodeKind::any) {
        std::vector<Value> out;
        for (const Node& child : node.children) {
            CARILLON_TRY(auto some, choices(child, attribute, parameters));
            if (!some) return std::nullopt;
            for (Value& value : *some) add_choice(out, std::move(value));
        }
        return out;
    }
    CARILLON_TRY(auto value, equality(node, attribute, parameters));
    if (!value) return std::nullopt;
    std::vector<Value> one;
    one.push_back(*std::move(value));
    return one;
}

Result<std::optional<SortCondition>> sort_condition(const Node& node,
                                                    std::string_view attribute,
                                                    const Parameters& parameters) {
    if (node.children.size() < 2) return std::nullopt;
    const bool mirrored = names(node.children[1], attribute);
    if (!mirrored && !names(node.children[0], attribute)) return std::nullopt;
    const Node& other = node.children[mirrored ? 0 : 1];
    SortCondition out;
    if (const auto op = sort_operator(node.kind, mirrored)) {
        out.op = *op;
    } else if (node.kind == NodeKind::between && !mirrored) {
        out.op = SortOperator::between;
        CARILLON_TRY(auto upper, constant(node.children[2], parameters));
        if (!upper) return std::nullopt;
        out.upper = *std::move(upper);
    } else if (node.kind == NodeKind::call && node.name == "begins_with" && !mirrored) {
        out.op = SortOperator::begins_with;
    } else {
        return std::nullopt;
    }
    CARILLON_TRY(auto value, constant(other, parameters));
    if (!value) return std::nullopt;
    out.value = *std::move(value);
    return out;
}

Result<std::optional<Item>> take_key(std::vector<const Node*>& parts,
                                     const KeySchema& key,
                                     const Parameters& parameters) {
    std::vector<const KeyAttribute*> attributes{&key.hash};
    if (key.sort) attributes.push_back(&*key.sort);
    std::vector<const Node*> rest = parts;
    Item out;
    for (const KeyAttribute* attribute : attributes) {
        const Node* used = nullptr;
        for (const Node* part : rest) {
            CARILLON_TRY(auto value, equality(*part, attribute->name, parameters));
            if (!value) continue;
            out.set(attribute->name, *std::move(value));
            used = part;
            break;
        }
        if (used == nullptr) return std::nullopt;
        std::erase(rest, used);
    }
    parts = std::move(rest);
    return out;
}

}  // namespace carillon::dynamo::partiql
