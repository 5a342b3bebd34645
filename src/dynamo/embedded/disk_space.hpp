// How much room the store's disk has.
//
// RocksDB survives a disk that fills up under it, but not in every place (opening a store without a
// free block ends in an assertion of Debian's build). So writes stop a little earlier: while what
// is free is less than what the memtables may still need to be written out.

#pragma once

#include "core/result.hpp"

#include <cstdint>
#include <string>

namespace carillon::dynamo::embedded {

/// Bytes that this process may still use there; the largest number when that cannot be told.
[[nodiscard]] std::uint64_t free_disk_bytes(const std::string& directory);

/// Less than this, and a store is not opened at all.
inline constexpr std::uint64_t open_disk_bytes_min = 2U << 20;

/// Remembers its answer for a moment: asked before every commit. Not thread-safe.
class DiskGuard {
public:
    /// An empty directory is never full.
    DiskGuard(std::string directory, std::uint64_t reserve)
        : directory_(std::move(directory)), reserve_(reserve) {}

    /// `unavailable` while the disk is full; `ticks` is the present.
    [[nodiscard]] Result<> check(std::int64_t ticks);

private:
    std::string directory_;
    std::uint64_t reserve_;
    std::int64_t asked_at_ = 0;
    bool full_ = false;
    bool asked_ = false;
};

}  // namespace carillon::dynamo::embedded
