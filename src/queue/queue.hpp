// The durable work queue over one table.
//
// Finds rows that fall due, hands them to the domain's Handler at their very millisecond, and
// records the outcomes in batches. See README.md for the protocol and what survives which crash.

#pragma once

#include "core/backoff.hpp"
#include "core/random.hpp"
#include "observability/log.hpp"
#include "observability/metrics.hpp"
#include "queue/handler.hpp"
#include "queue/row.hpp"
#include "runtime/loop.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace carillon::queue {

/// When to try again after a failed attempt: `retry` at a time, or `failed` when the attempts are
/// spent. `attempt` is the one that has just failed (1 = first). `not_before` (Retry-After) can
/// only make it later, at most by `backoff.cap`.
struct NextAttempt {
    Verdict verdict = Verdict::retry;
    TimePoint ready_at{};
};

[[nodiscard]] NextAttempt after_failure(int attempt,
                                        int attempts_max,
                                        const Backoff& backoff,
                                        TimePoint now,
                                        std::optional<TimePoint> not_before,
                                        Random& random);

struct QueueOptions {
    std::string name = "queue";    ///< In logs and metrics, and the key of the in-flight rows.
    std::size_t concurrency = 25;  ///< Rows in handlers at a time.
    std::size_t concurrency_per_key = 0;  ///< Per fairness key; 0: no limit of its own.
    std::size_t claim_batch = 500;        ///< Rows read and claimed at a time.
    std::size_t held_max = 2'000;         ///< Rows claimed and not yet started, of each band.
    std::size_t held_per_key_max = 500;   ///< So that one dead endpoint cannot fill the memory.
    std::size_t settle_batch = 1'000;     ///< Outcomes per commit at most.
    Duration look_ahead{250};             ///< Rows are claimed this long before they are due.
    Duration poll_interval{1'000};        ///< Longest sleep between looks at the table.
    Duration lease{30'000};       ///< Shared stores: extended by heartbeat at a third of it.
    int interruptions_max = 10;   ///< Then Handler::poisoned.
    std::string owner = "local";  ///< Who holds leases: unique per process on shared stores.
    std::string in_flight_table = "carillon-in-flight";  ///< Exclusive stores only.
    std::string workers_table = "carillon-workers";      ///< Shared stores only.
};

struct QueueStats {
    std::size_t held = 0;      ///< Claimed, waiting for their time or their turn.
    std::size_t running = 0;   ///< In handlers.
    std::size_t settling = 0;  ///< Outcomes not yet durable.
    std::uint64_t done = 0;
    std::uint64_t retried = 0;
    std::uint64_t failed = 0;
    std::uint64_t released = 0;
    std::uint64_t claimed = 0;      ///< Rows that were to be taken.
    std::uint64_t claims_lost = 0;  ///< ... and were taken by another process first.
    std::uint64_t dropped = 0;  ///< Vanished or changed under way; their outcome was not stored.
};

/// Lives on one loop; every call comes from it.
class Queue {
public:
    /// Everything given must outlive the queue.
    Queue(runtime::Loop& loop,
          dynamo::Database& database,
          const RowMap& rows,
          Handler& handler,
          Random& random,
          Log& log,
          Registry& metrics,
          QueueOptions options);
    Queue(const Queue&) = delete;
    Queue& operator=(const Queue&) = delete;
    ~Queue();

    /// Creates the in-flight table when needed, recovers what a dead process held (each counts an
    /// interruption), then claims until stop().
    [[nodiscard]] Task<Result<>> start();
    /// Claims no more; rows held and not started are let go; running ones get `grace` to end, then
    /// their stop token. Returns when every outcome is recorded, or when the store has not taken
    /// them for `grace` more (5 seconds at least): then the log says how many were not recorded,
    /// and their rows run again after the next start.
    [[nodiscard]] Task<> stop(Duration grace);

    /// Runs everything that was due when called, whether or not start() was: returns when all of it
    /// is settled. Works beside the continuous claiming.
    struct RunReport {
        std::uint64_t done = 0;
        std::uint64_t errors = 0;  ///< Attempts that failed.
    };

    [[nodiscard]] Task<Result<RunReport>> run_due();

    /// Keeps the queue's hands off one row while somebody edits it. On exclusive stores an edit
    /// must hold: the row may be in memory, about to start. While a Hold lives the row is not
    /// started. Afterwards the queue reads it again, if it is still due.
    class Hold {
    public:
        Hold() = default;
        Hold(Hold&& other) noexcept;
        Hold& operator=(Hold&& other) noexcept;
        Hold(const Hold&) = delete;
        Hold& operator=(const Hold&) = delete;
        ~Hold();

        /// The row is in a handler (or its outcome is being recorded): the edit comes too late.
        [[nodiscard]] bool running() const { return running_; }

    private:
        friend class Queue;
        Queue* queue_ = nullptr;
        std::string key_;
        bool running_ = false;
    };

    [[nodiscard]] Hold hold(const dynamo::Item& key);

    /// Whether the row is in a handler or its outcome is being recorded: on exclusive stores this
    /// is what tells a running row from a ready one.
    [[nodiscard]] bool running(const dynamo::Item& key) const;
    /// The keys of all such rows.
    [[nodiscard]] std::vector<dynamo::Item> running_keys() const;

    /// Rows were inserted by this process, due then (`first` to `last`): looked at in time also
    /// where the store has no watches, between two polls.
    void inserted(TimePoint first, TimePoint last);

    void inserted(TimePoint due_at) { inserted(due_at, due_at); }

    /// Looks at the table soon. Inserts are noticed without it where the store has watches.
    void wake();
    [[nodiscard]] QueueStats stats() const;

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace carillon::queue
