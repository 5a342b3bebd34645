// What a layer does beside what defects_test.cpp shows.

#include "layer/layer.hpp"

#include "core/id.hpp"
#include "core/text.hpp"
#include "layer/layer_rig_test.hpp"
#include "layer/whole_states.hpp"

#include <gmock/gmock.h>

namespace carillon::layer::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::Gt;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

TEST(Layer, ShowsTheLastChangeOfEachItem) {
    Rig rig;
    Layer& layer = rig.layer();
    rig.set(layer, {put("b", "1"), put("a", "1"), put("c", "1")});
    rig.sync(layer);
    rig.set(layer, {{.type = ChangeType::update, .item = user("b", "2")}, removal("a")});
    EXPECT_THAT(rig.get(layer), ElementsAre("b=2", "c=1"));
    rig.sync(layer);
    EXPECT_THAT(rig.get(layer), ElementsAre("b=2", "c=1"));
    EXPECT_THAT(rig.get(layer, "nobody"), IsEmpty());
}

TEST(Layer, ReadsAllPartitionsByIdOrOneAfterTheOther) {
    Rig rig;
    Layer& layer = rig.layer();
    rig.set(layer, {put("b", "1", "p1"), put("a", "2", "p2"), put("c", "3", "p1")});
    EXPECT_THAT(states_of(*rig.finish(layer.get_all())), ElementsAre("a=2", "b=1", "c=3"));
    EXPECT_THAT(states_of(*rig.finish(layer.get_all(false))), ElementsAre("b=1", "c=3", "a=2"));
}

TEST(Layer, ReadsAPageAtATime) {
    Rig rig;
    Layer& layer = rig.layer();
    rig.set(layer, {put("a", "1"), put("b", "1"), put("c", "1")});
    ReadOptions first{.limit = 2};
    const auto page = rig.finish(layer.get("users", first));
    ASSERT_TRUE(page);
    EXPECT_EQ(page->next, "b");
    ReadOptions second{.after = "b", .limit = 2};
    const auto rest = rig.finish(layer.get("users", second));
    EXPECT_THAT(states_of(*rest), ElementsAre("c=1"));
    EXPECT_FALSE(rest->next);
}

TEST(Layer, ShowsThePastWhileItIsKept) {
    Rig rig;
    rig.options.keep = 10h;
    Layer& layer = rig.layer();
    std::vector<TimePoint> moments;
    for (int i = 0; i < 8; ++i) {
        rig.set(layer, {put("a", std::to_string(i))});
        moments.push_back(rig.clock.now());
        rig.run_for(1h);
        if (i % 2 == 1) rig.sync(layer);
        if (i == 5) ASSERT_TRUE(rig.finish(layer.compact()));
        rig.run_for(1h);
    }
    for (std::size_t i = 4; i < moments.size(); ++i) {
        EXPECT_THAT(rig.as_of(layer, moments[i]), ElementsAre("a=" + std::to_string(i)));
        EXPECT_THAT(rig.as_of(layer, moments[i] + 30min), ElementsAre("a=" + std::to_string(i)));
    }
    rig.run_for(10 * 24h);
    const ReadOptions gone{.as_of = moments[1]};
    const auto refused = rig.finish(layer.get("users", gone));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Errc::not_found);
    EXPECT_THAT(rig.get(layer), ElementsAre("a=7"));
}

TEST(Layer, KeepsChangesAsLongAsTheirItemsSay) {
    Rig rig;
    rig.options.keep_of = [](const dynamo::Item& item) {
        return *item.find("state")->string() == "long" ? Duration(100h) : Duration(0);
    };
    Layer& layer = rig.layer();
    rig.set(layer, {put("a", "short")});
    rig.set(layer, {put("b", "long")});
    rig.sync(layer);
    EXPECT_THAT(rig.rows("layer:users:log:users"), SizeIs(1));
    rig.run_for(30 * 24h);
    EXPECT_THAT(rig.rows("layer:users:log:users"), IsEmpty());
}

TEST(Layer, SyncsByAgeAndBytesInTheBackground) {
    Rig rig;
    rig.options.strategy.age = 30s;
    rig.options.strategy.bytes = 100'000;
    Layer& layer = rig.layer();
    rig.set(layer, {put("a", "1")});
    rig.run_for(29s);
    EXPECT_EQ(rig.meta(layer).unsynced_total, 1);
    rig.run_for(3s);
    EXPECT_EQ(rig.meta(layer).unsynced_total, 0);
    rig.set(layer, {put("b", std::string(150'000, 'x'))});
    rig.run_for(1s);
    EXPECT_EQ(rig.meta(layer).synced_times, 2);
}

TEST(Layer, FollowsAStrategyOfTheCallersOwn) {
    Rig rig;
    rig.options.background = false;
    rig.options.strategy.when = [](const LayerMeta& meta) { return meta.unsynced_total > 2; };
    Layer& layer = rig.layer();
    rig.set(layer, {put("a", "1"), put("b", "1")});
    EXPECT_EQ(rig.meta(layer).synced_times, 0);
    rig.set(layer, {put("c", "1")});
    EXPECT_EQ(rig.meta(layer).synced_times, 1);
}

TEST(Layer, SyncsWhatOtherProgramsWrote) {
    Rig rig;
    Layer& writer = rig.layer();
    rig.options.strategy.count = 3;
    Layer& background = rig.layer();
    rig.set(writer, {put("a", "1"), put("b", "1"), put("c", "1")});
    rig.run_for(6s);
    EXPECT_EQ(rig.meta(background).unsynced_total, 0);
}

TEST(Layer, ASetWhoseAnswerWasLostIsWrittenOnce) {
    Rig rig;
    auto& world = rig.process();
    Layer& reader = rig.layer();
    world.store->faults() = {.fail = 0.3, .lose_reply = 0.4, .exclusive = false, .watches = false};
    for (int i = 0; i < 50; ++i) rig.set(*world.layer, {put("a", std::to_string(i))});
    EXPECT_THAT(rig.get(reader), ElementsAre("a=49"));
    EXPECT_EQ(rig.finish(reader.get("users"))->sequence, 50u);
}

TEST(Layer, CallersAtOnceShareTransactionsAndKeepTheirOrder) {
    Rig rig;
    auto& world = rig.process();
    const auto write = [](Layer& layer, int number) -> Task<> {
        std::vector<Change> changes;
        changes.push_back(put("i" + std::to_string(number % 10), std::to_string(number)));
        EXPECT_TRUE(co_await layer.set(std::move(changes)));
    };
    const std::size_t before = world.store->calls;
    for (int i = 0; i < 200; ++i) rig.group.spawn(write(*world.layer, i));
    rig.run_for(1s);
    EXPECT_LT(world.store->calls - before, 20u);
    const auto states = rig.get(*world.layer);
    ASSERT_THAT(states, SizeIs(10));
    EXPECT_EQ(states[3], "i3=193");
}

TEST(Layer, SyncsOfOneProgramTakeTurns) {
    Rig rig;
    auto& world = rig.process();
    world.objects->faults = {.delay = 1, .delay_max = 5s};
    rig.set(*world.layer, {put("a", "1")});
    std::vector<SyncReport> reports;
    const auto sync = [](Layer& layer, std::vector<SyncReport>& out) -> Task<> {
        out.push_back((co_await layer.sync()).value());
    };
    for (int i = 0; i < 3; ++i) rig.group.spawn(sync(*world.layer, reports));
    rig.run_for(1min);
    ASSERT_THAT(reports, SizeIs(3));
    for (const SyncReport& report : reports) EXPECT_FALSE(report.locked);
}

TEST(Layer, OnAStoreOfOneProcessTheLeaseOfADeadOneIsTakenAtOnce) {
    Rig rig;
    auto& dead = rig.process();
    rig.set(*dead.layer, {put("a", "1")});
    dead.objects->before_put = [&](const std::string&) -> Task<> {
        dead.store->die();
        co_return;
    };
    rig.sync(*dead.layer);
    Layer& shared = rig.layer();
    EXPECT_TRUE(rig.sync(shared).locked);
    rig.exclusive = true;
    Layer& next = rig.layer();
    EXPECT_EQ(rig.sync(next).count, 1u);
    EXPECT_THAT(rig.get(next), ElementsAre("a=1"));
}

TEST(Layer, RefusesWhatItCannotKeep) {
    Rig rig;
    Layer& layer = rig.layer();
    const auto large = rig.finish(layer.set({put("a", std::string(500'000, 'x'))}));
    EXPECT_EQ(large.error().code, Errc::too_large);
    const auto name = rig.finish(layer.set({put("a", "1", std::string(901, 'p'))}));
    EXPECT_EQ(name.error().field, "partition");
    // As large as an item may be.
    std::string text;
    while (text.size() < 380'000) text += std::to_string(rig.random.next());
    rig.set(layer, {put("a", text)});
    rig.sync(layer);
    EXPECT_EQ(rig.finish(layer.get("users"))->items[0].find("state")->string()->size(),
              text.size());
}

TEST(Layer, RefusesOptionsThatBreakARule) {
    Rig rig;
    rig.options.name = "a b";
    const auto made = Layer::make(
        rig.loop, *rig.engine, &rig.memory, rig.random, Log::null(), rig.metrics, rig.options);
    ASSERT_FALSE(made);
    EXPECT_EQ(made.error().field, "name");
}

TEST(Layer, SaysWhenASegmentIsMissing) {
    Rig rig;
    Layer& layer = rig.layer();
    rig.set(layer, {put("a", "1")});
    rig.sync(layer);
    for (const std::string& key : rig.finish(rig.memory.list(""))->keys) {
        ASSERT_TRUE(rig.finish(rig.memory.remove(key)));
    }
    const auto view = rig.finish(layer.get("users"));
    ASSERT_FALSE(view);
    EXPECT_THAT(view.error().message, HasSubstr("a segment is missing"));
}

TEST(Layer, RemovesSegmentsThatNothingNames) {
    Rig rig;
    rig.options.keep = 0s;
    rig.options.grace = 1min;
    Layer& layer = rig.layer();
    for (int i = 0; i < 30; ++i) {
        rig.set(layer, {put("i" + std::to_string(i), "1")});
        rig.sync(layer);
        rig.run_for(10s);
    }
    EXPECT_THAT(rig.finish(layer.get("users"))->items, SizeIs(30));
    ASSERT_TRUE(rig.finish(layer.compact()));
    rig.run_for(2min);
    rig.sync(layer);
    EXPECT_EQ(rig.memory.size(), 1u);
    // What a syncer that died left behind goes with a sweep, a day later.
    const std::string name = to_lower(ulid(rig.clock.now(), rig.random)) + ".clr";
    ASSERT_TRUE(rig.finish(rig.memory.put("users/p-users/" + name, "x")));
    ASSERT_TRUE(rig.finish(layer.compact()));
    EXPECT_EQ(rig.memory.size(), 2u);
    rig.run_for(48h);
    ASSERT_TRUE(rig.finish(layer.compact()));
    EXPECT_EQ(rig.memory.size(), 1u);
}

TEST(Layer, ResetsFromATableWithoutLosingWhatComesMeanwhile) {
    Rig rig;
    rig.options.partition_of = nullptr;
    Layer& layer = rig.layer();
    dynamo::TableSchema source{.name = "source", .key = {.hash = {"pk"}}};
    source.key.sort = dynamo::KeyAttribute{.name = "sk"};
    ASSERT_TRUE(rig.finish(rig.engine->create_table(source)));
    for (int i = 0; i < 3'000; ++i) {
        dynamo::PutRequest each{
            .table = "source",
            .item = user("i" + std::to_string(10'000 + i), std::string(1'000, 'x'))};
        ASSERT_TRUE(rig.finish(rig.engine->put_item(std::move(each))));
    }
    // Reads slowly, so that something happens meanwhile.
    queue::testing::FaultyStore slow(
        *rig.engine, rig.loop, rig.random, {.delay = 1, .delay_max = 5s, .exclusive = false});
    Result<ResetReport> report = ResetReport{};
    const auto reset = [](Layer& to, dynamo::Database& from, Result<ResetReport>& out) -> Task<> {
        ResetOptions options{.table = "source"};
        out = co_await to.reset(from, std::move(options));
    };
    rig.group.spawn(reset(layer, slow, report));
    rig.run_for(1s);
    rig.set(layer, {put("i10000", "changed"), put("new", "1")});
    rig.run_for(5min);
    ASSERT_TRUE(report) << describe(report.error());
    EXPECT_EQ(report->count, 3'000u);
    const auto view = rig.finish(layer.get());
    ASSERT_TRUE(view);
    EXPECT_THAT(view->items, SizeIs(3'001));
    EXPECT_EQ(states_of(*view)[0], "i10000=changed");
    EXPECT_EQ(rig.meta(layer).unsynced_total, 2);
}

/// The seed's getter and setter over a map.
struct Held {
    std::map<std::string, json::array> lists;

    Callbacks callbacks() {
        return {
            .getter = [this](std::string name) { return get(std::move(name)); },
            .setter = [this](std::string name,
                             json::array items) { return set(std::move(name), std::move(items)); }};
    }

    Task<Result<json::array>> get(std::string name) { co_return lists[name]; }

    Task<Result<>> set(std::string name, json::array items) {
        lists[name] = std::move(items);
        co_return Result<>{};
    }
};

TEST(Layer, KeepsWholeListsByCallbacksUnderTheSeedsNames) {
    Rig rig;
    Held held;
    CallbackStore lists(held.callbacks());
    rig.whole = &lists;
    Layer& layer = rig.layer();
    rig.set(layer, {put("b", "1"), put("a", "1")});
    rig.sync(layer);
    EXPECT_EQ(to_text(held.lists["users#users"]),
              R"([{"pk":"users","sk":"a","state":"1"},{"pk":"users","sk":"b","state":"1"}])");
    rig.set(layer, {removal("a")});
    EXPECT_THAT(rig.get(layer), ElementsAre("b=1"));
    rig.sync(layer);
    EXPECT_THAT(held.lists["users#users"], SizeIs(1));
    const ReadOptions past{.as_of = noon};
    rig.run_for(1s);
    EXPECT_EQ(rig.finish(layer.get("users", past)).error().field, "asOf");
}

TEST(Layer, AListThatAStaleSyncerOverwroteIsReadWithWhatItLacks) {
    Rig rig;
    Held held;
    CallbackStore lists(held.callbacks());
    rig.whole = &lists;
    Layer& layer = rig.layer();
    rig.set(layer, {put("a", "1")});
    rig.sync(layer);
    const json::array old = held.lists["users#users"];
    rig.set(layer, {put("a", "2"), put("b", "1")});
    rig.sync(layer);
    held.lists["users#users"] = old;
    EXPECT_THAT(rig.get(layer), ElementsAre("a=2", "b=1"));
    // The next sync mends it.
    rig.set(layer, {put("c", "1")});
    rig.sync(layer);
    EXPECT_THAT(held.lists["users#users"], SizeIs(3));
}

TEST(Manifest, RunsOfLikeSizeAreMergedAndLargeOnesLeftAlone) {
    const auto run = [](std::uint64_t bytes) {
        return layer::Run{.segments = {{.object = "x", .count = 1, .bytes = bytes}}};
    };
    constexpr std::uint64_t mb = 1 << 20U;
    EXPECT_EQ(runs_to_merge({}), 0u);
    EXPECT_EQ(runs_to_merge({run(mb), run(mb), run(mb)}), 0u);
    EXPECT_EQ(runs_to_merge({run(mb), run(mb), run(mb), run(mb)}), 4u);
    EXPECT_EQ(runs_to_merge({run(mb), run(mb), run(mb), run(mb), run(1'000 * mb)}), 4u);
    EXPECT_EQ(runs_to_merge({run(mb), run(mb), run(mb), run(mb), run(10 * mb)}), 5u);
    EXPECT_EQ(runs_to_merge({run(mb), run(8 * mb), run(64 * mb), run(512 * mb)}), 0u);
    std::vector<layer::Run> many;
    for (std::uint64_t i = 0; i < 12; ++i) many.push_back(run(mb << (3 * i)));
    EXPECT_THAT(runs_to_merge(many), Gt(1u));
}

TEST(Records, ABlockThatIsDamagedIsRefused) {
    RecordWriter writer;
    writer.add({.id = "a", .sequence = 7, .type = ChangeType::remove});
    const std::string block = writer.take();
    const auto whole = RecordBlock::decode(block);
    ASSERT_TRUE(whole);
    ASSERT_THAT((*whole)->records(), SizeIs(1));
    EXPECT_EQ((*whole)->records()[0].sequence, 7u);
    int damaged_unseen = 0;
    for (std::size_t at = 0; at < block.size(); ++at) {
        std::string damaged = block;
        damaged[at] = static_cast<char>(damaged[at] ^ 0x10);
        const auto read = RecordBlock::decode(damaged);
        // A bit of the frame's header means nothing.
        if (read) EXPECT_EQ((*read)->records()[0].sequence, 7u) << at;
        damaged_unseen += read ? 1 : 0;
        EXPECT_FALSE(RecordBlock::decode(std::string_view(block).substr(0, at))) << at;
    }
    EXPECT_LE(damaged_unseen, 1);
}

TEST(Change, KeysAreMadeOfSeveralAttributesWithoutMixingThemUp) {
    const KeyOf key = by_attributes({"a", "b"});
    EXPECT_EQ(key({{"a", "x#y"}, {"b", 2}}).value(), "x%23y#2");
    EXPECT_EQ(key({{"a", "x"}, {"b", "y#2"}}).value(), "x#y%232");
    EXPECT_EQ(key({}).value(), "");
    EXPECT_EQ(key({{"a", true}}).error().field, "item.a");
}

}  // namespace
}  // namespace carillon::layer::testing
