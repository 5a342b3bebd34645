// `carillon layer` on the command line. Apart from command_line.cpp because it is long enough.

#pragma once

#include "app/config.hpp"
#include "cli/layer_command.hpp"

#include <functional>
#include <string>

namespace CLI {
class App;
}

namespace carillon::app {

/// A command about layers of a server.
struct LayerCommand {
    std::string server = "http://127.0.0.1:3080";
    cli::LayerOptions options{};
};

/// Adds the command; `chosen` is called with what was given if it is the one.
void add_layer_command(CLI::App& app,
                       const Getenv& environment,
                       std::function<void(LayerCommand)> chosen);

}  // namespace carillon::app
