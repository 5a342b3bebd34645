// One suspended task that several things may wake: whichever comes first decides the answer.
// Used by loop.cpp and event.cpp; lives in the frame of the waiting task.

#pragma once

#include "runtime/loop.hpp"
#include "runtime/oneshot.hpp"

#include <boost/asio/post.hpp>

#include <cstdint>
#include <optional>
#include <utility>

namespace carillon::runtime::detail {

struct Wait {
    explicit Wait(Loop& owner) : loop(owner) {}

    Wait(const Wait&) = delete;
    Wait& operator=(const Wait&) = delete;

    Loop& loop;
    std::optional<Resume<bool>> resume;
    StopCallback stop;
    std::uint64_t timer = 0;
    bool settled = false;

    /// The first call wins. The task goes on at the next turn of the loop, never inside this call:
    /// whoever wakes it need not expect its own state to change under it.
    void settle(bool answer) {
        if (settled) return;
        settled = true;
        if (timer != 0) loop.cancel_timer(std::exchange(timer, 0));
        asio::post(loop.context(),
                   [answer, ready = *std::move(resume)]() mutable { std::move(ready)(answer); });
    }
};

}  // namespace carillon::runtime::detail
