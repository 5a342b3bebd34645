#include "cli/event_command.hpp"

#include "cli/answer.hpp"
#include "cli/report.hpp"
#include "cli/schedule_input.hpp"
#include "cli/table.hpp"
#include "cli/webhook_input.hpp"
#include "net/http.hpp"

#include <fmt/format.h>

#include <iostream>
#include <utility>

namespace carillon::cli {
namespace {

Style style_of(std::string_view status) {
    if (status == "completed") return Style::good;
    if (status == "failed") return Style::bad;
    if (status == "active" || status == "parked") return Style::warning;
    return Style::plain;
}

std::string list_path(std::string_view status,
                      const EventOptions& options,
                      const std::string& start_key) {
    std::string path =
        fmt::format("/events?status={}&limit={}", net::percent_encode(status), options.limit);
    if (!options.type.empty()) path += "&type=" + net::percent_encode(options.type);
    if (options.unindexed) path += "&unindexed=true";
    if (!start_key.empty()) path += "&startKey=" + net::percent_encode(start_key);
    return path;
}

/// Of a parked event why it is, of others their last error.
std::string why_of(const json::object& event) {
    std::string why = text_member(event, "parkedBecause");
    return why.empty() ? text_member(event, "lastError") : why;
}

std::string event_sheet(const json::object& event, TimePoint now, const Console& console) {
    Sheet sheet(console, 14);
    const std::string status = text_member(event, "status");
    sheet.add("id", text_member(event, "id"), Style::bold);
    sheet.add("type", text_member(event, "type"));
    sheet.add("status", status, style_of(status));
    sheet.add("why", why_of(event), Style::bad);
    sheet.add("failures", std::to_string(number_member(event, "retryCount")));
    sheet.add("occurred", when(event, "occurredAt", now));
    sheet.add("due", when(event, "dueAt", now));
    sheet.add("started", when(event, "startedAt", now));
    sheet.add("completed", when(event, "completedAt", now));
    sheet.add("key", text_member(event, "key"));
    sheet.add("waits for", text_member(event, "waitsFor"));
    if (event.contains("priority")) {
        sheet.add("priority", std::to_string(number_member(event, "priority")));
    }
    for (const char* name : {"payload", "metadata"}) {
        const json::value* value = event.if_contains(name);
        if (value != nullptr && !value->is_null()) sheet.add(name, to_text(*value));
    }
    return sheet.take();
}

}  // namespace

ExitCode EventCommands::report(const Error& error) {
    const ExitCode code = report_error(error, console_, api_.origin());
    if (code == ExitCode::not_found) {
        console_.err << "see what there is with: carillon event list --status created (or parked, "
                        "failed, completed)\n";
    }
    return code;
}

Task<ExitCode> EventCommands::run(EventOptions options) {
    switch (options.action) {
        case EventAction::emit:
            co_return co_await emit(std::move(options));
        case EventAction::list:
            co_return co_await list(std::move(options));
        case EventAction::get:
            co_return co_await get(std::move(options));
        case EventAction::retry:
        case EventAction::purge:
            co_return co_await change(std::move(options));
        case EventAction::tail:
            co_return co_await tail(std::move(options));
    }
    co_return ExitCode::usage;
}

Task<ExitCode> EventCommands::emit(EventOptions options) {
    json::object event{{"type", options.type}};
    if (options.payload) {
        auto payload = payload_of(*options.payload);
        if (!payload) co_return report_usage(payload.error(), console_);
        event["payload"] = *std::move(payload);
    }
    if (options.id) event["id"] = *options.id;
    if (options.key) event["key"] = *options.key;
    if (options.priority) event["priority"] = *options.priority;
    if (options.due) {
        const auto at = read_when("--due", *options.due, clock_.now());
        if (!at) co_return report_usage(at.error(), console_);
        event["dueAt"] = format_instant(*at);
    }
    std::optional<json::value> body{std::move(event)};
    auto answer = co_await api_.call("POST", "/events", std::move(body));
    if (!answer) co_return report(answer.error());
    if (options.json || !answer->is_object()) {
        console_.out << to_text(*answer) << '\n';
    } else {
        console_.out << printable(text_member(answer->get_object(), "id")) << '\n';
    }
    co_return ExitCode::ok;
}

void EventCommands::show(const json::array& events, bool as_json) {
    if (as_json) {
        for (const json::value& event : events) console_.out << to_text(event) << '\n';
        return;
    }
    Table table({"ID", "TYPE", "STATUS", "FAILED", "OCCURRED", "ERROR"});
    for (const json::value& each : events) {
        if (!each.is_object()) continue;
        const json::object& event = each.get_object();
        const std::string status = text_member(event, "status");
        const auto at = parse_instant(text_member(event, "occurredAt"));
        table.add({{text_member(event, "id")},
                   {text_member(event, "type")},
                   {status, style_of(status)},
                   {std::to_string(number_member(event, "retryCount"))},
                   {at ? relative(*at, clock_.now()) : ""},
                   {why_of(event)}});
    }
    console_.out << table.render(console_.colours, console_.width);
}

Task<ExitCode> EventCommands::list(EventOptions options) {
    const std::string status = options.status.value_or("failed");
    json::array items;
    std::string next;
    do {
        auto page = co_await api_.call("GET", list_path(status, options, next));
        if (!page) co_return report(page.error());
        for (const json::value& item : array_member(as_object(*page), "items"))
            items.push_back(item);
        next = page->is_object() ? text_member(page->get_object(), "nextKey") : "";
    } while (options.all && !next.empty());
    if (items.empty() && !options.json) {
        console_.err << "no events are " << printable(status) << '\n';
        co_return ExitCode::ok;
    }
    show(items, options.json);
    if (!next.empty()) console_.err << "there are more: --all shows everything\n";
    co_return ExitCode::ok;
}

Task<ExitCode> EventCommands::get(EventOptions options) {
    ExitCode code = ExitCode::ok;
    for (std::size_t i = 0; i < options.ids.size(); ++i) {
        auto event = co_await api_.call("GET", "/events/" + net::percent_encode(options.ids[i]));
        if (!event) {
            code = report(event.error());
            if (code == ExitCode::unreachable) break;
            continue;
        }
        if (options.json) {
            console_.out << to_text(*event) << '\n';
        } else {
            console_.out << (i > 0 ? "\n" : "")
                         << event_sheet(as_object(*event), clock_.now(), console_);
        }
    }
    co_return code;
}

Task<ExitCode> EventCommands::change(EventOptions options) {
    json::object asked;
    if (!options.ids.empty()) {
        json::array ids;
        for (const std::string& id : options.ids) ids.emplace_back(id);
        asked["ids"] = std::move(ids);
    } else {
        asked["status"] = options.status.value_or("failed");
    }
    if (!options.type.empty()) asked["type"] = options.type;
    if (options.unindexed) asked["unindexed"] = true;
    if (options.before) {
        const auto at = read_when("--before", *options.before, clock_.now());
        if (!at) co_return report_usage(at.error(), console_);
        asked["before"] = format_instant(*at);
    }
    const bool retries = options.action == EventAction::retry;
    std::optional<json::value> body{std::move(asked)};
    auto answer =
        co_await api_.call("POST", retries ? "/events/retry" : "/events/purge", std::move(body));
    if (!answer) co_return report(answer.error());
    if (options.json || !answer->is_object()) {
        console_.out << to_text(*answer) << '\n';
        co_return ExitCode::ok;
    }
    const json::object& done = answer->get_object();
    console_.out << fmt::format("{} {}, skipped {} (their state does not allow it), missing {}\n",
                                number_member(done, "count"),
                                retries ? "due again now" : "deleted",
                                number_member(done, "skipped"),
                                number_member(done, "missing"));
    co_return number_member(done, "missing") == 0 ? ExitCode::ok : ExitCode::failed;
}

Task<Result<>> EventCommands::look(const EventOptions& options, Seen& now, json::array& changed) {
    const auto note = [&](const json::value& event) {
        if (!event.is_object()) return;
        const std::string id = text_member(event.get_object(), "id");
        const std::string status = text_member(event.get_object(), "status");
        const auto known = seen_.find(id);
        if (known == seen_.end() || known->second != status) changed.push_back(event);
        if (status != "completed") now[id] = status;
    };
    for (const std::string_view status : {"created", "active", "parked", "failed"}) {
        std::string path = list_path(status, options, "");
        CARILLON_CO_TRY(const json::value page, co_await api_.call("GET", std::move(path)));
        for (const json::value& event : array_member(as_object(page), "items")) note(event);
    }
    for (const auto& [id, status] : seen_) {
        if (now.contains(id)) continue;
        auto event = co_await api_.call("GET", "/events/" + net::percent_encode(id));
        if (event) note(*event);
    }
    co_return Result<>{};
}

Task<ExitCode> EventCommands::tail(EventOptions options) {
    constexpr Duration pause{1'000};
    options.limit = 1'000;
    std::int64_t left = options.count;
    for (;;) {
        Seen now;
        json::array changed;
        const auto looked = co_await look(options, now, changed);
        if (!looked) co_return report(looked.error());
        seen_ = std::move(now);
        for (const json::value& event : changed) {
            if (options.json) {
                console_.out << to_text(event) << '\n';
            } else {
                const json::object& shown = event.get_object();
                console_.out << fmt::format("{} {} {} {}\n",
                                            printable(text_member(shown, "status")),
                                            printable(text_member(shown, "type")),
                                            printable(text_member(shown, "id")),
                                            printable(why_of(shown)));
            }
            if (options.count > 0 && --left == 0) co_return ExitCode::ok;
        }
        console_.out << std::flush;
        (void)co_await api_.loop().sleep_for(pause);
    }
}

}  // namespace carillon::cli
