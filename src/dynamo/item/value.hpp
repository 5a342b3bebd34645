// DynamoDB's data model: attribute values and items.
//
// Source: DynamoDB API reference, AttributeValue. Plain values: they copy, move and compare.

#pragma once

#include "dynamo/item/number.hpp"

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace carillon::dynamo {

class Value;

/// Bytes, apart from text by type.
struct Binary {
    std::string bytes;
    auto operator<=>(const Binary&) const = default;
};

struct Null {
    bool operator==(const Null&) const = default;
};

using List = std::vector<Value>;
/// Sets are kept sorted and without duplicates (make them with make_set in the same header's
/// functions below); DynamoDB does not keep their order.
using StringSet = std::vector<std::string>;
using NumberSet = std::vector<Number>;

struct BinarySet {
    std::vector<Binary> members;
    bool operator==(const BinarySet&) const = default;
};

struct Attribute;

/// Attributes by name, sorted by the bytes of the name: a flat map, since items are small and are
/// read far more often than changed.
class AttributeMap {
public:
    using const_iterator = std::vector<Attribute>::const_iterator;
    using iterator = std::vector<Attribute>::iterator;

    AttributeMap();
    AttributeMap(std::initializer_list<Attribute> attributes);
    AttributeMap(const AttributeMap&);
    AttributeMap(AttributeMap&&) noexcept;
    AttributeMap& operator=(const AttributeMap&);
    AttributeMap& operator=(AttributeMap&&) noexcept;
    ~AttributeMap();

    /// The value of that name, or nullptr. The pointer lives until the map is changed.
    [[nodiscard]] const Value* find(std::string_view name) const;
    [[nodiscard]] Value* find(std::string_view name);
    /// Sorts. Names should be distinct: of equal ones any one stays.
    [[nodiscard]] static AttributeMap from_unsorted(std::vector<Attribute> attributes);
    /// Inserts or replaces; returns the stored value.
    Value& set(std::string_view name, Value value);
    /// Appends a name that sorts after all present (checked): how decoders build maps fast.
    Value& append(std::string name, Value value);
    /// The same without the check, and with the value (Null) to be filled in: for decoders that
    /// have compared the names already.
    Value& append_sorted(std::string_view name);
    /// Whether there was one.
    bool erase(std::string_view name);

    [[nodiscard]] std::size_t size() const;
    [[nodiscard]] bool empty() const;
    void clear();
    void reserve(std::size_t count);
    [[nodiscard]] const_iterator begin() const;
    [[nodiscard]] const_iterator end() const;
    [[nodiscard]] iterator begin();
    [[nodiscard]] iterator end();

    bool operator==(const AttributeMap& other) const;

private:
    std::vector<Attribute> attributes_;
};

using Map = AttributeMap;
using Item = AttributeMap;

enum class Type : std::uint8_t {
    string,
    number,
    binary,
    boolean,
    null,
    string_set,
    number_set,
    binary_set,
    list,
    map,
};

/// `S`, `N`, `B`, `BOOL`, `NULL`, `SS`, `NS`, `BS`, `L`, `M`.
[[nodiscard]] std::string_view type_name(Type type);

class Value {
public:
    using Storage = std::variant<std::string,
                                 Number,
                                 Binary,
                                 bool,
                                 Null,
                                 StringSet,
                                 NumberSet,
                                 BinarySet,
                                 List,
                                 Map>;

    Value() : storage_(Null{}) {}

    // Implicit on purpose: items are written as literals, `{{"id", "a1"}, {"count", 3}}`.
    Value(std::string text) : storage_(std::move(text)) {}  // NOLINT

    Value(std::string_view text) : storage_(std::string(text)) {}  // NOLINT

    Value(const char* text) : storage_(std::string(text)) {}  // NOLINT

    Value(Number number) : storage_(number) {}  // NOLINT

    Value(std::int64_t number) : storage_(Number(number)) {}  // NOLINT

    Value(int number) : storage_(Number(number)) {}  // NOLINT

    Value(bool boolean) : storage_(boolean) {}  // NOLINT

    Value(Binary bytes) : storage_(std::move(bytes)) {}  // NOLINT

    Value(Null null) : storage_(null) {}  // NOLINT

    Value(BinarySet set) : storage_(std::move(set)) {}  // NOLINT

    Value(List list) : storage_(std::move(list)) {}  // NOLINT

    Value(Map map) : storage_(std::move(map)) {}  // NOLINT

    /// Sorted and freed of duplicates here.
    [[nodiscard]] static Value string_set(StringSet members);
    [[nodiscard]] static Value number_set(NumberSet members);
    [[nodiscard]] static Value binary_set(std::vector<Binary> members);

    [[nodiscard]] Type type() const { return static_cast<Type>(storage_.index()); }

    /// The content when the value is of that type, otherwise nullptr.
    template <class T>
    [[nodiscard]] const T* get_if() const {
        return std::get_if<T>(&storage_);
    }

    template <class T>
    [[nodiscard]] T* get_if() {
        return std::get_if<T>(&storage_);
    }

    [[nodiscard]] const Storage& storage() const { return storage_; }

    /// Replaces the content, built in place.
    template <class T, class... Arguments>
    T& emplace(Arguments&&... arguments) {
        return storage_.emplace<T>(std::forward<Arguments>(arguments)...);
    }

    /// Shorthands for reading stored items: nullptr or nothing when the type is another.
    [[nodiscard]] const std::string* string() const { return get_if<std::string>(); }

    [[nodiscard]] const Number* number() const { return get_if<Number>(); }

    [[nodiscard]] const Map* map() const { return get_if<Map>(); }

    [[nodiscard]] const List* list() const { return get_if<List>(); }

    /// Deep equality; sets compare without order, numbers by value.
    bool operator==(const Value& other) const = default;

private:
    Storage storage_;
};

struct Attribute {
    std::string name;
    Value value;
    bool operator==(const Attribute&) const = default;
};

/// Size as DynamoDB counts it ("DynamoDB item sizes and formats"): UTF-8 bytes of names and values,
/// numbers packed, 1 byte for BOOL and NULL, 3 bytes of overhead for a list or map and 1 per entry.
[[nodiscard]] std::size_t size_of(const Value& value);
[[nodiscard]] std::size_t size_of(const Item& item);
/// What the item counts towards the 1 MB of a page, in bytes. Not size_of(): as the service has
/// been seen to do, names count as one byte each, and every item, and every 3 KB of a large one,
/// brings a header in which the sort key (`sort`: its name, or empty) stands again.
[[nodiscard]] std::size_t page_weight(const Item& item, std::string_view sort);
/// DynamoDB's limit of an attribute value's depth. Its "32 levels" count the innermost scalar.
inline constexpr int depth_max = 31;
/// How deeply lists and maps are nested: 0 for a scalar.
[[nodiscard]] int depth_of(const Value& value);

}  // namespace carillon::dynamo
