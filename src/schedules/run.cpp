#include "schedules/run.hpp"

#include "core/json.hpp"
#include "queue/row.hpp"
#include "schedules/attributes.hpp"

#include <array>
#include <utility>

namespace carillon::schedules {
namespace {

constexpr std::array statuses{RunStatus::pending,
                              RunStatus::running,
                              RunStatus::succeeded,
                              RunStatus::failed,
                              RunStatus::cancelled,
                              RunStatus::dead,
                              RunStatus::missed};
constexpr std::array causes{RunCause::schedule, RunCause::manual, RunCause::backfill};

boost::json::value instant_json(const std::optional<TimePoint>& at) {
    return at ? boost::json::value(format_instant(*at)) : boost::json::value(nullptr);
}

/// Target, payload and policy are read and written as in a schedule, of which they are a part.
boost::json::object work_json(const Run& run) {
    Schedule part;
    part.name = run.schedule_name;
    part.spec.trigger = recurrence::IntervalTrigger{.every = Duration{1'000}};
    part.target = run.target;
    part.payload = run.payload;
    part.policy = run.policy;
    return definition_json(part);
}

}  // namespace

std::string_view to_string(RunStatus status) {
    switch (status) {
        case RunStatus::pending:
            return "Pending";
        case RunStatus::running:
            return "Running";
        case RunStatus::succeeded:
            return "Succeeded";
        case RunStatus::failed:
            return "Failed";
        case RunStatus::cancelled:
            return "Cancelled";
        case RunStatus::dead:
            return "Dead";
        case RunStatus::missed:
            return "Missed";
    }
    return "Pending";
}

std::optional<RunStatus> parse_run_status(std::string_view text) {
    for (const RunStatus status : statuses) {
        if (text == to_string(status)) return status;
    }
    return std::nullopt;
}

std::string_view to_string(RunCause cause) {
    switch (cause) {
        case RunCause::schedule:
            return "schedule";
        case RunCause::manual:
            return "manual";
        case RunCause::backfill:
            return "backfill";
    }
    return "schedule";
}

bool ended_badly(RunStatus status) {
    return has_ended(status) && status != RunStatus::succeeded;
}

std::string status_key(std::string_view tenant, RunStatus status) {
    std::string key(tenant);
    key.append("#").append(to_string(status));
    return key;
}

std::string Run::dedupe_key() const {
    const bool by_hand = cause == RunCause::manual;
    std::string text = schedule_id;
    if (by_hand && key.starts_with(callers_key)) return text + "#manual#" + key;
    text.append("@").append(format_instant(fire_at));
    if (cause != RunCause::schedule) text.append("#").append(to_string(cause));
    if (by_hand && key.empty()) text.append("#").append(id);
    return text;
}

void write(dynamo::Item& item, const Run& run) {
    item.set("tenant", run.tenant);
    item.set("id", run.id);
    item.set("scheduleKey", run.tenant + "#" + run.schedule_id);
    item.set("scheduleId", run.schedule_id);
    set_text(item, "scheduleName", run.schedule_name);
    item.set("cause", to_string(run.cause));
    item.set("fireAt", to_epoch_ms(run.fire_at));
    item.set("runDueAt", to_epoch_ms(run.due_at));
    item.set("status", to_string(run.status));
    item.set("begun", run.attempts);
    item.set("createdAt", to_epoch_ms(run.created_at));
    set_instant(item, "startedAt", run.started_at);
    set_instant(item, "finishedAt", run.finished_at);
    item.set("latencyMs", run.latency_ms);
    item.set("durationMs", run.duration_ms);
    set_text(item, "error", run.error);
    if (run.response_status != 0) {
        item.set("responseStatus", run.response_status);
    } else {
        item.erase("responseStatus");
    }
    set_text(item, "attemptLog", attempts_text(run.log));
    set_instant(item, "retriedAt", run.retried_at);
    set_text(item, "retryReason", run.retry_reason);
    set_text(item, "correlationId", run.correlation_id);
    set_text(item, "causationId", run.causation_id);
    set_text(item, "runKey", run.key);
    if (ended_badly(run.status)) {
        item.set("statusKey", status_key(run.tenant, run.status));
    } else {
        item.erase("statusKey");
    }
    item.set("fairnessKey", run.tenant + "#" + run.schedule_id);
    if (run.policy.priority == queue::normal_priority) {
        item.erase(priority_attribute);
    } else {
        item.set(priority_attribute, run.policy.priority);
    }
    item.set("work", to_text(work_json(run)));
    if (run.awaited) item.set("awaited", true);
    if (run.finished_at) {
        set_expiry(item, *run.finished_at + run.policy.retention);
    } else {
        item.erase("expiresAt");
    }
}

Result<Run> run_from_item(const dynamo::Item& item) {
    Run run;
    run.tenant = text_of(item, "tenant");
    run.id = text_of(item, "id");
    run.schedule_id = text_of(item, "scheduleId");
    run.schedule_name = text_of(item, "scheduleName");
    const std::string cause = text_of(item, "cause");
    for (const RunCause one : causes) {
        if (cause == to_string(one)) run.cause = one;
    }
    const auto status = parse_run_status(text_of(item, "status"));
    const auto fire_at = instant_of(item, "fireAt");
    if (run.tenant.empty() || run.id.empty() || !status || !fire_at) {
        return fail(Errc::corrupt, "an item among the runs is no run");
    }
    run.status = *status;
    run.fire_at = *fire_at;
    run.due_at = instant_of(item, "runDueAt").value_or(run.fire_at);
    run.attempts = static_cast<int>(integer_of(item, "begun").value_or(0));
    run.created_at = instant_of(item, "createdAt").value_or(run.fire_at);
    run.started_at = instant_of(item, "startedAt");
    run.finished_at = instant_of(item, "finishedAt");
    run.latency_ms = integer_of(item, "latencyMs").value_or(0);
    run.duration_ms = integer_of(item, "durationMs").value_or(0);
    run.error = text_of(item, "error");
    run.response_status = static_cast<int>(integer_of(item, "responseStatus").value_or(0));
    run.log = attempts_from_text(text_of(item, "attemptLog"));
    run.retried_at = instant_of(item, "retriedAt");
    run.retry_reason = text_of(item, "retryReason");
    run.correlation_id = text_of(item, "correlationId");
    run.causation_id = text_of(item, "causationId");
    run.key = text_of(item, "runKey");
    const dynamo::Value* awaited = item.find("awaited");
    run.awaited =
        awaited != nullptr && awaited->get_if<bool>() != nullptr && *awaited->get_if<bool>();
    CARILLON_TRY(const boost::json::value work, parse_json(text_of(item, "work")));
    auto part = schedule_from_json(work, "UTC");
    if (!part) return fail(Errc::corrupt, "a run's work cannot be read: " + part.error().message);
    run.target = std::move(part->target);
    run.payload = std::move(part->payload);
    run.policy = part->policy;
    return run;
}

boost::json::object to_json(const Run& run) {
    boost::json::object out{{"id", run.id},
                            {"tenantId", run.tenant},
                            {"scheduleId", run.schedule_id},
                            {"scheduleName", run.schedule_name},
                            {"cause", to_string(run.cause)},
                            {"dedupeKey", run.dedupe_key()},
                            {"status", to_string(run.status)},
                            {"attempt", run.attempts},
                            {"fireAt", format_instant(run.fire_at)},
                            {"dueAt", format_instant(run.due_at)},
                            {"createdAt", format_instant(run.created_at)},
                            {"startedAt", instant_json(run.started_at)},
                            {"finishedAt", instant_json(run.finished_at)},
                            {"correlationId", run.correlation_id}};
    boost::json::object metrics;
    if (run.started_at) metrics["latencyMs"] = run.latency_ms;
    if (run.finished_at) metrics["durationMs"] = run.duration_ms;
    out["metrics"] = std::move(metrics);
    if (!run.causation_id.empty()) out["causationId"] = run.causation_id;
    if (!run.error.empty()) out["error"] = run.error;
    if (run.response_status != 0) out["responseStatus"] = run.response_status;
    if (run.retried_at) out["retriedAt"] = format_instant(*run.retried_at);
    if (!run.retry_reason.empty()) out["retryReason"] = run.retry_reason;
    if (!run.payload.is_null()) out["payload"] = run.payload;
    return out;
}

boost::json::object to_full_json(const Run& run) {
    boost::json::object out = to_json(run);
    out["attempts"] = to_json(run.log);
    return out;
}

}  // namespace carillon::schedules
