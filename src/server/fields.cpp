#include "server/fields.hpp"

#include "core/text.hpp"
#include "schedules/schedule.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

namespace carillon::server {
namespace {

constexpr std::string_view tenant_rule =
    "must have 1 to 128 printable ASCII characters without "
    "spaces and #";
constexpr std::string_view instant_rule =
    "must be an ISO 8601 instant such as "
    "2026-12-24T17:00:00Z";
constexpr std::string_view duration_rule = "must be a duration such as 1h30m or PT1H30M";

bool is_good_tenant(std::string_view tenant) {
    return !tenant.empty() && tenant.size() <= schedules::tenant_bytes_max &&
           std::ranges::all_of(tenant, [](char c) { return c > ' ' && c < 0x7f && c != '#'; });
}

/// Gathers what the parts of a request say about its tenant.
class TenantFinder {
public:
    Result<> say(std::string_view field, std::string_view tenant) {
        if (tenant.empty()) return invalid(std::string(field), std::string(field) + " is required");
        if (!is_good_tenant(tenant)) return invalid(std::string(field), std::string(tenant_rule));
        if (found_ && *found_ != tenant) {
            return invalid("tenantId", "must be the same wherever the request names it");
        }
        found_ = tenant;
        return {};
    }

    [[nodiscard]] std::string tenant() const {
        return found_.value_or(std::string(schedules::default_tenant));
    }

private:
    std::optional<std::string> found_;
};

/// One number and its unit off the front of `text`.
std::optional<std::pair<std::int64_t, char>> next_part(std::string_view& text) {
    std::int64_t number = 0;
    const char* end = text.data() + text.size();
    const auto [stop, fault] = std::from_chars(text.data(), end, number);
    if (fault != std::errc{} || stop == end || number < 0 || number > 1'000'000'000) {
        return std::nullopt;
    }
    const char unit = *stop;
    text.remove_prefix(static_cast<std::size_t>(stop - text.data()) + 1);
    return std::pair{number, unit};
}

std::optional<Duration> unit_of(char unit, bool of_the_day) {
    using namespace std::chrono_literals;
    switch (unit) {
        case 'W':
            return of_the_day ? std::nullopt : std::optional<Duration>(7 * 24h);
        case 'D':
            return of_the_day ? std::nullopt : std::optional<Duration>(24h);
        case 'H':
            return of_the_day ? std::optional<Duration>(1h) : std::nullopt;
        case 'M':
            return of_the_day ? std::optional<Duration>(1min) : std::nullopt;
        case 'S':
            return of_the_day ? std::optional<Duration>(1s) : std::nullopt;
        default:
            return std::nullopt;
    }
}

/// `PT1H30M`.
std::optional<Duration> iso_duration(std::string_view text) {
    if (!text.starts_with('P')) return std::nullopt;
    text.remove_prefix(1);
    bool of_the_day = false;
    bool any = false;
    Duration sum{0};
    while (!text.empty()) {
        if (text.front() == 'T' && !of_the_day) {
            of_the_day = true;
            any = false;
            text.remove_prefix(1);
            continue;
        }
        const auto part = next_part(text);
        const auto unit = part ? unit_of(part->second, of_the_day) : std::nullopt;
        if (!unit) return std::nullopt;
        sum += part->first * *unit;
        any = true;
    }
    return any ? std::optional(sum) : std::nullopt;
}

}  // namespace

QueryParameter tenant_parameter() {
    return {.name = "tenantId",
            .description = "Whose; the header X-Tenant-Id says the same; `default` if left out",
            .max = static_cast<std::int64_t>(schedules::tenant_bytes_max)};
}

Result<std::string> tenant_of(const Call& call, bool in_body) {
    TenantFinder finder;
    if (const auto given = call.query.text("tenantId")) {
        CARILLON_TRY_VOID(finder.say("tenantId", *given));
    }
    for (const net::Header header : call.request.headers) {
        if (!equals_ignoring_case(header.name, "X-Tenant-Id")) continue;
        CARILLON_TRY_VOID(finder.say("X-Tenant-Id", header.value));
    }
    const auto* body = in_body ? call.body.if_object() : nullptr;
    const json::value* given = body == nullptr ? nullptr : body->if_contains("tenantId");
    if (given != nullptr && !given->is_null()) {
        const auto* text = given->if_string();
        if (text == nullptr) return invalid("tenantId", "must be a string");
        CARILLON_TRY_VOID(finder.say("tenantId", *text));
    }
    return finder.tenant();
}

Result<std::optional<std::int64_t>> expected_version(const net::Headers& headers) {
    std::optional<std::int64_t> version;
    bool seen = false;
    for (const net::Header header : headers) {
        if (!equals_ignoring_case(header.name, "If-Match")) continue;
        if (std::exchange(seen, true)) return invalid("If-Match", "is given twice");
        std::string_view text = trim(header.value);
        if (text == "*") continue;
        if (text.size() > 2 && text.starts_with('"') && text.ends_with('"')) {
            text = text.substr(1, text.size() - 2);
        }
        std::int64_t number = 0;
        const char* end = text.data() + text.size();
        const auto [stop, fault] = std::from_chars(text.data(), end, number);
        if (text.empty() || fault != std::errc{} || stop != end || number < 1) {
            return invalid("If-Match", "must be one version, such as \"3\", or *");
        }
        version = number;
    }
    return version;
}

std::string entity_tag(std::int64_t version) {
    return '"' + std::to_string(version) + '"';
}

const json::value& body_or_empty(const Call& call) {
    static const json::value none = json::object{};
    return call.body.is_null() ? none : call.body;
}

std::optional<TimePoint> optional_instant(JsonFields& fields, std::string_view key) {
    const auto text = fields.optional_string(key);
    if (!text) return std::nullopt;
    const auto at = parse_instant(*text);
    if (at) return *at;
    fields.reject(key, std::string(instant_rule));
    return std::nullopt;
}

TimePoint instant(JsonFields& fields, std::string_view key) {
    const std::string_view text = fields.string(key);
    const auto at = parse_instant(text);
    if (!at && !text.empty()) fields.reject(key, std::string(instant_rule));
    return at.value_or(TimePoint{});
}

std::optional<Duration> optional_duration(JsonFields& fields, std::string_view key) {
    const auto text = fields.optional_string(key);
    if (!text) return std::nullopt;
    if (const auto iso = iso_duration(*text)) return iso;
    const auto ours = parse_duration(*text);
    if (ours) return *ours;
    fields.reject(key, std::string(duration_rule));
    return std::nullopt;
}

}  // namespace carillon::server
