#include "runtime/clock.hpp"

#include <chrono>

namespace carillon::runtime {

std::int64_t SystemClock::wall_us() const {
    return std::chrono::system_clock::now().time_since_epoch() / std::chrono::microseconds{1};
}

std::int64_t SystemClock::ticks() const {
    return std::chrono::steady_clock::now().time_since_epoch() / std::chrono::nanoseconds{1};
}

void SimulatedClock::advance(Duration by) {
    advance_ticks(std::chrono::nanoseconds{by}.count());
}

void SimulatedClock::advance_ticks(std::int64_t ns) {
    wall_us_ += (ticks_ + ns) / 1'000 - ticks_ / 1'000;
    ticks_ += ns;
}

}  // namespace carillon::runtime
