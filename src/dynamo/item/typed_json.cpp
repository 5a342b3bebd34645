#include "core/text.hpp"
#include "dynamo/item/json.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <algorithm>
#include <array>

namespace carillon::dynamo {

namespace {

using Kind = boost::json::kind;

std::string_view view(const boost::json::string& text) {
    return {text.data(), text.size()};
}

std::string_view view(boost::json::string_view text) {
    return {text.data(), text.size()};
}

// --- Writing ---

template <class Members, class Append>
void append_array(const Members& members, std::string& out, const Append& append) {
    out += '[';
    bool first = true;
    for (const auto& member : members) {
        if (!first) out += ',';
        first = false;
        append(member);
    }
    out += ']';
}

struct Writer {
    std::string& out;

    void operator()(const std::string& text) const { append_json_string(out, text); }

    void operator()(const Number& number) const {
        out += '"';
        number.append_to(out);
        out += '"';
    }

    void operator()(const Binary& binary) const {
        out += '"';
        out += base64_encode(binary.bytes);
        out += '"';
    }

    void operator()(bool boolean) const { out += boolean ? "true" : "false"; }

    void operator()(Null) const { out += "true"; }

    void operator()(const StringSet& set) const { append_array(set, out, *this); }

    void operator()(const NumberSet& set) const { append_array(set, out, *this); }

    void operator()(const BinarySet& set) const { append_array(set.members, out, *this); }

    void operator()(const List& list) const {
        append_array(list, out, [this](const Value& entry) { append_typed_json(entry, out); });
    }

    void operator()(const Map& map) const { append_typed_json(map, out); }
};

// --- Errors ---

std::unexpected<Error> misshapen(std::string message) {
    static const auto fault = std::make_shared<const SerializationFault>();
    return std::unexpected(Error{Errc::invalid, std::move(message), {}, fault});
}

std::unexpected<Error> refused(std::string message) {
    return fail(Errc::invalid, std::move(message));
}

std::unexpected<Error> refused_parameter(std::string_view rule) {
    return refused(std::string("One or more parameter values were invalid: ").append(rule));
}

std::unexpected<Error> no_type() {
    return refused(
        "Supplied AttributeValue is empty, must contain exactly one of the supported "
        "datatypes");
}

constexpr std::string_view structure_unexpected =
    "Start of structure or map found where not expected";
constexpr std::string_view attribute_value_class =
    "com.amazonaws.dynamodb.v20120810.AttributeValue";

// --- Shapes: what DynamoDB's deserialiser refuses before it looks at any content ---

/// How the deserialiser names a scalar of the wrong kind.
std::string_view token_name(const boost::json::value& json) {
    switch (json.kind()) {
        case Kind::bool_:
            return json.get_bool() ? "TRUE_VALUE" : "FALSE_VALUE";
        case Kind::double_:
            return "DECIMAL_VALUE";
        default:
            return "NUMBER_VALUE";
    }
}

Result<> check_string(const boost::json::value& json) {
    switch (json.kind()) {
        case Kind::string:
        case Kind::null:
            return {};
        case Kind::array:
            return misshapen("Unrecognized collection type class java.lang.String");
        case Kind::object:
            return misshapen(std::string(structure_unexpected));
        default:
            return misshapen(
                std::string(token_name(json)).append(" cannot be converted to String"));
    }
}

/// Some clients send booleans as text.
std::optional<bool> boolean_text(std::string_view text) {
    for (const std::string_view yes : {"true", "1", "yes"}) {
        if (equals_ignoring_case(text, yes)) return true;
    }
    for (const std::string_view no : {"false", "0", "no"}) {
        if (equals_ignoring_case(text, no)) return false;
    }
    return std::nullopt;
}

Result<> check_boolean(const boost::json::value& json) {
    switch (json.kind()) {
        case Kind::bool_:
        case Kind::null:
            return {};
        case Kind::string:
            if (boolean_text(view(json.get_string()))) return {};
            return misshapen("Unexpected token received from parser");
        case Kind::array:
            return misshapen("Unrecognized collection type class java.lang.Boolean");
        case Kind::object:
            return misshapen(std::string(structure_unexpected));
        default:
            return misshapen(
                std::string(token_name(json)).append(" cannot be converted to Boolean"));
    }
}

Result<std::string> decode_blob(std::string_view text) {
    if (text.size() % 4 != 0) {
        return misshapen("Base64 encoded length is expected a multiple of 4 bytes but found: " +
                         std::to_string(text.size()));
    }
    auto bytes = base64_decode(text);
    // The spelling is DynamoDB's. Bits behind the last byte must be zero too.
    if (!bytes || base64_encode(*bytes) != text) {
        return misshapen("Invalid last non-pad Base64 character dectected");
    }
    return bytes;
}

Result<> check_blob(const boost::json::value& json) {
    switch (json.kind()) {
        case Kind::null:
            return {};
        case Kind::string: {
            const auto bytes = decode_blob(view(json.get_string()));
            if (!bytes) return std::unexpected(bytes.error());
            return {};
        }
        case Kind::array:
            return misshapen("Unrecognized collection type class java.nio.ByteBuffer");
        case Kind::object:
            return misshapen(std::string(structure_unexpected));
        default:
            return misshapen("only base-64-encoded strings are convertible to bytes");
    }
}

template <class Check>
Result<> check_array(const boost::json::value& json, const Check& check) {
    if (json.is_null()) return {};
    if (json.is_object()) return misshapen(std::string(structure_unexpected));
    if (!json.is_array()) return misshapen("Unexpected field type");
    for (const boost::json::value& entry : json.get_array()) CARILLON_TRY_VOID(check(entry));
    return {};
}

std::unexpected<Error> too_deep() {
    return refused(
        "Nesting Levels have exceeded supported limits: Attributes in the item have "
        "nested levels beyond supported limit");
}

Result<> check_shape(const boost::json::value& json, int depth);

Result<> check_map(const boost::json::value& json, int depth) {
    if (json.is_null()) return {};
    if (json.is_array()) {
        return misshapen(
            std::string("Unrecognized collection type java.util.Map<java.lang.String, ")
                .append(attribute_value_class)
                .append(">"));
    }
    if (!json.is_object()) return misshapen("Unexpected field type");
    for (const auto& [name, value] : json.get_object()) {
        CARILLON_TRY_VOID(check_shape(value, depth));
    }
    return {};
}

Result<> check_member(std::string_view type, const boost::json::value& json, int depth) {
    if (type == "S" || type == "N") return check_string(json);
    if (type == "B") return check_blob(json);
    if (type == "BOOL" || type == "NULL") return check_boolean(json);
    if (type == "SS" || type == "NS") return check_array(json, check_string);
    if (type == "BS") return check_array(json, check_blob);
    if (type == "M") return check_map(json, depth + 1);
    if (type == "L") {
        return check_array(json, [depth](const boost::json::value& entry) {
            return check_shape(entry, depth + 1);
        });
    }
    return {};  // Members that it does not know it ignores.
}

Result<> check_shape(const boost::json::value& json, int depth) {
    if (depth > depth_max) return too_deep();
    if (json.is_null()) return {};
    if (json.is_array()) {
        return misshapen(
            std::string("Unrecognized collection type class ").append(attribute_value_class));
    }
    if (!json.is_object()) return misshapen("Unexpected value type in payload");
    for (const auto& [type, content] : json.get_object()) {
        CARILLON_TRY_VOID(check_member(view(type), content, depth));
    }
    return {};
}

// --- Content: shapes are known to be right from here on ---

std::string list_text(const boost::json::array& members) {
    std::string text = "[";
    for (const boost::json::value& member : members) {
        if (text.size() > 1) text += ", ";
        text += view(member.get_string());
    }
    return text + "]";
}

bool has_null(const boost::json::array& members) {
    return std::ranges::any_of(members, [](const boost::json::value& m) { return m.is_null(); });
}

Result<Value> read_string_set(const boost::json::array& members) {
    if (members.empty()) return refused_parameter("An string set  may not be empty");
    if (has_null(members)) {
        return refused_parameter("An string set  may not have a null string as a member");
    }
    StringSet set;
    set.reserve(members.size());
    for (const boost::json::value& member : members) set.emplace_back(view(member.get_string()));
    Value value = Value::string_set(std::move(set));
    if (value.get_if<StringSet>()->size() < members.size()) {
        return refused_parameter("Input collection " + list_text(members) +
                                 " contains duplicates.");
    }
    return value;
}

Result<Value> read_number_set(const boost::json::array& members) {
    if (members.empty()) return refused_parameter("An number set  may not be empty");
    if (has_null(members)) {
        return refused_parameter("An number set  may not have a null string as a member");
    }
    NumberSet set;
    set.reserve(members.size());
    for (const boost::json::value& member : members) {
        CARILLON_TRY(const Number number, Number::parse(view(member.get_string())));
        set.push_back(number);
    }
    Value value = Value::number_set(std::move(set));
    if (value.get_if<NumberSet>()->size() < members.size()) {
        return refused("Input collection contains duplicates");
    }
    return value;
}

Result<Value> read_binary_set(const boost::json::array& members) {
    if (members.empty()) return refused_parameter("Binary sets should not be empty");
    if (has_null(members)) {
        return refused_parameter("Binary sets may not contain null members");
    }
    std::vector<Binary> set;
    set.reserve(members.size());
    for (const boost::json::value& member : members) {
        CARILLON_TRY(std::string bytes, decode_blob(view(member.get_string())));
        set.push_back({std::move(bytes)});
    }
    Value value = Value::binary_set(std::move(set));
    if (value.get_if<BinarySet>()->members.size() < members.size()) {
        return refused_parameter("Input collection " + list_text(members) +
                                 "of type BS contains duplicates.");
    }
    return value;
}

Result<Value> read_value(const boost::json::value& json);

Result<Map> read_map(const boost::json::object& object) {
    std::vector<Attribute> attributes;
    attributes.reserve(object.size());
    for (const auto& [name, content] : object) {
        CARILLON_TRY(Value value, read_value(content));
        attributes.push_back({std::string(view(name)), std::move(value)});
    }
    return Map::from_unsorted(std::move(attributes));
}

Result<Value> read_list(const boost::json::array& entries) {
    List list;
    list.reserve(entries.size());
    for (const boost::json::value& entry : entries) {
        CARILLON_TRY(Value value, read_value(entry));
        list.push_back(std::move(value));
    }
    return Value(std::move(list));
}

bool read_boolean(const boost::json::value& json) {
    if (json.is_bool()) return json.get_bool();
    return boolean_text(view(json.get_string())).value_or(false);
}

Result<Value> read_content(Type type, const boost::json::value& json) {
    switch (type) {
        case Type::string:
            return Value(view(json.get_string()));
        case Type::number: {
            CARILLON_TRY(const Number number, Number::parse(view(json.get_string())));
            return Value(number);
        }
        case Type::binary: {
            CARILLON_TRY(std::string bytes, decode_blob(view(json.get_string())));
            return Value(Binary{std::move(bytes)});
        }
        case Type::boolean:
            return Value(read_boolean(json));
        case Type::null:
            if (read_boolean(json)) return Value(Null{});
            return refused_parameter("Null attribute value types must have the value of true");
        case Type::string_set:
            return read_string_set(json.get_array());
        case Type::number_set:
            return read_number_set(json.get_array());
        case Type::binary_set:
            return read_binary_set(json.get_array());
        case Type::list:
            return read_list(json.get_array());
        case Type::map: {
            CARILLON_TRY(Map map, read_map(json.get_object()));
            return Value(std::move(map));
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

Result<Value> read_value(const boost::json::value& json) {
    const boost::json::object* object = json.if_object();
    if (object == nullptr) return no_type();

    std::optional<Value> value;
    bool several = false;
    for (const Type type : types) {
        const boost::json::value* content = object->if_contains(type_name(type));
        if (content == nullptr || content->is_null()) continue;
        several = value.has_value();
        CARILLON_TRY(value, read_content(type, *content));
        if (several) break;
    }
    if (!value) return no_type();
    if (several) {
        return refused(
            "Supplied AttributeValue has more than one datatypes set, must contain "
            "exactly one of the supported datatypes");
    }
    return *std::move(value);
}

}  // namespace

void append_typed_json(const Value& value, std::string& out) {
    out.append("{\"").append(type_name(value.type())).append("\":");
    std::visit(Writer{out}, value.storage());
    out += '}';
}

void append_typed_json(const Item& item, std::string& out) {
    // Once instead of with every doubling; short attributes take about so much.
    constexpr std::size_t usual_bytes = 48;
    out.reserve(out.size() + item.size() * usual_bytes);
    out += '{';
    bool first = true;
    for (const Attribute& attribute : item) {
        if (!first) out += ',';
        first = false;
        append_json_string(out, attribute.name);
        out += ':';
        append_typed_json(attribute.value, out);
    }
    out += '}';
}

Result<Value> value_from_typed_json(const boost::json::value& json) {
    CARILLON_TRY_VOID(check_shape(json, 0));
    return read_value(json);
}

Result<Item> item_from_typed_json(const boost::json::value& json) {
    if (json.is_null()) return misshapen("Unexpected field type");
    CARILLON_TRY_VOID(check_map(json, 0));
    return read_map(json.get_object());
}

}  // namespace carillon::dynamo
