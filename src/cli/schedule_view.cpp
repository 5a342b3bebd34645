#include "cli/schedule_view.hpp"

#include "cli/rule_text.hpp"
#include "cli/table.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace carillon::cli {
namespace {

constexpr std::size_t name_columns = 14;

std::string state_of(const json::object& schedule) {
    if (!text_member(schedule, "fault").empty()) return "faulty";
    if (!is_true(schedule, "enabled")) return "paused";
    return text_member(schedule, "nextFireAt").empty() ? "ended" : "enabled";
}

Style style_of(std::string_view state) {
    if (state == "faulty") return Style::bad;
    if (state == "paused") return Style::warning;
    return state == "ended" ? Style::dim : Style::good;
}

/// The rule in one line.
std::string rule_of(const json::object& schedule) {
    std::string text = rule_text(object_member(schedule, "trigger"));
    std::ranges::replace(text, '\n', ' ');
    return text;
}

void add_member(Sheet& sheet, const json::object& object, const char* key, const char* name) {
    const json::value* value = object.if_contains(key);
    if (value == nullptr || value->is_null()) return;
    sheet.add(
        name,
        value->is_string() ? std::string(std::string_view(value->get_string())) : to_text(*value));
}

}  // namespace

std::string target_text(const json::object& schedule) {
    const json::object& target = object_member(schedule, "target");
    const std::string kind = text_member(target, "kind");
    if (kind == "EVENT") return "event " + text_member(target, "eventTopic");
    if (kind == "QUEUE") return "queue " + text_member(object_member(target, "queue"), "topic");
    const json::object& http = object_member(target, "http");
    return text_member(http, "method") + " " + text_member(http, "url");
}

std::string schedule_table(const json::array& schedules, TimePoint now, const Console& console) {
    Table table({"ID", "NAME", "STATE", "NEXT", "RULE", "ZONE", "TARGET"});
    for (const json::value& each : schedules) {
        const json::object& schedule = as_object(each);
        const std::string state = state_of(schedule);
        const auto next = parse_instant(text_member(schedule, "nextFireAt"));
        table.add({{text_member(schedule, "id"), Style::bold},
                   {text_member(schedule, "name")},
                   {state, style_of(state)},
                   {next ? relative(*next, now) : ""},
                   {rule_of(schedule)},
                   {text_member(schedule, "tz")},
                   {target_text(schedule)}});
    }
    return table.render(console.colours, console.width);
}

std::string schedule_sheet(const json::object& schedule, TimePoint now, const Console& console) {
    Sheet sheet(console, name_columns);
    const std::string state = state_of(schedule);
    sheet.add("id", text_member(schedule, "id"), Style::bold);
    sheet.add("name", text_member(schedule, "name"));
    sheet.add("description", text_member(schedule, "description"));
    sheet.add("tenant", text_member(schedule, "tenantId"));
    sheet.add("state", state, style_of(state));
    sheet.add("fault", text_member(schedule, "fault"), Style::bad);
    sheet.add("rule", rule_of(schedule));
    sheet.add("zone", text_member(schedule, "tz"));
    add_member(sheet, schedule, "daylightSaving", "clock changes");
    add_member(sheet, schedule, "calendar", "calendar");
    add_member(sheet, schedule, "bounds", "bounds");
    add_member(sheet, schedule, "jitter", "jitter");
    sheet.add("target", target_text(schedule));
    for (const auto& header :
         object_member(object_member(object_member(schedule, "target"), "http"), "headers")) {
        const json::string* value = header.value().if_string();
        const std::string text = value == nullptr ? to_text(header.value()) : std::string(*value);
        sheet.add("header", std::string(header.key()) + ": " + text);
    }
    add_member(sheet, schedule, "payload", "payload");
    const json::object& policy = object_member(schedule, "policy");
    sheet.add("if late", misfire_sentence(policy));
    sheet.add("if running", overlap_sentence(policy));
    sheet.add("if it fails", retry_sentence(policy));
    sheet.add("next", when(schedule, "nextFireAt", now));
    sheet.add("last", when(schedule, "lastFireAt", now));
    sheet.add("created", when(schedule, "createdAt", now));
    sheet.add("updated", when(schedule, "updatedAt", now));
    sheet.add("version", std::to_string(number_member(schedule, "version")));
    return sheet.take();
}

std::string fire_table(const json::array& fires, TimePoint now, const Console& console) {
    const auto any = [&](const char* key) {
        return std::ranges::any_of(
            fires, [&](const json::value& fire) { return as_object(fire).contains(key); });
    };
    const bool has_jitter = any("runAt");
    const bool has_notes = any("note");
    std::vector<std::string> headings{"LOCAL TIME", "UTC", "IN"};
    if (has_jitter) headings.emplace_back("RUNS AT");
    if (has_notes) headings.emplace_back("NOTE");
    Table table(std::move(headings));
    for (const json::value& each : fires) {
        const json::object& fire = as_object(each);
        const auto at = parse_instant(text_member(fire, "at"));
        std::vector<Cell> row{{text_member(fire, "local")},
                              {shorter(text_member(fire, "at")), Style::dim},
                              {at ? relative(*at, now) : ""}};
        if (has_jitter) row.push_back({shorter(text_member(fire, "runAt")), Style::dim});
        if (has_notes) row.push_back({text_member(fire, "note"), Style::warning});
        table.add(std::move(row));
    }
    return table.render(console.colours, console.width);
}

}  // namespace carillon::cli
