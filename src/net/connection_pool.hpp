// Connections of the client to reuse, and the limit of how many a host gets.
//
// A connection belongs to the address that was checked when it was made: it is reused only while
// the name still means that address. The most recently used one is taken first, so that the others
// can grow old and be closed.

#pragma once

#include "net/operation.hpp"
#include "net/read_buffer.hpp"
#include "net/resolver.hpp"
#include "net/stream.hpp"
#include "net/url.hpp"
#include "net/watchdog.hpp"
#include "runtime/loop.hpp"

#include <cstddef>
#include <list>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

namespace carillon::net {

class ConnectionPool;

/// One connection; watched while it is idle.
class Connection final : public Watched {
public:
    explicit Connection(runtime::Loop& loop) : stream(loop) {}

    Stream stream;
    IpAddress address;
    ReadBuffer buffer{8 * 1'024, 128 * 1'024};
    std::string head;  ///< Kept for its memory.

    void overdue() override;

private:
    friend class ConnectionPool;
    ConnectionPool* pool_ = nullptr;
    struct Endpoint* home_ = nullptr;
    std::list<Connection*>::iterator age_;
};

/// Everything about one (scheme, host, port).
struct Endpoint {
    std::string key;
    std::vector<std::unique_ptr<Connection>> idle;
    std::size_t in_use = 0;
    std::list<Waiter*> waiting;
};

struct PoolLimits {
    std::size_t per_host_max = 256;
    std::size_t idle_max = 1'024;
    Duration idle_timeout{30'000};
};

class ConnectionPool {
public:
    ConnectionPool(runtime::Loop& loop, Watchdog& watchdog, PoolLimits limits);
    ConnectionPool(const ConnectionPool&) = delete;
    ConnectionPool& operator=(const ConnectionPool&) = delete;

    ~ConnectionPool() { close_idle(); }

    /// Takes a place of the host's limit if one is free; null: co_await wait_for_place().
    [[nodiscard]] Endpoint* try_enter(const Url& url);
    /// Null when `operation` was interrupted first.
    [[nodiscard]] Task<Endpoint*> wait_for_place(Url url, Operation& operation);
    /// Gives the place back; the endpoint may be gone afterwards.
    void leave(Endpoint& endpoint);

    /// An idle connection to one of the addresses that is still open; null when there is none.
    [[nodiscard]] std::unique_ptr<Connection> take_idle(Endpoint& endpoint,
                                                        const Addresses& addresses);
    void keep(Endpoint& endpoint, std::unique_ptr<Connection> connection);
    void close_idle();

    [[nodiscard]] std::size_t idle_count() const { return ages_.size(); }

private:
    friend class Connection;
    std::unique_ptr<Connection> detach(Connection& connection);
    void forget_if_unused(Endpoint& endpoint);

    runtime::Loop& loop_;
    Watchdog& watchdog_;
    PoolLimits limits_;
    std::unordered_map<std::string, std::unique_ptr<Endpoint>> endpoints_;
    std::list<Connection*> ages_;  ///< Idle connections, the longest idle first.
};

}  // namespace carillon::net
