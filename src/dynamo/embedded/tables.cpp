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

const std::string& index_name(const IndexSchema& index) {
    return index.name;
}

const std::string& index_name(const Index& index) {
    return index.schema.name;
}

}  // namespace

std::shared_ptr<Table> copy_table(const Table& table) {
    auto next = std::make_shared<Table>();
    next->schema = table.schema;
    next->id = table.id;
    next->indexes = table.indexes;
    next->ttl_index = table.ttl_index;
    next->ttl_building = table.ttl_building;
    next->uuid = table.uuid;
    next->created_at = table.created_at;
    next->counts = table.counts;
    next->stream = table.stream;
    next->stream_label = table.stream_label;
    finish_table(*next);
    return next;
}

void put_table(Applier& applier, const Table& table, std::uint32_t next_id) {
    rocksdb::WriteBatch& batch = applier.group().batch;
    Rocks& rocks = applier.rocks();
    batch.Put(rocks.meta(), "s" + table.schema.name, encode_table(table)).PermitUncheckedError();
    batch.Put(rocks.meta(), "n", id_prefix(next_id)).PermitUncheckedError();
}

namespace {

/// Everything that can be wrong with the change, before anything is written.
Result<> check_change(const Table& table, const TableChange& change) {
    TableSchema schema = table.schema;
    if (change.drop_index) {
        const auto named = [&](const IndexSchema& one) { return one.name == *change.drop_index; };
        if (std::erase_if(schema.indexes, named) == 0) {
            return std::unexpected(index_not_found(*change.drop_index));
        }
    }
    if (change.create_index) schema.indexes.push_back(*change.create_index);
    if (change.time_to_live) schema.ttl_attribute = *change.time_to_live;
    return check_schema(schema);
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
    for (const std::uint32_t id : indexes) {
        delete_index(applier, id);
        backfills_.forget(applier, rocks, id);
    }
    publish_catalog(applier, std::move(changed), table);
    applier.group().on_commit.emplace_back([this, indexes] {
        for (const std::uint32_t id : indexes) marks_.forget_index(id_prefix(id));
    });
    dropped = table->describe();
    dropped.status = "DELETING";
    return {};
}

Result<> Engine::change_ttl(Applier& applier,
                            Catalog& changed,
                            Table& table,
                            const std::optional<std::string>& attribute) {
    if (table.schema.ttl_attribute == attribute) return {};
    if (table.ttl_index != 0) remove_index(applier, table.ttl_index);
    table.schema.ttl_attribute = attribute;
    table.ttl_index = attribute ? changed.next_id++ : 0;
    table.ttl_building = attribute.has_value();
    return {};
}

void Engine::remove_index(Applier& applier, std::uint32_t id) {
    delete_index(applier, id);
    backfills_.forget(applier, *rocks_, id);
    applier.group().on_commit.emplace_back([this, id] { marks_.forget_index(id_prefix(id)); });
}

Result<> Engine::drop_index(Applier& applier, const std::string& name, Table& table) {
    const Index* index = table.index(name);
    if (index == nullptr) return std::unexpected(index_not_found(name));
    remove_index(applier, index->id);
    const auto named = [&](const auto& one) { return index_name(one) == name; };
    std::erase_if(table.schema.indexes, named);
    std::erase_if(table.indexes, named);
    return {};
}

Result<> Engine::change_table(Applier& applier,
                              const std::string& name,
                              const TableChange& change,
                              TableDescription& described) {
    Catalog changed = *applier.catalog();
    const TablePtr table = changed.find(name);
    if (!table) return std::unexpected(table_not_found(name));
    if (change.expected && *change.expected != table->schema) {
        return fail(Errc::condition_failed, "The table was changed meanwhile; look again");
    }
    const std::shared_ptr<Table> next = copy_table(*table);
    if (change.settings) next->schema.settings = *change.settings;
    CARILLON_TRY_VOID(check_change(*next, change));
    if (change.drop_index) CARILLON_TRY_VOID(drop_index(applier, *change.drop_index, *next));
    if (change.create_index) {
        next->schema.indexes.push_back(*change.create_index);
        next->indexes.push_back(
            Index{.schema = *change.create_index, .id = changed.next_id++, .building = true});
    }
    if (change.time_to_live) {
        CARILLON_TRY_VOID(change_ttl(applier, changed, *next, *change.time_to_live));
    }
    finish_table(*next);
    // What is not much is entered at once.
    CARILLON_TRY_VOID(backfill(applier, *next));
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

Task<Result<SchemaPtr>> Engine::table_schema(std::string table) {
    TablePtr found = find(table);
    if (!found) co_return std::unexpected(table_not_found(table));
    const TableSchema* schema = &found->schema;
    co_return SchemaPtr(std::move(found), schema);
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
    // Without threads there is nobody else to go on with it.
    const bool unfinished = !described.building.empty() || described.ttl_building;
    if (!options_.inline_writer || !unfinished) co_return described;
    CARILLON_CO_TRY_VOID(co_await finish_backfills());
    co_return co_await describe_table(std::move(table));
}

Task<Result<>> Engine::set_time_to_live(std::string table, std::optional<std::string> attribute) {
    TableChange change;
    change.time_to_live = std::move(attribute);
    const auto changed = co_await update_table(std::move(table), std::move(change));
    if (!changed) co_return std::unexpected(changed.error());
    co_return Result<>{};
}

}  // namespace carillon::dynamo::embedded
