#include "app/serve.hpp"

#include "app/foreground.hpp"
#include "app/wire.hpp"
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
    Foreground& foreground;
    bool hints;
    cli::ExitCode code = cli::ExitCode::failed;
};

Task<> live(Run& run, Tower& tower) {
    cli::Console& console = run.foreground.console;
    auto started = co_await tower.start();
    if (started) {
        // First, so that whoever waits for the last line finds both.
        if (const std::string url = tower.dynamodb_url(); !url.empty()) {
            console.out << "DynamoDB on " << url << '\n';
        }
        console.out << "listening on " << tower.url() << std::endl;
        if (run.hints) print_hints(console.err, tower.url(), run.config);
        co_await until_asked_to_stop(run.foreground);
        run.code = cli::ExitCode::ok;
    } else {
        console.err << "error: " << started.error().message << '\n';
    }
    co_await tower.stop();
    run.foreground.loop.stop();
}

}  // namespace

cli::ExitCode serve(const Config& config,
                    cli::Console& console,
                    runtime::Clock& clock,
                    bool hints) {
    Foreground foreground(config, console, clock);
    auto tower = Tower::open(config, foreground.loop, *foreground.log);
    if (!tower) return foreground.fail_with(tower.error());
    runtime::TaskGroup group(foreground.loop);
    Run run{config, foreground, hints};
    group.spawn(live(run, **tower));
    foreground.loop.run();
    return run.code;
}

}  // namespace carillon::app
