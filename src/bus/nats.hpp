// NATS: JetStream, where every message is acknowledged by the stream that stored it, or plain NATS
// where nothing is stored.
//
// Source: the NATS client protocol, and ADR-1 of NATS's own architecture documents for the answers
// of JetStream. Nats-Msg-Id carries the message's id, so that a stream drops repetitions within its
// window.

#pragma once

#include "bus/broker.hpp"
#include "bus/broker_url.hpp"
#include "bus/context.hpp"

#include <memory>

namespace carillon::bus {

/// `nats://[user:password@|token@]host[:4222][,host…][/SUBJECT][?tls=on&jetstream=off]`, also
/// `tls://`. The subject may hold `{type}` and `{tenant}`; without it, it is the type.
[[nodiscard]] Result<std::unique_ptr<Broker>> open_nats(const BrokerContext& context,
                                                        const BrokerUrl& url,
                                                        EnvelopeOptions envelope);

}  // namespace carillon::bus
