// Two processes on one shared table.

#include "queue/faulty_store_test.hpp"
#include "queue/world_test.hpp"

namespace carillon::queue::testing {
namespace {

struct SharedProcess {
    SharedProcess(World& world, const std::string& owner) : handler(world.loop) {
        Faults faults;
        faults.exclusive = false;
        faults.watches = false;
        view = std::make_unique<FaultyStore>(*world.store, world.loop, world.random, faults);
        QueueOptions options = world.options;
        options.owner = owner;
        options.lease = 3s;
        queue = std::make_unique<Queue>(world.loop,
                                        *view,
                                        world.rows,
                                        handler,
                                        world.random,
                                        Log::null(),
                                        world.metrics,
                                        options);
    }

    TestHandler handler;
    std::unique_ptr<FaultyStore> view;
    std::unique_ptr<Queue> queue;
};

TEST(Leases, TwoQueuesShareTheWorkAndRunNothingTwice) {
    World world;
    world.options.claim_batch = 7;
    world.options.held_max = 10;
    world.create_table();
    for (int i = 0; i < 200; ++i) world.put("r" + std::to_string(i), noon + Duration{i * 10});
    SharedProcess one(world, "one");
    SharedProcess two(world, "two");
    one.handler.delay = 40ms;
    two.handler.delay = 40ms;
    ASSERT_TRUE(world.finish(one.queue->start()));
    ASSERT_TRUE(world.finish(two.queue->start()));
    world.run_for(1min);
    auto runs = one.handler.runs();
    for (const auto& [id, count] : two.handler.runs()) runs[id] += count;
    EXPECT_EQ(runs.size(), 200u);
    for (const auto& [id, count] : runs) EXPECT_EQ(count, 1) << id;
    EXPECT_GT(one.handler.starts.size(), 10u);
    EXPECT_GT(two.handler.starts.size(), 10u);
    world.finish(one.queue->stop(0s));
    world.finish(two.queue->stop(0s));
}

TEST(Leases, AHeartbeatKeepsLongWork) {
    World world;
    world.create_table();
    world.put("long", noon);
    SharedProcess one(world, "one");
    SharedProcess two(world, "two");
    one.handler.delay = 30s;
    ASSERT_TRUE(world.finish(one.queue->start()));
    world.run_for(100ms);
    ASSERT_TRUE(world.finish(two.queue->start()));
    EXPECT_EQ(world.state("long").state, State::leased);
    EXPECT_EQ(world.state("long").lease_owner, "one");
    world.run_for(1min);
    EXPECT_EQ(one.handler.starts.size(), 1u);
    EXPECT_TRUE(two.handler.starts.empty());
    EXPECT_EQ(world.state("long").state, State::done);
    EXPECT_EQ(world.state("long").lease_token, "");
    world.finish(one.queue->stop(0s));
    world.finish(two.queue->stop(0s));
}

TEST(Leases, AnIdleProcessAsksSeldomAndStillSeesWhatComes) {
    World world;
    world.create_table();
    SharedProcess one(world, "one");
    ASSERT_TRUE(world.finish(one.queue->start()));
    world.run_for(1min);
    const std::size_t partitions =
        world.rows.partitions(State::ready).size() + world.rows.partitions(State::leased).size();
    const std::size_t before = one.view->calls;
    world.run_for(1min);
    // Ready ones three seconds apart, leased ones by a third of the lease; and heartbeats.
    EXPECT_LE(one.view->calls - before, partitions / 2 * (20 + 60) + 2 * 31);
    // By somebody else: found by the next look at the latest.
    world.put("theirs", world.clock.now());
    world.run_for(3 * world.options.poll_interval + 100ms);
    EXPECT_EQ(one.handler.starts.size(), 1u);
    world.run_for(1min);
    // By somebody else, for later: seen on the way, and started in time.
    world.put("later", world.clock.now() + 5s);
    const TimePoint due = world.clock.now() + 5s;
    world.run_for(6s);
    ASSERT_EQ(one.handler.starts.size(), 2u);
    EXPECT_EQ(one.handler.starts.back().at, due);
    world.run_for(1min);
    // By this process, which says so.
    world.put("ours", world.clock.now());
    one.queue->inserted(world.clock.now());
    world.run_for(100ms);
    EXPECT_EQ(one.handler.starts.size(), 3u);
    world.finish(one.queue->stop(0s));
}

TEST(Leases, WhatAProcessWritesItRunsAtOnceWhoeverItBelongsTo) {
    World world;
    world.create_table();
    SharedProcess one(world, "one");
    SharedProcess two(world, "two");
    ASSERT_TRUE(world.finish(one.queue->start()));
    ASSERT_TRUE(world.finish(two.queue->start()));
    // Until they have heard of each other.
    world.run_for(10s);
    for (int i = 0; i < 20; ++i) {
        // Due when it was made, which is before it was stored.
        const TimePoint due = world.clock.now();
        world.run_for(3ms);
        world.put("row-" + std::to_string(i), due);
        one.queue->inserted(due, world.clock.now());
        world.run_for(50ms);
        EXPECT_EQ(one.handler.starts.size(), static_cast<std::size_t>(i) + 1);
    }
    EXPECT_TRUE(two.handler.starts.empty());
    world.finish(one.queue->stop(0s));
    world.finish(two.queue->stop(0s));
}

TEST(Leases, ALapsedLeaseIsTakenOverAndItsOldHolderWritesNothing) {
    World world;
    world.create_table();
    world.put("a", noon);
    SharedProcess one(world, "one");
    SharedProcess two(world, "two");
    one.handler.delay = 20s;
    ASSERT_TRUE(world.finish(one.queue->start()));
    world.run_for(100ms);
    one.view->faults().fail = 1;  // Cut off: no heartbeat gets through.
    ASSERT_TRUE(world.finish(two.queue->start()));
    two.handler.delay = 1s;
    world.run_for(8s);
    ASSERT_EQ(two.handler.starts.size(), 1u);
    EXPECT_GE(two.handler.starts[0].at, noon + 3s);
    EXPECT_EQ(two.handler.starts[0].attempt, 1);
    EXPECT_EQ(world.state("a").state, State::done);
    const auto before = world.get("a");
    one.view->faults().fail = 0;
    world.run_for(1min);
    EXPECT_EQ(one.handler.stops_seen, 1u);
    EXPECT_EQ(one.queue->stats().dropped, 1u);
    EXPECT_EQ(world.get("a"), before);
    world.finish(one.queue->stop(0s));
    world.finish(two.queue->stop(0s));
}

TEST(Leases, ADeadProcessesRowIsAnInterruption) {
    World world;
    world.create_table();
    world.put("a", noon);
    int seen = -1;
    {
        SharedProcess one(world, "one");
        one.handler.delay = 1h;
        ASSERT_TRUE(world.finish(one.queue->start()));
        world.run_for(100ms);
        one.view->die();
        world.finish(one.queue->stop(0s));
    }
    SharedProcess two(world, "two");
    two.handler.decide = [&](const Claim& claim) {
        seen = claim.row.interruptions;
        EXPECT_EQ(claim.attempt, 1);
        return settled(claim, Verdict::done);
    };
    ASSERT_TRUE(world.finish(two.queue->start()));
    world.run_for(10s);
    EXPECT_EQ(seen, 1);
    EXPECT_EQ(world.state("a").state, State::done);
    EXPECT_EQ(world.state("a").interruptions, 0);
    world.finish(two.queue->stop(0s));
}

TEST(Leases, WhatWasHeldIsGivenBackAtTheStop) {
    World world;
    world.options.concurrency = 1;
    world.create_table();
    for (int i = 0; i < 5; ++i) world.put("r" + std::to_string(i), noon);
    SharedProcess one(world, "one");
    one.handler.delay = 1s;
    ASSERT_TRUE(world.finish(one.queue->start()));
    world.run_for(100ms);
    world.finish(one.queue->stop(10s));
    int ready = 0;
    for (int i = 0; i < 5; ++i) {
        const RowState row = world.state("r" + std::to_string(i));
        if (row.state != State::ready) continue;
        ++ready;
        EXPECT_EQ(row.due_at, noon);
        EXPECT_EQ(row.lease_token, "");
        EXPECT_EQ(row.attempts, 0);
    }
    EXPECT_EQ(ready, 4);
}

TEST(Leases, ClaimsLeaveWhatOthersWroteBesideThem) {
    World world;
    world.create_table();
    world.put("a", noon + 1s);
    SharedProcess one(world, "one");
    one.handler.delay = 10s;
    one.handler.decide = [](const Claim& claim) { return settled(claim, Verdict::release); };
    ASSERT_TRUE(world.finish(one.queue->start()));
    world.run_for(2s);
    dynamo::Item item = *world.get("a");
    item.set("note", "kept");
    world.put(item);
    world.run_for(5s);  // Some heartbeats.
    EXPECT_NE(world.get("a")->find("note"), nullptr);
    world.finish(one.queue->stop(0s));
}

}  // namespace
}  // namespace carillon::queue::testing
