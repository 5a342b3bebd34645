#include "net/client.hpp"

#include "core/check.hpp"
#include "net/connection_pool.hpp"
#include "net/exchange.hpp"
#include "net/message_writer.hpp"
#include "net/operation.hpp"
#include "net/resolver.hpp"
#include "net/tls.hpp"
#include "net/watchdog.hpp"
#include "runtime/event.hpp"
#include "runtime/task_group.hpp"

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>

namespace carillon::net {

namespace {

std::int64_t to_ticks(Duration duration) {
    // Longer than a year is as good as for ever, and cannot overflow.
    constexpr Duration longest = std::chrono::hours{24 * 366};
    return std::chrono::nanoseconds{std::clamp(duration, Duration::zero(), longest)}.count();
}

std::unexpected<Error> with_sent(Error error, bool sent) {
    error.detail = std::make_shared<const SendFailure>(sent);
    return std::unexpected(std::move(error));
}

}  // namespace

struct HttpClient::Impl {
    Impl(runtime::Loop& on, runtime::BlockingPool& pool, ClientOptions given)
        : loop(on),
          options(std::move(given)),
          watchdog(on, std::max(Duration{1}, options.watchdog_interval)),
          lookups(on),
          resolver(on, pool, lookups, options.guard),
          connections(on,
                      watchdog,
                      PoolLimits{options.connections_per_host_max,
                                 options.idle_connections_max,
                                 options.idle_timeout}),
          idle(on) {}

    /// What one call of send() knows.
    struct Call {
        ClientRequest request;
        Operation operation;
        std::int64_t total_deadline = 0;
        std::int64_t connect_ns_left = 0;
        bool sent = false;
    };

    Task<Result<ClientResponse>> run(Call& call);
    Task<Result<ClientResponse>> run_in(Call& call, Endpoint& endpoint, const Addresses& addresses);
    Task<Result<Addresses>> find_addresses(Call& call);
    Task<Result<std::unique_ptr<Connection>>> connect(Call& call, const Addresses& addresses);
    Task<Result<>> connect_to(Call& call, Connection& connection, const IpAddress& address);
    Result<const TlsContext*> tls();
    static Error ended(const Call& call, const std::string& what);

    runtime::Loop& loop;
    ClientOptions options;
    Watchdog watchdog;
    runtime::TaskGroup lookups;
    Resolver resolver;
    ConnectionPool connections;
    std::unique_ptr<TlsContext> tls_context;
    std::size_t running = 0;
    bool closing = false;
    runtime::Event idle;
};

/// Why an interrupted call ended.
Error HttpClient::Impl::ended(const Call& call, const std::string& what) {
    if (call.operation.stopped()) return Error{Errc::cancelled, "stopped"};
    return Error{Errc::timeout, what};
}

Result<const TlsContext*> HttpClient::Impl::tls() {
    // Made at the first use: most clients never need it, and reading the system's store is slow.
    if (!tls_context) {
        const TlsOptions tls_options{options.verify_tls, options.ca_file};
        CARILLON_TRY(tls_context, TlsContext::open(tls_options));
    }
    return tls_context.get();
}

Task<Result<Addresses>> HttpClient::Impl::find_addresses(Call& call) {
    const std::int64_t started = watchdog.now();
    call.operation.watch_until(std::min(call.total_deadline, started + call.connect_ns_left));
    Result<Addresses> found = co_await resolver.resolve(call.request.url.host, call.operation);
    call.connect_ns_left -= watchdog.now() - started;
    co_return found;
}

Task<Result<>> HttpClient::Impl::connect_to(Call& call,
                                            Connection& connection,
                                            const IpAddress& address) {
    const Url& url = call.request.url;
    const std::string name = (address.v6 ? "[" + address.to_string() + "]" : address.to_string()) +
                             ":" + std::to_string(url.port);
    connection.address = address;
    const IoError error = co_await connection.stream.connect(address, url.port);
    if (call.operation.interrupted()) {
        co_return std::unexpected(ended(call, "connecting to " + name + " took too long"));
    }
    if (error) {
        co_return fail(Errc::unavailable, "cannot connect to " + name + ": " + error.message());
    }
    if (!url.tls) co_return Result<>{};
    CARILLON_CO_TRY(const TlsContext* context, tls());
    Result<> shaken = co_await connection.stream.handshake(*context, url.host);
    if (call.operation.interrupted()) {
        co_return std::unexpected(ended(call, "the TLS handshake with " + name + " took too long"));
    }
    co_return shaken;
}

Task<Result<std::unique_ptr<Connection>>> HttpClient::Impl::connect(Call& call,
                                                                    const Addresses& addresses) {
    const std::int64_t deadline = std::min(
        call.total_deadline, watchdog.now() + std::max<std::int64_t>(0, call.connect_ns_left));
    Result<> connected = fail(Errc::timeout, "no time was left to connect");
    for (std::size_t i = 0; i < addresses->size(); ++i) {
        // Each address gets an equal share of what is left, so that one that swallows everything
        // does not cost the others their chance.
        const std::int64_t left = deadline - watchdog.now();
        if (left <= 0 || call.operation.stopped()) break;
        const auto share = static_cast<std::int64_t>(addresses->size() - i);
        auto connection = std::make_unique<Connection>(loop);
        call.operation.watch_until(watchdog.now() + left / share);
        call.operation.stream = &connection->stream;
        const IpAddress address = (*addresses)[i];
        connected = co_await connect_to(call, *connection, address);
        call.operation.stream = nullptr;
        if (connected) co_return connection;
    }
    if (call.operation.stopped()) co_return fail(Errc::cancelled, "stopped");
    co_return std::unexpected(std::move(connected).error());
}

/// Runs with a place of the host's limit.
Task<Result<ClientResponse>> HttpClient::Impl::run_in(Call& call,
                                                      Endpoint& endpoint,
                                                      const Addresses& addresses) {
    std::unique_ptr<Connection> connection = connections.take_idle(endpoint, addresses);
    for (;;) {
        const bool reused = connection != nullptr;
        if (!connection) {
            CARILLON_CO_TRY(connection, co_await connect(call, addresses));
        }
        call.operation.watch_until(call.total_deadline);
        call.operation.stream = &connection->stream;
        ExchangeOutcome outcome =
            co_await exchange(loop.clock(), *connection, call.request, reused);
        call.operation.stream = nullptr;
        call.sent = call.sent || connection->stream.has_written();
        if (outcome.result) {
            if (outcome.keep_alive && !closing && !call.operation.interrupted()) {
                connections.keep(endpoint, std::move(connection));
            }
            co_return std::move(outcome.result);
        }
        connection.reset();
        if (call.operation.interrupted()) {
            co_return std::unexpected(ended(call, "no complete answer came in time"));
        }
        // The fresh connection that follows is not "reused": this happens once.
        if (!outcome.stale) co_return std::move(outcome.result);
    }
}

Task<Result<ClientResponse>> HttpClient::Impl::run(Call& call) {
    CARILLON_CO_TRY_VOID(check_request(call.request));
    std::optional<Addresses> addresses = resolver.known(call.request.url.host);
    if (!addresses) {
        CARILLON_CO_TRY(addresses, co_await find_addresses(call));
    }
    Endpoint* endpoint = connections.try_enter(call.request.url);
    if (endpoint == nullptr) {
        call.operation.watch_until(call.total_deadline);
        endpoint = co_await connections.wait_for_place(call.request.url, call.operation);
        if (endpoint == nullptr) {
            co_return std::unexpected(ended(call, "no connection to the host became free in time"));
        }
    }
    Result<ClientResponse> result = co_await run_in(call, *endpoint, *addresses);
    connections.leave(*endpoint);
    co_return result;
}

HttpClient::HttpClient(runtime::Loop& loop, runtime::BlockingPool& pool, ClientOptions options)
    : impl_(std::make_unique<Impl>(loop, pool, std::move(options))) {}

HttpClient::~HttpClient() {
    CARILLON_CHECK(impl_->running == 0);
}

Task<Result<ClientResponse>> HttpClient::send(ClientRequest request, runtime::StopToken stop) {
    Impl& impl = *impl_;
    if (stop.stop_requested() || impl.closing) {
        co_return with_sent(Error{Errc::cancelled, "stopped"}, false);
    }
    Impl::Call call;
    call.request = std::move(request);
    call.total_deadline = impl.watchdog.now() + to_ticks(call.request.total_timeout);
    call.connect_ns_left = to_ticks(call.request.connect_timeout);
    call.operation.watch_until(call.total_deadline);
    impl.watchdog.add(call.operation);
    const runtime::StopCallback on_stop = stop.on_stop([&call] { call.operation.stop(); });

    ++impl.running;
    Result<ClientResponse> result = co_await impl.run(call);
    if (--impl.running == 0) impl.idle.set();
    if (!result) co_return with_sent(std::move(result).error(), call.sent);
    co_return result;
}

Task<> HttpClient::close() {
    impl_->closing = true;
    impl_->connections.close_idle();
    while (impl_->running > 0) (void)co_await impl_->idle.wait();
    co_await impl_->lookups.join();
}

}  // namespace carillon::net
