#include "app/foreground.hpp"

#include <ostream>

namespace carillon::app {

Foreground::Foreground(const Config& config, cli::Console& on, runtime::Clock& clock)
    : console(on),
      log(open_log({.level = config.log_level,
                    .format = config.log_format,
                    .now = [&clock] { return clock.now(); }})),
      loop(clock),
      asked_to_stop(loop),
      signals(loop, [this] { asked_to_stop.set(); }) {}

cli::ExitCode Foreground::fail_with(const Error& error) const {
    console.err << "error: " << error.message << '\n';
    return error.code == Errc::invalid ? cli::ExitCode::usage : cli::ExitCode::failed;
}

Task<> until_asked_to_stop(Foreground& foreground) {
    (void)co_await foreground.asked_to_stop.wait();
    foreground.log->info("stopping; a second signal ends at once");
}

}  // namespace carillon::app
