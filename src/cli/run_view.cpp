#include "cli/run_view.hpp"

#include "cli/table.hpp"

#include <fmt/format.h>

namespace carillon::cli {

Style style_of_run(std::string_view status) {
    if (status == "Succeeded") return Style::good;
    if (status == "Failed" || status == "Dead" || status == "Missed") return Style::bad;
    if (status == "Running") return Style::warning;
    return status == "Cancelled" ? Style::dim : Style::plain;
}

std::string measured(const json::object& run, std::string_view metric) {
    const json::object& metrics = object_member(run, "metrics");
    if (!metrics.contains(metric)) return {};
    return fmt::format("{} ms", number_member(metrics, metric));
}

std::string run_table(const json::array& runs, TimePoint now, const Console& console) {
    Table table(
        {"ID", "STATUS", "SCHEDULE", "FIRE", "", "CAUSE", "TRIES", "LATE", "TOOK", "ERROR"});
    for (const json::value& each : runs) {
        const json::object& run = as_object(each);
        const std::string status = text_member(run, "status");
        const auto at = parse_instant(text_member(run, "fireAt"));
        const std::string name = text_member(run, "scheduleName");
        table.add({{text_member(run, "id"), Style::bold},
                   {status, style_of_run(status)},
                   {name.empty() ? text_member(run, "scheduleId") : name},
                   {shorter(text_member(run, "fireAt"))},
                   {at ? relative(*at, now) : "", Style::dim},
                   {text_member(run, "cause")},
                   {std::to_string(number_member(run, "attempt"))},
                   {measured(run, "latencyMs")},
                   {measured(run, "durationMs")},
                   {text_member(run, "error")}});
    }
    return table.render(console.colours, console.width);
}

namespace {

Style style_of_attempt(std::string_view outcome) {
    if (outcome == "succeeded") return Style::good;
    return outcome == "interrupted" ? Style::warning : Style::bad;
}

/// What became of each attempt; nothing where there was none.
std::string attempt_table(const json::object& run, const Console& console) {
    const json::array& attempts = array_member(run, "attempts");
    if (attempts.empty()) return {};
    Table table({"ATTEMPT", "STARTED", "TOOK", "OUTCOME", "ANSWER", "BY", "ERROR"});
    for (const json::value& each : attempts) {
        const json::object& attempt = as_object(each);
        const std::string started = text_member(attempt, "startedAt");
        const auto from = parse_instant(started);
        const auto to = parse_instant(text_member(attempt, "endedAt"));
        const std::string outcome = text_member(attempt, "outcome");
        const std::int64_t answered = number_member(attempt, "responseStatus");
        const std::string reason = text_member(attempt, "reason");
        std::string error = text_member(attempt, "error");
        if (!reason.empty()) error += (error.empty() ? "" : "; ") + ("retried: " + reason);
        table.add({{std::to_string(number_member(attempt, "attempt"))},
                   {started, Style::dim},
                   {from && to ? fmt::format("{} ms", (*to - *from).count()) : ""},
                   {outcome, style_of_attempt(outcome)},
                   {answered == 0 ? "" : std::to_string(answered)},
                   {text_member(attempt, "by"), Style::dim},
                   {std::move(error)}});
    }
    return "\n" + table.render(console.colours, console.width);
}

}  // namespace

std::string run_sheet(const json::object& run, TimePoint now, const Console& console) {
    Sheet sheet(console, 14);
    const std::string status = text_member(run, "status");
    sheet.add("id", text_member(run, "id"), Style::bold);
    sheet.add("status", status, style_of_run(status));
    sheet.add(
        "schedule",
        fmt::format("{} ({})", text_member(run, "scheduleName"), text_member(run, "scheduleId")));
    sheet.add("tenant", text_member(run, "tenantId"));
    sheet.add("cause", text_member(run, "cause"));
    sheet.add("fire", when(run, "fireAt", now));
    if (text_member(run, "dueAt") != text_member(run, "fireAt")) {
        sheet.add("due", when(run, "dueAt", now));
    }
    sheet.add("attempts", std::to_string(number_member(run, "attempt")));
    sheet.add("retried", when(run, "retriedAt", now));
    sheet.add("reason", text_member(run, "retryReason"));
    sheet.add("started", when(run, "startedAt", now));
    sheet.add("finished", when(run, "finishedAt", now));
    sheet.add("late", measured(run, "latencyMs"));
    sheet.add("took", measured(run, "durationMs"));
    const std::int64_t answered = number_member(run, "responseStatus");
    if (answered != 0) sheet.add("answer", std::to_string(answered));
    sheet.add("error", text_member(run, "error"), Style::bad);
    const json::value* payload = run.if_contains("payload");
    if (payload != nullptr && !payload->is_null()) sheet.add("payload", to_text(*payload));
    sheet.add("correlation", text_member(run, "correlationId"));
    sheet.add("causation", text_member(run, "causationId"));
    sheet.add("dedupe key", text_member(run, "dedupeKey"));
    return sheet.take() + attempt_table(run, console);
}

}  // namespace carillon::cli
