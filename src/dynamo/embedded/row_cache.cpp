#include "dynamo/embedded/row_cache.hpp"

#include <utility>

namespace carillon::dynamo::embedded {

namespace {
/// What an entry costs beside its bytes: the map's slot, the shared row's block.
constexpr std::size_t overhead = 128;
}  // namespace

RowCache::RowCache(std::size_t bytes) : generation_bytes_(bytes / shard_count / 2) {}

const RowCache::Shard& RowCache::shard_of(std::string_view key) const {
    // High bits: the maps inside use the low ones.
    return shards_[(BytesHash{}(key) >> 32) % shard_count];
}

RowCache::Shard& RowCache::shard_of(std::string_view key) {
    return shards_[(BytesHash{}(key) >> 32) % shard_count];
}

Row RowCache::find(std::string_view key, std::uint64_t sequence) const {
    const Shard& shard = shard_of(key);
    const std::scoped_lock lock(shard.mutex);
    for (const Generation* generation : {&shard.young, &shard.old}) {
        const auto found = generation->find(key);
        if (found == generation->end()) continue;
        if (found->second.sequence > sequence) break;
        hits_.fetch_add(1, std::memory_order_relaxed);
        return found->second.row;
    }
    misses_.fetch_add(1, std::memory_order_relaxed);
    return nullptr;
}

std::uint64_t& RowCache::slot_of(Shard& shard, std::string_view key) {
    return shard.written[(BytesHash{}(key) >> 40) % slot_count];
}

void RowCache::put(std::string_view key, const Row& row, std::uint64_t sequence) {
    Shard& shard = shard_of(key);
    const std::scoped_lock lock(shard.mutex);
    slot_of(shard, key) = sequence;
    insert(shard, key, row, sequence);
}

void RowCache::fill(std::string_view key, const Row& row, std::uint64_t sequence) {
    Shard& shard = shard_of(key);
    const std::scoped_lock lock(shard.mutex);
    if (slot_of(shard, key) > sequence) return;
    if (shard.young.contains(key) || shard.old.contains(key)) return;
    insert(shard, key, row, sequence);
}

void RowCache::insert(Shard& shard, std::string_view key, const Row& row, std::uint64_t sequence) {
    auto [at, inserted] = shard.young.try_emplace(key, Cached{row, sequence});
    if (!inserted) {
        shard.young_bytes -= at->second.row->size();
        shard.young_bytes += row->size();
        at->second = Cached{row, sequence};
        return;
    }
    shard.young_bytes += key.size() + row->size() + overhead;
    // An older version must not come back when the young one is erased.
    shard.old.erase(key);
    if (shard.young_bytes <= generation_bytes_) return;
    shard.old = std::exchange(shard.young, {});
    shard.old_bytes = std::exchange(shard.young_bytes, 0);
}

void RowCache::erase(std::string_view key, std::uint64_t sequence) {
    Shard& shard = shard_of(key);
    const std::scoped_lock lock(shard.mutex);
    slot_of(shard, key) = sequence;
    const auto at = shard.young.find(key);
    if (at != shard.young.end()) {
        shard.young_bytes -= key.size() + at->second.row->size() + overhead;
        shard.young.erase(at);
    }
    shard.old.erase(key);
}

std::size_t RowCache::bytes() const {
    std::size_t total = 0;
    for (const Shard& shard : shards_) {
        const std::scoped_lock lock(shard.mutex);
        total += shard.young_bytes + shard.old_bytes;
    }
    return total;
}

}  // namespace carillon::dynamo::embedded
