#include "cli/webhook_view.hpp"

#include "cli/table.hpp"

#include <fmt/format.h>

#include <utility>
#include <vector>

namespace carillon::cli {
namespace {

Style style_of(std::string_view status) {
    if (status == "COMPLETED") return Style::good;
    if (status == "FAILED") return Style::bad;
    if (status == "PROCESSING") return Style::warning;
    if (status == "SUSPENDED") return Style::dim;
    return Style::plain;
}

/// What matters now: the next attempt of what waits, the schedule of what is over.
std::string_view time_key(const json::object& webhook) {
    const bool waits = text_member(webhook, "status") == "PENDING";
    return waits && !text_member(webhook, "nextAttemptAt").empty() ? "nextAttemptAt" : "schedule";
}

std::string attempts_of(const json::object& webhook) {
    const json::object& retries = object_member(webhook, "retries");
    return fmt::format(
        "{} of {}", number_member(retries, "count"), number_member(retries, "max") + 1);
}

std::string repeat_of(const json::object& webhook) {
    const json::object& repeat = object_member(webhook, "repeat");
    const json::value* enabled = repeat.if_contains("enabled");
    if (enabled == nullptr || !enabled->is_bool() || !enabled->get_bool()) return {};
    const json::object& rule = object_member(repeat, "rule");
    const json::value* interval = rule.if_contains("interval");
    const std::int64_t max = number_member(rule, "max");
    return fmt::format("every {} {}, repetition {}{}",
                       interval == nullptr ? "?" : to_text(*interval),
                       text_member(rule, "unit"),
                       number_member(repeat, "count"),
                       max == 0 ? " (without end)" : fmt::format(" of {}", max));
}

void add_request(Sheet& sheet, const json::object& webhook) {
    sheet.add("request", text_member(webhook, "method") + " " + text_member(webhook, "url"));
    for (const auto& header : object_member(webhook, "headers")) {
        const json::string* value = header.value().if_string();
        const std::string text = value == nullptr ? to_text(header.value()) : std::string(*value);
        sheet.add("header", std::string(header.key()) + ": " + text);
    }
    const json::value* body = webhook.if_contains("body");
    if (body != nullptr && !body->is_null()) sheet.add("body", to_text(*body));
}

void add_outcome(Sheet& sheet, const json::object& webhook) {
    sheet.add("failures", attempts_of(webhook));
    const json::value* errors = webhook.if_contains("errors");
    if (errors != nullptr && errors->is_array()) {
        for (const json::value& error : errors->get_array()) {
            sheet.add("error",
                      error.is_string() ? std::string(std::string_view(error.get_string()))
                                        : to_text(error),
                      Style::bad);
        }
    }
    const json::object& response = object_member(webhook, "response");
    const std::int64_t status = number_member(response, "status");
    if (status == 0) return;
    sheet.add("answer", fmt::format("{} {}", status, text_member(response, "body")));
}

}  // namespace

std::string webhook_table(const json::array& items, TimePoint now, const Console& console) {
    Table table({"ID", "STATUS", "RINGS", "FAILURES", "METHOD", "URL"});
    for (const json::value& item : items) {
        const json::object* webhook = item.if_object();
        if (webhook == nullptr) continue;
        const std::string status = text_member(*webhook, "status");
        table.add({{text_member(*webhook, "id"), Style::bold},
                   {status, style_of(status)},
                   {when(*webhook, time_key(*webhook), now)},
                   {attempts_of(*webhook)},
                   {text_member(*webhook, "method")},
                   {text_member(*webhook, "url")}});
    }
    return table.render(console.colours, console.width);
}

std::string webhook_sheet(const json::object& webhook, TimePoint now, const Console& console) {
    Sheet sheet(console);
    const std::string status = text_member(webhook, "status");
    sheet.add("id", text_member(webhook, "id"), Style::bold);
    sheet.add("namespace", text_member(webhook, "namespace"));
    sheet.add("status", status, style_of(status));
    sheet.add("schedule", when(webhook, "schedule", now));
    if (status == "PENDING" &&
        text_member(webhook, "nextAttemptAt") != text_member(webhook, "schedule")) {
        sheet.add("next try", when(webhook, "nextAttemptAt", now));
    }
    sheet.add("repeat", repeat_of(webhook));
    add_request(sheet, webhook);
    add_outcome(sheet, webhook);
    sheet.add("webhook-id", text_member(webhook, "webhookId"));
    sheet.add("created", when(webhook, "__createdAt", now));
    sheet.add("updated", when(webhook, "__updatedAt", now));
    return sheet.take();
}

std::string entry_table(const json::array& entries, TimePoint now, const Console& console) {
    Table table({"NAMESPACE", "ID", "SCHEDULE"});
    for (const json::value& item : entries) {
        const json::object* entry = item.if_object();
        if (entry == nullptr) continue;
        table.add({{text_member(*entry, "namespace")},
                   {text_member(*entry, "id"), Style::bold},
                   {when(*entry, "schedule", now)}});
    }
    return table.render(console.colours, console.width);
}

}  // namespace carillon::cli
