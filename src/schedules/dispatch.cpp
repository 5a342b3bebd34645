#include "schedules/dispatch.hpp"

#include "core/json.hpp"

#include <fmt/format.h>

#include <utility>

namespace carillon::schedules {
namespace {

boost::json::object facts_of(const Run& run) {
    return {{"scheduleId", run.schedule_id},
            {"runId", run.id},
            {"firedAt", format_instant(run.fire_at)}};
}

/// What no other attempt can change. Rights (`denied`) are given to a server while it runs.
bool for_good(Errc code) {
    return code == Errc::invalid || code == Errc::too_large;
}

}  // namespace

bus::Message message_of(const Run& run) {
    bus::Message message;
    message.id = run.id;
    message.type = run.target.topic;
    message.destination = run.target.topic;
    message.subject = run.schedule_id;
    message.time = run.fire_at;
    message.tenant = run.tenant;
    message.correlation_id = run.correlation_id;
    message.causation_id = run.causation_id;
    message.key = run.schedule_id;
    boost::json::object data = facts_of(run);
    if (!run.payload.is_null()) data["payload"] = run.payload;
    message.data = to_text(data);
    return message;
}

delivery::Target http_target(const Target& target) {
    delivery::Target out;
    out.url = target.url;
    out.method = target.method;
    out.headers = target.headers;
    out.key_ref = target.key_ref;
    return out;
}

boost::json::value body_of(const Run& run) {
    if (!run.payload.is_null()) return run.payload;
    return facts_of(run);
}

Result<> Dispatcher::check(const Schedule& schedule,
                           const delivery::DeliveryOptions& options) const {
    if (schedule.target.kind != TargetKind::http) return check_message(schedule);
    auto shaped = delivery::shape_request(http_target(schedule.target), schedule.id, options);
    if (shaped) return {};
    Error error = std::move(shaped).error();
    error.field = "target.http." + error.field;
    return std::unexpected(std::move(error));
}

Result<> Dispatcher::check_message(const Schedule& schedule) const {
    if (publisher_ == nullptr) {
        return invalid("target.kind",
                       fmt::format("{} needs a broker, and this server has none: start it with "
                                   "--nats-url (NATS_URL) or --publishers (CARILLON_PUBLISHERS)",
                                   to_string(schedule.target.kind)));
    }
    // As its runs will be: ids and texts of the usual lengths.
    Run run;
    run.id = std::string(26, '0');
    run.schedule_id = std::string(36, '0');
    run.tenant = schedule.tenant;
    run.correlation_id = run.schedule_id;
    run.causation_id = run.schedule_id + "@" + format_instant(run.fire_at);
    run.target = schedule.target;
    run.payload = schedule.payload;
    auto fits = publisher_->check(message_of(run));
    if (fits) return {};
    Error error = std::move(fits).error();
    const bool event = schedule.target.kind == TargetKind::event;
    error.field = error.code == Errc::too_large ? "payload"
                  : event                       ? "target.eventTopic"
                                                : "target.queue.topic";
    return std::unexpected(std::move(error));
}

Task<delivery::Verdict> Dispatcher::publish(bus::Message message) {
    delivery::Verdict verdict;
    if (publisher_ == nullptr) {
        verdict.outcome = delivery::Outcome::rejected;
        verdict.error = "this server has no broker for EVENT and QUEUE targets";
        co_return verdict;
    }
    const std::int64_t began = clock_.ticks();
    std::vector<bus::Message> batch;
    batch.push_back(std::move(message));
    const std::vector<Result<>> answers = co_await publisher_->publish(std::move(batch));
    verdict.duration_ns = clock_.ticks() - began;
    if (answers.size() == 1 && answers.front()) {
        verdict.outcome = delivery::Outcome::delivered;
    } else if (answers.size() == 1) {
        const Error& error = answers.front().error();
        verdict.outcome =
            for_good(error.code) ? delivery::Outcome::rejected : delivery::Outcome::failed;
        verdict.error = describe(error);
    }
    co_return verdict;
}

Task<delivery::Verdict> Dispatcher::dispatch(const Run& run, int attempt, runtime::StopToken stop) {
    if (run.target.kind != TargetKind::http) co_return co_await publish(message_of(run));
    delivery::Target target = http_target(run.target);
    target.timeout = run.policy.timeout;
    if (target.method != "GET" && target.method != "HEAD") target.body = body_of(run);
    delivery::Attempt one;
    one.occurrence_id = "run_" + run.id;
    one.number = attempt;
    one.scheduled_at = run.due_at;
    co_return co_await sender_.send(std::move(target), std::move(one), std::move(stop));
}

}  // namespace carillon::schedules
