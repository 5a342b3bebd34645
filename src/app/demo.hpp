// `carillon demo`: a server in memory, a receiver, a handful of webhooks, and how late each rang.

#pragma once

#include "cli/console.hpp"
#include "cli/exit_code.hpp"
#include "runtime/clock.hpp"

namespace carillon::app {

/// Takes about ten seconds and needs nothing. `ok` when everything rang as it should.
[[nodiscard]] cli::ExitCode demo(cli::Console& console, runtime::Clock& clock);

}  // namespace carillon::app
