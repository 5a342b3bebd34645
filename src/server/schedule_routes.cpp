#include "server/schedule_routes.hpp"

#include "server/fields.hpp"
#include "server/idempotency.hpp"
#include "server/problem.hpp"

#include <optional>
#include <string>
#include <utility>

namespace carillon::server {
namespace {

constexpr std::int64_t page_size = 20;

net::ServerResponse schedule_response(int status, const schedules::Schedule& schedule) {
    net::ServerResponse response = json_response(status, schedules::to_json(schedule));
    response.headers.add("ETag", entity_tag(schedule.version));
    return response;
}

/// A conflict about what the caller named is told with that name.
Error named(Error error, std::string_view field) {
    if (error.code == Errc::already_exists && error.field.empty()) error.field = field;
    return error;
}

/// The version that a change is meant for.
struct Expected {
    std::optional<std::int64_t> version{};
    bool by_header = false;
};

/// Out of If-Match, and of a member of the body, which is taken out of it.
Result<Expected> take_expected(const net::Headers& headers, json::value& body) {
    Expected expected;
    CARILLON_TRY(expected.version, expected_version(headers));
    expected.by_header = expected.version.has_value();
    auto* members = body.if_object();
    const json::value* given = members == nullptr ? nullptr : members->if_contains("version");
    if (given == nullptr) return expected;
    const std::int64_t* version = given->if_int64();
    if (version == nullptr || *version < 1) {
        return invalid("version", "must be the version that the change is meant for");
    }
    if (expected.version && *expected.version != *version) {
        return invalid("version", "must be the same as in If-Match");
    }
    expected.version = *version;
    members->erase("version");
    return expected;
}

Error of_version(Error error, const Expected& expected) {
    if (expected.by_header && error.field == "version") error.field = "If-Match";
    return error;
}

Result<schedules::TriggerRequest> read_trigger(const json::value& body) {
    JsonReader reader(body);
    JsonFields fields = reader.fields();
    schedules::TriggerRequest request;
    request.fire_at = optional_instant(fields, "fireTime");
    if (const json::value* payload = fields.optional_any("payload")) request.payload = *payload;
    const StringRule short_text{.bytes_min = 1, .bytes_max = 128};
    request.correlation_id = fields.optional_string("correlationId", short_text).value_or("");
    request.causation_id = fields.optional_string("causationId", short_text).value_or("");
    CARILLON_TRY_VOID(reader.finish());
    return request;
}

Result<schedules::Backfill> read_backfill(const json::value& body) {
    JsonReader reader(body);
    JsonFields fields = reader.fields();
    schedules::Backfill request;
    request.from = instant(fields, "from");
    request.to = instant(fields, "to");
    request.step = optional_duration(fields, "step");
    request.runs_max = fields.optional_integer("maxRuns", 1, 1'000).value_or(request.runs_max);
    request.per_second =
        fields.optional_number("perSecond", 0.001, 1'000).value_or(request.per_second);
    request.dry_run = fields.optional_boolean("dryRun").value_or(false);
    CARILLON_TRY_VOID(reader.finish());
    return request;
}

json::value instant_or_null(const std::optional<TimePoint>& at) {
    return at ? json::value(format_instant(*at)) : json::value(nullptr);
}

template <class T>
json::object page_json(const schedules::PageOf<T>& page) {
    json::array data;
    data.reserve(page.items.size());
    for (const T& item : page.items) data.push_back(to_json(item));
    json::object body{{"data", std::move(data)}, {"nextCursor", nullptr}};
    if (page.next_cursor) body["nextCursor"] = *page.next_cursor;
    return body;
}

/// How a list is paged: by number, as seed 002 does, unless the request has a cursor or a limit.
Result<std::optional<std::int64_t>> page_number(const QueryValues& query) {
    if (!query.text("cursor") && !query.integer("limit")) return query.integer("page").value_or(1);
    for (const std::string_view name : {"page", "pageSize"}) {
        if (query.integer(name)) {
            return invalid(std::string(name), "cannot be given together with limit or cursor");
        }
    }
    return std::nullopt;
}

QueryParameter limit_parameter() {
    return {.name = "limit",
            .kind = ParameterKind::integer,
            .description = "Per page, 20 if left out",
            .min = 1,
            .max = 100};
}

QueryParameter cursor_parameter() {
    return {.name = "cursor", .description = "nextCursor of the page before", .max = 8'192};
}

}  // namespace

std::vector<Route> ScheduleRoutes::routes() {
    std::vector<Route> all = many_routes();
    for (auto& more : {question_routes(), single_routes(), run_routes()}) {
        all.insert(all.end(), more.begin(), more.end());
    }
    return all;
}

std::vector<Route> ScheduleRoutes::many_routes() {
    return {
        {.method = "POST",
         .path = "/schedules",
         .operation = "createSchedule",
         .summary = "Make a schedule",
         .handler = [this](Call& call) { return create(call); },
         .query = {tenant_parameter()},
         .headers = {"X-Tenant-Id", "Idempotency-Key"},
         .body = BodyUse::required,
         .body_schema = "NewSchedule",
         .answers = {{201, "The schedule", "Schedule"},
                     {200, "A request with the same Idempotency-Key made it", "Schedule"}}},
        {.method = "GET",
         .path = "/schedules",
         .operation = "listSchedules",
         .summary = "List schedules, newest first: by page and pageSize, or by limit and cursor",
         .handler = [this](Call& call) { return list(call); },
         .query = {tenant_parameter(),
                   {.name = "enabled", .kind = ParameterKind::boolean, .description = "Only these"},
                   {.name = "name", .description = "Exactly so", .max = 256},
                   {.name = "page",
                    .kind = ParameterKind::integer,
                    .description = "1 if left out",
                    .min = 1,
                    .max = 100'000},
                   {.name = "pageSize",
                    .kind = ParameterKind::integer,
                    .description = "20 if left out",
                    .min = 1,
                    .max = 100},
                   limit_parameter(),
                   cursor_parameter()},
         .headers = {"X-Tenant-Id"},
         .answers = {{200, "A page; nextCursor is null on the last", "SchedulePage"}}},
    };
}

std::vector<Route> ScheduleRoutes::single_routes() {
    constexpr std::string_view one = "/schedules/{id}";
    return {
        {.method = "GET",
         .path = one,
         .operation = "getSchedule",
         .summary = "Read one schedule",
         .handler = [this](Call& call) { return get(call); },
         .query = {tenant_parameter()},
         .headers = {"X-Tenant-Id"},
         .answers = {{200, "The schedule; ETag is its version", "Schedule"}}},
        {.method = "PATCH",
         .path = one,
         .operation = "updateSchedule",
         .summary = "Change the members that are given; null takes one away",
         .handler = [this](Call& call) { return update(call); },
         .query = {tenant_parameter()},
         .headers = {"X-Tenant-Id", "If-Match"},
         .body = BodyUse::required,
         .body_schema = "ScheduleChange",
         .answers = {{200, "The schedule as it is now", "Schedule"}}},
        {.method = "DELETE",
         .path = one,
         .operation = "deleteSchedule",
         .summary = "Delete one schedule; its runs go on",
         .handler = [this](Call& call) { return remove(call); },
         .query = {tenant_parameter()},
         .headers = {"X-Tenant-Id", "If-Match"},
         .answers = {{204, "It is gone"}}},
        {.method = "PATCH",
         .path = "/schedules/{id}/enabled",
         .operation = "enableSchedule",
         .summary = "Pause a schedule or let it go on",
         .handler = [this](Call& call) { return enable(call); },
         .query = {tenant_parameter()},
         .headers = {"X-Tenant-Id", "If-Match"},
         .body = BodyUse::required,
         .body_schema = "Enabled",
         .answers = {{200, "The schedule as it is now", "Schedule"}}},
    };
}

std::vector<Route> ScheduleRoutes::run_routes() {
    return {
        {.method = "POST",
         .path = "/schedules/{id}/trigger",
         .operation = "triggerSchedule",
         .summary = "Run it by hand, now or at fireTime, with its payload or another",
         .handler = [this](Call& call) { return trigger(call); },
         .query = {tenant_parameter()},
         .headers = {"X-Tenant-Id", "Idempotency-Key"},
         .body = BodyUse::optional,
         .body_schema = "ManualRun",
         .answers = {{201, "The run", "Run"},
                     {200,
                      "The run that an earlier request with the same Idempotency-Key or fireTime "
                      "made",
                      "Run"}}},
        {.method = "POST",
         .path = "/schedules/{id}/backfill",
         .operation = "backfillSchedule",
         .summary = "Run a range of the past, each instant once; with dryRun only tell",
         .handler = [this](Call& call) { return backfill(call); },
         .query = {tenant_parameter()},
         .headers = {"X-Tenant-Id"},
         .body = BodyUse::required,
         .body_schema = "Backfill",
         .answers = {{200, "What runs, or with dryRun would run", "BackfillReport"}}},
        {.method = "GET",
         .path = "/schedules/{id}/ledger",
         .operation = "listLedger",
         .summary = "What became of every nominal instant, and why; newest first",
         .handler = [this](Call& call) { return ledger(call); },
         .query = {tenant_parameter(),
                   {.name = "from", .kind = ParameterKind::instant, .description = "At or after"},
                   {.name = "to", .kind = ParameterKind::instant, .description = "Before"},
                   limit_parameter(),
                   cursor_parameter()},
         .headers = {"X-Tenant-Id"},
         .answers = {{200, "A page; nextCursor is null on the last", "LedgerPage"}}},
    };
}

ScheduleRoutes::Response ScheduleRoutes::create(Call& call) {
    auto key = idempotency_key(call.request.headers);
    if (!key) co_return std::unexpected(std::move(key).error());
    auto tenant = tenant_of(call, true);
    if (!tenant) co_return std::unexpected(std::move(tenant).error());
    schedules::Created created;
    if (*key) {
        // The tenant cannot hold the sign between them.
        std::string id = id_of_key("schedules#" + *tenant, **key);
        auto made =
            co_await service_.create_once(*std::move(tenant), std::move(id), std::move(call.body));
        if (!made) co_return std::unexpected(named(std::move(made).error(), "Idempotency-Key"));
        created = *std::move(made);
    } else {
        auto made = co_await service_.create(*std::move(tenant), std::move(call.body));
        if (!made) co_return std::unexpected(std::move(made).error());
        created.schedule = *std::move(made);
    }
    auto response = schedule_response(created.existed ? 200 : 201, created.schedule);
    response.headers.add("Location", "/schedules/" + created.schedule.id);
    co_return response;
}

ScheduleRoutes::Response ScheduleRoutes::list(Call& call) {
    auto tenant = tenant_of(call);
    if (!tenant) co_return std::unexpected(std::move(tenant).error());
    auto number = page_number(call.query);
    if (!number) co_return std::unexpected(std::move(number).error());
    schedules::ListRequest request;
    request.enabled = call.query.boolean("enabled");
    request.name = call.query.text("name");
    request.cursor = call.query.text("cursor");
    request.limit = call.query.integer(*number ? "pageSize" : "limit").value_or(page_size);
    request.whole = number->has_value();
    if (*number) request.skip = (**number - 1) * request.limit;
    const std::int64_t size = request.limit;
    schedules::ListRequest counted = request;
    auto page = co_await service_.list(*tenant, std::move(request));
    if (!page) co_return std::unexpected(std::move(page).error());
    json::object body = page_json(*page);
    if (*number) {
        auto total = co_await service_.count(*tenant, std::move(counted));
        if (!total) co_return std::unexpected(std::move(total).error());
        body["pagination"] = json::object{{"page", **number},
                                          {"pageSize", size},
                                          {"total", *total},
                                          {"totalPages", (*total + size - 1) / size}};
    }
    co_return json_response(200, body);
}

ScheduleRoutes::Response ScheduleRoutes::get(Call& call) {
    auto tenant = tenant_of(call);
    if (!tenant) co_return std::unexpected(std::move(tenant).error());
    auto schedule = co_await service_.get(*std::move(tenant), call.path[0]);
    if (!schedule) co_return std::unexpected(std::move(schedule).error());
    co_return schedule_response(200, *schedule);
}

ScheduleRoutes::Response ScheduleRoutes::update(Call& call) {
    auto tenant = tenant_of(call);
    if (!tenant) co_return std::unexpected(std::move(tenant).error());
    auto expected = take_expected(call.request.headers, call.body);
    if (!expected) co_return std::unexpected(std::move(expected).error());
    auto schedule = co_await service_.update(
        *std::move(tenant), call.path[0], std::move(call.body), expected->version);
    if (!schedule) co_return std::unexpected(of_version(std::move(schedule).error(), *expected));
    co_return schedule_response(200, *schedule);
}

ScheduleRoutes::Response ScheduleRoutes::enable(Call& call) {
    auto tenant = tenant_of(call);
    if (!tenant) co_return std::unexpected(std::move(tenant).error());
    auto expected = take_expected(call.request.headers, call.body);
    if (!expected) co_return std::unexpected(std::move(expected).error());
    JsonReader reader(call.body);
    JsonFields fields = reader.fields();
    const bool enabled = fields.boolean("enabled");
    if (auto read = reader.finish(); !read) co_return std::unexpected(std::move(read).error());
    json::value patch = json::object{{"enabled", enabled}};
    auto schedule = co_await service_.update(
        *std::move(tenant), call.path[0], std::move(patch), expected->version);
    if (!schedule) co_return std::unexpected(of_version(std::move(schedule).error(), *expected));
    co_return schedule_response(200, *schedule);
}

ScheduleRoutes::Response ScheduleRoutes::remove(Call& call) {
    auto tenant = tenant_of(call);
    if (!tenant) co_return std::unexpected(std::move(tenant).error());
    auto expected = take_expected(call.request.headers, call.body);
    if (!expected) co_return std::unexpected(std::move(expected).error());
    auto done = co_await service_.remove(*std::move(tenant), call.path[0], expected->version);
    if (!done) co_return std::unexpected(of_version(std::move(done).error(), *expected));
    net::ServerResponse response;
    response.status = 204;
    co_return response;
}

ScheduleRoutes::Response ScheduleRoutes::trigger(Call& call) {
    auto tenant = tenant_of(call);
    if (!tenant) co_return std::unexpected(std::move(tenant).error());
    auto key = idempotency_key(call.request.headers);
    if (!key) co_return std::unexpected(std::move(key).error());
    auto request = read_trigger(body_or_empty(call));
    if (!request) co_return std::unexpected(std::move(request).error());
    const bool keyed = key->has_value();
    request->key = *std::move(key);
    if (request->causation_id.empty()) request->causation_id = call.request_id;
    auto made = co_await service_.trigger(*std::move(tenant), call.path[0], *std::move(request));
    if (!made) {
        co_return std::unexpected(
            named(std::move(made).error(), keyed ? "Idempotency-Key" : "fireTime"));
    }
    auto response = json_response(made->existed ? 200 : 201, schedules::to_json(made->run));
    response.headers.add("Location", "/runs/" + made->run.id);
    co_return response;
}

ScheduleRoutes::Response ScheduleRoutes::backfill(Call& call) {
    auto tenant = tenant_of(call);
    if (!tenant) co_return std::unexpected(std::move(tenant).error());
    auto request = read_backfill(call.body);
    if (!request) co_return std::unexpected(std::move(request).error());
    request->causation_id = call.request_id;
    const bool dry = request->dry_run;
    auto report = co_await service_.backfill(*std::move(tenant), call.path[0], *std::move(request));
    if (!report) co_return std::unexpected(std::move(report).error());
    json::array instants;
    instants.reserve(report->instants.size());
    for (const TimePoint at : report->instants) instants.emplace_back(format_instant(at));
    const auto count = instants.size();
    co_return json_response(200,
                            json::object{{"dryRun", dry},
                                         {"count", count},
                                         {"created", report->created},
                                         {"existing", report->existing},
                                         {"more", report->more},
                                         {"instants", std::move(instants)},
                                         {"lastRunAt", instant_or_null(report->last_run_at)}});
}

ScheduleRoutes::Response ScheduleRoutes::ledger(Call& call) {
    auto tenant = tenant_of(call);
    if (!tenant) co_return std::unexpected(std::move(tenant).error());
    schedules::LedgerRequest request;
    request.from = call.query.instant("from");
    request.to = call.query.instant("to");
    request.limit = call.query.integer("limit").value_or(page_size);
    request.cursor = call.query.text("cursor");
    auto page = co_await service_.ledger(*std::move(tenant), call.path[0], std::move(request));
    if (!page) co_return std::unexpected(std::move(page).error());
    co_return json_response(200, page_json(*page));
}

}  // namespace carillon::server
