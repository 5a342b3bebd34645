// One commit in the making: what the requests of a group change, before any of it is on disk.
//
// The writer applies requests to the newest group; while that happens the group before it may still
// be on its way to the disk (`base`). Rows are looked up in this order: the group itself, its base,
// the row cache, RocksDB.

#pragma once

#include "dynamo/embedded/bytes_map.hpp"
#include "dynamo/embedded/catalog.hpp"
#include "dynamo/embedded/keys.hpp"
#include "dynamo/embedded/marks.hpp"
#include "dynamo/embedded/rocks.hpp"
#include "dynamo/embedded/row_cache.hpp"

#include <rocksdb/write_batch.h>

#include <absl/container/flat_hash_map.h>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace carillon::dynamo::embedded {

class Job;

/// A change of one index entry.
struct EntryChange {
    std::string key{};
    std::array<char, prefix_bytes> prefix{};  ///< The entry's value.
    bool put = false;                         ///< Otherwise deleted.
};

struct Group {
    std::vector<Job*> jobs{};
    /// What goes to RocksDB. Holds everything but rows and entries until finish().
    rocksdb::WriteBatch batch{};
    bool sync = false;         ///< A request of it wants to be on disk before its answer.
    std::uint64_t writes = 0;  ///< Items put or deleted.
    std::size_t bytes = 0;     ///< What its requests weigh, to bound it.

    /// Rows after this group, nullptr where deleted.
    BytesMap<Row> rows{};
    std::vector<EntryChange> entries{};  ///< In the order in which they happened.
    PartitionChanges partitions{};
    /// Changes of counts per table.
    absl::flat_hash_map<std::uint32_t, std::pair<TablePtr, Counts>> counts{};
    /// To be run right after the commit, before any answer.
    std::vector<std::function<void()>> on_commit{};
    std::vector<std::function<void()>> on_failure{};
    std::vector<std::string> tokens{};   ///< Remembered for it.
    std::vector<std::string> changed{};  ///< Tables of which changes were recorded.

    /// The group before, if it was not on disk when this one began; dropped when this one is.
    std::shared_ptr<Group> base{};
    std::atomic<bool> failed = false;

    [[nodiscard]] bool changes_anything() const { return writes > 0 || batch.Count() > 0; }

    /// Adds rows and entries to the batch in the order of their keys, the last change of each only:
    /// RocksDB's memtable finds the place of a key several times faster next to that of the one
    /// before.
    void finish(Rocks& rocks);
    /// What it did to a table, or to an index, that is dropped in it.
    void forget_rows(std::uint32_t table);
    void forget_entries(std::uint32_t index);
};

}  // namespace carillon::dynamo::embedded
