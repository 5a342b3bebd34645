#include "app/command_line.hpp"
#include "cli/schedule_source.hpp"
#include "dynamo/embedded/embedded.hpp"
#include "runtime/simulated_test.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <sstream>

namespace carillon::app {
namespace {

const TimePoint now = parse_instant("2026-03-28T12:00:00Z").value();

std::optional<std::string> nothing(std::string_view) {
    return std::nullopt;
}

ForecastCommand forecast_of(std::vector<std::string> arguments) {
    const Command command = parse_command_line(std::move(arguments), nothing);
    if (const auto* found = std::get_if<ForecastCommand>(&command)) return *found;
    const auto* ended = std::get_if<Ended>(&command);
    ADD_FAILURE() << (ended != nullptr ? ended->err : "another command");
    return {};
}

TEST(ForecastLine, ReadsWhatToForecastAndFromWhere) {
    const ForecastCommand plain = forecast_of({"forecast"});
    EXPECT_EQ(plain.store, Config{}.store);
    EXPECT_EQ(plain.options.from, "now");
    EXPECT_FALSE(plain.options.to);
    const ForecastCommand all = forecast_of({"forecast",
                                             "--from",
                                             "now",
                                             "--to",
                                             "+7d",
                                             "--step",
                                             "1m",
                                             "--csv",
                                             "load.csv",
                                             "--json",
                                             "--collisions",
                                             "3",
                                             "--names",
                                             "5",
                                             "--tenant",
                                             "shop",
                                             "--server",
                                             "http://127.0.0.1:1"});
    EXPECT_EQ(all.options.to, "+7d");
    EXPECT_EQ(all.options.step, "1m");
    EXPECT_EQ(all.options.csv, "load.csv");
    EXPECT_TRUE(all.options.json);
    EXPECT_EQ(all.options.collisions, 3);
    EXPECT_EQ(all.options.names, 5);
    EXPECT_EQ(all.tenant, "shop");
    EXPECT_EQ(all.server, "http://127.0.0.1:1");
}

TEST(ForecastLine, TakesOnePlaceToReadFrom) {
    const Command both =
        parse_command_line({"forecast", "--store", "a", "--server", "http://127.0.0.1"}, nothing);
    ASSERT_TRUE(std::holds_alternative<Ended>(both));
    EXPECT_EQ(std::get<Ended>(both).code, cli::ExitCode::usage);
}

struct Outcome {
    cli::ExitCode code{};
    std::string out{};
    std::string err{};
};

Outcome run(const ForecastCommand& command) {
    std::istringstream in;
    std::ostringstream out;
    std::ostringstream err;
    cli::Console console{in, out, err};
    runtime::SystemClock clock;
    const cli::ExitCode code = run_forecast(command, {nothing, false}, console, clock);
    return {code, out.str(), err.str()};
}

/// A directory with one schedule in it.
std::string make_store() {
    std::string directory = ::testing::TempDir() + "command_line_forecast_test";
    std::filesystem::remove_all(directory);
    runtime::testing::Simulated world(now);
    dynamo::EmbeddedOptions options;
    options.directory = directory;
    options.inline_writer = true;
    const auto database = dynamo::open_embedded(options, world.clock).value();
    const schedules::Tables tables{schedules::TableNames{}};
    for (const dynamo::TableSchema& schema : tables.schemas()) {
        EXPECT_TRUE(world.finish(database->create_table(schema)));
    }
    schedules::StoredSchedule stored;
    stored.schedule =
        cli::schedule_from_answer(parse_json(R"({"id":"1","tenantId":"t","name":"hourly",
        "trigger":{"type":"CRON","cron":"0 * * * *"},"createdAt":"2026-01-01T00:00:00Z","version":1,
        "target":{"kind":"HTTP","http":{"url":"https://example.com/","method":"POST"}}})")
                                      .value())
            .value();
    dynamo::PutRequest put;
    put.table = schedules::TableNames{}.schedules;
    write(put.item, stored);
    tables.schedule_rows().write(put.item, {.state = queue::State::ready, .due_at = now});
    EXPECT_TRUE(world.finish(database->put_item(std::move(put))));
    return directory;
}

TEST(ForecastRun, ReadsADirectoryThatNobodyHasOpen) {
    ForecastCommand command;
    command.store = make_store();
    command.options.from = "2026-06-01T00:00Z";
    command.options.to = "2026-06-02T00:00Z";
    const Outcome found = run(command);
    EXPECT_EQ(found.code, cli::ExitCode::ok) << found.err;
    EXPECT_TRUE(found.out.contains("24 fires of 1 schedule")) << found.out;
    command.tenant = "other";
    EXPECT_TRUE(run(command).out.contains("0 fires of 0 schedules"));
    std::filesystem::remove_all(command.store);
}

TEST(ForecastRun, SaysWhatIsWrongAndHowToEnd) {
    ForecastCommand command;
    command.store = ::testing::TempDir() + "no such store";
    const Outcome missing = run(command);
    EXPECT_EQ(missing.code, cli::ExitCode::not_found);
    EXPECT_TRUE(missing.err.contains("holds no store")) << missing.err;
    command.options.to = "yesterday";
    EXPECT_EQ(run(command).code, cli::ExitCode::usage);
    ForecastCommand remote;
    remote.server = "http://127.0.0.1:1";
    const Outcome unreachable = run(remote);
    EXPECT_EQ(unreachable.code, cli::ExitCode::unreachable);
    EXPECT_TRUE(unreachable.err.contains("carillon serve")) << unreachable.err;
}

}  // namespace
}  // namespace carillon::app
