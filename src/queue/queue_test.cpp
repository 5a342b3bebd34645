#include "queue/queue.hpp"

#include "queue/world_test.hpp"

namespace carillon::queue::testing {
namespace {

TEST(Queue, StartsARowAtItsVeryMillisecond) {
    World world;
    world.begin();
    world.put("a", noon + 1'234ms);
    world.run_for(10s);
    ASSERT_EQ(world.handler.starts.size(), 1u);
    EXPECT_EQ(world.handler.starts[0].at, noon + 1'234ms);
    EXPECT_EQ(world.handler.starts[0].attempt, 1);
    EXPECT_EQ(world.state("a").state, State::done);
    EXPECT_EQ(world.state("a").attempts, 0);
    world.end();
    EXPECT_EQ(world.in_flight(), 0u);
}

TEST(Queue, StartsWhatIsInsertedDueAtOnce) {
    World world;
    world.begin();
    world.run_for(300ms);
    world.put("a", noon);
    world.run_for(1ms);
    ASSERT_EQ(world.handler.starts.size(), 1u);
    EXPECT_EQ(world.handler.starts[0].at, noon + 300ms);
    world.end();
}

TEST(Queue, RunsRowsInDueOrderWithinAKeyAndAShard) {
    World world(1, 1);
    world.options.concurrency = 1;
    world.create_table();
    for (int i = 0; i < 50; ++i) {
        world.put("r" + std::to_string(i), noon - 1s + Duration{(i * 37) % 50});
    }
    world.make_queue();
    ASSERT_TRUE(world.finish(world.queue->start()));
    world.run_for(1s);
    ASSERT_EQ(world.handler.starts.size(), 50u);
    for (std::size_t i = 1; i < 50; ++i) {
        const auto due = [&](std::size_t at) {
            return (std::stoi(world.handler.starts[at].id.substr(1)) * 37) % 50;
        };
        EXPECT_LE(due(i - 1), due(i));
    }
    world.end();
}

TEST(Queue, RepeatsAFailedAttemptWhenItIsReadyAgain) {
    World world;
    world.handler.decide = [&](const Claim& claim) {
        if (claim.attempt < 3) return settled(claim, Verdict::retry, world.loop.now() + 700ms);
        return settled(claim, Verdict::done);
    };
    world.begin();
    world.put("a", noon + 100ms);
    world.run_for(1min);
    ASSERT_EQ(world.handler.starts.size(), 3u);
    EXPECT_EQ(world.handler.starts[0].at, noon + 100ms);
    EXPECT_EQ(world.handler.starts[1].at, noon + 800ms);
    EXPECT_EQ(world.handler.starts[2].at, noon + 1'500ms);
    EXPECT_EQ(world.state("a").attempts, 2);
    EXPECT_EQ(world.queue->stats().retried, 2u);
    EXPECT_EQ(world.queue->stats().done, 1u);
    world.end();
}

TEST(Queue, KeepsADeadLetterOutOfTheIndex) {
    World world;
    world.handler.decide = [](const Claim& claim) { return settled(claim, Verdict::failed); };
    world.begin();
    world.put("a", noon);
    world.run_for(1min);
    EXPECT_EQ(world.handler.starts.size(), 1u);
    EXPECT_EQ(world.state("a").state, State::failed);
    EXPECT_EQ(world.state("a").attempts, 1);
    EXPECT_EQ(world.queue->stats().failed, 1u);
    world.end();
}

TEST(Queue, RemovesTheRowWhenToldTo) {
    World world;
    world.handler.decide = [](const Claim& claim) {
        Settlement settlement = settled(claim, Verdict::done);
        settlement.remove = true;
        return settlement;
    };
    world.begin();
    world.put("a", noon);
    world.run_for(1s);
    EXPECT_FALSE(world.get("a").has_value());
    world.end();
}

TEST(Queue, CountsNothingForAReleasedRow) {
    World world;
    int turns = 0;
    world.handler.decide = [&](const Claim& claim) {
        return settled(claim, ++turns < 4 ? Verdict::release : Verdict::done);
    };
    world.begin();
    world.put("a", noon);
    world.run_for(1s);
    EXPECT_EQ(turns, 4);
    for (const auto& start : world.handler.starts) EXPECT_EQ(start.attempt, 1);
    EXPECT_EQ(world.state("a").attempts, 0);
    EXPECT_EQ(world.queue->stats().released, 3u);
    world.end();
}

TEST(Queue, CommitsTheCompanionsWithTheOutcome) {
    World world;
    world.handler.decide = [&](const Claim& claim) {
        Settlement settlement = settled(claim, Verdict::done);
        if (*claim.item.find("id")->string() == "a") {
            dynamo::PutRequest next;
            next.table = "work";
            next.item = world.row("a2", world.loop.now() + 1s);
            settlement.also.push_back(std::move(next));
        }
        return settlement;
    };
    world.begin();
    world.put("a", noon);
    world.run_for(1min);
    ASSERT_EQ(world.handler.starts.size(), 2u);
    EXPECT_EQ(world.handler.starts[1].id, "a2");
    EXPECT_EQ(world.handler.starts[1].at, noon + 1s);
    world.end();
}

TEST(Queue, RecordsTheOutcomeAloneWhenItsCompanionsCannotBe) {
    World world;
    const auto absent = dynamo::Condition::parse("attribute_not_exists(id)");
    ASSERT_TRUE(absent.has_value());
    world.handler.decide = [&](const Claim& claim) {
        Settlement settlement = settled(claim, Verdict::done);
        dynamo::PutRequest next;
        next.table = "work";
        next.item = world.row("other", noon + 1h);
        next.condition = dynamo::BoundCondition{.expression = *absent};
        settlement.also.push_back(std::move(next));
        return settlement;
    };
    world.begin();
    world.put("other", noon + 2h);
    world.put("a", noon);
    world.run_for(1min);
    EXPECT_EQ(world.handler.starts.size(), 1u);
    EXPECT_EQ(world.state("a").state, State::done);
    EXPECT_EQ(world.state("other").due_at, noon + 2h);
    world.end();
}

TEST(Queue, RecordsAnOutcomeWhoseItemIsTooLarge) {
    World world;
    world.handler.decide = [](const Claim& claim) {
        Settlement settlement = settled(claim, Verdict::done);
        settlement.item.set("response", std::string(500'000, 'x'));
        return settlement;
    };
    world.begin();
    world.put("a", noon);
    world.run_for(1min);
    EXPECT_EQ(world.handler.starts.size(), 1u);
    EXPECT_EQ(world.state("a").state, State::done);
    EXPECT_EQ(world.get("a")->find("response"), nullptr);
    world.end();
}

TEST(Queue, DropsTheOutcomeOfARowThatVanished) {
    World world;
    world.handler.delay = 1s;
    world.begin();
    world.put("a", noon);
    world.put("b", noon);
    world.run_for(500ms);
    dynamo::DeleteRequest removal;
    removal.table = "work";
    removal.key = World::key("a");
    EXPECT_TRUE(world.finish(world.store->delete_item(std::move(removal))));
    world.run_for(10s);
    EXPECT_FALSE(world.get("a").has_value());
    EXPECT_EQ(world.state("b").state, State::done);
    EXPECT_EQ(world.queue->stats().dropped, 1u);
    world.end();
}

TEST(Queue, RunsARowAgainThatWasReplacedWhileItRan) {
    World world;
    world.handler.delay = 1s;
    world.begin();
    world.put("a", noon);
    world.run_for(500ms);
    // The row that is stored now has another turn: the outcome of the old one does not belong to
    // it.
    dynamo::Item again = *world.get("a");
    world.rows.write(again, RowState{.due_at = noon});
    world.put(again);
    world.run_for(10s);
    EXPECT_EQ(world.handler.starts.size(), 2u);
    EXPECT_EQ(world.queue->stats().dropped, 1u);
    EXPECT_EQ(world.state("a").state, State::done);
    world.end();
}

TEST(Queue, NeverRunsMoreThanItsConcurrency) {
    World world;
    world.options.concurrency = 3;
    world.handler.delay = 100ms;
    world.begin();
    for (int i = 0; i < 20; ++i) world.put("r" + std::to_string(i), noon);
    world.run_for(1min);
    EXPECT_EQ(world.handler.most_running, 3u);
    EXPECT_EQ(world.handler.starts.size(), 20u);
    world.end();
}

TEST(Queue, ReportsAMissingTableAtStart) {
    World world;
    world.make_queue();
    const auto started = world.finish(world.queue->start());
    ASSERT_FALSE(started.has_value());
    EXPECT_EQ(started.error().code, Errc::not_found);
    world.end();
}

TEST(Queue, LetsGoOfWhatIsHeldAndFinishesWhatRunsWhenStopped) {
    World world;
    world.options.concurrency = 2;
    world.handler.delay = 5s;
    world.begin();
    for (int i = 0; i < 6; ++i) world.put("r" + std::to_string(i), noon);
    world.put("later", noon + 200ms);
    world.run_for(100ms);
    EXPECT_EQ(world.queue->stats().running, 2u);
    EXPECT_EQ(world.queue->stats().held, 5u);
    world.end(1min);
    EXPECT_EQ(world.handler.starts.size(), 2u);
    EXPECT_EQ(world.handler.stops_seen, 0u);
    EXPECT_EQ(world.in_flight(), 0u);
    int done = 0;
    for (int i = 0; i < 6; ++i) done += world.state("r" + std::to_string(i)).state == State::done;
    EXPECT_EQ(done, 2);
}

TEST(Queue, AsksHandlersToStopAfterTheGrace) {
    World world;
    world.handler.delay = 1h;
    world.begin();
    world.put("a", noon);
    world.run_for(100ms);
    world.end(2s);
    EXPECT_EQ(world.handler.stops_seen, 1u);
    EXPECT_LT(world.clock.now(), noon + 3s);
    EXPECT_EQ(world.state("a").state, State::done);
}

TEST(RunDue, RunsEverythingThatWasDueWithoutStart) {
    World world;
    world.create_table();
    for (int i = 0; i < 1'200; ++i) world.put("r" + std::to_string(i), noon - Duration{i % 7});
    world.put("future", noon + 1h);
    world.handler.decide = [&](const Claim& claim) {
        if (*claim.item.find("id")->string() == "r7") {
            return settled(claim, Verdict::retry, world.loop.now() + 1min);
        }
        return settled(claim, Verdict::done);
    };
    world.make_queue();
    const auto report = world.finish(world.queue->run_due());
    ASSERT_TRUE(report.has_value());
    EXPECT_EQ(report->done, 1'199u);
    EXPECT_EQ(report->errors, 1u);
    EXPECT_EQ(world.handler.starts.size(), 1'200u);
    EXPECT_EQ(world.in_flight(), 0u);
    world.queue.reset();  // Nothing is left running: no stop() is needed.
}

TEST(RunDue, WaitsForRowsThatTheQueueHoldsAlready) {
    World world;
    world.handler.delay = 3s;
    world.begin();
    for (int i = 0; i < 40; ++i) world.put("r" + std::to_string(i), noon);
    world.run_for(1s);
    const auto report = world.finish(world.queue->run_due());
    ASSERT_TRUE(report.has_value());
    EXPECT_EQ(report->done, 40u);
    EXPECT_EQ(world.handler.starts.size(), 40u);
    world.end();
}

TEST(Hold, KeepsTheRowFromStartingUntilItEnds) {
    World world;
    world.begin();
    world.put("a", noon + 200ms);
    world.run_for(150ms);
    EXPECT_EQ(world.queue->stats().held, 1u);
    {
        const Queue::Hold hold = world.queue->hold(World::key("a"));
        EXPECT_FALSE(hold.running());
        world.run_for(10s);
        EXPECT_TRUE(world.handler.starts.empty());
    }
    world.run_for(1ms);
    EXPECT_EQ(world.handler.starts.size(), 1u);
    world.end();
}

TEST(Hold, LetsTheEditedRowRunAtItsNewTime) {
    World world;
    world.begin();
    world.put("a", noon + 200ms);
    world.run_for(150ms);
    {
        const Queue::Hold hold = world.queue->hold(World::key("a"));
        dynamo::Item item = *world.get("a");
        world.rows.write(item, RowState{.due_at = noon + 5s});
        world.put(item);
    }
    world.run_for(10s);
    ASSERT_EQ(world.handler.starts.size(), 1u);
    EXPECT_EQ(world.handler.starts[0].at, noon + 5s);
    world.end();
}

TEST(Hold, SaysThatTheRowRuns) {
    World world;
    world.handler.delay = 1s;
    world.begin();
    world.put("a", noon);
    world.run_for(500ms);
    EXPECT_TRUE(world.queue->running(World::key("a")));
    EXPECT_EQ(world.queue->running_keys(), (std::vector<dynamo::Item>{World::key("a")}));
    {
        const Queue::Hold hold = world.queue->hold(World::key("a"));
        EXPECT_TRUE(hold.running());
    }
    world.run_for(10s);
    EXPECT_FALSE(world.queue->running(World::key("a")));
    EXPECT_EQ(world.handler.starts.size(), 1u);
    world.end();
}

TEST(Fairness, OverlooksNoRowThatBecomesDueWhereOthersWerePassedOver) {
    World world;
    world.use_engine();
    world.options.concurrency = 1;
    world.options.claim_batch = 2;
    world.options.held_max = 8;
    world.options.held_per_key_max = 2;
    world.handler.delay = 10ms;
    world.begin();
    world.put_many("z", 20, noon, "t");
    world.run_for(35ms);
    // The same due time, and in the index before those that wait.
    world.put_many("a", 5, noon, "t");
    world.run_for(5s);
    EXPECT_EQ(world.handler.runs().size(), 25U);
    world.end();
}

TEST(Fairness, OneDeadEndpointDoesNotDelayTheOthers) {
    World world;
    world.use_engine();
    world.options.concurrency_per_key = 4;
    world.create_table();
    world.put_many("dead", 100'000, noon - 1h, "dead");
    world.handler.delay_of = [](const Claim& claim) {
        return *claim.item.find("tenant")->string() == "dead" ? 30s : 0s;
    };
    world.make_queue();
    ASSERT_TRUE(world.finish(world.queue->start()));
    for (int i = 0; i < 50; ++i) {
        world.put("live" + std::to_string(i), world.loop.now() + 1s, "live");
        world.run_for(100ms);
    }
    world.run_for(5s);
    std::size_t live = 0;
    for (const auto& start : world.handler.starts) {
        if (!start.id.starts_with("live")) continue;
        const int i = std::stoi(start.id.substr(4));
        EXPECT_EQ(start.at, noon + i * 100ms + 1s);
        ++live;
    }
    EXPECT_EQ(live, 50u);
    world.end();
}

TEST(Fairness, WorksThroughABacklogThatIsLargerThanTheMemory) {
    World world;
    world.use_engine();
    world.options.held_max = 100;
    world.options.held_per_key_max = 20;
    world.options.claim_batch = 50;
    world.options.concurrency = 5;
    world.handler.delay = 10ms;
    world.create_table();
    for (int i = 0; i < 700; ++i) world.put("a" + std::to_string(i), noon - 1h, "a");
    for (int i = 0; i < 300; ++i) world.put("b" + std::to_string(i), noon - 30min, "b");
    world.make_queue();
    ASSERT_TRUE(world.finish(world.queue->start()));
    world.run_for(10s);
    EXPECT_EQ(world.handler.starts.size(), 1'000u);
    EXPECT_EQ(world.queue->stats().done, 1'000u);
    world.end();
}

}  // namespace
}  // namespace carillon::queue::testing
