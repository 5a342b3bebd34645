// Fires that are decided a moment before their instant.

#include "schedules/plan.hpp"
#include "schedules/service_rig_test.hpp"

namespace carillon::schedules {
namespace {

using namespace std::chrono_literals;
using namespace testing;

constexpr const char* minutely = R"("trigger":{"type":"CRON","cron":"* * * * *"})";

TEST(Ahead, AFireIsDecidedBeforeItsInstantAndRingsAtIt) {
    Rig rig;
    rig.run_for(1ms);
    const Schedule made = rig.create(minutely);
    rig.run_for(1min - ahead_most - 2ms);
    EXPECT_EQ(rig.ledger(made), Lines{});
    rig.run_for(ahead_most / 2);
    EXPECT_EQ(rig.ledger(made), Lines{"12:01:00 fired"});
    ASSERT_EQ(rig.runs(made).size(), 1U);
    EXPECT_EQ(rig.runs(made)[0].status, RunStatus::pending);
    EXPECT_TRUE(rig.sender.calls.empty());
    rig.run_for(1min);
    ASSERT_EQ(rig.sender.calls.size(), 1U);
    EXPECT_EQ(rig.sender.calls[0].at, noon + 1min);
    EXPECT_EQ(rig.runs(made)[0].latency_ms, 0);
}

TEST(Ahead, NeighboursAreDecidedTogether) {
    const Schedule schedule;
    EXPECT_EQ(decide_at(schedule, noon), noon - 200ms);
    EXPECT_EQ(decide_at(schedule, noon + 1ms), noon - 200ms);
    EXPECT_EQ(decide_at(schedule, noon + 49ms), noon - 200ms);
    EXPECT_EQ(decide_at(schedule, noon + 50ms), noon - 150ms);
}

TEST(Ahead, OnlyTheInstantOfTheCursorIsTakenForThePresentAndOnlyInAMoment) {
    const Schedule schedule;
    EXPECT_EQ(present_of(schedule, noon + ahead_most, noon, false), noon + ahead_most);
    EXPECT_EQ(present_of(schedule, noon + ahead_most + 1ms, noon, false), noon);
    EXPECT_EQ(present_of(schedule, noon - 1min, noon, false), noon);
}

TEST(Ahead, WhileTheRunBeforeGoesOnNothingIsDecidedBeforeItsInstant) {
    for (const char* overlap : {"skip", "queue-one", "queue-all", "cancel"}) {
        Rig rig;
        rig.run_for(1ms);
        rig.sender.delay = 1min - 100ms;
        const Schedule made =
            rig.create(std::string(minutely) + R"(,"policy":{"overlap":")" + overlap + R"("})");
        rig.run_for(2min - 101ms);
        EXPECT_EQ(rig.ledger(made), Lines{"12:01:00 fired"}) << overlap;
        // It ends in time.
        rig.run_for(1s);
        EXPECT_EQ(rig.ledger(made), (Lines{"12:01:00 fired", "12:02:00 fired"})) << overlap;
        ASSERT_EQ(rig.sender.calls.size(), 2U) << overlap;
        EXPECT_EQ(rig.sender.calls[1].at, noon + 2min) << overlap;
    }
}

TEST(Ahead, AnEditComesAfterTheFireThatWasDecided) {
    Rig rig;
    rig.run_for(1ms);
    const Schedule made = rig.create(minutely);
    rig.run_for(1min - 101ms);
    ASSERT_EQ(rig.ledger(made), Lines{"12:01:00 fired"});
    const auto paused = rig.update(made, R"({"enabled":false})");
    ASSERT_TRUE(paused) << describe(paused.error());
    EXPECT_GE(rig.clock.now(), noon + 1min);
    EXPECT_EQ(paused->updated_at, rig.clock.now());
    rig.run_for(5min);
    EXPECT_EQ(rig.ledger(made), Lines{"12:01:00 fired"});
    EXPECT_EQ(rig.sender.calls.size(), 1U);
}

TEST(Ahead, AnEditThatIsEarlierStillHolds) {
    Rig rig;
    rig.run_for(1ms);
    const Schedule made = rig.create(minutely);
    rig.run_for(1min - ahead_most - 2ms);
    ASSERT_TRUE(rig.update(made, R"({"enabled":false})"));
    EXPECT_LT(rig.clock.now(), noon + 1min - ahead_most);
    rig.run_for(5min);
    EXPECT_EQ(rig.ledger(made), Lines{});
    EXPECT_TRUE(rig.sender.calls.empty());
}

TEST(Ahead, TheFireThatWasDecidedRingsBeforeItsScheduleIsDeleted) {
    Rig rig;
    rig.run_for(1ms);
    const Schedule made = rig.create(minutely);
    rig.run_for(1min - 101ms);
    ASSERT_TRUE(rig.finish(rig.service->remove("acme", made.id, {})));
    EXPECT_GE(rig.clock.now(), noon + 1min);
    rig.run_for(5min);
    EXPECT_EQ(rig.sender.calls.size(), 1U);
}

TEST(Ahead, AScheduleMadeJustBeforeItsInstantRingsAtIt) {
    Rig rig;
    rig.run_for(1min - 20ms);
    (void)rig.create(minutely);
    rig.run_for(1s);
    ASSERT_EQ(rig.sender.calls.size(), 1U);
    EXPECT_EQ(rig.sender.calls[0].at, noon + 1min);
}

TEST(Ahead, AClockThatIsSetBackMakesNothingEarly) {
    Rig rig;
    rig.run_for(1ms);
    const Schedule made = rig.create(minutely);
    rig.run_for(1min - 101ms);
    rig.clock.set_wall(noon + 30s);
    rig.run_for(20s);
    EXPECT_TRUE(rig.sender.calls.empty());
    // Nor does an edit wait for longer than a moment.
    ASSERT_TRUE(rig.update(made, R"({"payload":1})"));
    EXPECT_LT(rig.clock.now(), noon + 51s);
    rig.run_for(1min);
    EXPECT_EQ(rig.sender.calls.size(), 1U);
    EXPECT_EQ(rig.ledger(made), Lines{"12:01:00 fired"});
}

}  // namespace
}  // namespace carillon::schedules
