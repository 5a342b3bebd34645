// The coroutine type of everything that waits.
//
// The executor is concrete (one io_context per thread, see loop.hpp): a type-erased executor costs
// about a quarter of a small HTTP request. Files that only pass tasks on include this header alone;
// it compiles in a fraction of what the rest of Asio takes.

#pragma once

#include "core/result.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>

namespace carillon {

namespace asio = boost::asio;

using Executor = asio::io_context::executor_type;

/// A lazily started coroutine. `co_await` it exactly once, on the loop it belongs to.
template <class T = void>
using Task = asio::awaitable<T, Executor>;

}  // namespace carillon
