#include "dynamo/embedded/engine.hpp"

#include "dynamo/embedded/fingerprint.hpp"
#include "dynamo/embedded/keys.hpp"
#include "dynamo/item/codec.hpp"
#include "dynamo/validate.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace carillon::dynamo {

Result<std::unique_ptr<EmbeddedDatabase>> open_embedded(const EmbeddedOptions& options,
                                                        runtime::Clock& clock) {
    CARILLON_TRY(std::unique_ptr<embedded::Engine> engine, embedded::Engine::open(options, clock));
    return std::unique_ptr<EmbeddedDatabase>(std::move(engine));
}

}  // namespace carillon::dynamo

namespace carillon::dynamo::embedded {

namespace {

/// Unconditional writes have no use for one huge commit.
constexpr std::size_t batch_write_chunk = 1'000;

Result<> check_readable(const Index* index) {
    if (index == nullptr || !index->building) return {};
    return fail(
        Errc::invalid,
        fmt::format("Cannot read from backfilling global secondary index: {}", index->schema.name));
}

}  // namespace

Capabilities Engine::capabilities() const {
    return {.exclusive = true, .transactions = true, .watches = true, .streams = true};
}

TablePtr Engine::find(const std::string& table) const {
    return writer_->catalog()->find(table);
}

Task<Result<std::optional<Item>>> Engine::write_one(Write write) {
    WriteJob job;
    job.add_unit(std::span(&write, 1), *writer_->catalog(), false);
    PreparedUnit& unit = job.units.front();
    if (!unit.answer) co_return std::unexpected(std::move(unit.answer).error());
    co_await writer_->run(job);
    if (!unit.answer) co_return std::unexpected(std::move(unit.answer).error());
    co_return std::move(unit.returned);
}

Task<Result<std::optional<Item>>> Engine::put_item(PutRequest request) {
    return write_one(Write(std::move(request)));
}

Task<Result<std::optional<Item>>> Engine::update_item(UpdateRequest request) {
    return write_one(Write(std::move(request)));
}

Task<Result<std::optional<Item>>> Engine::delete_item(DeleteRequest request) {
    return write_one(Write(std::move(request)));
}

Task<std::vector<Result<>>> Engine::update_batch(std::vector<WriteUnit> units, bool durable) {
    WriteJob job;
    job.durable = durable;
    job.units.reserve(units.size());
    job.writes.reserve(units.size());
    const CatalogPtr catalog = writer_->catalog();
    for (const WriteUnit& unit : units) job.add_unit(unit, *catalog, false);
    if (!job.writes.empty()) co_await writer_->run(job);
    std::vector<Result<>> answers;
    answers.reserve(job.units.size());
    for (PreparedUnit& unit : job.units) answers.push_back(std::move(unit.answer));
    co_return answers;
}

Task<Result<>> Engine::batch_write(std::vector<Write> writes) {
    for (const Write& write : writes) {
        const auto* put = std::get_if<PutRequest>(&write);
        const auto* erase = std::get_if<DeleteRequest>(&write);
        if ((put != nullptr && !put->condition) || (erase != nullptr && !erase->condition)) {
            continue;
        }
        co_return fail(Errc::invalid, "Batch writes are puts and deletes without conditions");
    }
    const CatalogPtr catalog = writer_->catalog();
    // All are checked before any is written.
    std::vector<std::unique_ptr<WriteJob>> jobs;
    for (std::size_t first = 0; first < writes.size(); first += batch_write_chunk) {
        auto job = std::make_unique<WriteJob>();
        const std::size_t count = std::min(batch_write_chunk, writes.size() - first);
        for (std::size_t i = 0; i < count; ++i) {
            job->add_unit(std::span(writes).subspan(first + i, 1), *catalog, false);
            if (!job->units.back().answer) {
                co_return std::unexpected(job->units.back().answer.error());
            }
        }
        jobs.push_back(std::move(job));
    }
    for (const std::unique_ptr<WriteJob>& job : jobs) {
        co_await writer_->run(*job);
        for (PreparedUnit& unit : job->units) {
            if (!unit.answer) co_return std::unexpected(std::move(unit.answer).error());
        }
    }
    co_return Result<>{};
}

Task<Result<>> Engine::transact_write(WriteUnit unit, std::string token) {
    if (token.size() > 36) {
        co_return fail(
            Errc::invalid,
            fmt::format("1 validation error detected: Value '{}' at 'clientRequestToken' failed to "
                        "satisfy constraint: Member must have length less than or equal to 36",
                        token));
    }
    WriteJob job;
    job.add_unit(unit, *writer_->catalog(), true);
    PreparedUnit& prepared = job.units.front();
    if (!prepared.answer) co_return std::unexpected(std::move(prepared.answer).error());
    if (!token.empty()) {
        job.fingerprint = fingerprint(unit);
        job.token = std::move(token);
    }
    co_await writer_->run(job);
    co_return std::move(prepared.answer);
}

Task<Result<std::optional<Item>>> Engine::get_item(GetRequest request) {
    const TablePtr table = find(request.table);
    if (!table) co_return std::unexpected(table_not_found(request.table));
    CARILLON_CO_TRY_VOID(check_get(request, table->schema));
    CARILLON_CO_TRY(std::optional<Item> item, reader_.get(*table, request.key, nullptr));
    if (item && request.projection) item = request.projection->apply(*item);
    co_return item;
}

Task<Result<Page>> Engine::query(QueryRequest request) {
    const TablePtr table = find(request.table);
    if (!table) co_return std::unexpected(table_not_found(request.table));
    const Index* index = request.index ? table->index(*request.index) : nullptr;
    if (request.index && index == nullptr) {
        co_return std::unexpected(index_not_found(*request.index));
    }
    CARILLON_CO_TRY_VOID(check_readable(index));
    CARILLON_CO_TRY_VOID(
        check_query(request, table->schema, index != nullptr ? &index->schema : nullptr));
    co_return reader_.query(*table, index, request);
}

Task<Result<Page>> Engine::scan(ScanRequest request) {
    const TablePtr table = find(request.table);
    if (!table) co_return std::unexpected(table_not_found(request.table));
    const Index* index = request.index ? table->index(*request.index) : nullptr;
    if (request.index && index == nullptr) {
        co_return std::unexpected(index_not_found(*request.index));
    }
    CARILLON_CO_TRY_VOID(check_readable(index));
    CARILLON_CO_TRY_VOID(
        check_scan(request, table->schema, index != nullptr ? &index->schema : nullptr));
    co_return reader_.scan(*table, index, request);
}

Task<Result<BatchGetResult>> Engine::batch_get(BatchGetRequest request) {
    BatchGetResult result;
    for (const BatchGetRequest::PerTable& wanted : request.tables) {
        const TablePtr table = find(wanted.table);
        if (!table) co_return std::unexpected(table_not_found(wanted.table));
        for (const Item& key : wanted.keys) {
            CARILLON_CO_TRY_VOID(check_key(key, table->schema.key));
        }
        const Snapshot snapshot(rocks_->db());
        std::vector<Item> items;
        for (const Item& key : wanted.keys) {
            CARILLON_CO_TRY(std::optional<Item> item, reader_.get(*table, key, &snapshot));
            if (!item) continue;
            if (wanted.projection) item = wanted.projection->apply(*item);
            items.push_back(*std::move(item));
        }
        result.items.emplace_back(wanted.table, std::move(items));
    }
    co_return result;
}

Task<Result<std::vector<std::optional<Item>>>> Engine::transact_get(
    std::vector<GetRequest> requests) {
    CARILLON_CO_TRY_VOID(check_unit_size(requests.size()));
    const CatalogPtr catalog = writer_->catalog();
    const Snapshot snapshot(rocks_->db());
    std::vector<std::optional<Item>> items;
    std::vector<std::string> keys;
    for (const GetRequest& request : requests) {
        const TablePtr table = catalog->find(request.table);
        if (!table) co_return std::unexpected(table_not_found(request.table));
        CARILLON_CO_TRY_VOID(check_get(request, table->schema));
        std::string key = item_key(table->id, table->schema.key, request.key);
        if (std::ranges::find(keys, key) != keys.end()) co_return std::unexpected(item_twice());
        keys.push_back(std::move(key));
        CARILLON_CO_TRY(std::optional<Item> item, reader_.get(*table, request.key, &snapshot));
        if (item && request.projection) item = request.projection->apply(*item);
        items.push_back(std::move(item));
    }
    co_return items;
}

Watch Engine::watch(runtime::Loop& loop,
                    std::string table,
                    std::string index,
                    std::vector<Value> partitions,
                    WatchCallback callback) {
    const TablePtr found = find(table);
    const Index* watched = found ? found->index(index) : nullptr;
    // Partitions of several hash attributes have no one value to be named by.
    if (watched == nullptr || watched->hash_count > 1) return {};
    std::vector<std::string> prefixes;
    for (const Value& partition : partitions) {
        if (partition.type() != watched->schema.key.hash.type) continue;
        std::string prefix = id_prefix(watched->id);
        const Value* const values[] = {&partition};
        append_index_partition(*watched, values, prefix);
        prefixes.push_back(std::move(prefix));
    }
    return watches_->add(
        loop, std::move(prefixes), watched->schema.key.sort.has_value(), std::move(callback));
}

EmbeddedStats Engine::stats() const {
    EmbeddedStats stats;
    const WriterStats& writer = writer_->stats();
    stats.groups = writer.groups;
    stats.writes = writer.writes;
    stats.syncs = writer.syncs;
    stats.full = writer.full;
    stats.row_cache_hits = cache_.hits();
    stats.row_cache_misses = cache_.misses();
    for (rocksdb::ColumnFamilyHandle* family :
         {rocks_->meta(), rocks_->items(), rocks_->indexes(), rocks_->changes()}) {
        stats.disk_bytes += rocks_->property(family, "rocksdb.total-sst-files-size");
        stats.memory_bytes += rocks_->property(family, "rocksdb.cur-size-all-mem-tables");
    }
    stats.memory_bytes += rocks_->block_cache_bytes() + cache_.bytes();
    return stats;
}

}  // namespace carillon::dynamo::embedded
