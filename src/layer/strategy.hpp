// When a layer syncs by itself: a pure rule over what is known of it.

#pragma once

#include "core/time.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

namespace carillon::layer {

/// What a layer says about itself. The seed's fields, and more.
struct LayerMeta {
    std::int64_t cursor = 0;  ///< Rises with every sync: the syncer's epochs so far.
    bool loaded = false;
    std::int64_t synced_last_total = 0;
    std::int64_t synced_times = 0;
    std::int64_t synced_total = 0;
    std::int64_t unsynced_last_total = 0;  ///< Of this program's last set().
    std::int64_t unsynced_total = 0;

    std::int64_t unsynced_bytes = 0;
    std::int64_t unsynced_partitions = 0;
    std::optional<TimePoint> unsynced_since{};  ///< About when the oldest of them came.
    std::optional<TimePoint> last_sync_at{};
    std::int64_t last_sync_ms = 0;
    std::string syncing{};  ///< Who holds the syncer's lease now; empty: nobody.
};

/// Any of these is enough. None: only sync() syncs.
struct SyncStrategy {
    std::optional<std::int64_t> count{};  ///< Changes that are not folded.
    std::optional<std::int64_t> bytes{};
    std::optional<Duration> age{};  ///< Of the oldest of them.
    std::function<bool(const LayerMeta&)> when{};

    [[nodiscard]] bool any() const { return count || bytes || age || when; }
};

[[nodiscard]] inline bool is_due(const SyncStrategy& strategy,
                                 const LayerMeta& meta,
                                 TimePoint now) {
    if (strategy.when && strategy.when(meta)) return true;
    if (meta.unsynced_total <= 0) return false;
    if (strategy.count && meta.unsynced_total >= *strategy.count) return true;
    if (strategy.bytes && meta.unsynced_bytes >= *strategy.bytes) return true;
    return strategy.age && meta.unsynced_since && *meta.unsynced_since + *strategy.age <= now;
}

}  // namespace carillon::layer
