// `carillon schedule`, `carillon run` and `carillon calendar` on the command line.

#pragma once

#include "app/config.hpp"
#include "cli/run_commands.hpp"
#include "cli/schedule_commands.hpp"

#include <functional>
#include <string>

namespace CLI {
class App;
}

namespace carillon::app {

struct ScheduleCommand {
    std::string server = "http://127.0.0.1:3080";
    cli::ScheduleOptions options{};
};

struct RunCommand {
    std::string server = "http://127.0.0.1:3080";
    cli::RunOptions options{};
};

struct CalendarCommand {
    std::string server = "http://127.0.0.1:3080";
    cli::CalendarOptions options{};
};

/// Each adds its command; `chosen` is called with what was given if it is the one.
void add_schedule_command(CLI::App& app,
                          const Getenv& environment,
                          std::function<void(ScheduleCommand)> chosen);
void add_run_command(CLI::App& app,
                     const Getenv& environment,
                     std::function<void(RunCommand)> chosen);
void add_calendar_command(CLI::App& app,
                          const Getenv& environment,
                          std::function<void(CalendarCommand)> chosen);

}  // namespace carillon::app
