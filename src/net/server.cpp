#include "net/server.hpp"

#include "core/check.hpp"
#include "net/address_guard.hpp"
#include "net/server_connection.hpp"
#include "net/server_relay.hpp"
#include "runtime/oneshot.hpp"
#include "runtime/stop.hpp"

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <list>
#include <optional>
#include <utility>

namespace carillon::net {

namespace {

using Acceptor = asio::basic_socket_acceptor<asio::ip::tcp, Executor>;
using TcpEndpoint = asio::ip::tcp::endpoint;

/// How long accepting rests when the process has no descriptor or memory left: the waiting peers
/// stay in the system's queue, and the loop does not spin.
constexpr Duration accept_pause{50};
/// Refusing politely costs a connection too.
constexpr std::size_t turned_away_max = 64;

/// A quarter of the shortest limit, so that none is overrun by more than that.
Duration sweep_interval(const ServerOptions& options) {
    const Duration shortest =
        std::min({options.header_timeout, options.body_timeout, options.idle_timeout});
    return std::clamp(shortest / 4, Duration{10}, Duration{250});
}

std::string peer_name(const TcpEndpoint& peer) {
    if (peer.address().is_v4()) {
        return peer.address().to_string() + ":" + std::to_string(peer.port());
    }
    return "[" + peer.address().to_string() + "]:" + std::to_string(peer.port());
}

Result<TcpEndpoint> listen_endpoint(std::string_view host, std::uint16_t port) {
    if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
    boost::system::error_code error;
    const std::string text = host == "localhost" ? "127.0.0.1" : std::string(host);
    const auto address = asio::ip::make_address(text, error);
    if (error) return fail(Errc::invalid, "'" + std::string(host) + "' is not an IP address");
    return TcpEndpoint(address, port);
}

/// Errors of accept() that concern one peer only.
bool is_peers_fault(const boost::system::error_code& error) {
    return error == asio::error::connection_aborted || error == asio::error::interrupted ||
           error == asio::error::connection_reset || error == asio::error::try_again ||
           error == boost::system::errc::protocol_error;
}

}  // namespace

namespace {

/// The connections of one loop. Used on that loop only, once it runs.
struct Wing {
    Wing(runtime::Loop& on, HttpHandler& with, const ServerOptions& options)
        : loop(on),
          watchdog(on, sweep_interval(options)),
          group(on),
          context{on, with, options, watchdog, DateHeader(on.clock())} {}

    /// No further request is begun; when `grace` is over, connections are closed.
    Task<> finish(Duration grace) {
        context.stopping = true;
        group.request_stop();
        for (ServerConnection* connection : connections) connection->finish();
        const Duration wait = std::max(grace, Duration{0});
        const std::int64_t end = loop.clock().ticks() + std::chrono::nanoseconds{wait}.count();
        const std::uint64_t timer = loop.call_at(end, [this] {
            for (ServerConnection* connection : connections) connection->close();
        });
        co_await group.join();
        loop.cancel_timer(timer);
    }

    runtime::Loop& loop;
    Watchdog watchdog;
    runtime::TaskGroup group;
    ServerContext context;
    std::list<ServerConnection*> connections{};
};

}  // namespace

struct HttpServer::Impl {
    Impl(runtime::Loop& on, HttpHandler& with, ServerOptions given)
        : loop(on), options(std::move(given)), home(on, with, options), acceptor(on.executor()) {
        if (options.helper == nullptr) return;
        relay.emplace(on, *options.helper, with, options.side);
        side.emplace(*options.helper, *relay, options);
        side_end.emplace(*options.helper);
    }

    Result<> open();
    [[nodiscard]] bool goes_aside() const;
    Task<> accept();
    void begin(Socket socket, const TcpEndpoint& peer);
    void begin_aside(Socket socket, const TcpEndpoint& peer);
    Task<> run(Wing& wing, Socket socket, std::string peer, bool welcome);
    Task<> run_aside(Socket socket, std::string peer);
    Task<> finish_side(Duration grace);
    Task<> end_side(Duration grace, runtime::Resume<bool> resume);

    runtime::Loop& loop;
    ServerOptions options;
    Wing home;
    Acceptor acceptor;
    // Of both wings.
    std::atomic<std::size_t> served = 0;
    std::atomic<std::size_t> turned_away = 0;
    std::atomic<std::size_t> aside = 0;  ///< Served by the helper.
    std::string host;
    std::uint16_t port = 0;

    // With a helper loop.
    std::optional<ServerRelay> relay;
    std::optional<Wing> side;
    std::optional<runtime::TaskGroup> side_end;  ///< Ends the wing; on its loop.
};

Result<> HttpServer::Impl::open() {
    CARILLON_TRY(const TcpEndpoint wanted, listen_endpoint(options.host, options.port));
    boost::system::error_code error;
    acceptor.open(wanted.protocol(), error);
    if (!error) acceptor.set_option(Acceptor::reuse_address(true), error);
    if (!error && wanted.address().is_v6()) {
        boost::system::error_code ignored;
        acceptor.set_option(asio::ip::v6_only(false), ignored);
    }
    if (!error) acceptor.bind(wanted, error);
    if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
    if (!error) port = acceptor.local_endpoint(error).port();
    if (error) {
        boost::system::error_code ignored;
        acceptor.close(ignored);
        return fail(Errc::unavailable,
                    "cannot listen on " + peer_name(wanted) + ": " + error.message());
    }
    host = wanted.address().to_string();
    return {};
}

Task<> HttpServer::Impl::accept() {
    while (!home.context.stopping) {
        Socket socket(loop.executor());
        TcpEndpoint peer;
        boost::system::error_code error;
        co_await acceptor.async_accept(
            socket, peer, asio::redirect_error(asio::use_awaitable_t<Executor>{}, error));
        if (home.context.stopping) co_return;
        if (!error) {
            begin(std::move(socket), peer);
        } else if (!is_peers_fault(error)) {
            (void)co_await loop.sleep_for(accept_pause, home.group.stop_token());
        }
    }
}

/// Whether the next connection is the helper's.
bool HttpServer::Impl::goes_aside() const {
    const std::size_t own = home.connections.size();
    if (!side || own < options.own_connections) return false;
    return options.side == nullptr || aside <= own;
}

void HttpServer::Impl::begin(Socket socket, const TcpEndpoint& peer) {
    boost::system::error_code ignored;
    socket.set_option(asio::ip::tcp::no_delay(true), ignored);
    const bool welcome = served < options.connections_max;
    std::atomic<std::size_t>& count = welcome ? served : turned_away;
    if (!welcome && turned_away >= turned_away_max) return;
    ++count;
    if (welcome && goes_aside()) {
        begin_aside(std::move(socket), peer);
    } else {
        home.group.spawn(run(home, std::move(socket), peer_name(peer), welcome));
    }
}

void HttpServer::Impl::begin_aside(Socket socket, const TcpEndpoint& peer) {
    boost::system::error_code error;
    const auto handle = socket.release(error);
    if (error) {
        --served;
        return;
    }
    ++aside;
    // An open socket again at once, so that it is closed if the helper's loop has ended.
    Socket moved(side->loop.executor(), peer.protocol(), handle);
    asio::post(side->loop.context(), [this, peer, socket = std::move(moved)]() mutable {
        side->group.spawn(run_aside(std::move(socket), peer_name(peer)));
    });
}

Task<> HttpServer::Impl::run(Wing& wing, Socket socket, std::string peer, bool welcome) {
    ServerConnection connection(wing.context, std::move(socket), std::move(peer));
    const auto place = wing.connections.insert(wing.connections.end(), &connection);
    if (welcome) {
        co_await connection.serve();
        --served;
    } else {
        co_await connection.turn_away(503, "too many connections");
        --turned_away;
    }
    wing.connections.erase(place);
}

Task<> HttpServer::Impl::run_aside(Socket socket, std::string peer) {
    co_await run(*side, std::move(socket), std::move(peer), true);
    --aside;
}

/// Ends the helper's connections, and waits for that on the server's own loop.
Task<> HttpServer::Impl::finish_side(Duration grace) {
    if (!side) co_return;
    auto start = [this, grace](runtime::Resume<bool> resume) {
        asio::post(side->loop.context(), [this, grace, resume = std::move(resume)]() mutable {
            side_end->spawn(end_side(grace, std::move(resume)));
        });
    };
    (void)co_await runtime::suspend<bool>(std::move(start));
    co_await relay->join();
}

Task<> HttpServer::Impl::end_side(Duration grace, runtime::Resume<bool> resume) {
    co_await side->finish(grace);
    asio::post(loop.context(), [resume = std::move(resume)]() mutable { std::move(resume)(true); });
}

HttpServer::HttpServer(runtime::Loop& loop, HttpHandler& handler, ServerOptions options)
    : impl_(std::make_unique<Impl>(loop, handler, std::move(options))) {}

HttpServer::~HttpServer() = default;

Result<> HttpServer::start() {
    CARILLON_CHECK(!impl_->acceptor.is_open());
    CARILLON_TRY_VOID(impl_->open());
    impl_->home.group.spawn(impl_->accept());
    return {};
}

std::uint16_t HttpServer::port() const {
    return impl_->port;
}

std::string HttpServer::url() const {
    const bool bracketed = impl_->host.find(':') != std::string::npos;
    return "http://" + (bracketed ? "[" + impl_->host + "]" : impl_->host) + ":" +
           std::to_string(impl_->port);
}

Task<> HttpServer::stop(Duration grace) {
    Impl& impl = *impl_;
    // Without a socket nothing was begun, on no loop; the helper's may not even run.
    if (!impl.acceptor.is_open()) co_return;
    boost::system::error_code ignored;
    impl.home.context.stopping = true;
    impl.acceptor.close(ignored);
    runtime::TaskGroup both(impl.loop);
    both.spawn(impl.finish_side(grace));
    co_await impl.home.finish(grace);
    co_await both.join();
}

}  // namespace carillon::net
