#include "aws/s3.hpp"

#include "aws/scripted_transport_test.hpp"

#include <gmock/gmock.h>

namespace carillon::aws::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;

net::ClientResponse tagged(std::string etag, std::string body = {}) {
    net::ClientResponse response = answer(200, std::move(body));
    response.headers.add("ETag", std::move(etag));
    return response;
}

struct S3Rig : Rig {
    S3Rig() {
        options.endpoint = net::parse_url("https://s3.eu-central-1.amazonaws.com").value();
        options.region = "eu-central-1";
        options.bucket = "snaps";
    }

    S3Client& client() {
        made.emplace(loop, transport, credentials, random, Log::null(), options);
        return *made;
    }

    S3Options options;
    FixedCredentials credentials{{"AKID", "secret"}};
    std::optional<S3Client> made;
};

TEST(S3, AddressesBucketsByHostOrByPath) {
    S3Rig rig;
    rig.transport.always([](const auto&) { return tagged("\"e\"", "body"); });
    const auto read = rig.wait(rig.client().get("a b/c"));
    ASSERT_TRUE(read);
    EXPECT_EQ(read->body, "body");
    EXPECT_EQ(read->etag, "\"e\"");
    EXPECT_EQ(rig.transport.requests[0].url.host, "snaps.s3.eu-central-1.amazonaws.com");
    EXPECT_EQ(rig.transport.requests[0].url.path, "/a%20b/c");
    EXPECT_THAT(header(rig.transport.requests[0], "Authorization"),
                HasSubstr("/eu-central-1/s3/aws4_request"));
    rig.options.path_style = true;
    ASSERT_TRUE(rig.wait(rig.client().get("a b/c")));
    EXPECT_EQ(rig.transport.requests[1].url.host, "s3.eu-central-1.amazonaws.com");
    EXPECT_EQ(rig.transport.requests[1].url.path, "/snaps/a%20b/c");
}

TEST(S3, AsksForEncryptionAndOwner) {
    S3Rig rig;
    rig.options.encryption = "aws:kms";
    rig.options.kms_key = "key-1";
    rig.options.expected_owner = "111122223333";
    rig.transport.then(tagged("\"e\""));
    ASSERT_TRUE(rig.wait(rig.client().put({.key = "k", .body = "b"})));
    const net::ClientRequest& sent = rig.transport.requests[0];
    EXPECT_EQ(header(sent, "x-amz-server-side-encryption"), "aws:kms");
    EXPECT_EQ(header(sent, "x-amz-server-side-encryption-aws-kms-key-id"), "key-1");
    EXPECT_EQ(header(sent, "x-amz-expected-bucket-owner"), "111122223333");
    EXPECT_THAT(header(sent, "Authorization"), HasSubstr("x-amz-server-side-encryption"));
}

TEST(S3, SendsConditionsAndReportsThem) {
    S3Rig rig;
    rig.transport.then(answer(412, "<Error><Code>PreconditionFailed</Code></Error>"));
    const S3Put fresh{.key = "k", .body = "b", .if_none_match = true};
    EXPECT_EQ(rig.wait(rig.client().put(fresh)).error().code, Errc::condition_failed);
    EXPECT_EQ(header(rig.transport.requests[0], "If-None-Match"), "*");
    // Another conditional write is under way: again.
    rig.transport.then(answer(409, "<Error><Code>ConditionalRequestConflict</Code></Error>"));
    rig.transport.then(tagged("\"e2\""));
    const S3Put over{.key = "k", .body = "b", .if_match = "\"e1\""};
    const auto replaced = rig.wait(rig.client().put(over));
    ASSERT_TRUE(replaced);
    EXPECT_EQ(*replaced, "\"e2\"");
    EXPECT_EQ(header(rig.transport.requests[2], "If-Match"), "\"e1\"");
}

TEST(S3, DoesNotRepeatAConditionalWriteThatMayHaveBeenDone) {
    S3Rig rig;
    rig.transport.then(std::unexpected(lost(Errc::timeout, true)));
    const S3Put fresh{.key = "k", .body = "b", .if_none_match = true};
    EXPECT_EQ(rig.wait(rig.client().put(fresh)).error().code, Errc::timeout);
    EXPECT_THAT(rig.transport.requests, SizeIs(1));
    // Without a condition, twice is once.
    rig.transport.then(std::unexpected(lost(Errc::timeout, true)));
    rig.transport.then(answer(503, "<Error><Code>SlowDown</Code></Error>"));
    rig.transport.then(tagged("\"e\""));
    EXPECT_TRUE(rig.wait(rig.client().put({.key = "k", .body = "b"})));
    EXPECT_THAT(rig.transport.requests, SizeIs(4));
}

TEST(S3, SaysWhatIsNotThere) {
    S3Rig rig;
    rig.transport.then(answer(404, "<Error><Code>NoSuchKey</Code><Message>no</Message></Error>"));
    const auto read = rig.wait(rig.client().get("k"));
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().code, Errc::not_found);
    EXPECT_EQ(read.error().message, "S3 answered GET with NoSuchKey: no");
    rig.transport.then(answer(404, "<Error><Code>NoSuchKey</Code></Error>"));
    EXPECT_TRUE(rig.wait(rig.client().remove("k")));
}

TEST(S3, SignsWithTheServicesTimeWhenOursIsWrong) {
    S3Rig rig;
    net::ClientResponse skewed = answer(403, "<Error><Code>RequestTimeTooSkewed</Code></Error>");
    skewed.headers.add("Date", "Sat, 21 Nov 2026 13:00:00 GMT");
    rig.transport.then(skewed);
    rig.transport.then(tagged("\"e\"", "body"));
    ASSERT_TRUE(rig.wait(rig.client().get("k")));
    EXPECT_EQ(header(rig.transport.requests[1], "X-Amz-Date"), "20261121T130000Z");
}

TEST(S3, SendsLargeObjectsInPartsAndGivesThemUpWhole) {
    S3Rig rig;
    rig.options.part_bytes = 4;
    rig.options.multipart_from = 8;
    const std::string begun = "<R><UploadId>up&amp;1</UploadId></R>";
    rig.transport.then(answer(200, begun));
    rig.transport.then(tagged("\"p1\""));
    rig.transport.then(tagged("\"p2\""));
    rig.transport.then(tagged("\"p3\""));
    rig.transport.then(answer(200, "<R><ETag>&quot;whole-3&quot;</ETag></R>"));
    const S3Put put{.key = "k", .body = "0123456789", .if_none_match = true};
    const auto etag = rig.wait(rig.client().put(put));
    ASSERT_TRUE(etag);
    EXPECT_EQ(*etag, "\"whole-3\"");
    EXPECT_EQ(rig.transport.requests[3].body, "89");
    EXPECT_EQ(rig.transport.requests[3].url.query, "partNumber=3&uploadId=up%261");
    EXPECT_THAT(rig.transport.requests[4].body,
                HasSubstr("<Part><ETag>&quot;p3&quot;</ETag><PartNumber>3</PartNumber></Part>"));
    EXPECT_EQ(header(rig.transport.requests[4], "If-None-Match"), "*");

    rig.transport.then(answer(200, begun));
    rig.transport.then(answer(403, "<Error><Code>AccessDenied</Code></Error>"));
    rig.transport.then(answer(204, ""));
    EXPECT_EQ(rig.wait(rig.client().put(put)).error().code, Errc::denied);
    EXPECT_EQ(rig.transport.requests.back().method, "DELETE");
    EXPECT_EQ(rig.transport.requests.back().url.query, "uploadId=up%261");

    // It may begin with 200 and fail afterwards.
    rig.transport.then(answer(200, begun));
    for (int i = 0; i < 3; ++i) rig.transport.then(tagged("\"p\""));
    rig.transport.then(answer(200, "<Error><Code>PreconditionFailed</Code></Error>"));
    rig.transport.then(answer(204, ""));
    EXPECT_EQ(rig.wait(rig.client().put(put)).error().code, Errc::condition_failed);
}

TEST(S3, ListsAPageAtATime) {
    S3Rig rig;
    rig.transport.then(answer(
        200,
        "<L><IsTruncated>true</IsTruncated><NextContinuationToken>t/1=</NextContinuationToken>"
        "<Contents><Key>a&amp;b</Key></Contents><Contents><Key>c</Key></Contents></L>"));
    const auto first = rig.wait(rig.client().list("p/", {}));
    ASSERT_TRUE(first);
    EXPECT_THAT(first->keys, ::testing::ElementsAre("a&b", "c"));
    EXPECT_EQ(rig.transport.requests[0].url.query, "list-type=2&prefix=p%2F");
    rig.transport.then(answer(200, "<L><IsTruncated>false</IsTruncated></L>"));
    const auto second = rig.wait(rig.client().list("p/", first->next));
    ASSERT_TRUE(second);
    EXPECT_THAT(second->keys, SizeIs(0));
    EXPECT_FALSE(second->next);
    EXPECT_EQ(rig.transport.requests[1].url.query,
              "list-type=2&continuation-token=t%2F1%3D&prefix=p%2F");
}

}  // namespace
}  // namespace carillon::aws::testing
