#include "layer/feed.hpp"

#include "layer/layer_rig_test.hpp"

#include <gmock/gmock.h>

namespace carillon::layer::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

struct FeedRig : Rig {
    FeedRig() {
        dynamo::TableSchema source{.name = "source", .key = {.hash = {"pk"}}};
        source.key.sort = dynamo::KeyAttribute{.name = "sk"};
        EXPECT_TRUE(finish(engine->create_table(source)));
        feed_options.table = "source";
        feed_options.enable_stream = true;
    }

    ~FeedRig() {
        for (auto& feed : feeds) finish(feed->stop());
    }

    Feed& feed(Layer& layer) {
        FeedOptions given = feed_options;
        given.owner = "feeder-" + std::to_string(feeds.size());
        feeds.push_back(
            std::make_unique<Feed>(loop, *engine, layer, random, Log::null(), std::move(given)));
        const auto started = finish(feeds.back()->start());
        EXPECT_TRUE(started) << describe(started.error());
        return *feeds.back();
    }

    void store(dynamo::Item item) {
        dynamo::PutRequest put{.table = "source", .item = std::move(item)};
        EXPECT_TRUE(finish(engine->put_item(std::move(put))));
    }

    void drop(const std::string& id, const std::string& partition = "users") {
        dynamo::DeleteRequest gone{.table = "source", .key = {{"pk", partition}, {"sk", id}}};
        EXPECT_TRUE(finish(engine->delete_item(std::move(gone))));
    }

    /// A way to the source on which every call takes a while.
    queue::testing::FaultyStore& slow_source() {
        queue::testing::Faults faults{.delay = 1};
        sources.push_back(
            std::make_unique<queue::testing::FaultyStore>(*engine, loop, random, faults));
        return *sources.back();
    }

    std::vector<std::unique_ptr<queue::testing::FaultyStore>> sources;
    FeedOptions feed_options;
    std::vector<std::unique_ptr<Feed>> feeds;
};

TEST(Feed, BeginsWithWhatTheTableHoldsAndFollowsItsChanges) {
    FeedRig rig;
    rig.store(user("a", "1"));
    rig.store(user("b", "1"));
    Layer& layer = rig.layer();
    rig.feed(layer);
    rig.run_for(2s);
    EXPECT_THAT(rig.get(layer), ElementsAre("a=1", "b=1"));
    rig.store(user("a", "2"));
    rig.store(user("c", "1"));
    rig.drop("b");
    rig.run_for(2s);
    EXPECT_THAT(rig.get(layer), ElementsAre("a=2", "c=1"));
}

TEST(Feed, GoesOnWhereItStoppedAndTakesNothingTwice) {
    FeedRig rig;
    Layer& layer = rig.layer();
    Feed& first = rig.feed(layer);
    rig.run_for(2s);
    rig.store(user("a", "1"));
    rig.store(user("a", "2"));
    rig.run_for(2s);
    rig.finish(first.stop());
    rig.store(user("b", "1"));
    // As if the program had died before it noted how far it had read.
    dynamo::QueryRequest query;
    query.table = "layers";
    query.key.hash = "layer:users";
    query.key.sort =
        dynamo::SortCondition{.op = dynamo::SortOperator::begins_with, .value = "feed:"};
    for (dynamo::Item row : rig.finish(rig.engine->query(std::move(query)))->items) {
        row.set("sequence", "");
        dynamo::PutRequest put{.table = "layers", .item = std::move(row)};
        ASSERT_TRUE(rig.finish(rig.engine->put_item(std::move(put))));
    }
    const auto before = rig.finish(layer.get("users"))->sequence;
    rig.feed(layer);
    rig.run_for(2s);
    EXPECT_THAT(rig.get(layer), ElementsAre("a=2", "b=1"));
    EXPECT_EQ(rig.finish(layer.get("users"))->sequence, before + 1);
}

TEST(Feed, TwoFollowersDoNotDoubleAnything) {
    FeedRig rig;
    Layer& one = rig.layer();
    Layer& two = rig.layer();
    rig.feed(one);
    rig.feed(two);
    rig.run_for(5s);
    for (int i = 0; i < 20; ++i) rig.store(user("a", std::to_string(i)));
    rig.run_for(5s);
    EXPECT_THAT(rig.get(two), ElementsAre("a=19"));
    EXPECT_EQ(rig.finish(two.get("users"))->sequence, 20u);
}

/// Writes ever newer states of an item, and looks whether the layer ever goes back to an older one.
struct Backwards {
    explicit Backwards(FeedRig& rig, Layer& layer) : rig_(rig), layer_(layer), group_(rig.loop) {
        group_.spawn(write());
        group_.spawn(look());
    }

    ~Backwards() {
        group_.request_stop();
        rig_.finish(group_.join());
    }

    /// The newest state that was written, which the layer shows in the end.
    int end() {
        group_.request_stop();
        rig_.finish(group_.join());
        rig_.run_for(2s);
        EXPECT_THAT(rig_.get(layer_), ElementsAre("a=" + std::to_string(written_)));
        return written_;
    }

    std::vector<std::string> faults;

private:
    Task<> write() {
        while (co_await rig_.loop.sleep_for(3ms, group_.stop_token())) {
            dynamo::PutRequest put{.table = "source",
                                   .item = user("a", std::to_string(++written_))};
            EXPECT_TRUE(co_await rig_.engine->put_item(std::move(put)));
        }
    }

    Task<> look() {
        int newest = 0;
        while (co_await rig_.loop.sleep_for(2ms, group_.stop_token())) {
            const auto view = co_await layer_.get("users");
            EXPECT_TRUE(view);
            if (!view) co_return;
            const std::vector<std::string> states = states_of(*view);
            const int state = states.empty() ? 0 : std::stoi(states.front().substr(2));
            if (state < newest) {
                faults.push_back(std::to_string(newest) + " then " + std::to_string(state));
            }
            newest = std::max(newest, state);
        }
    }

    FeedRig& rig_;
    Layer& layer_;
    runtime::TaskGroup group_;
    int written_ = 0;
};

TEST(Feed, NoItemGoesBackWhileTheLayerIsMadeFromATableThatChanges) {
    FeedRig rig;
    Layer& layer = rig.layer();
    Backwards backwards(rig, layer);
    rig.run_for(50ms);
    Feed feed(
        rig.loop, rig.slow_source(), layer, rig.random, Log::null(), FeedOptions(rig.feed_options));
    ASSERT_TRUE(rig.finish(feed.start()));
    rig.run_for(1s);
    EXPECT_GT(backwards.end(), 200);
    EXPECT_THAT(backwards.faults, IsEmpty());
    rig.finish(feed.stop());
}

TEST(Feed, NoItemGoesBackWhenTheLayerIsResetWhileTheFeedIsBehind) {
    FeedRig rig;
    rig.options.background = false;
    rig.options.strategy.count = 5;
    Layer& layer = rig.layer();
    dynamo::Database& source = rig.slow_source();
    Feed feed(rig.loop, source, layer, rig.random, Log::null(), FeedOptions(rig.feed_options));
    ASSERT_TRUE(rig.finish(feed.start()));
    rig.run_for(2s);
    Backwards backwards(rig, layer);
    for (int i = 0; i < 5; ++i) {
        rig.run_for(100ms);
        ResetOptions options{.table = "source"};
        const auto report = rig.finish(layer.reset(source, std::move(options)));
        ASSERT_TRUE(report) << describe(report.error());
        EXPECT_FALSE(report->locked);
    }
    backwards.end();
    EXPECT_THAT(backwards.faults, IsEmpty());
    rig.finish(feed.stop());
}

TEST(Feed, BeginsAnewAfterAResetThatDidNotWaitForIt) {
    FeedRig rig;
    Layer& layer = rig.layer();
    Feed& first = rig.feed(layer);
    rig.run_for(2s);
    rig.finish(first.stop());
    for (int i = 1; i <= 3; ++i) rig.store(user("a", std::to_string(i)));
    ASSERT_TRUE(rig.finish(layer.reset(*rig.engine, ResetOptions{.table = "source"})));
    EXPECT_THAT(rig.get(layer), ElementsAre("a=3"));
    const auto before = rig.finish(layer.get("users"))->sequence;
    rig.feed(layer);
    rig.run_for(2s);
    EXPECT_THAT(rig.get(layer), ElementsAre("a=3"));
    EXPECT_EQ(rig.finish(layer.get("users"))->sequence, before) << "no old change was set";
}

TEST(Feed, AResetBesideAnotherProcessThatFollowsIsRefused) {
    FeedRig rig;
    rig.exclusive = false;
    Layer& one = rig.layer();
    Layer& two = rig.layer();
    rig.feed(one);
    rig.run_for(2s);
    const auto refused = rig.finish(two.reset(*rig.engine, ResetOptions{.table = "source"}));
    ASSERT_FALSE(refused);
    EXPECT_EQ(describe(refused.error()),
              "unavailable: the layer is fed from the table source by feeder-0: reset it there");
    rig.feed(two);
    rig.run_for(2s);
    EXPECT_FALSE(rig.finish(two.reset(*rig.engine, ResetOptions{.table = "source"})));
    EXPECT_TRUE(rig.finish(one.reset(*rig.engine, ResetOptions{.table = "source"})));
}

TEST(Feed, AnItemThatMovesToAnotherPartitionLeavesItsOldOne) {
    FeedRig rig;
    rig.options.partition_of = by_attribute("team");
    Layer& layer = rig.layer();
    rig.feed(layer);
    rig.run_for(2s);
    dynamo::Item item = user("a", "1");
    item.set("team", "red");
    rig.store(item);
    rig.run_for(2s);
    EXPECT_THAT(rig.get(layer, "red"), ElementsAre("a=1"));
    item.set("team", "blue");
    rig.store(item);
    rig.run_for(2s);
    EXPECT_THAT(rig.get(layer, "red"), IsEmpty());
    EXPECT_THAT(rig.get(layer, "blue"), ElementsAre("a=1"));
}

TEST(Feed, AChangeThatCannotBeUsedDoesNotHoldUpTheOthers) {
    FeedRig rig;
    rig.options.id_of = by_attribute("name");
    rig.options.partition_of = nullptr;
    Layer& layer = rig.layer();
    Feed& feed = rig.feed(layer);
    rig.run_for(2s);
    rig.store(user("a", "1"));  // Has no name.
    dynamo::Item item = user("b", "1");
    item.set("name", "bob");
    rig.store(item);
    rig.run_for(2s);
    EXPECT_EQ(feed.skipped(), 1u);
    EXPECT_THAT(rig.get(layer, ""), ElementsAre("b=1"));
}

TEST(Feed, StartsAnewWhenChangesWereLost) {
    FeedRig rig;
    Layer& layer = rig.layer();
    Feed& first = rig.feed(layer);
    rig.run_for(2s);
    rig.store(user("a", "1"));
    rig.run_for(2s);
    rig.finish(first.stop());
    rig.store(user("a", "2"));
    rig.run_for(25h);
    rig.store(user("b", "1"));
    rig.run_for(1h);
    rig.feed(layer);
    rig.run_for(5s);
    EXPECT_THAT(rig.get(layer), ElementsAre("a=2", "b=1"));
}

TEST(Feed, WaitsForATableThatComesLater) {
    FeedRig rig;
    rig.feed_options.table = "later";
    Layer& layer = rig.layer();
    rig.feed(layer);
    rig.run_for(10s);
    dynamo::TableSchema later{.name = "later", .key = {.hash = {"pk"}}};
    later.key.sort = dynamo::KeyAttribute{.name = "sk"};
    ASSERT_TRUE(rig.finish(rig.engine->create_table(later)));
    dynamo::PutRequest put_later{.table = "later", .item = user("a", "1")};
    ASSERT_TRUE(rig.finish(rig.engine->put_item(std::move(put_later))));
    rig.run_for(5s);
    EXPECT_THAT(rig.get(layer), ElementsAre("a=1"));
}

TEST(Feed, SaysWhenTheTableHasNoStream) {
    FeedRig rig;
    Layer& layer = rig.layer();
    FeedOptions given{.table = "source"};
    Feed feed(rig.loop, *rig.engine, layer, rig.random, Log::null(), std::move(given));
    const auto started = rig.finish(feed.start());
    ASSERT_FALSE(started);
    EXPECT_EQ(started.error().message,
              "the table source has no change stream; turn one on with NEW_AND_OLD_IMAGES");
}

}  // namespace
}  // namespace carillon::layer::testing
