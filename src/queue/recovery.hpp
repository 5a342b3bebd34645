// Exclusive stores: what a dead process left in the in-flight table.

#pragma once

#include "queue/context.hpp"
#include "queue/in_flight.hpp"

namespace carillon::queue {

/// Creates the in-flight table when it is missing.
[[nodiscard]] Task<Result<>> ensure_in_flight_table(dynamo::Database& database, std::string table);

/// Every row that is listed and still as it was listed had its worker die: one interruption more is
/// written into it. Then the lists are removed. Can be cut short and done again: a row that has
/// been counted is no longer as it was listed.
[[nodiscard]] Task<Result<>> recover_in_flight(Context& context, const InFlight& in_flight);

}  // namespace carillon::queue
