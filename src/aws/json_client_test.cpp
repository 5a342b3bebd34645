#include "aws/json_client.hpp"

#include "aws/scripted_transport_test.hpp"

#include <zlib.h>

namespace carillon::aws {
namespace {

using namespace std::chrono_literals;
using testing::answer;
using testing::header;
using testing::lost;
using testing::noon;
using testing::Rig;

net::ClientResponse refusal(int status, std::string_view type, std::string_view message = "no") {
    return answer(status,
                  "{\"__type\":\"com.amazonaws.dynamodb.v20120810#" + std::string(type) +
                      "\",\"message\":\"" + std::string(message) + "\"}");
}

struct ClientRig : Rig {
    FixedCredentials credentials{{.access_key_id = "AKID", .secret_access_key = "secret"}};
    JsonClient client = make();

    JsonClient make() {
        JsonClientOptions options;
        options.endpoint = *net::parse_url("http://dynamodb.local:8000/");
        options.scope = {"eu-central-1", "dynamodb"};
        return {loop, transport, credentials, random, Log::null(), options};
    }

    Result<JsonAnswer> call(Repeat repeat = Repeat::always) {
        return wait(client.call("PutItem", R"({"a":1})", repeat));
    }
};

const JsonFailure* failure_of(const Result<JsonAnswer>& result) {
    if (result) return nullptr;
    return dynamic_cast<const JsonFailure*>(result.error().detail.get());
}

TEST(JsonClient, SendsSignedRequests) {
    ClientRig rig;
    rig.transport.then(answer(200, R"({"b":2})"));
    const auto got = rig.call();
    ASSERT_TRUE(got);
    EXPECT_EQ(got->body, R"({"b":2})");
    EXPECT_FALSE(got->repeated_unclear);
    const net::ClientRequest& request = rig.transport.requests[0];
    EXPECT_EQ(request.method, "POST");
    EXPECT_EQ(header(request, "X-Amz-Target"), "DynamoDB_20120810.PutItem");
    EXPECT_EQ(header(request, "Content-Type"), "application/x-amz-json-1.0");
    EXPECT_EQ(header(request, "X-Amz-Date"), "20261121T120000Z");
    EXPECT_FALSE(request.headers.has("Host"));
    net::ServerRequest received;
    received.method = "POST";
    received.target = received.path = "/";
    received.headers = request.headers;
    received.headers.add("Host", "dynamodb.local:8000");
    received.body = request.body;
    const auto verified = verify(
        received, [](std::string_view) -> std::optional<std::string> { return "secret"; }, noon);
    ASSERT_TRUE(verified);
    EXPECT_EQ(*verified, "AKID");
}

TEST(JsonClient, RepeatsWhatWasThrottledWithGrowingPauses) {
    ClientRig rig;
    for (int i = 0; i < 5; ++i) {
        rig.transport.then(refusal(400, "ProvisionedThroughputExceededException"));
    }
    rig.transport.then(answer(200));
    const auto got = rig.call(Repeat::while_certain);
    ASSERT_TRUE(got);
    EXPECT_FALSE(got->repeated_unclear);
    ASSERT_EQ(rig.transport.sent_at.size(), 6U);
    for (std::size_t i = 1; i < 6; ++i) {
        const Duration pause = rig.transport.sent_at[i] - rig.transport.sent_at[i - 1];
        EXPECT_LE(pause, 50ms * (1 << (i - 1)));
    }
    EXPECT_EQ(rig.client.counts().throttled, 5U);
}

TEST(JsonClient, GivesUpAfterItsAttempts) {
    ClientRig rig;
    rig.transport.always([](const auto&) { return refusal(400, "ThrottlingException", "slow"); });
    const auto got = rig.call();
    ASSERT_FALSE(got);
    EXPECT_EQ(describe(got.error()), "throttled: slow");
    EXPECT_EQ(rig.transport.requests.size(), 6U);
}

TEST(JsonClient, DoesNotRepeatWhatIsRefused) {
    ClientRig rig;
    rig.transport.then(refusal(400, "ConditionalCheckFailedException", "it failed"));
    const auto got = rig.call();
    ASSERT_FALSE(got);
    EXPECT_EQ(got.error().code, Errc::invalid);
    EXPECT_EQ(got.error().message, "it failed");
    ASSERT_NE(failure_of(got), nullptr);
    EXPECT_EQ(failure_of(got)->type, "ConditionalCheckFailedException");
    EXPECT_EQ(failure_of(got)->status, 400);
    EXPECT_FALSE(failure_of(got)->repeated_unclear);
    EXPECT_EQ(rig.transport.requests.size(), 1U);
}

TEST(JsonClient, NamesErrorsByTheirCode) {
    struct Case {
        int status;
        const char* type;
        Errc expected;
    };

    const Case cases[] = {{400, "AccessDeniedException", Errc::denied},
                          {403, "Whatever", Errc::denied},
                          {400, "MissingAuthenticationTokenException", Errc::denied},
                          {400, "ValidationException", Errc::invalid},
                          {503, "ServiceUnavailable", Errc::unavailable},
                          {400, "TransactionInProgressException", Errc::unavailable},
                          {500, "InternalServerError", Errc::timeout}};
    for (const Case& one : cases) {
        ClientRig rig;
        rig.transport.always([&](const auto&) { return refusal(one.status, one.type); });
        const auto got = rig.call();
        ASSERT_FALSE(got);
        EXPECT_EQ(got.error().code, one.expected) << one.type;
    }
}

TEST(JsonClient, UnderstandsAnswersThatAreNoJson) {
    ClientRig rig;
    rig.transport.then(answer(404, "<html>not here</html>"));
    const auto got = rig.call();
    ASSERT_FALSE(got);
    EXPECT_EQ(got.error().message, "PutItem was answered with status 404");
}

TEST(JsonClient, RepeatsWhatNeverLeft) {
    ClientRig rig;
    rig.transport.then(std::unexpected(lost(Errc::unavailable, false)));
    rig.transport.then(std::unexpected(lost(Errc::timeout, false)));
    rig.transport.then(answer(200));
    const auto got = rig.call(Repeat::while_certain);
    ASSERT_TRUE(got);
    EXPECT_FALSE(got->repeated_unclear);
}

TEST(JsonClient, TellsWhenAnEarlierAttemptMayHaveWorked) {
    ClientRig rig;
    rig.transport.then(std::unexpected(lost(Errc::timeout, true)));
    rig.transport.then(answer(200));
    const auto got = rig.call();
    ASSERT_TRUE(got);
    EXPECT_TRUE(got->repeated_unclear);
    rig.transport.then(answer(500));
    rig.transport.then(refusal(400, "ConditionalCheckFailedException"));
    const auto failed = rig.call();
    ASSERT_NE(failure_of(failed), nullptr);
    EXPECT_TRUE(failure_of(failed)->repeated_unclear);
}

TEST(JsonClient, DoesNotRepeatWhatMayHaveBeenDoneOnce) {
    for (const bool answered : {false, true}) {
        ClientRig rig;
        if (answered) {
            rig.transport.then(answer(500));
        } else {
            rig.transport.then(std::unexpected(lost(Errc::unavailable, true)));
        }
        const auto got = rig.call(Repeat::while_certain);
        ASSERT_FALSE(got);
        EXPECT_EQ(got.error().code, Errc::timeout);
        EXPECT_EQ(rig.transport.requests.size(), 1U);
    }
}

TEST(JsonClient, SpendsABudgetOnRetries) {
    ClientRig rig;
    rig.transport.always([](const auto&) { return refusal(400, "ThrottlingException"); });
    for (int i = 0; i < 40; ++i) EXPECT_FALSE(rig.call());
    // 40 first attempts, and the hundred retries that the budget pays.
    EXPECT_EQ(rig.transport.requests.size(), 140U);
    rig.transport.always([](const auto&) { return answer(200); });
    for (int i = 0; i < 10; ++i) EXPECT_TRUE(rig.call());
    rig.transport.always([](const auto&) { return refusal(400, "ThrottlingException"); });
    const std::size_t before = rig.transport.requests.size();
    EXPECT_FALSE(rig.call());
    EXPECT_EQ(rig.transport.requests.size() - before, 3U);
}

TEST(JsonClient, ChecksTheSumOfAnswers) {
    ClientRig rig;
    const std::string body = R"({"Item":{}})";
    net::ClientResponse good = answer(200, body);
    const auto sum = crc32(0, reinterpret_cast<const Bytef*>(body.data()), 11);
    good.headers.add("x-amz-crc32", std::to_string(sum));
    net::ClientResponse bad = answer(200, R"({"Item":[]})");
    bad.headers.add("x-amz-crc32", std::to_string(sum));
    rig.transport.then(bad);
    rig.transport.then(good);
    const auto got = rig.call();
    ASSERT_TRUE(got);
    EXPECT_EQ(got->body, body);
    EXPECT_EQ(rig.transport.requests.size(), 2U);
    rig.transport.then(bad);
    EXPECT_EQ(rig.call(Repeat::while_certain).error().code, Errc::timeout);
    net::ClientResponse cut = answer(200, body);
    cut.truncated = true;
    rig.transport.then(cut);
    EXPECT_EQ(rig.call(Repeat::while_certain).error().code, Errc::timeout);
}

TEST(JsonClient, SignsWithTheServicesTimeWhenItsOwnIsWrong) {
    ClientRig rig;
    net::ClientResponse skewed = refusal(400, "InvalidSignatureException", "Signature expired: x");
    skewed.headers.add("Date", "Sat, 21 Nov 2026 14:00:00 GMT");
    rig.transport.then(skewed);
    rig.transport.then(answer(200));
    ASSERT_TRUE(rig.call(Repeat::while_certain));
    EXPECT_EQ(header(rig.transport.requests[1], "X-Amz-Date"), "20261121T140000Z");
    EXPECT_EQ(rig.client.skew(), 2h);
    // Once corrected, the same refusal is not about the clock.
    rig.transport.then(skewed);
    const auto got = rig.call();
    ASSERT_FALSE(got);
    EXPECT_EQ(got.error().code, Errc::denied);
    EXPECT_EQ(rig.transport.requests.size(), 3U);
}

struct RenewedCredentials final : CredentialSource {
    Task<Result<Credentials>> get() override {
        co_return Credentials{.access_key_id = "key" + std::to_string(generation),
                              .secret_access_key = "s"};
    }

    void expired(const std::string& id) override {
        EXPECT_EQ(id, "key" + std::to_string(generation));
        ++generation;
    }

    int generation = 1;
};

TEST(JsonClient, AsksOnceForOtherCredentialsWhenTheseExpired) {
    Rig rig;
    RenewedCredentials credentials;
    JsonClientOptions options;
    options.endpoint = *net::parse_url("http://x/");
    options.scope = {"r", "dynamodb"};
    JsonClient client(rig.loop, rig.transport, credentials, rig.random, Log::null(), options);
    rig.transport.then(refusal(400, "ExpiredTokenException"));
    rig.transport.then(answer(200));
    EXPECT_TRUE(rig.wait(client.call("GetItem", "{}")));
    EXPECT_NE(header(rig.transport.requests[1], "Authorization").find("Credential=key2/"),
              std::string::npos);
    rig.transport.then(refusal(400, "ExpiredTokenException"));
    rig.transport.then(refusal(400, "ExpiredTokenException"));
    EXPECT_EQ(rig.wait(client.call("GetItem", "{}")).error().code, Errc::denied);
}

}  // namespace
}  // namespace carillon::aws
