// What must not disturb the neighbours: handlers and domains that throw, rows that make no sense, a
// store that takes no outcomes.

#include "queue/faulty_store_test.hpp"
#include "queue/world_test.hpp"

#include <gmock/gmock.h>

#include <stdexcept>

namespace carillon::queue::testing {
namespace {

using ::testing::HasSubstr;

/// Every exception must be met alike on both kinds of stores.
struct StoreWorld : World {
    std::unique_ptr<FaultyStore> view;

    explicit StoreWorld(bool exclusive) {
        Faults faults;
        faults.exclusive = exclusive;
        view = std::make_unique<FaultyStore>(*store, loop, random, faults);
        database = view.get();
    }
};

Settlement throw_it(const Claim&) {
    throw std::runtime_error("boom");
}

TEST(Mishaps, AHandlerThatThrowsHasFailedAnAttempt) {
    for (const bool exclusive : {true, false}) {
        StoreWorld world(exclusive);
        world.handler.decide = [](const Claim& claim) {
            if (*claim.item.find("id")->string() == "bad" && claim.attempt == 1) throw_it(claim);
            return settled(claim, Verdict::done);
        };
        world.handler.on_throw = [&](const Claim& claim, std::string_view what) {
            EXPECT_EQ(what, "boom");
            EXPECT_EQ(claim.attempt, 1);
            return settled(claim, Verdict::retry, noon + 5s);
        };
        world.begin();
        for (const char* id : {"a", "bad", "z"}) world.put(id, noon);
        world.run_for(1s);
        EXPECT_EQ(world.state("a").state, State::done);
        EXPECT_EQ(world.state("z").state, State::done);
        EXPECT_EQ(world.state("bad").attempts, 1);
        EXPECT_EQ(world.state("bad").due_at, noon + 5s);
        world.run_for(10s);
        EXPECT_EQ(world.state("bad").state, State::done);
        EXPECT_THAT(world.log_text.str(), HasSubstr("boom"));
        world.end();
        EXPECT_EQ(world.in_flight(), 0U);
    }
}

TEST(Mishaps, AHandlerThatThrowsAndCannotSayWhatThatMeansLeavesADeadLetter) {
    World world;
    world.handler.decide = throw_it;
    world.handler.on_throw = [](const Claim& claim, std::string_view) { return throw_it(claim); };
    world.begin();
    world.put("a", noon);
    world.run_for(1min);
    EXPECT_EQ(world.handler.starts.size(), 1U);
    EXPECT_EQ(world.state("a").state, State::failed);
    world.end();
}

TEST(Mishaps, WhatThrowsWhileTheRowIsDeletedIsDropped) {
    World world;
    world.handler.delay = 1s;
    world.handler.decide = throw_it;
    world.begin();
    world.put("a", noon);
    world.run_for(500ms);
    dynamo::DeleteRequest removal;
    removal.table = "work";
    removal.key = World::key("a");
    EXPECT_TRUE(world.finish(world.store->delete_item(std::move(removal))));
    world.run_for(1min);
    EXPECT_EQ(world.queue->stats().dropped, 1U);
    EXPECT_EQ(world.queue->stats().running, 0U);
    world.end();
}

TEST(Mishaps, APoisonedRowWhoseHandlerThrowsIsADeadLetterAllTheSame) {
    World world;
    world.options.interruptions_max = 2;
    world.handler.before_poisoned = [] { throw std::runtime_error("boom"); };
    world.create_table();
    world.put(world.rows.make({{"id", "a"}}, RowState{.due_at = noon, .interruptions = 2}));
    world.make_queue();
    ASSERT_TRUE(world.finish(world.queue->start()));
    world.run_for(1min);
    EXPECT_EQ(world.state("a").state, State::failed);
    EXPECT_TRUE(world.handler.starts.empty());
    world.end();
}

TEST(Misfits, UnreadableRowsBecomeDeadLettersAndTheOthersGoOn) {
    World world;
    world.begin();
    dynamo::Item bad = world.row("bad", noon - 1h);
    bad.set("attempts", "many");
    world.put(bad);
    world.put("good", noon);
    world.run_for(10s);
    ASSERT_EQ(world.handler.starts.size(), 1U);
    EXPECT_EQ(world.handler.starts[0].id, "good");
    EXPECT_EQ(world.state("bad").state, State::failed);
    EXPECT_EQ(world.get("bad")->find("duePartition"), nullptr);
    EXPECT_EQ(world.queue->stats().failed, 1U);
    EXPECT_THAT(world.log_text.str(), HasSubstr("row set aside as a dead letter"));
    EXPECT_THAT(world.log_text.str(), HasSubstr("no count in attempts"));
    world.end();
}

TEST(Misfits, MisplacedRowsArePutWhereTheyBelong) {
    struct Case {
        const char* what;
        State state;
        bool exclusive;
        State want;
    };

    const Case cases[] = {{"suspended", State::suspended, true, State::suspended},
                          {"done", State::done, true, State::done},
                          {"leased", State::leased, true, State::done},
                          {"suspended, shared", State::suspended, false, State::suspended}};
    for (const Case& c : cases) {
        StoreWorld world(c.exclusive);
        world.begin();
        dynamo::Item item = world.row("a", noon - 1h);
        item.set("state", to_string(c.state));
        world.put(item);
        world.run_for(10s);
        EXPECT_EQ(world.state("a").state, c.want) << c.what;
        EXPECT_EQ(world.get("a")->find("duePartition"), nullptr) << c.what;
        world.end();
    }
}

TEST(Misfits, AreReadOnceEvenWhereEveryLookBeginsAtTheHead) {
    // Without watches each look begins at the head: what stays there is read every time.
    World world;
    FaultyStore view(*world.store, world.loop, world.random, {.watches = false});
    world.database = &view;
    world.begin();
    constexpr int count = 300;
    for (int i = 0; i < count; ++i) {
        dynamo::Item bad = world.row("bad" + std::to_string(i), noon - 1h);
        bad.set("attempts", "many");
        world.put(bad);
    }
    world.run_for(5s);
    const std::size_t read_before = view.items_read;
    EXPECT_GE(read_before, static_cast<std::size_t>(count));
    world.run_for(1min);
    EXPECT_EQ(view.items_read, read_before);
    EXPECT_EQ(world.queue->stats().failed, static_cast<std::uint64_t>(count));
    world.end();
}

TEST(Stop, GivesUpOutcomesThatTheStoreDoesNotTake) {
    StoreWorld world(true);
    world.handler.delay = 1s;
    world.begin();
    world.put("a", noon);
    world.put("b", noon);
    world.run_for(500ms);
    world.view->faults().fail_writes = true;
    world.run_for(1s);
    ASSERT_EQ(world.handler.starts.size(), 2U);
    ASSERT_EQ(world.queue->stats().settling, 2U);

    const TimePoint before = world.clock.now();
    world.end(7s);
    EXPECT_LE(world.clock.now() - before, 8s);
    EXPECT_THAT(world.log_text.str(),
                HasSubstr("stopped with outcomes that could not be recorded"));
    EXPECT_THAT(world.log_text.str(), HasSubstr("outcomes=2"));

    // They were in hand: each counts an interruption, and rings again.
    world.view->faults().fail_writes = false;
    EXPECT_GE(world.in_flight(), 1U);
    world.make_queue();
    ASSERT_TRUE(world.finish(world.queue->start()));
    world.run_for(2s);
    EXPECT_EQ(world.handler.starts.size(), 4U);
    EXPECT_EQ(world.state("a").state, State::done);
    EXPECT_EQ(world.state("b").state, State::done);
    world.end();
}

TEST(Stop, WaitsForAStoreThatComesBackInTime) {
    StoreWorld world(true);
    world.handler.delay = 1s;
    world.begin();
    world.put("a", noon);
    world.run_for(500ms);
    world.view->faults().fail_writes = true;
    world.run_for(1s);
    world.loop.call_at(world.clock.ticks() + 2'000'000'000,
                       [&] { world.view->faults().fail_writes = false; });
    world.end(0s);
    EXPECT_EQ(world.state("a").state, State::done);
    EXPECT_EQ(world.in_flight(), 0U);
    EXPECT_EQ(world.log_text.str().find("stopped with outcomes"), std::string::npos);
}

}  // namespace
}  // namespace carillon::queue::testing
