// `carillon event` on the command line. Apart from command_line.cpp because it is long enough.

#pragma once

#include "app/config.hpp"
#include "cli/event_command.hpp"

#include <functional>
#include <string>

namespace CLI {
class App;
}

namespace carillon::app {

/// A command about events of a server.
struct EventCommand {
    std::string server = "http://127.0.0.1:3080";
    cli::EventOptions options{};
};

/// Adds the command; `chosen` is called with what was given if it is the one.
void add_event_command(CLI::App& app,
                       const Getenv& environment,
                       std::function<void(EventCommand)> chosen);

}  // namespace carillon::app
