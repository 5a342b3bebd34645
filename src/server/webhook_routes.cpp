#include "server/webhook_routes.hpp"

#include "core/json_reader.hpp"
#include "runtime/turn.hpp"
#include "server/problem.hpp"

#include <optional>
#include <string>
#include <utility>

namespace carillon::server {
namespace {

using webhooks::Status;

constexpr std::size_t namespace_bytes_max = 256;
constexpr std::size_t id_bytes_max = 256;

constexpr Choice<Status> statuses[] = {
    {"PENDING", Status::pending},
    {"PROCESSING", Status::processing},
    {"COMPLETED", Status::completed},
    {"FAILED", Status::failed},
    {"SUSPENDED", Status::suspended},
};

/// Bodies of the operations may be left out where every field is optional.
const json::value no_fields = json::object{};

const json::value& fields_of(const Call& call) {
    return call.body.is_null() ? no_fields : call.body;
}

std::optional<TimePoint> read_instant(JsonFields& fields, std::string_view key) {
    const auto text = fields.optional_string(key);
    if (!text) return std::nullopt;
    const auto at = parse_instant(*text);
    if (at) return *at;
    fields.reject(key, "must be an ISO 8601 instant such as 2026-12-24T17:00:00Z");
    return std::nullopt;
}

std::optional<std::string> to_owned(std::optional<std::string_view> text) {
    return text ? std::optional<std::string>(*text) : std::nullopt;
}

Result<webhooks::Selection> read_selection(const json::value& body) {
    JsonReader reader(body);
    JsonFields fields = reader.fields();
    webhooks::Selection selection;
    selection.name_space =
        fields.string("namespace", {.bytes_min = 1, .bytes_max = namespace_bytes_max});
    selection.id_prefix =
        to_owned(fields.optional_string("id", {.bytes_min = 1, .bytes_max = id_bytes_max}));
    selection.status = fields.optional_choice<Status>("status", statuses);
    selection.from = read_instant(fields, "from");
    selection.to = read_instant(fields, "to");
    // The seed lets callers choose the chunk; here every chunk has the size that suits the store.
    static_cast<void>(fields.optional_integer("chunkLimit", 1, 1'000));
    if (selection.from && selection.to && *selection.to < *selection.from) {
        fields.reject("to", "must not be before from");
    }
    CARILLON_TRY_VOID(reader.finish());
    return selection;
}

struct Trigger {
    bool dry = false;
    webhooks::DryRun selection{};
};

Result<Trigger> read_trigger(const json::value& body) {
    JsonReader reader(body);
    JsonFields fields = reader.fields();
    Trigger trigger;
    trigger.dry = fields.optional_boolean("dryRun").value_or(false);
    // The real run takes everything that is due: a filter that it ignored would ring too much.
    if (!trigger.dry) {
        for (const std::string_view key : {"date", "namespace", "id", "limit"}) {
            if (fields.has(key)) fields.reject(key, "is only for \"dryRun\": true");
        }
        CARILLON_TRY_VOID(reader.finish());
        return trigger;
    }
    webhooks::DryRun& run = trigger.selection;
    run.date = read_instant(fields, "date");
    run.name_space = to_owned(
        fields.optional_string("namespace", {.bytes_min = 1, .bytes_max = namespace_bytes_max}));
    run.id_prefix =
        to_owned(fields.optional_string("id", {.bytes_min = 1, .bytes_max = id_bytes_max}));
    run.limit = fields.optional_integer("limit", 1, 1'000).value_or(run.limit);
    CARILLON_TRY_VOID(reader.finish());
    return trigger;
}

json::array to_json(const std::vector<webhooks::BatchReport::Entry>& entries) {
    json::array items;
    items.reserve(entries.size());
    for (const auto& entry : entries) {
        items.push_back(json::object{{"namespace", entry.name_space},
                                     {"id", entry.id},
                                     {"schedule", format_instant(entry.schedule)}});
    }
    return items;
}

net::ServerResponse report_response(const webhooks::BatchReport& report) {
    return json_response(200,
                         json::object{{"count", report.count},
                                      {"skipped", report.skipped},
                                      {"errors", report.errors},
                                      {"items", to_json(report.items)}});
}

Result<net::ServerResponse> webhook_answer(Result<webhooks::Webhook> webhook) {
    if (!webhook) return std::unexpected(std::move(webhook).error());
    return json_response(200, webhooks::to_json(*webhook));
}

}  // namespace

std::vector<Route> WebhookRoutes::routes() {
    std::vector<Route> all = creation_routes();
    for (auto& more : {single_routes(), many_routes()}) {
        all.insert(all.end(), more.begin(), more.end());
    }
    return all;
}

std::vector<Route> WebhookRoutes::creation_routes() {
    return {
        {.method = "POST",
         .path = "/webhooks",
         .operation = "registerWebhook",
         .summary = "Register one webhook, or up to 1000 at a time (Prefer: return=minimal answers "
                    "only namespace, id and status)",
         .handler = [this](Call& call) { return creation_.create(call); },
         .headers = {"Idempotency-Key", "Prefer"},
         .body = BodyUse::required,
         .body_schema = "RegistrationOrBatch",
         .answers = {{201, "The webhook", "Webhook"},
                     {200,
                      "The report of a batch of which at least one was registered (of none: a "
                      "problem with count 0 and the results); or the webhook that an earlier "
                      "request with the "
                      "same Idempotency-Key or id made",
                      "WebhookOrBatchReport"}}},
        {.method = "GET",
         .path = "/webhooks",
         .operation = "listWebhooks",
         .summary = "List the webhooks of a namespace, a page at a time",
         .handler = [this](Call& call) { return list(call); },
         .query = {{.name = "namespace",
                    .description = "Whose webhooks",
                    .required = true,
                    .max = namespace_bytes_max},
                   {.name = "id", .description = "Only ids that begin so", .max = id_bytes_max},
                   {.name = "status",
                    .kind = ParameterKind::choice,
                    .description = "Only these",
                    .choices = {"PENDING", "PROCESSING", "COMPLETED", "FAILED", "SUSPENDED"}},
                   {.name = "from",
                    .kind = ParameterKind::instant,
                    .description = "Scheduled at or after"},
                   {.name = "to",
                    .kind = ParameterKind::instant,
                    .description = "Scheduled at or before"},
                   {.name = "desc", .kind = ParameterKind::boolean, .description = "Latest first"},
                   {.name = "limit",
                    .kind = ParameterKind::integer,
                    .description = "Webhooks per page, 100 if left out",
                    .min = 1,
                    .max = 1'000},
                   {.name = "startKey",
                    .description = "lastEvaluatedKey of the page before",
                    .max = 8'192}},
         .answers = {{200, "A page; lastEvaluatedKey is null on the last", "Page"}}},
    };
}

std::vector<Route> WebhookRoutes::single_routes() {
    constexpr std::string_view one = "/webhooks/{namespace}/{id}";
    const std::vector<Answer> webhook = {{200, "The webhook as it is now", "Webhook"}};
    return {
        {.method = "GET",
         .path = one,
         .operation = "getWebhook",
         .summary = "Read one webhook",
         .handler = [this](Call& call) { return get(call); },
         .answers = webhook},
        {.method = "DELETE",
         .path = one,
         .operation = "deleteWebhook",
         .summary = "Delete one webhook; answers what it was",
         .handler = [this](Call& call) { return remove(call); },
         .answers = {{200, "The webhook that was deleted", "Webhook"}}},
        {.method = "POST",
         .path = "/webhooks/{namespace}/{id}/suspend",
         .operation = "suspendWebhook",
         .summary = "Set a pending webhook aside: it does not ring until unsuspended",
         .handler = [this](Call& call) { return suspend(call); },
         .answers = webhook},
        {.method = "POST",
         .path = "/webhooks/{namespace}/{id}/unsuspend",
         .operation = "unsuspendWebhook",
         .summary = "Let a suspended webhook ring again",
         .handler = [this](Call& call) { return unsuspend(call); },
         .answers = webhook},
        {.method = "POST",
         .path = "/webhooks/{namespace}/{id}/retry",
         .operation = "retryWebhook",
         .summary = "Try a failed webhook again, now and with all its attempts",
         .handler = [this](Call& call) { return retry(call); },
         .answers = webhook},
    };
}

std::vector<Route> WebhookRoutes::many_routes() {
    const std::vector<Answer> report = {{200, "What was done; items names at most 1000", "Report"}};
    return {
        {.method = "POST",
         .path = "/webhooks/delete-many",
         .operation = "deleteWebhooks",
         .summary = "Delete all webhooks that match",
         .handler = [this](Call& call) { return remove_many(call); },
         .body = BodyUse::required,
         .body_schema = "Selection",
         .answers = report},
        {.method = "POST",
         .path = "/webhooks/suspend-many",
         .operation = "suspendWebhooks",
         .summary = "Suspend all pending webhooks that match",
         .handler = [this](Call& call) { return suspend_many(call); },
         .body = BodyUse::required,
         .body_schema = "Selection",
         .answers = report},
        {.method = "POST",
         .path = "/webhooks/clear",
         .operation = "clearWebhooks",
         .summary = "Delete all webhooks of a namespace",
         .handler = [this](Call& call) { return clear(call); },
         .body = BodyUse::required,
         .body_schema = "Clear",
         .answers = report},
        {.method = "POST",
         .path = "/webhooks/trigger",
         .operation = "triggerWebhooks",
         .summary = "Run everything that is due now and wait for it, or tell what would run",
         .handler = [this](Call& call) { return trigger(call); },
         .body = BodyUse::optional,
         .body_schema = "Trigger",
         .answers = {{200, "What ran, or with dryRun what would", "TriggerReport"}}},
    };
}

WebhookRoutes::Response WebhookRoutes::list(Call& call) {
    webhooks::Fetch fetch;
    webhooks::Selection& selection = fetch.selection;
    selection.name_space = call.query.text("namespace").value_or("");
    selection.id_prefix = call.query.text("id");
    if (const auto status = call.query.text("status")) {
        selection.status = webhooks::parse_status(*status);
    }
    selection.from = call.query.instant("from");
    selection.to = call.query.instant("to");
    if (selection.from && selection.to && *selection.to < *selection.from) {
        co_return invalid("to", "must not be before from");
    }
    fetch.descending = call.query.boolean("desc").value_or(false);
    fetch.limit = call.query.integer("limit").value_or(fetch.limit);
    fetch.start_key = call.query.text("startKey");

    auto page = co_await service_.fetch(std::move(fetch));
    if (!page) co_return std::unexpected(std::move(page).error());
    // Written as text at once, in slices: a page may have a thousand webhooks, and the deliveries
    // of this loop wait for none of them.
    constexpr std::size_t slice = 50;
    net::ServerResponse response;
    response.headers.add("Content-Type", "application/json");
    response.body = "{\"count\":" + std::to_string(page->items.size()) + ",\"items\":[";
    for (std::size_t at = 0; at < page->items.size(); ++at) {
        if (at > 0) response.body += ',';
        if (at % slice == slice - 1) co_await runtime::next_turn(loop_);
        append_text(response.body, webhooks::to_json(page->items[at]));
    }
    json::value next_key = nullptr;
    if (page->next_key) next_key = *page->next_key;
    response.body += "],\"lastEvaluatedKey\":";
    append_text(response.body, next_key);
    response.body += '}';
    co_return response;
}

WebhookRoutes::Response WebhookRoutes::get(Call& call) {
    co_return webhook_answer(co_await service_.get(call.path[0], call.path[1]));
}

WebhookRoutes::Response WebhookRoutes::remove(Call& call) {
    co_return webhook_answer(co_await service_.remove(call.path[0], call.path[1]));
}

WebhookRoutes::Response WebhookRoutes::suspend(Call& call) {
    co_return webhook_answer(co_await service_.suspend(call.path[0], call.path[1]));
}

WebhookRoutes::Response WebhookRoutes::unsuspend(Call& call) {
    co_return webhook_answer(co_await service_.unsuspend(call.path[0], call.path[1]));
}

WebhookRoutes::Response WebhookRoutes::retry(Call& call) {
    co_return webhook_answer(co_await service_.retry(call.path[0], call.path[1]));
}

WebhookRoutes::Response WebhookRoutes::remove_many(Call& call) {
    auto selection = read_selection(call.body);
    if (!selection) co_return std::unexpected(std::move(selection).error());
    auto report = co_await service_.remove_many(*std::move(selection));
    if (!report) co_return std::unexpected(std::move(report).error());
    co_return report_response(*report);
}

WebhookRoutes::Response WebhookRoutes::suspend_many(Call& call) {
    auto selection = read_selection(call.body);
    if (!selection) co_return std::unexpected(std::move(selection).error());
    auto report = co_await service_.suspend_many(*std::move(selection));
    if (!report) co_return std::unexpected(std::move(report).error());
    co_return report_response(*report);
}

WebhookRoutes::Response WebhookRoutes::clear(Call& call) {
    JsonReader reader(call.body);
    JsonFields fields = reader.fields();
    std::string name_space(
        fields.string("namespace", {.bytes_min = 1, .bytes_max = namespace_bytes_max}));
    if (auto read = reader.finish(); !read) co_return std::unexpected(std::move(read).error());
    auto report = co_await service_.clear(std::move(name_space));
    if (!report) co_return std::unexpected(std::move(report).error());
    co_return report_response(*report);
}

WebhookRoutes::Response WebhookRoutes::trigger(Call& call) {
    auto asked = read_trigger(fields_of(call));
    if (!asked) co_return std::unexpected(std::move(asked).error());
    if (asked->dry) {
        auto report = co_await service_.trigger_dry_run(std::move(asked->selection));
        if (!report) co_return std::unexpected(std::move(report).error());
        co_return json_response(
            200, json::object{{"count", report->count}, {"items", to_json(report->items)}});
    }
    auto report = co_await service_.trigger();
    if (!report) co_return std::unexpected(std::move(report).error());
    co_return json_response(200,
                            json::object{{"processed", report->done}, {"errors", report->errors}});
}

}  // namespace carillon::server
