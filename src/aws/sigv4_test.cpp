#include "aws/sigv4.hpp"

#include <gtest/gtest.h>

namespace carillon::aws {
namespace {

using namespace std::chrono_literals;

// The credentials and the time of AWS's published Signature Version 4 test suite.
const Credentials suite_credentials{"AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"};
const Scope suite_scope{"us-east-1", "service"};
const TimePoint suite_time = *parse_instant("2015-08-30T12:36:00Z");

std::string authorization_of(std::string_view method,
                             std::string_view path,
                             std::string_view query,
                             net::Headers headers,
                             std::string_view body) {
    sign(method, path, query, headers, body, suite_credentials, suite_scope, suite_time);
    return std::string(*headers.get("Authorization"));
}

TEST(Sign, AgreesWithThePublishedTestSuite) {
    struct Case {
        const char* name;
        const char* method;
        const char* query;
        net::Headers headers;
        const char* want;
    };

    const Case cases[] = {
        {"get-vanilla",
         "GET",
         "",
         {{"Host", "example.amazonaws.com"}},
         "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"},
        {"get-vanilla-query-order-key-case",
         "GET",
         "Param2=value2&Param1=value1",
         {{"Host", "example.amazonaws.com"}},
         "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"},
        {"post-vanilla",
         "POST",
         "",
         {{"Host", "example.amazonaws.com"}},
         "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"},
    };
    for (const Case& c : cases) {
        const std::string got = authorization_of(c.method, "/", c.query, c.headers, "");
        EXPECT_TRUE(got.ends_with(std::string("Signature=") + c.want)) << c.name << "\n" << got;
    }
}

net::ServerRequest signed_request() {
    net::ServerRequest request;
    request.method = "POST";
    request.target = "/";
    request.path = "/";
    request.body = R"({"TableName":"t"})";
    request.headers = {{"Host", "127.0.0.1:8000"},
                       {"Content-Type", "application/x-amz-json-1.0"},
                       {"X-Amz-Target", "DynamoDB_20120810.DescribeTable"}};
    sign("POST",
         "/",
         "",
         request.headers,
         request.body,
         suite_credentials,
         {"local", "dynamodb"},
         suite_time);
    return request;
}

std::optional<std::string> suite_secret(std::string_view key) {
    if (key != suite_credentials.access_key_id) return std::nullopt;
    return suite_credentials.secret_access_key;
}

TEST(Verify, AcceptsWhatSignSigned) {
    const auto accepted = verify(signed_request(), suite_secret, suite_time + 1min);
    ASSERT_TRUE(accepted.has_value());
    EXPECT_EQ(*accepted, "AKIDEXAMPLE");
}

TEST(Verify, RefusesEveryKindOfWrongRequestByItsName) {
    net::ServerRequest changed = signed_request();
    changed.body += ' ';
    EXPECT_EQ(verify(changed, suite_secret, suite_time).error(), Refusal::mismatch);

    net::ServerRequest retargeted = signed_request();
    retargeted.headers.set("X-Amz-Target", "DynamoDB_20120810.DeleteTable");
    EXPECT_EQ(verify(retargeted, suite_secret, suite_time).error(), Refusal::mismatch);

    net::ServerRequest unsigned_request = signed_request();
    unsigned_request.headers.remove("Authorization");
    EXPECT_EQ(verify(unsigned_request, suite_secret, suite_time).error(), Refusal::missing_token);

    net::ServerRequest cut = signed_request();
    cut.headers.set("Authorization", "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE");
    EXPECT_EQ(verify(cut, suite_secret, suite_time).error(), Refusal::incomplete);

    const auto nobody = [](std::string_view) { return std::optional<std::string>(); };
    EXPECT_EQ(verify(signed_request(), nobody, suite_time).error(), Refusal::unknown_key);

    EXPECT_EQ(verify(signed_request(), suite_secret, suite_time + 16min).error(), Refusal::skewed);
    EXPECT_EQ(verify(signed_request(), suite_secret, suite_time - 16min).error(), Refusal::skewed);
}

TEST(Sign, CarriesTheSessionTokenOfTemporaryCredentials) {
    Credentials temporary = suite_credentials;
    temporary.session_token = "token";
    net::Headers headers{{"Host", "example.amazonaws.com"}};
    sign("GET", "/", "", headers, "", temporary, suite_scope, suite_time);
    EXPECT_EQ(headers.get("X-Amz-Security-Token"), "token");
    EXPECT_NE(headers.get("Authorization")->find("x-amz-security-token"), std::string_view::npos);
}

TEST(Sign, AddsTheContentHashThatS3Wants) {
    net::Headers headers{{"Host", "bucket.s3.amazonaws.com"}};
    SigningOptions s3;
    s3.s3 = true;
    sign("GET", "/a%20b", "", headers, "", suite_credentials, {"us-east-1", "s3"}, suite_time, s3);
    EXPECT_EQ(headers.get("x-amz-content-sha256"), sha256_hex(""));
}

}  // namespace
}  // namespace carillon::aws
