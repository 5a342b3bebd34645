#include "core/backoff.hpp"

#include "core/check.hpp"

#include <algorithm>
#include <cmath>

namespace carillon {

Duration backoff_delay(const Backoff& backoff, int failures, Random& random) {
    CARILLON_CHECK(failures >= 1);
    const double cap = static_cast<double>(backoff.cap.count());
    const double grown =
        static_cast<double>(backoff.base.count()) * std::pow(backoff.multiplier, failures - 1);
    const double spread = 1.0 + backoff.jitter * (2.0 * random.unit() - 1.0);
    const double delay = std::min(cap, std::min(cap, grown) * spread);
    return Duration{std::max<std::int64_t>(1, static_cast<std::int64_t>(delay))};
}

}  // namespace carillon
