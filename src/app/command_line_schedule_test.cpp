#include "app/command_line.hpp"

#include <gtest/gtest.h>

namespace carillon::app {
namespace {

std::optional<std::string> server_of(std::string_view name) {
    return name == "CARILLON_SERVER" ? std::optional<std::string>("http://env:1") : std::nullopt;
}

template <class T>
T read(std::vector<std::string> arguments) {
    const Command command = parse_command_line(std::move(arguments), server_of);
    if (const auto* found = std::get_if<T>(&command)) return *found;
    const auto* ended = std::get_if<Ended>(&command);
    ADD_FAILURE() << (ended != nullptr ? ended->err : "another command");
    return {};
}

TEST(ScheduleLine, ReadsAdd) {
    const auto command = read<ScheduleCommand>(
        {"schedule",   "add",          "nightly",    "30 2 * * *", "--tz",      "Europe/Berlin",
         "--url",      "https://a.b/", "-H",         "A: 1",       "-H",        "B: 2",
         "--holidays", "DE-BY",        "--holidays", "works",      "--overlap", "queue-all",
         "--tenant",   "shop",         "--key",      "k",          "--dry-run", "-q"});
    EXPECT_EQ(command.server, "http://env:1");
    const cli::ScheduleOptions& options = command.options;
    EXPECT_EQ(options.action, cli::ScheduleAction::add);
    EXPECT_EQ(options.words.name, "nightly");
    EXPECT_EQ(options.words.rule.rule, "30 2 * * *");
    EXPECT_EQ(options.words.rule.tz, "Europe/Berlin");
    EXPECT_EQ(options.words.rule.holidays, (std::vector<std::string>{"DE-BY", "works"}));
    EXPECT_EQ(options.words.headers, (std::vector<std::string>{"A: 1", "B: 2"}));
    EXPECT_EQ(options.words.overlap, "queue-all");
    EXPECT_EQ(options.tenant, "shop");
    EXPECT_EQ(options.key, "k");
    EXPECT_TRUE(options.dry_run);
    EXPECT_TRUE(options.quiet);
    EXPECT_FALSE(options.words.paused);
}

TEST(ScheduleLine, ReadsTheOthers) {
    using cli::ScheduleAction;
    const auto edit = read<ScheduleCommand>(
        {"schedule", "edit", "ID", "--rule", "@daily", "--clear", "jitter", "--version", "3"});
    EXPECT_EQ(edit.options.ids, (std::vector<std::string>{"ID"}));
    EXPECT_EQ(edit.options.words.rule.rule, "@daily");
    EXPECT_EQ(edit.options.words.clear, (std::vector<std::string>{"jitter"}));
    EXPECT_EQ(edit.options.version, 3);
    EXPECT_EQ(read<ScheduleCommand>({"schedule", "list", "--paused"}).options.enabled, false);
    EXPECT_EQ(read<ScheduleCommand>({"schedule", "list", "--enabled"}).options.enabled, true);
    EXPECT_EQ(read<ScheduleCommand>({"schedule", "pause", "a", "b"}).options.ids.size(), 2u);
    EXPECT_EQ(read<ScheduleCommand>({"schedule", "rm", "a"}).options.action,
              ScheduleAction::remove);
    EXPECT_EQ(read<ScheduleCommand>({"schedule", "explain", "a"}).options.action,
              ScheduleAction::explain);
    const auto fill = read<ScheduleCommand>(
        {"schedule", "backfill", "a", "--from", "-7d", "--to", "now", "--run", "--rate", "2"});
    EXPECT_EQ(fill.options.from, "-7d");
    EXPECT_TRUE(fill.options.go);
    EXPECT_EQ(fill.options.per_second, 2);
    const auto run = read<RunCommand>({"run", "list", "--schedule", "a", "--status", "failed"});
    EXPECT_EQ(run.options.schedule, "a");
    EXPECT_EQ(run.options.status, "Failed");
    const auto retry = read<RunCommand>({"run", "retry", "a", "b", "--reason", "why"});
    EXPECT_EQ(retry.options.ids.size(), 2u);
    EXPECT_EQ(retry.options.reason, "why");
    const auto calendar = read<CalendarCommand>(
        {"calendar", "add", "works", "--code", "DE-BY", "--holiday", "2026-12-24"});
    EXPECT_EQ(calendar.options.key, "works");
    EXPECT_EQ(calendar.options.code, "DE-BY");
    EXPECT_EQ(calendar.options.holidays, (std::vector<std::string>{"2026-12-24"}));
    EXPECT_TRUE(read<CalendarCommand>({"calendar", "rm", "works", "--force"}).options.force);
}

TEST(ScheduleLine, RefusesWhatMakesNoSense) {
    const std::vector<std::vector<std::string>> lines = {
        {"schedule"},
        {"schedule", "get"},
        {"schedule", "next", "a", "--count", "0"},
        {"schedule", "next", "a", "b"},
        {"schedule", "list", "--enabled", "--paused"},
        {"schedule", "add", "n", "@daily", "--overlap", "sometimes"},
        {"schedule", "backfill", "a", "--from", "-7d"},
        {"run", "list", "--status", "Odd"},
        {"run", "cancel"},
        {"calendar", "add"},
    };
    for (const auto& line : lines) {
        const Command command = parse_command_line(line, server_of);
        const auto* ended = std::get_if<Ended>(&command);
        ASSERT_NE(ended, nullptr) << line.back();
        EXPECT_EQ(ended->code, cli::ExitCode::usage) << line.back();
    }
}

}  // namespace
}  // namespace carillon::app
