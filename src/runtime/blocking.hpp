// Calls that block (name resolution, file system, checkpoints) leave the loop through this pool.

#pragma once

#include "runtime/loop.hpp"
#include "runtime/oneshot.hpp"

#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <type_traits>
#include <utility>

namespace carillon::runtime {

class BlockingPool {
public:
    explicit BlockingPool(std::size_t threads = 4);
    BlockingPool(const BlockingPool&) = delete;
    BlockingPool& operator=(const BlockingPool&) = delete;
    /// Waits for the calls that run.
    ~BlockingPool();

    /// Runs `function()` on a thread of the pool and returns its value on `loop`, which must be the
    /// caller's. `function` must not throw.
    template <class Function>
    [[nodiscard]] Task<std::invoke_result_t<Function>> run(Loop& loop, Function function) {
        using T = std::invoke_result_t<Function>;
        return suspend<T>([this, &loop, function = std::move(function)](Resume<T> resume) mutable {
            // Shared because std::function wants copies, and neither part can be copied.
            auto call = std::make_shared<std::pair<Function, Resume<T>>>(std::move(function),
                                                                         std::move(resume));
            submit([&loop, call] {
                auto value = std::make_shared<T>(call->first());
                loop.post([call, value] { std::move(call->second)(std::move(*value)); });
            });
        });
    }

private:
    void submit(std::function<void()> job);
    struct Threads;
    std::unique_ptr<Threads> threads_;
};

}  // namespace carillon::runtime
