#include "dynamo/endpoint/shape.hpp"

#include "dynamo/endpoint/attribute_value.hpp"
#include "dynamo/endpoint/fault.hpp"
#include "dynamo/endpoint/json.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

namespace carillon::dynamo::endpoint {

namespace {

constexpr std::string_view package = "com.amazonaws.dynamodb.v20120810.";
constexpr std::string_view structure_unexpected =
    "Start of structure or map found where not expected";
constexpr std::size_t errors_max = 10;

// --- Kinds ---

std::unexpected<Error> unexpected_collection(const std::string& what) {
    return serialization_fault("Unrecognized collection type " + what);
}

/// The class that an error names for elements of a map.
std::string class_of(const Shape& shape) {
    switch (shape.kind) {
        case Kind::string:
            return "java.lang.String";
        case Kind::attribute:
            return std::string(package) + "AttributeValue";
        case Kind::list:
            return "java.util.List<" + class_of(*shape.element) + ">";
        default:
            return std::string(package).append(shape.name);
    }
}

/// A scalar where a list or map belongs that is itself an element of one.
std::unexpected<Error> unexpected_element() {
    return serialization_fault(
        "class sun.reflect.generics.reflectiveObjects.ParameterizedTypeImpl cannot be cast to "
        "class java.lang.Class (sun.reflect.generics.reflectiveObjects.ParameterizedTypeImpl and "
        "java.lang.Class are in module java.base of loader 'bootstrap')");
}

Result<> check_number(const Json& json, std::string_view name) {
    switch (json.type()) {
        case JsonType::BOOL:
            return serialization_fault(fmt::format("{} cannot be converted to {}",
                                                   boolean_of(json) ? "TRUE_VALUE" : "FALSE_VALUE",
                                                   name));
        case JsonType::STRING:
            return serialization_fault(fmt::format("STRING_VALUE cannot be converted to {}", name));
        case JsonType::ARRAY:
            return unexpected_collection(fmt::format("class java.lang.{}", name));
        case JsonType::OBJECT:
            return serialization_fault(std::string(structure_unexpected));
        default:
            return {};
    }
}

Result<> check_kind(const Json& json, const Shape& shape, Place place);

Result<> check_structure(const Json& json, const Shape& shape, Place place) {
    if (json.type() == JsonType::ARRAY) {
        return unexpected_collection("class " + class_of(shape));
    }
    if (json.type() != JsonType::OBJECT) {
        return serialization_fault(place == Place::field ? "Unexpected field type"
                                                         : "Unexpected value type in payload");
    }
    const auto object = object_of(json);
    std::uint64_t seen = 0;
    for (const auto& [name, value] : object) {
        const auto known = std::ranges::find(shape.members, name, &Member::name);
        if (known == shape.members.end()) continue;
        const std::uint64_t bit = std::uint64_t{1} << (known - shape.members.begin());
        if ((seen & bit) != 0) return serialization_fault("");
        seen |= bit;
        CARILLON_TRY_VOID(check_kind(value, *known->shape, Place::field));
    }
    return {};
}

Result<> check_list(const Json& json, const Shape& shape, Place place) {
    if (json.type() == JsonType::OBJECT) {
        return serialization_fault(std::string(structure_unexpected));
    }
    if (json.type() != JsonType::ARRAY) {
        if (place == Place::element) return unexpected_element();
        return serialization_fault("Unexpected field type");
    }
    for (const Json entry : array_of(json)) {
        CARILLON_TRY_VOID(check_kind(entry, *shape.element, Place::element));
    }
    return {};
}

Result<> check_map(const Json& json, const Shape& shape, Place place) {
    if (json.type() == JsonType::ARRAY) {
        return unexpected_collection("java.util.Map<java.lang.String, " + class_of(*shape.element) +
                                     ">");
    }
    if (json.type() != JsonType::OBJECT) {
        if (place == Place::element) return unexpected_element();
        return serialization_fault("Unexpected field type");
    }
    const auto object = object_of(json);
    if (has_duplicate_keys(object)) return serialization_fault("");
    for (const auto& [name, value] : object) {
        CARILLON_TRY_VOID(check_kind(value, *shape.element, Place::element));
    }
    return {};
}

Result<> check_kind(const Json& json, const Shape& shape, Place place) {
    if (is_null(json)) return {};
    switch (shape.kind) {
        case Kind::string:
            return check_string(json);
        case Kind::boolean:
            return check_boolean(json);
        case Kind::integer:
            return check_number(json, "Integer");
        case Kind::long_integer:
            return check_number(json, "Long");
        case Kind::attribute:
            return check_value(json, place);
        case Kind::list:
            return check_list(json, shape, place);
        case Kind::map:
            return check_map(json, shape, place);
        case Kind::structure:
            return check_structure(json, shape, place);
    }
    return {};
}

// --- Rules ---

std::string lower_first(std::string_view name) {
    std::string text(name);
    if (!text.empty() && text[0] >= 'A' && text[0] <= 'Z')
        text[0] = static_cast<char>(text[0] + 32);
    return text;
}

/// The value as errors show it: as Java prints it.
void append_shown(const Json& json, const Shape& shape, std::string& out) {
    if (is_null(json)) {
        out += "null";
        return;
    }
    switch (shape.kind) {
        case Kind::string:
            out += text_of(json);
            return;
        case Kind::boolean:
            out += boolean_of(json) ? "true" : "false";
            return;
        case Kind::integer:
        case Kind::long_integer:
            out += std::to_string(integer_of(json));
            return;
        case Kind::list: {
            out += '[';
            bool first = true;
            for (const Json entry : array_of(json)) {
                if (!first) out += ", ";
                first = false;
                append_shown(entry, *shape.element, out);
            }
            out += ']';
            return;
        }
        case Kind::map:
        case Kind::attribute: {
            out += '{';
            bool first = true;
            for (const auto& [name, value] : object_of(json)) {
                if (!first) out += ", ";
                first = false;
                out.append(name).append("=");
                if (shape.kind == Kind::map) {
                    append_shown(value, *shape.element, out);
                } else {
                    out += simdjson::minify(value);
                }
            }
            out += '}';
            return;
        }
        case Kind::structure: {
            out.append(shape.name).append("(");
            bool first = true;
            for (const Member& one : shape.members) {
                if (!first) out += ", ";
                first = false;
                out.append(lower_first(one.name)).append("=");
                const auto value = member(json, one.name);
                if (value) {
                    append_shown(*value, *one.shape, out);
                } else {
                    out += "null";
                }
            }
            out += ')';
            return;
        }
    }
}

std::int64_t length_of(const Json& json) {
    switch (json.type()) {
        case JsonType::STRING: {
            // In UTF-16 units: what Java calls the length.
            std::int64_t units = 0;
            for (const char c : text_of(json)) {
                const auto byte = static_cast<unsigned char>(c);
                if ((byte & 0xC0U) != 0x80U) units += byte >= 0xF0U ? 2 : 1;
            }
            return units;
        }
        case JsonType::ARRAY:
            return static_cast<std::int64_t>(array_of(json).size());
        default:
            return static_cast<std::int64_t>(object_of(json).size());
    }
}

bool is_name(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '_' || c == '-' || c == '.';
    });
}

bool is_choice(std::string_view choices, std::string_view text) {
    while (!choices.empty()) {
        const std::size_t comma = std::min(choices.find(", "), choices.size());
        if (choices.substr(0, comma) == text) return true;
        choices.remove_prefix(std::min(comma + 2, choices.size()));
    }
    return false;
}

std::string rule_text(const Rule& rule) {
    switch (rule.is) {
        case Rule::Is::present:
            return "Member must not be null";
        case Rule::Is::one_of:
            return fmt::format("Member must satisfy enum value set: [{}]", rule.choices);
        case Rule::Is::name_characters:
        case Rule::Is::table_characters:
            return "Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+";
        case Rule::Is::table_not_empty:
            return "Member must have length greater than or equal to 1";
        case Rule::Is::table_length_at_least:
        case Rule::Is::length_at_least:
            return fmt::format("Member must have length greater than or equal to {}", rule.number);
        case Rule::Is::table_length_at_most:
        case Rule::Is::length_at_most:
            return fmt::format("Member must have length less than or equal to {}", rule.number);
        case Rule::Is::at_least:
            return fmt::format("Member must have value greater than or equal to {}", rule.number);
        case Rule::Is::at_most:
            return fmt::format("Member must have value less than or equal to {}", rule.number);
        case Rule::Is::keys:
        case Rule::Is::values: {
            std::string text = rule.is == Rule::Is::keys ? "Map keys must satisfy constraint: ["
                                                         : "Map value must satisfy constraint: [";
            for (const Rule& nested : rule.nested) {
                if (&nested != rule.nested.data()) text += ", ";
                text += rule_text(nested);
            }
            return text + "]";
        }
        case Rule::Is::required:
            break;
    }
    return {};
}

bool is_table_arn(std::string_view name) {
    constexpr std::size_t bytes_max = 1'024;
    return name.starts_with("arn:") && name.size() <= bytes_max;
}

/// A key of a map is a text without a Json of its own.
bool name_keeps(const Rule& rule, std::string_view name) {
    const auto length = static_cast<std::int64_t>(name.size());
    switch (rule.is) {
        case Rule::Is::name_characters:
            return is_name(name);
        case Rule::Is::length_at_least:
            return length >= rule.number;
        case Rule::Is::length_at_most:
            return length <= rule.number;
        default:
            return true;
    }
}

bool table_keeps(const Rule& rule, const Json& json) {
    const std::string_view name = text_of(json);
    if (rule.is == Rule::Is::table_not_empty) return !name.empty();
    if (name.empty() || name.starts_with("arn:")) return true;
    if (rule.is == Rule::Is::table_characters) return is_name(name);
    const std::int64_t length = length_of(json);
    return rule.is == Rule::Is::table_length_at_least ? length >= rule.number
                                                      : length <= rule.number;
}

bool keeps(const Rule& rule, const Json& json) {
    switch (rule.is) {
        case Rule::Is::table_not_empty:
        case Rule::Is::table_characters:
        case Rule::Is::table_length_at_least:
        case Rule::Is::table_length_at_most:
            return table_keeps(rule, json);
        case Rule::Is::one_of:
            return is_choice(rule.choices, text_of(json));
        case Rule::Is::name_characters:
            return is_name(text_of(json));
        case Rule::Is::length_at_least:
            return length_of(json) >= rule.number;
        case Rule::Is::length_at_most:
            return length_of(json) <= rule.number;
        case Rule::Is::at_least:
            return integer_of(json) >= rule.number;
        case Rule::Is::at_most:
            return integer_of(json) <= rule.number;
        case Rule::Is::keys:
            for (const auto& [name, value] : object_of(json)) {
                if (is_table_arn(name)) continue;
                for (const Rule& nested : rule.nested) {
                    if (!name_keeps(nested, name)) return false;
                }
            }
            return true;
        case Rule::Is::values:
            for (const auto& [name, value] : object_of(json)) {
                if (is_null(value)) continue;
                for (const Rule& nested : rule.nested) {
                    if (!keeps(nested, value)) return false;
                }
            }
            return true;
        default:
            return true;
    }
}

/// Has rules inside, or needs its parts to be there.
bool is_nested(const Shape& shape) {
    return shape.kind == Kind::list || shape.kind == Kind::map || shape.kind == Kind::structure;
}

using Errors = std::vector<std::string>;

/// Where a value is in the request. Only faults are written out: nearly all requests have none.
struct Spot {
    enum class Is : std::uint8_t { body, member, list_element, map_element };

    const Spot* outer = nullptr;
    Is is = Is::body;
    std::string_view name{};   ///< Of a member, or a map's key.
    std::size_t position = 0;  ///< In a list, from 1.

    [[nodiscard]] std::string text() const {
        const std::string before = outer == nullptr ? std::string() : outer->text();
        switch (is) {
            case Is::body:
                return {};
            case Is::member:
                return before.empty() ? lower_first(name) : before + "." + lower_first(name);
            case Is::list_element:
                return fmt::format("{}.{}.member", before, position);
            case Is::map_element:
                return fmt::format("{}.{}.member", before, name);
        }
        return {};
    }
};

void note(const Rule& rule,
          const std::optional<Json>& json,
          const Shape& shape,
          const Spot& spot,
          Errors& errors) {
    if (errors.size() >= errors_max) return;
    std::string shown = "null";
    if (json) {
        shown = "'";
        append_shown(*json, shape, shown);
        shown += '\'';
    }
    errors.push_back(fmt::format(
        "Value {} at '{}' failed to satisfy constraint: {}", shown, spot.text(), rule_text(rule)));
}

bool holds(const Rule& rule, const std::optional<Json>& json) {
    return json ? keeps(rule, *json) : rule.is != Rule::Is::present;
}

void apply_rules(const std::optional<Json>& json,
                 const Shape& shape,
                 std::span<const Rule> rules,
                 const Spot& spot,
                 Errors& errors);

void apply_members(const Json& json, const Shape& shape, const Spot& spot, Errors& errors) {
    for (const Member& one : shape.members) {
        if (one.rules.empty() && !is_nested(*one.shape)) continue;
        const Spot at{.outer = &spot, .is = Spot::Is::member, .name = one.name};
        apply_rules(member(json, one.name), *one.shape, one.rules, at, errors);
    }
}

void apply_element(const Json& entry, const Shape& shape, const Spot& spot, Errors& errors) {
    const Shape& element = *shape.element;
    if (!is_null(entry)) {
        apply_rules(entry, element, shape.element_rules, spot, errors);
    } else if (is_nested(element)) {
        // Nothing that reads a request expects a hole among its parts.
        note({.is = Rule::Is::present}, std::nullopt, element, spot, errors);
    }
}

void apply_elements(const Json& json, const Shape& shape, const Spot& spot, Errors& errors) {
    if (shape.element_rules.empty() && !is_nested(*shape.element)) return;
    if (shape.kind == Kind::list) {
        Spot at{.outer = &spot, .is = Spot::Is::list_element};
        for (const Json entry : array_of(json)) {
            ++at.position;
            apply_element(entry, shape, at, errors);
        }
        return;
    }
    for (const auto& [name, value] : object_of(json)) {
        const Spot at{.outer = &spot, .is = Spot::Is::map_element, .name = name};
        apply_element(value, shape, at, errors);
    }
}

void apply_rules(const std::optional<Json>& json,
                 const Shape& shape,
                 std::span<const Rule> rules,
                 const Spot& spot,
                 Errors& errors) {
    for (const Rule& rule : rules) {
        if (!holds(rule, json)) note(rule, json, shape, spot, errors);
    }
    if (!json || errors.size() >= errors_max) return;
    if (shape.kind == Kind::structure) apply_members(*json, shape, spot, errors);
    if (shape.kind == Kind::list || shape.kind == Kind::map) {
        apply_elements(*json, shape, spot, errors);
    }
}

/// The rules that are reported alone.
Result<> check_first(const Json& body, const Shape& shape) {
    for (const Member& one : shape.members) {
        for (const Rule& rule : one.rules) {
            if (rule.is == Rule::Is::required && !member(body, one.name)) {
                return validation_fault(fmt::format(
                    "The parameter '{}' is required but was not present in the request", one.name));
            }
        }
    }
    return {};
}

}  // namespace

Result<> check_kinds(const Json& body, const Shape& shape) {
    return check_structure(body, shape, Place::field);
}

Result<> check_rules(const Json& body, const Shape& shape) {
    CARILLON_TRY_VOID(check_first(body, shape));
    Errors errors;
    apply_members(body, shape, Spot{}, errors);
    if (errors.empty()) return {};
    std::string text = fmt::format(
        "{} validation error{} detected: ", errors.size(), errors.size() == 1 ? "" : "s");
    for (const std::string& error : errors) {
        if (&error != errors.data()) text += "; ";
        text += error;
    }
    return validation_fault(std::move(text));
}

}  // namespace carillon::dynamo::endpoint
