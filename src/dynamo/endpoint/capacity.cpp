#include "dynamo/endpoint/capacity.hpp"

#include "core/json.hpp"
#include "dynamo/item/json.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

namespace carillon::dynamo::endpoint {

namespace {

constexpr std::size_t read_block = 4'096;
constexpr std::size_t write_block = 1'024;

std::size_t blocks(std::size_t bytes, std::size_t block) {
    return std::max<std::size_t>((bytes + block - 1) / block, 1);
}

using Parts = std::vector<std::pair<std::string, double>>;

void add_part(Parts& parts, std::string_view name, double units) {
    const auto found = std::ranges::find(
        parts, name, [](const auto& part) -> const std::string& { return part.first; });
    if (found != parts.end()) {
        found->second += units;
    } else {
        parts.emplace_back(name, units);
    }
}

void append_kind(CapacityKind kind, double units, std::string& out) {
    if (kind == CapacityKind::read) out += "\"ReadCapacityUnits\":";
    if (kind == CapacityKind::write) out += "\"WriteCapacityUnits\":";
    if (kind == CapacityKind::plain) return;
    append_units(units, out);
    out += ',';
}

void append_part(double units, CapacityKind kind, std::string& out) {
    out += '{';
    append_kind(kind, units, out);
    out += "\"CapacityUnits\":";
    append_units(units, out);
    out += '}';
}

void append_parts(std::string_view name, const Parts& parts, CapacityKind kind, std::string& out) {
    if (parts.empty()) return;
    out.append(",\"").append(name).append("\":{");
    bool first = true;
    for (const auto& [index, units] : parts) {
        if (!first) out += ',';
        first = false;
        append_json_string(out, index);
        out += ':';
        append_part(units, kind, out);
    }
    out += '}';
}

/// What the index stores of the item, or nothing when the item is not in it.
std::optional<Item> entry_of(const IndexSchema& index,
                             const TableSchema& schema,
                             const Item* item) {
    if (item == nullptr) return std::nullopt;
    for (const KeyAttribute* attribute : index.key.attributes()) {
        if (item->find(attribute->name) == nullptr) return std::nullopt;
    }
    if (index.projection == ProjectionType::all) return *item;
    Item entry;
    const auto take = [&](const std::string& name) {
        if (const Value* value = item->find(name)) entry.set(name, *value);
    };
    for (const KeySchema* key : {&schema.key, &index.key}) {
        for (const KeyAttribute* attribute : key->attributes()) take(attribute->name);
    }
    for (const std::string& name : index.non_key_attributes) take(name);
    return entry;
}

bool same_key(const KeySchema& key, const Item& one, const Item& other) {
    return std::ranges::all_of(key.attributes(), [&](const KeyAttribute* attribute) {
        return *one.find(attribute->name) == *other.find(attribute->name);
    });
}

/// An entry that moves is one write at its old place and one at its new.
double index_units(const IndexSchema& index,
                   const TableSchema& schema,
                   const Item* before,
                   const Item* after) {
    const auto old_entry = entry_of(index, schema, before);
    const auto new_entry = entry_of(index, schema, after);
    if (!old_entry && !new_entry) return 0;
    if (old_entry && new_entry && same_key(index.key, *old_entry, *new_entry)) {
        if (*old_entry == *new_entry) return 0;
        return write_units(std::max(size_of(*old_entry), size_of(*new_entry)));
    }
    double units = 0;
    if (old_entry) units += write_units(size_of(*old_entry));
    if (new_entry) units += write_units(size_of(*new_entry));
    return units;
}

}  // namespace

CapacityReport read_capacity_report(const Json& request) {
    const auto text = text_member(request, "ReturnConsumedCapacity");
    if (text == "TOTAL") return CapacityReport::total;
    if (text == "INDEXES") return CapacityReport::indexes;
    return CapacityReport::none;
}

bool wants_metrics(const Json& request) {
    return text_member(request, "ReturnItemCollectionMetrics") == "SIZE";
}

double read_units(std::size_t bytes, bool consistent) {
    const auto units = static_cast<double>(blocks(bytes, read_block));
    return consistent ? units : units / 2;
}

double write_units(std::size_t bytes) {
    return static_cast<double>(blocks(bytes, write_block));
}

void Consumed::add_index(const IndexSchema& index, double units) {
    if (units == 0) return;
    add_part(index.local ? local : global, index.name, units);
}

void Consumed::add(const Consumed& other) {
    table_units += other.table_units;
    for (const auto& [name, units] : other.local) add_part(local, name, units);
    for (const auto& [name, units] : other.global) add_part(global, name, units);
}

double Consumed::total() const {
    double sum = table_units;
    for (const auto& [name, units] : local) sum += units;
    for (const auto& [name, units] : global) sum += units;
    return sum;
}

void append_units(double units, std::string& out) {
    out += fmt::format("{:.1f}", units);
}

void append_consumed(const Consumed& consumed, CapacityReport report, std::string& out) {
    out += "{\"TableName\":";
    append_json_string(out, consumed.table);
    out += ',';
    append_kind(consumed.kind, consumed.total(), out);
    out += "\"CapacityUnits\":";
    append_units(consumed.total(), out);
    if (report == CapacityReport::indexes) {
        out += ",\"Table\":";
        append_part(consumed.table_units, consumed.kind, out);
        append_parts("LocalSecondaryIndexes", consumed.local, consumed.kind, out);
        append_parts("GlobalSecondaryIndexes", consumed.global, consumed.kind, out);
    }
    out += '}';
}

Consumed consumed_by_write(const TableSchema& schema, const Item* before, const Item* after) {
    Consumed consumed{schema.name};
    const std::size_t old_size = before != nullptr ? size_of(*before) : 0;
    const std::size_t new_size = after != nullptr ? size_of(*after) : 0;
    consumed.table_units = write_units(std::max(old_size, new_size));
    for (const IndexSchema& index : schema.indexes) {
        consumed.add_index(index, index_units(index, schema, before, after));
    }
    return consumed;
}

bool has_collections(const TableSchema& schema) {
    return std::ranges::any_of(schema.indexes, &IndexSchema::local);
}

void append_collection(const TableSchema& schema, const Item& key, std::string& out) {
    Item hash;
    const std::string& name = schema.key.hash.name;
    if (const Value* value = key.find(name)) hash.set(name, *value);
    out += "{\"ItemCollectionKey\":";
    append_typed_json(hash, out);
    // An estimate, and never a close one: DynamoDB's own is refreshed every few hours.
    out += ",\"SizeEstimateRangeGB\":[0.0,1.0]}";
}

}  // namespace carillon::dynamo::endpoint
