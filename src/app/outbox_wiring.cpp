#include "app/outbox_wiring.hpp"

#include <algorithm>
#include <utility>

namespace carillon::app {
namespace {

outbox::Retention retention_of(std::string_view name) {
    if (name == "expire") return outbox::Retention::expire;
    if (name == "archive") return outbox::Retention::archive;
    if (name == "remove") return outbox::Retention::remove;
    return outbox::Retention::keep;
}

std::string archive_table_of(const EventsConfig& events) {
    return events.table + "-archive";
}

outbox::BusOptions bus_options(const Config& config, std::string owner, Log& log) {
    const EventsConfig& events = config.events;
    outbox::BusOptions options;
    options.layout = layout_of(events);
    options.batch_size = events.batch_size;
    options.poll_interval = events.poll_interval;
    options.processing_timeout = events.processing_timeout;
    options.max_retries = events.max_retries;
    options.base_backoff = events.retry_base;
    options.retention = retention_of(events.retention);
    options.completed_ttl = events.completed_ttl;
    options.archive_table = archive_table_of(events);
    if (events.acknowledge_unknown) options.unknown = outbox::UnknownTypes::acknowledge;
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

bool outbox_wanted(const Config& config, bool shared_store) {
    return !shared_store || !config.events.routes.empty() || config.events.named;
}

outbox::Layout layout_of(const EventsConfig& events) {
    outbox::Layout layout;
    layout.table = events.table;
    layout.ordered = events.ordered;
    if (events.layout == "v0") layout.generation = outbox::Generation::v0;
    if (events.layout == "sharded") {
        layout.generation = outbox::Generation::sharded;
        layout.index = "due";
    }
    if (!events.index.empty()) layout.index = events.index;
    return layout;
}

std::vector<dynamo::TableSchema> outbox_tables(const EventsConfig& events) {
    std::vector<dynamo::TableSchema> schemas;
    schemas.push_back(layout_of(events).schema());
    if (retention_of(events.retention) == outbox::Retention::archive) {
        schemas.push_back(outbox::archive_schema(archive_table_of(events)));
    }
    return schemas;
}

OutboxWiring::OutboxWiring(const Config& config,
                           runtime::Loop& loop,
                           dynamo::Database& database,
                           Random& random,
                           Log& log,
                           Registry& metrics,
                           std::string owner)
    : work_(config.deliver && !config.events.routes.empty()),
      grace_(config.grace),
      bus_(loop, database, random, log, metrics, bus_options(config, std::move(owner), log)),
      routes_(bus_) {}

Result<std::unique_ptr<OutboxWiring>> OutboxWiring::make(const Config& config,
                                                         runtime::Loop& loop,
                                                         dynamo::Database& database,
                                                         bus::Publishers& publishers,
                                                         Random& random,
                                                         Log& log,
                                                         Registry& metrics,
                                                         std::string owner) {
    std::unique_ptr<OutboxWiring> made(
        new OutboxWiring(config, loop, database, random, log, metrics, std::move(owner)));
    for (const EventRoute& route : config.events.routes) {
        auto publisher = publishers.at(route.url);
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
}

}  // namespace carillon::app
