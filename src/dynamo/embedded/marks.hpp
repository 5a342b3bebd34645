// Low-water marks of index partitions: where the first live entry can be.
//
// RocksDB keeps a tombstone for every deleted key until compaction drops it, and a scan must step
// over each. A queue deletes at its head and scans from its head: without a mark every claim walks
// over all that was ever claimed. So a partition that is scanned from its start remembers a lower
// bound of its live entries, and the next scan begins there.
//
// A mark is never above a live entry. The protocol (proved case by case in README.md):
//   - a scan registers here, then takes its snapshot; when it ends it proposes the first live key
//     it saw, lowered to the smallest key inserted meanwhile;
//   - the writer lowers marks before it commits (so no later scan starts too high) and tells the
//     scans that run about its inserts after the commit (so none of them raises the mark over one).
// Marks are written to the meta column family now and then: `m` + partition -> mark. An insert
// below a written mark rewrites it in its own batch, so a mark found at start is valid too.

#pragma once

#include "dynamo/embedded/bytes_map.hpp"

#include <cstddef>
#include <cstdint>
#include <list>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace carillon::dynamo::embedded {

/// What one group does to one index partition.
struct PartitionChange {
    std::string lowest_insert{};  ///< Empty: none.
    std::uint64_t deletes = 0;
};

using PartitionChanges = BytesMap<PartitionChange>;

/// Thread-safe.
class Marks {
public:
    /// `partitions_max` bounds the memory; partitions beyond it are not tracked.
    explicit Marks(std::size_t partitions_max = 16'384) : partitions_max_(partitions_max) {}

    /// One scan of a partition from its mark. Made before the scan's snapshot.
    class Scan {
    public:
        Scan() = default;
        Scan(Scan&& other) noexcept;
        Scan& operator=(Scan&&) = delete;
        Scan(const Scan&) = delete;
        Scan& operator=(const Scan&) = delete;
        ~Scan();

        /// No live entry lies below it; the partition itself when nothing is known.
        [[nodiscard]] const std::string& mark() const { return mark_; }

        /// The scan went through everything from the mark up to `first_live` and found nothing.
        void finish(std::string_view first_live);

    private:
        friend class Marks;
        Marks* marks_ = nullptr;
        std::string partition_{};
        std::string mark_{};
        std::list<std::optional<std::string>>::iterator inserted_{};
    };

    [[nodiscard]] Scan begin_scan(std::string_view partition);

    /// The group is about to be committed. Returns the marks to write in the same batch.
    using Record = std::pair<std::string, std::string>;  ///< Partition, mark.
    [[nodiscard]] std::vector<Record> before_commit(const PartitionChanges& changes);
    /// It is committed, or has failed and `records` were not written.
    void after_commit(const PartitionChanges& changes,
                      const std::vector<Record>& records,
                      bool committed);

    /// A mark that was read from the store.
    void load(const std::string& partition, std::string mark);
    /// The marks that moved since they were written; for closing.
    [[nodiscard]] std::vector<Record> unwritten();
    /// Forgets everything about an index, when it is dropped.
    void forget_index(std::string_view index_prefix);
    /// The current mark, for checks.
    [[nodiscard]] std::string mark_of(std::string_view partition) const;

private:
    struct Partition {
        std::string mark;
        std::string written;        ///< Empty: none in the store.
        std::uint64_t deletes = 0;  ///< Since it was written.
        std::uint64_t used = 0;     ///< For eviction.
        /// Per running scan, the lowest key inserted since it registered.
        std::list<std::optional<std::string>> scans;
    };

    void end_scan(Scan& scan, const std::optional<std::string>& first_live);
    void evict();

    mutable std::mutex mutex_;
    std::size_t partitions_max_;
    std::uint64_t uses_ = 0;
    BytesMap<Partition> partitions_;
    /// Of the group that is being committed.
    const PartitionChanges* committing_ = nullptr;
};

}  // namespace carillon::dynamo::embedded
