#include "core/text.hpp"
#include "dynamo/item/json.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <charconv>
#include <cmath>

namespace carillon::dynamo {

namespace {

using Kind = boost::json::kind;

/// The fewest digits that read back as the same double.
Result<Number> number_of(double value) {
    if (!std::isfinite(value)) return fail(Errc::invalid, "Not a finite number");
    char text[32];
    const auto end = std::to_chars(text, text + sizeof text, value).ptr;
    return Number::parse({text, static_cast<std::size_t>(end - text)});
}

boost::json::value plain_number(const Number& number) {
    if (const auto whole = number.to_int64()) return *whole;
    const double nearest = number.to_double();
    if (number_of(nearest) == number) return nearest;
    return boost::json::value(number.to_string());
}

boost::json::value plain_text(std::string_view text) {
    return boost::json::string(boost::json::string_view(text.data(), text.size()));
}

template <class Members, class Convert>
boost::json::value plain_array(const Members& members, const Convert& convert) {
    boost::json::array array;
    array.reserve(members.size());
    for (const auto& member : members) array.push_back(convert(member));
    return array;
}

struct Converter {
    boost::json::value operator()(const std::string& text) const { return plain_text(text); }

    boost::json::value operator()(const Number& number) const { return plain_number(number); }

    boost::json::value operator()(const Binary& binary) const {
        return plain_text(base64_encode(binary.bytes));
    }

    boost::json::value operator()(bool boolean) const { return boolean; }

    boost::json::value operator()(Null) const { return nullptr; }

    boost::json::value operator()(const StringSet& set) const { return plain_array(set, *this); }

    boost::json::value operator()(const NumberSet& set) const { return plain_array(set, *this); }

    boost::json::value operator()(const BinarySet& set) const {
        return plain_array(set.members, *this);
    }

    boost::json::value operator()(const List& list) const {
        return plain_array(list, [](const Value& entry) { return to_plain_json(entry); });
    }

    boost::json::value operator()(const Map& map) const { return to_plain_json(map); }
};

Result<Value> read(const boost::json::value& json, int depth);

Result<Value> read_array(const boost::json::array& array, int depth) {
    List list;
    list.reserve(array.size());
    for (const boost::json::value& entry : array) {
        CARILLON_TRY(Value value, read(entry, depth));
        list.push_back(std::move(value));
    }
    return Value(std::move(list));
}

Result<Value> read_object(const boost::json::object& object, int depth) {
    std::vector<Attribute> attributes;
    attributes.reserve(object.size());
    for (const auto& [key, content] : object) {
        CARILLON_TRY(Value value, read(content, depth));
        attributes.push_back({std::string(key.data(), key.size()), std::move(value)});
    }
    return Value(Map::from_unsorted(std::move(attributes)));
}

Result<Value> read(const boost::json::value& json, int depth) {
    if (json.is_structured() && depth >= depth_max) {
        return fail(Errc::invalid,
                    "Nesting Levels have exceeded supported limits: Attributes in the item have "
                    "nested levels beyond supported limit");
    }
    switch (json.kind()) {
        case Kind::null:
            return Value(Null{});
        case Kind::bool_:
            return Value(json.get_bool());
        case Kind::int64:
            return Value(json.get_int64());
        case Kind::uint64:
            return Value(Number::from_parts(false, json.get_uint64(), 0));
        case Kind::double_: {
            CARILLON_TRY(const Number number, number_of(json.get_double()));
            return Value(number);
        }
        case Kind::string:
            return Value(std::string(json.get_string().data(), json.get_string().size()));
        case Kind::array:
            return read_array(json.get_array(), depth + 1);
        case Kind::object:
            return read_object(json.get_object(), depth + 1);
    }
    return fail(Errc::internal, "Unknown kind of JSON");
}

}  // namespace

boost::json::value to_plain_json(const Value& value) {
    return std::visit(Converter(), value.storage());
}

boost::json::value to_plain_json(const Item& item) {
    boost::json::object object;
    object.reserve(item.size());
    for (const Attribute& attribute : item) {
        const boost::json::string_view name(attribute.name.data(), attribute.name.size());
        object.emplace(name, to_plain_json(attribute.value));
    }
    return object;
}

Result<Value> from_plain_json(const boost::json::value& json) {
    return read(json, 0);
}

}  // namespace carillon::dynamo
