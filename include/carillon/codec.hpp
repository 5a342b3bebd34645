// How members of records become attribute values, and values members.
//
// Of its own accord: text, bool, integers and floating point, Decimal, Bytes, Instant (ISO text),
// std::optional (absent when empty), std::vector, std::map with text keys, std::set of text,
// Decimal or Bytes, Value and Attributes. For a type of your own, specialise Codec:
//
//     template <> struct carillon::Codec<Colour> {
//         static carillon::Value write(const Colour& colour) { return colour.name(); }
//         static std::optional<Colour> read(const carillon::Value& value) { ... }
//     };

#pragma once

#include "carillon/value.hpp"

#include <charconv>
#include <concepts>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <system_error>
#include <type_traits>
#include <utility>
#include <vector>

namespace carillon {

/// Specialise it for types of your own. `read` answers nothing when the value is of another kind.
template <class T>
struct Codec;

template <class T>
concept Storable = requires(const T& member, const Value& value) {
    { Codec<T>::write(member) } -> std::convertible_to<Value>;
    { Codec<T>::read(value) } -> std::same_as<std::optional<T>>;
};

template <>
struct Codec<std::string> {
    static Value write(const std::string& text) { return text; }

    static std::optional<std::string> read(const Value& value) {
        const auto* text = value.get_if<std::string>();
        return text == nullptr ? std::nullopt : std::optional(*text);
    }
};

template <>
struct Codec<bool> {
    static Value write(bool member) { return member; }

    static std::optional<bool> read(const Value& value) {
        const auto* member = value.get_if<bool>();
        return member == nullptr ? std::nullopt : std::optional(*member);
    }
};

template <class T>
    requires((std::integral<T> || std::floating_point<T>) && !std::same_as<T, bool> &&
             !std::same_as<T, char>)
struct Codec<T> {
    static Value write(T number) {
        // Enough for the shortest text that reads back equal.
        char text[64];
        const auto [end, fault] = std::to_chars(text, text + sizeof text, number);
        return Decimal(std::string(text, fault == std::errc{} ? end : text));
    }

    /// Nothing when it does not fit.
    static std::optional<T> read(const Value& value) {
        const auto* number = value.get_if<Decimal>();
        if (number == nullptr) return std::nullopt;
        T out{};
        const char* end = number->text.data() + number->text.size();
        const auto [last, fault] = std::from_chars(number->text.data(), end, out);
        if (fault != std::errc{} || last != end) return std::nullopt;
        return out;
    }
};

namespace detail {

/// What the store has a type of its own for.
template <class T>
struct SameCodec {
    static Value write(const T& member) { return member; }

    static std::optional<T> read(const Value& value) {
        const auto* member = value.template get_if<T>();
        return member == nullptr ? std::nullopt : std::optional(*member);
    }
};

template <class Set>
struct SetCodec {
    /// The store has no empty sets: they are left out.
    static Value write(const Set& members) {
        if (members.empty()) return Value();
        return members;
    }

    static std::optional<Set> read(const Value& value) {
        if (std::holds_alternative<std::monostate>(value.storage())) return Set{};
        return SameCodec<Set>::read(value);
    }
};

template <class T>
inline constexpr bool is_optional = false;
template <class T>
inline constexpr bool is_optional<std::optional<T>> = true;

}  // namespace detail

template <>
struct Codec<Decimal> : detail::SameCodec<Decimal> {};

template <>
struct Codec<Bytes> : detail::SameCodec<Bytes> {};

template <>
struct Codec<Attributes> : detail::SameCodec<Attributes> {};

template <>
struct Codec<TextSet> : detail::SetCodec<TextSet> {};

template <>
struct Codec<NumberSet> : detail::SetCodec<NumberSet> {};

template <>
struct Codec<BytesSet> : detail::SetCodec<BytesSet> {};

template <>
struct Codec<Value> {
    static Value write(const Value& value) { return value; }

    static std::optional<Value> read(const Value& value) { return value; }
};

template <>
struct Codec<Instant> {
    static Value write(Instant at) { return instant_text(at); }

    static std::optional<Instant> read(const Value& value) {
        const auto* text = value.get_if<std::string>();
        return text == nullptr ? std::nullopt : read_instant(*text);
    }
};

/// Empty is not stored at all; a stored null is empty.
template <Storable T>
struct Codec<std::optional<T>> {
    static Value write(const std::optional<T>& member) {
        return member ? Value(Codec<T>::write(*member)) : Value();
    }

    static std::optional<std::optional<T>> read(const Value& value) {
        if (std::holds_alternative<std::monostate>(value.storage())) return std::optional<T>();
        auto member = Codec<T>::read(value);
        if (!member) return std::nullopt;
        return std::optional<std::optional<T>>(std::in_place, *std::move(member));
    }
};

template <class T>
    requires(Storable<T> && !std::same_as<T, bool>)
struct Codec<std::vector<T>> {
    static Value write(const std::vector<T>& members) {
        ValueList list;
        list.reserve(members.size());
        for (const T& member : members) list.push_back(Codec<T>::write(member));
        return list;
    }

    static std::optional<std::vector<T>> read(const Value& value) {
        const auto* list = value.get_if<ValueList>();
        if (list == nullptr) return std::nullopt;
        std::vector<T> members;
        members.reserve(list->size());
        for (const Value& each : *list) {
            auto member = Codec<T>::read(each);
            if (!member) return std::nullopt;
            members.push_back(*std::move(member));
        }
        return members;
    }
};

template <Storable T>
struct Codec<std::map<std::string, T>> {
    static Value write(const std::map<std::string, T>& members) {
        Attributes map;
        for (const auto& [name, member] : members) map.set(name, Codec<T>::write(member));
        return map;
    }

    static std::optional<std::map<std::string, T>> read(const Value& value) {
        const auto* map = value.get_if<Attributes>();
        if (map == nullptr) return std::nullopt;
        std::map<std::string, T> members;
        for (const auto& [name, each] : map->entries()) {
            auto member = Codec<T>::read(each);
            if (!member) return std::nullopt;
            members.emplace(name, *std::move(member));
        }
        return members;
    }
};

}  // namespace carillon
