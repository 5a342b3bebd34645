#include "runtime/loop.hpp"

#include "core/check.hpp"
#include "runtime/wait.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/steady_timer.hpp>

#include <algorithm>
#include <chrono>
#include <limits>
#include <map>
#include <unordered_map>
#include <utility>

namespace carillon::runtime {

namespace {

constexpr std::int64_t nanoseconds_per_second = 1'000'000'000;
constexpr std::int64_t never = std::numeric_limits<std::int64_t>::max();

}  // namespace

struct Loop::Timers {
    explicit Timers(asio::io_context& context) : work(context.get_executor()), alarm(context) {}

    asio::executor_work_guard<Executor> work;
    asio::steady_timer alarm;
    std::int64_t armed_for = never;
    bool simulated = false;
    std::uint64_t last_handle = 0;
    // Ordered by time, then by creation: equal times fire in the order in which they were asked
    // for.
    std::map<std::pair<std::int64_t, std::uint64_t>, std::function<void()>> calls;
    std::unordered_map<std::uint64_t, std::int64_t> due_of;
};

Loop::Loop(Clock& clock) : clock_(clock), timers_(std::make_unique<Timers>(context_)) {
    timers_->simulated = dynamic_cast<SimulatedClock*>(&clock) != nullptr;
}

Loop::~Loop() = default;

void Loop::run() {
    context_.run();
}

void Loop::stop() {
    context_.stop();
}

void Loop::post(std::function<void()> function) {
    asio::post(context_, std::move(function));
}

std::uint64_t Loop::call_at(std::int64_t ticks, std::function<void()> function) {
    const std::uint64_t handle = ++timers_->last_handle;
    timers_->calls.emplace(std::pair{ticks, handle}, std::move(function));
    timers_->due_of.emplace(handle, ticks);
    arm();
    return handle;
}

void Loop::cancel_timer(std::uint64_t handle) {
    const auto due = timers_->due_of.find(handle);
    if (due == timers_->due_of.end()) return;
    timers_->calls.erase({due->second, handle});
    timers_->due_of.erase(due);
    // The alarm may now ring too early; fire_due() then finds nothing and arms again.
}

void Loop::arm() {
    if (timers_->simulated || timers_->calls.empty()) return;
    const std::int64_t first = timers_->calls.begin()->first.first;
    if (first >= timers_->armed_for) return;
    timers_->armed_for = first;
    const std::int64_t delay = std::max<std::int64_t>(0, first - clock_.ticks());
    timers_->alarm.expires_after(std::chrono::nanoseconds{delay});
    timers_->alarm.async_wait([this](const boost::system::error_code& error) {
        if (error) return;
        timers_->armed_for = never;
        fire_due();
        arm();
    });
}

void Loop::fire_due() {
    const std::int64_t now = clock_.ticks();
    auto& calls = timers_->calls;
    while (!calls.empty() && calls.begin()->first.first <= now) {
        auto call = calls.extract(calls.begin());
        timers_->due_of.erase(call.key().second);
        call.mapped()();
    }
}

Task<bool> Loop::sleep_for(Duration duration, StopToken stop) {
    if (stop.stop_requested()) co_return false;
    const std::int64_t wanted = std::chrono::nanoseconds{duration}.count();
    detail::Wait wait(*this);
    auto start = [this, &wait, &stop, wanted](Resume<bool> resume) {
        wait.resume.emplace(std::move(resume));
        wait.timer = call_at(clock_.ticks() + wanted, [&wait] {
            wait.timer = 0;
            wait.settle(true);
        });
        wait.stop = stop.on_stop([&wait] { wait.settle(false); });
    };
    co_return co_await suspend<bool>(std::move(start));
}

Task<bool> Loop::sleep_until(TimePoint at, StopToken stop) {
    const std::int64_t at_us = to_epoch_ms(at) * 1'000;
    for (;;) {
        if (stop.stop_requested()) co_return false;
        const std::int64_t left_ns = (at_us - clock_.wall_us()) * 1'000;
        if (left_ns <= 0) co_return true;
        // Sleeping in steps of a second at most lets a jump of the wall clock be noticed.
        const std::int64_t step = std::min(left_ns, nanoseconds_per_second);
        detail::Wait wait(*this);
        auto start = [this, &wait, &stop, step](Resume<bool> resume) {
            wait.resume.emplace(std::move(resume));
            wait.timer = call_at(clock_.ticks() + step, [&wait] {
                wait.timer = 0;
                wait.settle(true);
            });
            wait.stop = stop.on_stop([&wait] { wait.settle(false); });
        };
        const bool slept = co_await suspend<bool>(std::move(start));
        if (!slept) co_return false;
    }
}

void Loop::run_simulated(SimulatedClock& clock,
                         TimePoint until,
                         const std::function<bool()>& done) {
    CARILLON_CHECK(&clock == &clock_);
    for (;;) {
        context_.restart();
        while (context_.poll() > 0) {
            if (done && done()) return;
        }
        if (done && done()) return;
        const std::int64_t left = (to_epoch_ms(until) * 1'000 - clock.wall_us()) * 1'000;
        const std::int64_t to_next =
            timers_->calls.empty()
                ? never
                : std::max<std::int64_t>(0, timers_->calls.begin()->first.first - clock.ticks());
        if (to_next > left) {
            if (left > 0) clock.advance_ticks(left);
            return;
        }
        clock.advance_ticks(to_next);
        fire_due();
    }
}

}  // namespace carillon::runtime
