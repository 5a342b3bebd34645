#include "core/check.hpp"
#include "server/event_routes.hpp"

namespace carillon::server {
namespace {

constexpr std::string_view text = R"json({
"NewEvent": {
  "type": "object",
  "required": ["type"],
  "additionalProperties": false,
  "properties": {
    "id": {"type": "string", "minLength": 1, "maxLength": 256, "description": "An id of one's own makes the request repeatable"},
    "type": {"type": "string", "minLength": 1, "maxLength": 256, "examples": ["order.placed"]},
    "payload": {"description": "Any JSON"},
    "occurredAt": {"type": "string", "format": "date-time", "description": "Now if left out"},
    "dueAt": {"type": "string", "format": "date-time", "description": "Not handled before"},
    "key": {"type": "string", "maxLength": 256, "description": "What brokers order by; in an ordered outbox, what events are handled in order by"},
    "priority": {"type": "integer", "minimum": 1, "maximum": 9, "default": 5, "description": "Among those that are due the higher go first"},
    "metadata": {"type": "object"}
  }
},
"NewEvents": {
  "anyOf": [
    {"$ref": "#/components/schemas/NewEvent"},
    {"type": "array", "minItems": 1, "maxItems": 100, "items": {"$ref": "#/components/schemas/NewEvent"}}
  ]
},
"EmittedEvent": {
  "type": "object",
  "required": ["id", "existed"],
  "properties": {
    "id": {"type": "string"},
    "existed": {"type": "boolean", "description": "It was there already, and nothing was written"}
  }
},
"EmittedEvents": {
  "anyOf": [
    {"$ref": "#/components/schemas/EmittedEvent"},
    {"type": "object", "required": ["count", "items"], "properties": {
      "count": {"type": "integer"},
      "items": {"type": "array", "items": {"$ref": "#/components/schemas/EmittedEvent"}}}}
  ]
},
"EventStatus": {"type": "string", "enum": ["created", "active", "completed", "failed", "parked"]},
"Event": {
  "type": "object",
  "required": ["id", "type", "payload", "occurredAt", "status", "retryCount"],
  "properties": {
    "id": {"type": "string"},
    "type": {"type": "string"},
    "payload": {},
    "occurredAt": {"type": "string", "format": "date-time"},
    "status": {"$ref": "#/components/schemas/EventStatus"},
    "retryCount": {"type": "integer"},
    "dueAt": {"type": "string", "format": "date-time"},
    "startedAt": {"type": "string", "format": "date-time"},
    "completedAt": {"type": "string", "format": "date-time"},
    "lastError": {"type": "string"},
    "parkedBecause": {"type": "string"},
    "waitsFor": {"type": "string", "description": "The one before it of its key"},
    "key": {"type": "string"},
    "priority": {"type": "integer"},
    "metadata": {"type": "object"}
  }
},
"EventPage": {
  "type": "object",
  "required": ["count", "items", "nextKey"],
  "properties": {
    "count": {"type": "integer"},
    "items": {"type": "array", "items": {"$ref": "#/components/schemas/Event"}},
    "nextKey": {"type": ["string", "null"]}
  }
},
"EventRetry": {
  "type": "object",
  "additionalProperties": false,
  "description": "Ids, or a status and a type",
  "properties": {
    "ids": {"type": "array", "maxItems": 1000, "items": {"type": "string"}},
    "status": {"type": "string", "enum": ["failed", "parked"], "default": "failed"},
    "type": {"type": "string", "description": "order.placed, order.* or *", "default": "*"},
    "unindexed": {"type": "boolean", "default": false}
  }
},
"EventPurge": {
  "type": "object",
  "required": ["status"],
  "additionalProperties": false,
  "properties": {
    "status": {"type": "string", "enum": ["completed", "failed", "parked"]},
    "type": {"type": "string", "default": "*"},
    "unindexed": {"type": "boolean", "default": false},
    "before": {"type": "string", "format": "date-time", "description": "Only what occurred before"}
  }
},
"EventReport": {
  "type": "object",
  "required": ["count", "skipped", "missing"],
  "properties": {
    "count": {"type": "integer"},
    "skipped": {"type": "integer", "description": "Their state does not allow it"},
    "missing": {"type": "integer"}
  }
}
})json";

}  // namespace

json::object event_schemas() {
    auto schemas = parse_json(text);
    CARILLON_CHECK(schemas.has_value());
    return std::move(schemas->as_object());
}

}  // namespace carillon::server
