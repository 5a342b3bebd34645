#include "app/command_line_event.hpp"

#include <CLI/CLI.hpp>
#include <memory>
#include <utility>

namespace carillon::app {
namespace {

using cli::EventAction;

constexpr const char* event_footer = R"(
Examples:
  carillon event emit order.placed -d '{"order":7}'
  carillon event emit order.reminder -d '{"order":7}' --due +1h --key order-7
  carillon event list                          dead letters, newest first
  carillon event list --status created --type 'order.*'
  carillon event get ID
  carillon event retry ID ID
  carillon event retry --type 'order.*'        all dead letters of these types
  carillon event purge --status completed --before -7d
  carillon event tail

What handles events: the section [events] of carillon.toml (docs/outbox.md). Without it they wait.

Exit codes: 0 fine, 1 refused or failed, 2 the command line makes no sense, 3 no server answers,
4 there is no such event.)";

struct Given {
    EventCommand command{};
    std::function<void(EventCommand)> chosen{};
};

CLI::App* add(CLI::App& events,
              const std::shared_ptr<Given>& given,
              EventAction action,
              const char* name,
              const char* help) {
    CLI::App* one = events.add_subcommand(name, help);
    one->add_option("--server", given->command.server, "The server's URL [CARILLON_SERVER]")
        ->type_name("URL");
    one->add_flag("--json", given->command.options.json, "Print the server's JSON");
    one->callback([given, action] {
        given->command.options.action = action;
        given->chosen(given->command);
    });
    return one;
}

void add_emit(CLI::App& events, const std::shared_ptr<Given>& given) {
    cli::EventOptions& options = given->command.options;
    CLI::App* emit = add(events, given, EventAction::emit, "emit", "Emit an event");
    emit->add_option("TYPE", options.type, "Such as order.placed")->required();
    emit->add_option("-d,--data", options.payload, "Payload: JSON or text")->type_name("JSON");
    emit->add_option("--id", options.id, "An id of your own")->type_name("ID");
    emit->add_option("--key", options.key, "What its order is kept by")->type_name("TEXT");
    emit->add_option("--priority", options.priority, "1 to 9, higher first (default 5)")
        ->check(CLI::Range(1, 9))
        ->type_name("N");
    emit->add_option("--due", options.due, "Not before: an instant, +5m")->type_name("TIME");
}

void add_many(CLI::App& events, const std::shared_ptr<Given>& given) {
    cli::EventOptions& options = given->command.options;
    const auto add_type = [&](CLI::App* one) {
        one->add_option("--type", options.type, "order.placed, order.* or * (default)")
            ->type_name("TYPE");
    };
    const auto add_unindexed = [&](CLI::App* one) {
        one->add_flag("--unindexed",
                      options.unindexed,
                      "Also failed ones that TypeScript workers took out of the index: reads the "
                      "whole table");
    };
    CLI::App* list = add(events, given, EventAction::list, "list", "Show events");
    list->add_option("--status", options.status, "failed (default), parked, created, ...")
        ->check(CLI::IsMember({"created", "active", "completed", "failed", "parked"}))
        ->type_name("STATUS");
    list->add_option("--limit", options.limit, "Per page (default 100)")
        ->type_name("N")
        ->check(CLI::Range(1, 1'000));
    list->add_flag("--all", options.all, "All pages");
    add_type(list);
    add_unindexed(list);

    CLI::App* retry = add(events, given, EventAction::retry, "retry", "Handle failed ones again");
    retry->add_option("ID", options.ids, "One or more ids; without, all that match");
    retry->add_option("--status", options.status, "failed (default) or parked")
        ->check(CLI::IsMember({"failed", "parked"}))
        ->type_name("STATUS");
    add_type(retry);
    add_unindexed(retry);

    CLI::App* purge = add(events, given, EventAction::purge, "purge", "Delete events");
    purge->add_option("--status", options.status, "completed, failed or parked")
        ->required()
        ->check(CLI::IsMember({"completed", "failed", "parked"}))
        ->type_name("STATUS");
    purge->add_option("--before", options.before, "Only what occurred before")->type_name("TIME");
    add_type(purge);
    add_unindexed(purge);

    CLI::App* tail = add(events, given, EventAction::tail, "tail", "Show events as they change");
    tail->add_option("--count", options.count, "End after so many lines")->type_name("N");
    add_type(tail);
}

}  // namespace

void add_event_command(CLI::App& app,
                       const Getenv& environment,
                       std::function<void(EventCommand)> chosen) {
    CLI::App* events = app.add_subcommand("event", "Emit events, see and retry dead letters");
    events->footer(event_footer);
    events->require_subcommand(1);
    // Lives as long as the parser, which keeps the callbacks.
    const auto given = std::make_shared<Given>();
    given->chosen = std::move(chosen);
    if (const auto server = environment("CARILLON_SERVER"); server && !server->empty()) {
        given->command.server = *server;
    }
    add_emit(*events, given);
    CLI::App* get = add(*events, given, EventAction::get, "get", "Show everything about an event");
    get->add_option("ID", given->command.options.ids, "One or more ids")->required();
    add_many(*events, given);
}

}  // namespace carillon::app
