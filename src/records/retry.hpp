// When a record that failed is tried again. Pure.
//
// The seed's arithmetic: in one round an attempt is repeated `max_retries` times, after base,
// base * multiplier, base * multiplier^2 ... each with up to a tenth of the base added at random;
// and there are `max_iterations` rounds. Where the seed begins the next round at once, a pause as
// long as the next in the row stands between two rounds.

#pragma once

#include "core/random.hpp"
#include "core/time.hpp"
#include "records/processor.hpp"

#include <optional>

namespace carillon::records {

/// The pause after `failures` failed attempts (1: the first has just failed); nothing when they are
/// spent.
[[nodiscard]] std::optional<Duration> pause_after(int failures,
                                                  const ProcessorOptions& options,
                                                  Random& random);

}  // namespace carillon::records
