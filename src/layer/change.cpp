#include "layer/change.hpp"

#include "core/text.hpp"

#include <utility>

namespace carillon::layer {
namespace {

Result<std::string> text_of(const dynamo::Item& item, std::string_view name) {
    const dynamo::Value* value = item.find(name);
    if (value == nullptr) return std::string();
    if (const std::string* text = value->string()) return *text;
    if (const dynamo::Number* number = value->number()) return number->to_string();
    return invalid("item." + std::string(name), "must be a string or a number, to be a key");
}

void append_escaped(std::string& out, std::string_view text) {
    for (const char c : text) {
        if (c == '#') {
            out += "%23";
        } else if (c == '%') {
            out += "%25";
        } else {
            out += c;
        }
    }
}

std::string_view without_zeros(std::string_view number) {
    while (number.size() > 1 && number.front() == '0') number.remove_prefix(1);
    return number;
}

}  // namespace

std::string_view to_string(ChangeType type) {
    switch (type) {
        case ChangeType::put:
            return "PUT";
        case ChangeType::update:
            return "UPDATE";
        case ChangeType::remove:
            return "DELETE";
    }
    return "PUT";
}

std::optional<ChangeType> parse_change_type(std::string_view text) {
    for (const ChangeType type : {ChangeType::put, ChangeType::update, ChangeType::remove}) {
        if (text == to_string(type)) return type;
    }
    return std::nullopt;
}

bool sequence_after(std::string_view a, std::string_view b) {
    a = without_zeros(a);
    b = without_zeros(b);
    if (a.size() != b.size()) return a.size() > b.size();
    return a > b;
}

KeyOf by_attribute(std::string name) {
    return [name = std::move(name)](const dynamo::Item& item) { return text_of(item, name); };
}

KeyOf by_attributes(std::vector<std::string> names) {
    return [names = std::move(names)](const dynamo::Item& item) -> Result<std::string> {
        std::string joined;
        bool any = false;
        for (const std::string& name : names) {
            CARILLON_TRY(const std::string text, text_of(item, name));
            any = any || !text.empty();
            if (&name != &names.front()) joined += '#';
            append_escaped(joined, text);
        }
        return any ? joined : std::string();
    };
}

Result<> check_partition(std::string_view partition) {
    if (partition.size() > partition_bytes_max) {
        return invalid("partition", "must have at most 900 bytes");
    }
    if (!is_utf8(partition)) return invalid("partition", "must be UTF-8");
    return {};
}

Result<Place> place_of(const dynamo::Item& item, const KeyOf& partition_of, const KeyOf& id_of) {
    Place place;
    CARILLON_TRY(place.id, id_of(item));
    if (place.id.empty()) return invalid("item", "Item must have an unique identifier");
    if (place.id.size() > id_bytes_max) {
        return invalid("item", "an item's identifier must have at most 1024 bytes");
    }
    if (!is_utf8(place.id)) return invalid("item", "an item's identifier must be UTF-8");
    if (partition_of) {
        CARILLON_TRY(place.partition, partition_of(item));
    }
    CARILLON_TRY_VOID(check_partition(place.partition));
    return place;
}

}  // namespace carillon::layer
