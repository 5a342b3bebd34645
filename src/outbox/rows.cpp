#include "outbox/rows.hpp"

#include "core/check.hpp"
#include "queue/sharded_rows.hpp"

#include <limits>
#include <optional>
#include <utility>

namespace carillon::outbox {
namespace {

using dynamo::Item;
using dynamo::Value;
using queue::RowState;
using queue::State;

constexpr std::string_view token_attribute = "leaseToken";
constexpr std::string_view owner_attribute = "leaseOwner";
constexpr std::string_view interruptions_attribute = "interruptions";

std::string text_of(const Item& item, std::string_view name) {
    const Value* value = item.find(name);
    return value == nullptr || value->string() == nullptr ? std::string() : *value->string();
}

std::optional<int> count_of(const Item& item, std::string_view name) {
    const Value* value = item.find(name);
    if (value == nullptr) return 0;
    const auto count = value->number() == nullptr ? std::nullopt : value->number()->to_int64();
    if (!count || *count < 0 || *count > std::numeric_limits<int>::max()) return std::nullopt;
    return static_cast<int>(*count);
}

void set_or_erase(Item& item, std::string_view name, const std::string& text) {
    if (text.empty()) {
        item.erase(name);
    } else {
        item.set(name, text);
    }
}

State state_of(EventStatus status) {
    switch (status) {
        case EventStatus::created:
            return State::ready;
        case EventStatus::active:
            return State::leased;
        case EventStatus::completed:
            return State::done;
        case EventStatus::failed:
            return State::failed;
        case EventStatus::parked:
            return State::suspended;
    }
    return State::ready;
}

EventStatus status_of(State state) {
    switch (state) {
        case State::ready:
            return EventStatus::created;
        case State::leased:
            return EventStatus::active;
        case State::done:
            return EventStatus::completed;
        case State::failed:
            return EventStatus::failed;
        case State::suspended:
            return EventStatus::parked;
    }
    return EventStatus::created;
}

dynamo::Condition parsed(std::string_view text) {
    const dynamo::ExpressionNames names{{"#status", "status"},
                                        {"#token", std::string(token_attribute)},
                                        {"#started", "startedOn"},
                                        {"#due", std::string(due_attribute)}};
    dynamo::ExpressionNames used;
    for (const auto& name : names) {
        if (text.find(name.first) != std::string_view::npos) used.push_back(name);
    }
    auto condition = dynamo::Condition::parse(text, used);
    CARILLON_CHECK(condition.has_value());
    return *std::move(condition);
}

}  // namespace

EventRows::EventRows(Layout layout, std::string owner, const runtime::Clock& clock)
    : layout_(std::move(layout)),
      owner_(std::move(owner)),
      clock_(clock),
      key_(layout_.schema().key),
      by_lease_(parsed("#status = :status AND #token = :token AND #started = :started")),
      by_place_(parsed("#status = :status AND #due = :due")),
      by_status_(parsed("#status = :status")) {}

std::vector<Value> EventRows::partitions(State state) const {
    std::vector<Value> keys;
    for (std::string& name : layout_.partitions(status_of(state)))
        keys.emplace_back(std::move(name));
    return keys;
}

Value EventRows::due_value(TimePoint at) const {
    return to_epoch_ms(at);
}

Result<RowState> EventRows::read(const Item& item) const {
    const auto status = layout_.read(text_of(item, "status"));
    if (!status) return fail(Errc::corrupt, "not an event: unknown status");
    if (text_of(item, "type").empty()) return fail(Errc::corrupt, "not an event: it has no type");
    RowState row;
    row.state = state_of(*status);
    if (const Value* due = item.find(due_attribute)) {
        const auto ms = due->number() == nullptr ? std::nullopt : due->number()->to_int64();
        if (!ms) return fail(Errc::corrupt, "not an event: gsiSortKey is no instant");
        row.due_at = from_epoch_ms(*ms);
    } else if (row.state == State::ready || row.state == State::leased) {
        return fail(Errc::corrupt, "not an event that waits: it has no gsiSortKey");
    }
    const auto attempts = count_of(item, "retryCount");
    const auto interruptions = count_of(item, interruptions_attribute);
    if (!attempts) return fail(Errc::corrupt, "not an event: retryCount is no count");
    if (!interruptions) return fail(Errc::corrupt, "not an event: interruptions is no count");
    row.attempts = *attempts;
    row.interruptions = *interruptions;
    // Other programs leave our token behind when they take a row.
    if (row.state == State::leased) {
        row.lease_token = text_of(item, token_attribute);
        row.lease_owner = text_of(item, owner_attribute);
    }
    return row;
}

void EventRows::write_status(Item& item, EventStatus status) const {
    item.set("status", layout_.stored(status));
    if (layout_.generation != Generation::sharded) return;
    if (status == EventStatus::completed) {
        item.erase(layout_.partition_attribute());
    } else {
        item.set(layout_.partition_attribute(),
                 layout_.partition_of(
                     status, text_of(item, "id"), queue::read_priority(item, priority_attribute)));
    }
}

void EventRows::write(Item& item, const RowState& row) const {
    const std::int64_t now = to_epoch_ms(clock_.now());
    const bool parked = row.state == State::suspended ||
                        (row.state == State::failed && item.find(parked_attribute) != nullptr);
    write_status(item, parked ? EventStatus::parked : status_of(row.state));
    switch (row.state) {
        case State::ready:
            item.set(due_attribute, to_epoch_ms(row.due_at));
            break;
        case State::leased:
            if (row.lease_token != text_of(item, token_attribute)) item.set("startedOn", now);
            item.set(due_attribute, to_epoch_ms(row.due_at));
            break;
        case State::done:
            item.set("completedOn", now);
            for (const std::string_view name :
                 {due_attribute, ordered_by_attribute, ordered_at_attribute, postponed_attribute}) {
                item.erase(name);
            }
            break;
        case State::failed:
        case State::suspended:
            // Kept, so that the index finds dead letters, newest first; no worker looks there.
            item.set(due_attribute, now);
            break;
    }
    if (!parked) {
        item.set("retryCount", row.attempts);
        item.erase(behind_attribute);
    }
    if (row.interruptions == 0) {
        item.erase(interruptions_attribute);
    } else {
        item.set(interruptions_attribute, row.interruptions);
    }
    set_or_erase(item, token_attribute, row.lease_token);
    set_or_erase(item, owner_attribute, row.lease_owner);
}

void EventRows::set_aside(Item& item, const Error& why) const {
    item.set("lastError", "set aside: " + why.message);
    item.erase(parked_attribute);
    write(item, {.state = State::failed});
}

dynamo::BoundCondition EventRows::unchanged(const Item& seen) const {
    const Value status = text_of(seen, "status");
    const Value* token = seen.find(token_attribute);
    const Value* started = seen.find("startedOn");
    const bool active = *status.string() == layout_.stored(EventStatus::active);
    // Our own heartbeats move the deadline. A claim by anybody else sets `startedOn`.
    if (active && token != nullptr && started != nullptr &&
        text_of(seen, owner_attribute) == owner_) {
        return {by_lease_, {{":status", status}, {":token", *token}, {":started", *started}}};
    }
    if (const Value* due = seen.find(due_attribute)) {
        return {by_place_, {{":status", status}, {":due", *due}}};
    }
    return {by_status_, {{":status", status}}};
}

std::string EventRows::fairness_key(const Item& item) const {
    if (!is_ordered(item)) return text_of(item, "type");
    return std::string("\0key ", 5) + text_of(item, ordered_by_attribute);
}

queue::Standing EventRows::standing(const Item& item) const {
    if (is_ordered(item)) return {.place = text_of(item, ordered_at_attribute)};
    return {.priority = queue::read_priority(item, priority_attribute)};
}

std::size_t EventRows::band(const Value& partition) const {
    if (layout_.generation != Generation::sharded || partition.string() == nullptr) return 1;
    return queue::band_of_partition(*partition.string());
}

bool is_ordered(const Item& event) {
    return !text_of(event, ordered_by_attribute).empty() &&
           !text_of(event, ordered_at_attribute).empty();
}

}  // namespace carillon::outbox
