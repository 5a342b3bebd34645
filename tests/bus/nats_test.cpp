// NATS JetStream, against Debian's nats-server.

#include "bus/outage.hpp"
#include "bus/server.hpp"
#include "bus/world.hpp"
#include "core/json.hpp"
#include "core/text.hpp"

#include <fmt/format.h>

namespace carillon::bus::testing {
namespace {

using namespace std::chrono_literals;

struct Stored {
    std::string subject;
    std::string headers;
    std::string body;
};

/// Asks JetStream's own interface, one request after the other.
class Console {
public:
    Console(World& world, std::uint16_t port) : world_(world), port_(port) {}

    void create_stream() {
        const std::string made = ask(
            "STREAM.CREATE.events",
            R"({"name":"events","subjects":["events.>"],"storage":"file","duplicate_window":120000000000})");
        ASSERT_TRUE(made.contains("\"did_create\":true")) << made;
    }

    std::size_t count() {
        const json::value facts = *parse_json(ask("STREAM.INFO.events", ""));
        return static_cast<std::size_t>(facts.at("state").at("messages").as_int64());
    }

    std::vector<Stored> messages() {
        std::vector<std::pair<std::string, std::string>> requests;
        const std::size_t most = count();
        for (std::size_t at = 1; at <= most; ++at) {
            requests.emplace_back("STREAM.MSG.GET.events", fmt::format("{{\"seq\":{}}}", at));
        }
        std::vector<Stored> all;
        for (const std::string& text : world_.finish(exchange(std::move(requests)))) {
            const json::value stored = parse_json(text)->at("message");
            const auto field = [&stored](const char* name) {
                const json::value* value = stored.get_object().if_contains(name);
                return value == nullptr ? std::string() : std::string(value->as_string().c_str());
            };
            all.push_back(
                {field("subject"), *base64_decode(field("hdrs")), *base64_decode(field("data"))});
        }
        return all;
    }

private:
    std::string ask(std::string subject, std::string body) {
        std::vector<std::pair<std::string, std::string>> requests;
        requests.emplace_back(std::move(subject), std::move(body));
        return world_.finish(exchange(std::move(requests))).at(0);
    }

    Task<std::vector<std::string>> exchange(
        std::vector<std::pair<std::string, std::string>> requests) {
        Dialer dialer(world_.loop, world_.pool, {});
        HostPort peer{"127.0.0.1", port_};
        auto connection = *co_await dialer.dial(std::move(peer), 30s);
        (void)*co_await connection->read_line();
        std::string hello = "CONNECT {\"verbose\":false}\r\nSUB answers 1\r\n";
        (void)*co_await connection->write(hello);
        std::vector<std::string> answers;
        for (const auto& [subject, body] : requests) {
            const std::string request =
                fmt::format("PUB $JS.API.{} answers {}\r\n{}\r\n", subject, body.size(), body);
            (void)co_await connection->write(request);
            for (;;) {
                const std::string line(*co_await connection->read_line());
                if (!line.starts_with("MSG")) continue;
                const std::size_t size = std::stoul(line.substr(line.rfind(' ') + 1));
                answers.emplace_back((*co_await connection->read_bytes(size + 2)).substr(0, size));
                break;
            }
        }
        co_await dialer.close();
        co_return answers;
    }

    World& world_;
    std::uint16_t port_;
};

class Nats : public ::testing::Test {
protected:
    void SetUp() override {
        if (!is_installed("nats-server")) GTEST_SKIP() << "nats-server is not installed";
        server_.emplace(std::vector<std::string>{"nats-server",
                                                 "-js",
                                                 "-a",
                                                 "127.0.0.1",
                                                 "-p",
                                                 std::to_string(port_),
                                                 "-sd",
                                                 folder_.path().string()},
                        port_,
                        folder_);
        console.create_stream();
    }

    [[nodiscard]] std::string url(const std::string& rest = "/events.{type}") const {
        return "nats://127.0.0.1:" + std::to_string(port_) + rest;
    }

    World world;

private:
    Folder folder_;
    std::uint16_t port_ = free_port();

protected:
    std::optional<Server> server_;
    Console console{world, port_};
};

TEST_F(Nats, AStreamHasTheMessageOnceItsResultIsGood) {
    Message made = message("a1");
    made.tenant = "acme";
    const Results results = world.publish(url(), only(std::move(made)));
    ASSERT_TRUE(results.at(0)) << describe(results.at(0).error());
    const std::vector<Stored> stored = console.messages();
    ASSERT_EQ(stored.size(), 1U);
    EXPECT_EQ(stored[0].subject, "events.order.placed");
    EXPECT_TRUE(stored[0].headers.contains("Nats-Msg-Id: a1\r\n")) << stored[0].headers;
    EXPECT_EQ(stored[0].body,
              R"({"specversion":"1.0","id":"a1","source":"/shop","type":"order.placed",)"
              R"("time":"2025-11-27T12:00:00.000Z","tenantid":"acme",)"
              R"("datacontenttype":"application/json","data":{"total":12.5}})");
}

TEST_F(Nats, BinaryEventsCarryTheirAttributesAsHeaders) {
    ASSERT_TRUE(world.publish(url("/events.{type}?envelope=binary"), only(message("b1"))).at(0));
    const Stored stored = console.messages().at(0);
    EXPECT_EQ(stored.body, R"({"total":12.5})");
    EXPECT_TRUE(stored.headers.contains("ce-type: order.placed\r\n")) << stored.headers;
}

TEST_F(Nats, AnIdThatIsGivenAgainIsStoredOnce) {
    EXPECT_TRUE(world.publish(url(), only(message("same"))).at(0));
    EXPECT_TRUE(world.publish(url(), only(message("same"))).at(0));
    EXPECT_EQ(console.count(), 1U);
}

TEST_F(Nats, NeighboursOfAMessageWithoutAStreamAreStored) {
    std::vector<Message> batch = only(message("good"));
    batch.push_back(message("homeless"));
    batch[1].destination = "elsewhere.x";
    batch.push_back(message("wild"));
    batch[2].destination = "events.*";
    batch.push_back(message("huge"));
    batch[3].data = "\"" + std::string(2'000'000, 'x') + "\"";
    const Results results = world.publish(url("/events.{type}?attempts=1"), std::move(batch));
    EXPECT_TRUE(results[0]);
    EXPECT_EQ(results[1].error().code, Errc::unavailable);
    EXPECT_EQ(results[2].error().code, Errc::invalid);
    EXPECT_EQ(results[3].error().code, Errc::too_large);
    EXPECT_EQ(console.count(), 1U);
}

TEST_F(Nats, WithoutJetStreamTheServersWordIsEnough) {
    EXPECT_TRUE(world.publish(url("/free.{type}?jetstream=off"), only(message("p1"))).at(0));
    EXPECT_EQ(console.count(), 0U);
}

TEST_F(Nats, NothingIsLostWhenTheServerGoesAwayAndComesBack) {
    (void)publish_through_outage(world, *server_, url());
    std::vector<std::string> ids;
    for (const Stored& stored : console.messages()) {
        ids.emplace_back(parse_json(stored.body)->at("id").as_string().c_str());
    }
    expect_nothing_lost("NATS", ids);
}

}  // namespace
}  // namespace carillon::bus::testing
