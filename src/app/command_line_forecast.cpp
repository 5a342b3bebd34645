#include "app/command_line_forecast.hpp"

#include "app/store_open.hpp"
#include "cli/report.hpp"
#include "cli/webhook_commands.hpp"
#include "runtime/system_random.hpp"

#include <CLI/CLI.hpp>
#include <memory>
#include <utility>

namespace carillon::app {
namespace {

constexpr const char* forecast_footer = R"(
Replays all schedules on a clock of its own and tells what they will do: fires of each second (of
each minute where it is more than 31 days), the instants at which most of them meet, and what
changes of the clocks do to them. Nothing is fired and nothing is changed. Runs' own time, retries
and overlap cannot be known before; jitter is.

A store's directory can be read while no server has it open; a running server is asked with
--server (one tenant), or with --url through its DynamoDB port (all of them).

Examples:
  carillon forecast                                      the next day
  carillon forecast --from now --to +90d --csv load.csv
  carillon forecast --server http://127.0.0.1:3080 --tenant shop
  carillon forecast --from 2027-03-28T00:00Z --to 2027-03-29T00:00Z --json | jq .daylight
  carillon forecast --store dynamodb://eu-central-1 --to +7d --step 1m

The CSV has rows of three kinds: load (steps with fires), collision (who takes part in the worst)
and daylight. Memory is four bytes a step, however many schedules there are; time is about that of
their fires, of which it replays --max-fires at most.

Exit codes: 0 all was told; 1 some schedules could not be evaluated (told as warnings), or too many
fires; 2 the command line; 3 no server answers; 4 there is no such store.)";

template <class T>
void add_text(CLI::App& command, const char* name, T& value, const char* help, const char* type) {
    command.add_option(name, value, help)->type_name(type);
}

Task<cli::ExitCode> forecast(cli::ScheduleSource& source,
                             const ForecastCommand& command,
                             bool progress,
                             cli::Console& console,
                             TimePoint now,
                             std::optional<Error>& wrong) {
    cli::Forecaster forecaster(source, console, command.options, progress);
    auto code = co_await forecaster.run(now);
    if (code) co_return *code;
    wrong = std::move(code).error();
    co_return cli::ExitCode::failed;
}

Task<cli::ExitCode> forecast_store(const Store& store,
                                   const ForecastCommand& command,
                                   bool progress,
                                   cli::Console& console,
                                   TimePoint now) {
    cli::StoredSchedules source(*store.database, command.tenant);
    std::optional<Error> wrong;
    cli::ExitCode code = co_await forecast(source, command, progress, console, now, wrong);
    if (wrong && wrong->code == Errc::not_found)
        wrong->message = "the store holds no schedules yet";
    if (wrong) code = report_store_error(*wrong, console);
    co_await store.close();
    co_return code;
}

Task<cli::ExitCode> forecast_server(cli::Api& api,
                                    const ForecastCommand& command,
                                    bool progress,
                                    cli::Console& console) {
    cli::ServedSchedules source(api, command.tenant);
    std::optional<Error> wrong;
    const TimePoint now = api.loop().now();
    const cli::ExitCode code = co_await forecast(source, command, progress, console, now, wrong);
    if (!wrong) co_return code;
    console.err << "error: " << cli::printable(wrong->message) << '\n';
    const std::string advice = cli::advice(*wrong, api.origin());
    if (cli::exit_code_of(*wrong) == cli::ExitCode::unreachable) console.err << advice << '\n';
    co_return cli::exit_code_of(*wrong);
}

}  // namespace

void add_forecast_command(CLI::App& app,
                          const Getenv& environment,
                          std::function<void(ForecastCommand)> chosen) {
    CLI::App* forecast = app.add_subcommand("forecast", "What all schedules will do");
    forecast->footer(forecast_footer);
    // Lives as long as the parser, which keeps the callback.
    const auto command = std::make_shared<ForecastCommand>();
    command->store = Config{}.store;
    if (const auto store = environment("CARILLON_STORE"); store && !store->empty()) {
        command->store = *store;
    }
    cli::ForecastOptions& options = command->options;
    add_text(*forecast, "--from", options.from, "An instant, +1d or now (default)", "TIME");
    add_text(*forecast, "--to", options.to, "Excluded; a day after --from (default)", "TIME");
    add_text(*forecast, "--step", options.step, "What fires are counted in: 1s, 1m", "DURATION");
    forecast->add_option("--collisions", options.collisions, "Worst instants told (default 10)")
        ->type_name("N")
        ->check(CLI::Range(0, 10'000));
    forecast->add_option("--names", options.names, "Schedules told of each (default 20)")
        ->type_name("N")
        ->check(CLI::Range(0, 10'000));
    forecast
        ->add_option(
            "--max-fires", options.fires_max, "Give up beyond so many (default 500 million)")
        ->type_name("N")
        ->check(CLI::Range(std::uint64_t{1}, schedules::forecast_fires_max));
    add_text(*forecast, "--csv", options.csv, "Write load, collisions and anomalies", "FILE");
    forecast->add_flag("--json", options.json, "Print JSON");
    add_text(*forecast, "--tenant", command->tenant, "Only this one's schedules", "NAME");
    CLI::Option* store = forecast->add_option(
        "--store", command->store, "embedded:DIR or dynamodb://REGION [CARILLON_STORE]");
    store->type_name("URL");
    CLI::Option* url =
        forecast->add_option("--url", command->url, "A running server's DynamoDB port");
    url->type_name("URL")->excludes(store);
    forecast->add_option("--server", command->server, "A running server's REST")
        ->type_name("URL")
        ->excludes(store)
        ->excludes(url);
    forecast->callback([command, chosen = std::move(chosen)] { chosen(*command); });
}

cli::ExitCode run_forecast(const ForecastCommand& command,
                           const ToolEnvironment& environment,
                           cli::Console& console,
                           runtime::Clock& clock) {
    const TimePoint now = clock.now();
    // Before anything is opened: what was typed.
    if (const auto made = cli::Forecaster::make(command.options, now); !made) {
        return cli::report_usage(made.error(), console);
    }
    const bool progress = environment.progress;
    if (command.server) {
        return cli::with_api(*command.server, console, clock, [&](cli::Api& api) {
            return forecast_server(api, command, progress, console);
        });
    }
    runtime::Loop loop(clock);
    runtime::BlockingPool pool(2);
    runtime::SystemRandom random;
    const std::string url = store_url_of(command.url.value_or(command.store));
    auto store = open_tool_store(url, Purpose::look, environment, loop, pool, random);
    if (!store) return report_store_error(store.error(), console);
    return run_on_loop(loop,
                       [&] { return forecast_store(*store, command, progress, console, now); });
}

}  // namespace carillon::app
