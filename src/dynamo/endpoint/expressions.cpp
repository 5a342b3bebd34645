#include "dynamo/endpoint/expressions.hpp"

#include "dynamo/endpoint/attribute_value.hpp"
#include "dynamo/endpoint/fault.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace carillon::dynamo::endpoint {

namespace {

constexpr std::string_view parameter_name(Expression expression) {
    switch (expression) {
        case Expression::update:
            return "UpdateExpression";
        case Expression::condition:
            return "ConditionExpression";
        case Expression::key_condition:
            return "KeyConditionExpression";
        case Expression::filter:
            return "FilterExpression";
        case Expression::projection:
            return "ProjectionExpression";
    }
    return {};
}

void append_joined(std::string& text, std::string_view part, std::string_view separator) {
    if (!text.empty()) text += separator;
    text += part;
}

bool is_placeholder(std::string_view key, char sign) {
    if (key.size() < 2 || key[0] != sign) return false;
    return std::ranges::all_of(key.substr(1), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '_';
    });
}

Result<ExpressionNames> read_names(const Json& map) {
    ExpressionNames names;
    for (const auto& [key, name] : object_of(map)) {
        if (!is_placeholder(key, '#')) {
            return validation_fault(fmt::format(
                "ExpressionAttributeNames contains invalid key: Syntax error; key: \"{}\"", key));
        }
        if (is_null(name)) continue;
        if (text_of(name).empty()) {
            return validation_fault(fmt::format(
                "ExpressionAttributeNames contains invalid value: Empty attribute name for key {}",
                key));
        }
        CARILLON_TRY_VOID(check_attribute_name(text_of(name)));
        names.emplace_back(key, text_of(name));
    }
    if (object_of(map).size() == 0)
        return validation_fault("ExpressionAttributeNames must not be empty");
    return names;
}

Result<ExpressionValues> read_values(const Json& map) {
    const auto object = object_of(map);
    if (object.size() == 0) return validation_fault("ExpressionAttributeValues must not be empty");
    for (const auto& [key, value] : object) {
        if (is_placeholder(key, ':')) continue;
        return validation_fault(fmt::format(
            "ExpressionAttributeValues contains invalid key: Syntax error; key: \"{}\"", key));
    }
    ExpressionValues values;
    for (const auto& [key, json] : object) {
        auto value = read_value(json);
        if (!value) {
            return validation_fault(
                fmt::format("ExpressionAttributeValues contains invalid value: {} for key {}",
                            value.error().message,
                            key));
        }
        values.emplace_back(key, *std::move(value));
    }
    return values;
}

std::unexpected<Error> invalid_expression(Expression which, const Error& error) {
    Error full = error;
    full.message = fmt::format("Invalid {}: {}", parameter_name(which), error.message);
    return std::unexpected(std::move(full));
}

/// The placeholders that no expression refers to.
class Unused {
public:
    explicit Unused(const Expressions& given) : given_(given) {}

    void use(const std::vector<std::string>& names, const std::vector<std::string>& values) {
        used_.insert(used_.end(), names.begin(), names.end());
        used_.insert(used_.end(), values.begin(), values.end());
    }

    [[nodiscard]] Result<> check() const {
        CARILLON_TRY_VOID(check_all(given_.names, "ExpressionAttributeNames"));
        return check_all(given_.values, "ExpressionAttributeValues");
    }

private:
    template <class Placeholders>
    [[nodiscard]] Result<> check_all(const Placeholders& placeholders,
                                     std::string_view parameter) const {
        std::string left;
        for (const auto& [key, content] : placeholders) {
            if (std::ranges::find(used_, key) == used_.end()) append_joined(left, key, ", ");
        }
        if (left.empty()) return {};
        return validation_fault(fmt::format(
            "Value provided in {} unused in expressions: keys: {{{}}}", parameter, left));
    }

    const Expressions& given_;
    std::vector<std::string> used_;
};

template <class Parsed>
Result<Parsed> parse_one(Expression which, std::string_view text, const Expressions& given) {
    auto parsed = Parsed::parse(text, given.names);
    if (!parsed) {
        // Once more with the values, on which it depends which of several faults is named.
        return invalid_expression(which, Parsed::parse(text, given.names, &given.values).error());
    }
    if (auto checked = parsed->check(given.values); !checked) {
        return invalid_expression(which, checked.error());
    }
    return parsed;
}

Result<> read_one(Expression which, std::string_view text, Expressions& out, Unused& unused) {
    switch (which) {
        case Expression::update: {
            CARILLON_TRY(out.update, parse_one<Update>(which, text, out));
            unused.use(out.update->used_names(), out.update->used_values());
            return {};
        }
        case Expression::condition: {
            CARILLON_TRY(out.condition, parse_one<Condition>(which, text, out));
            unused.use(out.condition->used_names(), out.condition->used_values());
            return {};
        }
        case Expression::filter: {
            CARILLON_TRY(out.filter, parse_one<Condition>(which, text, out));
            unused.use(out.filter->used_names(), out.filter->used_values());
            return {};
        }
        case Expression::key_condition: {
            CARILLON_TRY(out.key_condition, parse_one<Condition>(which, text, out));
            unused.use(out.key_condition->used_names(), out.key_condition->used_values());
            return {};
        }
        case Expression::projection: {
            auto parsed = Projection::parse(text, out.names);
            if (!parsed) return invalid_expression(which, parsed.error());
            unused.use(parsed->used_names(), {});
            out.projection = *std::move(parsed);
            return {};
        }
    }
    return {};
}

/// The order in which DynamoDB parses them.
constexpr Expression parse_order[] = {Expression::update,
                                      Expression::condition,
                                      Expression::key_condition,
                                      Expression::filter,
                                      Expression::projection};

std::optional<BoundCondition> bind(const std::optional<Condition>& condition,
                                   const ExpressionValues& values) {
    if (!condition) return std::nullopt;
    return BoundCondition{*condition, values};
}

}  // namespace

std::optional<BoundCondition> Expressions::bound_condition() const {
    return bind(condition, values);
}

std::optional<BoundCondition> Expressions::bound_filter() const {
    return bind(filter, values);
}

Result<> check_combination(const Json& request, const ExpressionRules& rules) {
    std::string given;
    std::string could_use_values;
    std::size_t value_expressions = 0;
    bool uses_values = false;
    for (const Expression expression : rules.expressions) {
        const bool there = member(request, parameter_name(expression)).has_value();
        if (there) append_joined(given, parameter_name(expression), ", ");
        if (expression == Expression::projection) continue;
        uses_values = uses_values || there;
        append_joined(could_use_values, parameter_name(expression), " and ");
        ++value_expressions;
    }
    if (!given.empty()) {
        // KeyConditions may stand beside a filter or projection, but not their own successor.
        const bool key_expression = member(request, "KeyConditionExpression").has_value();
        std::string legacy;
        for (const std::string_view name : rules.legacy) {
            if (name == "KeyConditions" && !key_expression) continue;
            if (member(request, name)) append_joined(legacy, name, ", ");
        }
        if (!legacy.empty()) {
            return validation_fault(fmt::format(
                "Can not use both expression and non-expression parameters in the same request: "
                "Non-expression parameters: {{{}}} Expression parameters: {{{}}}",
                legacy,
                given));
        }
    }
    if (given.empty() && member(request, "ExpressionAttributeNames")) {
        return validation_fault(
            "ExpressionAttributeNames can only be specified when using expressions");
    }
    if (value_expressions > 0 && !uses_values && member(request, "ExpressionAttributeValues")) {
        return validation_fault(fmt::format(
            "ExpressionAttributeValues can only be specified when using expressions: {} {} null",
            could_use_values,
            value_expressions > 1 ? "are" : "is"));
    }
    return {};
}

Result<Expressions> read_expressions(const Json& request, const ExpressionRules& rules) {
    Expressions out;
    if (const auto names = member(request, "ExpressionAttributeNames")) {
        CARILLON_TRY(out.names, read_names(*names));
    }
    const bool with_values =
        rules.expressions.size() != 1 || rules.expressions.front() != Expression::projection;
    if (const auto values = member(request, "ExpressionAttributeValues"); values && with_values) {
        CARILLON_TRY(out.values, read_values(*values));
    }
    Unused unused(out);
    for (const Expression expression : parse_order) {
        if (std::ranges::find(rules.expressions, expression) == rules.expressions.end()) continue;
        const auto text = text_member(request, parameter_name(expression));
        if (text) CARILLON_TRY_VOID(read_one(expression, *text, out, unused));
    }
    CARILLON_TRY_VOID(unused.check());
    return out;
}

}  // namespace carillon::dynamo::endpoint
