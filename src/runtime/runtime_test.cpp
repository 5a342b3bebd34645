#include "runtime/blocking.hpp"
#include "runtime/event.hpp"
#include "runtime/task_group.hpp"

#include <gtest/gtest.h>

#include <stdexcept>
#include <vector>

namespace carillon::runtime {
namespace {

using namespace std::chrono_literals;

constexpr TimePoint noon{12h};

struct World {
    SimulatedClock clock{noon};
    Loop loop{clock};
    TaskGroup group{loop};

    void run_for(Duration duration) { loop.run_simulated(clock, clock.now() + duration); }
};

Task<> note_times(World& world, std::vector<TimePoint>& seen) {
    (void)co_await world.loop.sleep_until(noon + 90s);
    seen.push_back(world.loop.now());
    (void)co_await world.loop.sleep_for(1500ms);
    seen.push_back(world.loop.now());
}

TEST(SimulatedLoop, WakesSleepersAtTheirVeryMillisecond) {
    World world;
    std::vector<TimePoint> seen;
    world.group.spawn(note_times(world, seen));
    world.run_for(1h);
    EXPECT_EQ(seen, (std::vector<TimePoint>{noon + 90s, noon + 91500ms}));
    EXPECT_EQ(world.clock.now(), noon + 1h);
}

Task<> sleep_long(World& world, bool& slept, StopToken stop) {
    slept = co_await world.loop.sleep_for(24h, std::move(stop));
}

TEST(SimulatedLoop, EndsASleepEarlyWhenStopped) {
    World world;
    bool slept = true;
    world.group.spawn(sleep_long(world, slept, world.group.stop_token()));
    world.run_for(1s);
    world.group.request_stop();
    world.run_for(1s);
    EXPECT_FALSE(slept);
    EXPECT_EQ(world.group.size(), 0u);
}

Task<> wait_event(World& world, Event& event, std::vector<std::pair<bool, TimePoint>>& seen) {
    const bool first = co_await event.wait_until(noon + 5s);
    seen.emplace_back(first, world.loop.now());
    const bool second = co_await event.wait_until(noon + 10s);
    seen.emplace_back(second, world.loop.now());
}

TEST(Event, WakesItsWaiterOrTimesOut) {
    World world;
    Event event(world.loop);
    std::vector<std::pair<bool, TimePoint>> seen;
    world.group.spawn(wait_event(world, event, seen));
    world.run_for(2s);
    event.set();
    world.run_for(1h);
    EXPECT_EQ(seen,
              (std::vector<std::pair<bool, TimePoint>>{{true, noon + 2s}, {false, noon + 10s}}));
}

Task<> hold(World& world, Semaphore& semaphore, int& inside, int& most) {
    (void)co_await semaphore.acquire();
    most = std::max(most, ++inside);
    (void)co_await world.loop.sleep_for(1s);
    --inside;
    semaphore.release();
}

TEST(Semaphore, LetsAtMostItsLimitIn) {
    World world;
    Semaphore semaphore(world.loop, 3);
    int inside = 0;
    int most = 0;
    for (int i = 0; i < 10; ++i) world.group.spawn(hold(world, semaphore, inside, most));
    world.run_for(1h);
    EXPECT_EQ(most, 3);
    EXPECT_EQ(inside, 0);
    EXPECT_EQ(semaphore.available(), 3u);
}

TEST(Loop, FiresEqualTimesInTheOrderTheyWereAskedFor) {
    World world;
    std::vector<int> seen;
    for (int i = 0; i < 5; ++i) {
        world.loop.call_at(world.clock.ticks() + 1'000, [&seen, i] { seen.push_back(i); });
    }
    world.run_for(1s);
    EXPECT_EQ(seen, (std::vector<int>{0, 1, 2, 3, 4}));
}

TEST(Loop, ForgetsACancelledTimer) {
    World world;
    bool fired = false;
    const std::uint64_t handle = world.loop.call_at(1'000, [&fired] { fired = true; });
    world.loop.cancel_timer(handle);
    world.loop.cancel_timer(handle);
    world.run_for(1s);
    EXPECT_FALSE(fired);
}

Task<> note_wall(World& world, TimePoint at, std::vector<TimePoint>& seen) {
    (void)co_await world.loop.sleep_until(at);
    seen.push_back(world.loop.now());
}

TEST(Loop, NoticesAWallClockThatJumpsForward) {
    World world;
    std::vector<TimePoint> seen;
    world.group.spawn(note_wall(world, noon + 1h, seen));
    world.run_for(1s);
    world.clock.set_wall(noon + 2h);
    world.run_for(2s);
    ASSERT_EQ(seen.size(), 1u);
    EXPECT_LE(seen.front(), noon + 2h + 1s);
}

TEST(Loop, WaitsLongerWhenTheWallClockJumpsBack) {
    World world;
    std::vector<TimePoint> seen;
    world.group.spawn(note_wall(world, noon + 10s, seen));
    world.run_for(5s);
    world.clock.set_wall(noon - 1h);
    world.run_for(2h);
    EXPECT_EQ(seen, std::vector<TimePoint>{noon + 10s});
}

TEST(StopToken, CallsBackOnceAndForgetsDroppedCallbacks) {
    StopSource source;
    int calls = 0;
    StopCallback kept = source.token().on_stop([&calls] { ++calls; });
    {
        StopCallback dropped = source.token().on_stop([&calls] { calls += 100; });
    }
    source.request_stop();
    source.request_stop();
    EXPECT_EQ(calls, 1);
    StopCallback late = source.token().on_stop([&calls] { ++calls; });
    EXPECT_EQ(calls, 2);
}

Task<> throw_out() {
    throw std::runtime_error("a bug");
    co_return;
}

TEST(TaskGroup, ReportsAnEscapedExceptionAndGoesOn) {
    World world;
    std::vector<std::string> errors;
    TaskGroup group(world.loop, [&errors](const std::string& what) { errors.push_back(what); });
    group.spawn(throw_out());
    world.run_for(1s);
    EXPECT_EQ(errors, std::vector<std::string>{"a bug"});
    EXPECT_EQ(group.size(), 0u);
}

Task<> wait_forever(Event& event, StopToken stop, int& ended) {
    (void)co_await event.wait(std::move(stop));
    ++ended;
}

Task<> stop_and_join(TaskGroup& group, bool& joined) {
    group.request_stop();
    co_await group.join();
    joined = true;
}

TEST(TaskGroup, JoinsWhenEveryTaskHasEnded) {
    World world;
    Event event(world.loop);
    TaskGroup group(world.loop);
    int ended = 0;
    bool joined = false;
    for (int i = 0; i < 3; ++i) group.spawn(wait_forever(event, group.stop_token(), ended));
    world.run_for(1s);
    world.group.spawn(stop_and_join(group, joined));
    world.run_for(1s);
    EXPECT_EQ(ended, 3);
    EXPECT_TRUE(joined);
}

Task<> call_pool(Loop& loop, BlockingPool& pool, int& answer) {
    answer = co_await pool.run(loop, [] { return 42; });
    loop.stop();
}

TEST(BlockingPool, BringsTheAnswerBackToTheLoop) {
    SystemClock clock;
    Loop loop(clock);
    BlockingPool pool(2);
    TaskGroup group(loop);
    int answer = 0;
    group.spawn(call_pool(loop, pool, answer));
    loop.run();
    EXPECT_EQ(answer, 42);
}

}  // namespace
}  // namespace carillon::runtime
