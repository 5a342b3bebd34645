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
