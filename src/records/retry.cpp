#include "records/retry.hpp"

#include <algorithm>
#include <cmath>

namespace carillon::records {

std::optional<Duration> pause_after(int failures, const ProcessorOptions& options, Random& random) {
    const std::int64_t round = std::int64_t{options.max_retries} + 1;
    if (failures >= round * options.max_iterations) return std::nullopt;
    const auto step = static_cast<double>((failures - 1) % round);
    const auto base = static_cast<double>(options.backoff_base.count());
    const double longest = static_cast<double>(options.backoff_cap.count());
    const double pause =
        base * std::pow(options.backoff_multiplier, step) + 0.1 * base * random.unit();
    return Duration{std::max<std::int64_t>(1, std::llround(std::min(pause, longest)))};
}

}  // namespace carillon::records
