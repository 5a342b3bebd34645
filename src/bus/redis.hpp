// Redis Streams: XADD, acknowledged by the entry's id.
//
// Source: the RESP2 protocol and the XADD page of Redis's documentation. How durable an entry is
// depends on the server's own `appendfsync`.

#pragma once

#include "bus/broker.hpp"
#include "bus/broker_url.hpp"
#include "bus/context.hpp"

#include <memory>

namespace carillon::bus {

/// `redis://[[user]:password@]host[:6379][/STREAM][?db=0&maxlen=100000&tls=on]`, also `rediss://`.
/// The stream may hold `{type}` and `{tenant}`; without it, it is the type. `maxlen` trims about to
/// that length. The outbox envelope is the seed's flat fields (eventId, eventType, payload,
/// occurredAt, metadata); binary ones are a field per attribute and `data`; others are the fields
/// `id`, `type` and `event`.
[[nodiscard]] Result<std::unique_ptr<Broker>> open_redis(const BrokerContext& context,
                                                         const BrokerUrl& url,
                                                         EnvelopeOptions envelope);

}  // namespace carillon::bus
