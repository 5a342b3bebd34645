#include "net/server.hpp"

#include "core/check.hpp"
#include "net/address_guard.hpp"
#include "net/server_connection.hpp"
#include "runtime/stop.hpp"

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <chrono>
#include <list>
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

struct HttpServer::Impl {
    Impl(runtime::Loop& on, HttpHandler& with, ServerOptions given)
        : loop(on),
          options(std::move(given)),
          watchdog(on, sweep_interval(options)),
          group(on),
          acceptor(on.executor()),
          context{on, with, options, watchdog, DateHeader(on.clock())} {}

    Result<> open();
    Task<> accept();
    void begin(Socket socket, const TcpEndpoint& peer);
    Task<> run(Socket socket, std::string peer, bool welcome);

    runtime::Loop& loop;
    ServerOptions options;
    Watchdog watchdog;
    runtime::TaskGroup group;
    Acceptor acceptor;
    ServerContext context;
    std::list<ServerConnection*> connections;
    std::size_t served = 0;
    std::size_t turned_away = 0;
    std::string host;
    std::uint16_t port = 0;
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
    while (!context.stopping) {
        Socket socket(loop.executor());
        TcpEndpoint peer;
        boost::system::error_code error;
        co_await acceptor.async_accept(
            socket, peer, asio::redirect_error(asio::use_awaitable_t<Executor>{}, error));
        if (context.stopping) co_return;
        if (!error) {
            begin(std::move(socket), peer);
        } else if (!is_peers_fault(error)) {
            (void)co_await loop.sleep_for(accept_pause, group.stop_token());
        }
    }
}

void HttpServer::Impl::begin(Socket socket, const TcpEndpoint& peer) {
    boost::system::error_code ignored;
    socket.set_option(asio::ip::tcp::no_delay(true), ignored);
    const bool welcome = served < options.connections_max;
    std::size_t& count = welcome ? served : turned_away;
    if (!welcome && turned_away >= turned_away_max) return;
    ++count;
    group.spawn(run(std::move(socket), peer_name(peer), welcome));
}

Task<> HttpServer::Impl::run(Socket socket, std::string peer, bool welcome) {
    ServerConnection connection(context, std::move(socket), std::move(peer));
    const auto place = connections.insert(connections.end(), &connection);
    if (welcome) {
        co_await connection.serve();
        --served;
    } else {
        co_await connection.turn_away(503, "too many connections");
        --turned_away;
    }
    connections.erase(place);
}

HttpServer::HttpServer(runtime::Loop& loop, HttpHandler& handler, ServerOptions options)
    : impl_(std::make_unique<Impl>(loop, handler, std::move(options))) {}

HttpServer::~HttpServer() = default;

Result<> HttpServer::start() {
    CARILLON_CHECK(!impl_->acceptor.is_open());
    CARILLON_TRY_VOID(impl_->open());
    impl_->group.spawn(impl_->accept());
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
    impl.context.stopping = true;
    impl.group.request_stop();
    boost::system::error_code ignored;
    impl.acceptor.close(ignored);
    for (ServerConnection* connection : impl.connections) connection->finish();
    const std::int64_t end =
        impl.loop.clock().ticks() + std::chrono::nanoseconds{std::max(grace, Duration{0})}.count();
    const std::uint64_t timer = impl.loop.call_at(end, [&impl] {
        for (ServerConnection* connection : impl.connections) connection->close();
    });
    co_await impl.group.join();
    impl.loop.cancel_timer(timer);
}

}  // namespace carillon::net
