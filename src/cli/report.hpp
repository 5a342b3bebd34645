// How a command says that it went wrong.

#pragma once

#include "cli/console.hpp"
#include "cli/exit_code.hpp"
#include "core/result.hpp"

#include <string>

namespace carillon::cli {

/// `error: field: message` on the error stream, what to do next where no server answers, and the
/// exit code that stands for it. `server` is the one that was asked.
ExitCode report_error(const Error& error, Console& console, const std::string& server);
/// The same for what was typed: `usage`.
ExitCode report_usage(const Error& error, Console& console);

}  // namespace carillon::cli
