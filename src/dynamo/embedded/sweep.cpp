// Reclaiming what has expired (TTL). Readers do not see expired items; this takes them off the
// disk.

#include "dynamo/embedded/engine.hpp"
#include "dynamo/embedded/keys.hpp"

#include <utility>

namespace carillon::dynamo::embedded {

namespace {

/// Keys of items whose expiry, as their TTL entries say it, has come.
Result<std::vector<std::string>> expired_keys(
    Rocks& rocks, Marks& marks, const Table& table, TimePoint now, std::size_t most) {
    std::vector<std::string> keys;
    const std::string partition = id_prefix(table.ttl_index);
    std::string upper = partition;
    append_u64(static_cast<std::uint64_t>(to_epoch_ms(now) / 1'000 + 1), upper);
    Marks::Scan scan = marks.begin_scan(partition);
    const Snapshot snapshot(rocks.db());
    rocksdb::ReadOptions options;
    options.snapshot = snapshot.get();
    const rocksdb::Slice bound(upper);
    options.iterate_upper_bound = &bound;
    const std::unique_ptr<rocksdb::Iterator> at(rocks.db().NewIterator(options, rocks.indexes()));
    if (scan.mark() >= upper) return keys;
    at->Seek(scan.mark());
    if (at->status().ok()) {
        scan.finish(at->Valid() ? view(at->key()) : std::string_view(upper));
    }
    // What expired too long ago stays, and must not stand in the way of what did not.
    std::string lower = partition;
    append_u64(static_cast<std::uint64_t>(oldest_expiry(now)), lower);
    if (at->Valid() && view(at->key()) < lower) at->Seek(lower);
    for (; at->Valid() && keys.size() < most; at->Next()) {
        std::string key = id_prefix(table.id);
        key += view(at->value());
        key += view(at->key()).substr(id_bytes + sizeof(std::uint64_t));
        keys.push_back(std::move(key));
    }
    if (!at->status().ok())
        return std::unexpected(to_error(at->status(), "look for expired items"));
    return keys;
}

}  // namespace

Result<std::uint64_t> Engine::sweep(Applier& applier, std::size_t most) {
    std::uint64_t reclaimed = 0;
    for (const std::string& token : tokens_.take_expired(applier.now())) {
        applier.group().batch.Delete(rocks_->meta(), "t" + token).PermitUncheckedError();
    }
    CARILLON_TRY_VOID(trim_streams(applier));
    const CatalogPtr catalog = applier.catalog();
    for (const auto& [name, table] : catalog->tables) {
        // While the index is filled, its mark must not move.
        if (table->ttl_index == 0 || table->ttl_building) continue;
        CARILLON_TRY(const std::vector<std::string> keys,
                     expired_keys(*rocks_, marks_, *table, applier.now(), most));
        for (const std::string& key : keys) {
            CARILLON_TRY(const bool gone, applier.reclaim(table, key));
            if (gone) ++reclaimed;
        }
    }
    return reclaimed;
}

bool Engine::idle(Applier& applier) {
    constexpr std::size_t chunk = 512;
    // What goes wrong in here will again, and is then said to who writes.
    bool more = false;
    const std::int64_t now = clock_.ticks();
    const std::int64_t interval = std::chrono::nanoseconds(options_.sweep_interval).count();
    if (now >= swept_at_ + interval) {
        const Result<std::uint64_t> swept = sweep(applier, chunk);
        // There may be more that has expired: not to be left to the next interval.
        more = swept && *swept >= chunk;
        if (!more) swept_at_ = now;
    }
    const Result<bool> unfinished = backfill_all(applier);
    return more || (unfinished && *unfinished);
}

Task<Result<std::uint64_t>> Engine::sweep_expired() {
    constexpr std::size_t chunk = 1'000;
    std::uint64_t total = 0;
    CARILLON_CO_TRY_VOID(co_await finish_backfills());
    for (;;) {
        std::uint64_t reclaimed = 0;
        auto call = [this, &reclaimed](Applier& applier) -> Result<> {
            CARILLON_TRY(reclaimed, sweep(applier, chunk));
            return {};
        };
        CallJob job(std::move(call));
        job.durable = false;
        co_await writer_->run(job);
        if (!job.answer) co_return std::unexpected(std::move(job.answer).error());
        total += reclaimed;
        if (reclaimed == 0) co_return total;
    }
}

}  // namespace carillon::dynamo::embedded
