// Deaths of the process, one at a time, on exclusive stores.

#include "queue/faulty_store_test.hpp"
#include "queue/world_test.hpp"

namespace carillon::queue::testing {
namespace {

/// A world whose queue can die: nothing of it reaches the store afterwards.
struct MortalWorld : World {
    std::unique_ptr<FaultyStore> view;
    std::unique_ptr<TestHandler> mind;

    /// Before it starts, as the first rows run at once.
    std::function<void(TestHandler&)> prepare = [](TestHandler& handler) { handler.delay = 1h; };

    void live() {
        view = std::make_unique<FaultyStore>(*store, loop, random, Faults{});
        mind = std::make_unique<TestHandler>(loop);
        prepare(*mind);
        queue = std::make_unique<Queue>(
            loop, *view, rows, *mind, random, Log::null(), metrics, options);
        ASSERT_TRUE(finish(queue->start()));
    }

    void die() {
        view->die();
        finish(queue->stop(0s));
        queue.reset();
    }
};

TEST(Crash, CountsAnInterruptionForWhatRanAndRunsItAgain) {
    MortalWorld world;
    world.create_table();
    world.put("a", noon);
    world.live();
    world.run_for(1s);
    EXPECT_EQ(world.in_flight(), 1u);
    world.die();
    EXPECT_EQ(world.state("a").interruptions, 0);
    EXPECT_EQ(world.in_flight(), 1u);

    world.prepare = [](TestHandler& handler) { handler.delay = 10ms; };
    world.live();
    EXPECT_EQ(world.state("a").interruptions, 1);
    EXPECT_EQ(world.state("a").attempts, 0);
    world.run_for(1s);
    ASSERT_EQ(world.mind->starts.size(), 1u);
    EXPECT_EQ(world.mind->starts[0].attempt, 1);
    EXPECT_EQ(world.state("a").state, State::done);
    EXPECT_EQ(world.state("a").interruptions, 0);
    world.end();
    EXPECT_EQ(world.in_flight(), 0u);
}

TEST(Crash, DoesNotCountWhatWasSettledBefore) {
    MortalWorld world;
    world.create_table();
    world.put("quick", noon);
    world.put("slow", noon);
    world.prepare = [](TestHandler& handler) {
        handler.delay_of = [](const Claim& claim) {
            return *claim.item.find("id")->string() == "slow" ? Duration(1h) : Duration(0);
        };
    };
    world.live();
    world.run_for(1s);
    world.die();
    world.prepare = [](TestHandler& handler) { handler.delay = 10ms; };
    world.live();
    EXPECT_EQ(world.state("quick").state, State::done);
    EXPECT_EQ(world.state("slow").interruptions, 1);
    world.run_for(1s);
    EXPECT_EQ(world.mind->runs(), (std::map<std::string, int>{{"slow", 1}}));
    world.end();
}

TEST(Crash, DoesNotCountARowThatWasChangedByHandMeanwhile) {
    MortalWorld world;
    world.create_table();
    world.put("a", noon);
    world.live();
    world.run_for(1s);
    world.die();
    dynamo::Item item = *world.get("a");
    world.rows.write(item, RowState{.due_at = noon + 1min});
    world.put(item);
    world.live();
    world.run_for(1s);
    EXPECT_EQ(world.state("a").interruptions, 0);
    EXPECT_TRUE(world.mind->starts.empty());
    world.end();
}

TEST(Crash, APoisonousRowEndsAsADeadLetterAfterItsInterruptions) {
    MortalWorld world;
    world.options.interruptions_max = 5;
    world.create_table();
    world.put("poison", noon);
    for (int death = 1; death <= 5; ++death) {
        world.live();
        world.run_for(1s);
        ASSERT_EQ(world.mind->starts.size(), 1u) << death;
        EXPECT_EQ(world.mind->starts[0].attempt, 1);
        world.die();
    }
    world.live();
    world.run_for(1s);
    EXPECT_TRUE(world.mind->starts.empty());
    EXPECT_EQ(world.mind->poisonings, (std::vector<std::string>{"poison"}));
    EXPECT_EQ(world.state("poison").state, State::failed);
    EXPECT_EQ(world.state("poison").attempts, 0);
    EXPECT_NE(world.get("poison")->find("error"), nullptr);
    world.end();
}

TEST(Crash, RowsThatOnlyWaitedAreNotCountedTwice) {
    MortalWorld world;
    world.options.concurrency = 1;
    world.create_table();
    for (int i = 0; i < 5; ++i) world.put("r" + std::to_string(i), noon + Duration{i});
    for (int death = 0; death < 6; ++death) {
        world.live();
        world.run_for(1s);
        world.die();
    }
    world.live();
    // The first was in a handler each time; the others were at most claimed.
    for (int i = 1; i < 5; ++i) EXPECT_LE(world.state("r" + std::to_string(i)).interruptions, 1);
    EXPECT_EQ(world.state("r0").interruptions, 6);
    world.end();
}

TEST(Crash, ASuspectRunsWithoutOtherSuspectsBesideIt) {
    MortalWorld world;
    world.options.interruptions_max = 10;
    world.create_table();
    for (int i = 0; i < 4; ++i) world.put("r" + std::to_string(i), noon + Duration{i});
    // All four die together a few times; which of them is guilty cannot be known.
    for (int death = 0; death < 3; ++death) {
        world.live();
        world.run_for(1s);
        EXPECT_EQ(world.mind->starts.size(), 4u);
        world.die();
    }
    // From here on one at a time: r0 dies again and again, the others are not counted.
    for (int death = 0; death < 7; ++death) {
        world.live();
        world.run_for(1s);
        ASSERT_EQ(world.mind->starts.size(), 1u);
        EXPECT_EQ(world.mind->starts[0].id, "r0");
        world.die();
    }
    world.prepare = [](TestHandler&) {};
    world.live();
    world.run_for(1s);
    EXPECT_EQ(world.mind->poisonings, (std::vector<std::string>{"r0"}));
    EXPECT_EQ(world.mind->starts.size(), 3u);
    for (int i = 1; i < 4; ++i) {
        EXPECT_EQ(world.state("r" + std::to_string(i)).state, State::done);
    }
    world.end();
}

TEST(Crash, KeepsOutcomesUntilTheStoreIsBack) {
    MortalWorld world;
    world.create_table();
    for (int i = 0; i < 10; ++i) world.put("r" + std::to_string(i), noon);
    world.prepare = [](TestHandler& handler) { handler.delay = 100ms; };
    world.live();
    world.run_for(50ms);
    world.view->faults().fail = 1;
    world.run_for(1min);
    EXPECT_EQ(world.mind->starts.size(), 10u);
    EXPECT_EQ(world.queue->stats().settling, 10u);
    EXPECT_EQ(world.queue->stats().done, 0u);
    world.view->faults().fail = 0;
    world.run_for(10s);
    EXPECT_EQ(world.queue->stats().done, 10u);
    EXPECT_EQ(world.mind->starts.size(), 10u);
    world.end();
}

TEST(Crash, StartsNothingNewWhileOutcomesCannotBeRecorded) {
    MortalWorld world;
    world.options.concurrency = 2;
    world.create_table();
    for (int i = 0; i < 100; ++i) world.put("r" + std::to_string(i), noon);
    world.prepare = [](TestHandler& handler) { handler.delay = 100ms; };
    world.live();
    world.run_for(50ms);
    world.view->faults().fail = 1;
    world.run_for(1min);
    EXPECT_LE(world.mind->starts.size(), 4u);
    world.view->faults().fail = 0;
    world.run_for(1min);
    EXPECT_EQ(world.queue->stats().done, 100u);
    world.end();
}

TEST(Crash, RecognisesAnOutcomeWhoseReplyWasLost) {
    MortalWorld world;
    world.create_table();
    world.put("a", noon + 1s);
    world.prepare = [](TestHandler&) {};
    world.live();
    world.run_for(900ms);
    world.view->faults().lose_reply = 1;
    world.run_for(120ms);
    EXPECT_EQ(world.state("a").state, State::done);
    world.view->faults().lose_reply = 0;
    world.run_for(1min);
    EXPECT_EQ(world.queue->stats().done, 1u);
    EXPECT_EQ(world.queue->stats().dropped, 0u);
    EXPECT_EQ(world.mind->starts.size(), 1u);
    world.end();
}

}  // namespace
}  // namespace carillon::queue::testing
