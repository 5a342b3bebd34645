#include "outbox/bus_rig_test.hpp"

#include <gmock/gmock.h>

namespace carillon::outbox::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

TEST(Emit, IsPartOfTheCallersTransaction) {
    Rig rig;
    EventBus& bus = rig.working();
    const auto write = [&](const std::string& order, bool wanted) {
        dynamo::WriteUnit unit;
        dynamo::PutRequest put;
        put.table = rig.options.layout.table;
        put.item = {{"id", order}, {"type", "an order"}};
        put.condition = dynamo::BoundCondition{*dynamo::Condition::parse(
            wanted ? "attribute_not_exists(id)" : "attribute_exists(id)")};
        unit.emplace_back(std::move(put));
        std::vector<Event> events{{.id = "of-" + order, .type = "order.placed"}};
        EXPECT_TRUE(rig.finish(bus.emit_many(std::move(events), unit)));
        EXPECT_EQ(rig.finish(rig.store->transact_write(std::move(unit), {})).has_value(), wanted);
    };
    write("order-1", true);
    write("order-2", false);
    rig.run_for(2s);
    EXPECT_THAT(rig.listener.ids(), ElementsAre("of-order-1"));
    EXPECT_FALSE(rig.item("of-order-2"));
}

TEST(Emit, TakesNoMoreThanOneTransactionHolds) {
    Rig rig;
    EventBus& bus = rig.working();
    std::vector<Event> events(101, Event{.type = "t"});
    const auto emitted = rig.finish(bus.emit_many(std::move(events)));
    ASSERT_FALSE(emitted);
    EXPECT_EQ(emitted.error().code, Errc::too_large);
    EXPECT_EQ(emitted.error().message,
              "Cannot publish 101 events because the batch size limit is 100.");
    EXPECT_TRUE(rig.finish(bus.emit_many({})));
}

TEST(Emit, WritesTheSeedsAttributes) {
    Rig rig;
    EventBus& bus = rig.make();
    rig.begin(bus, false);
    rig.emit(bus, "e1");
    const dynamo::Item want{{"gsiSortKey", to_epoch_ms(noon)},
                            {"id", "e1"},
                            {"occurredAt", "2026-11-27T12:00:00.000Z"},
                            {"payload", dynamo::Map{{"n", 1}}},
                            {"retryCount", 0},
                            {"status", "created"},
                            {"type", "order.placed"}};
    EXPECT_EQ(*rig.item("e1"), want);
}

TEST(Emit, TakesAnEventOfTheFutureForADelayedOneInTheSeedsTables) {
    Rig rig;
    EventBus& bus = rig.working();
    Event event{.id = "e1", .type = "t"};
    event.occurred_at = noon + 10s;
    ASSERT_TRUE(rig.finish(bus.emit(std::move(event))));
    rig.run_for(20s);
    EXPECT_THAT(rig.listener.times, ElementsAre(noon + 10s));
}

TEST(Handlers, AreExactlyOneForEachPatternTheMostExactFirst) {
    Rig rig;
    Listener all(rig.loop);
    Listener users(rig.loop);
    EventBus& bus = rig.make();
    ASSERT_TRUE(bus.on("*", all.handler()));
    ASSERT_TRUE(bus.on("user.*", users.handler()));
    ASSERT_TRUE(bus.on("user.created", rig.listener.handler()));
    EXPECT_EQ(bus.on("user.*", users.handler()).error().code, Errc::already_exists);
    EXPECT_EQ(bus.on("us*r", users.handler()).error().code, Errc::invalid);
    EXPECT_FALSE(bus.subscribe({"a", "user.*"}, users.handler()));
    EXPECT_FALSE(bus.off("a"));
    rig.begin(bus);
    rig.emit(bus, "1", "user.created");
    rig.emit(bus, "2", "user.gone");
    rig.emit(bus, "3", "username");
    rig.run_for(1s);
    EXPECT_THAT(rig.listener.ids(), ElementsAre("1"));
    EXPECT_THAT(users.ids(), ElementsAre("2"));
    EXPECT_THAT(all.ids(), ElementsAre("3"));
}

TEST(WaitFor, AnswersTheNextEventOrSaysThatNoneCame) {
    Rig rig;
    EventBus& bus = rig.make();
    rig.begin(bus);
    Event later{.id = "e1", .type = "user.created"};
    later.due_at = noon + 1s;
    ASSERT_TRUE(rig.finish(bus.emit(std::move(later))));
    const auto event = rig.finish(bus.wait_for("user.created"));
    ASSERT_TRUE(event) << describe(event.error());
    EXPECT_EQ(event->id, "e1");
    const auto none = rig.finish(bus.wait_for("user.created", 100ms));
    ASSERT_FALSE(none);
    EXPECT_EQ(none.error().code, Errc::timeout);
    EXPECT_TRUE(bus.on("user.created", rig.listener.handler()));
}

Task<Result<>> around(std::vector<std::string>& log, std::string name, Next next) {
    log.push_back(name + ">");
    Result<> inner = co_await next();
    log.push_back("<" + name);
    co_return inner;
}

Task<Result<>> drop_marked(MiddlewareContext& context, Next next) {
    if (context.event.metadata.contains("drop")) co_return next.drop();
    co_return co_await next();
}

Task<Result<>> forget_next() {
    co_return Result<>{};
}

TEST(Middleware, RunsLikeTheSkinsOfAnOnion) {
    Rig rig;
    EventBus& bus = rig.make();
    std::vector<std::string> log;
    for (const std::string name : {"a", "b"}) {
        bus.use([&log, name](MiddlewareContext&, Next next) { return around(log, name, next); },
                Phase::handler);
    }
    ASSERT_TRUE(bus.on("*", rig.listener.handler()));
    rig.begin(bus);
    rig.emit(bus, "e1");
    rig.run_for(1s);
    EXPECT_THAT(log, ElementsAre("a>", "b>", "<b", "<a"));
    EXPECT_THAT(rig.listener.events, SizeIs(1));
}

TEST(Middleware, DropsWhatIsEmittedOrHandled) {
    Rig rig;
    EventBus& bus = rig.make();
    bus.use(drop_marked, Phase::emit);
    ASSERT_TRUE(bus.on("*", rig.listener.handler()));
    rig.begin(bus);
    std::vector<Event> events{{.id = "kept", .type = "t"}, {.id = "dropped", .type = "t"}};
    events.back().metadata["drop"] = true;
    const auto emitted = rig.finish(bus.emit_many(std::move(events)));
    ASSERT_TRUE(emitted);
    EXPECT_THAT(*emitted, SizeIs(1));
    EXPECT_FALSE(rig.item("dropped"));
    rig.run_for(1s);

    EventBus& handling = rig.make();
    handling.use(drop_marked, Phase::handler);
    rig.finish(bus.stop(0s));
    rig.begin(handling);
    Event marked{.id = "e2", .type = "t"};
    marked.metadata["drop"] = true;
    ASSERT_TRUE(rig.finish(handling.emit(std::move(marked))));
    rig.run_for(1s);
    EXPECT_EQ(rig.get(handling, "e2").status, EventStatus::completed);
    EXPECT_THAT(rig.listener.ids(), ElementsAre("kept"));
}

TEST(Middleware, MustCallNext) {
    Rig rig;
    EventBus& bus = rig.make();
    bus.use([](MiddlewareContext&, Next) { return forget_next(); }, Phase::emit);
    rig.begin(bus, false);
    const auto emitted = rig.finish(bus.emit({.type = "t"}));
    ASSERT_FALSE(emitted);
    EXPECT_EQ(emitted.error().message, "Middleware at index 0 must call next()");
}

TEST(Retries, DoubleTheirPauseAndEndAfterTheirNumber) {
    Rig rig;
    rig.options.max_retries = 3;
    rig.listener.answer = refuse;
    EventBus& bus = rig.working();
    rig.emit(bus, "e1");
    rig.run_for(10s);
    ASSERT_THAT(rig.listener.times, SizeIs(3));
    EXPECT_EQ((rig.listener.times[1] - rig.listener.times[0] + 500ms) / 1s, 1);
    EXPECT_EQ((rig.listener.times[2] - rig.listener.times[1] + 500ms) / 1s, 2);
    ASSERT_THAT(rig.mishaps, SizeIs(3));
    EXPECT_EQ(rig.mishaps[0].kind, Mishap::Kind::attempt);
    EXPECT_EQ(rig.mishaps[2].kind, Mishap::Kind::exhausted);
}

TEST(DeadLetters, AreRetriedAndPurgedByFilter) {
    Rig rig;
    rig.options.max_retries = 1;
    rig.listener.answer = refuse;
    EventBus& bus = rig.working();
    rig.emit(bus, "a", "user.created");
    rig.emit(bus, "b", "order.placed");
    rig.run_for(1s);
    rig.listener.answer = nullptr;
    const auto retried = rig.finish(bus.events().retry_all({.type = "user.*"}));
    ASSERT_TRUE(retried);
    EXPECT_EQ(retried->count, 1);
    rig.run_for(1s);
    EXPECT_THAT(rig.ids(bus, EventStatus::failed), ElementsAre("b"));
    EXPECT_THAT(rig.ids(bus, EventStatus::completed), ElementsAre("a"));
    const auto purged = rig.finish(bus.events().purge({.status = EventStatus::failed}, {}));
    ASSERT_TRUE(purged);
    EXPECT_EQ(purged->count, 1);
    EXPECT_FALSE(rig.item("b"));
    EXPECT_FALSE(rig.finish(bus.events().purge({.status = EventStatus::created}, {})));
}

TEST(SharedTable, TakesOverWhatAnotherProgramLeftBehind) {
    Rig rig(true);
    EventBus& bus = rig.working();
    rig.emit(bus, "e1");
    dynamo::Item theirs = *rig.item("e1");
    theirs.set("status", "active");
    theirs.set("startedOn", to_epoch_ms(noon));
    theirs.set("gsiSortKey", to_epoch_ms(noon + 30s));
    theirs.set("id", "e2");
    rig.put(theirs);
    rig.run_for(29s);
    EXPECT_THAT(rig.listener.ids(), ElementsAre("e1"));
    rig.run_for(5s);
    EXPECT_THAT(rig.listener.ids(), ElementsAre("e1", "e2"));
    EXPECT_EQ(rig.get(bus, "e2").status, EventStatus::completed);
    EXPECT_EQ(rig.item("e2")->find("gsiSortKey"), nullptr);
}

TEST(SharedTable, DropsItsOutcomeWhenAnotherProgramTookTheRow) {
    Rig rig(true);
    rig.listener.delay = 5s;
    EventBus& bus = rig.working();
    rig.emit(bus, "e1");
    rig.run_for(2s);
    // The seed leaves our token in the row when it claims it.
    dynamo::Item theirs = *rig.item("e1");
    ASSERT_NE(theirs.find("leaseToken"), nullptr);
    theirs.set("startedOn", to_epoch_ms(noon + 2s));
    theirs.set("gsiSortKey", to_epoch_ms(noon + 60s));
    rig.put(theirs);
    rig.run_for(10s);
    EXPECT_EQ(*rig.item("e1"), theirs);
}

TEST(SharedTable, FailsWhatAnotherProgramBroughtBackFromParking) {
    Rig rig(true);
    rig.options.max_retries = 1;
    rig.listener.answer = refuse;
    EventBus& bus = rig.working("user.*");
    rig.emit(bus, "e1", "order.placed");
    rig.run_for(2s);
    dynamo::Item theirs = *rig.item("e1");
    ASSERT_EQ(*theirs.find("status")->string(), "parked");
    theirs.set("status", "created");
    theirs.set("type", "user.created");
    rig.put(theirs);
    rig.run_for(5s);
    EXPECT_EQ(rig.get(bus, "e1").status, EventStatus::failed);
}

TEST(SharedTable, FindsWhatAnotherProgramGaveUpAndTookOutOfTheIndex) {
    Rig rig(true);
    rig.options.max_retries = 1;
    rig.listener.answer = refuse;
    EventBus& bus = rig.working();
    for (const char* id : {"ours", "theirs", "theirs-too"}) rig.emit(bus, id);
    rig.run_for(2s);
    for (const char* id : {"theirs", "theirs-too"}) {
        dynamo::Item item = *rig.item(id);
        item.erase("gsiSortKey");
        rig.put(item);
    }
    EXPECT_THAT(rig.ids(bus, EventStatus::failed), ElementsAre("ours"));

    std::vector<std::string> found;
    Listing listing{.limit = 1, .unindexed = true};
    do {
        const auto page = rig.finish(bus.events().list(listing)).value();
        for (const Event& event : page.events) found.push_back(event.id);
        listing.start_key = page.next_key;
    } while (listing.start_key);
    EXPECT_THAT(found, UnorderedElementsAre("ours", "theirs", "theirs-too"));

    rig.listener.answer = nullptr;
    const auto report = rig.finish(bus.events().retry_all({.unindexed = true}));
    ASSERT_TRUE(report) << describe(report.error());
    EXPECT_EQ(report->count, 3);
    rig.run_for(5s);
    EXPECT_EQ(rig.get(bus, "theirs").status, EventStatus::completed);
}

TEST(SharedTable, SetsAsideWhatIsNoEvent) {
    Rig rig(true);
    EventBus& bus = rig.working();
    rig.put({{"id", "ghost"},
             {"status", "created"},
             {"retryCount", 0},
             {"gsiSortKey", to_epoch_ms(noon)}});
    rig.run_for(5s);
    EXPECT_THAT(rig.listener.events, IsEmpty());
    EXPECT_EQ(*rig.item("ghost")->find("status")->string(), "failed");
    rig.emit(bus, "e1");
    rig.run_for(2s);
    EXPECT_THAT(rig.listener.ids(), ElementsAre("e1"));
}

}  // namespace
}  // namespace carillon::outbox::testing
