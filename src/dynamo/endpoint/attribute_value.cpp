#include "dynamo/endpoint/attribute_value.hpp"

#include "core/text.hpp"
#include "dynamo/endpoint/fault.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

namespace carillon::dynamo::endpoint {

namespace {

constexpr std::string_view structure_unexpected =
    "Start of structure or map found where not expected";
constexpr std::string_view attribute_class = "com.amazonaws.dynamodb.v20120810.AttributeValue";

std::unexpected<Error> unexpected_collection(std::string_view what) {
    return serialization_fault(std::string("Unrecognized collection type ").append(what));
}

std::string_view token_name(const Json& json) {
    switch (json.type()) {
        case JsonType::BOOL:
            return boolean_of(json) ? "TRUE_VALUE" : "FALSE_VALUE";
        case JsonType::DOUBLE: {
            // Whole numbers beyond 64 bits arrive as fractions (wide_integers.hpp).
            constexpr double beyond = 9e17;
            const double number = json.get_double().value_unsafe();
            const bool wide = std::abs(number) >= beyond && std::trunc(number) == number;
            return wide ? "NUMBER_VALUE" : "DECIMAL_VALUE";
        }
        default:
            return "NUMBER_VALUE";
    }
}

Result<std::string> decode_blob(std::string_view text) {
    if (text.size() % 4 != 0) {
        return serialization_fault(
            "Base64 encoded length is expected a multiple of 4 bytes but found: " +
            std::to_string(text.size()));
    }
    auto bytes = base64_decode(text);
    // The spelling is DynamoDB's. Bits behind the last byte must be zero too.
    if (!bytes || base64_encode(*bytes) != text) {
        return serialization_fault("Invalid last non-pad Base64 character dectected");
    }
    return bytes;
}

Result<> check_blob(const Json& json) {
    switch (json.type()) {
        case JsonType::NULL_VALUE:
            return {};
        case JsonType::STRING: {
            const auto bytes = decode_blob(text_of(json));
            if (!bytes) return std::unexpected(bytes.error());
            return {};
        }
        case JsonType::ARRAY:
            return unexpected_collection("class java.nio.ByteBuffer");
        case JsonType::OBJECT:
            return serialization_fault(std::string(structure_unexpected));
        default:
            return serialization_fault("only base-64-encoded strings are convertible to bytes");
    }
}

template <class Check>
Result<> check_list(const Json& json, const Check& check) {
    switch (json.type()) {
        case JsonType::NULL_VALUE:
            return {};
        case JsonType::OBJECT:
            return serialization_fault(std::string(structure_unexpected));
        case JsonType::ARRAY:
            for (const Json entry : array_of(json)) CARILLON_TRY_VOID(check(entry));
            return {};
        default:
            return serialization_fault("Unexpected field type");
    }
}

Result<> check_map(const Json& json) {
    switch (json.type()) {
        case JsonType::NULL_VALUE:
            return {};
        case JsonType::ARRAY:
            return unexpected_collection(
                std::string("java.util.Map<java.lang.String, ").append(attribute_class) + ">");
        case JsonType::OBJECT: {
            const auto object = object_of(json);
            if (has_duplicate_keys(object)) return serialization_fault("");
            for (const auto& [name, value] : object) {
                CARILLON_TRY_VOID(check_value(value, Place::element));
            }
            return {};
        }
        default:
            return serialization_fault("Unexpected field type");
    }
}

Result<> check_content(std::string_view type, const Json& json) {
    if (type == "S" || type == "N") return check_string(json);
    if (type == "B") return check_blob(json);
    if (type == "BOOL" || type == "NULL") return check_boolean(json);
    if (type == "SS" || type == "NS") return check_list(json, check_string);
    if (type == "BS") return check_list(json, check_blob);
    if (type == "M") return check_map(json);
    if (type == "L") {
        return check_list(json,
                          [](const Json& entry) { return check_value(entry, Place::element); });
    }
    return {};  // Members that it does not know it ignores.
}

// --- Content: kinds are known to be right from here on ---

std::unexpected<Error> no_type() {
    return validation_fault(
        "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes");
}

std::unexpected<Error> too_deep() {
    return validation_fault(
        "Nesting Levels have exceeded supported limits: Attributes in the item have nested levels "
        "beyond supported limit");
}

std::string list_text(const simdjson::dom::array& members) {
    std::string text = "[";
    bool first = true;
    for (const Json member : members) {
        if (!first) text += ", ";
        first = false;
        text += text_of(member);
    }
    return text + "]";
}

bool has_null(const simdjson::dom::array& members) {
    return std::ranges::any_of(members, [](const Json& entry) { return is_null(entry); });
}

Result<Value> read_string_set(const simdjson::dom::array& members) {
    if (members.size() == 0) return parameter_fault("An string set  may not be empty");
    if (has_null(members)) {
        return parameter_fault("An string set  may not have a null string as a member");
    }
    StringSet set;
    set.reserve(members.size());
    for (const Json member : members) set.emplace_back(text_of(member));
    Value value = Value::string_set(std::move(set));
    if (value.get_if<StringSet>()->size() < members.size()) {
        return parameter_fault("Input collection " + list_text(members) + " contains duplicates.");
    }
    return value;
}

Result<Value> read_number_set(const simdjson::dom::array& members) {
    if (members.size() == 0) return parameter_fault("An number set  may not be empty");
    if (has_null(members)) {
        return parameter_fault("An number set  may not have a null string as a member");
    }
    NumberSet set;
    set.reserve(members.size());
    for (const Json member : members) {
        CARILLON_TRY(const Number number, Number::parse(text_of(member)));
        set.push_back(number);
    }
    Value value = Value::number_set(std::move(set));
    if (value.get_if<NumberSet>()->size() < members.size()) {
        return validation_fault("Input collection contains duplicates");
    }
    return value;
}

Result<Value> read_binary_set(const simdjson::dom::array& members) {
    if (members.size() == 0) return parameter_fault("Binary sets should not be empty");
    if (has_null(members)) return parameter_fault("Binary sets may not contain null members");
    std::vector<Binary> set;
    set.reserve(members.size());
    for (const Json member : members) {
        CARILLON_TRY(std::string bytes, decode_blob(text_of(member)));
        set.push_back({std::move(bytes)});
    }
    Value value = Value::binary_set(std::move(set));
    if (value.get_if<BinarySet>()->members.size() < members.size()) {
        return parameter_fault("Input collection " + list_text(members) +
                               "of type BS contains duplicates.");
    }
    return value;
}

Result<> read_into(const Json& json, int depth, Value& out);

Result<Map> read_map(const simdjson::dom::object& object, int depth) {
    std::vector<Attribute> attributes;
    attributes.reserve(object.size());
    for (const auto& [name, content] : object) {
        CARILLON_TRY_VOID(check_attribute_name(name));
        Attribute& attribute = attributes.emplace_back();
        attribute.name.assign(name);
        CARILLON_TRY_VOID(read_into(content, depth, attribute.value));
    }
    return Map::from_unsorted(std::move(attributes));
}

Result<> read_list(const Json& json, int depth, Value& out) {
    const auto entries = array_of(json);
    List& list = out.emplace<List>();
    list.resize(entries.size());
    std::size_t at = 0;
    for (const Json entry : entries) CARILLON_TRY_VOID(read_into(entry, depth, list[at++]));
    return {};
}

template <class Read>
Result<> read_set(const Json& json, const Read& read, Value& out) {
    CARILLON_TRY(out, read(array_of(json)));
    return {};
}

Result<> read_content(Type type, const Json& json, int depth, Value& out) {
    switch (type) {
        case Type::string:
            out.emplace<std::string>(text_of(json));
            return {};
        case Type::number: {
            CARILLON_TRY(out.emplace<Number>(), Number::parse(text_of(json)));
            return {};
        }
        case Type::binary: {
            CARILLON_TRY(out.emplace<Binary>().bytes, decode_blob(text_of(json)));
            return {};
        }
        case Type::boolean:
            out.emplace<bool>(boolean_of(json));
            return {};
        case Type::null:
            out.emplace<Null>();
            if (boolean_of(json)) return {};
            return parameter_fault("Null attribute value types must have the value of true");
        case Type::string_set:
            return read_set(json, read_string_set, out);
        case Type::number_set:
            return read_set(json, read_number_set, out);
        case Type::binary_set:
            return read_set(json, read_binary_set, out);
        case Type::list:
            return read_list(json, depth + 1, out);
        case Type::map: {
            CARILLON_TRY(out.emplace<Map>(), read_map(object_of(json), depth + 1));
            return {};
        }
    }
    return no_type();
}

/// In this order DynamoDB looks at them when there are several.
constexpr std::array types = {Type::string,
                              Type::binary,
                              Type::number,
                              Type::boolean,
                              Type::null,
                              Type::binary_set,
                              Type::number_set,
                              Type::string_set,
                              Type::list,
                              Type::map};

std::optional<Type> type_named(std::string_view name) {
    for (const Type type : types) {
        if (type_name(type) == name) return type;
    }
    return std::nullopt;
}

/// The rare value that names several types: which text it gets depends on DynamoDB's order.
Result<> read_ambiguous(const Json& json, int depth, Value& out) {
    bool found = false;
    for (const Type type : types) {
        const auto content = member(json, type_name(type));
        if (!content) continue;
        CARILLON_TRY_VOID(read_content(type, *content, depth, out));
        if (found) {
            return validation_fault(
                "Supplied AttributeValue has more than one datatypes set, must contain exactly one "
                "of the supported datatypes");
        }
        found = true;
    }
    if (!found) return no_type();
    return {};
}

Result<> read_into(const Json& json, int depth, Value& out) {
    if (depth > depth_max) return too_deep();
    simdjson::dom::object object;
    if (json.get(object) != simdjson::SUCCESS) return no_type();
    if (object.size() != 1) return read_ambiguous(json, depth, out);
    const auto only = *object.begin();
    const auto type = type_named(only.key);
    if (!type || is_null(only.value)) return no_type();
    return read_content(*type, only.value, depth, out);
}

}  // namespace

Result<> check_attribute_name(std::string_view name) {
    if (name.size() < attribute_name_bytes_end) return {};
    return validation_fault("Attribute name is too large, must be less than 65536 bytes");
}

bool has_duplicate_keys(const simdjson::dom::object& object) {
    constexpr std::size_t few = 12;
    std::array<std::string_view, few> seen;
    if (object.size() <= few) {
        std::size_t count = 0;
        for (const auto& [name, value] : object) {
            if (std::find(seen.begin(), seen.begin() + count, name) != seen.begin() + count) {
                return true;
            }
            seen[count++] = name;
        }
        return false;
    }
    std::vector<std::string_view> names;
    names.reserve(object.size());
    for (const auto& [name, value] : object) names.push_back(name);
    std::ranges::sort(names);
    return std::ranges::adjacent_find(names) != names.end();
}

Result<> check_string(const Json& json) {
    switch (json.type()) {
        case JsonType::STRING:
        case JsonType::NULL_VALUE:
            return {};
        case JsonType::ARRAY:
            return unexpected_collection("class java.lang.String");
        case JsonType::OBJECT:
            return serialization_fault(std::string(structure_unexpected));
        default:
            return serialization_fault(
                std::string(token_name(json)).append(" cannot be converted to String"));
    }
}

Result<> check_boolean(const Json& json) {
    switch (json.type()) {
        case JsonType::BOOL:
        case JsonType::NULL_VALUE:
            return {};
        case JsonType::STRING:
            if (boolean_text(text_of(json))) return {};
            return serialization_fault("Unexpected token received from parser");
        case JsonType::ARRAY:
            return unexpected_collection("class java.lang.Boolean");
        case JsonType::OBJECT:
            return serialization_fault(std::string(structure_unexpected));
        default:
            return serialization_fault(
                std::string(token_name(json)).append(" cannot be converted to Boolean"));
    }
}

Result<> check_value(const Json& json, Place place) {
    switch (json.type()) {
        case JsonType::NULL_VALUE:
            return {};
        case JsonType::ARRAY:
            return unexpected_collection(std::string("class ").append(attribute_class));
        case JsonType::OBJECT: {
            const auto object = object_of(json);
            for (const auto& [type, content] : object) {
                CARILLON_TRY_VOID(check_content(type, content));
            }
            if (object.size() > 1 && has_duplicate_keys(object)) return serialization_fault("");
            return {};
        }
        default:
            return serialization_fault(place == Place::field ? "Unexpected field type"
                                                             : "Unexpected value type in payload");
    }
}

Result<Value> read_value(const Json& json) {
    Value value;
    CARILLON_TRY_VOID(read_into(json, 0, value));
    return value;
}

Result<Item> read_item(const Json& json) {
    return read_map(object_of(json), 0);
}

}  // namespace carillon::dynamo::endpoint
