// The seed's defects (SEEDS D-1 to D-15), each with the opposite outcome.

#include "layer/layer_rig_test.hpp"

#include <gmock/gmock.h>

namespace carillon::layer::testing {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::Ge;
using ::testing::IsEmpty;
using ::testing::SizeIs;

TEST(D1, TheSetThatTriggersASyncIsFoldedByIt) {
    Rig rig;
    rig.options.strategy.count = 2;
    rig.options.background = false;
    Layer& layer = rig.layer();
    rig.set(layer, {put("a", "1")});
    const auto report = rig.finish(layer.set({put("b", "1"), put("c", "1")}));
    ASSERT_TRUE(report);
    ASSERT_TRUE(report->synced);
    EXPECT_EQ(report->synced->count, 3u);
    EXPECT_EQ(rig.meta(layer).unsynced_total, 0);
    EXPECT_THAT(rig.get(layer), ElementsAre("a=1", "b=1", "c=1"));
}

TEST(D1, TheSameHoldsInTheBackground) {
    Rig rig;
    rig.options.strategy.count = 2;
    Layer& layer = rig.layer();
    rig.set(layer, {put("a", "1"), put("b", "1")});
    EXPECT_THAT(rig.get(layer), ElementsAre("a=1", "b=1"));
    rig.run_for(1s);
    EXPECT_EQ(rig.meta(layer).unsynced_total, 0);
    EXPECT_THAT(rig.get(layer), ElementsAre("a=1", "b=1"));
}

TEST(D2, AProcessThatKnowsNothingOfASyncLosesNothing) {
    Rig rig;
    Layer& one = rig.layer();
    Layer& two = rig.layer();
    rig.set(one, {put("a", "1")});
    rig.set(two, {put("b", "1")});
    EXPECT_EQ(rig.sync(one).count, 2u);
    rig.set(two, {put("c", "1")});
    rig.set(one, {put("a", "2")});
    EXPECT_THAT(rig.get(one), ElementsAre("a=2", "b=1", "c=1"));
    EXPECT_EQ(rig.sync(two).count, 2u);
    EXPECT_THAT(rig.get(two), ElementsAre("a=2", "b=1", "c=1"));
}

TEST(D3, FailedSyncsCostReadersNothing) {
    Rig rig;
    auto& world = rig.process();
    rig.set(*world.layer, {put("a", "1")});
    world.objects->faults.fail_all = true;
    const auto calls_of_a_get = [&] {
        const std::size_t before = world.store->calls;
        EXPECT_THAT(rig.get(*world.layer), ElementsAre("a=1"));
        return world.store->calls - before;
    };
    const std::size_t at_first = calls_of_a_get();
    for (int i = 0; i < 5; ++i) EXPECT_EQ(rig.sync(*world.layer).failed, 1u);
    EXPECT_EQ(calls_of_a_get(), at_first);
    world.objects->faults.fail_all = false;
    EXPECT_EQ(rig.sync(*world.layer).count, 1u);
    EXPECT_THAT(rig.get(*world.layer), ElementsAre("a=1"));
}

TEST(D4, NoItemVanishesWhileASyncRuns) {
    Rig rig;
    auto& syncing = rig.process();
    Layer& reading = rig.layer();
    rig.set(reading, {put("a", "1"), put("b", "1")});
    rig.sync(reading);
    rig.set(reading, {put("b", "2"), put("c", "1")});
    // Every call of the syncer takes a while; somebody reads all the time.
    syncing.store->faults() = {.delay = 1, .exclusive = false, .watches = false};
    syncing.objects->faults.delay = 1;
    bool done = false;
    const auto sync = [](Layer& layer, bool& ended) -> Task<> {
        EXPECT_TRUE(co_await layer.sync());
        ended = true;
    };
    rig.group.spawn(sync(*syncing.layer, done));
    int reads = 0;
    while (!done) {
        rig.run_for(1ms);
        EXPECT_THAT(rig.get(reading), ElementsAre("a=1", "b=2", "c=1"));
        ++reads;
    }
    EXPECT_THAT(reads, Ge(20));
    EXPECT_EQ(rig.meta(reading).unsynced_total, 0);
}

TEST(D5, LayersAndPartitionsWhoseNamesBeginAlikeNeverMeet) {
    Rig rig;
    Layer& users = rig.layer();
    rig.options.name = "users2";
    Layer& users2 = rig.layer();
    rig.set(users, {put("a", "1", "p1"), put("b", "1", "p10")});
    rig.set(users2, {put("c", "1", "p1")});
    EXPECT_EQ(rig.sync(users).count, 2u);
    EXPECT_EQ(rig.meta(users2).unsynced_total, 1);
    dynamo::TableSchema source{.name = "source", .key = {.hash = {"pk"}}};
    source.key.sort = dynamo::KeyAttribute{.name = "sk"};
    ASSERT_TRUE(rig.finish(rig.engine->create_table(source)));
    const ResetOptions reset{.table = "source", .partition = "p1"};
    ASSERT_TRUE(rig.finish(users.reset(*rig.engine, reset)));
    EXPECT_THAT(rig.get(users, "p1"), IsEmpty());
    EXPECT_THAT(rig.get(users, "p10"), ElementsAre("b=1"));
    EXPECT_THAT(rig.get(users2, "p1"), ElementsAre("c=1"));
}

TEST(D6, PartitionsMayBeNamedAnything) {
    Rig rig;
    Layer& layer = rig.layer();
    const std::vector<std::string> names{"order#01",
                                         "order#1",
                                         "a/../b",
                                         "",
                                         "=",
                                         ":log:",
                                         "Ä%23",
                                         "Upper",
                                         "upper",
                                         std::string(900, 'x')};
    for (const std::string& name : names) rig.set(layer, {put("id", name, name)});
    EXPECT_EQ(rig.sync(layer).partitions, names.size());
    for (const std::string& name : names) {
        EXPECT_THAT(rig.get(layer, name), ElementsAre("id=" + name));
    }
    EXPECT_THAT(*rig.finish(layer.partitions()), SizeIs(names.size()));
}

TEST(D7, AHolderThatLostItsLeaseChangesNothingAndKeepsNobodyOut) {
    Rig rig;
    auto& slow = rig.process();
    Layer& other = rig.layer();
    rig.set(other, {put("a", "1")});
    // Its heartbeats do not get through, and its segment takes longer than its lease.
    slow.objects->before_put = [&](const std::string&) -> Task<> {
        slow.store->faults().fail_writes = true;
        (void)co_await rig.loop.sleep_for(60s);
        slow.store->faults().fail_writes = false;
    };
    Result<SyncReport> late = SyncReport{};
    const auto sync = [](Layer& layer, Result<SyncReport>& report) -> Task<> {
        report = co_await layer.sync();
    };
    rig.group.spawn(sync(*slow.layer, late));
    rig.run_for(20s);
    EXPECT_TRUE(rig.sync(other).locked);
    rig.run_for(20s);
    EXPECT_EQ(rig.sync(other).count, 1u);
    rig.set(other, {put("a", "2")});
    EXPECT_EQ(rig.sync(other).count, 1u);
    rig.run_for(120s);
    ASSERT_TRUE(late) << describe(late.error());
    EXPECT_EQ(late->failed, 1u);
    EXPECT_EQ(late->count, 0u);
    EXPECT_THAT(rig.get(other), ElementsAre("a=2"));
    // What it wrote is gone, and its release took nobody's lease away.
    EXPECT_EQ(rig.memory.size(), 2u);
    EXPECT_EQ(rig.meta(other).cursor, 3);
}

TEST(D7, ALongSyncKeepsItsLease) {
    Rig rig;
    auto& slow = rig.process();
    Layer& other = rig.layer();
    rig.set(other, {put("a", "1")});
    slow.objects->before_put = [&](const std::string&) -> Task<> {
        (void)co_await rig.loop.sleep_for(20min);
    };
    Result<SyncReport> late = SyncReport{};
    const auto sync = [](Layer& layer, Result<SyncReport>& report) -> Task<> {
        report = co_await layer.sync();
    };
    rig.group.spawn(sync(*slow.layer, late));
    rig.run_for(15min);
    EXPECT_TRUE(rig.sync(other).locked);
    rig.run_for(10min);
    ASSERT_TRUE(late);
    EXPECT_EQ(late->count, 1u);
}

TEST(D8, ASetMayChangeAnItemTwiceAndCountsWhatItWrote) {
    Rig rig;
    Layer& layer = rig.layer();
    rig.set(layer, {put("a", "1"), put("a", "2"), removal("b"), put("b", "3")});
    EXPECT_THAT(rig.get(layer), ElementsAre("a=2", "b=3"));
    EXPECT_EQ(rig.meta(layer).unsynced_total, 4);
    // One that cannot be written counts nothing.
    const auto refused = rig.finish(layer.set({put("c", "1"), put("", "1")}));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().message, "Item must have an unique identifier");
    EXPECT_EQ(rig.meta(layer).unsynced_total, 4);
    EXPECT_THAT(rig.get(layer), ElementsAre("a=2", "b=3"));
}

TEST(D8, WhatASyncFoldedIsCountedAlsoIfItDiesThen) {
    Rig rig;
    rig.options.parallel = 1;
    auto& dying = rig.process();
    Layer& other = rig.layer();
    for (const char* partition : {"p1", "p2", "p3"}) rig.set(other, {put("a", "1", partition)});
    int puts = 0;
    dying.objects->before_put = [&](const std::string&) -> Task<> {
        if (++puts == 3) dying.store->die();
        co_return;
    };
    (void)rig.finish(dying.layer->sync());
    EXPECT_EQ(rig.meta(other).unsynced_total, 1);
    EXPECT_EQ(rig.meta(other).synced_total, 2);
    rig.run_for(1min);
    EXPECT_EQ(rig.sync(other).count, 1u);
    EXPECT_EQ(rig.meta(other).synced_total, 3);
}

TEST(D9, AResetOfOnePartitionLeavesTheOthersAloneAndForgetsWhatIsGone) {
    Rig rig;
    Layer& layer = rig.layer();
    rig.set(layer, {put("a", "1", "p1"), put("b", "1", "p2"), put("c", "1", "gone")});
    rig.sync(layer);
    rig.set(layer, {put("b", "2", "p2"), put("a", "2", "p1")});
    dynamo::TableSchema source{.name = "source", .key = {.hash = {"pk"}}};
    source.key.sort = dynamo::KeyAttribute{.name = "sk"};
    ASSERT_TRUE(rig.finish(rig.engine->create_table(source)));
    ASSERT_TRUE(rig.finish(rig.engine->put_item({"source", user("a", "source", "p1")})));
    ASSERT_TRUE(rig.finish(rig.engine->put_item({"source", user("b", "source", "p2")})));
    const ResetOptions one{.table = "source", .partition = "p1"};
    const auto partial = rig.finish(layer.reset(*rig.engine, one));
    ASSERT_TRUE(partial) << describe(partial.error());
    EXPECT_EQ(partial->count, 1u);
    EXPECT_THAT(rig.get(layer, "p1"), ElementsAre("a=source"));
    EXPECT_THAT(rig.get(layer, "p2"), ElementsAre("b=2"));
    EXPECT_EQ(rig.meta(layer).unsynced_total, 1);
    const ResetOptions all{.table = "source"};
    const auto whole = rig.finish(layer.reset(*rig.engine, all));
    ASSERT_TRUE(whole) << describe(whole.error());
    EXPECT_EQ(whole->partitions, 3u);
    EXPECT_THAT(rig.get(layer, "p2"), ElementsAre("b=source"));
    EXPECT_THAT(rig.get(layer, "gone"), IsEmpty());
    EXPECT_EQ(rig.meta(layer).unsynced_total, 0);
}

TEST(D10, ChangesEndOnlyAfterTheyWereFolded) {
    Rig rig;
    rig.options.keep = 1h;
    Layer& layer = rig.layer();
    rig.set(layer, {put("a", "1")});
    rig.run_for(30 * 24h);
    EXPECT_THAT(rig.rows("layer:users:log:users"), SizeIs(1));
    EXPECT_EQ(rig.sync(layer).count, 1u);
    ASSERT_THAT(rig.rows("layer:users:log:users"), SizeIs(1));
    rig.run_for(2h);
    EXPECT_THAT(rig.rows("layer:users:log:users"), IsEmpty());
    EXPECT_THAT(rig.get(layer), ElementsAre("a=1"));
}

TEST(D11, ChangesAreSpreadAndReadConsistently) {
    Rig rig;
    auto& world = rig.process();
    Layer& layer = *world.layer;
    for (int i = 0; i < 64; ++i) {
        rig.set(layer, {put("a", "1", "p" + std::to_string(i))});
    }
    // No hash key of the table holds more than a share of the rows.
    for (int shard = 0; shard < shards; ++shard) {
        const std::string number = std::to_string(shard);
        EXPECT_THAT(rig.rows("layer:users:dirty:" + number).size(), ::testing::Lt(20u));
        EXPECT_THAT(rig.rows("layer:users:heads:" + number).size(), ::testing::Lt(20u));
    }
    const auto table = rig.finish(rig.engine->describe_table("layers"));
    ASSERT_TRUE(table);
    EXPECT_THAT(table->schema.indexes, IsEmpty());
    EXPECT_EQ(rig.sync(layer).count, 64u);
    EXPECT_THAT(rig.get(layer, "p1"), ElementsAre("a=1"));
    EXPECT_EQ(rig.meta(layer).unsynced_total, 0);
    EXPECT_GT(world.store->calls, 64u);
    EXPECT_EQ(world.store->weak_reads, 0u);
}

TEST(D12, ASyncWritesWhatChangedAndNotWhatIsStored) {
    Rig rig;
    auto& world = rig.process();
    const auto many = [](int from, int to, const std::string& state) {
        std::vector<Change> changes;
        for (int i = from; i < to; ++i) changes.push_back(put("i" + std::to_string(i), state));
        return changes;
    };
    rig.set(*world.layer, many(0, 10'000, "a state that takes some room"));
    rig.sync(*world.layer);
    const std::size_t all = world.objects->bytes_put;
    for (int round = 0; round < 3; ++round) {
        rig.set(*world.layer, many(round * 10, round * 10 + 10, "b"));
        rig.sync(*world.layer);
    }
    EXPECT_LT(world.objects->bytes_put - all, all / 20);
    const auto view = rig.finish(world.layer->get("users"));
    ASSERT_TRUE(view);
    EXPECT_THAT(view->items, SizeIs(10'000));
}

TEST(D12, PartitionsAreSyncedSideBySide) {
    Rig rig;
    auto& world = rig.process();
    for (int i = 0; i < 4; ++i) {
        rig.set(*world.layer, {put("a", "1", "p" + std::to_string(i))});
    }
    world.objects->before_put = [&](const std::string&) -> Task<> {
        (void)co_await rig.loop.sleep_for(10s);
    };
    const TimePoint before = rig.clock.now();
    EXPECT_EQ(rig.sync(*world.layer).count, 4u);
    EXPECT_LT(rig.clock.now() - before, 15s);
}

TEST(D12, AResetWritesOutWhatItWouldHaveToHold) {
    Rig rig;
    auto& world = rig.process();
    dynamo::TableSchema source{.name = "source", .key = {.hash = {"pk"}}};
    source.key.sort = dynamo::KeyAttribute{.name = "sk"};
    ASSERT_TRUE(rig.finish(rig.engine->create_table(source)));
    // More than the 32 MB that it may hold.
    const std::string text(380'000, 'x');
    for (int i = 0; i < 100; ++i) {
        dynamo::PutRequest each{.table = "source", .item = user("i" + std::to_string(i), text)};
        ASSERT_TRUE(rig.finish(rig.engine->put_item(std::move(each))));
    }
    const ResetOptions all{.table = "source"};
    const auto report = rig.finish(world.layer->reset(*rig.engine, all));
    ASSERT_TRUE(report) << describe(report.error());
    EXPECT_EQ(report->count, 100u);
    EXPECT_THAT(world.objects->puts, Ge(2u));
    EXPECT_THAT(rig.get(*world.layer), SizeIs(100));
}

TEST(D13, TheOrderOfChangesIsTheStoresNotThatOfClocks) {
    Rig rig;
    Layer& one = rig.layer();
    Layer& two = rig.layer();
    rig.set(one, {put("a", "first")});
    // The second writer's clock is an hour behind.
    rig.clock.set_wall(rig.clock.now() - 1h);
    rig.set(two, {put("a", "second")});
    EXPECT_THAT(rig.get(one), ElementsAre("a=second"));
    rig.sync(two);
    EXPECT_THAT(rig.get(one), ElementsAre("a=second"));
}

TEST(D14, MetaIsReadConsistentlyAndNotFromMemory) {
    Rig rig;
    Layer& one = rig.layer();
    Layer& two = rig.layer();
    rig.set(one, {put("a", "1"), put("b", "1")});
    EXPECT_EQ(rig.meta(two).unsynced_total, 2);
    rig.sync(one);
    const LayerMeta meta = rig.meta(two);
    EXPECT_EQ(meta.unsynced_total, 0);
    EXPECT_EQ(meta.synced_total, 2);
    EXPECT_EQ(meta.synced_times, 1);
    EXPECT_EQ(meta.synced_last_total, 2);
}

TEST(D15, MuchMoreThanAPageOfPendingChangesIsSynced) {
    Rig rig;
    Layer& layer = rig.layer();
    // Texts that do not compress.
    for (int i = 0; i < 40; ++i) {
        std::string text;
        while (text.size() < 100'000) text += std::to_string(rig.random.next());
        rig.set(layer, {put("i" + std::to_string(i), text)});
    }
    EXPECT_EQ(rig.sync(layer).count, 40u);
    EXPECT_EQ(rig.meta(layer).unsynced_total, 0);
    const auto view = rig.finish(layer.get("users"));
    ASSERT_TRUE(view);
    EXPECT_THAT(view->items, SizeIs(40));
}

}  // namespace
}  // namespace carillon::layer::testing
