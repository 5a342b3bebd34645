// One connection to a broker, with a deadline over whatever it waits for, and its making.
//
// Brokers' protocols (NATS, Redis, AMQP) are written once over this: bytes out, lines or counted
// bytes in. Everything runs on the publisher's loop: no library's threads, no locks.

#pragma once

#include "bus/broker_url.hpp"
#include "net/operation.hpp"
#include "net/resolver.hpp"
#include "net/stream.hpp"
#include "net/tls.hpp"
#include "runtime/blocking.hpp"
#include "runtime/loop.hpp"
#include "runtime/task_group.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace carillon::bus {

/// Not thread-safe. After an error it is of no more use.
class Connection {
public:
    Connection(runtime::Loop& loop, HostPort peer);
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;
    ~Connection();

    /// Every wait from now on ends, as `timeout`, once `limit` has passed; a later call replaces
    /// it.
    void limit_to(Duration limit);
    /// No limit, while nothing is waited for.
    void lift_limit();

    [[nodiscard]] Task<Result<>> connect(net::Resolver& resolver);
    [[nodiscard]] Task<Result<>> start_tls(const net::TlsContext& context);

    /// `bytes` must stay until it returns.
    [[nodiscard]] Task<Result<>> write(std::string_view bytes);
    /// The next line without its CR LF; `corrupt` when it is longer than `bytes_max`. The view is
    /// valid until the next read.
    [[nodiscard]] Task<Result<std::string_view>> read_line(std::size_t bytes_max = 64 * 1'024);
    /// Exactly so many bytes. The view is valid until the next read.
    [[nodiscard]] Task<Result<std::string_view>> read_bytes(std::size_t count);

    /// The peer has closed, or said something unasked; or bytes of it are left over.
    [[nodiscard]] bool is_stale();
    void close();

private:
    Task<Result<>> read_more();
    [[nodiscard]] std::unexpected<Error> lost(const std::string& what) const;

    runtime::Loop& loop_;
    HostPort peer_;
    net::Stream stream_;
    net::Operation operation_;
    std::uint64_t timer_ = 0;
    std::string buffer_;
    std::size_t read_ = 0;  ///< So much of the buffer was handed out.
};

/// Makes connections. Lives on one loop.
class Dialer {
public:
    Dialer(runtime::Loop& loop, runtime::BlockingPool& pool, net::TlsOptions tls);
    ~Dialer();
    Dialer(const Dialer&) = delete;
    Dialer& operator=(const Dialer&) = delete;

    /// `limit` is over this and stays set. Brokers are configured by whoever runs the server: their
    /// addresses are not guarded.
    [[nodiscard]] Task<Result<std::unique_ptr<Connection>>> dial(HostPort peer, Duration limit);
    [[nodiscard]] Result<const net::TlsContext*> tls();
    /// Waits for name lookups. Call it before the dialer goes.
    [[nodiscard]] Task<> close();

private:
    runtime::Loop& loop_;
    runtime::TaskGroup lookups_;
    net::Resolver resolver_;
    net::TlsOptions tls_options_;
    std::unique_ptr<net::TlsContext> tls_;
};

}  // namespace carillon::bus
