#include "cli/schedule_input.hpp"

#include "cli/answer.hpp"
#include "cli/webhook_input.hpp"
#include "core/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace carillon::cli {
namespace {

Result<> put_seconds(json::object& policy,
                     std::string_view key,
                     std::string_view option,
                     const std::optional<std::string>& text) {
    if (!text) return {};
    const auto duration = parse_duration(*text);
    if (!duration) return invalid(std::string(option), duration.error().message);
    const std::int64_t ms = duration->count();
    if (ms % 1'000 == 0) {
        policy[key] = ms / 1'000;
    } else {
        policy[key] = static_cast<double>(ms) / 1'000;
    }
    return {};
}

Result<json::object> policy_of(const ScheduleWords& words) {
    json::object policy;
    if (words.misfire) policy["misfire"] = *words.misfire;
    if (words.newest) policy["misfireNewest"] = *words.newest;
    if (words.rate) policy["catchUpPerSecond"] = *words.rate;
    if (words.overlap) policy["overlap"] = *words.overlap;
    if (words.attempts) policy["maxAttempts"] = *words.attempts;
    if (words.priority) policy["priority"] = *words.priority;
    CARILLON_TRY_VOID(put_seconds(policy, "misfireGraceSec", "--grace", words.grace));
    CARILLON_TRY_VOID(put_seconds(policy, "catchUpWindowSec", "--catch-up-window", words.window));
    CARILLON_TRY_VOID(put_seconds(policy, "backoffBaseSec", "--backoff", words.backoff));
    CARILLON_TRY_VOID(put_seconds(policy, "backoffMaxSec", "--backoff-max", words.backoff_max));
    CARILLON_TRY_VOID(put_seconds(policy, "timeoutSec", "--timeout", words.timeout));
    CARILLON_TRY_VOID(put_seconds(policy, "retentionSec", "--retention", words.retention));
    return policy;
}

/// The target that was typed, upon what `before` says where it is of the same kind.
Result<json::object> target_of(const ScheduleWords& words, const json::object& before) {
    const bool is_http = words.url || words.method || !words.headers.empty() || words.sign;
    if (int{is_http} + int{words.event.has_value()} + int{words.queue.has_value()} > 1) {
        return invalid("--url", "and --event and --queue exclude each other");
    }
    if (words.event) return json::object{{"kind", "EVENT"}, {"eventTopic", *words.event}};
    if (words.queue) {
        return json::object{{"kind", "QUEUE"}, {"queue", json::object{{"topic", *words.queue}}}};
    }
    if (!is_http) return json::object{};
    json::object http = object_member(before, "http");
    if (words.url) http["url"] = *words.url;
    if (!http.contains("url")) return invalid("--url", "is needed for what is to be called");
    if (words.method) http["method"] = *words.method;
    if (words.sign) http["hmacKeyRef"] = *words.sign;
    if (!words.headers.empty()) {
        CARILLON_TRY(http["headers"], headers_of(words.headers));
    }
    return json::object{{"kind", "HTTP"}, {"http", std::move(http)}};
}

Result<json::object> bounds_of(const ScheduleWords& words, TimePoint now) {
    json::object bounds;
    if (words.start) {
        CARILLON_TRY(const TimePoint start, read_when("--start", *words.start, now));
        bounds["startAt"] = format_instant(start);
    }
    if (words.end) {
        CARILLON_TRY(const TimePoint end, read_when("--end", *words.end, now));
        bounds["endAt"] = format_instant(end);
    }
    if (words.max_count) bounds["maxCount"] = *words.max_count;
    return bounds;
}

/// Members of `upper` in place of those of `lower`, one by one.
json::object merged(const json::object& lower, json::object upper) {
    json::object out = lower;
    for (auto& [name, value] : upper) out[name] = std::move(value);
    return out;
}

/// Puts the members of a part upon those that `body` or `before` has.
void put_part(json::object& body,
              std::string_view name,
              json::object part,
              const json::object& before) {
    if (part.empty()) return;
    const json::object& lower =
        body.contains(name) ? object_member(body, name) : object_member(before, name);
    body[name] = merged(lower, std::move(part));
}

Result<json::object> body_of(const ScheduleWords& words,
                             const json::object& before,
                             TimePoint now) {
    json::object body;
    if (words.file) {
        auto parsed = parse_json(*words.file);
        if (!parsed) return invalid("--file", "is not JSON: " + parsed.error().message);
        if (!parsed->is_object()) return invalid("--file", "must hold a JSON object");
        body = std::move(parsed->get_object());
    }
    if (words.name) body["name"] = *words.name;
    if (words.description) body["description"] = *words.description;
    if (words.jitter) body["jitter"] = *words.jitter;
    if (words.paused) body["enabled"] = false;
    if (words.data) {
        CARILLON_TRY(body["payload"], payload_of(*words.data));
    }
    json::object spec = spec_of(words.rule, now);
    for (const char* name : {"trigger", "tz"}) {
        if (json::value* value = spec.if_contains(name)) body[name] = std::move(*value);
    }
    put_part(body, "daylightSaving", object_member(spec, "daylightSaving"), before);
    put_part(body, "calendar", object_member(spec, "calendar"), before);
    CARILLON_TRY(json::object bounds, bounds_of(words, now));
    put_part(body, "bounds", std::move(bounds), before);
    // The server takes parts of a policy one by one.
    CARILLON_TRY(json::object policy, policy_of(words));
    put_part(body, "policy", std::move(policy), {});
    const json::object& target =
        body.contains("target") ? object_member(body, "target") : object_member(before, "target");
    CARILLON_TRY(json::object new_target, target_of(words, target));
    if (!new_target.empty()) body["target"] = std::move(new_target);
    return body;
}

}  // namespace

Result<json::value> payload_of(const std::string& text) {
    auto parsed = parse_json(text);
    if (parsed) return parsed;
    const std::string_view looks = trim(text);
    if (looks.starts_with('{') || looks.starts_with('[')) {
        return invalid("-d", "is not JSON: " + parsed.error().message);
    }
    if (!is_utf8(text)) return invalid("-d", "must be UTF-8 text");
    return json::value(text);
}

Result<json::object> schedule_body(const ScheduleWords& words, TimePoint now) {
    return body_of(words, {}, now);
}

Result<> check_whole(const json::object& schedule) {
    constexpr std::string_view form = "carillon schedule add NAME RULE --url URL";
    if (!schedule.contains("name")) return invalid("NAME", fmt::format("is missing: {}", form));
    if (!schedule.contains("trigger")) return invalid("RULE", fmt::format("is missing: {}", form));
    if (!schedule.contains("target")) {
        return invalid("--url",
                       "is missing, or --event TOPIC or --queue TOPIC: what is to be done");
    }
    return {};
}

Result<json::object> schedule_patch(const ScheduleWords& words,
                                    const json::object& current,
                                    TimePoint now) {
    CARILLON_TRY(json::object body, body_of(words, current, now));
    constexpr std::array clearable{
        "description", "tz", "daylightSaving", "calendar", "bounds", "jitter", "payload", "policy"};
    for (const std::string& name : words.clear) {
        if (std::ranges::find(clearable, name) == clearable.end()) {
            return invalid("--clear", fmt::format("must be one of {}", fmt::join(clearable, ", ")));
        }
        if (body.contains(name)) {
            return invalid("--clear", name + " cannot be set and cleared at the same time");
        }
        body[name] = nullptr;
    }
    return body;
}

}  // namespace carillon::cli
