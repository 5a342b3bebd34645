// Rewriting files without what is gone.

#include "dynamo/embedded/engine.hpp"

#include <rocksdb/db.h>

namespace carillon::dynamo::embedded {

Result<> Engine::compact(std::atomic<bool>* stop) {
    rocksdb::CompactRangeOptions options;
    options.canceled = stop;
    // Writes go on meanwhile, and so do the compactions that RocksDB starts by itself.
    options.exclusive_manual_compaction = false;
    // The last level too: that is where most of what is gone lies.
    options.bottommost_level_compaction = rocksdb::BottommostLevelCompaction::kForceOptimized;
    for (rocksdb::ColumnFamilyHandle* family :
         {rocks_->meta(), rocks_->items(), rocks_->indexes(), rocks_->changes()}) {
        const rocksdb::Status status = rocks_->db().CompactRange(options, family, nullptr, nullptr);
        if (stop != nullptr && *stop) return fail(Errc::cancelled, "the compaction was stopped");
        if (!status.ok()) return std::unexpected(to_error(status, "compact the store"));
    }
    return {};
}

}  // namespace carillon::dynamo::embedded
