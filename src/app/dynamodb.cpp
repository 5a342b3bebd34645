#include "app/dynamodb.hpp"

#include "app/foreground.hpp"
#include "app/store.hpp"
#include "app/store_maintenance.hpp"
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

Task<> live(const Config& config,
            Foreground& foreground,
            StoreMaintenance& maintenance,
            dynamo::endpoint::Service& service) {
    co_await until_asked_to_stop(foreground);
    maintenance.stop();
    co_await service.stop(config.grace);
    foreground.loop.stop();
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
    Foreground foreground(config, console, clock);
    Log& log = *foreground.log;
    const auto database = open_store(config, clock, log);
    if (!database) return foreground.fail_with(database.error());
    runtime::SystemRandom random;
    const auto url = parse_store_url(config.store);
    StoreMaintenance maintenance(foreground.loop, **database, url ? url->directory : std::string());
    // Outlives the service, its thread does not.
    runtime::LoopThread connections(clock);
    dynamo::endpoint::ServiceOptions options = endpoint_options(config.dynamodb);
    runtime::SystemRandom connections_random;
    options.helper = &connections.loop();
    options.helper_random = &connections_random;
    options.endpoint.maintenance = &maintenance;
    dynamo::endpoint::Service service(foreground.loop, **database, random, log, std::move(options));
    if (auto started = service.start(); !started) {
        return foreground.fail_with(with_advice(std::move(started).error(), "--port"));
    }
    note(config, log);
    console.out << "listening on " << service.url() << std::endl;
    if (hints) print_hints(console.err, service.url(), config.dynamodb);
    runtime::TaskGroup group(foreground.loop);
    group.spawn(live(config, foreground, maintenance, service));
    connections.start();
    foreground.loop.run();
    connections.join();
    return cli::ExitCode::ok;
}

}  // namespace carillon::app
