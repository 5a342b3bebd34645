#include "delivery/signature.hpp"

#include "core/text.hpp"

#include <gtest/gtest.h>

namespace carillon::delivery {
namespace {

// The vector that the Standard Webhooks reference libraries share.
constexpr const char* secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
constexpr const char* id = "msg_p5jXN8AQM9LWM0D4loKWxJek";
constexpr std::int64_t timestamp = 1'614'265'330;
constexpr const char* body = R"({"test": 2432232314})";
constexpr const char* signature = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";

TEST(Sign, MatchesThePublishedVector) {
    EXPECT_EQ(sign({secret}, id, timestamp, body).value(), signature);
}

TEST(Sign, AcceptsASecretWithoutItsPrefix) {
    EXPECT_EQ(sign({"MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"}, id, timestamp, body).value(), signature);
}

TEST(Sign, SignsWithEverySecretInOrder) {
    const std::string other = "whsec_" + base64_encode(std::string(32, 'k'));
    const auto both = sign({secret, other}, id, timestamp, body).value();
    const auto alone = sign({other}, id, timestamp, body).value();
    EXPECT_EQ(both, std::string(signature) + " " + alone);
}

TEST(Sign, DependsOnIdTimeAndBody) {
    EXPECT_NE(sign({secret}, "msg_other", timestamp, body).value(), signature);
    EXPECT_NE(sign({secret}, id, timestamp + 1, body).value(), signature);
    EXPECT_NE(sign({secret}, id, timestamp, R"({"test":2432232314})").value(), signature);
}

TEST(Sign, WithoutSecretsIsEmpty) {
    EXPECT_EQ(sign({}, id, timestamp, body).value(), "");
}

TEST(Sign, NamesTheSecretThatIsNone) {
    const auto refused = sign({secret, "whsec_!!"}, id, timestamp, body);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Errc::invalid);
    EXPECT_EQ(refused.error().field, "signing_secrets[1]");
    EXPECT_EQ(refused.error().message.find("!!"), std::string::npos);
}

TEST(DecodeSecret, HoldsToTheBoundsOfTheSpecification) {
    struct Case {
        std::size_t bytes;
        bool good;
    };

    for (const Case& c : {Case{0, false}, {23, false}, {24, true}, {64, true}, {65, false}}) {
        const std::string text = "whsec_" + base64_encode(std::string(c.bytes, 'x'));
        EXPECT_EQ(decode_secret(text).has_value(), c.good) << c.bytes;
    }
}

TEST(Sha256, MatchesTheStandardsExample) {
    EXPECT_EQ(sha256_hex("abc"),
              "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

}  // namespace
}  // namespace carillon::delivery
