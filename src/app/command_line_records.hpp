// `carillon records` on the command line.

#pragma once

#include "app/config.hpp"
#include "app/records_tool.hpp"

#include <functional>

namespace CLI {
class App;
}

namespace carillon::app {

/// Adds the command; `chosen` is called with what was given if it is the one.
void add_records_command(CLI::App& app,
                         const Getenv& environment,
                         std::function<void(RecordsCommand)> chosen);

}  // namespace carillon::app
