// The HTTP/1.1 server: one coroutine per connection, keep-alive, limits on everything that a peer
// can make large or slow, and a coarse watchdog instead of a timer per operation.

#pragma once

#include "net/http.hpp"
#include "runtime/loop.hpp"
#include "runtime/task_group.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

namespace carillon::net {

class HttpHandler {
public:
    HttpHandler() = default;
    HttpHandler(const HttpHandler&) = delete;
    HttpHandler& operator=(const HttpHandler&) = delete;
    virtual ~HttpHandler() = default;

    /// Called for each request on the server's loop, many at a time. Must not throw.
    virtual Task<ServerResponse> handle(ServerRequest& request) = 0;
    /// The body of an answer that the server gives by itself (400 malformed, 408 too slow, 413 and
    /// 431 too large, 503 too many connections): content type and text. With a helper loop also
    /// called on that one's thread.
    [[nodiscard]] virtual ServerResponse refuse(int status, const std::string& why) const = 0;
};

/// Handles requests of the helper's connections on the helper's loop, so that they never wait for
/// another thread. Must use nothing that lives on the server's own loop.
class SideHandler : public HttpHandler {
public:
    /// Called on the helper's loop. What is not taken goes to the server's handler, on its loop.
    [[nodiscard]] virtual bool takes(const ServerRequest& request) const = 0;
};

struct ServerOptions {
    std::string host = "127.0.0.1";
    std::uint16_t port = 0;  ///< 0: any free one; HttpServer::port() tells.
    std::size_t header_bytes_max = 16 * 1'024;
    std::size_t body_bytes_max = 1'024 * 1'024;
    std::size_t connections_max = 10'000;
    Duration header_timeout{
        10'000};  ///< From the first byte of a request to the end of its header.
    Duration body_timeout{60'000};
    Duration idle_timeout{75'000};  ///< Between requests of a connection.
    /// Reads and writes connections too, on a thread of its own that runs when start() is called.
    /// Handlers stay on the server's loop, but for `side`. Must outlive the server; its thread must
    /// not: join it before the server is destroyed.
    runtime::Loop* helper = nullptr;
    /// With it the loops share connections alike; without it all but the first few are the
    /// helper's, since handling them is the greater half of the work. Must outlive the server.
    SideHandler* side = nullptr;
    /// So many connections stay on the server's own loop when there is a helper: waking another
    /// thread costs a lone request more than it saves.
    std::size_t own_connections = 4;
};

/// Lives on one loop.
class HttpServer {
public:
    HttpServer(runtime::Loop& loop, HttpHandler& handler, ServerOptions options);
    HttpServer(const HttpServer&) = delete;
    HttpServer& operator=(const HttpServer&) = delete;
    ~HttpServer();

    /// Binds and listens. `unavailable` when the address is taken, `invalid` when it is none.
    [[nodiscard]] Result<> start();
    [[nodiscard]] std::uint16_t port() const;
    /// `http://HOST:PORT`
    [[nodiscard]] std::string url() const;
    /// Stops accepting, lets running requests end within `grace`, then closes all.
    [[nodiscard]] Task<> stop(Duration grace);

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace carillon::net
