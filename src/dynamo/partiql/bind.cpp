#include "dynamo/partiql/bind.hpp"

#include <algorithm>
#include <string>
#include <type_traits>
#include <utility>

namespace carillon::dynamo::partiql {

namespace {

std::unexpected<Error> bad_parameter(std::string rule) {
    return fail(Errc::invalid, "One or more parameter values were invalid: " + std::move(rule));
}

/// Takes the members out when all are of one type.
template <class Member>
Result<std::vector<Member>> members_of(std::vector<Value> values) {
    std::vector<Member> out;
    out.reserve(values.size());
    for (Value& value : values) {
        Member* member = value.get_if<Member>();
        if (member == nullptr) {
            return bad_parameter("All members of a set must be of the same type");
        }
        out.push_back(std::move(*member));
    }
    std::vector<Member> sorted = out;
    std::ranges::sort(sorted);
    if (std::ranges::adjacent_find(sorted) == sorted.end()) return out;
    if constexpr (std::is_same_v<Member, std::string>) {
        std::string all;
        for (const std::string& member : out) all.append(all.empty() ? "" : ", ").append(member);
        return bad_parameter("Input collection [" + all + "] contains duplicates.");
    } else {
        return bad_parameter("Input collection contains duplicates.");
    }
}

Result<Value> set_of(std::vector<Value> values) {
    if (values.empty()) return fail(Errc::invalid, "Empty bags are not supported");
    switch (values.front().type()) {
        case Type::string: {
            CARILLON_TRY(auto members, members_of<std::string>(std::move(values)));
            return Value::string_set(std::move(members));
        }
        case Type::number: {
            CARILLON_TRY(auto members, members_of<Number>(std::move(values)));
            return Value::number_set(std::move(members));
        }
        case Type::binary: {
            CARILLON_TRY(auto members, members_of<Binary>(std::move(values)));
            return Value::binary_set(std::move(members));
        }
        default:
            return bad_parameter("A set can hold only strings, numbers or binaries");
    }
}

Result<std::optional<Value>> sum_of(const Node& node, const Parameters& parameters) {
    CARILLON_TRY(const auto left, constant(node.children[0], parameters));
    CARILLON_TRY(const auto right, constant(node.children[1], parameters));
    if (!left || !right) return std::nullopt;
    const Number* one = left->number();
    const Number* other = right->number();
    if (one == nullptr || other == nullptr) {
        return fail(Errc::invalid,
                    "Incorrect operand type for operator or function; operator or function: " +
                        std::string(node.kind == NodeKind::add ? "+" : "-") + ", operand type: " +
                        std::string(type_name((one == nullptr ? left : right)->type())));
    }
    CARILLON_TRY(const Number sum,
                 node.kind == NodeKind::add ? one->plus(*other) : one->minus(*other));
    return Value(sum);
}

Result<std::optional<Value>> collection_of(const Node& node, const Parameters& parameters) {
    std::vector<Value> values;
    values.reserve(node.children.size());
    for (const Node& child : node.children) {
        CARILLON_TRY(auto value, constant(child, parameters));
        if (!value) return std::nullopt;
        values.push_back(*std::move(value));
    }
    if (node.kind == NodeKind::list) return Value(List(std::move(values)));
    if (node.kind == NodeKind::set) return set_of(std::move(values));
    Map map;
    for (std::size_t i = 0; i < values.size(); ++i) {
        map.set(node.children[i].name, std::move(values[i]));
    }
    return Value(std::move(map));
}

}  // namespace

Result<std::optional<Value>> constant(const Node& node, const Parameters& parameters) {
    switch (node.kind) {
        case NodeKind::literal:
            return node.value;
        case NodeKind::parameter:
            if (node.parameter < parameters.size()) return parameters[node.parameter];
            return fail(Errc::invalid,
                        "Number of parameters in request and statement don't match.");
        case NodeKind::list:
        case NodeKind::map:
        case NodeKind::set:
            return collection_of(node, parameters);
        case NodeKind::add:
        case NodeKind::subtract:
            return sum_of(node, parameters);
        default:
            return std::nullopt;
    }
}

Result<Value> value_of(const Node& node, const Parameters& parameters) {
    CARILLON_TRY(auto value, constant(node, parameters));
    if (!value) return malformed("Expected a value");
    return *std::move(value);
}

}  // namespace carillon::dynamo::partiql
