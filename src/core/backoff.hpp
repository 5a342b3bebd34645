// How long to wait before the next attempt.

#pragma once

#include "core/random.hpp"
#include "core/time.hpp"

namespace carillon {

struct Backoff {
    Duration base{1'000};     ///< Before the second attempt.
    Duration cap{3'600'000};  ///< Never longer than this, jitter included.
    double multiplier = 2.0;  ///< At least 1.
    double jitter = 0.1;      ///< Share of the delay that is random, 0 to 1: delay * (1 ± jitter).
};

/// Delay after `failures` failed attempts (1 = the first has just failed). At least 1 ms.
[[nodiscard]] Duration backoff_delay(const Backoff& backoff, int failures, Random& random);

}  // namespace carillon
