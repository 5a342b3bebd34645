// A broker that goes away in the middle of many messages, and comes back.

#pragma once

#include "bus/server.hpp"
#include "bus/world.hpp"

#include <cstddef>
#include <functional>
#include <string>

namespace carillon::bus::testing {

inline constexpr std::size_t outage_messages = 10'000;

/// Publishes `m0` to `m9999`, giving those that failed again, as the work queue does; kills the
/// server after about a third, and starts it again a second later. Returns the publisher's counts
/// at the end, having checked that its memory stayed within its bound.
[[nodiscard]] BatcherCounts publish_through_outage(World& world,
                                                   Server& server,
                                                   const std::string& url);

/// Checks that every id is among `stored`, and prints how many stand there twice.
void expect_nothing_lost(const std::string& broker, const std::vector<std::string>& stored);

}  // namespace carillon::bus::testing
