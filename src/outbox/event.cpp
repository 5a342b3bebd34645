#include "outbox/event.hpp"

#include "core/json_reader.hpp"
#include "dynamo/item/json.hpp"
#include "outbox/rows.hpp"
#include "queue/sharded_rows.hpp"

#include <limits>
#include <utility>

namespace carillon::outbox {
namespace {

using dynamo::Item;
using dynamo::Value;

constexpr std::size_t name_bytes_max = 256;

std::string text_of(const Item& item, std::string_view name) {
    const Value* value = item.find(name);
    return value == nullptr || value->string() == nullptr ? std::string() : *value->string();
}

std::optional<std::int64_t> whole_of(const Item& item, std::string_view name) {
    const Value* value = item.find(name);
    if (value == nullptr || value->number() == nullptr) return std::nullopt;
    return value->number()->to_int64();
}

std::optional<TimePoint> ms_of(const Item& item, std::string_view name) {
    const auto ms = whole_of(item, name);
    return ms ? std::optional(from_epoch_ms(*ms)) : std::nullopt;
}

std::optional<TimePoint> read_instant(JsonFields& fields, std::string_view key) {
    const auto text = fields.optional_string(key);
    if (!text) return std::nullopt;
    const auto at = parse_instant(*text);
    if (at) return *at;
    fields.reject(key, "must be an ISO 8601 instant such as 2026-12-24T17:00:00Z");
    return std::nullopt;
}

}  // namespace

Result<Item> to_item(const Event& event, TimePoint now) {
    CARILLON_TRY(Value payload, dynamo::from_plain_json(event.payload));
    Item item;
    item.set("id", event.id);
    item.set("type", event.type);
    item.set("payload", std::move(payload));
    item.set("occurredAt", format_instant(event.occurred_at.value_or(now)));
    if (!event.metadata.empty()) {
        CARILLON_TRY(Value metadata, dynamo::from_plain_json(event.metadata));
        item.set("metadata", std::move(metadata));
    }
    if (!event.key.empty()) item.set("orderingKey", event.key);
    if (event.priority != queue::normal_priority) item.set(priority_attribute, event.priority);
    return item;
}

Result<Event> from_item(const Item& item, const Layout& layout) {
    Event event;
    event.id = text_of(item, "id");
    event.type = text_of(item, "type");
    if (event.type.empty()) return fail(Errc::corrupt, "not an event: it has no type");
    const auto occurred = parse_instant(text_of(item, "occurredAt"));
    if (!occurred) return fail(Errc::corrupt, "not an event: occurredAt is no instant");
    event.occurred_at = *occurred;
    if (const Value* payload = item.find("payload")) event.payload = to_plain_json(*payload);
    const Value* metadata = item.find("metadata");
    if (metadata != nullptr && metadata->map() != nullptr) {
        event.metadata = dynamo::to_plain_json(*metadata).as_object();
    }
    event.key = text_of(item, "orderingKey");
    event.priority = queue::read_priority(item, priority_attribute);
    const auto status = layout.read(text_of(item, "status"));
    if (!status) return fail(Errc::corrupt, "not an event: unknown status");
    event.status = *status;
    event.retry_count = static_cast<int>(whole_of(item, "retryCount").value_or(0));
    event.last_error = text_of(item, "lastError");
    if (*status == EventStatus::parked) event.parked_because = text_of(item, parked_attribute);
    if (*status == EventStatus::created) event.waits_for = text_of(item, postponed_attribute);
    event.due_at = ms_of(item, due_attribute);
    event.started_at = ms_of(item, "startedOn");
    event.completed_at = ms_of(item, "completedOn");
    return event;
}

json::object to_json(const Event& event) {
    json::object out;
    out["id"] = event.id;
    out["type"] = event.type;
    out["payload"] = event.payload;
    if (event.occurred_at) out["occurredAt"] = format_instant(*event.occurred_at);
    out["status"] = to_string(event.status);
    out["retryCount"] = event.retry_count;
    if (event.status == EventStatus::created && event.due_at) {
        out["dueAt"] = format_instant(*event.due_at);
    }
    if (!event.metadata.empty()) out["metadata"] = event.metadata;
    if (!event.key.empty()) out["key"] = event.key;
    if (event.priority != queue::normal_priority) out["priority"] = event.priority;
    if (!event.parked_because.empty()) out["parkedBecause"] = event.parked_because;
    if (!event.waits_for.empty()) out["waitsFor"] = event.waits_for;
    if (!event.last_error.empty()) out["lastError"] = event.last_error;
    if (event.started_at) out["startedAt"] = format_instant(*event.started_at);
    if (event.completed_at) out["completedAt"] = format_instant(*event.completed_at);
    return out;
}

Result<Event> event_from_json(const json::value& document) {
    JsonReader reader(document);
    JsonFields fields = reader.fields();
    Event event;
    event.type = fields.string("type", {.bytes_min = 1, .bytes_max = name_bytes_max});
    if (const json::value* payload = fields.optional_any("payload")) event.payload = *payload;
    event.id =
        fields.optional_string("id", {.bytes_min = 1, .bytes_max = name_bytes_max}).value_or("");
    event.occurred_at = read_instant(fields, "occurredAt");
    event.due_at = read_instant(fields, "dueAt");
    event.key = fields.optional_string("key", {.bytes_max = name_bytes_max}).value_or("");
    event.priority = static_cast<int>(
        fields.optional_integer("priority", queue::lowest_priority, queue::highest_priority)
            .value_or(event.priority));
    if (auto metadata = fields.optional_object("metadata")) event.metadata = metadata->members();
    CARILLON_TRY_VOID(reader.finish());
    CARILLON_TRY_VOID(check_event(event));
    return event;
}

Result<> check_event(const Event& event) {
    if (event.type.empty() || event.type.size() > name_bytes_max) {
        return invalid("type", "must have 1 to 256 bytes");
    }
    if (event.type.contains('*')) return invalid("type", "must not contain *");
    if (event.id.size() > name_bytes_max) return invalid("id", "must have 1 to 256 bytes");
    if (event.key.size() > name_bytes_max) return invalid("key", "must have at most 256 bytes");
    if (event.priority < queue::lowest_priority || event.priority > queue::highest_priority) {
        return invalid("priority", "must be a number from 1 to 9");
    }
    return {};
}

}  // namespace carillon::outbox
