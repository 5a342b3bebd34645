#include "server/run_routes.hpp"

#include "server/fields.hpp"
#include "server/problem.hpp"

#include <string>
#include <utility>

namespace carillon::server {
namespace {

/// Why a person does it.
Result<std::string> read_reason(const json::value& body) {
    JsonReader reader(body);
    JsonFields fields = reader.fields();
    std::string reason(fields.optional_string("reason", {.bytes_max = 1'024}).value_or(""));
    CARILLON_TRY_VOID(reader.finish());
    return reason;
}

Result<net::ServerResponse> run_answer(Result<schedules::Run> run) {
    if (!run) return std::unexpected(std::move(run).error());
    return json_response(200, schedules::to_full_json(*run));
}

}  // namespace

std::vector<Route> RunRoutes::routes() {
    const std::vector<Answer> run = {{200, "The run as it is now", "Run"}};
    return {
        {.method = "GET",
         .path = "/runs",
         .operation = "listRuns",
         .summary = "List runs, newest first; a page may be short and yet have a nextCursor",
         .handler = [this](Call& call) { return list(call); },
         .query =
             {tenant_parameter(),
              {.name = "scheduleId", .description = "Only its runs", .max = 64},
              {.name = "status",
               .kind = ParameterKind::choice,
               .description = "Only these",
               .choices =
                   {"Pending", "Running", "Succeeded", "Failed", "Cancelled", "Dead", "Missed"}},
              {.name = "from",
               .kind = ParameterKind::instant,
               .description = "Created at or after"},
              {.name = "to", .kind = ParameterKind::instant, .description = "Created before"},
              {.name = "limit",
               .kind = ParameterKind::integer,
               .description = "Per page, 20 if left out",
               .min = 1,
               .max = 100},
              {.name = "cursor", .description = "nextCursor of the page before", .max = 8'192}},
         .headers = {"X-Tenant-Id"},
         .answers = {{200, "A page; nextCursor is null on the last", "RunPage"}}},
        {.method = "GET",
         .path = "/runs/{id}",
         .operation = "getRun",
         .summary = "Read one run",
         .handler = [this](Call& call) { return get(call); },
         .query = {tenant_parameter()},
         .headers = {"X-Tenant-Id"},
         .answers = run},
        {.method = "POST",
         .path = "/runs/{id}/retry",
         .operation = "retryRun",
         .summary = "Attempt a run again that failed, died, was missed or cancelled, with all its "
                    "attempts",
         .handler = [this](Call& call) { return retry(call); },
         .query = {tenant_parameter()},
         .headers = {"X-Tenant-Id"},
         .body = BodyUse::optional,
         .body_schema = "Reason",
         .answers = run},
        {.method = "POST",
         .path = "/runs/{id}/cancel",
         .operation = "cancelRun",
         .summary = "End a run that has not ended; the answer of an attempt under way is dropped",
         .handler = [this](Call& call) { return cancel(call); },
         .query = {tenant_parameter()},
         .headers = {"X-Tenant-Id"},
         .body = BodyUse::optional,
         .body_schema = "Reason",
         .answers = run},
    };
}

RunRoutes::Response RunRoutes::list(Call& call) {
    auto tenant = tenant_of(call);
    if (!tenant) co_return std::unexpected(std::move(tenant).error());
    schedules::RunsRequest request;
    request.schedule_id = call.query.text("scheduleId");
    if (const auto status = call.query.text("status")) {
        request.status = schedules::parse_run_status(*status);
    }
    request.from = call.query.instant("from");
    request.to = call.query.instant("to");
    request.limit = call.query.integer("limit").value_or(request.limit);
    request.cursor = call.query.text("cursor");
    auto page = co_await service_.list_runs(*std::move(tenant), std::move(request));
    if (!page) co_return std::unexpected(std::move(page).error());
    json::array data;
    data.reserve(page->items.size());
    for (const schedules::Run& run : page->items) data.push_back(schedules::to_json(run));
    json::object body{{"data", std::move(data)}, {"nextCursor", nullptr}};
    if (page->next_cursor) body["nextCursor"] = *page->next_cursor;
    co_return json_response(200, body);
}

RunRoutes::Response RunRoutes::get(Call& call) {
    auto tenant = tenant_of(call);
    if (!tenant) co_return std::unexpected(std::move(tenant).error());
    co_return run_answer(co_await service_.get_run(*std::move(tenant), call.path[0]));
}

RunRoutes::Response RunRoutes::retry(Call& call) {
    auto tenant = tenant_of(call);
    if (!tenant) co_return std::unexpected(std::move(tenant).error());
    auto reason = read_reason(body_or_empty(call));
    if (!reason) co_return std::unexpected(std::move(reason).error());
    co_return run_answer(
        co_await service_.retry_run(*std::move(tenant), call.path[0], *std::move(reason)));
}

RunRoutes::Response RunRoutes::cancel(Call& call) {
    auto tenant = tenant_of(call);
    if (!tenant) co_return std::unexpected(std::move(tenant).error());
    auto reason = read_reason(body_or_empty(call));
    if (!reason) co_return std::unexpected(std::move(reason).error());
    co_return run_answer(
        co_await service_.cancel_run(*std::move(tenant), call.path[0], *std::move(reason)));
}

}  // namespace carillon::server
