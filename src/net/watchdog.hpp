// Deadlines of many connections, kept coarsely by one sweep.
//
// A timer per operation costs a third of a small HTTP request. Here an operation only stores its
// deadline in a field; one timer per interval looks at all of them. The client and the server each
// have one.

#pragma once

#include "runtime/loop.hpp"

#include <cstdint>
#include <limits>

namespace carillon::net {

/// Something with a deadline. Lives where its owner lives; leaves the watchdog when destroyed.
class Watched {
public:
    static constexpr std::int64_t never = std::numeric_limits<std::int64_t>::max();

    Watched() = default;
    Watched(const Watched&) = delete;
    Watched& operator=(const Watched&) = delete;

    virtual ~Watched() { unlink(); }

    /// In ticks; may be set at any time.
    std::int64_t deadline = never;

    /// Called once per deadline, on the loop, after it has passed. May destroy this object, but no
    /// other watched one, and must not resume a coroutine directly.
    virtual void overdue() = 0;

private:
    friend class Watchdog;

    void unlink() {
        if (next_ == nullptr) return;
        next_->previous_ = previous_;
        previous_->next_ = next_;
        next_ = previous_ = nullptr;
    }

    Watched* next_ = nullptr;
    Watched* previous_ = nullptr;
};

class Watchdog {
public:
    Watchdog(runtime::Loop& loop, Duration interval);
    Watchdog(const Watchdog&) = delete;
    Watchdog& operator=(const Watchdog&) = delete;
    ~Watchdog();

    void add(Watched& watched);

    static void remove(Watched& watched) { watched.unlink(); }

    [[nodiscard]] std::int64_t now() const { return loop_.clock().ticks(); }

private:
    struct Anchor final : Watched {
        void overdue() override {}
    };

    void arm();
    void sweep();

    runtime::Loop& loop_;
    std::int64_t interval_;
    std::uint64_t timer_ = 0;
    Anchor anchor_;
};

}  // namespace carillon::net
