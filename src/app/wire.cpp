#include "app/wire.hpp"

#include "app/dynamodb.hpp"
#include "delivery/signature.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace carillon::app {
namespace {

constexpr std::size_t idle_connections = 1'024;

net::ClientOptions client_options(const Config& config) {
    net::ClientOptions options;
    options.guard = config.targets;
    options.connections_per_host_max = std::max<std::size_t>(config.concurrency, 16);
    options.idle_connections_max = std::max(config.concurrency, idle_connections);
    options.verify_tls = config.verify_tls;
    options.ca_file = config.ca_file;
    return options;
}

delivery::DeliveryOptions delivery_options(const Config& config) {
    delivery::DeliveryOptions options;
    options.connect_timeout = std::min(config.connect_timeout, config.timeout);
    options.total_timeout = config.timeout;
    options.user_agent = "Carillon/" + version();
    options.signing_secrets = config.signing_secrets;
    return options;
}

webhooks::ServiceOptions service_options(const Config& config) {
    webhooks::ServiceOptions options;
    options.table = config.table;
    options.id_prefix = config.id_prefix;
    options.backoff.base = config.retry_base;
    options.backoff.cap = config.retry_cap;
    options.queue.concurrency = config.concurrency;
    options.queue.concurrency_per_key = config.concurrency_per_host;
    options.delivery = delivery_options(config);
    options.guard = config.targets;
    return options;
}

net::ServerOptions server_options(const Config& config) {
    net::ServerOptions options;
    options.host = config.host;
    options.port = config.port;
    options.body_bytes_max = config.body_bytes_max;
    options.connections_max = config.connections_max;
    return options;
}

Result<> check_secrets(const std::vector<std::string>& secrets) {
    for (const std::string& secret : secrets) {
        if (auto key = delivery::decode_secret(secret); !key) {
            return fail(Errc::invalid, "signing-secret: " + key.error().message);
        }
    }
    return {};
}

}  // namespace

std::string version() {
    return CARILLON_VERSION;
}

Result<std::unique_ptr<Tower>> Tower::open(const Config& config, runtime::Loop& loop, Log& log) {
    CARILLON_TRY_VOID(check_secrets(config.signing_secrets));
    CARILLON_TRY(auto database, open_store(config, loop.clock()));
    return std::unique_ptr<Tower>(new Tower(config, loop, log, std::move(database)));
}

Tower::Tower(const Config& config,
             runtime::Loop& loop,
             Log& log,
             std::unique_ptr<dynamo::EmbeddedDatabase> database)
    : config_(config),
      log_(log),
      database_(std::move(database)),
      client_(loop, pool_, client_options(config)),
      sender_(client_, loop.clock(), delivery_options(config)),
      service_(loop, *database_, sender_, random_, log, metrics_, service_options(config)),
      router_(loop, random_, log, metrics_),
      webhook_routes_(loop, service_),
      system_routes_(loop,
                     router_,
                     readiness_,
                     metrics_,
                     {.version = version(), .refresh_metrics = [this] { refresh_metrics(); }}),
      http_(loop, router_, server_options(config)) {
    router_.add(webhook_routes_.routes());
    router_.add(system_routes_.routes());
    if (config.dynamodb.port) {
        dynamodb_ = std::make_unique<dynamo::endpoint::Service>(
            loop, *database_, random_, log, endpoint_options(config.dynamodb));
    }
}

Tower::~Tower() = default;

Task<Result<>> Tower::start() {
    if (!config_.sync) {
        log_.warn("writes are acknowledged before they are on disk (no-sync)");
    }
    if (!config_.verify_tls) log_.warn("certificates of targets are not verified (no-verify-tls)");
    auto served = co_await service_.start(config_.deliver);
    if (!served) co_return std::unexpected(std::move(served).error());
    auto listening = http_.start();
    if (!listening) {
        co_return std::unexpected(with_advice(std::move(listening).error(), "--port"));
    }
    if (dynamodb_) {
        auto serving = dynamodb_->start();
        if (!serving) {
            co_return std::unexpected(with_advice(std::move(serving).error(), "--dynamodb-port"));
        }
        log_.info("serving DynamoDB's protocol", {{"url", dynamodb_->url()}});
    }
    readiness_.obstacle.clear();
    log_.info("started",
              {{"version", version()},
               {"url", http_.url()},
               {"store", config_.store},
               {"concurrency", config_.concurrency},
               {"signed", !config_.signing_secrets.empty()}});
    co_return Result<>{};
}

Task<> Tower::stop() {
    readiness_.obstacle = "stopping";
    co_await http_.stop(config_.grace);
    if (dynamodb_) co_await dynamodb_->stop(config_.grace);
    co_await service_.stop(config_.grace);
    co_await client_.close();
    log_.info("stopped");
}

void Tower::refresh_metrics() {
    const dynamo::EmbeddedStats store = database_->stats();
    const auto set = [&](std::string_view name, std::string_view help, auto value) {
        metrics_.gauge(name, help).set(static_cast<double>(value));
    };
    set("carillon_store_commits", "Commits since the start", store.groups);
    set("carillon_store_writes", "Items written since the start", store.writes);
    set("carillon_store_syncs", "Commits that waited for the disk", store.syncs);
    set("carillon_store_disk_bytes", "Size of the store's files", store.disk_bytes);
    set("carillon_store_memory_bytes", "Memory of buffers and caches", store.memory_bytes);
    set("carillon_store_full", "1 while writes are refused for lack of space", store.full ? 1 : 0);
}

}  // namespace carillon::app
