#include "cli/webhook_input.hpp"

#include "core/text.hpp"
#include "net/http.hpp"

#include <array>
#include <utility>

namespace carillon::cli {
namespace {

struct UnitLength {
    std::string_view name;
    std::int64_t ms;
};

constexpr std::array units{
    UnitLength{"days", 86'400'000}, UnitLength{"hours", 3'600'000}, UnitLength{"minutes", 60'000}};

/// In the largest unit that divides it: people read `30 minutes`, not `1800 seconds`.
Result<json::object> rule_of(std::string_view every, std::optional<std::int64_t> max) {
    const auto period = parse_duration(every);
    if (!period) return invalid("--every", period.error().message);
    const std::int64_t ms = period->count();
    if (ms < 1'000) return invalid("--every", "must be at least 1s");
    json::object rule;
    for (const UnitLength& unit : units) {
        if (ms % unit.ms != 0) continue;
        rule = {{"interval", ms / unit.ms}, {"unit", unit.name}};
        break;
    }
    if (rule.empty() && ms % 1'000 == 0) rule = {{"interval", ms / 1'000}, {"unit", "seconds"}};
    if (rule.empty()) {
        rule = {{"interval", static_cast<double>(ms) / 1'000}, {"unit", "seconds"}};
    }
    if (max) rule["max"] = *max;
    return rule;
}

/// Whether the headers say that the body is something else than JSON or a form.
bool is_raw(const json::object& headers) {
    for (const auto& member : headers) {
        if (!equals_ignoring_case(member.key(), "Content-Type")) continue;
        const std::string type = to_lower(std::string_view(member.value().get_string()));
        return !type.contains("json") && !type.starts_with("application/x-www-form-urlencoded") &&
               !type.starts_with("multipart/form-data");
    }
    return false;
}

/// JSON where it is JSON; other text is sent as text.
Result<json::value> body_of(const std::string& data, const json::object& headers) {
    if (is_raw(headers)) return json::value(data);
    auto parsed = parse_json(data);
    if (parsed) return parsed;
    const std::string_view text = trim(data);
    // What looks like JSON was meant to be JSON.
    if (text.starts_with('{') || text.starts_with('[')) {
        return invalid("-d", "is not JSON: " + parsed.error().message);
    }
    if (!is_utf8(data)) return invalid("-d", "must be UTF-8 text");
    return json::value(data);
}

std::string format_for_query(TimePoint at) {
    return net::percent_encode(format_instant(at));
}

}  // namespace

Result<json::object> headers_of(const std::vector<std::string>& lines) {
    json::object headers;
    for (const std::string& line : lines) {
        const std::size_t colon = line.find(':');
        const std::string_view name = trim(std::string_view(line).substr(0, colon));
        if (colon == std::string::npos || name.empty()) {
            return invalid("-H", "must be written as 'Name: value', not '" + line + "'");
        }
        for (const auto& member : headers) {
            if (equals_ignoring_case(member.key(), name)) {
                return invalid("-H", "gives " + std::string(name) + " twice");
            }
        }
        headers[name] = trim(std::string_view(line).substr(colon + 1));
    }
    return headers;
}

Result<TimePoint> read_when(std::string_view option, std::string_view text, TimePoint now) {
    if (text == "now") return now;
    if (text.starts_with('+') || text.starts_with('-')) {
        const auto away = parse_duration(text.substr(1));
        if (!away) return invalid(std::string(option), away.error().message);
        return text.front() == '+' ? now + *away : now - *away;
    }
    const auto at = parse_instant(text);
    if (at) return *at;
    return invalid(
        std::string(option),
        at.error().message + "; write it like 2026-12-24T18:00+01:00, +5m (from now) or now");
}

Result<json::object> registration(const AddOptions& options, TimePoint now) {
    json::object out;
    out["namespace"] = options.name_space;
    out["url"] = options.url;
    out["method"] = options.method.value_or(options.data ? "POST" : "GET");
    if (options.id) out["id"] = *options.id;
    if (options.in && options.at) return invalid("--in", "and --at exclude each other");
    if (options.in) {
        const auto away = parse_duration(*options.in);
        if (!away) return invalid("--in", away.error().message);
        out["schedule"] = format_instant(now + *away);
    }
    if (options.at && *options.at != "now") {
        CARILLON_TRY(const TimePoint at, read_when("--at", *options.at, now));
        out["schedule"] = format_instant(at);
    }
    CARILLON_TRY(json::object headers, headers_of(options.headers));
    if (options.data) {
        CARILLON_TRY(out["body"], body_of(*options.data, headers));
    }
    if (!headers.empty()) out["headers"] = std::move(headers);
    if (options.every) {
        CARILLON_TRY(json::object rule, rule_of(*options.every, options.max));
        out["repeat"] = json::object{{"enabled", true}, {"rule", std::move(rule)}};
    } else if (options.max) {
        return invalid("--max", "needs --every");
    }
    if (options.retries) out["retries"] = json::object{{"max", *options.retries}};
    return out;
}

Result<json::object> selection(const SelectionOptions& options, TimePoint now) {
    json::object out{{"namespace", options.name_space}};
    if (options.id_prefix) out["id"] = *options.id_prefix;
    if (options.status) out["status"] = *options.status;
    if (options.from) {
        CARILLON_TRY(const TimePoint from, read_when("--from", *options.from, now));
        out["from"] = format_instant(from);
    }
    if (options.to) {
        CARILLON_TRY(const TimePoint to, read_when("--to", *options.to, now));
        out["to"] = format_instant(to);
    }
    return out;
}

Result<std::string> list_query(const ListOptions& options, TimePoint now) {
    const SelectionOptions& which = options.selection;
    std::string out = "namespace=" + net::percent_encode(which.name_space);
    if (which.id_prefix) out += "&id=" + net::percent_encode(*which.id_prefix);
    if (which.status) out += "&status=" + net::percent_encode(*which.status);
    if (which.from) {
        CARILLON_TRY(const TimePoint from, read_when("--from", *which.from, now));
        out += "&from=" + format_for_query(from);
    }
    if (which.to) {
        CARILLON_TRY(const TimePoint to, read_when("--to", *which.to, now));
        out += "&to=" + format_for_query(to);
    }
    if (options.descending) out += "&desc=true";
    out += "&limit=" + std::to_string(options.limit);
    if (options.start_key) out += "&startKey=" + net::percent_encode(*options.start_key);
    return out;
}

}  // namespace carillon::cli
