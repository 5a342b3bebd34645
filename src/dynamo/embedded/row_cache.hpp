// Encoded rows that were written or looked up lately, so that the writer and the readers of hot
// rows need not search RocksDB for them.
//
// Written through: an entry is always the row's latest version. It carries the sequence number from
// which on it may be used, so a reader of an older snapshot passes it by. Bounded: each shard keeps
// two generations and forgets the older when the younger is half of its share.

#pragma once

#include "dynamo/embedded/bytes_map.hpp"

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

namespace carillon::dynamo::embedded {

/// An encoded item; nullptr stands for "there is none". Shared between the cache, the group that
/// writes it and readers.
using Row = std::shared_ptr<const std::string>;

/// Thread-safe.
class RowCache {
public:
    explicit RowCache(std::size_t bytes);

    /// The row, if it is here and `sequence` is not older than it.
    [[nodiscard]] Row find(std::string_view key, std::uint64_t sequence) const;
    /// `sequence` is the database's at the commit that wrote the row, or any later one at which the
    /// row is still the latest.
    void put(std::string_view key, const Row& row, std::uint64_t sequence);
    /// `sequence` as for put.
    void erase(std::string_view key, std::uint64_t sequence);
    /// What a reader found in its snapshot. Kept unless the row may have been written since.
    void fill(std::string_view key, const Row& row, std::uint64_t sequence);

    [[nodiscard]] std::uint64_t hits() const { return hits_.load(std::memory_order_relaxed); }

    [[nodiscard]] std::uint64_t misses() const { return misses_.load(std::memory_order_relaxed); }

    [[nodiscard]] std::size_t bytes() const;

private:
    static constexpr std::size_t shard_count = 16;
    static constexpr std::size_t slot_count = 1'024;

    struct Cached {
        Row row;
        std::uint64_t sequence = 0;
    };

    using Generation = BytesMap<Cached>;

    struct Shard {
        mutable std::mutex mutex;
        Generation young;
        Generation old;
        std::size_t young_bytes = 0;
        std::size_t old_bytes = 0;
        /// The newest sequence at which a key that hashes here was written: what tells fill() that
        /// its snapshot is too old.
        std::array<std::uint64_t, slot_count> written{};
    };

    void insert(Shard& shard, std::string_view key, const Row& row, std::uint64_t sequence);
    [[nodiscard]] static std::uint64_t& slot_of(Shard& shard, std::string_view key);

    [[nodiscard]] const Shard& shard_of(std::string_view key) const;
    [[nodiscard]] Shard& shard_of(std::string_view key);

    std::size_t generation_bytes_;
    std::array<Shard, shard_count> shards_;
    mutable std::atomic<std::uint64_t> hits_ = 0;
    mutable std::atomic<std::uint64_t> misses_ = 0;
};

}  // namespace carillon::dynamo::embedded
