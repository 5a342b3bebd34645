#include "app/serve.hpp"

#include "app/signals.hpp"
#include "app/wire.hpp"
#include "runtime/event.hpp"
#include "runtime/task_group.hpp"

#include <fmt/format.h>

#include <ostream>
#include <string>

namespace carillon::app {
namespace {

void print_hints(std::ostream& out, const std::string& url, const Config& config) {
    const bool usual = config.port == 3080 && config.host == "127.0.0.1";
    const std::string server = usual ? "" : " --server " + url;
    out << "\ntry, in other terminals:\n"
           "  carillon listen --port 9000\n"
        << "  carillon webhook add http://127.0.0.1:9000/hello --in 5s -d '{\"hello\":\"bell\"}'"
        << server << "\n  carillon webhook list" << server << "\n\n";
    if (!config.targets.allows(net::IpAddress::parse("127.0.0.1").value_or(net::IpAddress{}))) {
        out << "(local receivers need: carillon serve --allow-targets 127.0.0.0/8)\n";
    }
    out.flush();
}

struct Run {
    const Config& config;
    cli::Console& console;
    runtime::Loop& loop;
    Log& log;
    runtime::Event& asked_to_stop;
    bool hints;
    cli::ExitCode code = cli::ExitCode::failed;
};

Task<> live(Run& run, Tower& tower) {
    auto started = co_await tower.start();
    if (started) {
        // First, so that whoever waits for the last line finds both.
        if (const std::string url = tower.dynamodb_url(); !url.empty()) {
            run.console.out << "DynamoDB on " << url << '\n';
        }
        run.console.out << "listening on " << tower.url() << std::endl;
        if (run.hints) print_hints(run.console.err, tower.url(), run.config);
        (void)co_await run.asked_to_stop.wait();
        run.log.info("stopping; a second signal ends at once");
        run.code = cli::ExitCode::ok;
    } else {
        run.console.err << "error: " << started.error().message << '\n';
    }
    co_await tower.stop();
    run.loop.stop();
}

}  // namespace

cli::ExitCode serve(const Config& config,
                    cli::Console& console,
                    runtime::Clock& clock,
                    bool hints) {
    const auto log =
        open_log({.level = config.log_level, .format = config.log_format, .now = [&clock] {
                      return clock.now();
                  }});
    runtime::Loop loop(clock);
    runtime::Event asked_to_stop(loop);
    // Before the store is opened: a signal during a long recovery ends orderly too.
    const Signals signals(loop, [&asked_to_stop] { asked_to_stop.set(); });
    auto tower = Tower::open(config, loop, *log);
    if (!tower) {
        console.err << "error: " << tower.error().message << '\n';
        return tower.error().code == Errc::invalid ? cli::ExitCode::usage : cli::ExitCode::failed;
    }
    runtime::TaskGroup group(loop);
    Run run{config, console, loop, *log, asked_to_stop, hints};
    group.spawn(live(run, **tower));
    loop.run();
    return run.code;
}

}  // namespace carillon::app
