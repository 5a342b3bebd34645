// Waiting for something to happen on the same loop.

#pragma once

#include "runtime/loop.hpp"

#include <cstddef>
#include <list>

namespace carillon::runtime {

/// An auto-reset event: set() wakes every waiter, or the next one to come if nobody waits.
/// Not thread-safe; from another thread use loop.post([&] { event.set(); }).
class Event {
public:
    explicit Event(Loop& loop) : loop_(loop) {}

    Event(const Event&) = delete;
    Event& operator=(const Event&) = delete;

    void set();

    /// Forgets a set() that nobody has waited for.
    void clear() { set_ = false; }

    /// True when set, false when stopped.
    [[nodiscard]] Task<bool> wait(StopToken stop = {});
    /// True when set; false at `at` (wall clock) or when stopped.
    [[nodiscard]] Task<bool> wait_until(TimePoint at, StopToken stop = {});

private:
    struct Waiter;
    Loop& loop_;
    bool set_ = false;
    std::list<Waiter*> waiters_;
};

/// At most `limit` holders at a time; first come, first served. Not thread-safe.
class Semaphore {
public:
    Semaphore(Loop& loop, std::size_t limit) : loop_(loop), free_(limit) {}

    Semaphore(const Semaphore&) = delete;
    Semaphore& operator=(const Semaphore&) = delete;

    /// True when a place was taken (give it back with release()), false when stopped.
    [[nodiscard]] Task<bool> acquire(StopToken stop = {});
    [[nodiscard]] bool try_acquire();
    void release();

    [[nodiscard]] std::size_t available() const { return free_; }

private:
    struct Waiter;
    Loop& loop_;
    std::size_t free_;
    std::list<Waiter*> waiters_;
};

}  // namespace carillon::runtime
