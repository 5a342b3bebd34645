// Where a table keeps its events' states: the seed's two generations, and one of our own.
//
// `v2` is what the TypeScript workers of seed 001 run today, `v0` what its README describes; both
// find due events by an index on the status itself. `sharded` spreads the index over partitions.

#pragma once

#include "core/time.hpp"
#include "dynamo/schema.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace carillon::outbox {

enum class EventStatus : std::uint8_t {
    created,    ///< Waits for its time or its turn.
    active,     ///< With a worker.
    completed,  ///< Handled.
    failed,     ///< Dead letter: its attempts are spent.
    parked,     ///< Nobody handles its type; visible, and kept until somebody does.
};

/// `created`, `active`, `completed`, `failed`, `parked`.
[[nodiscard]] std::string_view to_string(EventStatus status);
[[nodiscard]] std::optional<EventStatus> parse_status(std::string_view text);

enum class Generation : std::uint8_t { v2, v0, sharded };

struct Layout {
    Generation generation = Generation::v2;
    std::string table = "events-outbox";
    std::string index = "status-gsiSortKey-index";
    int shards = 4;  ///< Of `sharded`; must not change while rows are stored.
    /// Events with a key are handled in the order of their emission; see order.hpp.
    bool ordered = false;
    /// On stores that others share, an ordered event is due no sooner than this after its emission,
    /// so that an index that lags shows those before it.
    Duration order_delay{200};

    /// The hash attribute of the due index: `status`, or `duePartition`.
    [[nodiscard]] std::string_view partition_attribute() const;
    /// As stored: `created` or `PENDING`.
    [[nodiscard]] std::string_view stored(EventStatus status) const;
    [[nodiscard]] std::optional<EventStatus> read(std::string_view stored) const;
    /// The index's hash keys under which events of this status stand, the most urgent first; none
    /// for completed ones.
    [[nodiscard]] std::vector<std::string> partitions(EventStatus status) const;
    [[nodiscard]] std::string partition_of(EventStatus status,
                                           std::string_view id,
                                           int priority = 5) const;
    [[nodiscard]] dynamo::TableSchema schema() const;
};

inline constexpr std::string_view due_attribute = "gsiSortKey";
/// 1 to 9, where it is not 5. In `sharded` tables such events stand in partitions of their own.
inline constexpr std::string_view priority_attribute = "priority";
/// The key's line, of events that have not been handled: by key, in the order of this text.
inline constexpr std::string_view order_index = "orderedBy-orderedAt-index";
inline constexpr std::string_view ordered_by_attribute = "orderedBy";
inline constexpr std::string_view ordered_at_attribute = "orderedAt";
/// Epoch seconds: when a completed event may go (TTL).
inline constexpr std::string_view expiry_attribute = "expiresAt";

}  // namespace carillon::outbox
