// What is published: one event, as the domains know it.
//
// A plain value without any broker's words in it. envelope.hpp turns it into the bytes and headers
// that travel; publisher.hpp takes it away. Made by the outbox and by the EVENT and QUEUE targets
// of schedules.

#pragma once

#include "core/time.hpp"

#include <string>
#include <utility>
#include <vector>

namespace carillon::bus {

struct Message {
    /// Required, and the same at every attempt: receivers and brokers know repetitions by it.
    std::string id{};
    std::string type{};     ///< Required: `order.placed`.
    std::string source{};   ///< CloudEvents `source`, a URI reference; empty: the publisher's.
    std::string subject{};  ///< CloudEvents `subject`: what the event is about.
    TimePoint time{};       ///< When it happened.

    std::string tenant{};
    std::string correlation_id{};
    std::string causation_id{};

    /// Topic, queue, stream, NATS subject, routing key, ARN: whatever the broker calls it. Empty:
    /// what the publisher's URL names, or else the type.
    std::string destination{};
    /// Messages of one key to one destination are sent in the order in which they were given, each
    /// after its forerunner was accepted. Empty: no order.
    std::string key{};

    std::string data{};  ///< The payload as it is; JSON unless `content_type` says otherwise.
    std::string content_type = "application/json";
    std::string metadata{};  ///< A JSON object, or empty.
    /// Further headers, where the broker has them. Names must be HTTP tokens.
    std::vector<std::pair<std::string, std::string>> headers{};
};

}  // namespace carillon::bus
