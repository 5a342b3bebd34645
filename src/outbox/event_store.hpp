// The outbox's table for those who write events and look after them: emit, read, retry, purge.
//
// Apart from the bus because none of it needs a worker: a program that only emits has no handlers.

#pragma once

#include "core/random.hpp"
#include "dynamo/database.hpp"
#include "outbox/event.hpp"
#include "outbox/order.hpp"
#include "outbox/rows.hpp"
#include "runtime/clock.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace carillon::outbox {

/// DynamoDB's limit of a transaction, and so of events that are emitted together.
inline constexpr std::size_t emit_max = 100;

struct Emitted {
    std::string id;
    bool existed = false;  ///< The same event was there already: nothing was written.
};

/// Which events, newest failures first.
struct Listing {
    EventStatus status = EventStatus::failed;
    std::string type = "*";                  ///< A pattern.
    std::int64_t limit = 100;                ///< 1 to 1000.
    std::optional<std::string> start_key{};  ///< Opaque, from the last page.
    /// Failed ones: also those that a TypeScript worker gave up, which its program takes out of the
    /// index. Reads the whole table; nothing more in a `sharded` one.
    bool unindexed = false;
    /// Parked ones: also those that wait for one before them in their key's line.
    bool behind_others = true;
};

struct EventPage {
    std::vector<Event> events;
    std::optional<std::string> next_key{};
};

struct ChangeReport {
    std::int64_t count = 0;    ///< Changed.
    std::int64_t skipped = 0;  ///< In a state that does not allow it, or changed meanwhile.
    std::int64_t missing = 0;  ///< There is no such event.
};

/// Lives on one loop.
class EventStore {
public:
    /// Everything given must outlive it.
    EventStore(dynamo::Database& database,
               const EventRows& rows,
               const runtime::Clock& clock,
               Random& random);

    /// Creates the table when it is missing, or the index that it lacks.
    [[nodiscard]] Task<Result<>> prepare();

    /// All or none (on a store without transactions: each for itself), at most emit_max of them:
    /// `too_large` otherwise. An id that is there already with the same type and payload is not
    /// written again, in whatever state it is; with others it is `already_exists`.
    [[nodiscard]] Task<Result<std::vector<Emitted>>> emit(std::vector<Event> events);
    /// Adds the writes to the caller's transaction, which commits or discards them with its own.
    /// There an id that exists already fails the whole.
    [[nodiscard]] Result<std::vector<Emitted>> emit(std::vector<Event> events,
                                                    dynamo::WriteUnit& transaction);

    /// `not_found` when there is none.
    [[nodiscard]] Task<Result<Event>> get(std::string id);
    [[nodiscard]] Task<Result<EventPage>> list(Listing listing);

    [[nodiscard]] KeyOrder& order() { return order_; }

    /// Failed and parked events become due now, with all their attempts again.
    [[nodiscard]] Task<Result<ChangeReport>> retry(std::vector<std::string> ids);
    /// Every one that matches; `listing.status` must be failed or parked, its limit is ignored.
    [[nodiscard]] Task<Result<ChangeReport>> retry_all(Listing listing);
    /// Deletes failed, parked or completed events that match and happened before `before`.
    [[nodiscard]] Task<Result<ChangeReport>> purge(Listing listing,
                                                   std::optional<TimePoint> before);

private:
    [[nodiscard]] Result<dynamo::PutRequest> put_of(Event& event);
    [[nodiscard]] Task<Result<>> write(std::vector<dynamo::PutRequest> puts);
    /// Marks those that are there already and drops their puts; `already_exists` when one differs.
    [[nodiscard]] Task<Result<bool>> drop_existing(std::vector<dynamo::PutRequest>& puts,
                                                   std::vector<Emitted>& emitted);
    /// Adds it to the page if it is listed; whether the page is full then.
    bool take(const Listing& listing, const dynamo::Item& item, EventPage& page) const;
    /// `last` is where to begin, and becomes where the page ended: nothing at the end.
    [[nodiscard]] Task<Result<>> read_index(const Listing& listing,
                                            std::string partition,
                                            std::optional<dynamo::Item>& last,
                                            EventPage& page);
    [[nodiscard]] Task<Result<>> read_table(const Listing& listing,
                                            std::optional<dynamo::Item>& last,
                                            EventPage& page);
    [[nodiscard]] Task<Result<>> change(std::vector<Event> events,
                                        bool remove,
                                        ChangeReport& report);
    [[nodiscard]] Task<Result<>> write_changes(std::vector<dynamo::WriteUnit> units,
                                               ChangeReport& report);

    dynamo::Database& database_;
    const EventRows& rows_;
    const runtime::Clock& clock_;
    Random& random_;
    EmissionStamps stamps_;
    KeyOrder order_;
    dynamo::BoundCondition absent_;
    dynamo::Condition outside_;  ///< Of the index.
};

}  // namespace carillon::outbox
