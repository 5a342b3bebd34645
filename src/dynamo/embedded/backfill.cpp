#include "dynamo/embedded/backfill.hpp"

#include "dynamo/embedded/engine.hpp"
#include "dynamo/embedded/keys.hpp"
#include "dynamo/item/codec.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace carillon::dynamo::embedded {

namespace {

// What one commit enters: some milliseconds of the writer's time.
constexpr std::size_t items_at_once = 512;
constexpr std::size_t bytes_at_once = 1U << 20;

std::string record_key(std::uint32_t index) {
    return "b" + id_prefix(index);
}

/// The rows that the group, or the one before it, leaves behind: not in RocksDB yet.
const Row* pending(const Group& group, std::string_view key) {
    for (const Group* one : {&group, static_cast<const Group*>(group.base.get())}) {
        if (one == nullptr) continue;
        const auto found = one->rows.find(key);
        if (found != one->rows.end()) return &found->second;
    }
    return nullptr;
}

Result<> enter(Applier& applier,
               const Table& table,
               std::string_view index_prefix,
               std::string_view key,
               std::string_view row) {
    CARILLON_TRY(const Item attributes, decode_attributes(row, table.entry_attributes));
    std::string list;
    append_entries(table, attributes, key, list);
    for (std::string_view rest = list; !rest.empty();) {
        const Entry entry = take_entry(rest);
        if (!entry.key.starts_with(index_prefix)) continue;
        applier.group()
            .batch
            .Put(applier.rocks().indexes(),
                 slice(entry.key),
                 slice(key.substr(id_bytes, prefix_bytes)))
            .PermitUncheckedError();
    }
    return {};
}

/// Pending rows with keys behind `after`, up to `last` (empty: to the end of the table).
Result<> enter_pending(Applier& applier,
                       const Table& table,
                       std::string_view index_prefix,
                       std::string_view after,
                       std::string_view last) {
    const std::string prefix = id_prefix(table.id);
    const Group& group = applier.group();
    for (const Group* one : {static_cast<const Group*>(group.base.get()), &group}) {
        if (one == nullptr) continue;
        for (const auto& [key, row] : one->rows) {
            const bool within =
                key.starts_with(prefix) && key > after && (last.empty() || key <= last);
            if (!within || !row) continue;
            const Row* newest = pending(group, key);
            if (newest == nullptr || newest->get() != row.get()) continue;
            CARILLON_TRY_VOID(enter(applier, table, index_prefix, key, *row));
        }
    }
    return {};
}

/// Goes on behind `cursor`; where it came to, or nothing at the end.
Result<std::optional<std::string>> fill_part(Applier& applier,
                                             const Table& table,
                                             std::uint32_t index,
                                             const std::string& cursor) {
    const std::string prefix = id_prefix(table.id);
    const std::string upper = after_prefix(prefix);
    const std::string index_prefix = id_prefix(index);
    const rocksdb::Slice bound(upper);
    rocksdb::ReadOptions options;
    options.iterate_upper_bound = &bound;
    options.fill_cache = false;
    const std::unique_ptr<rocksdb::Iterator> at(
        applier.rocks().db().NewIterator(options, applier.rocks().items()));
    std::size_t items = 0;
    std::size_t bytes = 0;
    std::optional<std::string> last;
    at->Seek(cursor.empty() ? prefix : cursor + '\0');
    for (; at->Valid() && items < items_at_once && bytes < bytes_at_once; at->Next()) {
        ++items;
        bytes += at->value().size();
        last = std::string(view(at->key()));
        if (pending(applier.group(), *last) != nullptr) continue;
        CARILLON_TRY_VOID(enter(applier, table, index_prefix, *last, view(at->value())));
    }
    if (!at->status().ok()) return std::unexpected(to_error(at->status(), "read items"));
    if (!at->Valid()) last.reset();
    CARILLON_TRY_VOID(
        enter_pending(applier, table, index_prefix, cursor, last ? std::string_view(*last) : ""));
    return last;
}

}  // namespace

void Backfills::load(std::uint32_t index, std::string cursor) {
    const std::scoped_lock lock(mutex_);
    cursors_[index] = std::move(cursor);
}

std::string Backfills::cursor(std::uint32_t index) const {
    const std::scoped_lock lock(mutex_);
    const auto found = cursors_.find(index);
    return found == cursors_.end() ? std::string() : found->second;
}

void Backfills::advance(Applier& applier,
                        Rocks& rocks,
                        std::uint32_t index,
                        const std::string& cursor) {
    std::string before;
    {
        const std::scoped_lock lock(mutex_);
        before = std::exchange(cursors_[index], cursor);
    }
    applier.group().batch.Put(rocks.meta(), record_key(index), cursor).PermitUncheckedError();
    applier.group().on_failure.emplace_back([this, index, before] {
        // Groups that build on a failed one fail after it.
        const std::scoped_lock lock(mutex_);
        std::string& now = cursors_[index];
        now = std::min(now, before);
    });
}

void Backfills::forget(Applier& applier, Rocks& rocks, std::uint32_t index) {
    applier.group().batch.Delete(rocks.meta(), record_key(index)).PermitUncheckedError();
    applier.group().on_commit.emplace_back([this, index] {
        const std::scoped_lock lock(mutex_);
        cursors_.erase(index);
    });
}

Result<> Engine::backfill(Applier& applier, Table& table) {
    std::vector<std::pair<std::uint32_t, bool*>> unfinished;
    for (Index& index : table.indexes) {
        if (index.building) unfinished.emplace_back(index.id, &index.building);
    }
    if (table.ttl_building) unfinished.emplace_back(table.ttl_index, &table.ttl_building);
    for (const auto& [id, building] : unfinished) {
        CARILLON_TRY(const std::optional<std::string> last,
                     fill_part(applier, table, id, backfills_.cursor(id)));
        if (last) {
            backfills_.advance(applier, *rocks_, id, *last);
            applier.has_more_work() = true;
        } else {
            *building = false;
            backfills_.forget(applier, *rocks_, id);
        }
    }
    return {};
}

Result<bool> Engine::backfill_all(Applier& applier) {
    bool more = false;
    const CatalogPtr catalog = applier.catalog();
    for (const auto& [name, table] : catalog->tables) {
        const auto building = [&] {
            return table->ttl_building || std::ranges::any_of(table->indexes, &Index::building);
        };
        if (!building()) continue;
        const std::shared_ptr<Table> next = copy_table(*table);
        CARILLON_TRY_VOID(backfill(applier, *next));
        const TableDescription before = table->describe();
        const TableDescription after = next->describe();
        more = more || after.ttl_building || !after.building.empty();
        if (after.ttl_building == before.ttl_building && after.building == before.building) {
            continue;
        }
        Catalog changed = *applier.catalog();
        changed.tables[name] = next;
        put_table(applier, *next, changed.next_id);
        publish_catalog(applier, std::move(changed), table);
    }
    return more;
}

Task<Result<>> Engine::finish_backfills() {
    for (;;) {
        bool more = false;
        auto call = [this, &more](Applier& applier) -> Result<> {
            CARILLON_TRY(more, backfill_all(applier));
            return {};
        };
        CallJob job(std::move(call));
        co_await writer_->run(job);
        if (!job.answer) co_return std::unexpected(std::move(job.answer).error());
        if (!more) co_return Result<>{};
    }
}

}  // namespace carillon::dynamo::embedded
