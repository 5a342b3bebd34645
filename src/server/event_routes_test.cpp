#include "server/event_routes.hpp"

#include "dynamo/embedded/embedded.hpp"
#include "server/router.hpp"
#include "server/testing.hpp"

#include <gtest/gtest.h>

#include <memory>

namespace carillon::server::testing {
namespace {

Task<Result<>> refuse(outbox::Event) {
    co_return fail(Errc::unavailable, "the mail server is down");
}

struct EventRoutesTest : ::testing::Test {
    EventRoutesTest() {
        outbox::BusOptions options;
        options.max_retries = 1;
        bus = std::make_unique<outbox::EventBus>(
            world.loop, *database, random, Log::null(), metrics, std::move(options));
        routes = std::make_unique<EventRoutes>(*bus);
        router.add(routes->routes());
    }

    ~EventRoutesTest() override { run_stop(); }

    void begin(bool work) {
        EXPECT_TRUE(bus->on("user.*", refuse));
        EXPECT_TRUE(run(world, bus->start(work)));
    }

    void run_stop() { world.finish(bus->stop(Duration{0})); }

    json::value call(int status,
                     std::string method,
                     std::string target,
                     std::string body = {},
                     net::Headers headers = {}) {
        const auto response = send(
            world,
            router,
            request(std::move(method), std::move(target), std::move(body), std::move(headers)));
        EXPECT_EQ(response.status, status) << response.body;
        return parse_json(response.body).value();
    }

    World world;
    SeededRandom random{7};
    Registry metrics;
    std::unique_ptr<dynamo::EmbeddedDatabase> database =
        *dynamo::open_embedded({.memory = true, .inline_writer = true}, world.clock);
    std::unique_ptr<outbox::EventBus> bus;
    Router router{world.loop, random, Log::null(), metrics};
    std::unique_ptr<EventRoutes> routes;
};

TEST_F(EventRoutesTest, EmitsOneAndShowsIt) {
    begin(false);
    const auto made = call(201, "POST", "/events", R"({"type":"order.placed","payload":{"n":1}})");
    const std::string id(made.at("id").as_string());
    const auto event = call(200, "GET", "/events/" + id);
    EXPECT_EQ(event.at("status"), "created");
    EXPECT_EQ(event.at("payload"), json::value({{"n", 1}}));
    call(404, "GET", "/events/ghost");
}

TEST_F(EventRoutesTest, EmitsOnceForOneIdempotencyKey) {
    begin(false);
    const net::Headers key = {{"Idempotency-Key", "k"}};
    const std::string body = R"([{"type":"a"},{"type":"b"}])";
    const auto first = call(201, "POST", "/events", body, key);
    const auto again = call(200, "POST", "/events", body, key);
    EXPECT_EQ(first.at("count"), 2);
    EXPECT_EQ(first.at("items").at(0).at("id"), again.at("items").at(0).at("id"));
    EXPECT_EQ(call(200, "GET", "/events?status=created").at("count"), 2);
}

TEST_F(EventRoutesTest, NamesWhatIsWrong) {
    begin(false);
    EXPECT_EQ(call(400, "POST", "/events", R"({"payload":1})").at("field"), "type");
    EXPECT_EQ(call(400, "POST", "/events", R"([{"type":"a"},{"type":"*"}])").at("field"),
              "body[1].type");
    call(400, "POST", "/events", "[]");
    call(400, "POST", "/events/retry", "{}");
    call(400, "POST", "/events/purge", R"({"status":"created"})");
}

TEST_F(EventRoutesTest, ListsRetriesAndPurgesDeadLetters) {
    begin(true);
    call(201, "POST", "/events", R"({"id":"dead","type":"user.gone"})");
    call(201, "POST", "/events", R"({"id":"parked","type":"other"})");
    world.run_for(std::chrono::seconds{2});
    const auto dead = call(200, "GET", "/events");
    ASSERT_EQ(dead.at("count"), 1);
    EXPECT_EQ(dead.at("items").at(0).at("lastError"), "the mail server is down");
    EXPECT_EQ(call(200, "GET", "/events?status=parked").at("count"), 1);
    EXPECT_EQ(call(200, "POST", "/events/retry", R"({"ids":["dead","ghost"]})").at("missing"), 1);
    world.run_for(std::chrono::seconds{2});
    EXPECT_EQ(call(200, "POST", "/events/purge", R"({"status":"failed"})").at("count"), 1);
    EXPECT_EQ(call(200, "POST", "/events/purge", R"({"status":"parked"})").at("count"), 1);
    call(404, "GET", "/events/dead");
}

}  // namespace
}  // namespace carillon::server::testing
