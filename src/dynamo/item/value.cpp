#include "dynamo/item/value.hpp"

#include "core/check.hpp"

#include <algorithm>

namespace carillon::dynamo {

namespace {

struct ByName {
    bool operator()(const Attribute& attribute, std::string_view name) const {
        return std::string_view(attribute.name) < name;
    }
};

template <class T>
void make_set(std::vector<T>& members) {
    std::ranges::sort(members);
    const auto [first, last] = std::ranges::unique(members);
    members.erase(first, last);
}

template <class... Ts>
struct Overloaded : Ts... {
    using Ts::operator()...;
};

}  // namespace

AttributeMap::AttributeMap() = default;
AttributeMap::AttributeMap(const AttributeMap&) = default;
AttributeMap::AttributeMap(AttributeMap&&) noexcept = default;
AttributeMap& AttributeMap::operator=(const AttributeMap&) = default;
AttributeMap& AttributeMap::operator=(AttributeMap&&) noexcept = default;
AttributeMap::~AttributeMap() = default;

AttributeMap::AttributeMap(std::initializer_list<Attribute> attributes) {
    attributes_.reserve(attributes.size());
    for (const Attribute& attribute : attributes) set(attribute.name, attribute.value);
}

AttributeMap AttributeMap::from_unsorted(std::vector<Attribute> attributes) {
    AttributeMap map;
    const auto out_of_order = std::ranges::adjacent_find(
        attributes, [](const Attribute& a, const Attribute& b) { return a.name >= b.name; });
    if (out_of_order == attributes.end()) {
        map.attributes_ = std::move(attributes);
        return map;
    }
    // Pointers are sorted and each attribute moves once: sorting the attributes themselves, which
    // are large, cost 4 percent of a PutItem. The first of equal names counts.
    std::vector<Attribute*> order;
    order.reserve(attributes.size());
    for (Attribute& attribute : attributes) order.push_back(&attribute);
    std::ranges::sort(order, [](const Attribute* a, const Attribute* b) {
        return a->name != b->name ? a->name < b->name : a < b;
    });
    map.attributes_.reserve(order.size());
    for (Attribute* attribute : order) {
        if (!map.attributes_.empty() && map.attributes_.back().name == attribute->name) continue;
        map.attributes_.push_back(std::move(*attribute));
    }
    return map;
}

const Value* AttributeMap::find(std::string_view name) const {
    const auto at = std::lower_bound(attributes_.begin(), attributes_.end(), name, ByName());
    return at != attributes_.end() && at->name == name ? &at->value : nullptr;
}

Value* AttributeMap::find(std::string_view name) {
    return const_cast<Value*>(std::as_const(*this).find(name));
}

Value& AttributeMap::set(std::string_view name, Value value) {
    // Items have more than a few attributes, and moving them to more room costs more than the room.
    constexpr std::size_t room = 8;
    if (attributes_.capacity() == 0) attributes_.reserve(room);
    if (attributes_.empty() || std::string_view(attributes_.back().name) < name) {
        return attributes_.emplace_back(Attribute{std::string(name), std::move(value)}).value;
    }
    const auto at = std::lower_bound(attributes_.begin(), attributes_.end(), name, ByName());
    if (at->name == name) {
        at->value = std::move(value);
        return at->value;
    }
    return attributes_.insert(at, Attribute{std::string(name), std::move(value)})->value;
}

Value& AttributeMap::append(std::string name, Value value) {
    CARILLON_CHECK(attributes_.empty() || attributes_.back().name < name);
    return attributes_.emplace_back(Attribute{std::move(name), std::move(value)}).value;
}

Value& AttributeMap::append_sorted(std::string_view name) {
    Attribute& attribute = attributes_.emplace_back();
    attribute.name.assign(name);
    return attribute.value;
}

bool AttributeMap::erase(std::string_view name) {
    const auto at = std::lower_bound(attributes_.begin(), attributes_.end(), name, ByName());
    if (at == attributes_.end() || at->name != name) return false;
    attributes_.erase(at);
    return true;
}

std::size_t AttributeMap::size() const {
    return attributes_.size();
}

bool AttributeMap::empty() const {
    return attributes_.empty();
}

void AttributeMap::clear() {
    attributes_.clear();
}

void AttributeMap::reserve(std::size_t count) {
    attributes_.reserve(count);
}

AttributeMap::const_iterator AttributeMap::begin() const {
    return attributes_.begin();
}

AttributeMap::const_iterator AttributeMap::end() const {
    return attributes_.end();
}

AttributeMap::iterator AttributeMap::begin() {
    return attributes_.begin();
}

AttributeMap::iterator AttributeMap::end() {
    return attributes_.end();
}

bool AttributeMap::operator==(const AttributeMap& other) const {
    return attributes_ == other.attributes_;
}

std::string_view type_name(Type type) {
    switch (type) {
        case Type::string:
            return "S";
        case Type::number:
            return "N";
        case Type::binary:
            return "B";
        case Type::boolean:
            return "BOOL";
        case Type::null:
            return "NULL";
        case Type::string_set:
            return "SS";
        case Type::number_set:
            return "NS";
        case Type::binary_set:
            return "BS";
        case Type::list:
            return "L";
        case Type::map:
            return "M";
    }
    return "";
}

Value Value::string_set(StringSet members) {
    make_set(members);
    Value value;
    value.storage_ = std::move(members);
    return value;
}

Value Value::number_set(NumberSet members) {
    make_set(members);
    Value value;
    value.storage_ = std::move(members);
    return value;
}

Value Value::binary_set(std::vector<Binary> members) {
    make_set(members);
    return BinarySet{std::move(members)};
}

std::size_t size_of(const Value& value) {
    const Overloaded counted{
        [](const std::string& text) { return text.size(); },
        [](const Number& number) { return number.size(); },
        [](const Binary& binary) { return binary.bytes.size(); },
        [](bool) { return std::size_t{1}; },
        [](Null) { return std::size_t{1}; },
        [](const StringSet& set) {
            std::size_t sum = 0;
            for (const std::string& member : set) sum += member.size();
            return sum;
        },
        [](const NumberSet& set) {
            std::size_t sum = 0;
            for (const Number& member : set) sum += member.size();
            return sum;
        },
        [](const BinarySet& set) {
            std::size_t sum = 0;
            for (const Binary& member : set.members) sum += member.bytes.size();
            return sum;
        },
        [](const List& list) {
            std::size_t sum = 3 + list.size();
            for (const Value& entry : list) sum += size_of(entry);
            return sum;
        },
        [](const Map& map) { return 3 + map.size() + size_of(map); },
    };
    return std::visit(counted, value.storage());
}

std::size_t size_of(const Item& item) {
    std::size_t sum = 0;
    for (const Attribute& attribute : item) sum += attribute.name.size() + size_of(attribute.value);
    return sum;
}

namespace {

/// Bytes of a value with its length, as pages count it.
std::size_t stored_size(const Value& value) {
    constexpr std::size_t short_text = 128;
    constexpr std::size_t long_text = 16'384;
    const Overloaded counted{
        [](const std::string& text) {
            const std::size_t length = text.size();
            return length + (length < short_text ? 1 : length < long_text ? 2 : 3);
        },
        [](const Number& number) { return number.size() + 1; },
        [](const Binary& binary) { return binary.bytes.size() + 1; },
        [](bool) { return std::size_t{1}; },
        [](Null) { return std::size_t{0}; },
        [&](const StringSet& set) { return size_of(value) + set.size() + 1; },
        [&](const NumberSet& set) { return size_of(value) + set.size() + 1; },
        [&](const BinarySet& set) { return size_of(value) + set.members.size() + 1; },
        [](const List& list) {
            std::size_t sum = 3 + list.size();
            for (const Value& entry : list) sum += stored_size(entry);
            return sum;
        },
        [](const Map& map) {
            std::size_t sum = 3 + 2 * map.size();
            for (const Attribute& entry : map) sum += stored_size(entry.value);
            return sum;
        },
    };
    return std::visit(counted, value.storage());
}

}  // namespace

std::size_t page_weight(const Item& item, std::string_view sort) {
    constexpr std::size_t part = 3072;
    constexpr std::size_t header = 18;
    std::size_t sort_bytes = 0;
    std::size_t sum = 0;
    for (const Attribute& attribute : item) {
        const std::size_t size = stored_size(attribute.value);
        if (!sort.empty() && attribute.name == sort) {
            sort_bytes = size;
        } else {
            sum += size + 1;
        }
    }
    return 2 + sum + (1 + (1 + sum) / part) * (header + sort_bytes);
}

int depth_of(const Value& value) {
    int deepest = 0;
    if (const List* list = value.list()) {
        for (const Value& entry : *list) deepest = std::max(deepest, depth_of(entry));
        return deepest + 1;
    }
    if (const Map* map = value.map()) {
        for (const Attribute& entry : *map) deepest = std::max(deepest, depth_of(entry.value));
        return deepest + 1;
    }
    return 0;
}

}  // namespace carillon::dynamo
