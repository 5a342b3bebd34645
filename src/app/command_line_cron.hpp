// `carillon cron` on the command line. Apart from command_line.cpp because it is long enough.

#pragma once

#include "cli/cron_command.hpp"

#include <functional>

namespace CLI {
class App;
}

namespace carillon::app {

/// Adds the command; `chosen` is called with what was given if it is the one.
void add_cron_command(CLI::App& app, std::function<void(cli::CronOptions)> chosen);

}  // namespace carillon::app
