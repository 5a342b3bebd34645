// The command line, taken apart. The only file that sees CLI11 is command_line.cpp: it costs seven
// seconds to compile.

#pragma once

#include "app/command_line_event.hpp"
#include "app/command_line_forecast.hpp"
#include "app/command_line_layer.hpp"
#include "app/command_line_schedule.hpp"
#include "app/config.hpp"
#include "app/listen.hpp"
#include "app/records_tool.hpp"
#include "app/store_tool.hpp"
#include "app/tables.hpp"
#include "cli/cron_command.hpp"
#include "cli/exit_code.hpp"
#include "cli/webhook_commands.hpp"
#include "cli/webhook_input.hpp"

#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace carillon::app {

struct ServeCommand {
    FlagTexts flags{};
    std::optional<std::string> config_file{};
};

struct DynamodbCommand {
    FlagTexts flags{};
    std::optional<std::string> config_file{};
};

struct TablesCommand {
    FlagTexts flags{};
    std::optional<std::string> config_file{};
    TablesOptions options{};
};

struct DemoCommand {};

struct VersionCommand {};

struct AddCommand {
    cli::AddOptions options{};
    bool quiet = false;
};

struct ListCommand {
    cli::ListOptions options{};
    bool all = false;
};

struct ActCommand {
    cli::Action action{};
    cli::ActOptions options{};
};

/// A command that talks to a server.
struct WebhookCommand {
    std::string server = "http://127.0.0.1:3080";
    bool json = false;
    std::variant<AddCommand, ListCommand, ActCommand, cli::TriggerOptions> what{};
};

/// `carillon cron`: needs no server.
struct CronCommand {
    cli::CronOptions options{};
};

/// Nothing to run: help was asked for, or the line makes no sense.
struct Ended {
    cli::ExitCode code = cli::ExitCode::ok;
    std::string out{};
    std::string err{};
};

using Command = std::variant<Ended,
                             ServeCommand,
                             DynamodbCommand,
                             TablesCommand,
                             DemoCommand,
                             VersionCommand,
                             ListenOptions,
                             StoreCommand,
                             MigrateCommand,
                             CronCommand,
                             ForecastCommand,
                             ScheduleCommand,
                             RunCommand,
                             CalendarCommand,
                             EventCommand,
                             RecordsCommand,
                             LayerCommand,
                             WebhookCommand>;

/// `arguments` without the program's name.
[[nodiscard]] Command parse_command_line(std::vector<std::string> arguments,
                                         const Getenv& environment);

}  // namespace carillon::app
