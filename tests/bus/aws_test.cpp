// SQS, SNS and EventBridge against a server that checks signatures, records what it is sent, and
// answers as told: partial failures, throttling, a call that one entry spoils.

#include "bus/aws_brokers.hpp"
#include "bus/world.hpp"
#include "core/json.hpp"
#include "net/server.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <functional>

namespace carillon::bus::testing {
namespace {

class Recorder final : public net::HttpHandler {
public:
    using Answer = std::function<net::ServerResponse(const net::ServerRequest&)>;

    explicit Recorder(World& world) : world_(world) {}

    Task<net::ServerResponse> handle(net::ServerRequest& request) override {
        const auto secret = [](std::string_view key) -> std::optional<std::string> {
            if (key == "AKID") return "secret";
            return std::nullopt;
        };
        signed_right = signed_right && aws::verify(request, secret, world_.loop.now()).has_value();
        bodies.push_back(request.body);
        targets.emplace_back(request.headers.get("X-Amz-Target").value_or(""));
        if (script.empty()) co_return otherwise(request);
        const Answer answer = std::move(script.front());
        script.pop_front();
        co_return answer(request);
    }

    [[nodiscard]] net::ServerResponse refuse(int status, const std::string& why) const override {
        return {status, {}, why};
    }

    std::deque<Answer> script;
    Answer otherwise;
    std::vector<std::string> bodies;
    std::vector<std::string> targets;
    bool signed_right = true;

private:
    World& world_;
};

Recorder::Answer say(int status, std::string body) {
    return
        [status, body](const net::ServerRequest&) { return net::ServerResponse{status, {}, body}; };
}

/// SQS's answer that takes everything.
net::ServerResponse take_all(const net::ServerRequest& request) {
    const json::value document = *parse_json(request.body);
    json::array taken;
    for (const json::value& entry : document.at("Entries").as_array()) {
        json::object one;
        const json::value* id = entry.get_object().if_contains("Id");
        if (id != nullptr) one["Id"] = *id;
        one["EventId"] = "e";
        taken.push_back(one);
    }
    json::object body;
    const bool events = !document.get_object().contains("QueueUrl");
    body[events ? "Entries" : "Successful"] = taken;
    return {200, {}, to_text(body)};
}

class Aws : public ::testing::Test {
protected:
    Aws() {
        add_aws(world.publishers, {transport, credentials, Log::null()});
        recorder.otherwise = take_all;
        EXPECT_TRUE(server.start());
    }

    ~Aws() override {
        world.finish(client.close());
        world.finish(server.stop(Duration{1'000}));
    }

    [[nodiscard]] std::string url(const std::string& place) const {
        return place + (place.contains('?') ? "&" : "?") + "endpoint=" + server.url();
    }

    static std::vector<Message> messages(int count) {
        std::vector<Message> batch;
        for (int at = 0; at < count; ++at) batch.push_back(message(fmt::format("m{}", at)));
        return batch;
    }

    static net::ClientOptions options() {
        net::ClientOptions made;
        made.guard = *net::AddressGuard::parse("127.0.0.0/8");
        return made;
    }

    World world;
    Recorder recorder{world};
    net::HttpServer server{world.loop, recorder, {}};
    net::HttpClient client{world.loop, world.pool, options()};
    aws::HttpTransport transport{client};
    aws::FixedCredentials credentials{{"AKID", "secret"}};
};

TEST_F(Aws, SqsIsSentTensThatAreSigned) {
    for (const auto& result :
         world.publish(url("sqs://eu-central-1/123/orders?envelope=outbox"), messages(25))) {
        EXPECT_TRUE(result);
    }
    EXPECT_TRUE(recorder.signed_right);
    ASSERT_EQ(recorder.bodies.size(), 3U);
    EXPECT_EQ(recorder.targets[0], "AmazonSQS.SendMessageBatch");
    const json::value first = *parse_json(recorder.bodies[0]);
    EXPECT_EQ(first.at("QueueUrl").as_string(), server.url() + "/123/orders");
    const json::value& entry = first.at("Entries").at(0);
    EXPECT_EQ(entry.at("Id").as_string(), "m0");
    EXPECT_EQ(entry.at("MessageAttributes").at("EventType").at("StringValue").as_string(),
              "order.placed");
    EXPECT_FALSE(entry.get_object().contains("MessageGroupId"));
}

TEST_F(Aws, FifoQueuesGetGroupAndDeduplicationId) {
    Message made = message("strange id that AWS would not take");
    made.key = "customer-7";
    EXPECT_TRUE(world.publish(url("sqs://eu-central-1/123/orders.fifo"), only(made)).at(0));
    const json::value body = *parse_json(recorder.bodies.at(0));
    const json::value& entry = body.at("Entries").at(0);
    EXPECT_EQ(entry.at("Id").as_string(), "entry-0");
    EXPECT_EQ(entry.at("MessageGroupId").as_string(), "customer-7");
    EXPECT_EQ(entry.at("MessageDeduplicationId").as_string(),
              aws::sha256_hex("strange id that AWS would not take"));
}

TEST_F(Aws, OnlyTheEntriesThatFailedAreSentAgain) {
    recorder.script.push_back(
        say(200,
            R"({"Successful":[{"Id":"m0"},{"Id":"m2"}],"Failed":[)"
            R"({"Id":"m1","SenderFault":false,"Code":"InternalError","Message":"again"},)"
            R"({"Id":"m3","SenderFault":true,"Code":"InvalidMessageContents"}]})"));
    const Results results = world.publish(url("sqs://eu-central-1/123/orders"), messages(4));
    EXPECT_TRUE(results[0]);
    EXPECT_TRUE(results[1]);
    EXPECT_TRUE(results[2]);
    EXPECT_EQ(results[3].error().code, Errc::invalid);
    ASSERT_EQ(recorder.bodies.size(), 2U);
    EXPECT_EQ(parse_json(recorder.bodies[1])->at("Entries").as_array().size(), 1U);
}

TEST_F(Aws, ThrottledCallsAreRepeated) {
    recorder.script.push_back(say(400, R"({"__type":"com.amazonaws.sqs#ThrottlingException"})"));
    recorder.script.push_back(say(503, ""));
    EXPECT_TRUE(world.publish(url("sqs://eu-central-1/123/orders"), messages(1)).at(0));
    EXPECT_EQ(recorder.bodies.size(), 3U);
}

TEST_F(Aws, OneEntryThatSpoilsTheCallIsFoundAndItsNeighboursPass) {
    recorder.otherwise = [](const net::ServerRequest& request) {
        if (!request.body.contains("m2")) return take_all(request);
        return net::ServerResponse{400, {}, R"({"__type":"ValidationException"})"};
    };
    const Results results = world.publish(url("sqs://eu-central-1/123/orders"), messages(5));
    for (std::size_t at = 0; at < results.size(); ++at) {
        EXPECT_EQ(results[at].has_value(), at != 2) << at;
    }
    EXPECT_EQ(results[2].error().code, Errc::invalid);
}

TEST_F(Aws, AQueueThatIsNotThereIsNotFound) {
    recorder.otherwise = say(400, R"({"__type":"com.amazonaws.sqs#QueueDoesNotExist"})");
    EXPECT_EQ(world.publish(url("sqs://eu-central-1/123/none"), messages(3)).at(1).error().code,
              Errc::not_found);
}

TEST_F(Aws, LargeMessagesShareACallOnlyUpToItsBytes) {
    std::vector<Message> batch = messages(4);
    for (Message& one : batch) one.data = "\"" + std::string(100'000, 'x') + "\"";
    for (const auto& result :
         world.publish(url("sqs://eu-central-1/123/orders"), std::move(batch))) {
        EXPECT_TRUE(result);
    }
    EXPECT_EQ(recorder.bodies.size(), 2U);
}

TEST_F(Aws, SnsIsSentFormsAndItsPartialFailuresAreRead) {
    recorder.otherwise = say(
        200,
        "<PublishBatchResponse><PublishBatchResult><Failed><member><Id>m1</Id>"
        "<Code>InvalidParameter</Code><Message>a &amp; b</Message><SenderFault>true</SenderFault>"
        "</member></Failed><Successful><member><MessageId>x</MessageId><Id>m0</Id></member>"
        "<member><Id>m2</Id></member></Successful></PublishBatchResult></PublishBatchResponse>");
    const Results results = world.publish(url("sns://eu-central-1/123/news.fifo"), messages(3));
    EXPECT_TRUE(results[0]);
    EXPECT_EQ(results[1].error().message, "InvalidParameter: a & b");
    EXPECT_TRUE(results[2]);
    EXPECT_TRUE(recorder.signed_right);
    const std::string& form = recorder.bodies.at(0);
    EXPECT_TRUE(form.contains("TopicArn=arn%3Aaws%3Asns%3Aeu-central-1%3A123%3Anews.fifo&"))
        << form;
    EXPECT_TRUE(form.contains("PublishBatchRequestEntries.member.2.MessageGroupId=order.placed"));
    EXPECT_TRUE(form.contains("member.3.MessageDeduplicationId=m2"));
}

TEST_F(Aws, SnsErrorsAreReadFromTheirXml) {
    recorder.otherwise = say(404,
                             "<ErrorResponse><Error><Type>Sender</Type><Code>NotFound</Code>"
                             "<Message>Topic does not exist</Message></Error></ErrorResponse>");
    const Results results = world.publish(url("sns://eu-central-1/123/none"), messages(1));
    EXPECT_EQ(results[0].error().code, Errc::not_found) << describe(results[0].error());
}

TEST_F(Aws, EventBridgeAnswersByPlace) {
    recorder.script.push_back(
        say(200,
            R"({"FailedEntryCount":1,"Entries":[{"EventId":"1"},)"
            R"({"ErrorCode":"InternalFailure","ErrorMessage":"again"},{"EventId":"3"}]})"));
    for (const auto& result :
         world.publish(url("eventbridge://eu-central-1/orders?envelope=outbox"), messages(3))) {
        EXPECT_TRUE(result);
    }
    EXPECT_EQ(recorder.targets.at(0), "AWSEvents.PutEvents");
    const json::value first = *parse_json(recorder.bodies.at(0));
    const json::value& entry = first.at("Entries").at(0);
    EXPECT_EQ(entry.at("EventBusName").as_string(), "orders");
    EXPECT_EQ(entry.at("DetailType").as_string(), "order.placed");
    EXPECT_EQ(entry.at("Source").as_string(), "/shop");
    EXPECT_TRUE(parse_json(std::string(entry.at("Detail").as_string())).has_value());
    EXPECT_EQ(parse_json(recorder.bodies.at(1))->at("Entries").as_array().size(), 1U);
}

TEST_F(Aws, UrlsWithoutAnAccountAreRefused) {
    EXPECT_FALSE(world.publishers.at("sqs://eu-central-1/orders"));
    EXPECT_FALSE(world.publishers.at("sns://eu-central-1/1/x?envelope=binary"));
}

}  // namespace
}  // namespace carillon::bus::testing
