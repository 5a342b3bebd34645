#include "dynamo/endpoint/endpoint_rig_test.hpp"
#include "dynamo/endpoint/stream_text.hpp"

#include <boost/json/serialize.hpp>
#include <fmt/format.h>

namespace carillon::dynamo::endpoint {
namespace {

using testing::Answer;
using testing::Rig;

constexpr const char* validation = "ValidationException";

net::ServerRequest stream_request(std::string_view operation, std::string body) {
    net::ServerRequest out;
    out.method = "POST";
    out.target = out.path = "/";
    out.headers.add("Content-Type", "application/x-amz-json-1.0");
    out.headers.add("X-Amz-Target", "DynamoDBStreams_20120810." + std::string(operation));
    out.body = std::move(body);
    return out;
}

Answer call(Rig& rig, std::string_view operation, std::string body) {
    return rig.send(stream_request(operation, std::move(body)));
}

void expect_error(Rig& rig,
                  std::string_view operation,
                  std::string body,
                  std::string_view type,
                  std::string_view message) {
    const Answer got = call(rig, operation, body);
    EXPECT_EQ(got.status, 400) << body;
    EXPECT_EQ(got.type(), type) << operation << " " << body << " " << got.body;
    EXPECT_EQ(got.message(), message) << operation << " " << body;
}

/// Table `log`: key `id`, with a stream; its ARN.
std::string create_log(Rig& rig, std::string_view view = "NEW_AND_OLD_IMAGES") {
    const Answer made = rig.call("CreateTable",
                                 fmt::format(R"({{"TableName":"log","BillingMode":"PAY_PER_REQUEST",
        "AttributeDefinitions":[{{"AttributeName":"id","AttributeType":"S"}}],
        "KeySchema":[{{"AttributeName":"id","KeyType":"HASH"}}],
        "StreamSpecification":{{"StreamEnabled":true,"StreamViewType":"{}"}}}})",
                                             view));
    EXPECT_EQ(made.status, 200) << made.body;
    const json::object table = made.object().at("TableDescription").as_object();
    EXPECT_EQ(table.at("StreamSpecification").as_object().at("StreamViewType").as_string(), view);
    return table.at("LatestStreamArn").as_string().c_str();
}

json::object describe(Rig& rig, const std::string& arn) {
    const Answer got = call(rig, "DescribeStream", fmt::format(R"({{"StreamArn":"{}"}})", arn));
    EXPECT_EQ(got.status, 200) << got.body;
    return got.object().at("StreamDescription").as_object();
}

std::string shard_of(Rig& rig, const std::string& arn) {
    return describe(rig, arn)
        .at("Shards")
        .as_array()
        .at(0)
        .as_object()
        .at("ShardId")
        .as_string()
        .c_str();
}

std::string iterator(Rig& rig,
                     const std::string& arn,
                     std::string_view type,
                     std::string_view sequence = "") {
    std::string body = fmt::format(R"({{"StreamArn":"{}","ShardId":"{}","ShardIteratorType":"{}")",
                                   arn,
                                   shard_of(rig, arn),
                                   type);
    if (!sequence.empty()) body += fmt::format(R"(,"SequenceNumber":"{}")", sequence);
    const Answer got = call(rig, "GetShardIterator", body + "}");
    EXPECT_EQ(got.status, 200) << got.body;
    return got.text("ShardIterator");
}

Answer records(Rig& rig, const std::string& from, int limit = 1000) {
    return call(
        rig, "GetRecords", fmt::format(R"({{"ShardIterator":"{}","Limit":{}}})", from, limit));
}

void put(Rig& rig, std::string_view id, std::string_view value) {
    rig.expect(
        "PutItem",
        fmt::format(
            R"({{"TableName":"log","Item":{{"id":{{"S":"{}"}},"v":{{"S":"{}"}}}}}})", id, value),
        "{}");
}

std::string sequence_of(const json::value& record) {
    return record.as_object().at("dynamodb").as_object().at("SequenceNumber").as_string().c_str();
}

TEST(StreamsEndpoint, TellsWhatHappened) {
    Rig rig;
    const std::string arn = create_log(rig);
    put(rig, "a", "1");
    put(rig, "a", "1");
    put(rig, "a", "2");
    rig.expect("DeleteItem", R"({"TableName":"log","Key":{"id":{"S":"a"}}})", "{}");
    const Answer got = records(rig, iterator(rig, arn, "TRIM_HORIZON"));
    ASSERT_EQ(got.status, 200) << got.body;
    const json::array all = got.object().at("Records").as_array();
    ASSERT_EQ(all.size(), 3U) << got.body;
    const json::object modified = all[1].as_object();
    EXPECT_EQ(modified.at("eventName").as_string(), "MODIFY");
    EXPECT_EQ(modified.at("eventSource").as_string(), "aws:dynamodb");
    EXPECT_EQ(modified.at("eventVersion").as_string(), "1.1");
    EXPECT_EQ(modified.at("awsRegion").as_string(), "us-east-1");
    EXPECT_EQ(modified.at("eventID").as_string().size(), 32U);
    const json::object change = modified.at("dynamodb").as_object();
    EXPECT_EQ(json::serialize(change.at("Keys")), R"({"id":{"S":"a"}})");
    EXPECT_EQ(json::serialize(change.at("OldImage")), R"({"id":{"S":"a"},"v":{"S":"1"}})");
    EXPECT_EQ(json::serialize(change.at("NewImage")), R"({"id":{"S":"a"},"v":{"S":"2"}})");
    EXPECT_EQ(change.at("StreamViewType").as_string(), "NEW_AND_OLD_IMAGES");
    EXPECT_EQ(change.at("SizeBytes").as_int64(), 3 + 5 + 5);
    EXPECT_EQ(change.at("ApproximateCreationDateTime").as_int64(),
              to_epoch_ms(testing::noon) / 1'000);
    EXPECT_EQ(all[0].as_object().at("eventName").as_string(), "INSERT");
    EXPECT_FALSE(all[0].as_object().at("dynamodb").as_object().contains("OldImage"));
    EXPECT_EQ(all[2].as_object().at("eventName").as_string(), "REMOVE");
    EXPECT_FALSE(all[2].as_object().contains("userIdentity"));
    EXPECT_LT(sequence_of(all[0]), sequence_of(all[1]));
}

TEST(StreamsEndpoint, IteratorsPointWhereTheirTypeSays) {
    Rig rig;
    const std::string arn = create_log(rig, "KEYS_ONLY");
    put(rig, "a", "1");
    put(rig, "b", "1");
    const std::string latest = iterator(rig, arn, "LATEST");
    put(rig, "c", "1");
    const json::array all =
        records(rig, iterator(rig, arn, "TRIM_HORIZON")).object().at("Records").as_array();
    ASSERT_EQ(all.size(), 3U);
    const auto first_of = [&](const std::string& from) {
        const json::array page = records(rig, from).object().at("Records").as_array();
        return page.empty() ? std::string("none") : sequence_of(page[0]);
    };
    EXPECT_EQ(first_of(latest), sequence_of(all[2]));
    EXPECT_EQ(first_of(iterator(rig, arn, "AT_SEQUENCE_NUMBER", sequence_of(all[1]))),
              sequence_of(all[1]));
    EXPECT_EQ(first_of(iterator(rig, arn, "AFTER_SEQUENCE_NUMBER", sequence_of(all[1]))),
              sequence_of(all[2]));
    const json::object range = describe(rig, arn)
                                   .at("Shards")
                                   .as_array()
                                   .at(0)
                                   .as_object()
                                   .at("SequenceNumberRange")
                                   .as_object();
    EXPECT_EQ(first_of(iterator(rig,
                                arn,
                                "AT_SEQUENCE_NUMBER",
                                range.at("StartingSequenceNumber").as_string().c_str())),
              sequence_of(all[0]));
    EXPECT_FALSE(range.contains("EndingSequenceNumber"));

    // Page by page, and then what comes.
    std::string at = iterator(rig, arn, "TRIM_HORIZON");
    for (const json::value& expected : all) {
        const Answer page = records(rig, at, 1);
        ASSERT_EQ(page.object().at("Records").as_array().size(), 1U);
        EXPECT_EQ(sequence_of(page.object().at("Records").as_array()[0]), sequence_of(expected));
        at = page.text("NextShardIterator");
    }
    const Answer none = records(rig, at);
    EXPECT_TRUE(none.object().at("Records").as_array().empty());
    put(rig, "d", "1");
    EXPECT_NE(first_of(none.text("NextShardIterator")), "none");
}

TEST(StreamsEndpoint, IteratorsExpireAfterAQuarterOfAnHour) {
    Rig rig;
    const std::string arn = create_log(rig);
    const std::string at = iterator(rig, arn, "TRIM_HORIZON");
    rig.clock().advance(std::chrono::minutes{15});
    const Answer just = records(rig, at);
    EXPECT_EQ(just.status, 200) << just.body;
    rig.clock().advance(std::chrono::seconds{1});
    EXPECT_EQ(records(rig, at).type(), "ExpiredIteratorException");
    EXPECT_EQ(records(rig, just.text("NextShardIterator")).status, 200);
}

TEST(StreamsEndpoint, WhatIsADayOldIsTrimmed) {
    Rig rig;
    const std::string arn = create_log(rig);
    put(rig, "a", "1");
    put(rig, "b", "1");
    const json::array all =
        records(rig, iterator(rig, arn, "TRIM_HORIZON")).object().at("Records").as_array();
    rig.clock().advance(std::chrono::hours{25});
    put(rig, "c", "1");
    const Answer rest = records(rig, iterator(rig, arn, "TRIM_HORIZON"));
    EXPECT_EQ(rest.object().at("Records").as_array().size(), 1U);
    expect_error(rig,
                 "GetShardIterator",
                 fmt::format(R"({{"StreamArn":"{}","ShardId":"{}",
                     "ShardIteratorType":"AT_SEQUENCE_NUMBER","SequenceNumber":"{}"}})",
                             arn,
                             shard_of(rig, arn),
                             sequence_of(all.at(0))),
                 "TrimmedDataAccessException",
                 "The operation attempted to read past the oldest stream record in a shard.");
}

TEST(StreamsEndpoint, DisabledStreamsEnd) {
    Rig rig;
    const std::string arn = create_log(rig);
    put(rig, "a", "1");
    const std::string before = iterator(rig, arn, "LATEST");
    put(rig, "b", "1");
    const std::string off = R"({"TableName":"log","StreamSpecification":{"StreamEnabled":false}})";
    const std::string on =
        R"({"TableName":"log","StreamSpecification":{"StreamEnabled":true,"StreamViewType":"KEYS_ONLY"}})";
    rig.expect_error(
        "UpdateTable", on, validation, "Table already has an enabled stream: TableName: log");
    ASSERT_EQ(rig.call("UpdateTable", off).status, 200);
    rig.expect_error(
        "UpdateTable", off, validation, "Table has no stream to disable: TableName: log");
    json::object stream = describe(rig, arn);
    EXPECT_EQ(stream.at("StreamStatus").as_string(), "DISABLED");
    EXPECT_TRUE(stream.at("Shards")
                    .as_array()
                    .at(0)
                    .as_object()
                    .at("SequenceNumberRange")
                    .as_object()
                    .contains("EndingSequenceNumber"));
    const Answer last = records(rig, before);
    EXPECT_EQ(last.object().at("Records").as_array().size(), 1U);
    EXPECT_FALSE(last.object().contains("NextShardIterator"));
    const json::object table =
        rig.call("DescribeTable", R"({"TableName":"log"})").object().at("Table").as_object();
    EXPECT_FALSE(table.contains("StreamSpecification"));
    EXPECT_EQ(table.at("LatestStreamArn").as_string(), arn);

    ASSERT_EQ(rig.call("UpdateTable", on).status, 200);
    const json::array streams =
        call(rig, "ListStreams", R"({"TableName":"log"})").object().at("Streams").as_array();
    ASSERT_EQ(streams.size(), 2U);
    EXPECT_EQ(streams[0].as_object().at("StreamArn").as_string(), arn);
    EXPECT_NE(streams[1].as_object().at("StreamLabel").as_string(),
              streams[0].as_object().at("StreamLabel").as_string());
}

TEST(StreamsEndpoint, StreamsAreListedInPages) {
    Rig rig;
    const std::string arn = create_log(rig);
    ASSERT_EQ(rig.call("DeleteTable", R"({"TableName":"log"})").status, 200);
    const std::string second = create_log(rig);
    const Answer first = call(rig, "ListStreams", R"({"Limit":1})");
    EXPECT_EQ(first.text("LastEvaluatedStreamArn"), arn);
    const Answer rest =
        call(rig, "ListStreams", fmt::format(R"({{"ExclusiveStartStreamArn":"{}"}})", arn));
    ASSERT_EQ(rest.object().at("Streams").as_array().size(), 1U);
    EXPECT_EQ(rest.object().at("Streams").as_array()[0].as_object().at("StreamArn").as_string(),
              second);
    EXPECT_FALSE(rest.object().contains("LastEvaluatedStreamArn"));
    EXPECT_EQ(call(rig, "ListStreams", R"({"TableName":"other"})").body, R"({"Streams":[]})");
}

TEST(StreamsEndpoint, ExpiredItemsAreRemovedByTheService) {
    Rig rig;
    const std::string arn = create_log(rig);
    ASSERT_EQ(rig.call("UpdateTimeToLive",
                       R"({"TableName":"log","TimeToLiveSpecification":
                           {"AttributeName":"ttl","Enabled":true}})")
                  .status,
              200);
    const std::int64_t soon = to_epoch_ms(rig.clock().now()) / 1'000 + 5;
    rig.expect("PutItem",
               fmt::format(
                   R"({{"TableName":"log","Item":{{"id":{{"S":"a"}},"ttl":{{"N":"{}"}}}}}})", soon),
               "{}");
    rig.clock().advance(std::chrono::seconds{10});
    put(rig, "a", "1");
    const json::array all =
        records(rig, iterator(rig, arn, "TRIM_HORIZON")).object().at("Records").as_array();
    ASSERT_EQ(all.size(), 3U);
    EXPECT_EQ(all[1].as_object().at("eventName").as_string(), "REMOVE");
    EXPECT_EQ(json::serialize(all[1].as_object().at("userIdentity")),
              R"({"PrincipalId":"dynamodb.amazonaws.com","Type":"Service"})");
}

TEST(StreamsEndpoint, RefusesInDynamoDBsWords) {
    Rig rig;
    const std::string arn = create_log(rig);
    const std::string shard = shard_of(rig, arn);

    struct Case {
        const char* operation;
        std::string body;
        const char* type;
        std::string message;
    };

    const std::string place = fmt::format(R"("StreamArn":"{}","ShardId":"{}")", arn, shard);
    const std::string never =
        "arn:aws:dynamodb:us-east-1:000000000000:table/log/stream/2001-01-01T00:00:00.000";
    const Case cases[] = {
        {"DescribeStream",
         "{}",
         validation,
         "1 validation error detected: Value null at 'streamArn' failed to satisfy constraint: "
         "Member must not be null"},
        {"DescribeStream",
         R"({"StreamArn":"short"})",
         validation,
         "1 validation error detected: Value 'short' at 'streamArn' failed to satisfy constraint: "
         "Member must have length greater than or equal to 37"},
        {"DescribeStream",
         R"({"StreamArn":"sdfadfsdfnlfkajakfgjalksfgklasjklasdjfklasdfasdfgasf"})",
         validation,
         "Invalid StreamArn: sdfadfsdfnlfkajakfgjalksfgklasjklasdjfklasdfasdfgasf"},
        {"DescribeStream",
         fmt::format(R"({{"StreamArn":"{}"}})", never),
         "ResourceNotFoundException",
         fmt::format("Requested resource not found: Stream: {} not found", never)},
        {"GetShardIterator",
         fmt::format(R"({{{},"ShardIteratorType":"bulle"}})", place),
         validation,
         "1 validation error detected: Value 'bulle' at 'shardIteratorType' failed to satisfy "
         "constraint: Member must satisfy enum value set: [AFTER_SEQUENCE_NUMBER, LATEST, "
         "AT_SEQUENCE_NUMBER, TRIM_HORIZON]"},
        {"GetShardIterator",
         fmt::format(R"({{{},"ShardIteratorType":"AT_SEQUENCE_NUMBER"}})", place),
         validation,
         "SequenceNumber is required when ShardIteratorType is AT_SEQUENCE_NUMBER"},
        {"GetShardIterator",
         fmt::format(
             R"({{{},"ShardIteratorType":"LATEST","SequenceNumber":"100000000000000000001"}})",
             place),
         validation,
         "SequenceNumber must not be specified when ShardIteratorType is LATEST"},
        {"GetShardIterator",
         fmt::format(R"({{"StreamArn":"{}","ShardId":"{}","ShardIteratorType":"LATEST"}})",
                     arn,
                     std::string(30, 'x')),
         "ResourceNotFoundException",
         fmt::format("Requested resource not found: Shard: {} in Stream: {} not found",
                     std::string(30, 'x'),
                     arn)},
        {"GetRecords", R"({"ShardIterator":"nonsense"})", validation, "Invalid ShardIterator"},
        {"GetRecords",
         R"({"ShardIterator":"x","Limit":1001})",
         validation,
         "1 validation error detected: Value '1001' at 'limit' failed to satisfy constraint: "
         "Member must have value less than or equal to 1000"},
        {"ListStreams",
         R"({"Limit":0})",
         validation,
         "1 validation error detected: Value '0' at 'limit' failed to satisfy constraint: Member "
         "must have value greater than or equal to 1"},
        {"PutItem", "{}", "UnknownOperationException", ""},
    };
    for (const Case& c : cases) expect_error(rig, c.operation, c.body, c.type, c.message);
    rig.expect_error(
        "CreateTable",
        R"({"TableName":"abc","BillingMode":"PAY_PER_REQUEST","AttributeDefinitions":[{"AttributeName":"a","AttributeType":"S"}],
            "KeySchema":[{"AttributeName":"a","KeyType":"HASH"}],"StreamSpecification":{"StreamEnabled":true}})",
        validation,
        "One or more parameter values were invalid: StreamViewType must be specified when "
        "StreamEnabled is true in StreamSpecification");
}

TEST(StreamsEndpoint, IteratorsThatSomebodyChangedAreRefused) {
    const ShardIterator made{
        .arn = "arn", .shard = "shard", .after_sequence = "12", .made_at = testing::noon};
    const std::string text = encode_iterator(made);
    const auto back = decode_iterator(text);
    ASSERT_TRUE(back);
    EXPECT_EQ(*back, made);
    for (std::size_t i = 0; i < text.size(); ++i) {
        std::string changed = text;
        changed[i] = changed[i] == 'A' ? 'B' : 'A';
        EXPECT_FALSE(decode_iterator(changed)) << changed;
        EXPECT_FALSE(decode_iterator(text.substr(0, i)));
    }
}

}  // namespace
}  // namespace carillon::dynamo::endpoint
