// The forms in which a message travels: bytes, their content type, and attributes for brokers that
// have headers. Pure functions of the message.
//
// CloudEvents 1.0 is the default (source: the CloudEvents specification, its JSON format, and its
// HTTP, Kafka, AMQP and NATS bindings). The two others are the envelopes of the TypeScript outbox
// and of the scheduler service whose receivers are to go on working, field for field.

#pragma once

#include "bus/message.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace carillon::bus {

enum class Envelope : std::uint8_t {
    cloudevents,         ///< Structured: one JSON document. `cloudevents`
    cloudevents_binary,  ///< The data as it is, everything else in attributes. `binary`
    outbox,              ///< `{id, type, payload, occurredAt[, metadata]}`. `outbox`
    schedule,            ///< `{eventId, eventType, eventVersion, occurredAt, …}`. `schedule`
};

/// By the names above; `invalid` without a field for any other.
[[nodiscard]] Result<Envelope> parse_envelope(std::string_view name);

using Attributes = std::vector<std::pair<std::string, std::string>>;

struct Wire {
    std::string body{};
    std::string content_type{};
    Attributes attributes{};

    /// Body and attributes, without what a broker's protocol adds.
    [[nodiscard]] std::size_t bytes() const;
};

struct EnvelopeOptions {
    Envelope envelope = Envelope::cloudevents;
    std::string source = "/carillon";  ///< For messages without one.
    /// What CloudEvents attributes begin with: `ce-`, for Kafka `ce_`, for AMQP `cloudEvents_`.
    std::string prefix = "ce-";
};

/// `invalid`, with the message's field: no id or type, a header that no broker could carry, data
/// that calls itself JSON and is not, metadata that is no object.
[[nodiscard]] Result<Wire> encode(const Message& message, const EnvelopeOptions& options);

/// The documents themselves, for brokers that take them apart. Data must have been checked.
[[nodiscard]] std::string cloudevents_json(const Message& message, std::string_view source);
[[nodiscard]] std::string outbox_json(const Message& message);
[[nodiscard]] std::string schedule_json(const Message& message);

}  // namespace carillon::bus
