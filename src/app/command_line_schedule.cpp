#include "app/command_line_schedule.hpp"

#include <CLI/CLI.hpp>
#include <memory>
#include <utility>

namespace carillon::app {
namespace {

using cli::ScheduleAction;

constexpr const char* schedule_footer = R"(
Examples:
  carillon schedule add nightly '30 2 * * *' --tz Europe/Berlin --url https://example.com/hook
  carillon schedule list
  carillon schedule explain nightly         (by its name or its id)
  carillon schedule pause nightly; carillon schedule resume nightly
Each has more: carillon schedule add --help. To try a rule without a server: carillon cron RULE

Exit codes: 0 fine, 1 refused or failed, 2 the command line makes no sense, 3 no server answers,
4 there is no such schedule.)";

constexpr const char* list_footer = R"(
Examples:
  carillon schedule list --paused
  carillon schedule list --name nightly -q                  its id
  carillon schedule list --all --json | jq -r '.name + " " + .nextFireAt')";

constexpr const char* next_footer = R"(
Examples:
  carillon schedule next nightly
  carillon schedule next nightly --count 3 --from 2027-03-27T00:00Z)";

constexpr const char* explain_footer = R"(
Example:
  carillon schedule explain nightly
tells its rule in words, the next fires and why, what became of the last ones (fired, late, caught up,
skipped, and why), their runs, and what would be made up for if servers had been away.)";

constexpr const char* trigger_footer = R"(
Examples:
  carillon schedule trigger nightly
  carillon schedule trigger nightly -d '{"only":"berlin"}' --key order-7     (once, however often)
  carillon run get $(carillon schedule trigger nightly -q))";

constexpr const char* pause_footer = R"(
Runs under way go on; the ledger tells which instants the pause left out.

Examples:
  carillon schedule pause nightly weekly
  carillon schedule list --enabled --all -q | xargs carillon schedule pause)";

constexpr const char* remove_footer = R"(
Runs that were decided go on; cancel them with: carillon run cancel ID

Examples:
  carillon schedule rm nightly
  carillon schedule rm nightly --version 3                  only if nobody changed it since)";

constexpr const char* add_footer = R"(
RULE is a cron expression of 5, 6 or 7 fields, a macro such as @daily, an RRULE of RFC 5545,
'every 15m' (with 'phase 5m' behind it: counted from 1970), 'after 10m' (from the end of the run
before), 'at 2026-12-24T18:00Z' or 'in 5m'.

Examples:
  carillon schedule add nightly '30 2 * * *' --tz Europe/Berlin --url https://example.com/hook
  carillon schedule add payday '0 9 LW * *' --holidays DE-BY --roll previous --event pay.run
  carillon schedule add poll 'every 30s' --url https://example.com/poll -X GET --overlap skip
  carillon schedule add report 'FREQ=MONTHLY;BYDAY=-1FR;BYHOUR=17;BYMINUTE=0' --queue reports
  carillon schedule add sync 'after 10m' --url https://example.com/sync --attempts 5 --backoff 30s
  carillon schedule add launch 'at 2027-01-01T00:00' --tz Asia/Tokyo --url URL -d '{"go":true}'
  carillon schedule add --file schedule.json --dry-run       (what is wrong with it)
  carillon schedule add nightly '@daily' --url URL --key deploy-42   (again: the same one)

What is missed while no server runs: --misfire last (one run for all of it, the default), skip, all
or newest, never older than --catch-up-window, at most --catch-up-rate a second.
While the run before goes on: --overlap skip (the default), allow, queue-one, queue-all, cancel.)";

constexpr const char* edit_footer = R"(
Only what is given changes. The schedule must not have been changed since it was read here.

Examples:
  carillon schedule edit nightly --rule '0 3 * * *'
  carillon schedule edit nightly --url https://example.com/other --attempts 10
  carillon schedule edit nightly --clear calendar --clear jitter
  echo '{"payload":{"a":1}}' | carillon schedule edit nightly --file -)";

constexpr const char* backfill_footer = R"(
Shows what would run; makes it run with --run. The same range again makes nothing twice.

Examples:
  carillon schedule backfill nightly --from -7d --to now
  carillon schedule backfill nightly --from -7d --to now --run --rate 2
  carillon schedule backfill nightly --from 2026-11-01T00:00Z --to 2026-12-01T00:00Z --step 1d --run)";

struct Given {
    ScheduleCommand command{};
    std::function<void(ScheduleCommand)> chosen{};
};

using Line = std::shared_ptr<Given>;

template <class T>
CLI::Option* add_text(
    CLI::App& command, const char* name, T& value, const char* help, const char* type) {
    return command.add_option(name, value, help)->type_name(type);
}

CLI::App* add(CLI::App& schedules,
              const Line& line,
              ScheduleAction action,
              const char* name,
              const char* help) {
    CLI::App* one = schedules.add_subcommand(name, help);
    cli::ScheduleOptions& options = line->command.options;
    add_text(*one, "--server", line->command.server, "The server's URL [CARILLON_SERVER]", "URL");
    add_text(*one, "--tenant", options.tenant, "Whose schedules (default: default)", "NAME");
    one->add_flag("--json", options.json, "Print the server's JSON");
    one->callback([line, action] {
        line->command.options.action = action;
        line->chosen(line->command);
    });
    return one;
}

void add_ids(CLI::App& one, const Line& line, bool several) {
    std::vector<std::string>& ids = line->command.options.ids;
    CLI::Option* option =
        one.add_option("ID", ids, several ? "One or more ids or names" : "Its id or name");
    option->required();
    if (!several) option->expected(1);
}

void add_when(CLI::App& one, cli::ScheduleWords& words) {
    one.option_defaults()->group("When");
    cli::RuleWords& rule = words.rule;
    add_text(one, "--tz", rule.tz, "Time zone (default: the server's)", "ZONE");
    add_text(one, "--skipped", rule.skipped, "Times that the clock skips", "WHAT")
        ->check(CLI::IsMember({"skip", "before", "after"}));
    add_text(one, "--doubled", rule.doubled, "Times that the clock shows twice", "WHICH")
        ->check(CLI::IsMember({"first", "last", "both"}));
    add_text(one, "--holidays", rule.holidays, "Not on these: DE-BY, US, a calendar's key", "KEY")
        ->allow_extra_args(false);
    one.add_flag("--business-days", rule.business_days, "Only from Monday to Friday");
    add_text(one, "--roll", rule.roll, "Other days move to the next or previous one", "WAY")
        ->check(CLI::IsMember({"exclude", "next", "previous"}));
    add_text(one, "--start", words.start, "Not before: an instant, +1d", "TIME");
    add_text(one, "--end", words.end, "Not at this instant or later", "TIME");
    add_text(one, "--max-count", words.max_count, "At most so many fires", "N");
    add_text(one, "--jitter", words.jitter, "Up to so much later by chance", "DURATION");
}

void add_what(CLI::App& one, cli::ScheduleWords& words) {
    one.option_defaults()->group("What");
    add_text(one, "--url", words.url, "Call this", "URL");
    add_text(one, "-X,--method", words.method, "POST (default), GET, ...", "METHOD");
    add_text(one, "-H,--header", words.headers, "'Name: value'; may be repeated", "HEADER")
        ->allow_extra_args(false);
    add_text(one, "--sign", words.sign, "Sign with this secret of the server", "NAME");
    add_text(one, "--event", words.event, "Publish an event of this topic", "TOPIC");
    add_text(one, "--queue", words.queue, "Publish to this queue", "TOPIC");
    add_text(one, "-d,--data", words.data, "Payload: JSON or text, @FILE, or -", "BODY");
}

void add_policy(CLI::App& one, cli::ScheduleWords& words) {
    one.option_defaults()->group("What if");
    add_text(one, "--misfire", words.misfire, "It was missed: last, skip, all, newest", "WHAT")
        ->check(CLI::IsMember({"skip", "last", "all", "newest"}));
    add_text(one, "--newest", words.newest, "With --misfire newest: how many", "N");
    add_text(one, "--grace", words.grace, "Later than this is missed (10s)", "DURATION");
    add_text(one, "--catch-up-window", words.window, "Older never runs (1d)", "DURATION");
    add_text(one, "--catch-up-rate", words.rate, "Missed ones a second (10)", "N");
    add_text(one, "--overlap", words.overlap, "The run before goes on: skip, ...", "WHAT")
        ->check(CLI::IsMember({"allow", "skip", "queue-one", "queue-all", "cancel"}));
    add_text(one, "--attempts", words.attempts, "It fails: attempts in all (3)", "N");
    add_text(one, "--backoff", words.backoff, "Pause after the first (1s)", "DURATION");
    add_text(one, "--backoff-max", words.backoff_max, "Longest pause (1h)", "DURATION");
    add_text(one, "--timeout", words.timeout, "Of an attempt (30s)", "DURATION");
    add_text(one, "--priority", words.priority, "1 to 9 (5)", "N");
    add_text(one, "--retention", words.retention, "Runs and ledger are kept (7d)", "DURATION");
    one.option_defaults()->group("Options");
}

void add_words(CLI::App& one, cli::ScheduleWords& words) {
    add_when(one, words);
    add_what(one, words);
    add_policy(one, words);
    add_text(one, "--description", words.description, "For people", "TEXT");
    add_text(one, "--file", words.file, "A schedule as JSON, - for standard input", "FILE");
}

void add_add(CLI::App& schedules, const Line& line) {
    CLI::App* one = add(schedules, line, ScheduleAction::add, "add", "Make a schedule");
    one->footer(add_footer);
    cli::ScheduleOptions& options = line->command.options;
    one->add_option("NAME", options.words.name, "Its name, unique for the tenant");
    one->add_option("RULE", options.words.rule.rule, "When it fires");
    add_words(*one, options.words);
    one->add_flag("--paused", options.words.paused, "Do not fire yet");
    add_text(*one, "--key", options.key, "Idempotency key: made once, however often sent", "TEXT");
    one->add_flag("--dry-run", options.dry_run, "Only tell what is wrong, or when it would fire");
    one->add_flag("-q,--quiet", options.quiet, "Print the id alone");
}

void add_edit(CLI::App& schedules, const Line& line) {
    CLI::App* one = add(schedules, line, ScheduleAction::edit, "edit", "Change a schedule");
    one->footer(edit_footer);
    cli::ScheduleOptions& options = line->command.options;
    add_ids(*one, line, false);
    add_text(*one, "--name", options.words.name, "Another name", "TEXT");
    add_text(*one, "--rule", options.words.rule.rule, "When it fires", "RULE");
    add_words(*one, options.words);
    add_text(
        *one, "--clear", options.words.clear, "Back to the default: calendar, jitter", "MEMBER")
        ->allow_extra_args(false);
    add_text(*one, "--version", options.version, "Only if it is of that version", "N");
    one->add_flag("-q,--quiet", options.quiet, "Print the id alone");
}

void add_readers(CLI::App& schedules, const Line& line) {
    cli::ScheduleOptions& options = line->command.options;
    CLI::App* list = add(schedules, line, ScheduleAction::list, "list", "Show schedules");
    list->footer(list_footer);
    CLI::Option* enabled = list->add_flag_callback(
        "--enabled", [&options] { options.enabled = true; }, "Only those that fire");
    list->add_flag_callback(
            "--paused", [&options] { options.enabled = false; }, "Only those that are paused")
        ->excludes(enabled);
    add_text(*list, "--name", options.name, "Only the one of this name", "TEXT");
    add_text(*list, "--limit", options.limit, "At most so many (default 100)", "N")
        ->check(CLI::Range(1, 100));
    list->add_flag("--all", options.all, "All of them");
    list->add_flag("-q,--quiet", options.quiet, "Print ids alone");

    CLI::App* get = add(schedules, line, ScheduleAction::get, "get", "Show all about schedules");
    add_ids(*get, line, true);

    CLI::App* next = add(schedules, line, ScheduleAction::next, "next", "When it fires next");
    next->footer(next_footer);
    add_ids(*next, line, false);
    add_text(*next, "--count", options.count, "How many (default 10)", "N")
        ->check(CLI::Range(1, 1'000));
    add_text(*next, "--from", options.from, "Fires after: an instant, +1d", "TIME");

    CLI::App* explain = add(schedules,
                            line,
                            ScheduleAction::explain,
                            "explain",
                            "Why it fires when it does, what was, and what would be if");
    explain->footer(explain_footer);
    add_ids(*explain, line, false);
}

void add_writers(CLI::App& schedules, const Line& line) {
    cli::ScheduleOptions& options = line->command.options;
    CLI::App* pause = add(schedules, line, ScheduleAction::pause, "pause", "Let them not fire");
    pause->footer(pause_footer);
    add_ids(*pause, line, true);
    add_ids(
        *add(schedules, line, ScheduleAction::resume, "resume", "Let them fire again"), line, true);
    CLI::App* remove = add(schedules, line, ScheduleAction::remove, "rm", "Delete schedules");
    remove->footer(remove_footer);
    add_ids(*remove, line, true);
    add_text(*remove, "--version", options.version, "Only if it is of that version", "N");

    CLI::App* trigger = add(schedules, line, ScheduleAction::trigger, "trigger", "Run it by hand");
    trigger->footer(trigger_footer);
    add_ids(*trigger, line, false);
    add_text(*trigger, "--at", options.at, "Then (default: now)", "TIME");
    add_text(*trigger, "-d,--data", options.words.data, "Another payload", "BODY");
    add_text(*trigger, "--correlation-id", options.correlation, "For whom it is", "TEXT");
    add_text(*trigger, "--key", options.key, "Idempotency key: run once", "TEXT");
    trigger->add_flag("-q,--quiet", options.quiet, "Print the run's id alone");

    CLI::App* fill =
        add(schedules, line, ScheduleAction::backfill, "backfill", "Run a range of the past");
    fill->footer(backfill_footer);
    add_ids(*fill, line, false);
    add_text(*fill, "--from", options.from, "Included: an instant, -7d", "TIME")->required();
    add_text(*fill, "--to", options.to, "Excluded, not in the future", "TIME")->required();
    add_text(*fill, "--step", options.step, "Every so often, not by its rule", "DURATION");
    add_text(*fill, "--max-runs", options.runs_max, "At most so many (default 100)", "N")
        ->check(CLI::Range(1, 1'000));
    add_text(*fill, "--rate", options.per_second, "Runs a second (default 10)", "N");
    fill->add_flag("--run", options.go, "Not only a preview");
}

}  // namespace

void add_schedule_command(CLI::App& app,
                          const Getenv& environment,
                          std::function<void(ScheduleCommand)> chosen) {
    CLI::App* schedules =
        app.add_subcommand("schedule", "Make, list, change, explain and delete schedules");
    schedules->footer(schedule_footer);
    schedules->require_subcommand(1);
    // Lives as long as the parser, which keeps the callbacks.
    const auto line = std::make_shared<Given>();
    line->chosen = std::move(chosen);
    if (const auto server = environment("CARILLON_SERVER"); server && !server->empty()) {
        line->command.server = *server;
    }
    add_add(*schedules, line);
    add_readers(*schedules, line);
    add_edit(*schedules, line);
    add_writers(*schedules, line);
}

}  // namespace carillon::app
