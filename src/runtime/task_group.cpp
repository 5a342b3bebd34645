#include "runtime/task_group.hpp"

#include "core/check.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <utility>

namespace carillon::runtime {

TaskGroup::TaskGroup(Loop& loop, std::function<void(const std::string&)> on_error)
    : loop_(loop), on_error_(std::move(on_error)), idle_(loop) {}

TaskGroup::~TaskGroup() {
    CARILLON_CHECK(running_ == 0);
}

Task<> TaskGroup::guard(Task<> task) {
    std::string escaped;
    try {
        co_await std::move(task);
    } catch (const std::exception& error) {
        escaped = error.what();
        if (escaped.empty()) escaped = "unnamed exception";
    }
    if (!escaped.empty()) {
        if (on_error_) {
            on_error_(escaped);
        } else {
            std::fprintf(stderr, "carillon: a task ended by an exception: %s\n", escaped.c_str());
            std::abort();
        }
    }
    if (--running_ == 0) idle_.set();
}

void TaskGroup::spawn(Task<> task) {
    ++running_;
    asio::co_spawn(loop_.executor(), guard(std::move(task)), asio::detached);
}

Task<> TaskGroup::join() {
    while (running_ > 0) (void)co_await idle_.wait();
}

}  // namespace carillon::runtime
