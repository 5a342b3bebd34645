// Creating, deleting and changing tables, in the order of writes.

#include "core/id.hpp"
#include "dynamo/embedded/engine.hpp"
#include "dynamo/embedded/keys.hpp"
#include "dynamo/item/codec.hpp"
#include "dynamo/validate.hpp"

#include <fmt/format.h>

#include <utility>

namespace carillon::dynamo::embedded {

namespace {

void put_table(Applier& applier, const Table& table, std::uint32_t next_id) {
    rocksdb::WriteBatch& batch = applier.group().batch;
    Rocks& rocks = applier.rocks();
    batch.Put(rocks.meta(), "s" + table.schema.name, encode_table(table)).PermitUncheckedError();
    batch.Put(rocks.meta(), "n", id_prefix(next_id)).PermitUncheckedError();
}

/// All keys that begin with the id.
void delete_range(Applier& applier, rocksdb::ColumnFamilyHandle* family, std::uint32_t id) {
    const std::string first = id_prefix(id);
    applier.group().batch.DeleteRange(family, first, after_prefix(first)).PermitUncheckedError();
}

void delete_index(Applier& applier, std::uint32_t id) {
    Rocks& rocks = applier.rocks();
    applier.group().forget_entries(id);
    delete_range(applier, rocks.indexes(), id);
    const std::string first = "m" + id_prefix(id);
    applier.group()
        .batch.DeleteRange(rocks.meta(), first, after_prefix(first))
        .PermitUncheckedError();
}

/// A table to be changed and published in place of the one given.
std::shared_ptr<Table> copy_of(const Table& table) {
    auto next = std::make_shared<Table>();
    next->schema = table.schema;
    next->id = table.id;
    next->indexes = table.indexes;
    next->ttl_index = table.ttl_index;
    next->uuid = table.uuid;
    next->created_at = table.created_at;
    next->counts = table.counts;
    next->stream = table.stream;
    next->stream_label = table.stream_label;
    return next;
}

const std::string& index_name(const IndexSchema& index) {
    return index.name;
}

const std::string& index_name(const Index& index) {
    return index.schema.name;
}

}  // namespace

void Engine::publish_catalog(Applier& applier, Catalog changed, const TablePtr& replaced) {
    CatalogPtr next = std::make_shared<const Catalog>(std::move(changed));
    applier.set_catalog(next);
    applier.group().on_commit.emplace_back([this, next] { writer_->set_catalog(next); });
    if (!replaced) return;
    replaced->stale = true;
    applier.group().on_failure.emplace_back([replaced] { replaced->stale = false; });
}

Result<> Engine::add_table(Applier& applier, const TableSchema& schema, TableDescription& created) {
    Catalog changed = *applier.catalog();
    if (changed.find(schema.name)) {
        return fail(Errc::already_exists, fmt::format("Table already exists: {}", schema.name));
    }
    const std::shared_ptr<Table> table =
        make_table(schema, changed.next_id, uuid4(random_), applier.now());
    if (schema.settings.stream) begin_stream(applier, changed, *table);
    changed.tables[schema.name] = table;
    put_table(applier, *table, changed.next_id);
    publish_catalog(applier, std::move(changed), nullptr);
    created = table->describe();
    return {};
}

Result<> Engine::drop_table(Applier& applier, const std::string& name, TableDescription& dropped) {
    Catalog changed = *applier.catalog();
    const TablePtr table = changed.find(name);
    if (!table) return std::unexpected(table_not_found(name));
    if (table->schema.settings.deletion_protection) {
        return fail(Errc::invalid,
                    "Resource cannot be deleted as it is currently protected against deletion. "
                    "Disable deletion protection first.");
    }
    changed.tables.erase(name);
    if (table->stream) end_stream(applier, changed, table->stream);
    Rocks& rocks = applier.rocks();
    rocksdb::WriteBatch& batch = applier.group().batch;
    batch.Delete(rocks.meta(), "s" + name).PermitUncheckedError();
    batch.Delete(rocks.meta(), "c" + id_prefix(table->id)).PermitUncheckedError();
    applier.group().forget_rows(table->id);
    delete_range(applier, rocks.items(), table->id);
    std::vector<std::uint32_t> indexes;
    for (const Index& index : table->indexes) indexes.push_back(index.id);
    if (table->ttl_index != 0) indexes.push_back(table->ttl_index);
    for (const std::uint32_t id : indexes) delete_index(applier, id);
    publish_catalog(applier, std::move(changed), table);
    applier.group().on_commit.emplace_back([this, indexes] {
        for (const std::uint32_t id : indexes) marks_.forget_index(id_prefix(id));
    });
    dropped = table->describe();
    dropped.status = "DELETING";
    return {};
}

Result<> Engine::change_ttl(Applier& applier,
                            const std::string& name,
                            const std::optional<std::string>& attribute) {
    Catalog changed = *applier.catalog();
    const TablePtr table = changed.find(name);
    if (!table) return std::unexpected(table_not_found(name));
    if (table->schema.ttl_attribute == attribute) return {};
    const std::shared_ptr<Table> next = copy_of(*table);
    next->schema.ttl_attribute = attribute;
    next->ttl_index = 0;
    CARILLON_TRY_VOID(check_schema(next->schema));
    if (attribute) next->ttl_index = changed.next_id++;
    finish_table(*next);
    if (attribute) CARILLON_TRY_VOID(fill_index(applier, *next, next->ttl_index));
    if (table->ttl_index != 0) delete_index(applier, table->ttl_index);
    changed.tables[name] = next;
    put_table(applier, *next, changed.next_id);
    publish_catalog(applier, std::move(changed), table);
    return {};
}

Result<> Engine::change_table(Applier& applier,
                              const std::string& name,
                              const TableChange& change,
                              TableDescription& described) {
    Catalog changed = *applier.catalog();
    const TablePtr table = changed.find(name);
    if (!table) return std::unexpected(table_not_found(name));
    const std::shared_ptr<Table> next = copy_of(*table);
    if (change.settings) next->schema.settings = *change.settings;
    std::uint32_t dropped = 0;
    if (change.drop_index) {
        const Index* index = next->index(*change.drop_index);
        if (index == nullptr) return std::unexpected(index_not_found(*change.drop_index));
        dropped = index->id;
        const auto named = [&](const auto& one) { return index_name(one) == *change.drop_index; };
        std::erase_if(next->schema.indexes, named);
        std::erase_if(next->indexes, named);
    }
    std::uint32_t created = 0;
    if (change.create_index) {
        created = changed.next_id++;
        next->schema.indexes.push_back(*change.create_index);
        next->indexes.push_back(Index{.schema = *change.create_index, .id = created});
    }
    CARILLON_TRY_VOID(check_schema(next->schema));
    finish_table(*next);
    if (created != 0) CARILLON_TRY_VOID(fill_index(applier, *next, created));
    if (dropped != 0) {
        delete_index(applier, dropped);
        applier.group().on_commit.emplace_back(
            [this, dropped] { marks_.forget_index(id_prefix(dropped)); });
    }
    if (next->schema.settings.stream != table->schema.settings.stream) {
        if (table->stream) end_stream(applier, changed, table->stream);
        next->stream = nullptr;
        if (next->schema.settings.stream) begin_stream(applier, changed, *next);
    }
    changed.tables[name] = next;
    put_table(applier, *next, changed.next_id);
    publish_catalog(applier, std::move(changed), table);
    described = next->describe();
    return {};
}

Result<> Engine::fill_index(Applier& applier, const Table& table, std::uint32_t index) {
    const std::string index_prefix = id_prefix(index);
    // An attempt that was cut short may have left entries under the same id.
    delete_range(applier, rocks_->indexes(), index);
    auto add =
        [&](rocksdb::WriteBatch& batch, std::string_view key, std::string_view row) -> Result<> {
        CARILLON_TRY(const Item attributes, decode_attributes(row, table.entry_attributes));
        std::string list;
        append_entries(table, attributes, primary_of(key), list);
        std::string_view rest = list;
        while (!rest.empty()) {
            const Entry entry = take_entry(rest);
            if (!entry.key.starts_with(index_prefix)) continue;
            batch
                .Put(rocks_->indexes(), slice(entry.key), slice(key.substr(id_bytes, prefix_bytes)))
                .PermitUncheckedError();
        }
        return {};
    };
    // What this group and the one before it change is not in RocksDB yet.
    const Group& group = applier.group();
    auto pending = [&](std::string_view key) -> const Row* {
        for (const Group* one : {&group, static_cast<const Group*>(group.base.get())}) {
            if (one == nullptr) continue;
            const auto found = one->rows.find(key);
            if (found != one->rows.end()) return &found->second;
        }
        return nullptr;
    };
    const std::string prefix = id_prefix(table.id);
    const std::unique_ptr<rocksdb::Iterator> at(
        rocks_->db().NewIterator(rocksdb::ReadOptions(), rocks_->items()));
    for (at->Seek(prefix); at->Valid() && at->key().starts_with(prefix); at->Next()) {
        if (pending(view(at->key())) != nullptr) continue;
        CARILLON_TRY_VOID(add(applier.group().batch, view(at->key()), view(at->value())));
    }
    if (!at->status().ok()) return std::unexpected(to_error(at->status(), "read items"));
    for (const Group* one : {static_cast<const Group*>(group.base.get()), &group}) {
        if (one == nullptr) continue;
        for (const auto& [key, row] : one->rows) {
            const Row* newest = pending(key);
            if (!key.starts_with(prefix) || newest == nullptr || newest->get() != row.get()) {
                continue;
            }
            if (row) CARILLON_TRY_VOID(add(applier.group().batch, key, *row));
        }
    }
    return {};
}

Task<Result<TableDescription>> Engine::create_table(TableSchema schema) {
    CARILLON_CO_TRY_VOID(check_schema(schema));
    TableDescription created;
    auto add = [this, &schema, &created](Applier& applier) {
        return add_table(applier, schema, created);
    };
    CallJob job(std::move(add));
    co_await writer_->run(job);
    if (!job.answer) co_return std::unexpected(std::move(job.answer).error());
    co_return created;
}

Task<Result<TableDescription>> Engine::describe_table(std::string table) {
    const TablePtr found = find(table);
    if (!found) co_return std::unexpected(table_not_found(table));
    co_return found->describe();
}

Task<Result<std::vector<std::string>>> Engine::list_tables() {
    std::vector<std::string> names;
    for (const auto& [name, table] : writer_->catalog()->tables) names.push_back(name);
    co_return names;
}

Task<Result<TableDescription>> Engine::delete_table(std::string table) {
    TableDescription dropped;
    auto drop = [this, &table, &dropped](Applier& applier) {
        return drop_table(applier, table, dropped);
    };
    CallJob job(std::move(drop));
    co_await writer_->run(job);
    if (!job.answer) co_return std::unexpected(std::move(job.answer).error());
    co_return dropped;
}

Task<Result<TableDescription>> Engine::update_table(std::string table, TableChange change) {
    TableDescription described;
    auto apply = [this, &table, &change, &described](Applier& applier) {
        return change_table(applier, table, change, described);
    };
    CallJob job(std::move(apply));
    co_await writer_->run(job);
    if (!job.answer) co_return std::unexpected(std::move(job.answer).error());
    co_return described;
}

Task<Result<>> Engine::set_time_to_live(std::string table, std::optional<std::string> attribute) {
    auto change = [this, &table, &attribute](Applier& applier) {
        return change_ttl(applier, table, attribute);
    };
    CallJob job(std::move(change));
    co_await writer_->run(job);
    co_return std::move(job.answer);
}

}  // namespace carillon::dynamo::embedded
