// What a running server does with its own files: figures, a check, a backup, a rewriting.
//
// Not DynamoDB's, and so not of the storage port: the endpoint offers it beside the service's
// operations (maintenance_operations.hpp) to those who may. app implements it over the embedded
// engine, and once more as a client of another process, so that `carillon store` does not care
// which of the two it has.

#pragma once

#include "core/result.hpp"
#include "runtime/task.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace carillon::dynamo::endpoint {

struct StoreFigures {
    std::uint64_t tables = 0;
    std::uint64_t indexes = 0;
    std::uint64_t items = 0;
    std::uint64_t item_bytes = 0;
    std::uint64_t file_bytes = 0;    ///< On the disk; 0 for a store in memory.
    std::uint64_t memory_bytes = 0;  ///< Of buffers and caches.
};

struct StoreCheck {
    std::uint64_t items = 0;
    std::uint64_t index_entries = 0;
    std::uint64_t faults = 0;
    std::vector<std::string> examples{};  ///< The first faults, in words.
};

/// In bytes of files.
struct Compaction {
    std::uint64_t before = 0;
    std::uint64_t after = 0;
};

/// Lives on one loop. All of it runs beside reads and writes. One check, backup or rewriting at a
/// time: another is refused with `throttled` while it runs.
class Maintenance {
public:
    Maintenance() = default;
    Maintenance(const Maintenance&) = delete;
    Maintenance& operator=(const Maintenance&) = delete;
    virtual ~Maintenance() = default;

    [[nodiscard]] virtual Task<Result<StoreFigures>> stats() = 0;
    /// Reads everything: checksums, and each index against its items.
    [[nodiscard]] virtual Task<Result<StoreCheck>> check() = 0;
    /// A copy of one instant, as a store of its own in `directory`: an absolute path, on the
    /// machine that has the store. `already_exists` when it is there. Returns the copy's bytes.
    [[nodiscard]] virtual Task<Result<std::uint64_t>> backup(std::string directory) = 0;
    /// Gives back the space of what is gone.
    [[nodiscard]] virtual Task<Result<Compaction>> compact() = 0;
};

}  // namespace carillon::dynamo::endpoint
