#include "dynamo/endpoint/legacy.hpp"

#include "dynamo/endpoint/attribute_value.hpp"
#include "dynamo/endpoint/fault.hpp"
#include "dynamo/expression/compare.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <span>
#include <utility>

namespace carillon::dynamo::endpoint {

namespace {

constexpr std::size_t any_number = 1'000;

/// One comparison operator: how many arguments, of which types, and how an expression says it
/// (`{0}` the attribute, `{1}` and `{2}` the arguments).
struct Comparison {
    std::string_view name;
    std::size_t least;
    std::size_t most;
    bool scalars_only;  ///< Strings, numbers, binaries.
    std::string_view expression;
};

constexpr Comparison comparisons[] = {
    {"EQ", 1, 1, false, "{0} = {1}"},
    {"NE", 1, 1, false, "{0} <> {1}"},
    {"LE", 1, 1, true, "{0} <= {1}"},
    {"LT", 1, 1, true, "{0} < {1}"},
    {"GE", 1, 1, true, "{0} >= {1}"},
    {"GT", 1, 1, true, "{0} > {1}"},
    {"CONTAINS", 1, 1, true, "contains({0}, {1})"},
    {"NOT_CONTAINS", 1, 1, true, "(attribute_exists({0}) AND NOT contains({0}, {1}))"},
    {"BEGINS_WITH", 1, 1, true, "begins_with({0}, {1})"},
    {"NULL", 0, 0, false, "attribute_not_exists({0})"},
    {"NOT_NULL", 0, 0, false, "attribute_exists({0})"},
    {"IN", 1, any_number, true, "{0} IN ({1})"},
    {"BETWEEN", 2, 2, true, "{0} BETWEEN {1} AND {2}"},
};

const Comparison& comparison_named(std::string_view name) {
    const auto found = std::ranges::find(comparisons, name, &Comparison::name);
    return found == std::end(comparisons) ? comparisons[0] : *found;
}

/// Gathers placeholders while an expression is written.
class Writer {
public:
    std::string name(std::string_view attribute) {
        std::string placeholder = fmt::format("#{}", names_.size());
        names_.emplace_back(placeholder, attribute);
        return placeholder;
    }

    std::string value(Value value) {
        std::string placeholder = fmt::format(":{}", values_.size());
        values_.emplace_back(placeholder, std::move(value));
        return placeholder;
    }

    [[nodiscard]] const ExpressionNames& names() const { return names_; }

    [[nodiscard]] ExpressionValues take_values() { return std::move(values_); }

private:
    ExpressionNames names_;
    ExpressionValues values_;
};

std::string say(const LegacyCondition& condition, Writer& writer) {
    const Comparison& comparison = comparison_named(condition.comparison);
    const std::string name = writer.name(condition.attribute);
    std::string first;
    std::string second;
    if (comparison.name == "IN") {
        for (const Value& value : condition.values) {
            if (!first.empty()) first += ",";
            first += writer.value(value);
        }
    } else if (!condition.values.empty()) {
        first = writer.value(condition.values[0]);
        if (condition.values.size() > 1) second = writer.value(condition.values[1]);
    }
    return fmt::format(fmt::runtime(comparison.expression), name, first, second);
}

std::unexpected<Error> wrong_count(const Comparison& comparison) {
    return parameter_fault(fmt::format(
        "Invalid number of argument(s) for the {} ComparisonOperator", comparison.name));
}

bool same_types(std::span<const Value> values) {
    return std::ranges::all_of(
        values, [&](const Value& value) { return value.type() == values[0].type(); });
}

Result<> check_range(const Comparison& comparison, const std::vector<Value>& values) {
    if (comparison.name != "BETWEEN" || values.size() != 2) return {};
    const auto order = order_of(values[0], values[1]);
    if (!order || *order <= 0) return {};
    return validation_fault(
        "The BETWEEN condition was provided a range where the lower bound is greater than the "
        "upper bound");
}

Result<> check_types(const Comparison& comparison, const std::vector<Value>& values) {
    if (!same_types(values)) {
        return parameter_fault("AttributeValues inside AttributeValueList must be of same type");
    }
    for (const Value& value : values) {
        const Type type = value.type();
        const bool prefix = comparison.name != "BEGINS_WITH" || type != Type::number;
        if (!comparison.scalars_only || (is_orderable(type) && prefix)) continue;
        return parameter_fault(
            fmt::format("ComparisonOperator {} is not valid for {} AttributeValue type",
                        comparison.name,
                        type_name(type)));
    }
    return check_range(comparison, values);
}

Result<std::vector<Value>> read_list(const Json& condition) {
    std::vector<Value> values;
    const auto list = member(condition, "AttributeValueList");
    if (!list) return values;
    for (const Json json : array_of(*list)) {
        CARILLON_TRY(Value value, read_value(json));
        values.push_back(std::move(value));
    }
    return values;
}

// --- Expected ---

Result<LegacyCondition> read_compared(std::string_view attribute, const Json& condition) {
    LegacyCondition out{std::string(attribute),
                        std::string(*text_member(condition, "ComparisonOperator"))};
    const Comparison& comparison = comparison_named(out.comparison);
    if (member(condition, "Exists")) {
        return parameter_fault(fmt::format(
            "Exists and ComparisonOperator cannot be used together for Attribute: {}", attribute));
    }
    const auto single = member(condition, "Value");
    if (comparison.least > 0 && !single && !member(condition, "AttributeValueList")) {
        return parameter_fault(
            fmt::format("Value or AttributeValueList must be used with ComparisonOperator: {} for "
                        "Attribute: {}",
                        comparison.name,
                        attribute));
    }
    if (single) {
        CARILLON_TRY(Value value, read_value(*single));
        out.values.push_back(std::move(value));
    } else {
        CARILLON_TRY(out.values, read_list(condition));
    }
    if (out.values.size() < comparison.least || out.values.size() > comparison.most) {
        return wrong_count(comparison);
    }
    CARILLON_TRY_VOID(check_types(comparison, out.values));
    return out;
}

Result<LegacyCondition> read_plain(std::string_view attribute, const Json& condition) {
    const auto exists = boolean_member(condition, "Exists");
    const auto value = member(condition, "Value");
    if (exists.value_or(true) && !value) {
        return parameter_fault(
            fmt::format("Value must be provided when Exists is {} for Attribute: {}",
                        exists ? "true" : "null",
                        attribute));
    }
    if (!exists.value_or(true)) {
        if (value) {
            return parameter_fault(fmt::format(
                "Value cannot be used when Exists is false for Attribute: {}", attribute));
        }
        return LegacyCondition{std::string(attribute), "NULL"};
    }
    LegacyCondition out{std::string(attribute), "EQ"};
    CARILLON_TRY(Value expected, read_value(*value));
    out.values.push_back(std::move(expected));
    return out;
}

Result<LegacyCondition> read_one_expected(std::string_view attribute, const Json& condition) {
    const bool list = member(condition, "AttributeValueList").has_value();
    if (list && member(condition, "Value")) {
        return parameter_fault(fmt::format(
            "Value and AttributeValueList cannot be used together for Attribute: {}", attribute));
    }
    if (member(condition, "ComparisonOperator")) return read_compared(attribute, condition);
    if (list) {
        return parameter_fault(fmt::format(
            "AttributeValueList can only be used with a ComparisonOperator for Attribute: {}",
            attribute));
    }
    return read_plain(attribute, condition);
}

// --- AttributeUpdates ---

/// The clauses of an update while they are gathered.
struct Clauses {
    std::string set;
    std::string remove;
    std::string add;
    std::string erase;

    static void append(std::string& clause, std::string_view keyword, std::string_view text) {
        clause += clause.empty() ? std::string(keyword) : std::string(",");
        clause += text;
    }

    [[nodiscard]] std::string text() const {
        std::string all;
        for (const std::string* clause : {&set, &remove, &add, &erase}) {
            if (clause->empty()) continue;
            if (!all.empty()) all += ' ';
            all += *clause;
        }
        return all;
    }
};

bool is_set(Type type) {
    return type == Type::string_set || type == Type::number_set || type == Type::binary_set;
}

Result<> check_action(std::string_view action, const std::optional<Value>& value) {
    if (!value) {
        if (action == "DELETE") return {};
        return parameter_fault(
            "Only DELETE action is allowed when no attribute value is specified");
    }
    const Type type = value->type();
    if (action == "DELETE" && !is_set(type)) {
        return parameter_fault(fmt::format(
            "DELETE action with value is not supported for the type {}", type_name(type)));
    }
    if (action == "ADD" && !is_set(type) && type != Type::number && type != Type::list) {
        return parameter_fault(
            fmt::format("ADD action is not supported for the type {}", type_name(type)));
    }
    return {};
}

void say(std::string_view attribute,
         std::string_view action,
         std::optional<Value> value,
         Clauses& clauses,
         Writer& writer) {
    const std::string name = writer.name(attribute);
    if (!value) {
        Clauses::append(clauses.remove, "REMOVE ", name);
        return;
    }
    const bool appends = action == "ADD" && value->type() == Type::list;
    const std::string placeholder = writer.value(*std::move(value));
    if (appends) {
        const std::string empty = writer.value(List{});
        Clauses::append(
            clauses.set,
            "SET ",
            fmt::format("{0}=list_append(if_not_exists({0},{1}),{2})", name, empty, placeholder));
    } else if (action == "ADD") {
        Clauses::append(clauses.add, "ADD ", name + " " + placeholder);
    } else if (action == "DELETE") {
        Clauses::append(clauses.erase, "DELETE ", name + " " + placeholder);
    } else {
        Clauses::append(clauses.set, "SET ", name + "=" + placeholder);
    }
}

}  // namespace

Result<std::optional<BoundCondition>> read_expected(const Json& request) {
    const auto expected = member(request, "Expected");
    if (!expected) return std::nullopt;
    std::vector<LegacyCondition> conditions;
    for (const auto& [attribute, condition] : object_of(*expected)) {
        CARILLON_TRY(LegacyCondition one, read_one_expected(attribute, condition));
        conditions.push_back(std::move(one));
    }
    return to_filter(conditions, text_member(request, "ConditionalOperator").value_or("AND"));
}

Result<std::vector<LegacyCondition>> read_conditions(const Json& request,
                                                     std::string_view parameter) {
    std::vector<LegacyCondition> conditions;
    const auto map = member(request, parameter);
    if (!map) return conditions;
    for (const auto& [attribute, condition] : object_of(*map)) {
        LegacyCondition one{std::string(attribute),
                            std::string(*text_member(condition, "ComparisonOperator"))};
        const Comparison& comparison = comparison_named(one.comparison);
        CARILLON_TRY(one.values, read_list(condition));
        if (one.values.size() < comparison.least || one.values.size() > comparison.most) {
            return wrong_count(comparison);
        }
        CARILLON_TRY_VOID(check_types(comparison, one.values));
        conditions.push_back(std::move(one));
    }
    return conditions;
}

Result<std::optional<BoundCondition>> to_filter(const std::vector<LegacyCondition>& conditions,
                                                std::string_view conditional_operator) {
    if (conditions.empty()) return std::nullopt;
    Writer writer;
    std::string text;
    for (const LegacyCondition& condition : conditions) {
        if (!text.empty()) text.append(" ").append(conditional_operator).append(" ");
        text += say(condition, writer);
    }
    CARILLON_TRY(Condition parsed, Condition::parse(text, writer.names()));
    BoundCondition bound{std::move(parsed), writer.take_values()};
    CARILLON_TRY_VOID(bound.expression.check(bound.values));
    return bound;
}

Result<KeyCondition> to_key_condition(const std::vector<LegacyCondition>& conditions,
                                      const KeySchema& key) {
    const auto on = [&](std::string_view attribute) {
        return std::ranges::find(conditions, attribute, &LegacyCondition::attribute);
    };
    constexpr std::pair<std::string_view, SortOperator> operators[] = {
        {"EQ", SortOperator::equal},
        {"LE", SortOperator::less_equal},
        {"LT", SortOperator::less},
        {"GE", SortOperator::greater_equal},
        {"GT", SortOperator::greater},
        {"BEGINS_WITH", SortOperator::begins_with},
        {"BETWEEN", SortOperator::between},
    };
    if (key.is_multiple()) {
        return validation_fault(
            "KeyConditions is not supported for an index with multi-attribute keys; use "
            "KeyConditionExpression");
    }
    if (!key.sort && conditions.size() > 1) {
        return validation_fault("Query key condition not supported");
    }
    const auto hash = on(key.hash.name);
    if (hash == conditions.end()) {
        return validation_fault("Query condition missed key schema element: " + key.hash.name);
    }
    const auto operator_of = [&](const LegacyCondition& condition) -> std::optional<SortOperator> {
        const auto found = std::ranges::find(
            operators, condition.comparison, [](const auto& o) { return o.first; });
        if (found == std::end(operators)) return std::nullopt;
        return found->second;
    };
    constexpr const char* not_indexable =
        "Attempted conditional constraint is not an indexable operation";
    const auto hash_operator = operator_of(*hash);
    if (!hash_operator) return validation_fault(not_indexable);
    if (*hash_operator != SortOperator::equal) {
        return validation_fault("Query key condition not supported");
    }
    KeyCondition out{hash->values[0]};
    if (conditions.size() == 1) return out;
    const auto sort = on(key.sort->name);
    if (sort == conditions.end()) {
        return validation_fault("Query condition missed key schema element: " + key.sort->name);
    }
    const auto sort_operator = operator_of(*sort);
    if (!sort_operator) return validation_fault(not_indexable);
    out.sort = SortCondition{*sort_operator, sort->values[0]};
    if (sort->values.size() > 1) out.sort->upper = sort->values[1];
    return out;
}

Result<std::optional<LegacyUpdate>> read_attribute_updates(const Json& request) {
    const auto updates = member(request, "AttributeUpdates");
    if (!updates) return std::nullopt;
    Clauses clauses;
    Writer writer;
    for (const auto& [attribute, change] : object_of(*updates)) {
        CARILLON_TRY_VOID(check_attribute_name(attribute));
        std::optional<Value> value;
        if (const auto json = member(change, "Value")) {
            CARILLON_TRY(value, read_value(*json));
        }
        const std::string_view action = text_member(change, "Action").value_or("PUT");
        CARILLON_TRY_VOID(check_action(action, value));
        say(attribute, action, std::move(value), clauses, writer);
    }
    const std::string text = clauses.text();
    if (text.empty()) return std::nullopt;
    CARILLON_TRY(Update update, Update::parse(text, writer.names()));
    return LegacyUpdate{std::move(update), writer.take_values()};
}

Result<std::optional<Projection>> read_attributes_to_get(const Json& request) {
    const auto list = member(request, "AttributesToGet");
    if (!list) return std::nullopt;
    std::vector<std::string> names;
    for (const Json name : array_of(*list)) {
        CARILLON_TRY_VOID(check_attribute_name(text_of(name)));
        if (std::ranges::find(names, text_of(name)) != names.end()) {
            return parameter_fault(
                fmt::format("Duplicate value in attribute name: {}", text_of(name)));
        }
        names.emplace_back(text_of(name));
    }
    return Projection::of_attributes(std::move(names));
}

}  // namespace carillon::dynamo::endpoint
