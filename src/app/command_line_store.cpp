#include "app/command_line_store.hpp"

#include <CLI/CLI.hpp>
#include <utility>

namespace carillon::app {
namespace {

using App = CLI::App;

constexpr const char* store_footer = R"(
A store is a directory, which only one process may have open:
  carillon store tables --store embedded:./var/carillon       (the default of carillon serve)
or a running server's DynamoDB port (carillon dynamodb, carillon serve --dynamodb-port):
  carillon store tables --url http://127.0.0.1:8000
--store also takes dynamodb://REGION, for what DynamoDB itself keeps.

Look:     carillon store scan things --plain | head
          carillon store get things '{"id":"a"}' --plain
          carillon store query things --key 'id = :i' --values '{":i":"a"}' --plain
Change:   carillon store put things '{"id":"a","n":1}' --plain
Care for: carillon store check; carillon store backup ./copy; carillon store compact
Each has more: carillon store scan --help)";

constexpr const char* expressions_footer = R"(
Expressions are DynamoDB's: --filter 'size(#t) > :n AND attribute_exists(owner)', with --names
{"#t":"tags"} and --values {":n":{"N":"3"}}; with --plain, values are written {":n":3}.
Items are printed one a line as they are read, so that this works on any size:
  carillon store scan things --plain | jq -r .id | sort | uniq -c)";

constexpr const char* put_footer = R"(
Examples:
  carillon store put things '{"id":{"S":"a"},"n":{"N":"1"}}'
  carillon store put things '{"id":"a","n":1}' --plain --if 'attribute_not_exists(id)'
  carillon store scan things --store A | carillon store put things - --store B)";

constexpr const char* backup_footer = R"(
The copy is a store itself, of one instant; where the file system allows, files are linked, so that
it takes no time and no space at first. Keep it on another disk. A running server makes it itself,
on its own machine, while it goes on being used.
  carillon store backup /backups/monday
  carillon store backup /backups/monday --url http://127.0.0.1:8000
  carillon store restore /backups/monday --store embedded:./restored)";

constexpr const char* migrate_footer = R"(
Copies tables with their keys, indexes, tags, time to live and stream setting, then all items, then
counts what arrived and compares checksums. How far it came is kept in carillon-migrate.json: after
an interruption run the same command again and it goes on. Sources are read while they are used;
what is written to them meanwhile may be missed, and then the checksums tell.

Examples:
  carillon migrate --from embedded:./var/carillon --to embedded:./other
  carillon migrate --from dynamodb://eu-central-1 --to embedded:./local --tables orders,users
  carillon migrate --from embedded:./local --to 'dynamodb://local?endpoint=http://127.0.0.1:8000'
  carillon migrate --from http://127.0.0.1:8000 --to embedded:./copy --dry-run)";

template <class T>
void add_text(
    App& command, const char* name, std::optional<T>& value, const char* help, const char* type) {
    command.add_option(name, value, help)->type_name(type);
}

void add_place(App& command, StoreLine& line) {
    command
        .add_option(
            "--store", line.store.store, "embedded:DIR or dynamodb://REGION [CARILLON_STORE]")
        ->type_name("URL");
    add_text(
        command, "--url,--endpoint", line.store.url, "A running server's DynamoDB port", "URL");
    command.add_flag("--json", line.store.json, "Print JSON");
}

void add_plain(App& command, StoreLine& line) {
    command.add_flag("--plain", line.store.plain, "Items and values as plain JSON: {\"id\":\"a\"}");
}

void add_expressions(App& command, cli::ExpressionTexts& texts) {
    command.add_option("--names", texts.names, "Placeholders of names: {\"#n\":\"name\"}")
        ->type_name("JSON");
    command.add_option("--values", texts.values, "Placeholders of values: {\":v\":{\"N\":\"1\"}}")
        ->type_name("JSON");
}

template <class What>
void choose(StoreLine& line, What what) {
    line.store.what = std::move(what);
    line.on_store(line.store);
}

void add_read(App& command, StoreLine& line) {
    command.footer(expressions_footer);
    cli::ReadOptions& read = line.read;
    command.add_option("TABLE", read.table, "Which table")->required();
    add_text(command, "--index", read.index, "One of its indexes", "NAME");
    add_text(command, "--filter", read.filter, "Only items that match", "EXPRESSION");
    add_text(command, "--project", read.projection, "Only these attributes", "PATHS");
    add_expressions(command, read.expressions);
    command.add_option("--limit", read.limit, "At most so many items")
        ->type_name("N")
        ->check(CLI::Range(std::int64_t{1}, std::int64_t{1} << 60U));
    command.add_flag("--count", read.count, "Only how many there are");
    add_place(command, line);
    add_plain(command, line);
}

void add_readers(App& store, StoreLine& line) {
    App* tables = store.add_subcommand("tables", "List the tables");
    add_place(*tables, line);
    tables->callback([&line] { choose(line, StoreTables{}); });

    App* scan = store.add_subcommand("scan", "Print a table's items");
    add_read(*scan, line);
    scan->callback([&line] { choose(line, StoreScan{line.read}); });

    App* query = store.add_subcommand("query", "Print the items of one partition, in order");
    add_read(*query, line);
    query->add_option("--key", line.read.key, "Key condition: 'id = :i AND at > :a'")
        ->type_name("EXPRESSION")
        ->required();
    query->add_flag("--desc", line.read.descending, "From the last to the first");
    query->callback([&line] { choose(line, StoreQuery{line.read}); });

    App* get = store.add_subcommand("get", "Print one item");
    get->add_option("TABLE", line.get.table, "Which table")->required();
    get->add_option("KEY", line.get.key, "Its key, as JSON")->required();
    add_text(*get, "--project", line.get.projection, "Only these attributes", "PATHS");
    get->add_option("--names", line.get.expressions.names, "Placeholders of names")
        ->type_name("JSON");
    add_place(*get, line);
    add_plain(*get, line);
    get->callback([&line] { choose(line, line.get); });

    App* put = store.add_subcommand("put", "Write an item, or many");
    put->footer(put_footer);
    put->add_option("TABLE", line.put.table, "Which table")->required();
    put->add_option("ITEM", line.put.item, "JSON, @FILE, or - for standard input: one a line")
        ->required();
    add_text(*put, "--if", line.put.condition, "Only when this holds", "EXPRESSION");
    add_expressions(*put, line.put.expressions);
    add_place(*put, line);
    add_plain(*put, line);
    put->callback([&line] { choose(line, line.put); });
}

App* add_files(App& store, StoreLine& line, FileWork work, const char* name, const char* help) {
    App* command = store.add_subcommand(name, help);
    add_place(*command, line);
    command->callback([&line, work] {
        line.files.work = work;
        choose(line, line.files);
    });
    return command;
}

void add_migrate(App& app, StoreLine& line) {
    App* migrate = app.add_subcommand("migrate", "Copy tables from one store to another");
    migrate->footer(migrate_footer);
    MigrateCommand& command = line.migrate;
    migrate->add_option("--from", command.from, "A store's URL")->type_name("URL")->required();
    migrate->add_option("--to", command.to, "A store's URL")->type_name("URL")->required();
    migrate->add_option("--tables", command.options.tables, "Only these (default: all)")
        ->type_name("NAME,...")
        ->delimiter(',');
    migrate->add_flag("--dry-run", command.options.dry_run, "Only tell what would be copied");
    CLI::Option* overwrite = migrate->add_flag(
        "--overwrite", command.options.overwrite, "Drop tables of the same name in the target");
    migrate
        ->add_flag("--resume", command.options.resume, "Write into tables that hold items already")
        ->excludes(overwrite);
    migrate->add_option("--state", command.state_file, "Where to keep how far it came")
        ->type_name("FILE");
    migrate->add_flag("--json", command.json, "Print the outcome as JSON");
    migrate->callback([&line] { line.on_migrate(line.migrate); });
}

}  // namespace

void add_store_commands(App& app, StoreLine& line, const Getenv& environment) {
    line.store.store = Config{}.store;
    if (const auto store = environment("CARILLON_STORE"); store && !store->empty()) {
        line.store.store = *store;
    }
    App* store = app.add_subcommand("store", "Look into a store, check it, back it up");
    store->footer(store_footer);
    store->require_subcommand(1);
    add_readers(*store, line);
    add_files(*store, line, FileWork::stats, "stats", "How much is in it");
    add_files(*store,
              line,
              FileWork::check,
              "check",
              "Read everything: checksums, and each index against its items");
    App* backup =
        add_files(*store, line, FileWork::backup, "backup", "Copy it as it is at this instant");
    backup->footer(backup_footer);
    backup->add_option("DIRECTORY", line.files.other, "A new directory")->required();
    App* restore =
        add_files(*store, line, FileWork::restore, "restore", "Bring a backup back, and check it");
    restore->footer(backup_footer);
    restore->add_option("DIRECTORY", line.files.other, "The backup")->required();
    add_files(*store, line, FileWork::compact, "compact", "Give back the space of what is gone");
    add_migrate(app, line);
}

}  // namespace carillon::app
