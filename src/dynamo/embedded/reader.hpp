// Reads: from snapshots, on the caller's thread.

#pragma once

#include "dynamo/embedded/catalog.hpp"
#include "dynamo/embedded/marks.hpp"
#include "dynamo/embedded/page.hpp"
#include "dynamo/embedded/rocks.hpp"
#include "dynamo/embedded/row_cache.hpp"
#include "runtime/clock.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace carillon::dynamo::embedded {

class Snapshot {
public:
    explicit Snapshot(rocksdb::DB& db) : db_(db), snapshot_(db.GetSnapshot()) {}

    Snapshot(const Snapshot&) = delete;
    Snapshot& operator=(const Snapshot&) = delete;

    ~Snapshot() { db_.ReleaseSnapshot(snapshot_); }

    [[nodiscard]] const rocksdb::Snapshot* get() const { return snapshot_; }

    [[nodiscard]] std::uint64_t sequence() const { return snapshot_->GetSequenceNumber(); }

private:
    rocksdb::DB& db_;
    const rocksdb::Snapshot* snapshot_;
};

/// Keys from `lower` on, before `upper` (empty: no end).
struct KeyRange {
    std::string lower;
    std::string upper;
};

/// Thread-safe.
class Reader {
public:
    Reader(Rocks& rocks, RowCache& cache, Marks& marks, runtime::Clock& clock)
        : rocks_(rocks), cache_(cache), marks_(marks), clock_(clock) {}

    /// The item, unless it has expired. `snapshot` may be nullptr: then the latest.
    [[nodiscard]] Result<std::optional<Item>> get(const Table& table,
                                                  const Item& key,
                                                  const Snapshot* snapshot) const;
    /// Requests that have been checked.
    [[nodiscard]] Result<Page> query(const Table& table,
                                     const Index* index,
                                     const QueryRequest& request) const;
    [[nodiscard]] Result<Page> scan(const Table& table,
                                    const Index* index,
                                    const ScanRequest& request) const;

private:
    struct Walk;
    struct Pointer;

    [[nodiscard]] Result<Page> walk(Walk& walk, PageBuilder& page) const;
    [[nodiscard]] Result<bool> walk_items(rocksdb::Iterator& at,
                                          const Walk& walk,
                                          PageBuilder& page) const;
    [[nodiscard]] Result<bool> walk_entries(rocksdb::Iterator& at,
                                            const Walk& walk,
                                            PageBuilder& page) const;
    [[nodiscard]] Result<bool> add_pointed(const Walk& walk,
                                           std::vector<Pointer>& pointers,
                                           PageBuilder& page) const;
    [[nodiscard]] Result<> fetch(const Walk& walk, std::vector<Pointer>& pointers) const;

    Rocks& rocks_;
    RowCache& cache_;
    Marks& marks_;
    runtime::Clock& clock_;
};

}  // namespace carillon::dynamo::embedded
