#include "core/check.hpp"
#include "server/schedule_routes.hpp"

namespace carillon::server {
namespace {

constexpr std::string_view definitions = R"json({
"ScheduleTrigger": {
  "type": "object",
  "required": ["type"],
  "additionalProperties": false,
  "properties": {
    "type": {"type": "string", "enum": ["CRON", "RRULE", "INTERVAL", "FIXED_DELAY", "ONE_SHOT"]},
    "cron": {"type": "string", "description": "CRON: 5 fields, 6 with seconds, 7 with years; @daily, @every 15m", "examples": ["0 9 * * MON-FRI"]},
    "rrule": {"type": "string", "description": "RRULE: of RFC 5545", "examples": ["FREQ=MONTHLY;BYDAY=-1FR;BYHOUR=17"]},
    "every": {"type": "string", "description": "INTERVAL: counted from the scheduled time", "examples": ["15m"]},
    "everySec": {"type": "integer", "minimum": 1},
    "phase": {"type": "string", "description": "INTERVAL: counts from 1970-01-01T00:00Z plus this"},
    "phaseSec": {"type": "integer", "minimum": 0},
    "delay": {"type": "string", "description": "FIXED_DELAY: counted from the end of the run before"},
    "delaySec": {"type": "integer", "minimum": 1},
    "startAt": {"type": "string", "description": "ONE_SHOT: an instant, or without Z a time of the zone", "examples": ["2026-12-24T18:00:00Z"]}
  }
},
"ScheduleTarget": {
  "type": "object",
  "required": ["kind"],
  "additionalProperties": false,
  "properties": {
    "kind": {"type": "string", "enum": ["HTTP", "EVENT", "QUEUE"]},
    "http": {
      "type": "object",
      "required": ["url"],
      "additionalProperties": false,
      "properties": {
        "url": {"type": "string", "format": "uri", "maxLength": 4096},
        "method": {"type": "string", "enum": ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"], "default": "POST"},
        "headers": {"$ref": "#/components/schemas/Headers"},
        "hmacKeyRef": {"type": "string", "maxLength": 64, "description": "Which of the server's signing-keys signs; its signing-secret if left out"}
      }
    },
    "eventTopic": {"type": "string", "minLength": 1, "maxLength": 256},
    "queue": {"type": "object", "required": ["topic"], "additionalProperties": false, "properties": {
      "topic": {"type": "string", "minLength": 1, "maxLength": 256}}}
  }
},
"ScheduleCalendar": {
  "type": "object",
  "additionalProperties": false,
  "properties": {
    "holidaysCode": {"type": "string", "description": "One of holidays, as seed 002 names it", "examples": ["DE-BY"]},
    "holidays": {"type": "array", "maxItems": 20, "items": {"type": "string"}, "description": "Built-in codes and keys of own calendars"},
    "businessDaysOnly": {"type": "boolean", "default": false},
    "businessDays": {"type": "array", "items": {"type": "string", "enum": ["SU", "MO", "TU", "WE", "TH", "FR", "SA"]}},
    "roll": {"type": "string", "enum": ["exclude", "next", "previous"], "default": "exclude"}
  }
},
"DaylightSaving": {
  "type": "object",
  "additionalProperties": false,
  "properties": {
    "skipped": {"type": "string", "enum": ["skip", "before", "after"]},
    "doubled": {"type": "string", "enum": ["first", "last", "both"]}
  }
},
"ScheduleBounds": {
  "type": "object",
  "additionalProperties": false,
  "properties": {
    "startAt": {"type": "string", "format": "date-time"},
    "endAt": {"type": "string", "format": "date-time"},
    "maxCount": {"type": "integer", "minimum": 1, "maximum": 100000}
  }
},
"SchedulePolicy": {
  "type": "object",
  "additionalProperties": false,
  "properties": {
    "misfire": {"type": "string", "enum": ["skip", "last", "all", "newest"], "default": "last", "description": "What becomes of fires that were missed"},
    "misfireNewest": {"type": "integer", "minimum": 1, "maximum": 1000, "default": 1},
    "misfireGraceSec": {"type": "number", "minimum": 0.1, "maximum": 86400, "default": 10, "description": "Later than this is missed, sooner is late"},
    "catchUpWindowSec": {"type": "number", "minimum": 1, "default": 86400, "description": "Older than this never runs"},
    "catchUpPerSecond": {"type": "number", "minimum": 0.001, "maximum": 1000, "default": 10},
    "overlap": {"type": "string", "enum": ["allow", "skip", "queue-one", "queue-all", "cancel"], "default": "skip", "description": "What becomes of a fire while the run before it goes on"},
    "maxAttempts": {"type": "integer", "minimum": 1, "maximum": 100, "default": 3},
    "backoffBaseSec": {"type": "number", "minimum": 0.001, "maximum": 86400, "default": 1},
    "backoffMaxSec": {"type": "number", "minimum": 0.001, "maximum": 86400, "default": 3600},
    "timeoutSec": {"type": "number", "minimum": 0.1, "maximum": 3600, "default": 30},
    "priority": {"type": "integer", "minimum": 1, "maximum": 9, "default": 5},
    "retentionSec": {"type": "number", "minimum": 60, "default": 604800, "description": "Of runs that have ended, and of the ledger"}
  }
},
"NewSchedule": {
  "type": "object",
  "required": ["name", "trigger", "target"],
  "additionalProperties": false,
  "properties": {
    "tenantId": {"type": "string", "minLength": 1, "maxLength": 128},
    "name": {"type": "string", "minLength": 1, "maxLength": 256, "description": "Unique within the tenant"},
    "description": {"type": "string", "maxLength": 4096},
    "trigger": {"$ref": "#/components/schemas/ScheduleTrigger"},
    "tz": {"type": "string", "description": "IANA name; the server's default-tz if left out", "examples": ["Europe/Berlin"]},
    "daylightSaving": {"$ref": "#/components/schemas/DaylightSaving"},
    "calendar": {"$ref": "#/components/schemas/ScheduleCalendar"},
    "bounds": {"$ref": "#/components/schemas/ScheduleBounds"},
    "jitter": {"type": "string", "examples": ["30s"]},
    "target": {"$ref": "#/components/schemas/ScheduleTarget"},
    "payload": {"description": "Any JSON of at most 256 KB"},
    "policy": {"$ref": "#/components/schemas/SchedulePolicy"},
    "enabled": {"type": "boolean", "default": true}
  }
},
"ScheduleChange": {
  "type": "object",
  "description": "The members of NewSchedule that change, but tenantId; null takes one away; parts of the policy one by one",
  "properties": {
    "version": {"type": "integer", "minimum": 1, "description": "Only if the schedule is of this version, as If-Match"}
  }
},
"Enabled": {
  "type": "object",
  "required": ["enabled"],
  "additionalProperties": false,
  "properties": {"enabled": {"type": "boolean"}, "version": {"type": "integer", "minimum": 1}}
}
})json";

constexpr std::string_view answers = R"json({
"Schedule": {
  "type": "object",
  "required": ["id", "tenantId", "name", "trigger", "tz", "target", "policy", "enabled", "nextFireAt", "lastFireAt", "createdAt", "updatedAt", "version"],
  "properties": {
    "id": {"type": "string", "format": "uuid"},
    "tenantId": {"type": "string"},
    "name": {"type": "string"},
    "description": {"type": "string"},
    "trigger": {"$ref": "#/components/schemas/ScheduleTrigger"},
    "tz": {"type": "string"},
    "daylightSaving": {"$ref": "#/components/schemas/DaylightSaving"},
    "calendar": {"$ref": "#/components/schemas/ScheduleCalendar"},
    "bounds": {"$ref": "#/components/schemas/ScheduleBounds"},
    "jitter": {"type": "string"},
    "target": {"$ref": "#/components/schemas/ScheduleTarget"},
    "payload": {},
    "policy": {"$ref": "#/components/schemas/SchedulePolicy"},
    "enabled": {"type": "boolean"},
    "nextFireAt": {"type": ["string", "null"], "format": "date-time"},
    "lastFireAt": {"type": ["string", "null"], "format": "date-time"},
    "createdAt": {"type": "string", "format": "date-time"},
    "updatedAt": {"type": "string", "format": "date-time"},
    "version": {"type": "integer", "description": "Counts edits, not fires"},
    "fault": {"type": "string", "description": "Why it cannot fire at present"},
    "spread": {"type": "string", "description": "What H and jitter are spread by, after it got another name"}
  }
},
"SchedulePage": {
  "type": "object",
  "required": ["data", "nextCursor"],
  "properties": {
    "data": {"type": "array", "items": {"$ref": "#/components/schemas/Schedule"}},
    "nextCursor": {"type": ["string", "null"]},
    "pagination": {"type": "object", "description": "With page and pageSize", "properties": {
      "page": {"type": "integer"}, "pageSize": {"type": "integer"}, "total": {"type": "integer"}, "totalPages": {"type": "integer"}}}
  }
},
"Validation": {
  "type": "object",
  "required": ["valid", "errors", "problems"],
  "properties": {
    "valid": {"type": "boolean"},
    "errors": {"type": "array", "items": {"type": "string"}},
    "problems": {"type": "array", "items": {"type": "object", "properties": {"field": {"type": "string"}, "detail": {"type": "string"}}}},
    "description": {"type": "string"},
    "nextFireAt": {"type": ["string", "null"], "format": "date-time"}
  }
},
"PreviewRequest": {
  "type": "object",
  "required": ["trigger"],
  "additionalProperties": false,
  "properties": {
    "tenantId": {"type": "string"},
    "name": {"type": "string", "description": "Of the schedule that is to be: H and jitter are spread by it"},
    "trigger": {"$ref": "#/components/schemas/ScheduleTrigger"},
    "tz": {"type": "string"},
    "daylightSaving": {"$ref": "#/components/schemas/DaylightSaving"},
    "calendar": {"$ref": "#/components/schemas/ScheduleCalendar"},
    "bounds": {"$ref": "#/components/schemas/ScheduleBounds"},
    "jitter": {"type": "string"},
    "count": {"type": "integer", "minimum": 1, "maximum": 1000, "default": 10},
    "from": {"type": "string", "format": "date-time", "description": "Later than this; now if left out"}
  }
},
"Preview": {
  "type": "object",
  "required": ["description", "tz", "fires", "daylightNotes"],
  "properties": {
    "description": {"type": "string"},
    "tz": {"type": "string"},
    "fires": {"type": "array", "items": {"type": "object", "required": ["at", "local"], "properties": {
      "at": {"type": "string", "format": "date-time"},
      "local": {"type": "string"},
      "runAt": {"type": "string", "format": "date-time", "description": "With jitter, where it differs"},
      "note": {"type": "string", "description": "What daylight saving does to it"}}}},
    "daylightNotes": {"type": "array", "items": {"type": "object", "properties": {
      "at": {"type": "string", "format": "date-time"}, "text": {"type": "string"}}}}
  }
},
"LedgerRow": {
  "type": "object",
  "required": ["at", "outcome"],
  "properties": {
    "at": {"type": "string", "format": "date-time", "description": "The nominal instant"},
    "outcome": {"type": "string", "enum": ["fired", "late", "caught-up", "skipped"]},
    "reason": {"type": "string", "enum": ["misfire", "overlap", "paused", "calendar"]},
    "runAt": {"type": "string", "format": "date-time"},
    "runId": {"type": "string"},
    "decidedAt": {"type": "string", "format": "date-time"}
  }
},
"LedgerPage": {
  "type": "object",
  "required": ["data", "nextCursor"],
  "properties": {
    "data": {"type": "array", "items": {"$ref": "#/components/schemas/LedgerRow"}},
    "nextCursor": {"type": ["string", "null"]}
  }
},
"CatchUp": {
  "type": "object",
  "required": ["data", "count", "runs", "more", "lastRunAt"],
  "properties": {
    "data": {"type": "array", "items": {"$ref": "#/components/schemas/LedgerRow"}},
    "count": {"type": "integer"},
    "runs": {"type": "integer"},
    "more": {"type": "boolean"},
    "lastRunAt": {"type": ["string", "null"], "format": "date-time"}
  }
}
})json";

constexpr std::string_view runs = R"json({
"ManualRun": {
  "type": "object",
  "additionalProperties": false,
  "properties": {
    "fireTime": {"type": "string", "format": "date-time", "description": "Now if left out; in the past: it runs at once, for that time"},
    "payload": {"description": "Instead of the schedule's"},
    "correlationId": {"type": "string", "maxLength": 128},
    "causationId": {"type": "string", "maxLength": 128}
  }
},
"Backfill": {
  "type": "object",
  "required": ["from", "to"],
  "additionalProperties": false,
  "properties": {
    "from": {"type": "string", "format": "date-time"},
    "to": {"type": "string", "format": "date-time", "description": "Exclusive; not in the future"},
    "step": {"type": "string", "description": "Instead of the schedule's own rule: 1h or PT1H"},
    "maxRuns": {"type": "integer", "minimum": 1, "maximum": 1000, "default": 100},
    "perSecond": {"type": "number", "minimum": 0.001, "maximum": 1000, "default": 10},
    "dryRun": {"type": "boolean", "default": false}
  }
},
"BackfillReport": {
  "type": "object",
  "required": ["dryRun", "count", "created", "existing", "more", "instants", "lastRunAt"],
  "properties": {
    "dryRun": {"type": "boolean"},
    "count": {"type": "integer"},
    "created": {"type": "integer"},
    "existing": {"type": "integer", "description": "Backfilled before"},
    "more": {"type": "boolean", "description": "The range holds more than maxRuns"},
    "instants": {"type": "array", "items": {"type": "string", "format": "date-time"}},
    "lastRunAt": {"type": ["string", "null"], "format": "date-time"}
  }
},
"Reason": {
  "type": "object",
  "additionalProperties": false,
  "properties": {"reason": {"type": "string", "maxLength": 1024}}
},
"Run": {
  "type": "object",
  "required": ["id", "tenantId", "scheduleId", "scheduleName", "cause", "dedupeKey", "status", "attempt", "fireAt", "dueAt", "createdAt", "startedAt", "finishedAt", "correlationId", "metrics"],
  "properties": {
    "id": {"type": "string"},
    "tenantId": {"type": "string"},
    "scheduleId": {"type": "string"},
    "scheduleName": {"type": "string"},
    "cause": {"type": "string", "enum": ["schedule", "manual", "backfill"]},
    "dedupeKey": {"type": "string"},
    "status": {"type": "string", "enum": ["Pending", "Running", "Succeeded", "Failed", "Cancelled", "Dead", "Missed"]},
    "attempt": {"type": "integer"},
    "fireAt": {"type": "string", "format": "date-time", "description": "The nominal instant"},
    "dueAt": {"type": "string", "format": "date-time"},
    "createdAt": {"type": "string", "format": "date-time"},
    "startedAt": {"type": ["string", "null"], "format": "date-time"},
    "finishedAt": {"type": ["string", "null"], "format": "date-time"},
    "correlationId": {"type": "string"},
    "causationId": {"type": "string"},
    "metrics": {"type": "object", "properties": {
      "latencyMs": {"type": "integer", "description": "How late the first attempt was"},
      "durationMs": {"type": "integer", "description": "Of the last attempt"}}},
    "error": {"type": "string"},
    "responseStatus": {"type": "integer"},
    "retriedAt": {"type": "string", "format": "date-time", "description": "By hand, the last time"},
    "retryReason": {"type": "string"},
    "attempts": {"type": "array", "description": "The last 20, oldest first; not in lists", "items": {
      "type": "object", "required": ["attempt", "outcome", "startedAt", "endedAt"], "properties": {
        "attempt": {"type": "integer"},
        "outcome": {"type": "string", "enum": ["succeeded", "failed", "rejected", "interrupted"]},
        "startedAt": {"type": ["string", "null"], "format": "date-time"},
        "endedAt": {"type": ["string", "null"], "format": "date-time"},
        "responseStatus": {"type": "integer"},
        "error": {"type": "string"},
        "by": {"type": "string", "description": "The server that attempted it"},
        "reason": {"type": "string", "description": "Why a person had it tried again"}}}},
    "payload": {}
  }
},
"RunPage": {
  "type": "object",
  "required": ["data", "nextCursor"],
  "properties": {
    "data": {"type": "array", "items": {"$ref": "#/components/schemas/Run"}},
    "nextCursor": {"type": ["string", "null"]}
  }
},
"NewCalendar": {
  "type": "object",
  "required": ["key"],
  "additionalProperties": false,
  "description": "holidays, holidaysCode or both; or ics",
  "properties": {
    "tenantId": {"type": "string"},
    "key": {"type": "string", "minLength": 1, "maxLength": 64, "examples": ["DE-BY-AGRI"]},
    "name": {"type": "string", "maxLength": 256},
    "holidays": {"type": "array", "maxItems": 20000, "items": {"type": "string", "format": "date"}},
    "holidaysCode": {"type": "string", "description": "A built-in code whose days are days off in every year"},
    "ics": {"type": "string", "maxLength": 1000000, "description": "An iCalendar file"}
  }
},
"Calendar": {
  "type": "object",
  "required": ["key", "name", "holidays"],
  "properties": {
    "key": {"type": "string"},
    "name": {"type": "string"},
    "holidays": {"type": "array", "items": {"type": "string", "format": "date"}},
    "holidaysCode": {"type": "string"},
    "builtIn": {"type": "boolean"},
    "year": {"type": "integer"},
    "days": {"type": "array", "items": {"type": "object", "properties": {
      "date": {"type": "string", "format": "date"}, "name": {"type": "string"}, "substitute": {"type": "boolean"}}}}
  }
},
"Calendars": {
  "type": "object",
  "required": ["data", "codes"],
  "properties": {
    "data": {"type": "array", "items": {"$ref": "#/components/schemas/Calendar"}},
    "codes": {"type": "array", "items": {"type": "object", "properties": {"code": {"type": "string"}, "name": {"type": "string"}}}}
  }
}
})json";

}  // namespace

json::object schedule_schemas() {
    json::object all;
    for (const std::string_view text : {definitions, answers, runs}) {
        auto schemas = parse_json(text);
        CARILLON_CHECK(schemas.has_value());
        for (auto& [name, schema] : schemas->as_object()) all[name] = std::move(schema);
    }
    return all;
}

}  // namespace carillon::server
