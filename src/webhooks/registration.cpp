#include "webhooks/registration.hpp"

#include "core/json_reader.hpp"
#include "core/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

namespace carillon::webhooks {
namespace {

constexpr std::int64_t retries_most = 100;
constexpr std::int64_t repetitions_most = 1'000'000'000'000;
constexpr Duration period_min{1'000};
constexpr Duration period_max{std::chrono::hours{24 * 3'650}};
constexpr TimePoint schedule_first{};                                    // 1970
constexpr TimePoint schedule_last = from_epoch_ms(253'402'300'799'999);  // the end of 9999
constexpr std::string_view schedule_rule =
    "must be an ISO 8601 instant with an offset or Z, between the years 1970 and 9999";

constexpr std::array<Choice<Unit>, 4> unit_choices{{{"seconds", Unit::seconds},
                                                    {"minutes", Unit::minutes},
                                                    {"hours", Unit::hours},
                                                    {"days", Unit::days}}};

bool has_control_character(std::string_view text) {
    return std::ranges::any_of(text, [](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return byte < 0x20 || byte == 0x7f;
    });
}

/// `name__12`: the form of a further occurrence's id.
bool looks_like_occurrence(std::string_view id) {
    const std::size_t digits = id.find_last_not_of("0123456789");
    return digits != std::string_view::npos && digits + 1 < id.size() && digits >= 1 &&
           id[digits] == '_' && id[digits - 1] == '_';
}

net::Headers read_headers(JsonFields& body) {
    net::Headers headers;
    auto given = body.optional_object("headers");
    if (!given) return headers;
    for (const auto& [name, value] : given->members()) {
        if (const auto* text = value.if_string()) {
            headers.add(std::string(std::string_view(name)), std::string(std::string_view(*text)));
        } else {
            given->reject(name, "must be a text");
        }
    }
    return headers;
}

std::optional<RepeatRule> read_repeat(JsonFields& body) {
    auto repeat = body.optional_object("repeat");
    if (!repeat) return std::nullopt;
    const auto enabled = repeat->optional_boolean("enabled");
    RepeatRule rule;
    auto given = repeat->optional_object("rule");
    if (given) {
        // Its bounds depend on the unit: check_repeat.
        constexpr double any = std::numeric_limits<double>::max();
        rule.interval = given->optional_number("interval", -any, any).value_or(rule.interval);
        rule.max = given->optional_integer("max", 0, repetitions_most).value_or(rule.max);
        rule.unit = given->optional_choice<Unit>("unit", unit_choices).value_or(rule.unit);
        // The seed's default would be not to repeat at all: nobody who writes a rule means that.
        if (!enabled) repeat->reject("enabled", "must be true or false when there is a rule");
    }
    return enabled.value_or(false) ? std::optional(rule) : std::nullopt;
}

Result<> check_repeat(const RepeatRule& rule) {
    if (!std::isfinite(rule.interval) || rule.interval <= 0) {
        return invalid("repeat.rule.interval", "must be greater than 0");
    }
    // Before period(): a larger product does not fit its integer.
    constexpr double interval_largest = 1e12;
    if (rule.interval > interval_largest || rule.period() < period_min ||
        rule.period() > period_max) {
        return invalid("repeat.rule.interval", "must make a period of 1 second to 10 years");
    }
    if (rule.max < 0 || rule.max > repetitions_most) {
        return invalid("repeat.rule.max", fmt::format("must be 0 to {}", repetitions_most));
    }
    return {};
}

/// Hosts that are addresses, or names of this machine, are judged before anything is stored; other
/// names when they are resolved.
Result<> check_host(const net::Url& url, const net::AddressGuard& guard) {
    std::string host = url.host;
    while (host.ends_with('.')) host.pop_back();
    if (host == "localhost" || host.ends_with(".localhost")) host = "127.0.0.1";
    const auto address = net::IpAddress::parse(host);
    if (!address) {
        const std::size_t dot = host.rfind('.');
        const std::string_view last =
            std::string_view(host).substr(dot == std::string::npos ? 0 : dot + 1);
        const bool number =
            !last.empty() &&
            (std::ranges::all_of(last, [](char c) { return c >= '0' && c <= '9'; }) ||
             last.starts_with("0x"));
        // `127.1` and `0x7f000001` are read as addresses by resolvers.
        if (number) return invalid("url", "must not have a malformed IPv4 address as its host");
        return {};
    }
    auto allowed = guard.check(*address);
    if (allowed) return {};
    Error error = std::move(allowed).error();
    error.field = "url";
    return std::unexpected(std::move(error));
}

/// What could never be sent. The target borrows the registration's parts.
Result<> check_request(Registration& registration, const ServiceOptions& options) {
    delivery::Target target{.url = std::move(registration.url),
                            .method = std::move(registration.method),
                            .headers = std::move(registration.headers),
                            .body = std::move(registration.body)};
    const auto request = delivery::shape_request(target, "registration", options.delivery);
    registration.url = std::move(target.url);
    registration.method = std::move(target.method);
    registration.headers = std::move(target.headers);
    registration.body = std::move(target.body);
    if (!request) return std::unexpected(request.error());
    return check_host(request->url, options.guard);
}

Result<> check_id(const Registration& registration) {
    if (!registration.id) return {};
    CARILLON_TRY_VOID(check_name("id", *registration.id));
    if (looks_like_occurrence(*registration.id)) {
        return invalid("id", "must not end in __ and digits: repeated webhooks name theirs so");
    }
    return {};
}

bool same_headers(const net::Headers& a, const net::Headers& b) {
    if (a.size() != b.size()) return false;
    // The table keeps them by name, not in the order given.
    return std::ranges::all_of(a, [&](const net::Header& header) {
        return std::ranges::any_of(b, [&](const net::Header& other) {
            return other.name == header.name && other.value == header.value;
        });
    });
}

}  // namespace

Result<> check_name(std::string_view field, std::string_view name) {
    if (name.empty() || name.size() > name_bytes_max) {
        return invalid(std::string(field), fmt::format("must be 1 to {} bytes", name_bytes_max));
    }
    if (!is_utf8(name) || has_control_character(name)) {
        return invalid(std::string(field), "must be UTF-8 text without control characters");
    }
    return {};
}

Result<Registration> registration_from_json(const boost::json::value& json, TimePoint now) {
    JsonReader reader(json);
    JsonFields body = reader.fields();
    const StringRule name_rule{.bytes_min = 1, .bytes_max = name_bytes_max};

    Registration made;
    made.name_space = body.string("namespace", name_rule);
    if (const auto id = body.optional_string("id", name_rule)) made.id = std::string(*id);
    constexpr std::size_t url_bytes_max = 8'192;
    made.url = body.string("url", {.bytes_min = 1, .bytes_max = url_bytes_max});
    made.method = body.optional_string("method").value_or("GET");
    made.schedule = now;
    made.schedule_given = false;
    if (const auto text = body.optional_string("schedule")) {
        if (const auto at = parse_instant(*text)) {
            made.schedule = *at;
            made.schedule_given = true;
        } else {
            body.reject("schedule", std::string(schedule_rule));
        }
    }
    made.headers = read_headers(body);
    if (const auto* given = body.optional_any("body")) made.body = *given;
    made.repeat = read_repeat(body);
    if (auto retries = body.optional_object("retries")) {
        made.retries_max =
            retries->optional_integer("max", 0, retries_most).value_or(made.retries_max);
    }
    CARILLON_TRY_VOID(reader.finish());
    return made;
}

Result<CheckedRegistration> check_registration(Registration registration,
                                               const ServiceOptions& options) {
    CARILLON_TRY_VOID(check_name("namespace", registration.name_space));
    CARILLON_TRY_VOID(check_id(registration));
    if (registration.schedule < schedule_first || registration.schedule > schedule_last) {
        return invalid("schedule", std::string(schedule_rule));
    }
    if (registration.retries_max < 0 || registration.retries_max > retries_most) {
        return invalid("retries.max", fmt::format("must be 0 to {}", retries_most));
    }
    if (registration.repeat) CARILLON_TRY_VOID(check_repeat(*registration.repeat));
    CARILLON_TRY_VOID(check_request(registration, options));

    CARILLON_TRY(dynamo::Value body, body_value(registration.body));
    const std::size_t rest = registration.url.size() + outcome_bytes_max;
    if (dynamo::size_of(body) + rest > dynamo::item_bytes_max) {
        return std::unexpected(
            Error{Errc::too_large, "must take less room: its parts are too many", "body"});
    }
    return CheckedRegistration(std::move(registration), std::move(body));
}

NewWebhook::NewWebhook(CheckedRegistration checked, std::string id, TimePoint now)
    : body(std::move(checked.body_)), schedule_given(checked->schedule_given) {
    Registration& registration = checked.registration_;
    webhook.name_space = std::move(registration.name_space);
    webhook.id = std::move(id);
    webhook.url = std::move(registration.url);
    webhook.method = std::move(registration.method);
    webhook.schedule = registration.schedule;
    webhook.headers = std::move(registration.headers);
    webhook.body = std::move(registration.body);
    if (registration.repeat) {
        webhook.repeat.enabled = true;
        webhook.repeat.rule = *registration.repeat;
    }
    webhook.retries.max = registration.retries_max;
    webhook.created_at = now;
    webhook.updated_at = now;
    webhook.version = to_epoch_ms(now);
    webhook.next_attempt_at = webhook.schedule;
}

bool is_same_registration(const Webhook& stored, const NewWebhook& asked) {
    const Webhook& webhook = asked.webhook;
    const Repeat& repeat = stored.repeat;
    if (repeat.enabled != webhook.repeat.enabled) return false;
    const RepeatRule& rule = webhook.repeat.rule;
    if (repeat.enabled && (repeat.rule.interval != rule.interval || repeat.rule.max != rule.max ||
                           repeat.rule.unit != rule.unit)) {
        return false;
    }
    return stored.url == webhook.url && stored.method == webhook.method &&
           (!asked.schedule_given || stored.schedule == webhook.schedule) &&
           stored.retries.max == webhook.retries.max &&
           same_headers(stored.headers, webhook.headers) &&
           // Through an attribute and back: what is stored has its keys in order, and 1.0 is 1.
           body_json(asked.body) == stored.body;
}

}  // namespace carillon::webhooks
