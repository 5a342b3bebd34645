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

std::size_t size_of_set(const Value& value) {
    if (const auto* strings = value.get_if<StringSet>()) return strings->size();
    if (const auto* numbers = value.get_if<NumberSet>()) return numbers->size();
    return value.get_if<BinarySet>()->members.size();
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

// --- Reading ---
//
// What is read here was written by this program, by a DynamoDB, or by a person at a command line.
// Requests to the endpoint have a reader of their own (endpoint/attribute_value.cpp): it reads
// another parser's document without copying it first, and must name the faults in the words and in
// the order of DynamoDB's deserialiser, which would help nobody here.

std::unexpected<Error> refused(std::string message) {
    return fail(Errc::invalid, std::move(message));
}

std::unexpected<Error> refused_content(Type type, std::string_view wanted) {
    return refused(std::string(type_name(type)).append(" takes ").append(wanted));
}

Result<std::string_view> read_text(Type type, const boost::json::value& json) {
    if (const auto* text = json.if_string()) return view(*text);
    const bool number = type == Type::number || type == Type::number_set;
    return refused_content(type, number ? "a number written as text: \"1.5\"" : "text");
}

Result<Binary> read_blob(Type type, const boost::json::value& json) {
    const auto* text = json.if_string();
    auto bytes = text != nullptr ? base64_decode(view(*text)) : Result<std::string>(std::string());
    // Bits behind the last byte must be zero too.
    if (text == nullptr || !bytes || base64_encode(*bytes) != view(*text)) {
        return refused_content(type, "bytes as base64 with padding");
    }
    return Binary{*std::move(bytes)};
}

Result<Number> read_number(Type type, const boost::json::value& json) {
    CARILLON_TRY(const std::string_view text, read_text(type, json));
    return Number::parse(text);
}

/// The members of a set, each once. `make` makes the set of them, which drops doubles.
template <class Members, class Read, class Make>
Result<Value> read_set(Type type, const boost::json::value& json, const Read& read, Make make) {
    const auto* array = json.if_array();
    if (array == nullptr || array->empty()) return refused_content(type, "a list of members");
    Members members;
    members.reserve(array->size());
    for (const boost::json::value& entry : *array) {
        CARILLON_TRY(auto member, read(type, entry));
        members.emplace_back(std::move(member));
    }
    Value value = make(std::move(members));
    if (size_of_set(value) < array->size()) return refused_content(type, "each member once");
    return value;
}

Result<Value> read_value(const boost::json::value& json, int depth);

Result<Map> read_map(const boost::json::object& object, int depth) {
    std::vector<Attribute> attributes;
    attributes.reserve(object.size());
    for (const auto& [name, content] : object) {
        CARILLON_TRY(Value value, read_value(content, depth));
        attributes.push_back({std::string(view(name)), std::move(value)});
    }
    return Map::from_unsorted(std::move(attributes));
}

Result<Value> read_list(const boost::json::array& entries, int depth) {
    List list;
    list.reserve(entries.size());
    for (const boost::json::value& entry : entries) {
        CARILLON_TRY(Value value, read_value(entry, depth));
        list.push_back(std::move(value));
    }
    return Value(std::move(list));
}

Result<Value> read_content(Type type, const boost::json::value& json, int depth) {
    switch (type) {
        case Type::string: {
            CARILLON_TRY(const std::string_view text, read_text(type, json));
            return Value(text);
        }
        case Type::number: {
            CARILLON_TRY(const Number number, read_number(type, json));
            return Value(number);
        }
        case Type::binary: {
            CARILLON_TRY(Binary binary, read_blob(type, json));
            return Value(std::move(binary));
        }
        case Type::boolean:
            if (const bool* boolean = json.if_bool()) return Value(*boolean);
            return refused_content(type, "true or false");
        case Type::null:
            if (const bool* boolean = json.if_bool(); boolean != nullptr && *boolean) {
                return Value(Null{});
            }
            return refused_content(type, "true");
        case Type::string_set:
            return read_set<StringSet>(type, json, read_text, &Value::string_set);
        case Type::number_set:
            return read_set<NumberSet>(type, json, read_number, &Value::number_set);
        case Type::binary_set:
            return read_set<std::vector<Binary>>(type, json, read_blob, &Value::binary_set);
        case Type::list:
            if (const auto* array = json.if_array()) return read_list(*array, depth + 1);
            return refused_content(type, "a list of values");
        case Type::map: {
            const auto* object = json.if_object();
            if (object == nullptr) return refused_content(type, "an object of values");
            CARILLON_TRY(Map map, read_map(*object, depth + 1));
            return Value(std::move(map));
        }
    }
    return refused_content(type, "nothing");
}

constexpr std::array types = {Type::string,
                              Type::number,
                              Type::binary,
                              Type::boolean,
                              Type::null,
                              Type::string_set,
                              Type::number_set,
                              Type::binary_set,
                              Type::list,
                              Type::map};

Result<Value> read_value(const boost::json::value& json, int depth) {
    if (depth > depth_max) {
        return refused(
            "Nesting Levels have exceeded supported limits: Attributes in the item have nested "
            "levels beyond supported limit");
    }
    const boost::json::object* object = json.if_object();
    if (object == nullptr) return refused("A value is an object such as {\"S\":\"text\"}");
    std::optional<Value> value;
    for (const Type type : types) {
        const boost::json::value* content = object->if_contains(type_name(type));
        if (content == nullptr || content->is_null()) continue;
        if (value) {
            return refused(
                "Supplied AttributeValue has more than one datatypes set, must contain exactly one "
                "of the supported datatypes");
        }
        CARILLON_TRY(value, read_content(type, *content, depth));
    }
    if (!value) {
        return refused(
            "Supplied AttributeValue is empty, must contain exactly one of the supported "
            "datatypes");
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
    return read_value(json, 0);
}

Result<Item> item_from_typed_json(const boost::json::value& json) {
    const boost::json::object* object = json.if_object();
    if (object == nullptr) {
        return refused("An item is an object of values such as {\"id\":{\"S\":\"text\"}}");
    }
    return read_map(*object, 0);
}

}  // namespace carillon::dynamo
