#include "app/command_line_layer.hpp"

#include <CLI/CLI.hpp>
#include <memory>
#include <utility>

namespace carillon::app {
namespace {

using cli::LayerAction;

constexpr const char* layer_footer = R"(
Examples:
  carillon layer list
  carillon layer get users p1                   the items of a partition, one a line
  carillon layer get users p1 --as-of -1h
  carillon layer get users --all
  carillon layer set users -d '{"pk":"p1","sk":"u1","state":"active"}'
  carillon layer set users --type DELETE < keys.jsonl
  carillon layer meta users
  carillon layer sync users
  carillon layer reset users --table people)";

struct Given {
    LayerCommand command{};
    std::function<void(LayerCommand)> chosen{};
};

CLI::App* add(CLI::App& layers,
              const std::shared_ptr<Given>& given,
              LayerAction action,
              const char* name,
              const char* help) {
    CLI::App* one = layers.add_subcommand(name, help);
    one->add_option("--server", given->command.server, "The server's URL [CARILLON_SERVER]")
        ->type_name("URL");
    one->add_flag("--json", given->command.options.json, "Print the server's JSON");
    if (action != LayerAction::list) {
        one->add_option("NAME", given->command.options.name, "The layer")->required();
    }
    one->callback([given, action] {
        given->command.options.action = action;
        given->chosen(given->command);
    });
    return one;
}

}  // namespace

void add_layer_command(CLI::App& app,
                       const Getenv& environment,
                       std::function<void(LayerCommand)> chosen) {
    CLI::App* layers = app.add_subcommand("layer", "Read, feed and sync layers");
    layers->footer(layer_footer);
    layers->require_subcommand(1);
    // Lives as long as the parser, which keeps the callbacks.
    const auto given = std::make_shared<Given>();
    given->chosen = std::move(chosen);
    if (const auto server = environment("CARILLON_SERVER"); server && !server->empty()) {
        given->command.server = *server;
    }
    cli::LayerOptions& options = given->command.options;
    add(*layers, given, LayerAction::list, "list", "Name the layers of the server");
    CLI::App* get = add(*layers, given, LayerAction::get, "get", "Show items, one a line");
    get->add_option("PARTITION", options.partition, "If left out, the one without a name");
    get->add_option("--as-of", options.as_of, "As it was: an instant, -1h")->type_name("TIME");
    get->add_flag("--all", options.all, "The items of all partitions");
    add(*layers, given, LayerAction::meta, "meta", "Show what is synced and what is not");
    CLI::App* set = add(*layers, given, LayerAction::set, "set", "Track changes of items");
    set->add_option("-d,--data", options.item, "The item; if left out, one a line from the input")
        ->type_name("JSON");
    set->add_option("--type", options.type, "PUT (default), UPDATE or DELETE")
        ->check(CLI::IsMember({"PUT", "UPDATE", "DELETE"}))
        ->type_name("TYPE");
    add(*layers, given, LayerAction::sync, "sync", "Fold pending changes into the snapshot");
    add(*layers,
        given,
        LayerAction::compact,
        "compact",
        "Sync, merge all segments, remove what nothing names");
    CLI::App* reset = add(*layers,
                          given,
                          LayerAction::reset,
                          "reset",
                          "Replace the state by what a table of the server's store holds");
    reset->add_option("PARTITION", options.partition, "Only this one");
    reset->add_option("--table", options.table, "If left out, the layer's source")
        ->type_name("NAME");
}

}  // namespace carillon::app
