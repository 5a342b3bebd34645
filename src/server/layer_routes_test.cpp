#include "server/layer_routes.hpp"

#include "dynamo/embedded/embedded.hpp"
#include "layer/memory_store.hpp"
#include "server/router.hpp"
#include "server/testing.hpp"

#include <gtest/gtest.h>

#include <memory>

namespace carillon::server::testing {
namespace {

struct LayerRoutesTest : ::testing::Test {
    LayerRoutesTest() {
        layer::LayerOptions options;
        options.name = "users";
        options.id_of = layer::by_attribute("id");
        options.partition_of = layer::by_attribute("team");
        made = *layer::Layer::make(
            world.loop, *database, &objects, random, Log::null(), metrics, std::move(options));
        EXPECT_TRUE(run(world, made->start()));
        routes.add("users", {.layer = made.get(), .source = database.get()});
        router.add(routes.routes());
    }

    ~LayerRoutesTest() override { world.finish(made->stop()); }

    json::value call(int status, std::string method, std::string target, std::string body = {}) {
        const auto response =
            send(world, router, request(std::move(method), std::move(target), std::move(body)));
        EXPECT_EQ(response.status, status) << response.body;
        return parse_json(response.body).value();
    }

    World world;
    SeededRandom random{7};
    Registry metrics;
    std::unique_ptr<dynamo::EmbeddedDatabase> database =
        *dynamo::open_embedded({.memory = true, .inline_writer = true}, world.clock);
    layer::MemoryStore objects;
    std::unique_ptr<layer::Layer> made;
    Router router{world.loop, random, Log::null(), metrics};
    LayerRoutes routes;
};

constexpr const char* two = R"({"changes":[
    {"type":"PUT","item":{"id":"b","team":"red","n":1.5}},
    {"type":"PUT","item":{"id":"a","team":"red","tags":["x"]}}]})";

TEST_F(LayerRoutesTest, TracksChangesAndShowsTheCurrentItems) {
    EXPECT_EQ(to_text(call(200, "POST", "/layers/users/changes", two)), R"({"count":2})");
    EXPECT_EQ(to_text(call(200, "GET", "/layers/users/red").at("items")),
              R"([{"id":"a","tags":["x"],"team":"red"},{"id":"b","n":1.5,"team":"red"}])");
    const json::value synced = call(200, "POST", "/layers/users/sync");
    EXPECT_EQ(to_text(synced), R"({"count":2,"partitions":1,"failed":0,"locked":false})");
    call(200,
         "POST",
         "/layers/users/changes",
         R"({"changes":[{"type":"DELETE","item":{"id":"b","team":"red"}}]})");
    const json::value view = call(200, "GET", "/layers/users?partition=red");
    EXPECT_EQ(view.at("count"), 1);
    EXPECT_EQ(view.at("sequence"), 3);
    const json::value meta = call(200, "GET", "/layers/users/meta");
    EXPECT_EQ(meta.at("syncedTotal"), 2);
    EXPECT_EQ(meta.at("unsyncedTotal"), 1);
    EXPECT_EQ(meta.at("lastSyncAt").as_string(),
              std::string_view(format_instant(world.clock.now())));
}

TEST_F(LayerRoutesTest, GoesPageByPageAndOverAllPartitions) {
    call(200, "POST", "/layers/users/changes", two);
    call(200,
         "POST",
         "/layers/users/changes",
         R"({"changes":[{"type":"PUT","item":{"id":"aa","team":"blue"}}]})");
    const json::value page = call(200, "GET", "/layers/users/red?limit=1");
    EXPECT_EQ(page.at("next"), "a");
    const json::value last = call(200, "GET", "/layers/users/red?limit=1&after=a");
    EXPECT_EQ(last.at("items").at(0).at("id"), "b");
    EXPECT_TRUE(last.at("next").is_null());
    const json::value all = call(200, "GET", "/layers/users?all=true");
    EXPECT_EQ(all.at("items").at(1).at("id"), "aa");
    call(400, "GET", "/layers/users?all=true&partition=red");
}

TEST_F(LayerRoutesTest, ShowsThePast) {
    call(200, "POST", "/layers/users/changes", two);
    const std::string then = format_instant(world.clock.now());
    world.run_for(std::chrono::minutes{1});
    call(200,
         "POST",
         "/layers/users/changes",
         R"({"changes":[{"type":"DELETE","item":{"id":"b","team":"red"}}]})");
    EXPECT_EQ(call(200, "GET", "/layers/users/red").at("count"), 1);
    EXPECT_EQ(call(200, "GET", "/layers/users/red?asOf=" + then).at("count"), 2);
}

TEST_F(LayerRoutesTest, ResetsFromATable) {
    call(200, "POST", "/layers/users/changes", two);
    const dynamo::TableSchema source{.name = "people", .key = {.hash = {"id"}}};
    ASSERT_TRUE(run(world, database->create_table(source)));
    dynamo::PutRequest put{.table = "people", .item = {{"id", "z"}, {"team", "red"}}};
    ASSERT_TRUE(run(world, database->put_item(std::move(put))));
    const json::value report = call(200, "POST", "/layers/users/reset", R"({"table":"people"})");
    EXPECT_EQ(to_text(report), R"({"count":1,"partitions":1,"locked":false})");
    EXPECT_EQ(call(200, "GET", "/layers/users/red").at("items").at(0).at("id"), "z");
    EXPECT_EQ(call(400, "POST", "/layers/users/reset").at("field"), "table");
    call(404, "POST", "/layers/users/reset", R"({"table":"nothing"})");
}

TEST_F(LayerRoutesTest, RefusesWhatMakesNoSense) {
    call(404, "GET", "/layers/other/red");
    EXPECT_EQ(
        call(400, "POST", "/layers/users/changes", R"({"changes":[{"type":"MERGE","item":{}}]})")
            .at("field"),
        "changes[0].type");
    EXPECT_EQ(
        call(400, "POST", "/layers/users/changes", R"({"changes":[{"type":"PUT","item":{}}]})")
            .at("error"),
        "Item must have an unique identifier");
    EXPECT_EQ(to_text(call(200, "GET", "/layers")), R"({"count":1,"items":["users"]})");
    EXPECT_EQ(call(200, "POST", "/layers/users/compact").at("failed"), 0);
}

}  // namespace
}  // namespace carillon::server::testing
