// Attribute values as the store keeps them: DynamoDB's types, as plain C++ values.
//
// Described records (model.hpp) are turned into these and back; they show up where a record has
// attributes that its struct does not name, and in keys of reports.

#pragma once

#include "carillon/webhook.hpp"

#include <compare>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace carillon {

/// Bytes, apart from text by type.
struct Bytes {
    std::string data;
    auto operator<=>(const Bytes&) const = default;
};

/// A number as decimal text: up to 38 digits, exact (`12.50`, `1e-130`).
struct Decimal {
    std::string text = "0";

    Decimal() = default;

    explicit Decimal(std::string digits) : text(std::move(digits)) {}

    explicit Decimal(std::int64_t number) : text(std::to_string(number)) {}

    auto operator<=>(const Decimal&) const = default;  ///< By text, not by amount.
};

class Value;

/// Attributes by name, in order of their names.
class Attributes {
public:
    using Entry = std::pair<std::string, Value>;

    Attributes();
    Attributes(std::initializer_list<Entry> entries);
    Attributes(const Attributes&);
    Attributes(Attributes&&) noexcept;
    Attributes& operator=(const Attributes&);
    Attributes& operator=(Attributes&&) noexcept;
    ~Attributes();

    /// nullptr when there is none of that name. Lives until the next change.
    [[nodiscard]] const Value* find(std::string_view name) const;
    void set(std::string name, Value value);
    bool erase(std::string_view name);
    [[nodiscard]] std::size_t size() const;
    [[nodiscard]] bool empty() const;
    [[nodiscard]] const std::vector<Entry>& entries() const;
    /// Taken out, to be moved from.
    [[nodiscard]] std::vector<Entry> take();
    bool operator==(const Attributes& other) const;

private:
    std::vector<Entry> entries_;
};

using TextSet = std::set<std::string>;
using NumberSet = std::set<Decimal>;
using BytesSet = std::set<Bytes>;
using ValueList = std::vector<Value>;

class Value {
public:
    using Storage = std::variant<std::monostate,  // null
                                 bool,
                                 Decimal,
                                 std::string,
                                 Bytes,
                                 TextSet,
                                 NumberSet,
                                 BytesSet,
                                 ValueList,
                                 Attributes>;

    Value() = default;

    // Implicit on purpose: values are written as literals.
    template <class T>
        requires(!std::is_same_v<std::remove_cvref_t<T>, Value> &&
                 std::is_constructible_v<Storage, std::in_place_type_t<std::remove_cvref_t<T>>, T>)
    Value(T&& content)  // NOLINT
        : storage_(std::in_place_type<std::remove_cvref_t<T>>, std::forward<T>(content)) {}

    Value(const char* text) : storage_(std::string(text)) {}  // NOLINT

    Value(std::int64_t number) : storage_(Decimal(number)) {}  // NOLINT

    Value(int number) : storage_(Decimal(std::int64_t{number})) {}  // NOLINT

    /// The content when it is of that type, otherwise nullptr.
    template <class T>
    [[nodiscard]] const T* get_if() const {
        return std::get_if<T>(&storage_);
    }

    template <class T>
    [[nodiscard]] T* get_if() {
        return std::get_if<T>(&storage_);
    }

    [[nodiscard]] const Storage& storage() const { return storage_; }

    [[nodiscard]] Storage& storage() { return storage_; }

    bool operator==(const Value& other) const = default;

private:
    Storage storage_;
};

/// `2026-12-24T17:00:00.000Z`; such texts sort as the instants do.
[[nodiscard]] std::string instant_text(Instant at);
/// Nothing when the text is no ISO 8601 instant.
[[nodiscard]] std::optional<Instant> read_instant(std::string_view text);

}  // namespace carillon
