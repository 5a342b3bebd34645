// One commit in the making: what the requests of a group change, before any of it is on disk.
//
// The writer applies requests to the newest group; while that happens the group before it may still
// be on its way to the disk (`base`). Rows are looked up in this order: the group itself, its base,
// the row cache, RocksDB.

#pragma once

#include "dynamo/embedded/bytes_map.hpp"
#include "dynamo/embedded/catalog.hpp"
#include "dynamo/embedded/marks.hpp"
#include "dynamo/embedded/row_cache.hpp"

#include <rocksdb/write_batch.h>

#include <absl/container/flat_hash_map.h>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace carillon::dynamo::embedded {

class Job;

struct Group {
    std::vector<Job*> jobs{};
    rocksdb::WriteBatch batch{};
    bool sync = false;         ///< A request of it wants to be on disk before its answer.
    std::uint64_t writes = 0;  ///< Items put or deleted.
    std::size_t bytes = 0;     ///< What its requests weigh, to bound it.

    /// Rows after this group, nullptr where deleted.
    BytesMap<Row> rows{};
    PartitionChanges partitions{};
    /// Changes of counts per table.
    absl::flat_hash_map<std::uint32_t, std::pair<TablePtr, Counts>> counts{};
    /// To be run right after the commit, before any answer.
    std::vector<std::function<void()>> on_commit{};
    std::vector<std::function<void()>> on_failure{};
    std::vector<std::string> tokens{};  ///< Remembered for it.

    /// The group before, if it was not on disk when this one began; dropped when this one is.
    std::shared_ptr<Group> base{};
    std::atomic<bool> failed = false;
};

}  // namespace carillon::dynamo::embedded
