// RabbitMQ, and whatever else speaks AMQP 0-9-1: persistent messages with publisher confirms.
//
// A message is accepted when the broker confirms it. It is `mandatory`: one that no queue takes
// comes back and is `not_found`, rather than confirmed and gone.

#pragma once

#include "bus/broker.hpp"
#include "bus/broker_url.hpp"
#include "bus/context.hpp"

#include <memory>

namespace carillon::bus {

/// `amqp://[user:password@]host[:5672][/vhost][?exchange=E&routing-key=K&mandatory=off&tls=on]`,
/// also `amqps://` (5671). The routing key is the message's destination, or else K (which may hold
/// `{type}` and `{tenant}`), or else the type.
[[nodiscard]] Result<std::unique_ptr<Broker>> open_amqp(const BrokerContext& context,
                                                        const BrokerUrl& url,
                                                        EnvelopeOptions envelope);

}  // namespace carillon::bus
