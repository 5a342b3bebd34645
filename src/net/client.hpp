// The HTTP/1.1 client: keep-alive pools per endpoint, TLS with verification, deadlines kept by a
// coarse watchdog (a timer per operation costs a third of a small request), name resolution on the
// blocking pool, and the address guard in front of every connect.

#pragma once

#include "net/address_guard.hpp"
#include "net/http.hpp"
#include "net/url.hpp"
#include "runtime/blocking.hpp"
#include "runtime/loop.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

namespace carillon::net {

struct ClientOptions {
    AddressGuard guard{};
    std::size_t connections_per_host_max = 256;  ///< Further requests wait for a free one.
    std::size_t idle_connections_max = 1'024;    ///< Over all hosts.
    Duration idle_timeout{30'000};
    Duration watchdog_interval{100};  ///< Deadlines are kept to within this.
    bool verify_tls = true;
    std::string ca_file{};  ///< PEM; empty: the system's store.
};

struct ClientRequest {
    Url url;
    std::string method = "GET";
    Headers headers{};  ///< Host, Content-Length and Connection are set by the client.
    std::string body{};
    Duration connect_timeout{5'000};  ///< Resolution, TCP and TLS together.
    Duration total_timeout{30'000};   ///< From the call to the last byte.
    std::size_t response_body_max =
        64 * 1'024;  ///< More is read (up to 16 times that) and dropped.
};

struct ClientResponse {
    int status = 0;
    Headers headers{};
    std::string body{};
    bool truncated = false;          ///< The body was longer than asked for.
    std::int64_t started_ticks = 0;  ///< When the request's first byte was sent (ns).
    std::int64_t ended_ticks = 0;
};

/// Whether the peer may have seen (part of) the request when send() failed: errors carry it,
/// because only `not_sent` may be repeated without a second delivery.
struct SendFailure final : ErrorDetail {
    explicit SendFailure(bool maybe_sent) : sent(maybe_sent) {}

    bool sent;
};

/// Lives on one loop. A kept-alive connection that the peer closed while idle is replaced once
/// without an error, if no byte of the answer had come.
class HttpClient {
public:
    /// `loop` and `pool` must outlive the client; co_await close() before it goes.
    HttpClient(runtime::Loop& loop, runtime::BlockingPool& pool, ClientOptions options);
    HttpClient(const HttpClient&) = delete;
    HttpClient& operator=(const HttpClient&) = delete;
    ~HttpClient();

    /// Any complete answer is a success, whatever its status; redirects are not followed. Errors:
    /// denied (guard), timeout, unavailable (resolution, connection, TLS; the text says which),
    /// too_large, cancelled (stopped), corrupt (not HTTP).
    [[nodiscard]] Task<Result<ClientResponse>> send(ClientRequest request,
                                                    runtime::StopToken stop = {});
    /// Ends idle connections and waits for the requests under way.
    [[nodiscard]] Task<> close();

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace carillon::net
