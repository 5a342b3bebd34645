#include "runtime/event.hpp"

#include "runtime/wait.hpp"

#include <algorithm>
#include <chrono>

namespace carillon::runtime {

struct Event::Waiter : detail::Wait {
    using detail::Wait::Wait;
};

void Event::set() {
    if (waiters_.empty()) {
        set_ = true;
        return;
    }
    for (auto woken = std::exchange(waiters_, {}); Waiter * waiter : woken) waiter->settle(true);
}

Task<bool> Event::wait(StopToken stop) {
    return wait_until(TimePoint::max(), std::move(stop));
}

Task<bool> Event::wait_until(TimePoint at, StopToken stop) {
    for (;;) {
        if (stop.stop_requested()) co_return false;
        if (std::exchange(set_, false)) co_return true;
        const Duration left = at == TimePoint::max() ? Duration::max() : at - loop_.now();
        if (left <= Duration::zero()) co_return false;

        Waiter waiter(loop_);
        bool timed_out = false;
        auto start = [this, &waiter, &stop, &timed_out, left](Resume<bool> resume) {
            waiter.resume.emplace(std::move(resume));
            waiters_.push_back(&waiter);
            const auto leave = [this, &waiter] {
                std::erase(waiters_, &waiter);
                waiter.settle(false);
            };
            if (left != Duration::max()) {
                // In steps of a second at most, so that a jump of the wall clock is noticed.
                const Duration step = std::min(left, Duration{1'000});
                const std::int64_t ticks =
                    loop_.clock().ticks() + std::chrono::nanoseconds{step}.count();
                waiter.timer = loop_.call_at(ticks, [&waiter, &timed_out, leave] {
                    waiter.timer = 0;
                    timed_out = true;
                    leave();
                });
            }
            waiter.stop = stop.on_stop(leave);
        };
        const bool woken = co_await suspend<bool>(std::move(start));
        if (woken) co_return true;
        if (!timed_out) co_return false;
    }
}

struct Semaphore::Waiter : detail::Wait {
    using detail::Wait::Wait;
};

bool Semaphore::try_acquire() {
    if (free_ == 0) return false;
    --free_;
    return true;
}

void Semaphore::release() {
    if (waiters_.empty()) {
        ++free_;
        return;
    }
    Waiter* next = waiters_.front();
    waiters_.pop_front();
    next->settle(true);
}

Task<bool> Semaphore::acquire(StopToken stop) {
    if (stop.stop_requested()) co_return false;
    if (try_acquire()) co_return true;
    Waiter waiter(loop_);
    auto start = [this, &waiter, &stop](Resume<bool> resume) {
        waiter.resume.emplace(std::move(resume));
        waiters_.push_back(&waiter);
        waiter.stop = stop.on_stop([this, &waiter] {
            std::erase(waiters_, &waiter);
            waiter.settle(false);
        });
    };
    co_return co_await suspend<bool>(std::move(start));
}

}  // namespace carillon::runtime
