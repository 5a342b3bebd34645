// A value that arrives later, possibly from another thread: the bridge between callbacks and tasks.

#pragma once

#include "core/check.hpp"
#include "runtime/task.hpp"

#include <boost/asio/async_result.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <utility>

namespace carillon::runtime {

/// What waits for a T. Move-only. Call it exactly once, on the loop that awaits it
/// (from another thread: move it into a function posted to the loop). Dropping it uncalled ends the
/// waiting task without a word. The concrete Asio type, because Boost 1.81's any_completion_handler
/// calls itself without end when it is moved.
template <class T>
using Resume = typename asio::async_result<asio::use_awaitable_t<Executor>, void(T)>::handler_type;

/// Suspends the calling task, hands its Resume to `start`, and returns the value it is called with.
/// `start` runs before the suspension returns to the loop, so it may call other threads; it must
/// not invoke the Resume itself before it returns.
template <class T, class Start>
[[nodiscard]] Task<T> suspend(Start start) {
    return asio::async_initiate<const asio::use_awaitable_t<Executor>, void(T)>(
        [](auto handler, Start inner) { inner(std::move(handler)); },
        asio::use_awaitable_t<Executor>{},
        std::move(start));
}

}  // namespace carillon::runtime
