#include "app/command_line_schedule.hpp"

#include <CLI/CLI.hpp>
#include <memory>
#include <utility>

namespace carillon::app {
namespace {

using cli::CalendarAction;
using cli::RunAction;

constexpr const char* run_footer = R"(
Examples:
  carillon run list --schedule nightly
  carillon run list --status Failed --from -1d
  carillon run get ID                       (with every attempt)
  carillon run retry ID ID --reason 'the receiver was mended'
  carillon run cancel ID

Exit codes: 0 fine, 1 refused or failed, 2 the command line makes no sense, 3 no server answers,
4 there is no such run.)";

constexpr const char* run_list_footer = R"(
Failed, Cancelled, Dead and Missed are found at once; for the others runs are looked through from the
newest on: --schedule, --from and --to make that less.

Examples:
  carillon run list --status Failed --from -1d
  carillon run list --schedule nightly --limit 5
  carillon run list --status Failed --all --json | jq -r .id | xargs carillon run retry)";

constexpr const char* retry_footer = R"(
A run that failed, died, was missed or cancelled is due again at once, with all its attempts. The
reason is kept, and shown with the attempt that follows.

Example:
  carillon run retry ID --reason 'the receiver was mended')";

constexpr const char* cancel_footer = R"(
Ends runs that have not ended. An attempt under way is not interrupted; what it answers is dropped.

Examples:
  carillon run cancel ID --reason 'not today'
  carillon run list --status Pending --schedule nightly --json | jq -r .id | xargs carillon run cancel)";

constexpr const char* calendar_footer = R"(
Examples:
  carillon calendar list                    yours, and the built-in codes
  carillon calendar get DE-BY --year 2027
  carillon calendar add works --code DE-BY --holiday 2026-12-24 --holiday 2026-12-31
  carillon calendar add fair --ics fair.ics
  carillon schedule add open '0 9 * * *' --holidays works --url https://example.com/
  carillon calendar rm fair                 (refused while schedules use it; --force)

Exit codes: 0 fine, 1 refused or failed, 2 the command line makes no sense, 3 no server answers,
4 there is no such calendar.)";

template <class Command>
struct Given {
    Command command{};
    std::function<void(Command)> chosen{};
};

template <class T>
CLI::Option* add_text(
    CLI::App& command, const char* name, T& value, const char* help, const char* type) {
    return command.add_option(name, value, help)->type_name(type);
}

/// A command of its family, with what all of them have.
template <class Command, class Action>
CLI::App* add(CLI::App& family,
              const std::shared_ptr<Given<Command>>& line,
              Action action,
              const char* name,
              const char* help) {
    CLI::App* one = family.add_subcommand(name, help);
    add_text(*one, "--server", line->command.server, "The server's URL [CARILLON_SERVER]", "URL");
    add_text(*one, "--tenant", line->command.options.tenant, "Whose (default: default)", "NAME");
    one->add_flag("--json", line->command.options.json, "Print the server's JSON");
    one->callback([line, action] {
        line->command.options.action = action;
        line->chosen(line->command);
    });
    return one;
}

template <class Command>
std::shared_ptr<Given<Command>> begin(const Getenv& environment,
                                      std::function<void(Command)> chosen) {
    // Lives as long as the parser, which keeps the callbacks.
    const auto line = std::make_shared<Given<Command>>();
    line->chosen = std::move(chosen);
    if (const auto server = environment("CARILLON_SERVER"); server && !server->empty()) {
        line->command.server = *server;
    }
    return line;
}

}  // namespace

void add_run_command(CLI::App& app,
                     const Getenv& environment,
                     std::function<void(RunCommand)> chosen) {
    CLI::App* runs = app.add_subcommand("run", "Runs of schedules: see, retry, cancel");
    runs->footer(run_footer);
    runs->require_subcommand(1);
    const auto line = begin<RunCommand>(environment, std::move(chosen));
    cli::RunOptions& options = line->command.options;
    CLI::App* list = add(*runs, line, RunAction::list, "list", "Show runs, newest first");
    list->footer(run_list_footer);
    add_text(*list, "--schedule", options.schedule, "Only of this schedule: id or name", "ID");
    add_text(*list, "--status", options.status, "Only these", "STATUS")
        ->transform(CLI::IsMember(
            {"Pending", "Running", "Succeeded", "Failed", "Cancelled", "Dead", "Missed"},
            CLI::ignore_case));
    add_text(*list, "--from", options.from, "Made at or after: an instant, -1d", "TIME");
    add_text(*list, "--to", options.to, "Made before", "TIME");
    add_text(*list, "--limit", options.limit, "At most about so many (default 100)", "N")
        ->check(CLI::Range(1, 10'000));
    list->add_flag("--all", options.all, "All of them");
    const auto add_ids = [&](CLI::App* one) {
        one->add_option("ID", options.ids, "One or more ids")->required();
        return one;
    };
    add_ids(add(*runs, line, RunAction::get, "get", "Show all about runs"));
    CLI::App* retry = add(*runs, line, RunAction::retry, "retry", "Run failed ones again, now");
    retry->footer(retry_footer);
    add_text(*add_ids(retry), "--reason", options.reason, "Why, for the log", "TEXT");
    CLI::App* cancel = add(*runs, line, RunAction::cancel, "cancel", "End runs that wait");
    cancel->footer(cancel_footer);
    add_text(*add_ids(cancel), "--reason", options.reason, "Why, for the log", "TEXT");
}

void add_calendar_command(CLI::App& app,
                          const Getenv& environment,
                          std::function<void(CalendarCommand)> chosen) {
    CLI::App* calendars = app.add_subcommand("calendar", "Holidays that schedules know");
    calendars->footer(calendar_footer);
    calendars->require_subcommand(1);
    const auto line = begin<CalendarCommand>(environment, std::move(chosen));
    cli::CalendarOptions& options = line->command.options;
    add(*calendars, line, CalendarAction::list, "list", "Show calendars and built-in codes");
    const auto add_key = [&](CLI::App* one) {
        one->add_option("KEY", options.key, "As schedules name it")->required();
        return one;
    };
    CLI::App* get = add_key(add(*calendars, line, CalendarAction::get, "get", "Show its days"));
    add_text(*get, "--year", options.year, "Of a built-in code (default: this year)", "YEAR");
    CLI::App* put =
        add_key(add(*calendars, line, CalendarAction::add, "add", "Make one, or replace it"));
    add_text(*put, "--name", options.name, "For people", "TEXT");
    add_text(*put, "--holiday", options.holidays, "A day: 2026-12-24; may be repeated", "DATE")
        ->allow_extra_args(false);
    add_text(*put, "--code", options.code, "And the holidays of a built-in code", "CODE");
    add_text(*put, "--ics", options.ics, "The days of an iCalendar file, - for input", "FILE");
    CLI::App* remove = add_key(add(*calendars, line, CalendarAction::remove, "rm", "Delete one"));
    remove->add_flag("--force", options.force, "Even if schedules use it");
}

}  // namespace carillon::app
