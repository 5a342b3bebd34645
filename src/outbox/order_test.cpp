// Events of one key in the order of their emission.

#include "outbox/bus_rig_test.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <map>
#include <set>

namespace carillon::outbox::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

struct OrderRig : Rig {
    explicit OrderRig(bool shared = false) : Rig(shared) { options.layout.ordered = true; }

    void emit_keyed(EventBus& bus, const std::string& id, const std::string& key) {
        const auto emitted =
            finish(bus.emit({.id = id, .type = "order.placed", .payload = {{"n", 1}}, .key = key}));
        EXPECT_TRUE(emitted) << describe(emitted.error());
    }

    /// Ids that sort against the order of emission.
    void emit_line(EventBus& bus, const std::string& key, int count) {
        for (int i = 0; i < count; ++i) emit_keyed(bus, id_of(key, i), key);
    }

    static std::string id_of(const std::string& key, int i) {
        return key + "-" + std::to_string(999 - i);
    }

    static std::vector<std::string> line(const std::string& key, int count) {
        std::vector<std::string> ids;
        for (int i = 0; i < count; ++i) ids.push_back(id_of(key, i));
        return ids;
    }

    [[nodiscard]] std::vector<std::string> handled(const std::string& key) const {
        std::vector<std::string> ids;
        for (const Event& event : listener.events) {
            if (event.key == key) ids.push_back(event.id);
        }
        return ids;
    }
};

TEST(Order, EventsOfOneKeyAreHandledOneByOneAsTheyWereEmitted) {
    OrderRig rig;
    rig.listener.delay = 5ms;
    EventBus& bus = rig.working();
    rig.emit_line(bus, "a", 30);
    rig.emit_line(bus, "b", 30);
    rig.run_for(1s);
    EXPECT_EQ(rig.handled("a"), OrderRig::line("a", 30));
    EXPECT_EQ(rig.handled("b"), OrderRig::line("b", 30));
    EXPECT_EQ(rig.listener.most_running, 2U);
    const auto done = rig.item("a-999");
    ASSERT_TRUE(done);
    EXPECT_EQ(done->find("orderedBy"), nullptr);
    EXPECT_EQ(done->find("orderedAt"), nullptr);
}

TEST(Order, HoldsForEventsThatAreEmittedTogetherAndInTransactions) {
    OrderRig rig;
    EventBus& bus = rig.working();
    std::vector<Event> events;
    for (const std::string& id : OrderRig::line("a", 40)) {
        events.push_back({.id = id, .type = "t", .key = "a"});
    }
    std::vector<Event> later(events.begin() + 20, events.end());
    events.resize(20);
    ASSERT_TRUE(rig.finish(bus.emit_many(std::move(events))));
    dynamo::WriteUnit transaction;
    ASSERT_TRUE(rig.finish(bus.emit_many(std::move(later), transaction)));
    ASSERT_TRUE(rig.finish(rig.store->transact_write(std::move(transaction), {})));
    rig.run_for(5s);
    EXPECT_EQ(rig.handled("a"), OrderRig::line("a", 40));
}

TEST(Order, ConcernsOnlyEventsWithAKeyInTablesThatAskForIt) {
    OrderRig rig;
    rig.listener.delay = 10ms;
    EventBus& bus = rig.working();
    rig.emit_many(bus, 5);
    rig.run_for(100ms);
    EXPECT_EQ(rig.listener.most_running, 5U);

    Rig other;
    other.listener.delay = 10ms;
    EventBus& plain = other.working();
    for (const std::string id : {"1", "2", "3"}) {
        ASSERT_TRUE(other.finish(plain.emit({.id = id, .type = "t", .key = "a"})));
    }
    other.run_for(100ms);
    EXPECT_EQ(other.listener.most_running, 3U);
}

TEST(Order, ThoseBehindAFailingOneWaitAndFollowAtOnceWhenItSucceeds) {
    OrderRig rig;
    int failures = 3;
    rig.listener.answer = [&](const Event& event) -> Result<> {
        if (event.id == "a-999" && failures-- > 0) return fail(Errc::unavailable, "not now");
        return {};
    };
    EventBus& bus = rig.working();
    rig.emit_line(bus, "a", 5);
    rig.emit_line(bus, "b", 2);
    rig.run_for(2s);
    EXPECT_EQ(rig.handled("b"), OrderRig::line("b", 2));
    EXPECT_EQ(rig.get(bus, "a-998").waits_for, "a-999");
    EXPECT_EQ(rig.get(bus, "a-998").retry_count, 0);
    rig.run_for(60s);
    std::vector<std::string> want(3, "a-999");
    std::ranges::copy(OrderRig::line("a", 5), std::back_inserter(want));
    EXPECT_EQ(rig.handled("a"), want);
    EXPECT_LT(rig.listener.times.back() - rig.listener.times[rig.listener.times.size() - 5], 100ms);
}

TEST(Order, ThoseBehindOneThatWasGivenUpAreParkedUntilItIsRetriedAndSucceeds) {
    OrderRig rig;
    rig.options.max_retries = 2;
    bool broken = true;
    rig.listener.answer = [&](const Event& event) -> Result<> {
        if (event.id == "a-999" && broken) return fail(Errc::unavailable, "no");
        return {};
    };
    EventBus& bus = rig.working();
    rig.emit_line(bus, "a", 6);
    rig.run_for(5s);
    rig.emit_keyed(bus, "a-900", "a");
    rig.run_for(5s);
    EXPECT_THAT(rig.ids(bus, EventStatus::failed), ElementsAre("a-999"));
    EXPECT_THAT(rig.ids(bus, EventStatus::parked), SizeIs(6));
    EXPECT_THAT(rig.get(bus, "a-995").parked_because, HasSubstr("a-999"));
    EXPECT_EQ(rig.get(bus, "a-995").retry_count, 0);

    broken = false;
    rig.listener.events.clear();
    ASSERT_TRUE(rig.finish(bus.events().retry({"a-999"})));
    rig.run_for(100ms);
    auto want = OrderRig::line("a", 6);
    want.emplace_back("a-900");
    EXPECT_EQ(rig.handled("a"), want);
    EXPECT_THAT(rig.ids(bus, EventStatus::parked), IsEmpty());
    EXPECT_EQ(rig.item("a-995")->find("parkedBehind"), nullptr);
}

TEST(Order, PurgingTheOneThatWasGivenUpLetsTheOthersGoOn) {
    OrderRig rig;
    rig.options.max_retries = 1;
    rig.listener.answer = [&](const Event& event) -> Result<> {
        if (event.id == "a-999") return fail(Errc::unavailable, "no");
        return {};
    };
    EventBus& bus = rig.working();
    rig.emit_line(bus, "a", 4);
    rig.run_for(5s);
    ASSERT_THAT(rig.ids(bus, EventStatus::parked), SizeIs(3));
    rig.listener.events.clear();
    const auto purged = rig.finish(bus.events().purge({.status = EventStatus::failed}, {}));
    ASSERT_TRUE(purged);
    EXPECT_EQ(purged->count, 1);
    rig.run_for(100ms);
    EXPECT_THAT(rig.handled("a"), ElementsAre("a-998", "a-997", "a-996"));
}

TEST(Order, WhatAnotherProgramTookAwayHoldsNobodyUp) {
    OrderRig rig;
    rig.options.max_retries = 1;
    rig.listener.answer = [&](const Event& event) -> Result<> {
        if (event.id == "a-999" || event.id == "b-999") return fail(Errc::unavailable, "no");
        return {};
    };
    EventBus& bus = rig.working();
    rig.emit_line(bus, "a", 3);
    rig.emit_line(bus, "b", 3);
    rig.run_for(5s);
    ASSERT_THAT(rig.ids(bus, EventStatus::parked), SizeIs(4));
    dynamo::DeleteRequest removal;
    removal.table = rig.options.layout.table;
    removal.key.set("id", "a-999");
    ASSERT_TRUE(rig.finish(rig.engine->delete_item(std::move(removal))));
    dynamo::Item completed = *rig.item("b-999");
    completed.set("status", "completed");
    completed.erase("gsiSortKey");
    rig.put(std::move(completed));
    rig.run_for(2min);
    EXPECT_THAT(rig.handled("a"), ElementsAre("a-999", "a-998", "a-997"));
    EXPECT_THAT(rig.handled("b"), ElementsAre("b-999", "b-998", "b-997"));
    EXPECT_EQ(rig.item("b-999")->find("orderedBy"), nullptr);
}

TEST(Order, ADelayedEventHoldsBackThoseEmittedAfterIt) {
    OrderRig rig;
    EventBus& bus = rig.working();
    Event first{.id = "first", .type = "t", .key = "a"};
    first.due_at = noon + 90s;
    ASSERT_TRUE(rig.finish(bus.emit(std::move(first))));
    Event second{.id = "second", .type = "t", .key = "a"};
    second.due_at = noon + 200s;
    ASSERT_TRUE(rig.finish(bus.emit(std::move(second))));
    rig.emit_keyed(bus, "third", "a");
    rig.run_for(89s);
    EXPECT_THAT(rig.listener.events, IsEmpty());
    rig.run_for(300s);
    EXPECT_THAT(rig.listener.ids(), ElementsAre("first", "second", "third"));
    // Its own time is not moved forward by the one before.
    EXPECT_EQ(rig.listener.times[1], noon + 200s);
    EXPECT_LT(rig.listener.times[2], noon + 201s);
}

TEST(Order, ANewStartDoesNotBringBackThoseBehindOneThatWasGivenUp) {
    OrderRig rig;
    rig.options.max_retries = 1;
    rig.listener.answer = refuse;
    EventBus& bus = rig.working();
    rig.emit_line(bus, "a", 3);
    rig.run_for(5s);
    rig.finish(bus.stop(0s));
    rig.listener.events.clear();
    EventBus& next = rig.working();
    rig.run_for(5s);
    EXPECT_THAT(rig.listener.events, IsEmpty());
    EXPECT_THAT(rig.ids(next, EventStatus::parked), SizeIs(2));
}

TEST(Order, HoldsBetweenSeveralWorkersOfASharedTable) {
    OrderRig rig(true);
    rig.options.batch_size = 7;
    rig.listener.delay = 3ms;
    rig.store->faults().delay = 0.2;
    for (int i = 0; i < 3; ++i) (void)rig.working();
    for (const std::string key : {"a", "b", "c"}) rig.emit_line(*rig.buses.front(), key, 25);
    rig.run_for(120s);
    for (const std::string key : {"a", "b", "c"}) {
        EXPECT_EQ(rig.handled(key), OrderRig::line(key, 25)) << key;
    }
}

TEST(Order, SurvivesADeathAtEveryCallOfTheStore) {
    for (std::size_t call = 1; call <= 120; ++call) {
        OrderRig rig;
        bool refuses = true;
        const auto answer = [&](const Event& event) -> Result<> {
            if (event.id == "a-998" && std::exchange(refuses, false)) {
                return fail(Errc::unavailable, "not now");
            }
            return {};
        };
        rig.options.base_backoff = 50ms;
        rig.listener.answer = answer;
        EventBus& emitter = rig.make();
        rig.begin(emitter, false);
        rig.emit_line(emitter, "a", 6);
        auto mortal = std::make_unique<queue::testing::FaultyStore>(
            *rig.engine, rig.loop, rig.random, queue::testing::Faults{});
        Listener before(rig.loop);
        std::vector<std::string> first;
        const auto note = [&](const Event& event) {
            if (std::ranges::find(first, event.id) == first.end()) first.push_back(event.id);
        };
        before.answer = [&](const Event& event) {
            Result<> said = answer(event);
            if (said && !mortal->dead()) note(event);
            return said;
        };
        {
            EventBus bus(rig.loop, *mortal, rig.random, Log::null(), rig.metrics, rig.options);
            ASSERT_TRUE(bus.on("*", before.handler()));
            mortal->die_at_call(call);
            (void)rig.finish(bus.start());
            rig.run_for(300ms);
            mortal->die();
            rig.finish(bus.stop(0s));
        }
        rig.listener.answer = [&](const Event& event) {
            Result<> said = answer(event);
            if (said) note(event);
            return said;
        };
        (void)rig.working();
        rig.run_for(3min);
        EXPECT_EQ(first, OrderRig::line("a", 6)) << "death at call " << call;
    }
}

}  // namespace
}  // namespace carillon::outbox::testing
