// For the tests of every module: one loop on a simulated clock, and tasks run to their end on it.

#pragma once

#include "runtime/clock.hpp"
#include "runtime/loop.hpp"
#include "runtime/task_group.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <optional>
#include <utility>

namespace carillon::runtime::testing {

struct Simulated {
    explicit Simulated(TimePoint start) : clock(start) {}

    SimulatedClock clock;
    Loop loop{clock};
    TaskGroup group{loop};

    void run_for(Duration duration) { loop.run_simulated(clock, clock.now() + duration); }

    /// Runs a task to its end, at most an hour of simulated time.
    template <class T>
    T finish(Task<T> task) {
        std::optional<T> answer;
        group.spawn(keep(std::move(task), answer));
        run_until([&] { return answer.has_value(); });
        return *std::move(answer);
    }

    void finish(Task<> task) {
        bool done = false;
        group.spawn(note_end(std::move(task), done));
        run_until([&] { return done; });
    }

private:
    template <class Done>
    void run_until(Done done) {
        loop.run_simulated(clock, clock.now() + std::chrono::hours{1}, done);
        // Going on would only hide where it hangs.
        if (!done()) {
            ADD_FAILURE() << "a task did not end within an hour";
            std::abort();
        }
    }

    template <class T>
    static Task<> keep(Task<T> task, std::optional<T>& answer) {
        answer.emplace(co_await std::move(task));
    }

    static Task<> note_end(Task<> task, bool& done) {
        co_await std::move(task);
        done = true;
    }
};

}  // namespace carillon::runtime::testing
