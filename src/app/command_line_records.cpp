#include "app/command_line_records.hpp"

#include <CLI/CLI.hpp>
#include <memory>
#include <utility>

namespace carillon::app {
namespace {

constexpr const char* records_footer = R"(
A table of records says of each whether it is processed. create-tables makes the seed's Users and
Records (a number 'Processed' with an index over it), or with --table one of our own layout.

Examples:
  carillon records create-tables
  carillon records put '{"AccountId":"ACC1","RunTime":"2026-02-17T12:00:00Z","DocumentId":"D1"}'
  carillon records list
  carillon records process --exec './handle.sh'
  carillon records list --state quarantined
  carillon records requeue --all

  carillon records create-tables --table Jobs --key id
  seq 1000 | jq -c '{id: tostring}' | carillon records put - --table Jobs
  carillon records process --table Jobs --workers 20 --exec 'jq -r .id | xargs ./job'

--store takes a directory, which only one process may have open, or dynamodb://REGION; --url a
running server's DynamoDB port (carillon dynamodb). There several processes share the work.)";

constexpr const char* process_footer = R"(
The command is run by the shell once for each record, which it gets as JSON on standard input;
CARILLON_ATTEMPT (1 is the first) and CARILLON_TABLE are in its environment. Its exit code decides:
  0         processed
  75        not now: tried again after a pause (as when it took too long, or died of a signal)
  126, 127  the shell cannot run it: the whole run ends, and the record stays as it is
  others    failed for good: the record is quarantined
The last line that it prints goes with a failure into the report and the record.

A record is given --iterations rounds of 1 + --retries attempts; then it is quarantined too.
Several processes may work on one table of a DynamoDB; what one that died had in hand is taken over
after --lease. Ctrl-C ends orderly.

Exit codes: 0 all processed, 1 some quarantined, or stopped before the end.)";

struct Given {
    RecordsCommand command{};
    cli::RecordsCreate create{};
    cli::RecordsPut put{};
    cli::RecordsList list{};
    cli::RecordsRequeue requeue{};
    cli::RecordsProcess process{};
    std::string timeout = "60s";
    std::string backoff = "100ms";
    std::string lease = "30s";
    std::function<void(RecordsCommand)> chosen{};
};

using Shared = std::shared_ptr<Given>;

template <class What>
CLI::App* add(CLI::App& records,
              const Shared& given,
              const char* name,
              const char* help,
              What Given::* what) {
    CLI::App* one = records.add_subcommand(name, help);
    CLI::Option* store =
        one->add_option(
               "--store", given->command.store, "A directory or a store's URL [CARILLON_STORE]")
            ->type_name("URL");
    one->add_option("--url", given->command.url, "A running server's DynamoDB port, instead")
        ->type_name("URL")
        ->excludes(store);
    one->add_flag("--json", given->command.options.json, "Print JSON");
    one->callback([given, what] {
        given->command.what = (*given).*what;
        given->chosen(given->command);
    });
    return one;
}

void add_table(CLI::App& command, const Shared& given) {
    command.add_option("--table", given->command.options.table, "Which table [RECORD_TABLE]")
        ->type_name("NAME");
    command
        .add_option(
            "--flag", given->command.options.flag, "The number that tells what is processed")
        ->type_name("ATTRIBUTE");
}

void add_create(CLI::App& records, const Shared& given) {
    CLI::App* create =
        add(records, given, "create-tables", "Make Users and Records, or one", &Given::create);
    create->add_option("--table", given->create.table, "Make this one, for records of your own")
        ->type_name("NAME");
    create->add_option("--key", given->create.key, "Its hash key")->type_name("NAME[:S|N|B]");
    create->add_option("--sort", given->create.sort, "Its sort key")->type_name("NAME[:S|N|B]");
    create->add_option("--shards", given->create.shards, "Partitions of what is unprocessed")
        ->type_name("N")
        ->check(CLI::Range(1, 1'000));
}

void add_rest(CLI::App& records, const Shared& given) {
    CLI::App* put = add(records, given, "put", "Put records", &Given::put);
    put->add_option("RECORD", given->put.record, "JSON, @FILE, or - for standard input: one a line")
        ->required();
    put->add_flag("--new", given->put.only_new, "Refuse those that are there");
    add_table(*put, given);

    CLI::App* list = add(records, given, "list", "Print records, one a line", &Given::list);
    list->add_option(
            "--state", given->list.state, "unprocessed, processed, in-hand, quarantined or all")
        ->type_name("STATE");
    list->add_option("--limit", given->list.limit, "At most so many")
        ->type_name("N")
        ->check(CLI::Range(std::int64_t{1}, std::int64_t{1} << 60U));
    list->add_flag("--count", given->list.count, "Only how many");
    add_table(*list, given);

    CLI::App* requeue =
        add(records, given, "requeue", "Make records unprocessed again", &Given::requeue);
    requeue->add_option("KEY", given->requeue.keys, "Keys, as JSON")->type_name("JSON");
    requeue->add_flag("--all", given->requeue.all, "All that are quarantined");
    requeue->require_option(1, 0);
    add_table(*requeue, given);
}

Duration duration_of(const std::string& text, const char* flag) {
    const auto duration = parse_duration(text);
    if (!duration) throw CLI::ValidationError(flag, duration.error().message);
    return *duration;
}

void add_process(CLI::App& records, const Shared& given) {
    cli::RecordsProcess& process = given->process;
    CLI::App* command = add(
        records, given, "process", "Run a command for every unprocessed record", &Given::process);
    command->footer(process_footer);
    command->add_option("--exec", process.command, "The command, for the shell")
        ->type_name("COMMAND")
        ->required();
    command->add_option("--workers", process.options.max_workers, "Commands at a time")
        ->type_name("N")
        ->capture_default_str();
    command->add_option("--timeout", given->timeout, "Of one command; 0s: none")
        ->type_name("TIME")
        ->capture_default_str();
    command
        ->add_option("--retries", process.options.max_retries, "Attempts after the first, a round")
        ->type_name("N")
        ->capture_default_str();
    command->add_option("--iterations", process.options.max_iterations, "Rounds of one record")
        ->type_name("N")
        ->capture_default_str();
    command->add_option("--backoff", given->backoff, "Pause before the second attempt")
        ->type_name("TIME")
        ->capture_default_str();
    command
        ->add_option("--multiplier", process.options.backoff_multiplier, "Of the pauses behind it")
        ->type_name("X")
        ->capture_default_str();
    command->add_option("--lease", given->lease, "How long a dead process keeps its records")
        ->type_name("TIME")
        ->capture_default_str();
    command->add_option("--claim-ahead", process.options.claim_ahead, "Records claimed beforehand")
        ->type_name("N");
    command->add_flag("--show-output", process.show_output, "Pass on what the commands print");
    add_table(*command, given);
    command->callback([given] {
        cli::RecordsProcess& what = given->process;
        what.timeout = duration_of(given->timeout, "--timeout");
        what.options.backoff_base = duration_of(given->backoff, "--backoff");
        what.options.backoff_cap = std::max(what.options.backoff_cap, what.options.backoff_base);
        what.options.lease = duration_of(given->lease, "--lease");
        given->command.what = what;
        given->chosen(given->command);
    });
}

}  // namespace

void add_records_command(CLI::App& app,
                         const Getenv& environment,
                         std::function<void(RecordsCommand)> chosen) {
    auto given = std::make_shared<Given>();
    given->chosen = std::move(chosen);
    given->command.store = Config{}.store;
    if (const auto store = environment("CARILLON_STORE"); store && !store->empty()) {
        given->command.store = *store;
    }
    // The seed's own name for it.
    if (const auto table = environment("RECORD_TABLE"); table && !table->empty()) {
        given->command.options.table = *table;
    }
    CLI::App* records =
        app.add_subcommand("records", "Keep tables of records, and work through them");
    records->footer(records_footer);
    records->require_subcommand(1);
    add_create(*records, given);
    add_rest(*records, given);
    add_process(*records, given);
}

}  // namespace carillon::app
