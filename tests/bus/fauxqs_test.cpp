// SQS and SNS against fauxqs, which run.sh installs and names; skipped without it.

#include "aws/json_client.hpp"
#include "bus/aws_brokers.hpp"
#include "bus/server.hpp"
#include "bus/world.hpp"
#include "core/json.hpp"

#include <cstdlib>
#include <optional>

namespace carillon::bus::testing {
namespace {

constexpr const char* account = "000000000000";

class Fauxqs : public ::testing::Test {
protected:
    void SetUp() override {
        const char* script = ::getenv("FAUXQS");
        if (script == nullptr) GTEST_SKIP() << "run through run.sh, with Node.js";
        port_ = free_port();
        server_.emplace(
            std::vector<std::string>{"node", script, std::to_string(port_)}, port_, folder_);
        add_aws(world.publishers, {transport, credentials, Log::null()});
    }

    void TearDown() override { world.finish(client.close()); }

    [[nodiscard]] std::string endpoint() const {
        return "http://127.0.0.1:" + std::to_string(port_);
    }

    [[nodiscard]] std::string url(const std::string& scheme, const std::string& name) const {
        return scheme + "://us-east-1/" + account + "/" + name +
               "?envelope=outbox&endpoint=" + endpoint();
    }

    /// The answer to a call about the queue; `more` are further members of its body.
    json::value ask(const std::string& operation,
                    const std::string& queue,
                    const std::string& more) {
        aws::JsonClientOptions options;
        options.endpoint = *net::parse_url(endpoint());
        options.scope = {"us-east-1", "sqs"};
        options.target_prefix = "AmazonSQS";
        options.check_crc32 = false;
        aws::JsonClient sqs(
            world.loop, transport, credentials, world.random, Log::null(), std::move(options));
        const std::string body =
            R"({"QueueUrl":")" + endpoint() + "/" + account + "/" + queue + R"(",)" + more + "}";
        const auto answer = world.finish(sqs.call(operation, body));
        if (!answer) {
            ADD_FAILURE() << describe(answer.error());
            return json::object();
        }
        return *parse_json(answer->body);
    }

    json::array receive(const std::string& queue) {
        const json::value document = ask(
            "ReceiveMessage",
            queue,
            R"("MaxNumberOfMessages":10,"AttributeNames":["All"],"MessageAttributeNames":["All"])");
        const json::value* messages = document.get_object().if_contains("Messages");
        return messages == nullptr ? json::array() : messages->get_array();
    }

    std::string count(const std::string& queue) {
        const json::value document =
            ask("GetQueueAttributes", queue, R"("AttributeNames":["All"])");
        return document.at("Attributes").at("ApproximateNumberOfMessages").as_string().c_str();
    }

    static net::ClientOptions options() {
        net::ClientOptions made;
        made.guard = *net::AddressGuard::parse("127.0.0.0/8");
        return made;
    }

    World world;
    net::HttpClient client{world.loop, world.pool, options()};
    aws::HttpTransport transport{client};
    aws::FixedCredentials credentials{{"AKID", "secret"}};

private:
    Folder folder_;
    std::uint16_t port_ = 0;
    std::optional<Server> server_;
};

TEST_F(Fauxqs, AQueueHoldsTheEventWithItsType) {
    const Results results = world.publish(url("sqs", "orders"), only(message("a1")));
    ASSERT_TRUE(results.at(0)) << describe(results.at(0).error());
    const json::array messages = receive("orders");
    ASSERT_EQ(messages.size(), 1U);
    EXPECT_EQ(messages[0].at("Body").as_string(),
              R"({"id":"a1","type":"order.placed","payload":{"total":12.5},)"
              R"("occurredAt":"2025-11-27T12:00:00.000Z"})");
    EXPECT_EQ(messages[0].at("MessageAttributes").at("EventType").at("StringValue").as_string(),
              "order.placed");
}

TEST_F(Fauxqs, AFifoQueueTakesAnIdOnceAndKeepsTheOrderOfAKey) {
    std::vector<Message> batch;
    for (const char* id : {"f1", "f2", "f3"}) {
        batch.push_back(message(id));
        batch.back().key = "customer-7";
    }
    for (const auto& result : world.publish(url("sqs", "orders.fifo"), batch)) {
        ASSERT_TRUE(result) << describe(result.error());
    }
    EXPECT_TRUE(world.publish(url("sqs", "orders.fifo"), only(message("f1"))).at(0));
    EXPECT_EQ(count("orders.fifo"), "3");
    const json::array messages = receive("orders.fifo");
    ASSERT_FALSE(messages.empty());
    EXPECT_TRUE(std::string_view(messages[0].at("Body").as_string()).contains("f1"));
    EXPECT_EQ(messages[0].at("Attributes").at("MessageGroupId").as_string(), "customer-7");
}

TEST_F(Fauxqs, ATopicPassesTheEventOnToItsQueue) {
    const Results results = world.publish(url("sns", "news"), only(message("n1")));
    ASSERT_TRUE(results.at(0)) << describe(results.at(0).error());
    const json::array messages = receive("news");
    ASSERT_EQ(messages.size(), 1U);
    const json::value outer = *parse_json(std::string(messages[0].at("Body").as_string()));
    EXPECT_TRUE(std::string_view(outer.at("Message").as_string()).contains("\"id\":\"n1\""));
}

TEST_F(Fauxqs, AQueueThatIsNotThereIsNotFound) {
    EXPECT_EQ(world.publish(url("sqs", "none"), only(message("x"))).at(0).error().code,
              Errc::not_found);
}

}  // namespace
}  // namespace carillon::bus::testing
