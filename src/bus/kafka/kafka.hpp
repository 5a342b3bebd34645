// Kafka, through librdkafka's idempotent producer.
//
// Source: librdkafka's introduction and CONFIGURATION.md. The message's key (or else its id)
// chooses the partition.

#pragma once

#include "bus/publishers.hpp"
#include "runtime/blocking.hpp"

namespace carillon::bus {

/// Adds `kafka://[user:password@]host[:9092][,host…][/TOPIC][?timeout=30s]`. The topic may hold
/// `{type}` and `{tenant}`; without it, it is the type. Options with a dot in their name are
/// librdkafka's own (`security.protocol=SSL`). A user means `SASL_SSL` with `PLAIN`, unless they
/// say otherwise. `pool` must outlive the publishers.
void add_kafka(Publishers& publishers, runtime::BlockingPool& pool);

}  // namespace carillon::bus
