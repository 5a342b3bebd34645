// Connections that are logged in, kept for the next batch.
//
// A session sends one batch at a time, pipelined, and reads the answers: so nothing needs to be
// shared between batches, and a connection that fails takes only its own batch with it. As many
// are open as batches are under way.

#pragma once

#include "bus/broker.hpp"
#include "bus/broker_url.hpp"
#include "bus/connection.hpp"
#include "bus/context.hpp"

#include <functional>
#include <memory>
#include <vector>

namespace carillon::bus {

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

/// What is said over one connection.
class Protocol {
public:
    Protocol() = default;
    Protocol(const Protocol&) = delete;
    Protocol& operator=(const Protocol&) = delete;
    virtual ~Protocol() = default;

    /// All that comes before the first batch.
    virtual Task<Result<>> log_in(Dialer& dialer) = 0;
    /// Sends the batch and reads until no answer is open. An error is the connection's, which is
    /// then not used again; answers that are open then get it as theirs.
    virtual Task<Result<>> exchange(const Batch& batch, Answers& answers) = 0;
};

/// Whatever the connection was before, from now on it is TLS.
[[nodiscard]] Task<Result<>> start_tls(Connection& connection, Dialer& dialer);

struct PoolLimits {
    Duration connect{5'000};  ///< With the login.
    Duration answer{10'000};  ///< Of one batch.
};

class SessionPool {
public:
    /// What is spoken over a new connection, which outlives it.
    using Speak = std::function<std::unique_ptr<Protocol>(Connection& connection)>;

    SessionPool(const BrokerContext& context,
                PoolLimits limits,
                std::vector<HostPort> hosts,
                Speak speak)
        : context_(context), limits_(limits), hosts_(std::move(hosts)), speak_(std::move(speak)) {}

    SessionPool(const SessionPool&) = delete;
    SessionPool& operator=(const SessionPool&) = delete;

    /// Through a kept session, or a new one to the first host that takes it. What was neither
    /// accepted nor refused when the connection broke is `timeout`.
    [[nodiscard]] Task<Results> send(Batch batch);
    void close();

private:
    struct Session {
        std::unique_ptr<Connection> connection;
        std::unique_ptr<Protocol> protocol;
    };

    [[nodiscard]] Task<Result<Session>> open(HostPort peer);
    [[nodiscard]] Task<Result<Session>> take();

    BrokerContext context_;
    PoolLimits limits_;
    std::vector<HostPort> hosts_;
    Speak speak_;
    std::vector<Session> idle_;
    std::size_t host_ = 0;  ///< The one that answered last.
};

}  // namespace carillon::bus
