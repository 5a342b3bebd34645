#include "app/wire.hpp"

#include "app/dynamodb.hpp"
#include "delivery/signature.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <unistd.h>
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
    options.signing_keys = config.signing_keys;
    return options;
}

/// Who holds leases: this process, and no other that was or will be.
std::string owner_name(Random& random) {
    std::string host(256, '\0');
    if (gethostname(host.data(), host.size() - 1) != 0) host = "host";
    host.resize(std::strlen(host.c_str()));
    return fmt::format("{}-{}-{:08x}", host, getpid(), random.next() & 0xffffffffU);
}

/// A store that several servers share: what one of them holds the others cannot do, and every look
/// costs a request.
void share(queue::QueueOptions& options, Random& random) {
    options.owner = owner_name(random);
    options.claim_batch = 100;
    options.held_max = 400;
    options.held_per_key_max = 200;
    options.settle_batch = 200;
}

webhooks::ServiceOptions service_options(const Config& config, const Store& store, Random& random) {
    webhooks::ServiceOptions options;
    options.table = config.table;
    options.id_prefix = config.id_prefix;
    options.backoff.base = config.retry_base;
    options.backoff.cap = config.retry_cap;
    options.queue.concurrency = config.concurrency;
    options.queue.concurrency_per_key = config.concurrency_per_host;
    if (store.remote != nullptr) {
        options.layout = store.seed_layout ? webhooks::Layout::seed : webhooks::Layout::spread;
        share(options.queue, random);
    }
    options.delivery = delivery_options(config);
    options.guard = config.targets;
    return options;
}

schedules::ServiceOptions schedule_options(const Config& config,
                                           const Store& store,
                                           Random& random) {
    schedules::ServiceOptions options;
    options.default_tz = config.default_tz;
    options.queue.concurrency = config.concurrency;
    if (store.remote != nullptr) share(options.queue, random);
    options.server = store.remote != nullptr ? options.queue.owner : owner_name(random);
    options.delivery = delivery_options(config);
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

Result<> check_secrets(const std::string& setting, const std::vector<std::string>& secrets) {
    for (const std::string& secret : secrets) {
        if (auto key = delivery::decode_secret(secret); !key) {
            return fail(Errc::invalid, setting + ": " + key.error().message);
        }
    }
    return {};
}

}  // namespace

std::string version() {
    return CARILLON_VERSION;
}

Result<std::unique_ptr<Tower>> Tower::open(const Config& config, runtime::Loop& loop, Log& log) {
    CARILLON_TRY_VOID(check_secrets("signing-secret", config.signing_secrets));
    for (const auto& [name, secrets] : config.signing_keys) {
        CARILLON_TRY_VOID(check_secrets("signing-keys: " + name, secrets));
    }
    auto basis = std::make_unique<Basis>();
    CARILLON_TRY(Store store, open_any_store(config, loop, basis->pool, basis->random, log));
    std::unique_ptr<Tower> tower(new Tower(config, loop, log, std::move(basis), std::move(store)));
    CARILLON_TRY(
        tower->publishing_,
        Publishing::open(
            config, loop, tower->basis_->pool, tower->basis_->random, log, tower->sender_));
    tower->add_schedules(loop);
    CARILLON_TRY_VOID(tower->add_outbox(loop));
    CARILLON_TRY_VOID(tower->add_layers(loop));
    return tower;
}

void Tower::add_schedules(runtime::Loop& loop) {
    if (!schedules_wanted(config_, store_.remote != nullptr)) return;
    schedules_ =
        std::make_unique<ScheduleWiring>(config_,
                                         loop,
                                         *store_.database,
                                         sender_,
                                         publishing_->publisher(),
                                         basis_->random,
                                         log_,
                                         metrics_,
                                         schedule_options(config_, store_, basis_->random));
    router_.add(schedules_->routes());
}

Result<> Tower::add_outbox(runtime::Loop& loop) {
    if (!outbox_wanted(config_, store_.remote != nullptr)) return {};
    std::string owner = store_.remote == nullptr ? "" : owner_name(basis_->random);
    CARILLON_TRY(outbox_,
                 OutboxWiring::make(config_,
                                    loop,
                                    *store_.database,
                                    publishing_->publishers(),
                                    basis_->random,
                                    log_,
                                    metrics_,
                                    std::move(owner)));
    router_.add(outbox_->routes().routes());
    return {};
}

Result<> Tower::add_layers(runtime::Loop& loop) {
    if (config_.layers.empty()) return {};
    CARILLON_TRY(layers_,
                 LayerWiring::make(config_,
                                   loop,
                                   *store_.database,
                                   basis_->pool,
                                   basis_->random,
                                   log_,
                                   metrics_,
                                   owner_name(basis_->random)));
    router_.add(layers_->routes());
    return {};
}

Tower::Tower(
    const Config& config, runtime::Loop& loop, Log& log, std::unique_ptr<Basis> basis, Store store)
    : config_(config),
      log_(log),
      basis_(std::move(basis)),
      store_(std::move(store)),
      client_(loop, basis_->pool, client_options(config)),
      sender_(client_, loop.clock(), delivery_options(config)),
      service_(loop,
               *store_.database,
               sender_,
               basis_->random,
               log,
               metrics_,
               service_options(config, store_, basis_->random)),
      router_(loop, basis_->random, log, metrics_),
      webhook_routes_(loop, service_),
      system_routes_(loop,
                     router_,
                     readiness_,
                     metrics_,
                     {.version = version(), .refresh_metrics = [this] { refresh_metrics(); }}),
      http_(loop, router_, server_options(config)) {
    router_.add(webhook_routes_.routes());
    router_.add(system_routes_.routes());
    if (store_.seed_layout && config.deliver) {
        webhooks::AdopterOptions options{.table = config.table};
        adopter_ =
            std::make_unique<webhooks::Adopter>(loop, *store_.database, log, std::move(options));
    }
    if (config.dynamodb.port) {
        auto options = endpoint_options(config.dynamodb);
        if (store_.embedded != nullptr) {
            const auto url = parse_store_url(config.store);
            maintenance_ = std::make_unique<StoreMaintenance>(
                loop, *store_.embedded, url ? url->directory : std::string());
            options.endpoint.maintenance = maintenance_.get();
        }
        dynamodb_ = std::make_unique<dynamo::endpoint::Service>(
            loop, *store_.database, basis_->random, log, std::move(options));
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
    if (schedules_) {
        CARILLON_CO_TRY_VOID(co_await schedules_->start());
    } else {
        log_.info("there are no schedules here; schedules = true makes their tables in this store");
    }
    if (outbox_) CARILLON_CO_TRY_VOID(co_await outbox_->start());
    if (layers_) CARILLON_CO_TRY_VOID(co_await layers_->start());
    if (adopter_) adopter_->start();
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
    if (maintenance_) maintenance_->stop();
    co_await http_.stop(config_.grace);
    if (dynamodb_) co_await dynamodb_->stop(config_.grace);
    if (adopter_) co_await adopter_->stop();
    if (layers_) co_await layers_->stop();
    if (outbox_) co_await outbox_->stop();
    if (schedules_) co_await schedules_->stop();
    co_await service_.stop(config_.grace);
    co_await publishing_->close();
    co_await client_.close();
    co_await store_.close();
    log_.info("stopped");
}

void Tower::refresh_metrics() {
    const auto set = [&](std::string_view name, std::string_view help, auto value) {
        metrics_.gauge(name, help).set(static_cast<double>(value));
    };
    if (store_.remote != nullptr) {
        const dynamo::RemoteStats remote = store_.remote->stats();
        set("carillon_store_calls", "Requests of the store's server", remote.calls);
        set("carillon_store_attempts", "Attempts of those requests", remote.attempts);
        set("carillon_store_throttled", "Attempts refused for their rate", remote.throttled);
        set("carillon_store_unclear", "Attempts whose answer was lost", remote.unclear);
    }
    if (store_.embedded == nullptr) return;
    const dynamo::EmbeddedStats store = store_.embedded->stats();
    set("carillon_store_commits", "Commits since the start", store.groups);
    set("carillon_store_writes", "Items written since the start", store.writes);
    set("carillon_store_syncs", "Commits that waited for the disk", store.syncs);
    set("carillon_store_disk_bytes", "Size of the store's files", store.disk_bytes);
    set("carillon_store_memory_bytes", "Memory of buffers and caches", store.memory_bytes);
    set("carillon_store_full", "1 while writes are refused for lack of space", store.full ? 1 : 0);
}

}  // namespace carillon::app
