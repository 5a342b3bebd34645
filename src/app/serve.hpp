// `carillon serve`: one tower, until a signal.

#pragma once

#include "app/config.hpp"
#include "cli/console.hpp"
#include "cli/exit_code.hpp"
#include "runtime/clock.hpp"

namespace carillon::app {

/// Prints `listening on http://HOST:PORT` when requests are taken. With `hints`, what to try next.
[[nodiscard]] cli::ExitCode serve(const Config& config,
                                  cli::Console& console,
                                  runtime::Clock& clock,
                                  bool hints);

}  // namespace carillon::app
