// RabbitMQ, against Debian's server. It takes seconds to start, so all tests share one.

#include "bus/amqp_console.hpp"
#include "bus/outage.hpp"
#include "bus/server.hpp"
#include "bus/world.hpp"

#include <filesystem>
#include <memory>
#include <set>

namespace carillon::bus::testing {
namespace {

/// With a port mapper of its own, so that none is left behind.
class Rabbit {
public:
    Rabbit()
        : mapper_port_(free_port()),
          mapper_({"epmd", "-port", std::to_string(mapper_port_), "-address", "127.0.0.1"},
                  mapper_port_,
                  folder_),
          server_({"/usr/lib/rabbitmq/bin/rabbitmq-server"}, free_port_, folder_, environment()) {}

    Server& server() { return server_; }

private:
    [[nodiscard]] std::map<std::string, std::string> environment() const {
        const std::string home = folder_.path().string();
        return {{"HOME", home},
                {"RABBITMQ_MNESIA_BASE", home + "/mnesia"},
                {"RABBITMQ_LOG_BASE", home + "/log"},
                {"RABBITMQ_PID_FILE", home + "/pid"},
                {"RABBITMQ_CONFIG_FILE", home + "/none"},
                {"RABBITMQ_CONF_ENV_FILE", home + "/none-env"},
                {"RABBITMQ_ENABLED_PLUGINS_FILE", home + "/plugins"},
                {"RABBITMQ_NODENAME", "carillon" + std::to_string(free_port_) + "@localhost"},
                {"RABBITMQ_NODE_IP_ADDRESS", "127.0.0.1"},
                {"RABBITMQ_NODE_PORT", std::to_string(free_port_)},
                {"RABBITMQ_DIST_PORT", std::to_string(dist_port_)},
                {"RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS",
                 "-start_epmd false -kernel inet_dist_use_interface {127,0,0,1}"},
                {"ERL_EPMD_PORT", std::to_string(mapper_port_)},
                {"ERL_EPMD_ADDRESS", "127.0.0.1"}};
    }

    Folder folder_;
    std::uint16_t mapper_port_;
    std::uint16_t free_port_ = free_port();
    std::uint16_t dist_port_ = free_port();
    Server mapper_;
    Server server_;
};

class Amqp : public ::testing::Test {
protected:
    static void SetUpTestSuite() {
        if (!is_installed("rabbitmq-server")) return;
        rabbit = std::make_unique<Rabbit>();
        World setting_up;
        AmqpConsole(setting_up, rabbit->server().port()).declare_queue("durable");
    }

    static void TearDownTestSuite() { rabbit.reset(); }

    void SetUp() override {
        if (!rabbit) GTEST_SKIP() << "rabbitmq-server is not installed";
    }

    [[nodiscard]] static std::string url(const std::string& rest) {
        return "amqp://127.0.0.1:" + std::to_string(rabbit->server().port()) + rest;
    }

    static inline std::unique_ptr<Rabbit> rabbit;
    World world;
    AmqpConsole console{world, rabbit ? rabbit->server().port() : std::uint16_t{0}};
};

TEST_F(Amqp, AQueueHasTheMessageOnceItIsConfirmed) {
    console.declare_queue("plain");
    const Results results =
        world.publish(url("?routing-key=plain&envelope=outbox"), only(message("a1")));
    ASSERT_TRUE(results.at(0)) << describe(results.at(0).error());
    const std::vector<Taken> taken = console.take_all("plain");
    ASSERT_EQ(taken.size(), 1U);
    EXPECT_EQ(taken[0].message_id, "a1");
    EXPECT_EQ(taken[0].body,
              R"({"id":"a1","type":"order.placed","payload":{"total":12.5},)"
              R"("occurredAt":"2025-11-27T12:00:00.000Z"})");
    EXPECT_TRUE(taken[0].header.contains("application/json"));
    EXPECT_TRUE(taken[0].header.contains("eventType"));
}

TEST_F(Amqp, OnlyTheMessageThatNoQueueTakesFails) {
    console.declare_queue("some");
    std::vector<Message> batch = only(message("before"));
    batch.push_back(message("lost"));
    batch.push_back(message("after"));
    batch[1].destination = "no-such-queue";
    const Results results = world.publish(url("?routing-key=some"), std::move(batch));
    EXPECT_TRUE(results[0]);
    EXPECT_EQ(results[1].error().code, Errc::not_found);
    EXPECT_TRUE(results[2]);
    EXPECT_EQ(console.take_all("some").size(), 2U);
}

TEST_F(Amqp, WhatRabbitRefusesWithItsConfirmIsNotTakenForSent) {
    console.declare_small_queue("small", 2);
    std::vector<Message> batch;
    for (int i = 0; i < 5; ++i) batch.push_back(message("s" + std::to_string(i)));
    const Results results =
        world.publish(url("?routing-key=small&attempts=1&concurrency=1"), std::move(batch));
    std::size_t taken = 0;
    for (const auto& result : results) taken += result ? 1 : 0;
    EXPECT_EQ(console.take_all("small").size(), taken) << "confirmed is stored, and refused is not";
    EXPECT_GE(taken, 2U);
    EXPECT_LT(taken, 5U);
}

TEST_F(Amqp, WhatHasToWaitForRoomArrivesOnce) {
    console.declare_queue("narrow");
    std::vector<Message> batch;
    constexpr std::size_t count = 2'000;
    for (std::size_t i = 0; i < count; ++i) {
        batch.push_back(message("n" + std::to_string(i)));
        batch.back().data = "\"" + std::string(10'000, 'x') + "\"";
    }
    const Results results = world.publish(url("?routing-key=narrow&pending=20"), std::move(batch));
    for (const auto& result : results) ASSERT_TRUE(result) << describe(result.error());
    std::set<std::string> ids;
    const std::vector<Taken> taken = console.take_all("narrow");
    for (const Taken& one : taken) ids.insert(one.message_id);
    EXPECT_EQ(ids.size(), count);
    EXPECT_EQ(taken.size(), count) << "none twice";
}

TEST_F(Amqp, ABodyLargerThanAFrameArrivesWhole) {
    console.declare_queue("large");
    Message made = message("l1");
    made.data = "\"" + std::string(500'000, 'x') + "\"";
    ASSERT_TRUE(world.publish(url("?routing-key=large&envelope=binary"), only(made)).at(0));
    EXPECT_EQ(console.take_all("large").at(0).body, made.data);
}

TEST_F(Amqp, AnExchangeThatIsNotThereIsNotFound) {
    const Results results =
        world.publish(url("?exchange=nowhere&routing-key=x"), only(message("x")));
    EXPECT_EQ(results.at(0).error().code, Errc::not_found) << describe(results.at(0).error());
}

TEST_F(Amqp, AWrongPasswordIsDenied) {
    const std::string wrong =
        "amqp://guest:wrong@127.0.0.1:" + std::to_string(rabbit->server().port());
    EXPECT_EQ(world.publish(wrong, only(message("x"))).at(0).error().code, Errc::denied);
}

TEST_F(Amqp, NothingIsLostWhenTheServerGoesAwayAndComesBack) {
    (void)publish_through_outage(world, rabbit->server(), url("?routing-key=durable"));
    std::vector<std::string> ids;
    for (const Taken& taken : console.take_all("durable")) ids.push_back(taken.message_id);
    expect_nothing_lost("RabbitMQ", ids);
}

}  // namespace
}  // namespace carillon::bus::testing
