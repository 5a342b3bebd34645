// One task that waits for a turn or an answer, and that a deadline or a stop may wake instead.

#pragma once

#include "runtime/loop.hpp"
#include "runtime/oneshot.hpp"

#include <boost/asio/post.hpp>

#include <optional>
#include <utility>

namespace carillon::net {

/// Lives in the frame of the waiting task. Not thread-safe.
class Waiter {
public:
    explicit Waiter(runtime::Loop& loop) : loop_(loop) {}

    Waiter(const Waiter&) = delete;
    Waiter& operator=(const Waiter&) = delete;

    /// True when served, false when interrupted.
    [[nodiscard]] Task<bool> wait() {
        return runtime::suspend<bool>([this](runtime::Resume<bool> resume) {
            resume_.emplace(std::move(resume));
            if (settled_) wake();
        });
    }

    /// The first of these calls decides; the task goes on at the loop's next turn. May come before
    /// wait().
    void serve() { settle(true); }

    void interrupt() { settle(false); }

    [[nodiscard]] bool settled() const { return settled_; }

    [[nodiscard]] bool served() const { return answer_; }

private:
    void settle(bool answer) {
        if (settled_) return;
        settled_ = true;
        answer_ = answer;
        if (resume_) wake();
    }

    void wake() {
        asio::post(loop_.context(), [answer = answer_, ready = *std::move(resume_)]() mutable {
            std::move(ready)(answer);
        });
    }

    runtime::Loop& loop_;
    std::optional<runtime::Resume<bool>> resume_;
    bool settled_ = false;
    bool answer_ = false;
};

}  // namespace carillon::net
