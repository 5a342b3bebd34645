// The time, as everything in the engine sees it.

#pragma once

#include "core/time.hpp"

#include <cstdint>

namespace carillon::runtime {

/// Thread-safe. The wall clock may jump; `ticks` never does.
class Clock {
public:
    Clock() = default;
    Clock(const Clock&) = delete;
    Clock& operator=(const Clock&) = delete;
    virtual ~Clock() = default;

    /// Microseconds of wall time since 1970 UTC.
    [[nodiscard]] virtual std::int64_t wall_us() const = 0;

    /// Wall time, cut to milliseconds.
    [[nodiscard]] TimePoint now() const {
        return std::chrono::floor<Duration>(
            std::chrono::sys_time<std::chrono::microseconds>{std::chrono::microseconds{wall_us()}});
    }

    /// Nanoseconds of a monotonic clock with an arbitrary start: for timeouts and measurements.
    [[nodiscard]] virtual std::int64_t ticks() const = 0;
};

class SystemClock final : public Clock {
public:
    [[nodiscard]] std::int64_t wall_us() const override;
    [[nodiscard]] std::int64_t ticks() const override;
};

/// Moves only when told to. Not thread-safe: a simulation runs in one thread.
class SimulatedClock final : public Clock {
public:
    explicit SimulatedClock(TimePoint start) : wall_us_(to_epoch_ms(start) * 1'000) {}

    [[nodiscard]] std::int64_t wall_us() const override { return wall_us_; }

    [[nodiscard]] std::int64_t ticks() const override { return ticks_; }

    /// Time passes: the wall clock and the ticks move together.
    void advance(Duration by);

    /// The wall clock alone jumps, as when an administrator sets it.
    void set_wall(TimePoint now) { wall_us_ = to_epoch_ms(now) * 1'000; }

    /// As advance, in nanoseconds of ticks; the wall clock follows in whole microseconds.
    void advance_ticks(std::int64_t ns);

private:
    std::int64_t wall_us_;
    std::int64_t ticks_ = 0;
};

}  // namespace carillon::runtime
