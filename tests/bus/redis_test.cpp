// Redis Streams, against Debian's redis-server.

#include "bus/outage.hpp"
#include "bus/server.hpp"
#include "bus/world.hpp"

#include <cstdio>
#include <optional>

namespace carillon::bus::testing {
namespace {

class Redis : public ::testing::Test {
protected:
    void SetUp() override {
        if (!is_installed("redis-server")) GTEST_SKIP() << "redis-server is not installed";
        server_.emplace(std::vector<std::string>{"redis-server",
                                                 "--port",
                                                 std::to_string(port_),
                                                 "--bind",
                                                 "127.0.0.1",
                                                 "--save",
                                                 "",
                                                 "--appendonly",
                                                 "yes",
                                                 "--appendfsync",
                                                 "always",
                                                 "--requirepass",
                                                 "open sesame",
                                                 "--dir",
                                                 folder_.path().string()},
                        port_,
                        folder_);
    }

    [[nodiscard]] std::string url(const std::string& rest = "/events") const {
        return "redis://:open%20sesame@127.0.0.1:" + std::to_string(port_) + rest;
    }

    /// What redis-cli prints for the command, by lines.
    [[nodiscard]] std::vector<std::string> ask(const std::string& command) const {
        const std::string line =
            "REDISCLI_AUTH='open sesame' redis-cli -p " + std::to_string(port_) + " " + command;
        FILE* pipe = ::popen(line.c_str(), "r");
        std::string text;
        char bytes[4'096];
        while (const std::size_t got = std::fread(bytes, 1, sizeof bytes, pipe)) {
            text.append(bytes, got);
        }
        ::pclose(pipe);
        std::vector<std::string> lines;
        for (std::size_t from = 0; from < text.size();) {
            const std::size_t end = text.find('\n', from);
            lines.push_back(text.substr(from, end - from));
            from = end + 1;
        }
        return lines;
    }

    World world;

private:
    Folder folder_;
    std::uint16_t port_ = free_port();

protected:
    std::optional<Server> server_;
};

TEST_F(Redis, AnEntryHoldsTheEvent) {
    const Results results = world.publish(url(), only(message("a1")));
    ASSERT_TRUE(results.at(0)) << describe(results.at(0).error());
    const auto lines = ask("XRANGE events - +");
    ASSERT_EQ(lines.size(), 7U);
    EXPECT_EQ(lines[1], "id");
    EXPECT_EQ(lines[2], "a1");
    EXPECT_EQ(lines[3], "type");
    EXPECT_EQ(lines[4], "order.placed");
    EXPECT_EQ(lines[5], "event");
    EXPECT_TRUE(lines[6].starts_with(R"({"specversion":"1.0")"));
}

TEST_F(Redis, TheOutboxEnvelopeIsTheSeedsFlatFields) {
    Message made = message("a2");
    made.metadata = R"({"by":"me"})";
    ASSERT_TRUE(world.publish(url("/events?envelope=outbox"), only(std::move(made))).at(0));
    auto lines = ask("XRANGE events - +");
    lines.erase(lines.begin());
    EXPECT_EQ(lines,
              (std::vector<std::string>{"eventId",
                                        "a2",
                                        "eventType",
                                        "order.placed",
                                        "payload",
                                        R"({"total":12.5})",
                                        "occurredAt",
                                        "2025-11-27T12:00:00.000Z",
                                        "metadata",
                                        R"({"by":"me"})"}));
}

TEST_F(Redis, OnlyTheEntryThatRedisRefusesFails) {
    EXPECT_EQ(ask("SET text 1").at(0), "OK");
    std::vector<Message> batch = only(message("before"));
    batch.push_back(message("wrong"));
    batch[1].destination = "text";
    batch.push_back(message("after"));
    const Results results = world.publish(url(), std::move(batch));
    EXPECT_TRUE(results[0]);
    EXPECT_EQ(results[1].error().code, Errc::invalid);
    EXPECT_TRUE(results[1].error().message.contains("WRONGTYPE"));
    EXPECT_TRUE(results[2]);
    EXPECT_EQ(ask("XLEN events").at(0), "2");
}

TEST_F(Redis, AWrongPasswordIsDeniedAndNotShown) {
    const std::string wrong = "redis://:wrong@127.0.0.1:" + std::to_string(server_->port());
    const Results results = world.publish(wrong, only(message("x")));
    EXPECT_EQ(results.at(0).error().code, Errc::denied);
    EXPECT_FALSE(describe(results.at(0).error()).contains("wrong@"));
}

TEST_F(Redis, StreamsAreTrimmedWhenAskedFor) {
    std::vector<Message> batch;
    for (int at = 0; at < 1'000; ++at) batch.push_back(message("t" + std::to_string(at)));
    for (const auto& result : world.publish(url("/events?maxlen=100"), std::move(batch))) {
        ASSERT_TRUE(result);
    }
    EXPECT_LT(std::stoi(ask("XLEN events").at(0)), 300);
}

TEST_F(Redis, NothingIsLostWhenTheServerGoesAwayAndComesBack) {
    (void)publish_through_outage(world, *server_, url());
    const auto lines = ask("XRANGE events - +");
    std::vector<std::string> ids;
    for (std::size_t at = 0; at + 1 < lines.size(); ++at) {
        if (lines[at] == "id") ids.push_back(lines[at + 1]);
    }
    expect_nothing_lost("Redis", ids);
}

}  // namespace
}  // namespace carillon::bus::testing
