#include "dynamo/embedded/catalog.hpp"

#include "dynamo/embedded/keys.hpp"
#include "dynamo/embedded/settings_codec.hpp"
#include "dynamo/item/codec.hpp"

#include <algorithm>

namespace carillon::dynamo::embedded {

namespace {

std::unexpected<Error> unreadable() {
    return fail(Errc::corrupt, "The store's table definitions cannot be read");
}

Result<KeyAttribute> decode_key_attribute(const List& parts, std::size_t at) {
    const std::string* name = parts[at].string();
    const Number* type = parts[at + 1].number();
    if (name == nullptr || type == nullptr) return unreadable();
    const std::int64_t code = type->to_int64().value_or(-1);
    if (code < 0 || code > static_cast<std::int64_t>(Type::binary)) return unreadable();
    return KeyAttribute{*name, static_cast<Type>(code)};
}

Value encode_index(const Index& index) {
    Map map;
    map.set("name", index.schema.name);
    map.set("id", static_cast<std::int64_t>(index.id));
    map.set("local", index.schema.local);
    map.set("key", encode_key_schema(index.schema.key));
    map.set("projection", static_cast<int>(index.schema.projection));
    List names;
    for (const std::string& name : index.schema.non_key_attributes) names.emplace_back(name);
    map.set("include", std::move(names));
    if (index.building) map.set("building", true);
    return map;
}

Result<Index> decode_index(const Value& value) {
    const Map* map = value.map();
    if (map == nullptr) return unreadable();
    const std::string* name = text_of(*map, "name");
    const auto id = whole_of(*map, "id");
    const auto projection = whole_of(*map, "projection");
    const Value* local = map->find("local");
    const Value* include = map->find("include");
    if (name == nullptr || !id || !projection || *projection < 0 || *projection > 2 ||
        local == nullptr || local->get_if<bool>() == nullptr || include == nullptr ||
        include->list() == nullptr) {
        return unreadable();
    }
    Index index;
    index.id = static_cast<std::uint32_t>(*id);
    index.schema.name = *name;
    index.schema.local = *local->get_if<bool>();
    CARILLON_TRY(index.schema.key, decode_key_schema(*map));
    index.schema.projection = static_cast<ProjectionType>(*projection);
    index.building = map->find("building") != nullptr;
    for (const Value& attribute : *include->list()) {
        if (attribute.string() == nullptr) return unreadable();
        index.schema.non_key_attributes.push_back(*attribute.string());
    }
    return index;
}

std::optional<Projection> index_projection(const Table& table, const IndexSchema& index) {
    if (index.projection == ProjectionType::all) return std::nullopt;
    std::vector<std::string> names = index.non_key_attributes;
    for (const KeySchema* key : {&table.schema.key, &index.key}) {
        for (const KeyAttribute* attribute : key->attributes()) names.push_back(attribute->name);
    }
    std::ranges::sort(names);
    const auto doubles = std::ranges::unique(names);
    names.erase(doubles.begin(), doubles.end());
    return Projection::of_attributes(std::move(names));
}

}  // namespace

// A key of one or two attributes: name and type of each. A key of several: name, type, and 0 for a
// hash attribute or 1 for a sort attribute.
Value encode_key_schema(const KeySchema& key) {
    List parts;
    const std::size_t hashes = key.hash_attributes().size();
    std::size_t count = 0;
    for (const KeyAttribute* attribute : key.attributes()) {
        parts.emplace_back(attribute->name);
        parts.emplace_back(static_cast<int>(attribute->type));
        if (key.is_multiple()) parts.emplace_back(count < hashes ? 0 : 1);
        ++count;
    }
    return parts;
}

Result<KeySchema> decode_key_schema(const Item& item) {
    const Value* value = item.find("key");
    const List* parts = value != nullptr ? value->list() : nullptr;
    if (parts == nullptr) return unreadable();
    const std::size_t size = parts->size();
    const bool multiple = size > 4 && size % 3 == 0 && size <= 3 * key_attributes_max;
    if (size != 2 && size != 4 && !multiple) return unreadable();
    const std::size_t width = multiple ? 3 : 2;
    KeySchema key;
    for (std::size_t at = 0; at < size; at += width) {
        CARILLON_TRY(KeyAttribute attribute, decode_key_attribute(*parts, at));
        const bool sorts = multiple ? (*parts)[at + 2] == Value(1) : at == 2;
        if (at == 0) {
            key.hash = std::move(attribute);
        } else if (!sorts) {
            key.more_hash.push_back(std::move(attribute));
        } else if (!key.sort) {
            key.sort = std::move(attribute);
        } else {
            key.more_sort.push_back(std::move(attribute));
        }
    }
    return key;
}

const std::string* text_of(const Item& item, std::string_view name) {
    const Value* value = item.find(name);
    return value != nullptr ? value->string() : nullptr;
}

std::optional<std::int64_t> whole_of(const Item& item, std::string_view name) {
    const Value* value = item.find(name);
    const Number* number = value != nullptr ? value->number() : nullptr;
    return number != nullptr ? number->to_int64() : std::nullopt;
}

const Index* Table::index(std::string_view name) const {
    const auto found =
        std::ranges::find_if(indexes, [&](const Index& one) { return one.schema.name == name; });
    return found == indexes.end() ? nullptr : &*found;
}

bool Table::is_building(std::uint32_t index_id) const {
    if (index_id == ttl_index) return ttl_building;
    return std::ranges::any_of(
        indexes, [&](const Index& index) { return index.id == index_id && index.building; });
}

TableDescription Table::describe() const {
    TableDescription description;
    description.schema = schema;
    description.created_at = created_at;
    description.id = uuid;
    description.item_count = counts->items.load();
    description.size_bytes = counts->bytes.load();
    description.stream_label = stream_label;
    description.ttl_building = ttl_building;
    for (const Index& index : indexes) {
        if (index.building) description.building.push_back(index.schema.name);
    }
    return description;
}

TablePtr Catalog::find(std::string_view name) const {
    const auto found = tables.find(name);
    return found == tables.end() ? nullptr : found->second;
}

StreamPtr Catalog::find_stream(const StreamName& name) const {
    for (const auto& [id, stream] : streams) {
        if (stream->name == name) return stream;
    }
    return nullptr;
}

std::shared_ptr<Table> make_table(TableSchema schema,
                                  std::uint32_t& next_id,
                                  std::string uuid,
                                  TimePoint created_at) {
    auto table = std::make_shared<Table>();
    table->id = next_id++;
    for (const IndexSchema& index : schema.indexes) {
        Index added;
        added.schema = index;
        added.id = next_id++;
        table->indexes.push_back(std::move(added));
    }
    if (schema.ttl_attribute) table->ttl_index = next_id++;
    table->schema = std::move(schema);
    table->uuid = std::move(uuid);
    table->created_at = created_at;
    finish_table(*table);
    return table;
}

void finish_table(Table& table) {
    std::vector<std::string_view>& names = table.entry_attributes;
    names.clear();
    for (Index& index : table.indexes) {
        index.key_attributes = index.schema.key.attributes();
        index.hash_count = index.schema.key.hash_attributes().size();
        for (const KeyAttribute* attribute : index.key_attributes) {
            names.emplace_back(attribute->name);
        }
    }
    if (table.schema.ttl_attribute) names.emplace_back(*table.schema.ttl_attribute);
    for (Index& index : table.indexes) index.projection = index_projection(table, index.schema);
    std::ranges::sort(names);
    const auto doubles = std::ranges::unique(names);
    names.erase(doubles.begin(), doubles.end());
}

std::string encode_table(const Table& table) {
    Item item;
    item.set("name", table.schema.name);
    item.set("id", static_cast<std::int64_t>(table.id));
    item.set("uuid", table.uuid);
    item.set("created", to_epoch_ms(table.created_at));
    item.set("key", encode_key_schema(table.schema.key));
    List indexes;
    for (const Index& index : table.indexes) indexes.push_back(encode_index(index));
    item.set("indexes", std::move(indexes));
    if (table.schema.ttl_attribute) {
        item.set("ttl", *table.schema.ttl_attribute);
        item.set("ttl_index", static_cast<std::int64_t>(table.ttl_index));
        if (table.ttl_building) item.set("ttl_building", true);
    }
    if (table.stream) item.set("stream", static_cast<std::int64_t>(table.stream->id));
    if (!table.stream_label.empty()) item.set("stream_label", table.stream_label);
    if (table.schema.settings != TableSettings{}) {
        item.set("settings", encode_settings(table.schema.settings));
    }
    std::string out;
    encode_item(item, out);
    return out;
}

Result<std::shared_ptr<Table>> decode_table(std::string_view bytes, const Streams& streams) {
    CARILLON_TRY(const Item item, decode_item(bytes));
    const std::string* name = text_of(item, "name");
    const std::string* uuid = text_of(item, "uuid");
    const auto id = whole_of(item, "id");
    const auto created = whole_of(item, "created");
    const Value* indexes = item.find("indexes");
    if (name == nullptr || uuid == nullptr || !id || !created || indexes == nullptr ||
        indexes->list() == nullptr) {
        return unreadable();
    }
    auto table = std::make_shared<Table>();
    table->id = static_cast<std::uint32_t>(*id);
    table->uuid = *uuid;
    table->created_at = from_epoch_ms(*created);
    table->schema.name = *name;
    CARILLON_TRY(table->schema.key, decode_key_schema(item));
    for (const Value& value : *indexes->list()) {
        CARILLON_TRY(Index index, decode_index(value));
        table->schema.indexes.push_back(index.schema);
        table->indexes.push_back(std::move(index));
    }
    if (const std::string* ttl = text_of(item, "ttl")) {
        const auto ttl_index = whole_of(item, "ttl_index");
        if (!ttl_index) return unreadable();
        table->schema.ttl_attribute = *ttl;
        table->ttl_index = static_cast<std::uint32_t>(*ttl_index);
        table->ttl_building = item.find("ttl_building") != nullptr;
    }
    if (const Value* settings = item.find("settings")) {
        CARILLON_TRY(table->schema.settings, decode_settings(*settings));
    }
    if (const std::string* label = text_of(item, "stream_label")) table->stream_label = *label;
    if (const auto stream = whole_of(item, "stream")) {
        const auto found = streams.find(static_cast<std::uint32_t>(*stream));
        if (found == streams.end()) return unreadable();
        table->stream = found->second;
    }
    finish_table(*table);
    return table;
}

std::string encode_counts(const Counts& counts) {
    std::string out;
    append_u64(static_cast<std::uint64_t>(counts.items), out);
    append_u64(static_cast<std::uint64_t>(counts.bytes), out);
    return out;
}

Result<Counts> decode_counts(std::string_view bytes) {
    if (bytes.size() != 2 * sizeof(std::uint64_t)) return unreadable();
    return Counts{static_cast<std::int64_t>(read_u64(bytes)),
                  static_cast<std::int64_t>(read_u64(bytes.substr(sizeof(std::uint64_t))))};
}

}  // namespace carillon::dynamo::embedded
