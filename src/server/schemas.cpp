#include "server/schemas.hpp"

#include "core/check.hpp"
#include "server/event_routes.hpp"
#include "server/layer_routes.hpp"
#include "server/schedule_routes.hpp"

namespace carillon::server {
namespace {

constexpr std::string_view text = R"json({
"Problem": {
  "type": "object",
  "description": "RFC 9457",
  "required": ["type", "title", "status", "detail", "error"],
  "properties": {
    "type": {"type": "string", "examples": ["urn:carillon:problem:invalid"]},
    "title": {"type": "string"},
    "status": {"type": "integer"},
    "detail": {"type": "string"},
    "field": {"type": "string", "description": "Where the request is wrong", "examples": ["repeat.rule.unit"]},
    "errors": {
      "type": "array",
      "description": "All mistakes, when there are several",
      "items": {"type": "object", "properties": {"field": {"type": "string"}, "detail": {"type": "string"}}}
    },
    "count": {"type": "integer", "description": "0, of a batch of which nothing was registered"},
    "results": {"type": "array", "description": "Of such a batch: as in BatchReport", "items": {"type": "object"}},
    "requestId": {"type": "string"},
    "error": {"type": "string", "description": "Field and detail in one line"}
  }
},
"Status": {"type": "string", "enum": ["PENDING", "PROCESSING", "COMPLETED", "FAILED", "SUSPENDED"]},
"Unit": {"type": "string", "enum": ["seconds", "minutes", "hours", "days"]},
"Headers": {"type": "object", "additionalProperties": {"type": "string"}},
"RepeatRule": {
  "type": "object",
  "required": ["interval", "unit"],
  "properties": {
    "interval": {"type": "number", "exclusiveMinimum": 0, "description": "At least one second in all"},
    "max": {"type": "integer", "minimum": 0, "default": 0, "description": "Repetitions after the first run; 0 is without end"},
    "unit": {"$ref": "#/components/schemas/Unit"}
  }
},
"Registration": {
  "type": "object",
  "required": ["namespace", "url"],
  "additionalProperties": false,
  "properties": {
    "namespace": {"type": "string", "minLength": 1},
    "id": {"type": "string", "minLength": 1, "maxLength": 256, "description": "An id of one's own makes the request repeatable"},
    "url": {"type": "string", "format": "uri", "description": "http or https"},
    "method": {"type": "string", "enum": ["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"], "default": "GET"},
    "schedule": {"type": "string", "format": "date-time", "description": "When to ring; now if left out"},
    "headers": {"$ref": "#/components/schemas/Headers"},
    "body": {"description": "Any JSON; sent as the Content-Type header says"},
    "repeat": {
      "type": "object",
      "properties": {"enabled": {"type": "boolean", "default": false}, "rule": {"$ref": "#/components/schemas/RepeatRule"}}
    },
    "retries": {
      "type": "object",
      "properties": {"max": {"type": "integer", "minimum": 0, "default": 3, "description": "Attempts after the first"}}
    }
  }
},
"Batch": {
  "oneOf": [
    {"type": "array", "minItems": 1, "maxItems": 1000, "items": {"$ref": "#/components/schemas/Registration"}},
    {"type": "object", "required": ["webhooks"], "additionalProperties": false, "properties": {
      "webhooks": {"type": "array", "minItems": 1, "maxItems": 1000, "items": {"$ref": "#/components/schemas/Registration"}}}}
  ]
},
"RegistrationOrBatch": {
  "anyOf": [{"$ref": "#/components/schemas/Registration"}, {"$ref": "#/components/schemas/Batch"}]
},
"Webhook": {
  "type": "object",
  "properties": {
    "namespace": {"type": "string"},
    "id": {"type": "string"},
    "url": {"type": "string"},
    "method": {"type": "string"},
    "schedule": {"type": "string", "format": "date-time"},
    "headers": {"$ref": "#/components/schemas/Headers"},
    "body": {},
    "repeat": {
      "type": "object",
      "properties": {
        "count": {"type": "integer", "description": "0 for the first occurrence"},
        "enabled": {"type": "boolean"},
        "parent": {"type": "string", "description": "Id of the first occurrence"},
        "rule": {"$ref": "#/components/schemas/RepeatRule"}
      }
    },
    "retries": {
      "type": "object",
      "properties": {
        "count": {"type": "integer", "description": "Failed attempts so far"},
        "last": {"type": ["string", "null"], "format": "date-time"},
        "max": {"type": "integer"}
      }
    },
    "response": {
      "type": "object",
      "properties": {"body": {"type": "string"}, "headers": {"$ref": "#/components/schemas/Headers"}, "status": {"type": "integer"}}
    },
    "errors": {"type": "array", "items": {"type": "string"}},
    "status": {"$ref": "#/components/schemas/Status"},
    "webhookId": {"type": "string", "description": "What its receiver sees as webhook-id: the same at every attempt, and no other occurrence's"},
    "nextAttemptAt": {"type": ["string", "null"], "format": "date-time"},
    "__createdAt": {"type": "string", "format": "date-time"},
    "__updatedAt": {"type": "string", "format": "date-time"}
  }
},
"BatchReport": {
  "type": "object",
  "properties": {
    "count": {"type": "integer", "description": "Registered, or found from an earlier try"},
    "errors": {"type": "integer"},
    "results": {
      "type": "array",
      "description": "One per registration, in order",
      "items": {
        "type": "object",
        "required": ["status"],
        "properties": {
          "status": {"type": "integer"},
          "webhook": {"$ref": "#/components/schemas/Webhook"},
          "problem": {"$ref": "#/components/schemas/Problem"}
        }
      }
    }
  }
},
"WebhookOrBatchReport": {
  "anyOf": [{"$ref": "#/components/schemas/Webhook"}, {"$ref": "#/components/schemas/BatchReport"}]
},
"Page": {
  "type": "object",
  "required": ["count", "items", "lastEvaluatedKey"],
  "properties": {
    "count": {"type": "integer"},
    "items": {"type": "array", "items": {"$ref": "#/components/schemas/Webhook"}},
    "lastEvaluatedKey": {"type": ["string", "null"], "description": "Opaque; the startKey of the next page"}
  }
},
"Selection": {
  "type": "object",
  "required": ["namespace"],
  "additionalProperties": false,
  "properties": {
    "namespace": {"type": "string", "minLength": 1},
    "id": {"type": "string", "description": "Only ids that begin so"},
    "status": {"$ref": "#/components/schemas/Status"},
    "from": {"type": "string", "format": "date-time"},
    "to": {"type": "string", "format": "date-time"},
    "chunkLimit": {"type": "integer", "minimum": 1, "maximum": 1000, "description": "Taken for compatibility; the server chooses its chunks"}
  }
},
"Clear": {
  "type": "object",
  "required": ["namespace"],
  "additionalProperties": false,
  "properties": {"namespace": {"type": "string", "minLength": 1}}
},
"Entries": {
  "type": "array",
  "items": {
    "type": "object",
    "properties": {"namespace": {"type": "string"}, "id": {"type": "string"}, "schedule": {"type": "string", "format": "date-time"}}
  }
},
"Report": {
  "type": "object",
  "properties": {
    "count": {"type": "integer", "description": "Done"},
    "skipped": {"type": "integer", "description": "Matched, but in a state that does not allow it"},
    "errors": {"type": "integer"},
    "items": {"$ref": "#/components/schemas/Entries"}
  }
},
"Trigger": {
  "type": "object",
  "additionalProperties": false,
  "description": "The filters are for dry runs only",
  "properties": {
    "dryRun": {"type": "boolean", "default": false},
    "date": {"type": "string", "format": "date-time"},
    "namespace": {"type": "string", "minLength": 1},
    "id": {"type": "string", "minLength": 1},
    "limit": {"type": "integer", "minimum": 1, "maximum": 1000, "default": 100}
  }
},
"TriggerReport": {
  "anyOf": [
    {"type": "object", "required": ["processed", "errors"], "properties": {"processed": {"type": "integer"}, "errors": {"type": "integer"}}},
    {"type": "object", "required": ["count", "items"], "properties": {"count": {"type": "integer"}, "items": {"$ref": "#/components/schemas/Entries"}}}
  ]
},
"Home": {"type": "object", "properties": {"name": {"type": "string"}, "version": {"type": "string"}, "links": {"type": "object"}}},
"Health": {"type": "object", "required": ["status"], "properties": {"status": {"type": "string"}, "version": {"type": "string"}, "uptimeSeconds": {"type": "integer"}}},
"OpenApi": {"type": "object"}
})json";

}  // namespace

json::object component_schemas() {
    auto schemas = parse_json(text);
    CARILLON_CHECK(schemas.has_value());
    json::object all = std::move(schemas->as_object());
    for (const auto& [name, schema] : event_schemas()) all[name] = schema;
    for (const auto& [name, schema] : schedule_schemas()) all[name] = schema;
    for (const auto& [name, schema] : layer_schemas()) all[name] = schema;
    return all;
}

}  // namespace carillon::server
