// A loop in real time, and tasks run on it to their end: what tests stand on that drive servers.

#pragma once

#include "runtime/blocking.hpp"
#include "runtime/clock.hpp"
#include "runtime/loop.hpp"
#include "runtime/system_random.hpp"
#include "runtime/task_group.hpp"

#include <optional>
#include <utility>

namespace carillon::testing {

class RealTime {
public:
    RealTime() = default;
    RealTime(const RealTime&) = delete;
    RealTime& operator=(const RealTime&) = delete;

    template <class T>
    T finish(Task<T> task) {
        std::optional<T> answer;
        finish(keep(std::move(task), answer));
        return *std::move(answer);
    }

    void finish(Task<> task) {
        group.spawn(std::move(task));
        runtime::TaskGroup end(loop);
        end.spawn(stop());
        loop.context().restart();
        loop.run();
    }

    runtime::SystemClock clock;
    runtime::Loop loop{clock};
    runtime::BlockingPool pool{2};
    runtime::SystemRandom random;
    runtime::TaskGroup group{loop};

private:
    template <class T>
    static Task<> keep(Task<T> task, std::optional<T>& answer) {
        answer.emplace(co_await std::move(task));
    }

    Task<> stop() {
        co_await group.join();
        loop.stop();
    }
};

}  // namespace carillon::testing
