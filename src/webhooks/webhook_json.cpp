// A webhook as the API answers it.

#include "webhooks/webhook.hpp"

#include <cmath>

namespace carillon::webhooks {
namespace {

namespace json = boost::json;

json::value optional_instant(const std::optional<TimePoint>& at) {
    if (!at) return nullptr;
    return json::string(format_instant(*at));
}

json::object headers_json(const net::Headers& headers) {
    json::object out;
    for (const net::Header header : headers) out[header.name] = header.value;
    return out;
}

/// Whole intervals without a fraction: `30`, not `30.0`.
json::value interval_json(double interval) {
    constexpr double exact_max = 9e15;
    if (std::floor(interval) == interval && std::fabs(interval) < exact_max) {
        return static_cast<std::int64_t>(interval);
    }
    return interval;
}

json::object repeat_json(const Repeat& repeat) {
    json::object rule;
    rule["interval"] = interval_json(repeat.rule.interval);
    rule["max"] = repeat.rule.max;
    rule["unit"] = to_string(repeat.rule.unit);
    json::object out;
    out["count"] = repeat.count;
    out["enabled"] = repeat.enabled;
    out["parent"] = repeat.parent;
    out["rule"] = std::move(rule);
    return out;
}

json::object retries_json(const Retries& retries) {
    json::object out;
    out["count"] = retries.count;
    out["last"] = optional_instant(retries.last);
    out["max"] = retries.max;
    return out;
}

json::object response_json(const Response& response) {
    json::object out;
    out["body"] = response.body;
    out["headers"] = headers_json(response.headers);
    out["status"] = response.status;
    return out;
}

/// Only while an attempt lies ahead.
std::optional<TimePoint> next_attempt(const Webhook& webhook) {
    if (webhook.status != Status::pending) return std::nullopt;
    return webhook.next_attempt_at;
}

}  // namespace

json::object to_json(const Webhook& webhook) {
    json::array errors;
    for (const std::string& error : webhook.errors) errors.emplace_back(error);

    json::object out;
    out["namespace"] = webhook.name_space;
    out["id"] = webhook.id;
    out["url"] = webhook.url;
    out["method"] = webhook.method;
    out["schedule"] = format_instant(webhook.schedule);
    out["status"] = to_string(webhook.status);
    out["headers"] = headers_json(webhook.headers);
    out["body"] = webhook.body;
    out["repeat"] = repeat_json(webhook.repeat);
    out["retries"] = retries_json(webhook.retries);
    out["response"] = response_json(webhook.response);
    out["errors"] = std::move(errors);
    out["webhookId"] = occurrence_id(webhook);
    out["nextAttemptAt"] = optional_instant(next_attempt(webhook));
    out["__createdAt"] = format_instant(webhook.created_at);
    out["__updatedAt"] = format_instant(webhook.updated_at);
    return out;
}

}  // namespace carillon::webhooks
