#include "schedules/schedule.hpp"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <memory>
#include <utility>

namespace carillon::schedules {
namespace {

constexpr std::array<Choice<TargetKind>, 3> kinds{
    {{"HTTP", TargetKind::http}, {"EVENT", TargetKind::event}, {"QUEUE", TargetKind::queue}}};
constexpr std::array<Choice<Misfire>, 4> misfires{{{"skip", Misfire::skip},
                                                   {"last", Misfire::last},
                                                   {"all", Misfire::all},
                                                   {"newest", Misfire::newest}}};
constexpr std::array<Choice<Overlap>, 5> overlaps{{{"allow", Overlap::allow},
                                                   {"skip", Overlap::skip},
                                                   {"queue-one", Overlap::queue_one},
                                                   {"queue-all", Overlap::queue_all},
                                                   {"cancel", Overlap::cancel}}};
constexpr std::array<Choice<std::string_view>, 7> methods{{{"GET", "GET"},
                                                           {"POST", "POST"},
                                                           {"PUT", "PUT"},
                                                           {"PATCH", "PATCH"},
                                                           {"DELETE", "DELETE"},
                                                           {"HEAD", "HEAD"},
                                                           {"OPTIONS", "OPTIONS"}}};

template <class T, std::size_t N>
std::string_view name_of(const std::array<Choice<T>, N>& choices, T value) {
    for (const Choice<T>& choice : choices) {
        if (choice.value == value) return choice.name;
    }
    return choices.front().name;
}

constexpr StringRule topic_rule{.bytes_min = 1, .bytes_max = 256};
constexpr double seconds_per_year = 365.0 * 86'400;

Duration seconds(double value) {
    return Duration{static_cast<std::int64_t>(std::llround(value * 1'000))};
}

double in_seconds(Duration value) {
    return static_cast<double>(value.count()) / 1'000;
}

void read_http(JsonFields& target, Target& out) {
    JsonFields http = target.object("http");
    out.url = http.string("url", {.bytes_min = 1, .bytes_max = 4'096});
    if (const auto method = http.optional_choice<std::string_view>("method", methods)) {
        out.method = *method;
    }
    out.key_ref =
        http.optional_string("hmacKeyRef", {.bytes_min = 1, .bytes_max = 64}).value_or("");
    auto headers = http.optional_object("headers");
    if (!headers) return;
    for (const auto& [name, value] : headers->members()) {
        if (const auto* text = value.if_string()) {
            out.headers.add(std::string(std::string_view(name)),
                            std::string(std::string_view(*text)));
        } else {
            headers->reject(name, "must be a text");
        }
    }
}

Target read_target(JsonFields target) {
    Target out;
    out.kind = target.choice<TargetKind>("kind", kinds);
    switch (out.kind) {
        case TargetKind::http:
            read_http(target, out);
            break;
        case TargetKind::event:
            out.topic = target.string("eventTopic", topic_rule);
            break;
        case TargetKind::queue:
            out.topic = target.object("queue").string("topic", topic_rule);
            break;
    }
    return out;
}

void read_duration(
    JsonFields& fields, std::string_view key, double min, double max, Duration& out) {
    if (const auto given = fields.optional_number(key, min, max)) out = seconds(*given);
}

void read_policy(JsonFields& body, Policy& out) {
    auto policy = body.optional_object("policy");
    if (!policy) return;
    out.misfire = policy->optional_choice<Misfire>("misfire", misfires).value_or(out.misfire);
    out.misfire_newest =
        policy->optional_integer("misfireNewest", 1, 1'000).value_or(out.misfire_newest);
    read_duration(*policy, "misfireGraceSec", 0.1, 86'400, out.misfire_grace);
    read_duration(*policy, "catchUpWindowSec", 1, seconds_per_year, out.catch_up_window);
    out.catch_up_per_second =
        policy->optional_number("catchUpPerSecond", 0.001, 1'000).value_or(out.catch_up_per_second);
    out.overlap = policy->optional_choice<Overlap>("overlap", overlaps).value_or(out.overlap);
    out.attempts_max = policy->optional_integer("maxAttempts", 1, 100).value_or(out.attempts_max);
    read_duration(*policy, "backoffBaseSec", 0.001, 86'400, out.backoff.base);
    read_duration(*policy, "backoffMaxSec", 0.001, 86'400, out.backoff.cap);
    if (out.backoff.cap < out.backoff.base) {
        policy->reject("backoffMaxSec", "must not be less than backoffBaseSec");
    }
    read_duration(*policy, "timeoutSec", 0.1, 3'600, out.timeout);
    out.priority = policy->optional_integer("priority", 1, 9).value_or(out.priority);
    read_duration(*policy, "retentionSec", 60, 10 * seconds_per_year, out.retention);
}

boost::json::object policy_json(const Policy& policy) {
    return {{"misfire", to_string(policy.misfire)},
            {"misfireNewest", policy.misfire_newest},
            {"misfireGraceSec", in_seconds(policy.misfire_grace)},
            {"catchUpWindowSec", in_seconds(policy.catch_up_window)},
            {"catchUpPerSecond", policy.catch_up_per_second},
            {"overlap", to_string(policy.overlap)},
            {"maxAttempts", policy.attempts_max},
            {"backoffBaseSec", in_seconds(policy.backoff.base)},
            {"backoffMaxSec", in_seconds(policy.backoff.cap)},
            {"timeoutSec", in_seconds(policy.timeout)},
            {"priority", policy.priority},
            {"retentionSec", in_seconds(policy.retention)}};
}

boost::json::object target_json(const Target& target) {
    boost::json::object out{{"kind", to_string(target.kind)}};
    switch (target.kind) {
        case TargetKind::http: {
            boost::json::object headers;
            for (const auto& header : target.headers) headers[header.name] = header.value;
            boost::json::object http{{"url", target.url}, {"method", target.method}};
            if (!headers.empty()) http["headers"] = std::move(headers);
            if (!target.key_ref.empty()) http["hmacKeyRef"] = target.key_ref;
            out["http"] = std::move(http);
            break;
        }
        case TargetKind::event:
            out["eventTopic"] = target.topic;
            break;
        case TargetKind::queue:
            out["queue"] = boost::json::object{{"topic", target.topic}};
            break;
    }
    return out;
}

boost::json::value instant_json(const std::optional<TimePoint>& at) {
    return at ? boost::json::value(format_instant(*at)) : boost::json::value(nullptr);
}

/// The text at a path such as `trigger.type`, if there is one.
std::optional<std::string_view> text_at(const boost::json::value& json, std::string_view path) {
    const boost::json::value* at = &json;
    while (!path.empty()) {
        const std::size_t dot = std::min(path.find('.'), path.size());
        const auto* members = at->if_object();
        at = members == nullptr ? nullptr : members->if_contains(path.substr(0, dot));
        if (at == nullptr) return std::nullopt;
        path.remove_prefix(std::min(dot + 1, path.size()));
    }
    const auto* text = at->if_string();
    return text == nullptr ? std::nullopt : std::optional<std::string_view>(*text);
}

struct SeedWords {
    std::string_view field;
    std::string_view ending;  ///< Of our message.
    std::string_view words;
    std::string_view seed_field{};  ///< Where it is another.
};

constexpr std::string_view missing = "is required";
constexpr std::array seed_words{
    SeedWords{"name", missing, "name is required"},
    SeedWords{"tenantId", missing, "tenantId is required"},
    SeedWords{"tz", missing, "tz is required"},
    SeedWords{"trigger", missing, "trigger is required"},
    SeedWords{"target", missing, "target is required"},
    SeedWords{"trigger.cron",
              "is required for CRON trigger",
              "cron expression is required for CRON trigger"},
    SeedWords{
        "trigger.rrule", "is required for RRULE trigger", "rrule is required for RRULE trigger"},
    SeedWords{"trigger.startAt",
              "is required for ONE_SHOT trigger",
              "startAt is required for ONE_SHOT trigger"},
    SeedWords{"trigger.delaySec",
              "must be positive for FIXED_DELAY trigger",
              "delaySec must be positive for FIXED_DELAY trigger"},
    SeedWords{"trigger.delay",
              "must be positive for FIXED_DELAY trigger",
              "delaySec must be positive for FIXED_DELAY trigger",
              "trigger.delaySec"},
    SeedWords{"target.eventTopic", missing, "eventTopic is required for EVENT target"},
    SeedWords{"target.http", missing, "url is required for HTTP target", "target.http.url"},
    SeedWords{"target.http.url", missing, "url is required for HTTP target"},
    SeedWords{"target.queue", missing, "topic is required for QUEUE target", "target.queue.topic"},
    SeedWords{"target.queue.topic", missing, "topic is required for QUEUE target"},
};

/// The seed's words for what is missing or unknown, which its clients show to people.
void use_seeds_words(const boost::json::value& json, std::string& field, std::string& message) {
    const auto given = text_at(json, field);
    constexpr std::string_view choices = "must be one of ";
    if (given && message.starts_with(choices)) {
        const std::string allowed = message.substr(choices.size());
        if (field == "trigger.type") {
            message = fmt::format("Unknown trigger type: {} (one of {})", *given, allowed);
        }
        if (field == "target.kind") {
            message = fmt::format("Unknown target kind: {} (one of {})", *given, allowed);
        }
    }
    const bool is_empty = given && given->empty() && message.starts_with("must have 1 to");
    const std::string_view said = is_empty ? missing : std::string_view(message);
    for (const SeedWords& each : seed_words) {
        if (field != each.field || said != each.ending) continue;
        message = each.words;
        if (!each.seed_field.empty()) field = each.seed_field;
        return;
    }
}

}  // namespace

Error in_the_seeds_words(const boost::json::value& json, Error error) {
    if (const auto* all = dynamic_cast<const FieldErrors*>(error.detail.get())) {
        auto mended = std::make_shared<FieldErrors>(*all);
        for (FieldError& each : mended->all) use_seeds_words(json, each.field, each.message);
        error.detail = std::move(mended);
    }
    use_seeds_words(json, error.field, error.message);
    return error;
}

std::string spread_of(std::string_view tenant, std::string_view name) {
    return fmt::format("{}#{}", tenant, name);
}

std::string_view to_string(TargetKind kind) {
    return name_of(kinds, kind);
}

std::string_view to_string(Misfire misfire) {
    return name_of(misfires, misfire);
}

std::string_view to_string(Overlap overlap) {
    return name_of(overlaps, overlap);
}

Result<Schedule> schedule_from_json(const boost::json::value& json, std::string_view default_tz) {
    JsonReader reader(json);
    JsonFields body = reader.fields();
    Schedule out;
    out.name = body.string("name", {.bytes_min = 1, .bytes_max = 256});
    out.description = body.optional_string("description", {.bytes_max = 4'096}).value_or("");
    out.spec = recurrence::read_spec(body, default_tz);
    out.target = read_target(body.object("target"));
    if (const boost::json::value* payload = body.optional_any("payload")) out.payload = *payload;
    read_policy(body, out.policy);
    out.enabled = body.optional_boolean("enabled").value_or(true);
    // Judged by the server; part of the seed's body.
    (void)body.optional_string("tenantId", {.bytes_min = 1, .bytes_max = tenant_bytes_max});
    if (auto read = reader.finish(); !read) {
        return std::unexpected(in_the_seeds_words(json, std::move(read).error()));
    }
    return out;
}

Result<Schedule> patched(const Schedule& schedule, const boost::json::value& patch) {
    const auto* given = patch.if_object();
    if (given == nullptr) return invalid("", "must be an object");
    boost::json::object merged = definition_json(schedule);
    for (const auto& [name, value] : *given) {
        const std::string_view key = name;
        if (key == "tenantId" || key == "id" || key == "version" || key == "createdAt") {
            return invalid(std::string(key), "cannot be changed");
        }
        // Parts of the policy can be changed one by one, as all else that has defaults.
        if (key == "policy" && value.is_object()) {
            boost::json::object& policy = merged["policy"].as_object();
            for (const auto& part : value.get_object()) policy[part.key()] = part.value();
        } else if (value.is_null()) {
            merged.erase(key);
        } else {
            merged[key] = value;
        }
    }
    CARILLON_TRY(Schedule out, schedule_from_json(merged, schedule.spec.tz));
    out.tenant = schedule.tenant;
    out.id = schedule.id;
    out.spec.id = schedule.spec.id;
    out.spec.created_at = schedule.spec.created_at;
    out.created_at = schedule.created_at;
    out.updated_at = schedule.updated_at;
    out.version = schedule.version;
    out.next_fire_at = schedule.next_fire_at;
    out.last_fire_at = schedule.last_fire_at;
    out.fault = schedule.fault;
    return out;
}

boost::json::object definition_json(const Schedule& schedule) {
    boost::json::object out = recurrence::to_json(schedule.spec);
    out["name"] = schedule.name;
    if (!schedule.description.empty()) out["description"] = schedule.description;
    out["target"] = target_json(schedule.target);
    if (!schedule.payload.is_null()) out["payload"] = schedule.payload;
    out["policy"] = policy_json(schedule.policy);
    out["enabled"] = schedule.enabled;
    return out;
}

boost::json::object to_json(const Schedule& schedule) {
    boost::json::object out{{"id", schedule.id}, {"tenantId", schedule.tenant}};
    for (const auto& [name, value] : definition_json(schedule)) out[name] = value;
    out["nextFireAt"] = instant_json(schedule.next_fire_at);
    out["lastFireAt"] = instant_json(schedule.last_fire_at);
    out["createdAt"] = format_instant(schedule.created_at);
    out["updatedAt"] = format_instant(schedule.updated_at);
    out["version"] = schedule.version;
    if (!schedule.fault.empty()) out["fault"] = schedule.fault;
    // Only after it got another name: whoever works out its fires elsewhere needs it.
    if (schedule.spec.id != spread_of(schedule.tenant, schedule.name)) {
        out["spread"] = schedule.spec.id;
    }
    return out;
}

}  // namespace carillon::schedules
