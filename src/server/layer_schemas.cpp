#include "core/check.hpp"
#include "server/layer_routes.hpp"

namespace carillon::server {
namespace {

constexpr std::string_view text = R"json({
"LayerNames": {
  "type": "object",
  "required": ["count", "items"],
  "properties": {
    "count": {"type": "integer"},
    "items": {"type": "array", "items": {"type": "string"}}
  }
},
"LayerView": {
  "type": "object",
  "required": ["count", "sequence", "items", "next"],
  "properties": {
    "count": {"type": "integer"},
    "sequence": {"type": "integer", "description": "Of the last change that is in it"},
    "items": {"type": "array", "items": {"type": "object"}},
    "next": {"type": ["string", "null"], "description": "The id to go on after; null at the end"}
  }
},
"LayerMeta": {
  "type": "object",
  "required": ["cursor", "loaded", "syncedLastTotal", "syncedTimes", "syncedTotal", "unsyncedLastTotal", "unsyncedTotal"],
  "properties": {
    "cursor": {"type": "integer", "description": "Rises with every sync"},
    "loaded": {"type": "boolean"},
    "syncedLastTotal": {"type": "integer", "description": "Changes of the last sync"},
    "syncedTimes": {"type": "integer"},
    "syncedTotal": {"type": "integer"},
    "unsyncedLastTotal": {"type": "integer", "description": "Changes of this server's last set"},
    "unsyncedTotal": {"type": "integer"},
    "unsyncedBytes": {"type": "integer"},
    "unsyncedPartitions": {"type": "integer"},
    "unsyncedSince": {"type": ["string", "null"], "format": "date-time"},
    "lastSyncAt": {"type": ["string", "null"], "format": "date-time"},
    "lastSyncMs": {"type": "integer"},
    "syncing": {"type": "string", "description": "Who syncs now; empty: nobody"}
  }
},
"LayerSyncReport": {
  "type": "object",
  "required": ["count", "partitions", "failed", "locked"],
  "properties": {
    "count": {"type": "integer", "description": "Changes that were folded"},
    "partitions": {"type": "integer"},
    "failed": {"type": "integer", "description": "Partitions left for the next time"},
    "locked": {"type": "boolean", "description": "Somebody else syncs; nothing was done"},
    "error": {"type": "string", "description": "Of the first partition that failed"}
  }
},
"LayerChanges": {
  "type": "object",
  "required": ["changes"],
  "additionalProperties": false,
  "properties": {
    "changes": {"type": "array", "maxItems": 10000, "items": {
      "type": "object",
      "required": ["type", "item"],
      "additionalProperties": false,
      "properties": {
        "type": {"type": "string", "enum": ["PUT", "UPDATE", "DELETE"]},
        "item": {"type": "object", "description": "The whole item; of a DELETE its keys are enough"}
      }}}
  }
},
"LayerSetReport": {
  "type": "object",
  "required": ["count"],
  "properties": {
    "count": {"type": "integer"},
    "synced": {"$ref": "#/components/schemas/LayerSyncReport"}
  }
},
"LayerReset": {
  "type": "object",
  "additionalProperties": false,
  "properties": {
    "table": {"type": "string", "description": "Of the server's store; if left out, the layer's source"},
    "partition": {"type": "string", "description": "Only this one"}
  }
},
"LayerResetReport": {
  "type": "object",
  "required": ["count", "partitions", "locked"],
  "properties": {
    "count": {"type": "integer", "description": "Items that were read"},
    "partitions": {"type": "integer", "description": "Replaced, also by nothing"},
    "locked": {"type": "boolean"}
  }
}
})json";

}  // namespace

json::object layer_schemas() {
    auto schemas = parse_json(text);
    CARILLON_CHECK(schemas.has_value());
    return std::move(schemas->as_object());
}

}  // namespace carillon::server
