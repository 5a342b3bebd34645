// Connections that are logged in, kept for the next batch.
//
// A session sends one batch at a time, pipelined, and reads the answers: so nothing needs to be
// shared between batches, and a connection that fails takes only its own batch with it. As many
// are open as batches are under way.

#pragma once

#include "bus/broker.hpp"
#include "bus/broker_url.hpp"

#include <functional>
#include <memory>
#include <vector>

namespace carillon::bus {

class Session {
public:
    Session() = default;
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;
    virtual ~Session() = default;

    /// What was neither accepted nor refused when the connection broke is `timeout`.
    virtual Task<Results> send(const Batch& batch) = 0;
    /// Whether another batch may be sent; asked just before.
    [[nodiscard]] virtual bool usable() = 0;
};

class SessionPool {
public:
    using Open = std::function<Task<Result<std::unique_ptr<Session>>>(HostPort peer)>;

    SessionPool(std::vector<HostPort> hosts, Open open)
        : hosts_(std::move(hosts)), open_(std::move(open)) {}

    SessionPool(const SessionPool&) = delete;
    SessionPool& operator=(const SessionPool&) = delete;

    /// Through a kept session, or a new one to the first host that takes it.
    [[nodiscard]] Task<Results> send(Batch batch);
    void close();

private:
    Task<Result<std::unique_ptr<Session>>> take();

    std::vector<HostPort> hosts_;
    Open open_;
    std::vector<std::unique_ptr<Session>> idle_;
    std::size_t host_ = 0;  ///< The one that answered last.
};

/// The answers of a batch as they come in, in any order.
class Answers {
public:
    explicit Answers(std::size_t count) : results_(count), known_(count), open_(count) {}

    /// The first answer counts.
    void set(std::size_t index, Result<> result);

    [[nodiscard]] bool is_open(std::size_t index) const { return !known_[index]; }

    [[nodiscard]] std::size_t count() const { return results_.size(); }

    [[nodiscard]] std::size_t open() const { return open_; }

    /// Gives all that are open the error.
    [[nodiscard]] Results end(const Error& error);
    [[nodiscard]] Results end();

private:
    Results results_;
    std::vector<bool> known_;
    std::size_t open_;
};

}  // namespace carillon::bus
