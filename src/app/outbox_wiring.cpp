#include "app/outbox_wiring.hpp"

#include <algorithm>
#include <utility>

namespace carillon::app {
namespace {

outbox::BusOptions bus_options(const Config& config, std::string owner, Log& log) {
    outbox::BusOptions options;
    options.layout.table = config.events.table;
    if (config.events.layout == "v0") options.layout.generation = outbox::Generation::v0;
    if (config.events.layout == "sharded") {
        options.layout.generation = outbox::Generation::sharded;
        options.layout.index = "due";
    }
    options.concurrency = std::max(options.concurrency, config.concurrency);
    if (!owner.empty()) options.owner = std::move(owner);
    options.on_error = [&log](const outbox::Mishap& mishap) {
        if (mishap.kind == outbox::Mishap::Kind::attempt) return;
        log.warn(mishap.kind == outbox::Mishap::Kind::unknown ? "event parked" : "event failed",
                 {{"id", mishap.event.id},
                  {"type", mishap.event.type},
                  {"error", mishap.error.message}});
    };
    return options;
}

}  // namespace

OutboxWiring::OutboxWiring(const Config& config,
                           runtime::Loop& loop,
                           dynamo::Database& database,
                           runtime::BlockingPool& pool,
                           Random& random,
                           Log& log,
                           Registry& metrics,
                           std::string owner)
    : work_(config.deliver && !config.events.routes.empty()),
      grace_(config.grace),
      publishers_(loop, pool, random),
      bus_(loop, database, random, log, metrics, bus_options(config, std::move(owner), log)),
      routes_(bus_) {}

Result<std::unique_ptr<OutboxWiring>> OutboxWiring::make(const Config& config,
                                                         runtime::Loop& loop,
                                                         dynamo::Database& database,
                                                         runtime::BlockingPool& pool,
                                                         Random& random,
                                                         Log& log,
                                                         Registry& metrics,
                                                         std::string owner) {
    std::unique_ptr<OutboxWiring> made(
        new OutboxWiring(config, loop, database, pool, random, log, metrics, std::move(owner)));
    for (const EventRoute& route : config.events.routes) {
        auto publisher = made->publishers_.at(route.url);
        if (!publisher) {
            return fail(Errc::invalid,
                        "events: " + route.pattern + ": " + publisher.error().message);
        }
        CARILLON_TRY_VOID(made->bus_.on(route.pattern, outbox::publish_to(**publisher)));
    }
    return made;
}

Task<Result<>> OutboxWiring::start() {
    return bus_.start(work_);
}

Task<> OutboxWiring::stop() {
    co_await bus_.stop(grace_);
    co_await publishers_.close();
}

}  // namespace carillon::app
