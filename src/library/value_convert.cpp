#include "library/value_convert.hpp"

#include "core/time.hpp"

#include <algorithm>
#include <utility>

namespace carillon {

Attributes::Attributes() = default;

Attributes::Attributes(std::initializer_list<Entry> entries) {
    for (const Entry& entry : entries) set(entry.first, entry.second);
}

Attributes::Attributes(const Attributes&) = default;
Attributes::Attributes(Attributes&&) noexcept = default;
Attributes& Attributes::operator=(const Attributes&) = default;
Attributes& Attributes::operator=(Attributes&&) noexcept = default;
Attributes::~Attributes() = default;

namespace {

template <class Entries>
auto place_of(Entries& entries, std::string_view name) {
    return std::ranges::lower_bound(
        entries, name, {}, [](const auto& entry) { return std::string_view(entry.first); });
}

}  // namespace

const Value* Attributes::find(std::string_view name) const {
    const auto at = place_of(entries_, name);
    return at != entries_.end() && at->first == name ? &at->second : nullptr;
}

void Attributes::set(std::string name, Value value) {
    const auto at = place_of(entries_, name);
    if (at != entries_.end() && at->first == name) {
        at->second = std::move(value);
    } else {
        entries_.emplace(at, std::move(name), std::move(value));
    }
}

bool Attributes::erase(std::string_view name) {
    const auto at = place_of(entries_, name);
    if (at == entries_.end() || at->first != name) return false;
    entries_.erase(at);
    return true;
}

std::size_t Attributes::size() const {
    return entries_.size();
}

bool Attributes::empty() const {
    return entries_.empty();
}

const std::vector<Attributes::Entry>& Attributes::entries() const {
    return entries_;
}

std::vector<Attributes::Entry> Attributes::take() {
    return std::exchange(entries_, {});
}

bool Attributes::operator==(const Attributes& other) const {
    return entries_ == other.entries_;
}

std::string instant_text(Instant at) {
    return format_instant(at);
}

std::optional<Instant> read_instant(std::string_view text) {
    const auto at = parse_instant(text);
    return at ? std::optional<Instant>(*at) : std::nullopt;
}

namespace library {
namespace {

Result<dynamo::Number> number_of(const Decimal& decimal) {
    return dynamo::Number::parse(decimal.text);
}

/// One for each kind of value.
struct ToEngine {
    Result<dynamo::Value> operator()(std::monostate) const { return dynamo::Value(); }

    Result<dynamo::Value> operator()(bool value) const { return dynamo::Value(value); }

    Result<dynamo::Value> operator()(const Decimal& value) const {
        CARILLON_TRY(const dynamo::Number number, number_of(value));
        return dynamo::Value(number);
    }

    Result<dynamo::Value> operator()(const std::string& value) const {
        return dynamo::Value(value);
    }

    Result<dynamo::Value> operator()(const Bytes& value) const {
        return dynamo::Value(dynamo::Binary{value.data});
    }

    Result<dynamo::Value> operator()(const TextSet& value) const {
        return dynamo::Value::string_set({value.begin(), value.end()});
    }

    Result<dynamo::Value> operator()(const NumberSet& value) const {
        dynamo::NumberSet members;
        for (const Decimal& each : value) {
            CARILLON_TRY(const dynamo::Number number, number_of(each));
            members.push_back(number);
        }
        return dynamo::Value::number_set(std::move(members));
    }

    Result<dynamo::Value> operator()(const BytesSet& value) const {
        std::vector<dynamo::Binary> members;
        for (const Bytes& each : value) members.push_back({each.data});
        return dynamo::Value::binary_set(std::move(members));
    }

    Result<dynamo::Value> operator()(const ValueList& value) const {
        dynamo::List list;
        list.reserve(value.size());
        for (const Value& each : value) {
            CARILLON_TRY(dynamo::Value member, to_engine(each));
            list.push_back(std::move(member));
        }
        return dynamo::Value(std::move(list));
    }

    Result<dynamo::Value> operator()(const Attributes& value) const {
        CARILLON_TRY(dynamo::Item map, to_engine(value));
        return dynamo::Value(std::move(map));
    }
};

struct ToPublic {
    Value operator()(const std::string& value) const { return value; }

    Value operator()(const dynamo::Number& value) const { return Decimal(value.to_string()); }

    Value operator()(const dynamo::Binary& value) const { return Bytes{value.bytes}; }

    Value operator()(bool value) const { return value; }

    Value operator()(const dynamo::Null&) const { return {}; }

    Value operator()(const dynamo::StringSet& value) const {
        return TextSet(value.begin(), value.end());
    }

    Value operator()(const dynamo::NumberSet& value) const {
        NumberSet members;
        for (const dynamo::Number& each : value) members.insert(Decimal(each.to_string()));
        return members;
    }

    Value operator()(const dynamo::BinarySet& value) const {
        BytesSet members;
        for (const dynamo::Binary& each : value.members) members.insert(Bytes{each.bytes});
        return members;
    }

    Value operator()(const dynamo::List& value) const {
        ValueList list;
        list.reserve(value.size());
        for (const dynamo::Value& each : value) list.push_back(to_public(each));
        return list;
    }

    Value operator()(const dynamo::Map& value) const { return to_public(value); }
};

dynamo::KeyAttribute to_engine_key(const KeyAttribute& key) {
    switch (key.type) {
        case KeyType::text:
            break;
        case KeyType::number:
            return {.name = key.name, .type = dynamo::Type::number};
        case KeyType::bytes:
            return {.name = key.name, .type = dynamo::Type::binary};
    }
    return {.name = key.name, .type = dynamo::Type::string};
}

Errc code_of(FailureKind kind) {
    switch (kind) {
        case FailureKind::not_found:
            return Errc::not_found;
        case FailureKind::already_exists:
            return Errc::already_exists;
        case FailureKind::conflict:
            return Errc::condition_failed;
        case FailureKind::unavailable:
            return Errc::unavailable;
        case FailureKind::invalid:
            return Errc::invalid;
        case FailureKind::denied:
            return Errc::denied;
        case FailureKind::too_large:
            return Errc::too_large;
        case FailureKind::corrupt:
            return Errc::corrupt;
        case FailureKind::stopped:
            return Errc::cancelled;
        case FailureKind::internal:
            break;
    }
    return Errc::internal;
}

}  // namespace

Result<dynamo::Value> to_engine(const Value& value) {
    return std::visit(ToEngine{}, value.storage());
}

Result<dynamo::Item> to_engine(const Attributes& attributes) {
    dynamo::Item item;
    item.reserve(attributes.size());
    for (const auto& [name, value] : attributes.entries()) {
        auto member = to_engine(value);
        if (!member) return invalid(name, std::move(member).error().message);
        item.set(name, *std::move(member));
    }
    return item;
}

Value to_public(const dynamo::Value& value) {
    return std::visit(ToPublic{}, value.storage());
}

Attributes to_public(const dynamo::Item& item) {
    Attributes attributes;
    for (const dynamo::Attribute& each : item) attributes.set(each.name, to_public(each.value));
    return attributes;
}

Result<records::TableModel> to_engine(const TableShape& shape) {
    records::TableModel model;
    model.table = shape.table;
    model.key.hash = to_engine_key(shape.hash);
    if (shape.sort) model.key.sort = to_engine_key(*shape.sort);
    for (const TableShape::Index& given : shape.indexes) {
        dynamo::IndexSchema index;
        index.name = given.name;
        index.key.hash = to_engine_key(given.hash);
        if (given.sort) index.key.sort = to_engine_key(*given.sort);
        model.indexes.push_back(std::move(index));
    }
    model.version_attribute = shape.version;
    model.created_attribute = shape.created;
    model.updated_attribute = shape.updated;
    if (!shape.processed.empty()) {
        model.work.layout = records::WorkLayout::flag;
        model.work.flag = shape.processed;
        model.work.index = shape.processed_index;
    } else if (shape.shards != 0) {
        model.work.layout = records::WorkLayout::sharded;
        model.work.shards = shape.shards;
    }
    CARILLON_TRY_VOID(records::check(model));
    return model;
}

Error to_engine(const Failure& failure) {
    return {code_of(failure.kind), failure.message, failure.field};
}

}  // namespace library
}  // namespace carillon
