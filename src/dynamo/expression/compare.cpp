#include "dynamo/expression/compare.hpp"

#include <algorithm>

namespace carillon::dynamo {
namespace {

std::strong_ordering order_bytes(const std::string& left, const std::string& right) {
    return left.compare(right) <=> 0;
}

std::int64_t utf16_units(std::string_view text) {
    std::int64_t units = 0;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if ((byte & 0xC0) == 0x80) continue;
        // Four bytes of UTF-8 are a pair of surrogates in UTF-16.
        units += byte >= 0xF0 ? 2 : 1;
    }
    return units;
}

template <class Set, class Member>
bool is_member(const Value& set, const Member& member) {
    const Set* members = set.get_if<Set>();
    return members != nullptr && std::ranges::find(*members, member) != members->end();
}

}  // namespace

bool is_orderable(Type type) {
    return type == Type::string || type == Type::number || type == Type::binary;
}

std::optional<std::strong_ordering> order_of(const Value& left, const Value& right) {
    if (left.type() != right.type()) return std::nullopt;
    if (const std::string* text = left.string()) return order_bytes(*text, *right.string());
    if (const Number* number = left.number()) return *number <=> *right.number();
    if (const Binary* binary = left.get_if<Binary>()) {
        return order_bytes(binary->bytes, right.get_if<Binary>()->bytes);
    }
    return std::nullopt;
}

bool begins_with(const Value& value, const Value& prefix) {
    if (value.type() != prefix.type()) return false;
    if (const std::string* text = value.string()) return text->starts_with(*prefix.string());
    const Binary* binary = value.get_if<Binary>();
    return binary != nullptr && binary->bytes.starts_with(prefix.get_if<Binary>()->bytes);
}

bool contains(const Value& container, const Value& member) {
    if (const List* list = container.list()) {
        return std::ranges::find(*list, member) != list->end();
    }
    if (const std::string* text = member.string()) {
        if (const std::string* whole = container.string()) return whole->contains(*text);
        return is_member<StringSet>(container, *text);
    }
    if (const Number* number = member.number()) return is_member<NumberSet>(container, *number);
    if (const Binary* binary = member.get_if<Binary>()) {
        if (const Binary* whole = container.get_if<Binary>()) {
            return whole->bytes.contains(binary->bytes);
        }
        const BinarySet* set = container.get_if<BinarySet>();
        return set != nullptr && std::ranges::find(set->members, *binary) != set->members.end();
    }
    return false;
}

std::optional<std::int64_t> size_operand(const Value& value) {
    const auto count = [](const auto& container) {
        return static_cast<std::int64_t>(container.size());
    };
    switch (value.type()) {
        case Type::string:
            return utf16_units(*value.string());
        case Type::binary:
            return count(value.get_if<Binary>()->bytes);
        case Type::string_set:
            return count(*value.get_if<StringSet>());
        case Type::number_set:
            return count(*value.get_if<NumberSet>());
        case Type::binary_set:
            return count(value.get_if<BinarySet>()->members);
        case Type::list:
            return count(*value.list());
        case Type::map:
            return count(*value.map());
        case Type::number:
        case Type::boolean:
        case Type::null:
            return std::nullopt;
    }
    return std::nullopt;
}

std::optional<Type> type_of_name(std::string_view name) {
    for (auto type = Type::string;; type = static_cast<Type>(static_cast<int>(type) + 1)) {
        if (type_name(type) == name) return type;
        if (type == Type::map) return std::nullopt;
    }
}

}  // namespace carillon::dynamo
