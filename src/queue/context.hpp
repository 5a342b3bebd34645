// What the parts of one queue share: where they run, what they work on, how they wake each other.

#pragma once

#include "queue/handler.hpp"
#include "queue/queue.hpp"
#include "queue/row.hpp"
#include "runtime/loop.hpp"
#include "runtime/task_group.hpp"

#include <algorithm>
#include <cstdint>
#include <functional>
#include <string_view>

namespace carillon::queue {

/// Lets one line through per ten seconds, so that a store that is down does not fill the disk.
class RateLimit {
public:
    [[nodiscard]] bool pass(const runtime::Clock& clock) {
        constexpr std::int64_t pause_ns = 10'000'000'000;
        if (passed_once_ && clock.ticks() - last_ < pause_ns) return false;
        passed_once_ = true;
        last_ = clock.ticks();
        return true;
    }

private:
    bool passed_once_ = false;
    std::int64_t last_ = 0;
};

struct QueueMetrics {
    QueueMetrics(Registry& registry, const std::string& queue);

    Counter& claimed;
    Counter& started;
    Counter& done;
    Counter& retried;
    Counter& failed;
    Counter& released;
    Counter& dropped;
    Counter& interrupted;
    Counter& claims_lost;
    Counter& commits;
    Counter& store_errors;
    Gauge& held;
    Gauge& running;
    Gauge& settling;
    Histogram& lateness;
    Histogram& settle_batch;
};

struct Context {
    runtime::Loop& loop;
    dynamo::Database& database;
    const RowMap& rows;
    Handler& handler;
    Random& random;
    Log& log;
    QueueMetrics metrics;
    QueueOptions options;
    bool exclusive = false;
    bool watches = false;
    /// The due index's key, from the table's description.
    dynamo::KeySchema due_key{};
    runtime::TaskGroup group;
    runtime::StopSource stopping{};   ///< Claim and start no more.
    runtime::StopSource hard_stop{};  ///< Running handlers should end.
    QueueStats counts{};              ///< Only the counters.

    /// Rows may have become startable.
    std::function<void()> dispatch{};
    /// The claimer may have something to do (room, a failure that has passed).
    std::function<void()> wake_claimer{};
    /// The index must be read again from this due sort key.
    std::function<void(const dynamo::Value& from)> reread{};

    [[nodiscard]] bool stopped() const { return stopping.stop_requested(); }
};

/// 250 ms, doubling to 5 s.
class ErrorPause {
public:
    [[nodiscard]] Duration next() {
        const Duration pause = pause_;
        pause_ = std::min(pause_ * 2, Duration{5'000});
        return pause;
    }

    void reset() { pause_ = Duration{250}; }

private:
    Duration pause_{250};
};

}  // namespace carillon::queue
