// A transactional outbox inside your program: an event is published if and only if your data was
// saved.
//
//     carillon::Transaction transaction(store);
//     orders.insert(transaction, order);
//     outbox.emit(transaction, {.type = "order.placed", .payload = R"({"order":7})"});
//     transaction.commit();                       // both, or neither
//
//     outbox.on("order.placed", [](const carillon::Event& event) { return send(event); });
//     outbox.start();
//
// Whoever dies between any two of these lines loses nothing: what was committed is handled after
// the next start. Each event is handled at least once; tell repetitions by its id.

#pragma once

#include "carillon/failure.hpp"
#include "carillon/record_table.hpp"
#include "carillon/store.hpp"
#include "carillon/webhook.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace carillon {

enum class EventStatus {
    created,    ///< Waits for its time or its turn.
    active,     ///< With a worker.
    completed,  ///< Handled.
    failed,     ///< Dead letter: its attempts are spent.
    parked,     ///< Nobody handles its type.
};

struct Event {
    std::string id{};                      ///< Empty when emitted: one is made.
    std::string type{};                    ///< `order.placed`: 1 to 256 bytes.
    std::string payload = "null";          ///< JSON text.
    std::optional<Instant> occurred_at{};  ///< Default: when it is emitted.
    std::optional<Instant> due_at{};       ///< Not handled before.
    std::string metadata{};                ///< A JSON object; empty: none.
    std::string key{};                     ///< What brokers order by.

    // What the outbox knows; ignored when emitted.
    EventStatus status = EventStatus::created;
    int retries = 0;
    std::string last_error{};
};

/// How the table keeps its events: see docs/outbox.md.
enum class OutboxLayout {
    seed,     ///< As today's TypeScript workers do, who may work on it too.
    seed_v0,  ///< As their first generation did.
    sharded,  ///< Ours: no partition of the index is hot.
};

struct OutboxOptions {
    std::string table = "events-outbox";
    OutboxLayout layout = OutboxLayout::seed;
    std::size_t workers = 8;  ///< Threads that call your handlers.
    std::size_t batch_size = 50;
    std::chrono::milliseconds poll_interval{1'000};
    /// How long events stay with a process that has died, on stores that several share.
    std::chrono::milliseconds processing_timeout{30'000};
    int max_retries = 5;  ///< Attempts in all.
    std::chrono::milliseconds base_backoff{1'000};
};

/// Every call may come from any thread, and blocks until it is done.
class Outbox {
public:
    using Handler = std::function<Expected<>(const Event&)>;

    explicit Outbox(const Store& store, OutboxOptions options = {});
    Outbox(Outbox&& other) noexcept;
    Outbox& operator=(Outbox&& other) noexcept;
    Outbox(const Outbox&) = delete;
    Outbox& operator=(const Outbox&) = delete;
    /// stop(), without grace.
    ~Outbox();

    /// Creates the table, or the index that it lacks.
    [[nodiscard]] Expected<> create_table();

    /// By itself. Its id; that of an event with the same id, type and payload is answered without
    /// writing it again, another one of that id is `already_exists`.
    [[nodiscard]] Expected<std::string> emit(const Event& event);
    /// With the transaction: published if and only if that is committed. Its id.
    [[nodiscard]] Expected<std::string> emit(Transaction& transaction, const Event& event);

    /// Exactly one handler for a pattern (`order.placed`, `order.*`, `*`): `already_exists` for a
    /// second. It is called on threads of the outbox; a Failure, or what it throws, is tried again
    /// until the attempts are spent.
    [[nodiscard]] Expected<> on(const std::string& pattern, Handler handler);

    /// Begins to handle events. In a directory and in memory one outbox at a time may work on a
    /// table: `conflict` for a second.
    [[nodiscard]] Expected<> start();
    /// Waits for the handlers that run. start() may be called again.
    void stop(std::chrono::milliseconds grace = std::chrono::seconds{10});

    [[nodiscard]] Expected<Event> get(const std::string& id);
    [[nodiscard]] Expected<PageOf<Event>> list(EventStatus status, const PageOptions& options = {});
    /// Failed and parked events become due now, with all their attempts again. How many did.
    [[nodiscard]] Expected<std::int64_t> retry(const std::vector<std::string>& ids);

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace carillon
