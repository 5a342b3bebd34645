#include "cli/answer.hpp"
#include "cli/data.hpp"
#include "cli/report.hpp"
#include "cli/run_commands.hpp"
#include "cli/schedule_commands.hpp"
#include "cli/table.hpp"
#include "net/http.hpp"

#include <fmt/format.h>

#include <ostream>
#include <utility>

namespace carillon::cli {
namespace {

std::string calendar_path(const std::string& key) {
    return "/calendars/" + net::percent_encode(key);
}

}  // namespace

ExitCode CalendarCommands::report(const Error& error) {
    const ExitCode code = report_error(error, console_, api_.origin());
    if (code == ExitCode::not_found) {
        console_.err << "see what there is with: carillon calendar list\n";
    }
    return code;
}

Task<ExitCode> CalendarCommands::run(CalendarOptions options) {
    switch (options.action) {
        case CalendarAction::list:
            co_return co_await list(std::move(options));
        case CalendarAction::get:
            co_return co_await get(std::move(options));
        case CalendarAction::add:
            co_return co_await add(std::move(options));
        case CalendarAction::remove:
            co_return co_await remove(std::move(options));
    }
    co_return ExitCode::usage;
}

Task<ExitCode> CalendarCommands::list(CalendarOptions options) {
    auto answer = co_await api_.call("GET", tenant_path("/calendars", options.tenant));
    if (!answer) co_return report(answer.error());
    if (options.json) {
        console_.out << to_text(*answer) << '\n';
        co_return ExitCode::ok;
    }
    Table table({"KEY", "DAYS", "NAME"});
    for (const json::value& each : array_member(as_object(*answer), "data")) {
        const json::object& calendar = as_object(each);
        const std::string code = text_member(calendar, "holidaysCode");
        const std::size_t days = array_member(calendar, "holidays").size();
        table.add({{text_member(calendar, "key"), Style::bold},
                   {code.empty() ? std::to_string(days) : fmt::format("{} and {}", days, code)},
                   {text_member(calendar, "name")}});
    }
    for (const json::value& each : array_member(as_object(*answer), "codes")) {
        const json::object& code = as_object(each);
        table.add(
            {{text_member(code, "code")}, {"built in", Style::dim}, {text_member(code, "name")}});
    }
    console_.out << table.render(console_.colours, console_.width);
    co_return ExitCode::ok;
}

Task<ExitCode> CalendarCommands::get(CalendarOptions options) {
    std::string path = calendar_path(options.key);
    if (options.year) path += fmt::format("?year={}", *options.year);
    auto answer = co_await api_.call("GET", tenant_path(std::move(path), options.tenant));
    if (!answer) co_return report(answer.error());
    if (options.json) {
        console_.out << to_text(*answer) << '\n';
        co_return ExitCode::ok;
    }
    const json::object& calendar = as_object(*answer);
    const json::array& named = array_member(calendar, "days");
    if (!named.empty()) {
        Table table({"DATE", "HOLIDAY"});
        for (const json::value& each : named) {
            const json::object& day = as_object(each);
            table.add(
                {{text_member(day, "date")},
                 {text_member(day, "name") + (is_true(day, "substitute") ? " (substitute)" : "")}});
        }
        console_.out << table.render(console_.colours, console_.width);
        co_return ExitCode::ok;
    }
    const std::string code = text_member(calendar, "holidaysCode");
    if (!code.empty()) console_.out << "holidays of " << printable(code) << ", and\n";
    for (const json::value& day : array_member(calendar, "holidays")) {
        if (day.is_string()) {
            console_.out << printable(std::string_view(day.get_string())) << '\n';
        }
    }
    co_return ExitCode::ok;
}

Task<ExitCode> CalendarCommands::add(CalendarOptions options) {
    json::object calendar{{"key", options.key}};
    if (options.name) calendar["name"] = *options.name;
    if (options.code) calendar["holidaysCode"] = *options.code;
    if (!options.holidays.empty()) {
        json::array days;
        for (const std::string& day : options.holidays) days.emplace_back(day);
        calendar["holidays"] = std::move(days);
    }
    if (options.ics) {
        const std::string named = *options.ics == "-" ? "-" : "@" + *options.ics;
        const auto text = read_data("--ics", named, console_.in);
        if (!text) co_return report_usage(text.error(), console_);
        calendar["ics"] = *text;
    }
    std::optional<json::value> body{std::move(calendar)};
    auto answer =
        co_await api_.call("POST", tenant_path("/calendars", options.tenant), std::move(body));
    if (!answer) co_return report(answer.error());
    if (options.json) {
        console_.out << to_text(*answer) << '\n';
    } else {
        const json::object& made = as_object(*answer);
        const std::string code = text_member(made, "holidaysCode");
        console_.out << fmt::format("{} has {} days{}\n",
                                    printable(text_member(made, "key")),
                                    array_member(made, "holidays").size(),
                                    code.empty() ? "" : " and the holidays of " + printable(code));
    }
    co_return ExitCode::ok;
}

Task<ExitCode> CalendarCommands::remove(CalendarOptions options) {
    std::string path = calendar_path(options.key);
    if (options.force) path += "?force=true";
    auto answer = co_await api_.call("DELETE", tenant_path(std::move(path), options.tenant));
    if (!answer) co_return report(answer.error());
    if (!options.json) console_.out << printable(options.key) << " deleted\n";
    co_return ExitCode::ok;
}

}  // namespace carillon::cli
