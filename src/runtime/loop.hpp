// One thread's event loop and its timers.
//
// A service lives on one loop and needs no locks. Every wait for a time goes through the loop's
// timers and so through its Clock: with a SimulatedClock the same engine runs in one thread, and
// run_simulated() moves the time to the next timer whenever nothing else is ready.

#pragma once

#include "runtime/clock.hpp"
#include "runtime/stop.hpp"
#include "runtime/task.hpp"

#include <cstdint>
#include <functional>
#include <memory>

namespace carillon::runtime {

class Loop {
public:
    /// `clock` must outlive the loop.
    explicit Loop(Clock& clock);
    Loop(const Loop&) = delete;
    Loop& operator=(const Loop&) = delete;
    ~Loop();

    [[nodiscard]] Clock& clock() const { return clock_; }

    [[nodiscard]] TimePoint now() const { return clock_.now(); }

    [[nodiscard]] asio::io_context& context() { return context_; }

    [[nodiscard]] Executor executor() { return context_.get_executor(); }

    /// Runs until stop(); for real clocks.
    void run();
    /// Makes run() return soon. Thread-safe.
    void stop();
    /// Runs `function` on the loop soon. Thread-safe.
    void post(std::function<void()> function);

    /// Waits until the wall clock shows `at` or later. False when stopped first. A wall clock that
    /// jumps is noticed within a second.
    [[nodiscard]] Task<bool> sleep_until(TimePoint at, StopToken stop = {});
    /// Waits for `duration` of monotonic time. False when stopped first.
    [[nodiscard]] Task<bool> sleep_for(Duration duration, StopToken stop = {});

    /// Calls `function` on the loop once the ticks reach `ticks` (ns). Returns a handle for
    /// cancel_timer. Only on the loop's thread.
    std::uint64_t call_at(std::int64_t ticks, std::function<void()> function);
    /// Forgets the call, if it has not been made. Only on the loop's thread.
    void cancel_timer(std::uint64_t handle);

    /// Runs everything that is ready; then, while a timer is due before `until` (wall), moves
    /// `clock` (the loop's own) to it and goes on. Returns with the clock at `until`, or earlier
    /// when `done` answered true between two steps.
    void run_simulated(SimulatedClock& clock,
                       TimePoint until,
                       const std::function<bool()>& done = nullptr);

private:
    struct Timers;
    void arm();
    void fire_due();

    Clock& clock_;
    asio::io_context context_{1};
    std::unique_ptr<Timers> timers_;
};

}  // namespace carillon::runtime
