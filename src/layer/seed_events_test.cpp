#include "layer/seed_events.hpp"

#include "layer/layer_rig_test.hpp"

#include <gmock/gmock.h>

namespace carillon::layer::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

struct SeedRig : Rig {
    SeedRig() {
        dynamo::TableSchema schema{.name = "events", .key = {.hash = {"pk"}}};
        schema.key.sort = dynamo::KeyAttribute{.name = "sk"};
        dynamo::IndexSchema index{.name = "cursor-index",
                                  .key = {.hash = {"cursor", dynamo::Type::number}}};
        index.key.sort = dynamo::KeyAttribute{.name = "pk"};
        schema.indexes.push_back(std::move(index));
        EXPECT_TRUE(finish(engine->create_table(std::move(schema))));
    }

    /// A row as the seed writes it.
    void event(const std::string& key,
               std::int64_t cursor,
               std::int64_t at,
               const std::string& type,
               dynamo::Item item) {
        dynamo::PutRequest row{.table = "events",
                               .item = {{"pk", key + "#" + std::to_string(cursor)},
                                        {"sk", *item.find("sk")->string()},
                                        {"cursor", cursor},
                                        {"item", item},
                                        {"type", type},
                                        {"ttl", 2'000'000'000},
                                        {"__ts", at}}};
        EXPECT_TRUE(finish(engine->put_item(std::move(row))));
    }

    std::uint64_t adopt(Layer& layer) {
        const SeedEvents seed{.table = "events", .name = "users"};
        const auto taken = finish(adopt_seed_events(layer, *engine, seed));
        EXPECT_TRUE(taken) << describe(taken.error());
        return taken.value_or(0);
    }
};

TEST(SeedEvents, TheLatestOfEachItemIsTakenOverOnce) {
    SeedRig rig;
    rig.options.table = "events";  // The same table: the rows do not meet.
    Layer& layer = rig.layer();
    rig.event("users#p1", 0, 100, "PUT", user("a", "synced", "p1"));
    rig.event("users#p1", 1, 300, "UPDATE", user("a", "latest", "p1"));
    rig.event("users#p1", 0, 400, "PUT", user("b", "lost by a sync", "p1"));
    rig.event("users#p1", 2, 500, "PUT", user("c", "1", "p1"));
    rig.event("users#p1", 3, 600, "DELETE", user("c", "1", "p1"));
    EXPECT_EQ(rig.adopt(layer), 3u);
    EXPECT_THAT(rig.get(layer, "p1"), ElementsAre("a=latest", "b=lost by a sync"));
    rig.set(layer, {put("a", "newer", "p1")});
    EXPECT_EQ(rig.adopt(layer), 0u);
    EXPECT_THAT(rig.get(layer, "p1"), ElementsAre("a=newer", "b=lost by a sync"));
}

TEST(SeedEvents, RowsOfOthersAreLeftAloneAndSpoiltKeysDoNotMatter) {
    SeedRig rig;
    Layer& layer = rig.layer();
    rig.event("users2#p1", 0, 100, "PUT", user("a", "of another layer", "p1"));
    rig.event("users#b6#order#1", 0, 100, "PUT", user("b", "1", "order#01"));
    dynamo::PutRequest meta{.table = "events",
                            .item = {{"pk", "__users__"}, {"sk", "__meta__"}, {"cursor", 4}}};
    ASSERT_TRUE(rig.finish(rig.engine->put_item(std::move(meta))));
    EXPECT_EQ(rig.adopt(layer), 1u);
    EXPECT_THAT(rig.get(layer, "order#01"), ElementsAre("b=1"));
    EXPECT_THAT(rig.get(layer, "p1"), IsEmpty());
}

}  // namespace
}  // namespace carillon::layer::testing
