// The only way to start work that runs beside its starter.
//
// A group counts what it started, stops it and waits for its end, so that no coroutine outlives
// what it refers to.

#pragma once

#include "runtime/event.hpp"
#include "runtime/loop.hpp"

#include <cstddef>
#include <functional>
#include <string>

namespace carillon::runtime {

class TaskGroup {
public:
    /// `on_error` hears of exceptions that escape a task (a bug: nothing here throws on purpose).
    /// The default writes to standard error and aborts.
    explicit TaskGroup(Loop& loop, std::function<void(const std::string& what)> on_error = nullptr);
    TaskGroup(const TaskGroup&) = delete;
    TaskGroup& operator=(const TaskGroup&) = delete;
    /// All tasks must have ended: co_await join() first.
    ~TaskGroup();

    /// Starts `task` on the loop; it runs at the next turn of the loop. After request_stop() new
    /// tasks are still accepted (work that must not be cut short starts its own follow-ups).
    void spawn(Task<> task);

    [[nodiscard]] StopToken stop_token() const { return stop_.token(); }

    void request_stop() { stop_.request_stop(); }

    /// Waits until no task is left.
    [[nodiscard]] Task<> join();

    [[nodiscard]] std::size_t size() const { return running_; }

private:
    Task<> guard(Task<> task);

    Loop& loop_;
    std::function<void(const std::string&)> on_error_;
    StopSource stop_;
    std::size_t running_ = 0;
    Event idle_;
};

}  // namespace carillon::runtime
