// What connections to brokers are made with.

#pragma once

#include "bus/connection.hpp"
#include "core/random.hpp"
#include "runtime/loop.hpp"

namespace carillon::bus {

/// Everything must outlive the broker.
struct BrokerContext {
    runtime::Loop& loop;
    Dialer& dialer;
    Random& random;
};

}  // namespace carillon::bus
