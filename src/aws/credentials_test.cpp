#include "aws/credentials.hpp"

#include "aws/scripted_transport_test.hpp"

namespace carillon::aws {
namespace {

using namespace std::chrono_literals;
using testing::answer;
using testing::header;
using testing::noon;
using testing::Rig;

ReadFile files(std::map<std::string, std::string> texts) {
    return [texts = std::move(texts)](const std::string& path) -> Result<std::string> {
        const auto found = texts.find(path);
        if (found == texts.end()) return fail(Errc::not_found, path + ": no such file");
        return found->second;
    };
}

std::string keys_json(std::string_view id, TimePoint expires) {
    return "{\"Code\":\"Success\",\"AccessKeyId\":\"" + std::string(id) +
           "\",\"SecretAccessKey\":\"secret\",\"Token\":\"token\",\"Expiration\":\"" +
           format_instant(expires) + "\"}";
}

std::string keys_xml(std::string_view id, TimePoint expires) {
    return "<R><Credentials><AccessKeyId>" + std::string(id) +
           "</AccessKeyId><SecretAccessKey>a&amp;b</SecretAccessKey>"
           "<SessionToken>t</SessionToken><Expiration>" +
           format_instant(expires) + "</Expiration></Credentials></R>";
}

CredentialOptions options_with(Environment environment, ReadFile read = files({})) {
    CredentialOptions options;
    options.environment = std::move(environment);
    options.region = "eu-central-1";
    options.read = std::move(read);
    return options;
}

const Environment in_container{{"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/v2/x"},
                               {"AWS_CONTAINER_AUTHORIZATION_TOKEN", "open sesame"}};

TEST(Credentials, ComeFromAContainersAgent) {
    Rig rig;
    rig.transport.then(answer(200, keys_json("A", noon + 1h)));
    CredentialChain chain(rig.loop, rig.transport, rig.random, options_with(in_container));
    const auto got = rig.wait(chain.get());
    ASSERT_TRUE(got) << describe(got.error());
    EXPECT_EQ(got->access_key_id, "A");
    EXPECT_EQ(got->session_token, "token");
    EXPECT_EQ(got->expires_at, noon + 1h);
    EXPECT_EQ(header(rig.transport.requests[0], "Authorization"), "open sesame");
    EXPECT_EQ(rig.transport.requests[0].url.target(), "/v2/x");
}

TEST(Credentials, ReadTheContainersTokenEachTime) {
    Rig rig;
    Environment environment = in_container;
    environment["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"] = "/token";
    std::string token = "one\n";
    const ReadFile read = [&](const std::string& path) -> Result<std::string> {
        if (path == "/token") return token;
        return fail(Errc::not_found, path);
    };
    rig.transport.then(answer(200, keys_json("A", noon + 1h)));
    rig.transport.then(answer(200, keys_json("B", noon + 3h)));
    CredentialChain chain(rig.loop, rig.transport, rig.random, options_with(environment, read));
    EXPECT_TRUE(rig.wait(chain.get()));
    token = "two";
    rig.clock.advance(2h);
    EXPECT_EQ(rig.wait(chain.get())->access_key_id, "B");
    EXPECT_EQ(header(rig.transport.requests[0], "Authorization"), "one");
    EXPECT_EQ(header(rig.transport.requests[1], "Authorization"), "two");
    token = "in\r\njected";
    rig.clock.advance(2h);
    EXPECT_EQ(rig.wait(chain.get()).error().code, Errc::invalid);
}

TEST(Credentials, ComeFromTheInstanceBySession) {
    Rig rig;
    rig.transport.then(answer(200, "session-token"));
    rig.transport.then(answer(200, "my role\nother"));
    rig.transport.then(answer(200, keys_json("I", noon + 1h)));
    CredentialChain chain(rig.loop, rig.transport, rig.random, options_with({}));
    const auto got = rig.wait(chain.get());
    ASSERT_TRUE(got) << describe(got.error());
    EXPECT_EQ(got->access_key_id, "I");
    const auto& requests = rig.transport.requests;
    ASSERT_EQ(requests.size(), 3U);
    EXPECT_EQ(requests[0].method, "PUT");
    EXPECT_EQ(requests[0].url.target(), "/latest/api/token");
    EXPECT_EQ(header(requests[0], "X-aws-ec2-metadata-token-ttl-seconds"), "21600");
    EXPECT_EQ(header(requests[1], "X-aws-ec2-metadata-token"), "session-token");
    EXPECT_EQ(requests[2].url.target(), "/latest/meta-data/iam/security-credentials/my%20role");
}

TEST(Credentials, OfAnInstanceWithoutARoleAreDenied) {
    Rig rig;
    rig.transport.then(answer(200, "session-token"));
    rig.transport.then(answer(404, "none"));
    CredentialChain chain(rig.loop, rig.transport, rig.random, options_with({}));
    const auto got = rig.wait(chain.get());
    ASSERT_FALSE(got);
    EXPECT_EQ(got.error().code, Errc::denied);
}

TEST(Credentials, OfWebIdentityNeedNoSignature) {
    Rig rig;
    rig.transport.then(answer(200, keys_xml("W", noon + 1h)));
    CredentialChain chain(rig.loop,
                          rig.transport,
                          rig.random,
                          options_with({{"AWS_WEB_IDENTITY_TOKEN_FILE", "/jwt"},
                                        {"AWS_ROLE_ARN", "arn:aws:iam::1:role/r"},
                                        {"AWS_ROLE_SESSION_NAME", "me"}},
                                       files({{"/jwt", "a.b+c\n"}})));
    const auto got = rig.wait(chain.get());
    ASSERT_TRUE(got) << describe(got.error());
    EXPECT_EQ(got->access_key_id, "W");
    EXPECT_EQ(got->secret_access_key, "a&b");
    const auto& request = rig.transport.requests[0];
    EXPECT_EQ(request.url.origin(), "https://sts.eu-central-1.amazonaws.com:443");
    EXPECT_EQ(request.body,
              "Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleArn=arn%3Aaws%3Aiam%3A%3A1%"
              "3Arole%2Fr&RoleSessionName=me&WebIdentityToken=a.b%2Bc");
    EXPECT_EQ(header(request, "Authorization"), "");
}

TEST(Credentials, OfARoleAreAskedForWithTheSources) {
    Rig rig;
    rig.transport.then(answer(200, keys_xml("R", noon + 1h)));
    CredentialOptions options =
        options_with({{"HOME", "/h"}},
                     files({{"/h/.aws/config",
                             "[profile p]\nrole_arn=arn:r\nsource_profile=base\nexternal_id=x y\n"
                             "duration_seconds=900\nregion=cn-north-1\nrole_session_name=s"},
                            {"/h/.aws/credentials",
                             "[base]\naws_access_key_id=BASE\naws_secret_access_key=s\n"}}));
    options.profile = "p";
    CredentialChain chain(rig.loop, rig.transport, rig.random, options);
    const auto got = rig.wait(chain.get());
    ASSERT_TRUE(got) << describe(got.error());
    EXPECT_EQ(got->access_key_id, "R");
    const auto& request = rig.transport.requests[0];
    EXPECT_EQ(request.url.host, "sts.cn-north-1.amazonaws.com.cn");
    EXPECT_NE(header(request, "Authorization").find("Credential=BASE/20261121/cn-north-1/sts/"),
              std::string::npos);
    EXPECT_NE(request.body.find("&ExternalId=x%20y&DurationSeconds=900"), std::string::npos);
}

TEST(Credentials, SayWhatStsRefusedButNoSecrets) {
    Rig rig;
    rig.transport.then(answer(
        403, "<E><Error><Code>AccessDenied</Code><Message>no &lt;way&gt;</Message></Error></E>"));
    CredentialChain chain(
        rig.loop,
        rig.transport,
        rig.random,
        options_with({{"AWS_WEB_IDENTITY_TOKEN_FILE", "/jwt"}, {"AWS_ROLE_ARN", "arn:r"}},
                     files({{"/jwt", "very-secret"}})));
    const auto got = rig.wait(chain.get());
    ASSERT_FALSE(got);
    EXPECT_EQ(describe(got.error()), "denied: STS answered AccessDenied: no <way>");
}

TEST(Credentials, AreAskedForAgainWhenNothingAnswers) {
    Rig rig;
    rig.transport.then(std::unexpected(testing::lost(Errc::timeout, false)));
    rig.transport.then(answer(500));
    rig.transport.then(answer(200, keys_json("A", noon + 1h)));
    CredentialChain chain(rig.loop, rig.transport, rig.random, options_with(in_container));
    EXPECT_TRUE(rig.wait(chain.get()));
    EXPECT_EQ(rig.transport.requests.size(), 3U);
    rig.transport.always([](const auto&) { return answer(503); });
    chain.expired("A");
    EXPECT_EQ(rig.wait(chain.get()).error().code, Errc::unavailable);
    EXPECT_EQ(rig.transport.requests.size(), 6U);
}

TEST(Credentials, OfManyCallersAreFetchedOnce) {
    Rig rig;
    rig.transport.latency = 50ms;
    rig.transport.always([&](const auto&) { return answer(200, keys_json("A", noon + 1h)); });
    CredentialChain chain(rig.loop, rig.transport, rig.random, options_with(in_container));
    int served = 0;
    const auto ask = [](CredentialChain& from, int& count) -> Task<> {
        const auto got = co_await from.get();
        EXPECT_TRUE(got);
        ++count;
    };
    for (int i = 0; i < 20; ++i) rig.group.spawn(ask(chain, served));
    rig.loop.run_simulated(rig.clock, noon + 10s);
    EXPECT_EQ(served, 20);
    EXPECT_EQ(rig.transport.requests.size(), 1U);
}

TEST(Credentials, AreFetchedBeforeTheyExpireWithoutWaiting) {
    Rig rig;
    rig.transport.then(answer(200, keys_json("A", noon + 1h)));
    CredentialChain chain(rig.loop, rig.transport, rig.random, options_with(in_container));
    EXPECT_TRUE(rig.wait(chain.get()));
    rig.clock.advance(54min);
    EXPECT_EQ(rig.wait(chain.get())->access_key_id, "A");
    EXPECT_EQ(rig.transport.requests.size(), 1U);
    rig.clock.advance(2min);
    // A failed fetch in the background disturbs nobody and is not repeated at once.
    rig.transport.then(answer(400));
    EXPECT_EQ(rig.wait(chain.get())->access_key_id, "A");
    rig.settle();
    EXPECT_EQ(rig.wait(chain.get())->access_key_id, "A");
    rig.settle();
    EXPECT_EQ(rig.transport.requests.size(), 2U);
    rig.clock.advance(11s);
    rig.transport.then(answer(200, keys_json("B", noon + 2h)));
    rig.transport.latency = 100ms;
    EXPECT_EQ(rig.wait(chain.get())->access_key_id, "A");
    rig.loop.run_simulated(rig.clock, rig.clock.now() + 200ms);
    EXPECT_EQ(rig.wait(chain.get())->access_key_id, "B");
}

TEST(Credentials, ServeToTheirLastMinuteWhenNoOthersCome) {
    Rig rig;
    rig.transport.then(answer(200, keys_json("A", noon + 1h)));
    rig.transport.always([](const auto&) { return answer(400); });
    CredentialChain chain(rig.loop, rig.transport, rig.random, options_with(in_container));
    EXPECT_TRUE(rig.wait(chain.get()));
    rig.clock.advance(59min + 30s);
    EXPECT_EQ(rig.wait(chain.get())->access_key_id, "A");
    rig.clock.advance(31s);
    EXPECT_FALSE(rig.wait(chain.get()));
}

TEST(Credentials, FallBackOnlyWhereNothingIsConfigured) {
    Rig rig;
    CredentialOptions options = options_with({});
    options.reach = Reach::files_only;
    options.fallback = Credentials{.access_key_id = "local", .secret_access_key = "local"};
    CredentialChain chain(rig.loop, rig.transport, rig.random, options);
    EXPECT_EQ(rig.wait(chain.get())->access_key_id, "local");
    options.profile = "gone";
    CredentialChain named(rig.loop, rig.transport, rig.random, options);
    EXPECT_EQ(rig.wait(named.get()).error().code, Errc::invalid);
}

}  // namespace
}  // namespace carillon::aws
