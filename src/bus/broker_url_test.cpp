#include "bus/broker_url.hpp"

#include <gtest/gtest.h>

namespace carillon::bus {
namespace {

TEST(BrokerUrl, IsTakenApart) {
    const auto url = parse_broker_url("AMQP://me:p%40ss@A,b:5673,[::1]:7/v%2fhost?exchange=x%20y");
    ASSERT_TRUE(url) << describe(url.error());
    EXPECT_EQ(url->scheme, "amqp");
    EXPECT_EQ(url->user, "me");
    EXPECT_EQ(url->password, "p@ss");
    const std::vector<HostPort> hosts = {{"a", 0}, {"b", 5'673}, {"::1", 7}};
    EXPECT_EQ(url->hosts, hosts);
    EXPECT_EQ(url->path, "v/host");
    EXPECT_EQ(url->option("exchange"), "x y");
}

TEST(BrokerUrl, IsShownWithoutItsSecrets) {
    const auto url = parse_broker_url("redis://:secret@h:1/stream?token=hidden");
    EXPECT_EQ(url->shown(), "redis://h:1/stream");
}

TEST(BrokerUrl, MistakesAreToldWithoutItsSecrets) {
    for (const char* text : {"nats",
                             "://h",
                             "nats://",
                             "nats://u:secret@",
                             "nats://u:secret@h:x",
                             "nats://u:secret@h:70000",
                             "nats://u:secret@h?a=1&a=2",
                             "nats://u:secret@[::1",
                             "nats://u:secret@h/%zz",
                             "nats://a b"}) {
        const auto url = parse_broker_url(text);
        ASSERT_FALSE(url) << text;
        EXPECT_EQ(url.error().code, Errc::invalid);
        EXPECT_FALSE(url.error().message.contains("secret")) << url.error().message;
    }
}

TEST(BrokerUrl, OptionsThatNobodyKnowsAreRefused) {
    const auto url = parse_broker_url("nats://h?tls=on&jetstraem=off&linger=5ms");
    EXPECT_FALSE(url->check_options({"tls", "jetstream"}));
    EXPECT_TRUE(url->check_options({"tls", "jetstraem"}));
    EXPECT_TRUE(url->truth("tls", false).value());
    EXPECT_FALSE(url->truth("linger", false).has_value());
}

}  // namespace
}  // namespace carillon::bus
