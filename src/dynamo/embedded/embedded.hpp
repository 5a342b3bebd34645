// The embedded engine: DynamoDB's operations over RocksDB, in one directory or in memory.
//
// A directory belongs to one process. One writer applies requests in arrival order and commits them
// in groups; reads run on the caller's thread from a snapshot. README.md says how, and why.
// No RocksDB header is needed to use it.

#pragma once

#include "core/result.hpp"
#include "dynamo/database.hpp"
#include "observability/log.hpp"
#include "runtime/clock.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace carillon::dynamo {

struct EmbeddedOptions {
    /// Created when it is not there. Ignored with `memory`.
    std::string directory{};
    /// Nothing is written to disk; all is gone with the database.
    bool memory = false;
    /// Whether a write is on disk (fdatasync) before it is answered. Without it, writes survive the
    /// death of the process but not of the machine.
    bool sync = true;
    /// No threads: writes are applied on the calling loop at its next turn. For simulation.
    bool inline_writer = false;
    std::size_t block_cache_bytes = 128U << 20;
    std::size_t row_cache_bytes = 32U << 20;
    /// RocksDB's memtables; both together bound what is replayed at start.
    std::size_t item_buffer_bytes = 32U << 20;
    std::size_t index_buffer_bytes = 8U << 20;
    /// How often expired items (TTL) are looked for.
    Duration sweep_interval{1'000};
    /// For what the storage engine says of itself; must outlive the database.
    Log* log = &Log::null();
};

/// Figures for people and metrics. Approximate, except the counts.
struct EmbeddedStats {
    std::uint64_t groups = 0;  ///< Commits.
    std::uint64_t writes = 0;  ///< Items put or deleted.
    std::uint64_t syncs = 0;   ///< Commits that waited for the disk.
    std::uint64_t row_cache_hits = 0;
    std::uint64_t row_cache_misses = 0;
    std::uint64_t disk_bytes = 0;
    std::uint64_t memory_bytes = 0;  ///< Memtables, block cache and row cache.
    bool full = false;               ///< Writes are refused for now: no space on the disk.
};

/// What check() found.
struct StoreReport {
    std::uint64_t items = 0;
    std::uint64_t index_entries = 0;
    std::uint64_t faults = 0;
    std::vector<std::string> examples{};  ///< The first faults, in words.
};

class EmbeddedDatabase : public Database {
public:
    /// Every entry of every index against the items, and back; counts and marks too. Reads
    /// everything, blocks the calling thread, and may run beside writes. Ends with `cancelled` soon
    /// after `*stop` is set.
    [[nodiscard]] virtual Result<StoreReport> check(
        const std::atomic<bool>* stop = nullptr) const = 0;

    [[nodiscard]] virtual EmbeddedStats stats() const = 0;

    /// Makes a copy of the whole store in `directory` (which must not exist), without stopping
    /// writes; files are linked where the file system allows. Not with `memory`.
    [[nodiscard]] virtual Result<> checkpoint(const std::string& directory) = 0;

    /// Rewrites all files without what was deleted or replaced. Blocks the calling thread, and may
    /// run beside writes. Ends with `cancelled` soon after `*stop` is set.
    [[nodiscard]] virtual Result<> compact(std::atomic<bool>* stop = nullptr) = 0;

    /// Reclaims the items that expired (TTL) by now, with their index entries; returns how many.
    /// Runs by itself every `sweep_interval`, except with `inline_writer`.
    [[nodiscard]] virtual Task<Result<std::uint64_t>> sweep_expired() = 0;
};

/// `unavailable` when another process has the directory or the disk is full, `denied` when it may
/// not be written, `corrupt` when its files are damaged, `invalid` when it holds something else.
/// The texts say what to do. `clock` must outlive the database; the database must outlive every
/// task that uses it, and the loops must outlive the database's answers. Destroying it finishes
/// what was accepted.
[[nodiscard]] Result<std::unique_ptr<EmbeddedDatabase>> open_embedded(
    const EmbeddedOptions& options, runtime::Clock& clock);

}  // namespace carillon::dynamo
