#include "dynamo/endpoint/endpoint_rig_test.hpp"

#include <zlib.h>

namespace carillon::dynamo::endpoint {
namespace {

using testing::Answer;
using testing::Rig;

std::string header(const Answer& answer, std::string_view name) {
    return std::string(answer.headers.get(name).value_or(""));
}

TEST(Http, HealthIsPlainText) {
    Rig rig;
    net::ServerRequest request;
    request.method = "GET";
    request.target = request.path = "/";
    const Answer answer = rig.send(std::move(request));
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.body, "healthy: dynamodb.us-east-1.amazonaws.com ");
    EXPECT_EQ(header(answer, "x-amz-crc32"), "3128867991");
    EXPECT_EQ(header(answer, "x-amzn-RequestId").size(), 52U);
}

TEST(Http, AnswersCarryChecksumTypeAndRequestId) {
    Rig rig;
    const Answer one = rig.call("ListTables", "{}");
    EXPECT_EQ(one.body, R"({"TableNames":[]})");
    EXPECT_EQ(header(one, "Content-Type"), "application/x-amz-json-1.0");
    EXPECT_EQ(header(one, "x-amz-crc32"),
              std::to_string(crc32(0,
                                   reinterpret_cast<const Bytef*>(one.body.data()),
                                   static_cast<uInt>(one.body.size()))));
    EXPECT_NE(header(one, "x-amzn-RequestId"),
              header(rig.call("ListTables", "{}"), "x-amzn-RequestId"));
}

TEST(Http, WhatIsNoJsonPostIsUnknown) {
    Rig rig;
    net::ServerRequest put = Rig::request("ListTables", "{}");
    put.method = "PUT";
    net::ServerRequest text = Rig::request("ListTables", "{}");
    text.headers.set("Content-Type", "text/plain");
    for (const net::ServerRequest& request : {put, text}) {
        const Answer answer = rig.send(request);
        EXPECT_EQ(answer.status, 404);
        EXPECT_EQ(answer.body, "<UnknownOperationException/>\n");
        EXPECT_EQ(header(answer, "x-amz-crc32"), "3552371480");
    }
}

TEST(Http, BrowsersAreLetIn) {
    Rig rig;
    net::ServerRequest ask;
    ask.method = "OPTIONS";
    ask.headers.add("Origin", "http://a.test");
    ask.headers.add("Access-Control-Request-Headers", "x-amz-target");
    ask.headers.add("Access-Control-Request-Method", "POST");
    const Answer preflight = rig.send(std::move(ask));
    EXPECT_EQ(preflight.status, 200);
    EXPECT_EQ(header(preflight, "Access-Control-Allow-Origin"), "*");
    EXPECT_EQ(header(preflight, "Access-Control-Allow-Headers"), "x-amz-target");
    EXPECT_EQ(header(preflight, "Access-Control-Allow-Methods"), "POST");
    EXPECT_EQ(header(preflight, "Access-Control-Max-Age"), "172800");
    net::ServerRequest call = Rig::request("ListTables", "{}");
    call.headers.add("Origin", "http://a.test");
    EXPECT_EQ(header(rig.send(std::move(call)), "Access-Control-Allow-Origin"), "*");
}

TEST(Http, FaultsOfBodiesAndTargetsAreNamedInOrder) {
    Rig rig;
    const std::string serialization =
        R"({"__type":"com.amazon.coral.service#SerializationException"})";
    const std::string unknown =
        R"({"__type":"com.amazon.coral.service#UnknownOperationException"})";
    EXPECT_EQ(rig.call("Nonsense", "{").body, serialization);
    EXPECT_EQ(rig.call("Nonsense", "{}").body, unknown);
    EXPECT_EQ(rig.call("Nonsense", "").body, unknown);
    EXPECT_EQ(rig.call("ListTables", "").body, serialization);
    EXPECT_EQ(rig.call("ListTables", "[]").body, serialization);
    EXPECT_EQ(rig.call("ListTables", "{} {}").body, serialization);
    EXPECT_EQ(rig.call("ListTables", R"({"Limit":1,"Limit":2})").body, serialization);
    EXPECT_EQ(rig.call("ListTables", std::string(5'000, '[')).body, serialization);
    EXPECT_EQ(rig.call("ListTables", "{\"Limit\":\xff}").status, 400);
}

TEST(Http, MistypedMembersAreSerializationFaults) {
    Rig rig;

    struct Case {
        const char* operation;
        const char* body;
        const char* message;
    };

    const Case cases[] = {
        {"ListTables", R"({"Limit":"Infinity"})", "STRING_VALUE cannot be converted to Integer"},
        {"ListTables", R"({"Limit":true})", "TRUE_VALUE cannot be converted to Integer"},
        {"ListTables", R"({"Limit":[1]})", "Unrecognized collection type class java.lang.Integer"},
        {"ListTables", R"({"Limit":{}})", "Start of structure or map found where not expected"},
        {"PutItem", R"({"TableName":1})", "NUMBER_VALUE cannot be converted to String"},
        {"PutItem", R"({"TableName":1.5})", "DECIMAL_VALUE cannot be converted to String"},
        {"PutItem",
         R"({"TableName":["a"]})",
         "Unrecognized collection type class java.lang.String"},
        {"PutItem", R"({"Item":"a"})", "Unexpected field type"},
        {"PutItem",
         R"({"Item":["a"]})",
         "Unrecognized collection type java.util.Map<java.lang.String, "
         "com.amazonaws.dynamodb.v20120810.AttributeValue>"},
        {"PutItem", R"({"Item":{"a":"x"}})", "Unexpected value type in payload"},
        {"PutItem",
         R"({"Item":{"a":[]}})",
         "Unrecognized collection type class com.amazonaws.dynamodb.v20120810.AttributeValue"},
        {"PutItem", R"({"Item":{"a":{"S":1}}})", "NUMBER_VALUE cannot be converted to String"},
        {"PutItem",
         R"({"Item":{"a":{"B":"abc"}}})",
         "Base64 encoded length is expected a multiple of 4 bytes but found: 3"},
        {"PutItem", R"({"Item":{"a":{"BOOL":"maybe"}}})", "Unexpected token received from parser"},
        {"PutItem", R"({"Item":{"a":{"SS":"x"}}})", "Unexpected field type"},
        {"PutItem", R"({"Expected":{"a":1}})", "Unexpected value type in payload"},
        {"CreateTable", R"({"KeySchema":"HASH"})", "Unexpected field type"},
        {"CreateTable", R"({"ProvisionedThroughput":1})", "Unexpected field type"},
        {"CreateTable", R"({"KeySchema":[1]})", "Unexpected value type in payload"},
        {"GetItem", R"({"ConsistentRead":3})", "NUMBER_VALUE cannot be converted to Boolean"},
    };
    for (const Case& c : cases) {
        const Answer answer = rig.call(c.operation, c.body);
        EXPECT_EQ(answer.status, 400) << c.body;
        EXPECT_EQ(answer.text("__type"), "com.amazon.coral.service#SerializationException")
            << c.body;
        EXPECT_EQ(answer.text("Message"), c.message) << c.operation << c.body;
    }
}

TEST(Http, SignaturesCountOnlyWhenKeysAreConfigured) {
    EXPECT_EQ(Rig().call("ListTables", "{}").status, 200);

    EndpointOptions options;
    options.keys.push_back({"AKID", "secret"});
    Rig rig(options);
    EXPECT_EQ(rig.call("ListTables", "{}").type(), "MissingAuthenticationTokenException");
    EXPECT_EQ(rig.call("ListTables", "{}").message(), "Request is missing Authentication Token");

    const auto signed_by = [&](const aws::Credentials& credentials, TimePoint at) {
        net::ServerRequest request = Rig::request("ListTables", "{}");
        request.headers.add("Host", "localhost:8000");
        aws::sign("POST",
                  "/",
                  "",
                  request.headers,
                  request.body,
                  credentials,
                  {"us-east-1", "dynamodb"},
                  at);
        return request;
    };
    const TimePoint now = rig.clock().now();
    EXPECT_EQ(rig.send(signed_by({"AKID", "secret"}, now)).status, 200);
    EXPECT_EQ(rig.send(signed_by({"AKID", "guess"}, now)).type(), "InvalidSignatureException");
    EXPECT_EQ(rig.send(signed_by({"OTHER", "secret"}, now)).type(), "UnrecognizedClientException");
    EXPECT_EQ(rig.send(signed_by({"AKID", "secret"}, now - std::chrono::hours{2})).type(),
              "InvalidSignatureException");
    net::ServerRequest torn = Rig::request("ListTables", "{}");
    torn.headers.add("Authorization", "AWS4-HMAC-SHA256 Credential=AKID");
    const Answer incomplete = rig.send(std::move(torn));
    EXPECT_EQ(incomplete.type(), "IncompleteSignatureException");
    EXPECT_TRUE(
        incomplete.message().starts_with("Authorization header requires 'Signature' parameter."))
        << incomplete.message();
}

}  // namespace
}  // namespace carillon::dynamo::endpoint
