#include "library/convert.hpp"

#include "core/json.hpp"

namespace carillon {

std::string_view to_string(FailureKind kind) {
    switch (kind) {
        case FailureKind::not_found:
            return "not_found";
        case FailureKind::already_exists:
            return "already_exists";
        case FailureKind::conflict:
            return "conflict";
        case FailureKind::unavailable:
            return "unavailable";
        case FailureKind::invalid:
            return "invalid";
        case FailureKind::denied:
            return "denied";
        case FailureKind::too_large:
            return "too_large";
        case FailureKind::corrupt:
            return "corrupt";
        case FailureKind::stopped:
            return "stopped";
        case FailureKind::internal:
            break;
    }
    return "internal";
}

std::string json_string(std::string_view text) {
    std::string out;
    append_json_string(out, text);
    return out;
}

namespace library {
namespace {

FailureKind kind_of(Errc code) {
    switch (code) {
        case Errc::not_found:
            return FailureKind::not_found;
        case Errc::already_exists:
            return FailureKind::already_exists;
        case Errc::condition_failed:
            return FailureKind::conflict;
        case Errc::throttled:
        case Errc::unavailable:
        case Errc::timeout:
            return FailureKind::unavailable;
        case Errc::cancelled:
            return FailureKind::stopped;
        case Errc::invalid:
            return FailureKind::invalid;
        case Errc::denied:
            return FailureKind::denied;
        case Errc::too_large:
            return FailureKind::too_large;
        case Errc::corrupt:
            return FailureKind::corrupt;
        case Errc::internal:
            break;
    }
    return FailureKind::internal;
}

WebhookStatus status_of(webhooks::Status status) {
    switch (status) {
        case webhooks::Status::pending:
            return WebhookStatus::pending;
        case webhooks::Status::processing:
            return WebhookStatus::processing;
        case webhooks::Status::completed:
            return WebhookStatus::completed;
        case webhooks::Status::failed:
            return WebhookStatus::failed;
        case webhooks::Status::suspended:
            break;
    }
    return WebhookStatus::suspended;
}

webhooks::Status status_of(WebhookStatus status) {
    switch (status) {
        case WebhookStatus::pending:
            return webhooks::Status::pending;
        case WebhookStatus::processing:
            return webhooks::Status::processing;
        case WebhookStatus::completed:
            return webhooks::Status::completed;
        case WebhookStatus::failed:
            return webhooks::Status::failed;
        case WebhookStatus::suspended:
            break;
    }
    return webhooks::Status::suspended;
}

HeaderFields fields_of(const net::Headers& headers) {
    HeaderFields fields;
    for (const net::Header header : headers) fields.emplace_back(header.name, header.value);
    return fields;
}

/// The public names of fields, where they differ from the engine's.
std::string public_field(const std::string& field) {
    if (field.starts_with("repeat.rule.")) return "repeat." + field.substr(12);
    if (field == "retries.max") return "retries_max";
    if (field == "namespace") return "name_space";
    if (field == "startKey") return "next";
    return field;
}

}  // namespace

Failure to_public(const Error& error) {
    return {
        .kind = kind_of(error.code), .message = error.message, .field = public_field(error.field)};
}

Webhook to_public(const webhooks::Webhook& webhook) {
    Webhook out;
    out.name_space = webhook.name_space;
    out.id = webhook.id;
    out.webhook_id = webhooks::occurrence_id(webhook);
    out.url = webhook.url;
    out.method = webhook.method;
    out.schedule = webhook.schedule;
    out.headers = fields_of(webhook.headers);
    if (!webhook.body.is_null()) out.body = to_text(webhook.body);
    if (webhook.repeat.enabled) {
        out.repeat =
            Repetition{.interval = webhook.repeat.rule.period(), .max = webhook.repeat.rule.max};
    }
    out.repetition = webhook.repeat.count;
    out.parent = webhook.repeat.parent;
    out.status = status_of(webhook.status);
    if (webhook.status == webhooks::Status::pending) out.next_attempt = webhook.next_attempt_at;
    out.retries = static_cast<int>(webhook.retries.count);
    out.retries_max = static_cast<int>(webhook.retries.max);
    out.last_failure = webhook.retries.last;
    out.errors = webhook.errors;
    out.response_status = webhook.response.status;
    out.response_headers = fields_of(webhook.response.headers);
    out.response_body = webhook.response.body;
    out.created = webhook.created_at;
    out.updated = webhook.updated_at;
    return out;
}

Result<webhooks::Registration> to_registration(const WebhookRequest& request, TimePoint now) {
    webhooks::Registration out;
    out.name_space = request.name_space;
    out.id = request.id;
    out.url = request.url;
    out.method = request.method;
    out.schedule = request.schedule.value_or(now);
    out.schedule_given = request.schedule.has_value();
    for (const auto& [name, value] : request.headers) out.headers.add(name, value);
    if (!request.body.empty()) {
        auto body = parse_json(request.body);
        if (!body) return invalid("body", "must be JSON: " + body.error().message);
        out.body = *std::move(body);
    }
    if (request.repeat) {
        constexpr double ms_per_second = 1'000;
        out.repeat = webhooks::RepeatRule{
            .interval = static_cast<double>(request.repeat->interval.count()) / ms_per_second,
            .max = request.repeat->max,
            .unit = webhooks::Unit::seconds};
    }
    out.retries_max = request.retries_max;
    return out;
}

webhooks::Selection to_selection(const WebhookFilter& filter) {
    webhooks::Selection out;
    out.name_space = filter.name_space;
    out.id_prefix = filter.id_prefix;
    if (filter.status) out.status = status_of(*filter.status);
    out.from = filter.from;
    out.to = filter.to;
    return out;
}

}  // namespace library

std::string_view to_string(WebhookStatus status) {
    return webhooks::to_string(library::status_of(status));
}

}  // namespace carillon
