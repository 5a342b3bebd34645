// The seed's defects (SEEDS B7), each with the opposite outcome.

#include "bus/publisher.hpp"
#include "outbox/bus_rig_test.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <set>

namespace carillon::outbox::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

/// Answers message by message.
class FakePublisher final : public bus::Publisher {
public:
    std::vector<bus::Message> messages;
    std::set<std::string> refused;

    Task<std::vector<Result<>>> publish(std::vector<bus::Message> batch) override {
        std::vector<Result<>> results;
        for (bus::Message& message : batch) {
            if (refused.contains(message.id)) {
                results.emplace_back(fail(Errc::throttled, "the broker refused the entry"));
            } else {
                results.emplace_back();
            }
            messages.push_back(std::move(message));
        }
        co_return results;
    }

    Task<> close() override { co_return; }
};

TEST(B1, FinalFailuresAreListedNewestFirst) {
    Rig rig;
    rig.options.max_retries = 1;
    rig.listener.answer = refuse;
    EventBus& bus = rig.working();
    rig.emit(bus, "first");
    rig.run_for(1s);
    rig.emit(bus, "second");
    rig.run_for(1s);
    EXPECT_THAT(rig.ids(bus, EventStatus::failed), ElementsAre("second", "first"));
    EXPECT_EQ(rig.get(bus, "first").last_error, "the mail server is down");
    EXPECT_NE(rig.item("first")->find("gsiSortKey"), nullptr);
}

TEST(B2, EventsOfOneBatchAreHandledTogether) {
    Rig rig;
    rig.listener.delay = 100ms;
    EventBus& bus = rig.working();
    rig.emit_many(bus, 50);
    rig.run_for(200ms);
    EXPECT_THAT(rig.listener.events, SizeIs(50));
    EXPECT_EQ(rig.listener.most_running, 50U);
}

TEST(B3, AFullBatchIsFollowedByTheNextAtOnce) {
    Rig rig;
    EventBus& bus = rig.working();
    rig.emit_many(bus, 300);
    rig.run_for(100ms);
    EXPECT_THAT(rig.listener.events, SizeIs(300));
}

/// Of four workers on one table: how many of a hundred claims were lost to one another.
double claims_lost(Rig& rig) {
    double claimed = 0;
    double lost = 0;
    for (const auto& bus : rig.buses) {
        claimed += static_cast<double>(bus->stats().claimed);
        lost += static_cast<double>(bus->stats().claims_lost);
    }
    EXPECT_GT(claimed, 0);
    return 100 * lost / claimed;
}

TEST(B4, WorkersRarelyLoseClaimsToEachOther) {
    for (const Generation generation : {Generation::v2, Generation::sharded}) {
        Rig rig(true);
        rig.options.layout.generation = generation;
        rig.store->faults().delay = 0.5;
        for (int i = 0; i < 4; ++i) (void)rig.working();
        rig.run_for(3s);  // They have heard of each other.
        rig.emit_many(*rig.buses.front(), 200);
        rig.run_for(5s);
        for (int i = 0; i < 200; ++i) {
            const std::string id = "later-" + std::to_string(i);
            rig.emit(*rig.buses.front(), id);
            rig.run_for(20ms);
        }
        rig.run_for(30s);
        const auto ids = rig.listener.ids();
        EXPECT_THAT(ids, SizeIs(400));
        EXPECT_EQ(std::set<std::string>(ids.begin(), ids.end()).size(), 400U);
        EXPECT_LE(claims_lost(rig), 6.0) << "the seed: 74";
        for (const auto& bus : rig.buses) EXPECT_GT(bus->stats().done, 20U) << "each has its share";
    }
}

TEST(B4, WhatBelongsToABusyWorkerIsTakenByIdleOnes) {
    Rig rig(true);
    rig.options.concurrency = 1;
    rig.options.batch_size = 1;
    Listener stuck(rig.loop);
    stuck.delay = 10min;
    EventBus& busy = rig.make();
    ASSERT_TRUE(busy.on("*", stuck.handler()));
    rig.begin(busy);
    (void)rig.working();
    rig.run_for(3s);
    rig.emit_many(busy, 40);
    rig.run_for(60s);
    // One in its handler and no more than it may hold beside.
    EXPECT_THAT(stuck.events, SizeIs(1));
    EXPECT_GE(rig.listener.events.size(), 40U - 1 - 4);
    // While its handler is there.
    rig.finish(busy.stop(0s));
}

TEST(B4, WhatBelongedToADeadWorkerIsTakenByOthers) {
    Rig rig(true);
    queue::testing::FaultyStore mortal(
        *rig.engine, rig.loop, rig.random, {.exclusive = false, .watches = false});
    BusOptions options = rig.options;
    options.owner = "dead";
    EventBus dead(rig.loop, mortal, rig.random, Log::null(), rig.metrics, options);
    ASSERT_TRUE(dead.on("*", rig.listener.handler()));
    rig.begin(dead);
    EventBus& other = rig.working();
    rig.run_for(3s);
    mortal.die();
    rig.finish(dead.stop(0s));
    rig.emit_many(other, 40);
    rig.run_for(20s);
    EXPECT_THAT(rig.listener.events, SizeIs(40));
}

TEST(B5, ALeaseCountsFromItsClaimAndIsExtendedWhileTheHandlerRuns) {
    Rig rig(true);
    rig.options.processing_timeout = 1s;
    rig.listener.delay = 900ms;
    rig.options.concurrency = 1;
    (void)rig.working();
    (void)rig.working();
    rig.emit_many(*rig.buses.front(), 8);
    rig.run_for(30s);
    EXPECT_THAT(rig.listener.events, SizeIs(8));
    EXPECT_THAT(rig.mishaps, IsEmpty());
}

TEST(B6, AStaleWorkerCannotChangeWhatOthersDecided) {
    Rig rig(true);
    rig.listener.delay = 500ms;
    EventBus& bus = rig.working();
    rig.emit(bus, "e1");
    rig.run_for(1'200ms);
    ASSERT_THAT(rig.listener.events, SizeIs(1));
    dynamo::Item seen = *rig.item("e1");
    rig.emit(bus, "e2");
    rig.run_for(200ms);
    ASSERT_EQ(rig.listener.running, 1U);
    dynamo::Item failed = *rig.item("e2");
    failed.set("status", "failed");
    failed.set("lastError", "Processing timeout");
    rig.put(failed);
    rig.run_for(5s);
    EXPECT_EQ(rig.get(bus, "e2").status, EventStatus::failed);
    EXPECT_EQ(rig.get(bus, "e1").status, EventStatus::completed);
}

TEST(B7, OnlyWhatTheBrokerAcceptedIsCompleted) {
    Rig rig;
    FakePublisher publisher;
    publisher.refused = {"e1"};
    EventBus& bus = rig.make();
    ASSERT_TRUE(bus.on("*", publish_to(publisher)));
    rig.begin(bus);
    rig.emit_many(bus, 3);
    rig.run_for(100ms);
    EXPECT_EQ(rig.get(bus, "e0").status, EventStatus::completed);
    EXPECT_EQ(rig.get(bus, "e1").status, EventStatus::created);
    EXPECT_EQ(rig.get(bus, "e1").retry_count, 1);
    publisher.refused.clear();
    rig.run_for(2s);
    EXPECT_EQ(rig.get(bus, "e1").status, EventStatus::completed);
    EXPECT_THAT(publisher.messages, SizeIs(4));
}

TEST(B8, AnEventThatNobodyHandlesIsParkedUntilSomebodyDoes) {
    Rig rig;
    EventBus& bus = rig.working("user.*");
    rig.emit(bus, "mine", "user.created");
    rig.emit(bus, "other", "order.placed");
    rig.run_for(1s);
    EXPECT_THAT(rig.listener.ids(), ElementsAre("mine"));
    EXPECT_THAT(rig.ids(bus, EventStatus::parked), ElementsAre("other"));
    EXPECT_EQ(rig.get(bus, "other").retry_count, 0);
    rig.finish(bus.stop(0s));
    EventBus& next = rig.working("*");
    rig.run_for(1s);
    EXPECT_THAT(rig.listener.ids(), ElementsAre("mine", "other"));
    EXPECT_THAT(rig.ids(next, EventStatus::parked), IsEmpty());
}

TEST(B9, AHandlerThatFailsAConditionOfItsOwnHasFailed) {
    Rig rig(true);
    rig.options.max_retries = 2;
    rig.listener.answer = [](const Event&) { return fail(Errc::condition_failed, "not mine"); };
    EventBus& bus = rig.working();
    rig.emit(bus, "e1");
    rig.run_for(10s);
    EXPECT_THAT(rig.listener.events, SizeIs(2));
    EXPECT_EQ(rig.get(bus, "e1").status, EventStatus::failed);
    EXPECT_THAT(rig.mishaps, SizeIs(2));
}

TEST(B10, OnlyFailedEventsThatExistAreRetried) {
    Rig rig;
    rig.options.max_retries = 1;
    rig.listener.answer = refuse;
    EventBus& bus = rig.working();
    rig.emit(bus, "dead");
    rig.run_for(1s);
    rig.listener.answer = nullptr;
    rig.emit(bus, "done");
    rig.run_for(1s);
    const auto report = rig.finish(bus.events().retry({"dead", "done", "ghost"}));
    ASSERT_TRUE(report);
    EXPECT_EQ(report->count, 1);
    EXPECT_EQ(report->skipped, 1);
    EXPECT_EQ(report->missing, 1);
    rig.run_for(1s);
    EXPECT_THAT(rig.listener.ids(), ElementsAre("dead", "done", "dead"));
    EXPECT_EQ(rig.get(bus, "dead").status, EventStatus::completed);
    EXPECT_FALSE(rig.item("ghost"));
}

TEST(B11, EmittingAgainWritesNothing) {
    Rig rig;
    EventBus& bus = rig.working();
    rig.emit(bus, "e1");
    rig.run_for(1s);
    const auto again =
        rig.finish(bus.emit({.id = "e1", .type = "order.placed", .payload = {{"n", 1}}}));
    ASSERT_TRUE(again && *again);
    EXPECT_TRUE((*again)->existed);
    const auto other =
        rig.finish(bus.emit({.id = "e1", .type = "order.placed", .payload = {{"n", 2}}}));
    ASSERT_FALSE(other);
    EXPECT_EQ(other.error().code, Errc::already_exists);
    rig.run_for(1s);
    EXPECT_THAT(rig.listener.events, SizeIs(1));
}

TEST(B12, MetadataIsKeptAndTheDueTimeIsItsOwn) {
    Rig rig;
    rig.options.layout.generation = Generation::sharded;
    EventBus& bus = rig.working();
    Event event{.id = "e1", .type = "order.placed"};
    event.occurred_at = noon - 1h;
    event.due_at = noon + 5min;
    event.metadata = {{"traceparent", "00-1"}};
    ASSERT_TRUE(rig.finish(bus.emit(std::move(event))));
    rig.run_for(4min);
    EXPECT_THAT(rig.listener.events, IsEmpty());
    rig.run_for(2min);
    ASSERT_THAT(rig.listener.events, SizeIs(1));
    EXPECT_EQ(rig.listener.times.front(), noon + 5min);
    EXPECT_EQ(rig.listener.events.front().occurred_at, noon - 1h);
    EXPECT_EQ(rig.listener.events.front().metadata.at("traceparent"), "00-1");
}

TEST(B13, OurOwnTablesSpreadTheIndexAndCompletedEventsExpire) {
    Rig rig;
    rig.options.layout.generation = Generation::sharded;
    rig.options.retention = Retention::expire;
    rig.options.completed_ttl = 5min;
    EventBus& bus = rig.make();
    rig.begin(bus, false);
    rig.emit_many(bus, 50);
    std::set<std::string> partitions;
    for (int i = 0; i < 50; ++i) {
        partitions.insert(*rig.item("e" + std::to_string(i))->find("duePartition")->string());
    }
    EXPECT_THAT(partitions,
                UnorderedElementsAre("created#0", "created#1", "created#2", "created#3"));
    rig.finish(bus.stop(0s));
    (void)rig.working();
    rig.run_for(1s);
    const auto done = rig.item("e0");
    ASSERT_TRUE(done);
    EXPECT_EQ(done->find("duePartition"), nullptr);
    rig.run_for(10min);
    EXPECT_FALSE(rig.item("e0"));
}

TEST(B14, DeadLettersArePagedToTheLast) {
    for (const Generation generation : {Generation::v2, Generation::sharded}) {
        Rig rig;
        rig.options.layout.generation = generation;
        rig.options.max_retries = 1;
        rig.listener.answer = refuse;
        EventBus& bus = rig.working();
        rig.emit_many(bus, 250);
        rig.run_for(5s);
        std::set<std::string> seen;
        std::optional<std::string> place;
        do {
            const auto page = rig.finish(bus.events().list({.limit = 60, .start_key = place}));
            ASSERT_TRUE(page) << describe(page.error());
            EXPECT_LE(page->events.size(), 60U);
            for (const Event& event : page->events) EXPECT_TRUE(seen.insert(event.id).second);
            place = page->next_key;
        } while (place);
        EXPECT_EQ(seen.size(), 250U);
    }
}

TEST(B14, RecoveryReadsMoreThanOnePage) {
    for (const Generation generation : {Generation::v2, Generation::sharded}) {
        Rig rig(true);
        rig.options.layout.generation = generation;
        rig.options.processing_timeout = 5s;
        // A worker that dies with all of them in its hands, several pages of the index.
        queue::testing::FaultyStore mortal(
            *rig.engine, rig.loop, rig.random, {.exclusive = false, .watches = false});
        BusOptions options = rig.options;
        options.owner = "dead";
        options.batch_size = options.concurrency = 120;
        EventBus dead(rig.loop, mortal, rig.random, Log::null(), rig.metrics, options);
        Listener stuck(rig.loop);
        stuck.delay = 1h;
        ASSERT_TRUE(dead.on("*", stuck.handler()));
        rig.begin(dead);
        for (int i = 0; i < 120; ++i) {
            Event event{.id = "e" + std::to_string(i), .type = "order.placed"};
            event.payload = {{"text", std::string(20'000, 'x')}};
            ASSERT_TRUE(rig.finish(dead.emit(std::move(event))));
        }
        rig.run_for(2s);
        ASSERT_THAT(stuck.events, SizeIs(120));
        mortal.die();
        rig.finish(dead.stop(0s));
        EventBus& bus = rig.working();
        rig.run_for(1min);
        EXPECT_THAT(rig.listener.events, SizeIs(120));
        EXPECT_THAT(rig.ids(bus, EventStatus::active), IsEmpty());
    }
}

TEST(B15, ACompletionThatCannotBeWrittenIsWrittenAgainNotHandledAgain) {
    Rig rig;
    rig.listener.delay = 100ms;
    EventBus& bus = rig.working();
    rig.emit(bus, "e1");
    rig.run_for(50ms);
    rig.store->faults().fail_writes = true;
    rig.run_for(5s);
    rig.store->faults().fail_writes = false;
    rig.run_for(10s);
    EXPECT_THAT(rig.listener.events, SizeIs(1));
    EXPECT_EQ(rig.get(bus, "e1").status, EventStatus::completed);
    EXPECT_THAT(rig.mishaps, IsEmpty());
}

TEST(B16, TheBrokersKeyIsTheEventsOwn) {
    Rig rig;
    FakePublisher publisher;
    EventBus& bus = rig.make();
    ASSERT_TRUE(bus.on("*", publish_to(publisher, "orders")));
    rig.begin(bus);
    ASSERT_TRUE(rig.finish(bus.emit({.id = "e1", .type = "order.placed", .key = "order-7"})));
    rig.run_for(1s);
    ASSERT_THAT(publisher.messages, SizeIs(1));
    EXPECT_EQ(publisher.messages.front().key, "order-7");
    EXPECT_EQ(publisher.messages.front().destination, "orders");
}

TEST(B17, WhatTheDocumentationPromisesIsInTheTable) {
    Rig rig;
    rig.options.retention = Retention::archive;
    EventBus& bus = rig.working();
    EXPECT_EQ(rig.options.layout.schema().ttl_attribute, "expiresAt");
    rig.emit(bus, "e1");
    rig.run_for(1s);
    EXPECT_FALSE(rig.item("e1"));
    dynamo::GetRequest get;
    get.table = rig.options.archive_table;
    get.key.set("id", "e1");
    const auto archived = rig.finish(rig.engine->get_item(std::move(get)));
    ASSERT_TRUE(archived && *archived);
    EXPECT_EQ(*(*archived)->find("status")->string(), "completed");
}

TEST(B18, AHandlersErrorIsRetriedWithBackoffAndDeadWorkersCount) {
    Rig rig(true);
    rig.options.layout.generation = Generation::v0;
    rig.options.max_retries = 3;
    rig.listener.answer = refuse;
    EventBus& bus = rig.working();
    rig.emit(bus, "e1");
    rig.run_for(20s);
    EXPECT_THAT(rig.listener.events, SizeIs(3));
    EXPECT_EQ(*rig.item("e1")->find("status")->string(), "FAILED");
    // A row whose workers died again and again.
    dynamo::Item orphan = *rig.item("e1");
    orphan.set("id", "e2");
    orphan.set("status", "PROCESSING");
    orphan.set("interruptions", 2);
    rig.put(orphan);
    rig.run_for(5s);
    EXPECT_EQ(rig.get(bus, "e2").status, EventStatus::failed);
    EXPECT_THAT(rig.listener.events, SizeIs(3));
}

TEST(B18, WhatTheStoreDidNotTakeOfAnEmitIsNotLost) {
    Rig rig;
    EventBus& bus = rig.working();
    rig.store->faults().fail = 0.1;
    rig.store->faults().lose_reply = 0.1;
    int refused = 0;
    for (int batch = 0; batch < 80; ++batch) {
        const auto events_of = [&] {
            std::vector<Event> events;
            for (int i = 0; i < 10; ++i) {
                events.push_back({.id = std::to_string(batch) + "-" + std::to_string(i),
                                  .type = "order.placed"});
            }
            return events;
        };
        // Whoever emits is told, and emits again.
        for (int tries = 0; !rig.finish(bus.emit_many(events_of())); ++tries) {
            ++refused;
            ASSERT_LT(tries, 500);
        }
    }
    EXPECT_GT(refused, 0);
    rig.store->faults() = {};
    rig.run_for(5min);
    const auto ids = rig.listener.ids();
    EXPECT_EQ(std::set<std::string>(ids.begin(), ids.end()).size(), 800U);
}

}  // namespace
}  // namespace carillon::outbox::testing
