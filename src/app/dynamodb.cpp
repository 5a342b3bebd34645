#include "app/dynamodb.hpp"

#include "app/signals.hpp"
#include "app/store.hpp"
#include "runtime/event.hpp"
#include "runtime/loop_thread.hpp"
#include "runtime/system_random.hpp"
#include "runtime/task_group.hpp"

#include <fmt/format.h>

#include <ostream>
#include <string>
#include <utility>

namespace carillon::app {
namespace {

void print_hints(std::ostream& out, const std::string& url, const DynamodbConfig& config) {
    const std::string keys =
        config.verify_signatures
            ? "the keys of --access-key"
            : "any keys, for instance AWS_ACCESS_KEY_ID=any AWS_SECRET_ACCESS_KEY=any";
    out << "\ntry, in another terminal (with " << keys << "):\n"
        << "  aws dynamodb list-tables --region " << config.region << " --endpoint-url " << url
        << "\nor in a program: new DynamoDBClient({ endpoint: '" << url << "', region: '"
        << config.region << "' })\n\n";
    out.flush();
}

struct Run {
    const Config& config;
    cli::Console& console;
    runtime::Loop& loop;
    Log& log;
    runtime::Event& asked_to_stop;
};

Task<> live(Run& run, dynamo::endpoint::Service& service) {
    (void)co_await run.asked_to_stop.wait();
    run.log.info("stopping; a second signal ends at once");
    co_await service.stop(run.config.grace);
    run.loop.stop();
}

void note(const Config& config, Log& log) {
    if (config.store.starts_with("memory:")) {
        log.info("tables are in memory and gone at the end; --store embedded:DIR keeps them");
    } else if (!config.sync) {
        log.warn("writes are acknowledged before they are on disk (no-sync)");
    }
    if (!is_loopback(config.dynamodb.host) && !config.dynamodb.verify_signatures) {
        log.warn("anyone who reaches this address can read and write (allow-anyone)");
    }
}

}  // namespace

dynamo::endpoint::ServiceOptions endpoint_options(const DynamodbConfig& config) {
    dynamo::endpoint::ServiceOptions options;
    options.host = config.host;
    options.port = config.port.value_or(0);
    options.endpoint.region = config.region;
    options.endpoint.keys = config.keys;
    options.endpoint.table_delay = config.table_delay;
    return options;
}

Error with_advice(Error error, std::string_view flag) {
    if (error.message.find("Address already in use") != std::string::npos) {
        error.message += fmt::format(
            ": another program has this port; stop it, or choose another with {} (0: any free one)",
            flag);
    } else if (error.message.find("Permission denied") != std::string::npos) {
        error.message += fmt::format(
            ": ports below 1024 are the system's; choose another with {} (0: any free one)", flag);
    }
    return error;
}

cli::ExitCode dynamodb(const Config& config,
                       cli::Console& console,
                       runtime::Clock& clock,
                       bool hints) {
    const auto log =
        open_log({.level = config.log_level, .format = config.log_format, .now = [&clock] {
                      return clock.now();
                  }});
    const auto fail_with = [&](const Error& error) {
        console.err << "error: " << error.message << '\n';
        return error.code == Errc::invalid ? cli::ExitCode::usage : cli::ExitCode::failed;
    };
    runtime::Loop loop(clock);
    runtime::Event asked_to_stop(loop);
    // Before the store is opened: a signal during a long recovery ends orderly too.
    const Signals signals(loop, [&asked_to_stop] { asked_to_stop.set(); });
    const auto database = open_store(config, clock, *log);
    if (!database) return fail_with(database.error());
    runtime::SystemRandom random;
    // Outlives the service, its thread does not.
    runtime::LoopThread connections(clock);
    dynamo::endpoint::ServiceOptions options = endpoint_options(config.dynamodb);
    options.helper = &connections.loop();
    dynamo::endpoint::Service service(loop, **database, random, *log, std::move(options));
    if (auto started = service.start(); !started) {
        return fail_with(with_advice(std::move(started).error(), "--port"));
    }
    note(config, *log);
    console.out << "listening on " << service.url() << std::endl;
    if (hints) print_hints(console.err, service.url(), config.dynamodb);
    runtime::TaskGroup group(loop);
    Run run{config, console, loop, *log, asked_to_stop};
    group.spawn(live(run, service));
    connections.start();
    loop.run();
    connections.join();
    return cli::ExitCode::ok;
}

}  // namespace carillon::app
