// The event bus of seed 001: events are emitted with the caller's own data, and handled by whoever
// subscribed, at least once each.

#pragma once

#include "core/random.hpp"
#include "dynamo/database.hpp"
#include "observability/log.hpp"
#include "observability/metrics.hpp"
#include "outbox/event_store.hpp"
#include "outbox/middleware.hpp"
#include "outbox/subscriptions.hpp"
#include "queue/queue.hpp"
#include "runtime/loop.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace carillon::outbox {

enum class UnknownTypes : std::uint8_t {
    park,         ///< Kept as `parked` until somebody handles the type, or retries or purges it.
    acknowledge,  ///< Counted as handled.
};

/// What becomes of a handled event.
enum class Retention : std::uint8_t {
    keep,     ///< The row stays, as in the seed.
    expire,   ///< It stays for `completed_ttl`.
    archive,  ///< It moves to `archive_table` with the commit that completes it.
    remove,   ///< It is deleted.
};

/// Something that went wrong with one event.
struct Mishap {
    enum class Kind : std::uint8_t {
        attempt,    ///< The handler failed, the event is tried again.
        exhausted,  ///< It failed for the last time: a dead letter.
        unknown,    ///< Nobody handles its type: parked.
    };

    Kind kind = Kind::attempt;
    Event event;
    Error error;
};

struct BusOptions {
    Layout layout{};
    std::size_t batch_size = 50;          ///< Events claimed at a time.
    Duration poll_interval{1'000};        ///< Longest sleep between looks at the table.
    Duration processing_timeout{30'000};  ///< A lease, extended while the handler runs.
    int max_retries = 5;                  ///< Attempts in all, as in the seed.
    Duration base_backoff{1'000};         ///< Doubling, with 10 % of jitter.
    Duration backoff_max{3'600'000};
    std::size_t concurrency = 50;  ///< Events in handlers at a time.
    UnknownTypes unknown = UnknownTypes::park;
    Retention retention = Retention::keep;
    Duration completed_ttl{7 * 86'400'000};
    std::string archive_table = "events-outbox-archive";
    std::string owner = "local";  ///< Unique per process on shared stores.
    /// Called on the loop; must not throw.
    std::function<void(const Mishap&)> on_error{};
};

/// The table that completed events move to.
[[nodiscard]] dynamo::TableSchema archive_schema(std::string table);

/// Lives on one loop.
class EventBus {
public:
    /// Everything given must outlive the bus.
    EventBus(runtime::Loop& loop,
             dynamo::Database& database,
             Random& random,
             Log& log,
             Registry& metrics,
             BusOptions options);
    EventBus(const EventBus&) = delete;
    EventBus& operator=(const EventBus&) = delete;
    ~EventBus();

    /// Creates what is missing; with `work`, also begins to handle, and brings back parked events
    /// that have a handler now.
    [[nodiscard]] Task<Result<>> start(bool work = true);
    /// Claims no more, waits for what runs (`grace`, then it is asked to stop).
    [[nodiscard]] Task<> stop(Duration grace);

    /// Nothing when middleware dropped the event. Errors: invalid, already_exists (another event
    /// has the id), too_large, and the store's.
    [[nodiscard]] Task<Result<std::optional<Emitted>>> emit(Event event);
    /// Together or not at all, at most emit_max; without those that were dropped.
    [[nodiscard]] Task<Result<std::vector<Emitted>>> emit_many(std::vector<Event> events);
    /// Adds them to a transaction that the caller commits: they are published if and only if it is.
    [[nodiscard]] Task<Result<std::vector<Emitted>>> emit_many(std::vector<Event> events,
                                                               dynamo::WriteUnit& transaction);

    /// Exactly one handler per pattern: `already_exists` for a second.
    [[nodiscard]] Result<> on(std::string pattern, EventHandler handler);
    /// For one event that is handled well.
    [[nodiscard]] Result<> once(std::string pattern, EventHandler handler);
    /// All of them, or none.
    [[nodiscard]] Result<> subscribe(const std::vector<std::string>& patterns,
                                     EventHandler handler);
    bool off(std::string_view pattern);
    /// The next event of that pattern, handled by being returned. `timeout`, `already_exists`.
    [[nodiscard]] Task<Result<Event>> wait_for(std::string pattern,
                                               Duration timeout = Duration{5'000});
    void use(Middleware middleware, Phase phase);

    [[nodiscard]] const Subscriptions& subscriptions() const;
    [[nodiscard]] EventStore& events();
    [[nodiscard]] queue::QueueStats stats() const;

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace carillon::outbox
