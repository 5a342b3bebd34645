// An event of the outbox: what happened, and what has become of telling it.
//
// The attributes are those of seed 001 (SEEDS B2) and a few of our own beside them, so that its
// TypeScript workers can read and write the same rows. layout.hpp says where the states stand.

#pragma once

#include "core/json.hpp"
#include "core/time.hpp"
#include "dynamo/item/value.hpp"
#include "outbox/layout.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace carillon::outbox {

struct Event {
    std::string id{};    ///< Empty when emitted: a UUID is made.
    std::string type{};  ///< `order.placed`: 1 to 256 bytes.
    json::value payload = nullptr;
    std::optional<TimePoint> occurred_at{};  ///< Default: when it is emitted.
    std::optional<TimePoint> due_at{};       ///< Not handled before; default: at once.
    json::object metadata{};
    /// The broker's ordering key, where an event goes to one; in an ordered table (Layout) also
    /// ours. May be empty.
    std::string key{};
    /// 1 to 9: among those that are due the higher go first. Without effect on ordered events.
    int priority = 5;

    // What the outbox knows; ignored when emitted.
    EventStatus status = EventStatus::created;
    int retry_count = 0;  ///< Attempts that failed.
    std::string last_error{};
    std::string parked_because{};
    std::string waits_for{};  ///< The id of the one before it in its key's line.
    std::optional<TimePoint> started_at{};
    std::optional<TimePoint> completed_at{};
};

/// The attributes that do not depend on the layout; layout's rows add state and due time.
/// `invalid` when the payload holds what DynamoDB cannot.
[[nodiscard]] Result<dynamo::Item> to_item(const Event& event, TimePoint now);
/// `corrupt` when it is no event.
[[nodiscard]] Result<Event> from_item(const dynamo::Item& item, const Layout& layout);

/// What people see: `{id, type, payload, occurredAt, status, retryCount, …}`.
[[nodiscard]] json::object to_json(const Event& event);
/// `{type, payload, id?, occurredAt?, dueAt?, key?, priority?, metadata?}`; strict.
[[nodiscard]] Result<Event> event_from_json(const json::value& document);

/// Rules for what is emitted: ids of 1 to 256 bytes, types of 1 to 256 without `*`, keys of at most
/// 256, priorities of 1 to 9.
[[nodiscard]] Result<> check_event(const Event& event);

}  // namespace carillon::outbox
