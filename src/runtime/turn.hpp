// Long work on a loop, in slices.
//
// Whoever builds a page of a thousand rows, or anything else that takes more than about a
// millisecond, holds up everybody on the same loop: deliveries start late and outcomes are recorded
// late. Between slices it gives the others their turn.

#pragma once

#include "runtime/loop.hpp"
#include "runtime/task.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace carillon::runtime {

/// Goes on when everything that was ready before has run.
[[nodiscard]] inline Task<> next_turn(Loop& loop) {
    co_await asio::post(loop.executor(), asio::use_awaitable_t<Executor>{});
}

}  // namespace carillon::runtime
