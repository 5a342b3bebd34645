// The other end of RabbitMQ, for tests: declares queues and takes out what is in them.

#pragma once

#include "bus/amqp_frame.hpp"
#include "bus/connection.hpp"
#include "bus/world.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace carillon::bus::testing {

struct Taken {
    std::string routing_key;
    std::string message_id;
    std::string header;  ///< The content header's bytes.
    std::string body;
};

class AmqpConsole {
public:
    AmqpConsole(World& world, std::uint16_t port) : world_(world), port_(port) {}

    void declare_queue(std::string name) { world_.finish(declare(std::move(name), 0)); }

    /// Refuses (`basic.nack`) what comes when it holds so many.
    void declare_small_queue(std::string name, std::uint32_t length_max) {
        world_.finish(declare(std::move(name), length_max));
    }

    /// Everything in the queue, in order.
    std::vector<Taken> take_all(std::string queue) { return world_.finish(take(std::move(queue))); }

private:
    Task<> declare(std::string name, std::uint32_t length_max);
    Task<std::vector<Taken>> take(std::string queue);
    static Task<std::string> read_frame(Connection& connection);
    static Task<> log_in(Connection& connection);
    static Task<> say(Connection& connection,
                      std::uint16_t channel,
                      std::uint32_t method,
                      amqp::Writer fields);

    World& world_;
    std::uint16_t port_;
};

}  // namespace carillon::bus::testing
