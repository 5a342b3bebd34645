// What a command that serves until it is told to stop begins with.

#pragma once

#include "app/config.hpp"
#include "app/signals.hpp"
#include "cli/console.hpp"
#include "cli/exit_code.hpp"
#include "core/result.hpp"
#include "observability/log.hpp"
#include "runtime/clock.hpp"
#include "runtime/event.hpp"
#include "runtime/loop.hpp"

#include <memory>

namespace carillon::app {

/// Made before the store is opened: a signal during a long recovery ends orderly too.
struct Foreground {
    /// `console` and `clock` must outlive it.
    Foreground(const Config& config, cli::Console& console, runtime::Clock& clock);

    /// Prints why the command ends, and says with which code.
    [[nodiscard]] cli::ExitCode fail_with(const Error& error) const;

    cli::Console& console;
    std::unique_ptr<Log> log;
    runtime::Loop loop;
    runtime::Event asked_to_stop;  ///< Set by the first SIGINT or SIGTERM.
    Signals signals;
};

/// Waits until the command is asked to stop, and notes it.
[[nodiscard]] Task<> until_asked_to_stop(Foreground& foreground);

}  // namespace carillon::app
