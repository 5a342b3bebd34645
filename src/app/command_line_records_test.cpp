#include "app/command_line.hpp"

#include <gtest/gtest.h>

namespace carillon::app {
namespace {

using namespace std::chrono_literals;

Command parse(std::vector<std::string> arguments) {
    return parse_command_line(std::move(arguments),
                              [](std::string_view name) -> std::optional<std::string> {
                                  if (name == "RECORD_TABLE") return "TSYSAdd";
                                  return std::nullopt;
                              });
}

TEST(CommandLineRecords, ProcessHasTheSeedsDefaults) {
    const Command command = parse({"records", "process", "--exec", "./work"});
    const auto& records = std::get<RecordsCommand>(command);
    EXPECT_EQ(records.options.table, "TSYSAdd");
    EXPECT_EQ(records.options.flag, "Processed");
    const auto& process = std::get<cli::RecordsProcess>(records.what);
    EXPECT_EQ(process.command, "./work");
    EXPECT_EQ(process.timeout, 60s);
    EXPECT_EQ(process.options.max_workers, 5U);
    EXPECT_EQ(process.options.max_retries, 3);
    EXPECT_EQ(process.options.max_iterations, 10);
    EXPECT_EQ(process.options.backoff_base, 100ms);
    EXPECT_EQ(process.options.backoff_multiplier, 2);
}

TEST(CommandLineRecords, ProcessTakesEveryOption) {
    const Command command = parse({"records",
                                   "process",
                                   "--exec",
                                   "x",
                                   "--table",
                                   "Jobs",
                                   "--workers",
                                   "3",
                                   "--timeout",
                                   "5s",
                                   "--retries",
                                   "1",
                                   "--iterations",
                                   "2",
                                   "--backoff",
                                   "1m",
                                   "--multiplier",
                                   "1.5",
                                   "--lease",
                                   "2s",
                                   "--json",
                                   "--url",
                                   "http://h:1",
                                   "--claim-ahead",
                                   "9",
                                   "--show-output"});
    const auto& records = std::get<RecordsCommand>(command);
    EXPECT_EQ(records.options.table, "Jobs");
    EXPECT_TRUE(records.options.json);
    EXPECT_EQ(records.url, "http://h:1");
    const auto& process = std::get<cli::RecordsProcess>(records.what);
    EXPECT_EQ(process.timeout, 5s);
    EXPECT_TRUE(process.show_output);
    EXPECT_EQ(process.options.max_workers, 3U);
    EXPECT_EQ(process.options.max_retries, 1);
    EXPECT_EQ(process.options.max_iterations, 2);
    EXPECT_EQ(process.options.backoff_base, 1min);
    EXPECT_EQ(process.options.backoff_cap, 1min) << "not less than the first pause";
    EXPECT_EQ(process.options.backoff_multiplier, 1.5);
    EXPECT_EQ(process.options.lease, 2s);
    EXPECT_EQ(process.options.claim_ahead, 9U);
}

TEST(CommandLineRecords, TheOthersAreRead) {
    const Command create = parse({"records",
                                  "create-tables",
                                  "--table",
                                  "Jobs",
                                  "--key",
                                  "id:N",
                                  "--sort",
                                  "at",
                                  "--shards",
                                  "8",
                                  "--store",
                                  "embedded:./x"});
    const auto& made = std::get<cli::RecordsCreate>(std::get<RecordsCommand>(create).what);
    EXPECT_EQ(made.table, "Jobs");
    EXPECT_EQ(made.key, "id:N");
    EXPECT_EQ(made.sort, "at");
    EXPECT_EQ(made.shards, 8);
    EXPECT_EQ(std::get<RecordsCommand>(create).store, "embedded:./x");
    const Command list = parse({"records", "list", "--state", "quarantined", "--limit", "3"});
    EXPECT_EQ(std::get<cli::RecordsList>(std::get<RecordsCommand>(list).what).limit, 3);
    const Command requeue = parse({"records", "requeue", "--all"});
    EXPECT_TRUE(std::get<cli::RecordsRequeue>(std::get<RecordsCommand>(requeue).what).all);
    const Command put = parse({"records", "put", "-", "--new"});
    EXPECT_TRUE(std::get<cli::RecordsPut>(std::get<RecordsCommand>(put).what).only_new);
}

TEST(CommandLineRecords, NonsenseIsRefused) {
    const std::vector<std::vector<std::string>> lines = {
        {"records"},
        {"records", "process"},
        {"records", "process", "--exec", "x", "--timeout", "soon"},
        {"records", "process", "--exec", "x", "--workers", "many"},
        {"records", "requeue"},
        {"records", "list", "--limit", "0"},
        {"records", "list", "--store", "a", "--url", "http://b:1"},
        {"records", "create-tables", "--shards", "0"}};
    for (const auto& line : lines) {
        const Command command = parse(line);
        const auto* ended = std::get_if<Ended>(&command);
        ASSERT_NE(ended, nullptr) << line.back();
        EXPECT_EQ(ended->code, cli::ExitCode::usage) << line.back();
    }
}

}  // namespace
}  // namespace carillon::app
