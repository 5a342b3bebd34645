#include "library/engine.hpp"

#include "core/check.hpp"
#include "library/line_log.hpp"

#include <algorithm>
#include <string_view>

namespace carillon::library {
namespace {

constexpr std::size_t connections_per_host_min = 16;

Result<dynamo::EmbeddedOptions> store_options(const SchedulerOptions& given) {
    dynamo::EmbeddedOptions options;
    options.sync = given.sync;
    std::string_view url = given.store;
    constexpr std::string_view scheme = "embedded:";
    if (url == "memory:") {
        options.memory = true;
    } else if (url.starts_with(scheme)) {
        url.remove_prefix(scheme.size());
        if (url.starts_with("//")) url.remove_prefix(2);
        options.directory = std::string(url);
    }
    if (!options.memory && options.directory.empty()) {
        return invalid("store", "must be embedded:DIRECTORY or memory:");
    }
    return options;
}

webhooks::ServiceOptions service_options(const SchedulerOptions& given, net::AddressGuard guard) {
    webhooks::ServiceOptions options;
    options.table = given.table;
    options.id_prefix = given.id_prefix;
    options.backoff.base = given.retry_base;
    options.backoff.cap = given.retry_cap;
    options.queue.concurrency = given.concurrency;
    options.queue.concurrency_per_key = given.concurrency_per_host;
    options.delivery.connect_timeout = std::min(given.connect_timeout, given.timeout);
    options.delivery.total_timeout = given.timeout;
    options.delivery.user_agent = "Carillon/" CARILLON_VERSION;
    options.delivery.signing_secrets = given.signing_secrets;
    options.guard = std::move(guard);
    return options;
}

net::ClientOptions client_options(const SchedulerOptions& given, net::AddressGuard guard) {
    net::ClientOptions options;
    options.guard = std::move(guard);
    options.connections_per_host_max = std::max(given.concurrency, connections_per_host_min);
    options.ca_file = given.ca_file;
    return options;
}

Result<> check(const SchedulerOptions& given) {
    constexpr std::chrono::milliseconds zero{0};
    if (given.concurrency == 0) return invalid("concurrency", "must be at least 1");
    if (given.timeout <= zero) return invalid("timeout", "must be greater than 0");
    if (given.connect_timeout <= zero) return invalid("connect_timeout", "must be greater than 0");
    if (given.retry_base <= zero) return invalid("retry_base", "must be greater than 0");
    if (given.retry_cap < given.retry_base) {
        return invalid("retry_cap", "must not be less than retry_base");
    }
    return {};
}

}  // namespace

Result<std::unique_ptr<Engine>> Engine::open(const SchedulerOptions& options) {
    CARILLON_TRY_VOID(check(options));
    CARILLON_TRY(const dynamo::EmbeddedOptions store, store_options(options));
    auto guard = net::AddressGuard::parse(options.allow_targets);
    if (!guard) return invalid("allow_targets", guard.error().message);
    auto clock = std::make_unique<runtime::SystemClock>();
    CARILLON_TRY(auto database, dynamo::open_embedded(store, *clock));
    std::unique_ptr<Engine> engine(
        new Engine(options, *std::move(guard), std::move(database), std::move(clock)));
    CARILLON_TRY_VOID(engine->run(&Engine::start_service, false));
    return engine;
}

Engine::Engine(const SchedulerOptions& options,
               net::AddressGuard guard,
               std::unique_ptr<dynamo::EmbeddedDatabase> database,
               std::unique_ptr<runtime::SystemClock> clock)
    : clock_(std::move(clock)),
      log_(std::make_unique<LineLog>(options.log)),
      service_options_(service_options(options, guard)),
      loop_(*clock_),
      database_(std::move(database)),
      group_(loop_),
      client_(std::in_place, loop_, pool_, client_options(options, std::move(guard))),
      sender_(std::in_place, *client_, *clock_, service_options_.delivery),
      service_(make_service()),
      thread_([this] { loop_.run(); }) {}

Engine::~Engine() {
    stop(Duration{0});
    const Result<> closed = run(&Engine::close);
    CARILLON_CHECK(closed.has_value());
    loop_.post([this] { end(); });
    thread_.join();
    // Before the loop, to which its threads answer.
    database_.reset();
}

/// The last thing on the loop: what tasks have answered may still have a step to go.
void Engine::end() {
    if (group_.size() > 0) {
        loop_.post([this] { end(); });
        return;
    }
    service_.reset();
    sender_.reset();
    client_.reset();
    loop_.stop();
}

std::shared_ptr<webhooks::Service> Engine::make_service() {
    return std::make_shared<webhooks::Service>(
        loop_, *database_, *sender_, random_, *log_, metrics_, service_options_);
}

Result<> Engine::start() {
    const std::scoped_lock lock(changing_);
    if (working_) return {};
    CARILLON_TRY_VOID(run(&Engine::start_service, true));
    working_ = true;
    return {};
}

void Engine::stop(Duration grace) {
    const std::scoped_lock lock(changing_);
    const Result<> stopped = run(&Engine::stop_service, grace);
    CARILLON_CHECK(stopped.has_value());
    working_ = false;
}

Task<Result<>> Engine::start_service(bool work) {
    co_return co_await service_->start(work);
}

Task<Result<>> Engine::stop_service(Duration grace) {
    // Calls that come meanwhile go to the next one already.
    const std::shared_ptr<webhooks::Service> old = service_;
    service_ = make_service();
    co_await old->stop(grace);
    co_return Result<>{};
}

Task<Result<>> Engine::close() {
    co_await client_->close();
    co_return Result<>{};
}

}  // namespace carillon::library
