#include "net/connection_pool.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace carillon::net {

ConnectionPool::ConnectionPool(runtime::Loop& loop, Watchdog& watchdog, PoolLimits limits)
    : loop_(loop), watchdog_(watchdog), limits_(limits) {
    limits_.per_host_max = std::max<std::size_t>(1, limits_.per_host_max);
}

Endpoint* ConnectionPool::try_enter(const Url& url) {
    std::string key = url.origin();
    std::unique_ptr<Endpoint>& place = endpoints_[key];
    if (!place) {
        place = std::make_unique<Endpoint>();
        place->key = std::move(key);
    }
    // Nobody waits while a place is free: leave() passes places on.
    if (place->in_use >= limits_.per_host_max) return nullptr;
    ++place->in_use;
    return place.get();
}

Task<Endpoint*> ConnectionPool::wait_for_place(Url url, Operation& operation) {
    Endpoint& endpoint = *endpoints_.at(url.origin());
    Waiter waiter(loop_);
    const auto turn = endpoint.waiting.insert(endpoint.waiting.end(), &waiter);
    operation.waiter = &waiter;
    const bool served = co_await waiter.wait();
    operation.waiter = nullptr;
    // Whoever served this task has passed its place on, and taken it off the queue.
    if (served) co_return &endpoint;
    endpoint.waiting.erase(turn);
    forget_if_unused(endpoint);
    co_return nullptr;
}

void ConnectionPool::leave(Endpoint& endpoint) {
    for (auto at = endpoint.waiting.begin(); at != endpoint.waiting.end(); ++at) {
        Waiter& waiter = **at;
        // An interrupted one is still queued until its task runs.
        if (waiter.settled()) continue;
        endpoint.waiting.erase(at);
        waiter.serve();
        return;
    }
    --endpoint.in_use;
    forget_if_unused(endpoint);
}

std::unique_ptr<Connection> ConnectionPool::take_idle(Endpoint& endpoint,
                                                      const Addresses& addresses) {
    for (std::size_t i = endpoint.idle.size(); i > 0; --i) {
        Connection& candidate = *endpoint.idle[i - 1];
        if (std::ranges::find(*addresses, candidate.address) == addresses->end()) continue;
        std::unique_ptr<Connection> connection = detach(candidate);
        if (!connection->stream.is_stale()) return connection;
    }
    return nullptr;
}

void ConnectionPool::keep(Endpoint& endpoint, std::unique_ptr<Connection> connection) {
    if (limits_.idle_max == 0) return;
    if (ages_.size() >= limits_.idle_max) {
        Connection& oldest = *ages_.front();
        Endpoint& home = *oldest.home_;
        detach(oldest).reset();
        if (&home != &endpoint) forget_if_unused(home);
    }
    connection->buffer.relax();
    connection->pool_ = this;
    connection->home_ = &endpoint;
    connection->age_ = ages_.insert(ages_.end(), connection.get());
    connection->deadline = watchdog_.now() + std::chrono::nanoseconds{limits_.idle_timeout}.count();
    watchdog_.add(*connection);
    endpoint.idle.push_back(std::move(connection));
}

void ConnectionPool::close_idle() {
    while (!ages_.empty()) {
        Connection& connection = *ages_.front();
        Endpoint& home = *connection.home_;
        detach(connection).reset();
        forget_if_unused(home);
    }
}

std::unique_ptr<Connection> ConnectionPool::detach(Connection& connection) {
    auto& idle = connection.home_->idle;
    // The latest are taken most often.
    const auto found = std::find_if(idle.rbegin(), idle.rend(), [&connection](const auto& held) {
        return held.get() == &connection;
    });
    std::unique_ptr<Connection> detached = std::move(*found);
    idle.erase(std::next(found).base());
    ages_.erase(connection.age_);
    Watchdog::remove(connection);
    connection.deadline = Watched::never;
    connection.home_ = nullptr;
    return detached;
}

void ConnectionPool::forget_if_unused(Endpoint& endpoint) {
    if (endpoint.in_use > 0 || !endpoint.idle.empty() || !endpoint.waiting.empty()) return;
    endpoints_.erase(std::string(endpoint.key));
}

void Connection::overdue() {
    ConnectionPool& pool = *pool_;
    Endpoint& home = *home_;
    // `pool` and `home` outlive this object, which ends here.
    pool.detach(*this).reset();
    pool.forget_if_unused(home);
}

}  // namespace carillon::net
