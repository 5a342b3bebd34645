#include "app/command_line.hpp"

#include "app/command_line_cron.hpp"
#include "app/command_line_errors.hpp"
#include "app/command_line_records.hpp"
#include "app/command_line_store.hpp"
#include "app/wire.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>
#include <sstream>
#include <utility>

namespace carillon::app {
namespace {

constexpr const char* main_footer = R"(
Begin here:
  carillon demo                              see it work, in ten seconds
  carillon serve                             a server on http://127.0.0.1:3080
  carillon webhook add URL --in 5s           let it call URL in five seconds
  carillon schedule add N '@daily' --url URL a schedule that calls URL every day
  carillon listen --port 9000                a receiver to try with
  carillon cron '0 9 L * *'                  what a rule means, and when it fires
  carillon forecast                          what all schedules will do in the next day
  carillon dynamodb                          a DynamoDB on http://127.0.0.1:8000
  carillon layer list                        tables' current states, kept in S3 or on disk
  carillon store tables                      what is stored
  carillon records process --exec COMMAND    a command for every unprocessed record

Exit codes: 0 fine, 1 refused or failed, 2 the command line makes no sense,
3 no server answers, 4 there is no such webhook, schedule, table or item.)";

constexpr const char* serve_footer = R"(
Settings come from flags, then the environment (names in brackets), then carillon.toml
(keys as the flags: port = 3080), then the defaults.

Examples:
  carillon serve
  carillon serve --store embedded:/var/lib/carillon --port 8080
  carillon serve --allow-targets 127.0.0.0/8,10.0.0.0/8
  CARILLON_SIGNING_SECRET=whsec_... carillon serve --log-format json
  carillon serve --dynamodb-port 8000        (AWS SDKs see the store's tables there)

Prints 'listening on http://HOST:PORT' when it is ready. SIGTERM or Ctrl-C ends it orderly:
what runs may finish within --grace, the rest is released and rings at the next start.
A second signal ends it at once; nothing that was acknowledged is lost either way.)";

constexpr const char* dynamodb_footer = R"(
Point a client at it. Any region and any keys will do; --verify-signatures asks for real ones.

  export AWS_ACCESS_KEY_ID=any AWS_SECRET_ACCESS_KEY=any AWS_REGION=us-east-1
  aws dynamodb list-tables --endpoint-url http://127.0.0.1:8000

  new DynamoDBClient({ endpoint: 'http://127.0.0.1:8000' })              // JavaScript
  boto3.resource('dynamodb', endpoint_url='http://127.0.0.1:8000')       # Python
  AWS_ENDPOINT_URL_DYNAMODB=http://127.0.0.1:8000                        (newer SDKs: no code)

Examples:
  carillon dynamodb                                    tables in memory, for tests
  carillon dynamodb --store embedded:./dynamodb        tables on disk, each write durable
  carillon dynamodb --port 0 --table-delay 500ms       any free port; tables take their time
  carillon dynamodb --host 0.0.0.0 --verify-signatures --access-key-file keys.txt

Settings come from flags, then the environment (names in brackets), then the section [dynamodb]
of carillon.toml, then the defaults. Prints 'listening on http://HOST:PORT' when it is ready.
SIGTERM or Ctrl-C ends it orderly.)";

constexpr const char* webhook_footer = R"(
Examples:
  carillon webhook add https://example.com/hook -d '{"order":7}' --in 5s
  carillon webhook list
  carillon webhook get ID
  carillon webhook rm ID
Each has more: carillon webhook add --help)";

constexpr const char* add_footer = R"(
Examples:
  carillon webhook add https://example.com/ping
  carillon webhook add https://example.com/hook -d '{"order":7}' --in 5s
  carillon webhook add https://example.com/hook -d @body.json -H 'X-Key: 1' -X PUT
  carillon webhook add https://example.com/hook --at 2026-12-24T18:00+01:00
  carillon webhook add https://example.com/poll --every 30m --max 5   (6 rings: 1 + 5)
  echo hello | carillon webhook add https://example.com/hook -d -
  id=$(carillon webhook add URL --in 1h --quiet); carillon webhook rm "$id"

With --id, registering the same again changes nothing and is no error.)";

constexpr const char* list_footer = R"(
Examples:
  carillon webhook list
  carillon webhook list --status FAILED --from -1d
  carillon webhook list --namespace shop --all --json | jq '.items[].id')";

constexpr const char* act_footer = R"(
Examples:
  carillon webhook rm ID ID ...
  carillon webhook rm --status COMPLETED --to -7d      (what was due over a week ago)
  carillon webhook rm --all --namespace test
  carillon webhook suspend --from now --to +1h
  carillon webhook retry ID                            (a failed one, with all its attempts))";

constexpr const char* trigger_footer = R"(
Examples:
  carillon webhook trigger                     run all that is due, wait for the outcomes
  carillon webhook trigger --dry-run           only tell what would run
  carillon webhook trigger --dry-run --at +1h  what is due within the hour)";

constexpr const char* listen_footer = R"(
Examples:
  carillon listen --port 9000
  carillon listen --fail 30%                   three of ten calls answer 503
  carillon listen --fail 30% --status 500 --seed 7
  carillon listen --status 418 --delay 200ms   every call answers 418, slowly
  carillon listen --json --count 3 | jq .id)";

constexpr const char* tables_footer = R"(
Carillon makes its tables itself when a server starts. These commands are for those who want to see
them, make them beforehand, or keep them as code; servers then need no right to create tables.

Examples:
  carillon tables export --store dynamodb://eu-central-1 > carillon.json
  carillon tables export --store dynamodb://eu-central-1 --format terraform > carillon.tf
  carillon tables export --store dynamodb://eu-central-1 --billing 50/50 --tag team=bells
  carillon tables create --store 'dynamodb://local?endpoint=http://127.0.0.1:8000'
  carillon tables describe --store dynamodb://eu-central-1

What create finds already there it leaves as it is, but for indexes that are missing: it adds them.)";

using App = CLI::App;

/// Collects what the parser finds. Options point into it, so it does not move.
struct Line {
    explicit Line(const Getenv& environment) {
        if (const auto server = environment("CARILLON_SERVER"); server && !server->empty()) {
            webhook.server = *server;
        }
    }

    ServeCommand serve{};
    DynamodbCommand dynamodb{};
    TablesCommand tables{};
    std::map<std::string, std::string, std::less<>> switches{};
    ListenOptions listen{};
    std::string fail = "0";
    std::string delay = "0s";
    std::optional<int> status{};
    WebhookCommand webhook{};
    AddCommand add{};
    ListCommand list{};
    ActCommand act{};
    cli::TriggerOptions trigger{};
    std::string name_space = "default";
    Command chosen{DemoCommand{}};
    bool has_chosen = false;

    template <class T>
    void choose(T command) {
        chosen = std::move(command);
        has_chosen = true;
    }
};

std::string help_of(const Setting& setting) {
    std::string help(setting.help);
    help += " [";
    for (const std::string_view name : setting.environment) {
        if (name != setting.environment.front()) help += ", ";
        help += name;
    }
    return help + "]";
}

/// `command` outlives the parser's work.
template <class Given>
void add_settings(App& app, std::span<const Setting> rows, Given& command) {
    app.add_option("--config", command.config_file, "Configuration file [CARILLON_CONFIG]")
        ->type_name("FILE");
    for (const Setting& setting : rows) {
        const std::string name(setting.name);
        const std::string flag = "--" + name;
        if (setting.value.empty()) {
            app.add_flag_callback(
                flag, [&command, name] { command.flags[name] = "true"; }, help_of(setting));
            continue;
        }
        const auto take = [&command, name](const std::vector<std::string>& texts) {
            std::string& text = command.flags[name];
            for (const std::string& each : texts) {
                if (!text.empty()) text += ',';
                text += each;
            }
        };
        CLI::Option* option =
            app.add_option_function<std::vector<std::string>>(flag, take, help_of(setting))
                ->type_name(std::string(setting.value))
                ->allow_extra_args(false);
        if (!setting.repeats) option->expected(1);
    }
}

void add_serve(App& app, Line& line) {
    App* serve = app.add_subcommand("serve", "Run a server");
    serve->footer(serve_footer);
    add_settings(*serve, settings(), line.serve);
    serve->callback([&line] { line.choose(line.serve); });
}

void add_dynamodb(App& app, Line& line) {
    App* dynamodb = app.add_subcommand("dynamodb", "Run a DynamoDB on this machine");
    dynamodb->footer(dynamodb_footer);
    add_settings(*dynamodb, dynamodb_settings(), line.dynamodb);
    dynamodb->callback([&line] { line.choose(line.dynamodb); });
}

void add_tables_command(App& tables, Line& line, const char* name, const char* help) {
    App* command = tables.add_subcommand(name, help);
    TablesOptions& options = line.tables.options;
    std::vector<Setting> rows;
    for (const Setting& setting : settings()) {
        if (setting.name == "store" || setting.name == "table") rows.push_back(setting);
    }
    add_settings(*command, rows, line.tables);
    const bool exports = std::string_view(name) == "export";
    if (exports) {
        command->add_option("--format", options.format, "cloudformation (default) or terraform")
            ->check(CLI::IsMember({"cloudformation", "terraform"}))
            ->type_name("NAME");
    }
    if (exports || std::string_view(name) == "create") {
        command->add_option("--billing", options.billing, "on-demand (default), or units as 5/10")
            ->type_name("KIND");
        command->add_option("--stream", options.stream, "Record changes: NEW_AND_OLD_IMAGES ...")
            ->type_name("VIEW");
        command->add_option("--ttl", options.ttl, "The attribute that says when an item expires")
            ->type_name("NAME");
        command->add_option("--tag", options.tags, "A tag of the table; may be repeated")
            ->type_name("KEY=VALUE")
            ->allow_extra_args(false);
        command->add_flag("--protect", options.protect, "Refuse to delete the table");
    }
    const TablesAction action = exports                              ? TablesAction::export_template
                                : std::string_view(name) == "create" ? TablesAction::create
                                                                     : TablesAction::describe;
    command->callback([&line, action] {
        line.tables.options.action = action;
        line.choose(line.tables);
    });
}

void add_tables(App& app, Line& line) {
    App* tables = app.add_subcommand("tables", "The tables that Carillon uses");
    tables->footer(tables_footer);
    tables->require_subcommand(1);
    add_tables_command(*tables, line, "create", "Make the tables, or the indexes that they lack");
    add_tables_command(*tables, line, "describe", "Show the tables as they are");
    add_tables_command(*tables, line, "export", "Print a template that makes the tables");
}

/// The file that the environment names, when the line names none.
template <class Given>
void default_config_file(Command& command, const Getenv& environment) {
    auto* given = std::get_if<Given>(&command);
    if (given == nullptr || given->config_file) return;
    if (const auto file = environment("CARILLON_CONFIG"); file && !file->empty()) {
        given->config_file = *file;
    }
}

void add_listen(App& app, Line& line) {
    App* listen = app.add_subcommand("listen", "Receive webhooks and print them");
    listen->footer(listen_footer);
    listen->add_option("--port", line.listen.port, "0 for any free one")->type_name("PORT");
    listen->add_option("--host", line.listen.host, "Where to listen")->type_name("ADDRESS");
    listen->add_option("--fail", line.fail, "Share of the calls that fail: 30% or 0.3")
        ->type_name("SHARE");
    listen
        ->add_option("--status",
                     line.status,
                     "What failing calls are answered (503); without --fail, all calls (200)")
        ->type_name("CODE")
        ->check(CLI::Range(200, 599));
    listen->add_option("--delay", line.delay, "Wait before each answer")->type_name("DURATION");
    listen->add_option("--seed", line.listen.receiver.seed, "The same seed fails the same calls")
        ->type_name("N");
    listen->add_option("--count", line.listen.count_max, "End after so many calls")->type_name("N");
    listen->add_flag("--json", line.listen.json, "One JSON object per call");
    listen->callback([&line] {
        const auto share = parse_share(line.fail);
        if (!share) throw CLI::ValidationError("--fail", share.error().message);
        const auto delay = parse_duration(line.delay);
        if (!delay) throw CLI::ValidationError("--delay", delay.error().message);
        cli::ReceiverOptions& receiver = line.listen.receiver;
        receiver.fail_share = *share;
        receiver.delay = *delay;
        receiver.status = line.status.value_or(*share > 0 ? 503 : 200);
        line.choose(line.listen);
    });
}

void add_common(App& command, Line& line) {
    command.add_option("--server", line.webhook.server, "The server's URL [CARILLON_SERVER]")
        ->type_name("URL");
    command.add_option("-n,--namespace", line.name_space, "Whose webhooks (default: default)")
        ->type_name("NAME");
    command.add_flag("--json", line.webhook.json, "Print the server's JSON");
}

template <class T>
void add_text(
    App& command, const char* name, std::optional<T>& value, const char* help, const char* type) {
    command.add_option(name, value, help)->type_name(type);
}

void add_selection(App& command, cli::SelectionOptions& selection) {
    add_text(command, "--id-prefix", selection.id_prefix, "Only ids that begin so", "TEXT");
    command.add_option("--status", selection.status, "Only these")
        ->type_name("STATUS")
        ->transform(CLI::IsMember({"PENDING", "PROCESSING", "COMPLETED", "FAILED", "SUSPENDED"},
                                  CLI::ignore_case));
    add_text(
        command, "--from", selection.from, "Scheduled at or after: an instant, -1d, now", "TIME");
    add_text(command, "--to", selection.to, "Scheduled at or before", "TIME");
}

/// Ends the choice of a command that talks to a server.
template <class T>
void choose_webhook(Line& line, T what) {
    line.webhook.what = std::move(what);
    line.choose(line.webhook);
}

void add_add(App& webhook, Line& line) {
    App* add = webhook.add_subcommand("add", "Register a webhook");
    add->footer(add_footer);
    cli::AddOptions& options = line.add.options;
    add->add_option("URL", options.url, "What to call")->required();
    add_text(*add, "-X,--method", options.method, "GET, or POST with a body", "METHOD");
    add_text(*add,
             "-d,--data",
             options.data,
             "Body: JSON or text, @FILE, or - for standard input",
             "BODY");
    // One value at a time, so that the URL may follow.
    add->add_option("-H,--header", options.headers, "'Name: value'; may be repeated")
        ->type_name("HEADER")
        ->allow_extra_args(false);
    add_text(*add, "--in", options.in, "Time from now: 5s, 1h30m", "DURATION");
    add_text(*add, "--at", options.at, "2026-12-24T18:00+01:00, +5m or now (default)", "TIME");
    add_text(*add, "--every", options.every, "Repeat: 30m, 1d; at least 1s", "DURATION");
    add_text(*add, "--max", options.max, "Repetitions after the first ring; 0: without end", "N");
    add_text(*add, "--retries", options.retries, "Attempts after a failed one (default 3)", "N");
    add_text(*add, "--id", options.id, "An id of your own", "ID");
    add->add_flag("-q,--quiet", line.add.quiet, "Print the id alone");
    add_common(*add, line);
    add->callback([&line] {
        line.add.options.name_space = line.name_space;
        choose_webhook(line, line.add);
    });
}

void add_list(App& webhook, Line& line) {
    App* list = webhook.add_subcommand("list", "Show webhooks");
    list->footer(list_footer);
    cli::ListOptions& options = line.list.options;
    add_selection(*list, options.selection);
    list->add_flag("--desc", options.descending, "Latest first");
    list->add_option("--limit", options.limit, "Per page (default 100)")
        ->type_name("N")
        ->check(CLI::Range(1, 1'000));
    add_text(*list, "--start-key", options.start_key, "From the page before", "KEY");
    list->add_flag("--all", line.list.all, "All pages");
    add_common(*list, line);
    list->callback([&line] {
        line.list.options.selection.name_space = line.name_space;
        choose_webhook(line, line.list);
    });
}

void add_act(App& webhook, Line& line, cli::Action action, const char* name, const char* help) {
    App* act = webhook.add_subcommand(name, help);
    act->footer(act_footer);
    act->add_option("ID", line.act.options.ids, "One or more ids");
    if (action == cli::Action::remove || action == cli::Action::suspend) {
        add_selection(*act, line.act.options.selection);
        act->add_flag("--all", line.act.options.all, "All of the namespace");
    }
    add_common(*act, line);
    act->callback([&line, action] {
        line.act.action = action;
        line.act.options.selection.name_space = line.name_space;
        choose_webhook(line, line.act);
    });
}

void add_trigger(App& webhook, Line& line) {
    App* trigger = webhook.add_subcommand("trigger", "Run what is due now");
    trigger->footer(trigger_footer);
    cli::TriggerOptions& options = line.trigger;
    trigger->add_flag("--dry-run", options.dry_run, "Only tell what would run");
    add_text(*trigger, "--at", options.at, "With --dry-run: as if it were then", "TIME");
    add_text(*trigger, "--id-prefix", options.id_prefix, "With --dry-run", "TEXT");
    add_text(*trigger, "--limit", options.limit, "With --dry-run: at most so many", "N");
    add_text(*trigger, "-n,--namespace", options.name_space, "With --dry-run", "NAME");
    trigger->add_option("--server", line.webhook.server, "The server's URL [CARILLON_SERVER]")
        ->type_name("URL");
    trigger->add_flag("--json", line.webhook.json, "Print the server's JSON");
    trigger->callback([&line] {
        const cli::TriggerOptions& given = line.trigger;
        if (!given.dry_run && (given.at || given.id_prefix || given.limit || given.name_space)) {
            throw CLI::ValidationError("trigger",
                                       "--at, --id-prefix, --limit and --namespace need --dry-run: "
                                       "a real run takes everything that is due");
        }
        choose_webhook(line, given);
    });
}

void add_webhook(App& app, Line& line) {
    App* webhook = app.add_subcommand("webhook", "Register, list, change and delete webhooks");
    webhook->footer(webhook_footer);
    webhook->require_subcommand(1);
    add_add(*webhook, line);
    add_list(*webhook, line);
    using cli::Action;
    add_act(*webhook, line, Action::get, "get", "Show everything about a webhook");
    add_act(*webhook, line, Action::remove, "rm", "Delete webhooks");
    add_act(*webhook, line, Action::suspend, "suspend", "Set pending webhooks aside");
    add_act(*webhook, line, Action::unsuspend, "unsuspend", "Let suspended webhooks ring again");
    add_act(*webhook, line, Action::retry, "retry", "Try failed webhooks again, now");
    add_trigger(*webhook, line);
}

Ended ended(const App& app, const CLI::ParseError& error) {
    std::ostringstream out;
    std::ostringstream err;
    const int code = app.exit(error, out, err);
    return {.code = code == 0 ? cli::ExitCode::ok : cli::ExitCode::usage,
            .out = out.str(),
            .err = err.str()};
}

}  // namespace

Command parse_command_line(std::vector<std::string> arguments, const Getenv& environment) {
    Line line(environment);
    App app("Carillon rings webhooks at the right time, and loses nothing.", "carillon");
    app.footer(main_footer);
    app.set_version_flag("--version", "carillon " + version());
    app.failure_message(failure_text);
    add_serve(app, line);
    add_webhook(app, line);
    add_listen(app, line);
    add_cron_command(
        app, [&line](cli::CronOptions options) { line.choose(CronCommand{std::move(options)}); });
    const auto chosen = [&line](auto command) { line.choose(std::move(command)); };
    add_schedule_command(app, environment, chosen);
    add_run_command(app, environment, chosen);
    add_calendar_command(app, environment, chosen);
    add_forecast_command(app, environment, chosen);
    add_event_command(app, environment, chosen);
    add_records_command(app, environment, chosen);
    add_layer_command(app, environment, chosen);
    add_dynamodb(app, line);
    StoreLine stores;
    stores.on_store = [&line](StoreCommand command) { line.choose(std::move(command)); };
    stores.on_migrate = [&line](MigrateCommand command) { line.choose(std::move(command)); };
    add_store_commands(app, stores, environment);
    add_tables(app, line);
    app.add_subcommand("demo", "See it work, in ten seconds")->callback([&line] {
        line.choose(DemoCommand{});
    });
    app.add_subcommand("version", "Print the version")->callback([&line] {
        line.choose(VersionCommand{});
    });
    app.require_subcommand(0, 1);
    try {
        std::ranges::reverse(arguments);  // As CLI11 wants them.
        app.parse(arguments);
    } catch (const CLI::ParseError& error) {
        return ended(app, error);
    }
    if (!line.has_chosen) return Ended{.code = cli::ExitCode::usage, .err = app.help()};
    default_config_file<ServeCommand>(line.chosen, environment);
    default_config_file<DynamodbCommand>(line.chosen, environment);
    default_config_file<TablesCommand>(line.chosen, environment);
    return std::move(line.chosen);
}

}  // namespace carillon::app
