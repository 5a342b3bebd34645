#include "server/event_routes.hpp"

#include "core/json_reader.hpp"
#include "server/idempotency.hpp"
#include "server/problem.hpp"

#include <algorithm>
#include <utility>

namespace carillon::server {
namespace {

using outbox::EventStatus;

constexpr Choice<EventStatus> retried[] = {{"failed", EventStatus::failed},
                                           {"parked", EventStatus::parked}};
constexpr Choice<EventStatus> purged[] = {{"completed", EventStatus::completed},
                                          {"failed", EventStatus::failed},
                                          {"parked", EventStatus::parked}};
constexpr std::size_t ids_max = 1'000;
constexpr std::size_t name_bytes_max = 256;
constexpr const char* unindexed_text =
    "Also failed events that TypeScript workers took out of the index: reads the whole table";

/// One event, or a list of them.
Result<std::vector<outbox::Event>> read_events(const json::value& body) {
    std::vector<outbox::Event> events;
    const json::array* list = body.if_array();
    if (list == nullptr) {
        CARILLON_TRY(outbox::Event event, outbox::event_from_json(body));
        events.push_back(std::move(event));
        return events;
    }
    if (list->empty() || list->size() > outbox::emit_max) {
        return invalid("body", "must have 1 to " + std::to_string(outbox::emit_max) + " events");
    }
    for (const json::value& each : *list) {
        auto event = outbox::event_from_json(each);
        if (!event) {
            Error error = std::move(event).error();
            error.field = "body[" + std::to_string(events.size()) + "]." + error.field;
            error.detail.reset();
            return std::unexpected(std::move(error));
        }
        events.push_back(*std::move(event));
    }
    return events;
}

json::object shown(const outbox::Emitted& emitted) {
    return {{"id", emitted.id}, {"existed", emitted.existed}};
}

net::ServerResponse report_response(const outbox::ChangeReport& report) {
    return json_response(
        200,
        json::object{
            {"count", report.count}, {"skipped", report.skipped}, {"missing", report.missing}});
}

std::string read_pattern(JsonFields& fields) {
    return std::string(fields.optional_string("type", {.bytes_min = 1, .bytes_max = name_bytes_max})
                           .value_or("*"));
}

struct Retry {
    std::vector<std::string> ids{};
    outbox::Listing matching{};
};

Result<Retry> read_retry(const json::value& body) {
    JsonReader reader(body);
    JsonFields fields = reader.fields();
    Retry retry;
    const auto ids =
        fields.optional_strings("ids", ids_max, {.bytes_min = 1, .bytes_max = name_bytes_max});
    if (ids) {
        for (const std::string_view id : *ids) retry.ids.emplace_back(id);
        for (const std::string_view key : {"status", "type", "unindexed"}) {
            if (fields.has(key)) fields.reject(key, "and ids exclude each other");
        }
    }
    const auto status = fields.optional_choice<EventStatus>("status", retried);
    retry.matching.status = status.value_or(EventStatus::failed);
    retry.matching.type = read_pattern(fields);
    retry.matching.unindexed = fields.optional_boolean("unindexed").value_or(false);
    if (!ids && !status && !fields.has("type")) {
        fields.reject("ids", "must name events, or status and type must select them");
    }
    CARILLON_TRY_VOID(reader.finish());
    return retry;
}

struct Purge {
    outbox::Listing matching{};
    std::optional<TimePoint> before{};
};

Result<Purge> read_purge(const json::value& body) {
    JsonReader reader(body);
    JsonFields fields = reader.fields();
    Purge purge;
    purge.matching.status = fields.choice<EventStatus>("status", purged);
    purge.matching.type = read_pattern(fields);
    purge.matching.unindexed = fields.optional_boolean("unindexed").value_or(false);
    if (const auto text = fields.optional_string("before")) {
        const auto at = parse_instant(*text);
        if (at) {
            purge.before = *at;
        } else {
            fields.reject("before", "must be an ISO 8601 instant such as 2026-12-24T17:00:00Z");
        }
    }
    CARILLON_TRY_VOID(reader.finish());
    return purge;
}

}  // namespace

std::vector<Route> EventRoutes::routes() {
    const std::vector<Answer> report = {{200, "What was done", "EventReport"}};
    return {
        {.method = "POST",
         .path = "/events",
         .operation = "emitEvents",
         .summary = "Emit one event, or up to 100 together or not at all",
         .handler = [this](Call& call) { return emit(call); },
         .headers = {"Idempotency-Key"},
         .body = BodyUse::required,
         .body_schema = "NewEvents",
         .answers = {{201, "Emitted", "EmittedEvents"},
                     {200, "All of them were there already", "EmittedEvents"}}},
        {.method = "GET",
         .path = "/events",
         .operation = "listEvents",
         .summary = "List the events of a status, a page at a time; dead letters newest first",
         .handler = [this](Call& call) { return list(call); },
         .query = {{.name = "status",
                    .kind = ParameterKind::choice,
                    .description = "failed if left out",
                    .choices = {"created", "active", "completed", "failed", "parked"}},
                   {.name = "type",
                    .description = "order.placed, order.* or *",
                    .min = 1,
                    .max = name_bytes_max},
                   {.name = "limit",
                    .kind = ParameterKind::integer,
                    .description = "Events per page, 100 if left out",
                    .min = 1,
                    .max = 1'000},
                   {.name = "unindexed",
                    .kind = ParameterKind::boolean,
                    .description = unindexed_text},
                   {.name = "startKey", .description = "nextKey of the page before", .max = 8'192}},
         .answers = {{200, "A page; nextKey is null on the last", "EventPage"}}},
        {.method = "GET",
         .path = "/events/{id}",
         .operation = "getEvent",
         .summary = "Read one event",
         .handler = [this](Call& call) { return get(call); },
         .answers = {{200, "The event as it is now", "Event"}}},
        {.method = "POST",
         .path = "/events/retry",
         .operation = "retryEvents",
         .summary = "Let failed or parked events be handled again, with all their attempts",
         .handler = [this](Call& call) { return retry(call); },
         .body = BodyUse::required,
         .body_schema = "EventRetry",
         .answers = report},
        {.method = "POST",
         .path = "/events/purge",
         .operation = "purgeEvents",
         .summary = "Delete completed, failed or parked events",
         .handler = [this](Call& call) { return purge(call); },
         .body = BodyUse::required,
         .body_schema = "EventPurge",
         .answers = report},
    };
}

EventRoutes::Response EventRoutes::emit(Call& call) {
    auto key = idempotency_key(call.request.headers);
    if (!key) co_return std::unexpected(std::move(key).error());
    auto events = read_events(call.body);
    if (!events) co_return std::unexpected(std::move(events).error());
    if (*key) {
        for (std::size_t at = 0; at < events->size(); ++at) {
            outbox::Event& event = (*events)[at];
            if (event.id.empty()) event.id = id_of_key("events", **key + "#" + std::to_string(at));
        }
    }
    auto emitted = co_await bus_.emit_many(*std::move(events));
    if (!emitted) co_return std::unexpected(std::move(emitted).error());
    const bool made = !std::ranges::all_of(*emitted, &outbox::Emitted::existed);
    const int status = made ? 201 : 200;
    if (!call.body.is_array() && emitted->size() == 1) {
        net::ServerResponse response = json_response(status, shown(emitted->front()));
        response.headers.add("Location", "/events/" + net::percent_encode(emitted->front().id));
        co_return response;
    }
    json::array items;
    for (const outbox::Emitted& each : *emitted) items.push_back(shown(each));
    co_return json_response(status,
                            json::object{{"count", emitted->size()}, {"items", std::move(items)}});
}

EventRoutes::Response EventRoutes::list(Call& call) {
    outbox::Listing listing;
    if (const auto status = call.query.text("status")) {
        listing.status = outbox::parse_status(*status).value_or(listing.status);
    }
    listing.type = call.query.text("type").value_or(listing.type);
    listing.limit = call.query.integer("limit").value_or(listing.limit);
    listing.unindexed = call.query.boolean("unindexed").value_or(false);
    listing.start_key = call.query.text("startKey");
    auto page = co_await bus_.events().list(std::move(listing));
    if (!page) co_return std::unexpected(std::move(page).error());
    json::array items;
    items.reserve(page->events.size());
    for (const outbox::Event& event : page->events) items.push_back(outbox::to_json(event));
    json::object body{{"count", items.size()}, {"items", std::move(items)}, {"nextKey", nullptr}};
    if (page->next_key) body["nextKey"] = *page->next_key;
    co_return json_response(200, body);
}

EventRoutes::Response EventRoutes::get(Call& call) {
    auto event = co_await bus_.events().get(call.path[0]);
    if (!event) co_return std::unexpected(std::move(event).error());
    co_return json_response(200, outbox::to_json(*event));
}

EventRoutes::Response EventRoutes::retry(Call& call) {
    auto asked = read_retry(call.body);
    if (!asked) co_return std::unexpected(std::move(asked).error());
    auto report = asked->ids.empty() ? co_await bus_.events().retry_all(std::move(asked->matching))
                                     : co_await bus_.events().retry(std::move(asked->ids));
    if (!report) co_return std::unexpected(std::move(report).error());
    co_return report_response(*report);
}

EventRoutes::Response EventRoutes::purge(Call& call) {
    auto asked = read_purge(call.body);
    if (!asked) co_return std::unexpected(std::move(asked).error());
    auto report = co_await bus_.events().purge(std::move(asked->matching), asked->before);
    if (!report) co_return std::unexpected(std::move(report).error());
    co_return report_response(*report);
}

}  // namespace carillon::server
