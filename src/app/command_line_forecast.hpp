// `carillon forecast` on the command line, and where its schedules come from.

#pragma once

#include "app/config.hpp"
#include "app/store_tool.hpp"
#include "cli/forecast_command.hpp"

#include <functional>
#include <optional>
#include <string>

namespace CLI {
class App;
}

namespace carillon::app {

/// A store that no server has open, a store behind a DynamoDB port, or a server's REST.
struct ForecastCommand {
    std::string store{};
    std::optional<std::string> url{};
    std::optional<std::string> server{};
    std::optional<std::string> tenant{};
    cli::ForecastOptions options{};
};

/// Adds the command; `chosen` is called with what was given if it is the one.
void add_forecast_command(CLI::App& app,
                          const Getenv& environment,
                          std::function<void(ForecastCommand)> chosen);

[[nodiscard]] cli::ExitCode run_forecast(const ForecastCommand& command,
                                         const ToolEnvironment& environment,
                                         cli::Console& console,
                                         runtime::Clock& clock);

}  // namespace carillon::app
