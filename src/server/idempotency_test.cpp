#include "server/idempotency.hpp"

#include <gtest/gtest.h>

namespace carillon::server {
namespace {

TEST(IdempotencyKey, IsReadStrictly) {
    EXPECT_EQ(idempotency_key({}).value(), std::nullopt);
    EXPECT_EQ(idempotency_key({{"idempotency-key", "order 7!"}}).value(), "order 7!");
    const net::Headers bad[] = {
        {{"Idempotency-Key", ""}},
        {{"Idempotency-Key", std::string(256, 'k')}},
        {{"Idempotency-Key", "caf\xc3\xa9"}},
        {{"Idempotency-Key", "a\tb"}},
        {{"Idempotency-Key", "a"}, {"IDEMPOTENCY-KEY", "a"}},
    };
    for (const net::Headers& headers : bad) {
        const auto key = idempotency_key(headers);
        ASSERT_FALSE(key) << headers.begin()->value;
        EXPECT_EQ(key.error().code, Errc::invalid);
        EXPECT_EQ(key.error().field, "Idempotency-Key");
    }
}

TEST(IdOfKey, IsAUuidThatDependsOnNamespaceAndKey) {
    const std::string id = id_of_key("shop", "order-7");
    EXPECT_EQ(id, id_of_key("shop", "order-7"));
    EXPECT_NE(id, id_of_key("shop", "order-8"));
    EXPECT_NE(id_of_key("ab", "c"), id_of_key("a", "bc"));
    EXPECT_NE(id_of_key("a:1", "b"), id_of_key("a", "1:b"));
    ASSERT_EQ(id.size(), 36u);
    for (const std::size_t dash : {8U, 13U, 18U, 23U}) EXPECT_EQ(id[dash], '-') << id;
    EXPECT_EQ(id[14], '8') << id;                                          // version
    EXPECT_NE(std::string("89ab").find(id[19]), std::string::npos) << id;  // variant
}

class Repetition : public ::testing::Test {
protected:
    Repetition() {
        asked.name_space = "shop";
        asked.id = "a";
        asked.url = "https://example.org/";
        asked.method = "POST";
        asked.schedule = from_epoch_ms(1'000);
        asked.headers = {{"A", "1"}, {"B", "2"}};
        asked.body = json::object{{"n", 1}};
        stored.name_space = "shop";
        stored.id = "a";
        stored.url = asked.url;
        stored.method = asked.method;
        stored.schedule = asked.schedule;
        stored.headers = {{"B", "2"}, {"A", "1"}};
        stored.body = asked.body;
    }

    webhooks::Registration asked;
    webhooks::Webhook stored;
};

TEST_F(Repetition, IsTheSameRequestWhateverBecameOfTheWebhook) {
    EXPECT_TRUE(is_repetition(asked, stored, true));
    stored.status = webhooks::Status::completed;
    stored.retries.count = 2;
    EXPECT_TRUE(is_repetition(asked, stored, true));
}

TEST_F(Repetition, MayComeLaterWhenItMeansNow) {
    asked.schedule = from_epoch_ms(9'000);
    EXPECT_TRUE(is_repetition(asked, stored, false));
    EXPECT_FALSE(is_repetition(asked, stored, true));
}

TEST_F(Repetition, IsNotAnotherRequest) {
    const auto differs = [&](auto change) {
        webhooks::Registration other = asked;
        change(other);
        return !is_repetition(other, stored, true);
    };
    EXPECT_TRUE(differs([](auto& other) { other.url += "x"; }));
    EXPECT_TRUE(differs([](auto& other) { other.method = "PUT"; }));
    EXPECT_TRUE(differs([](auto& other) { other.body = nullptr; }));
    EXPECT_TRUE(differs([](auto& other) { other.retries_max = 9; }));
    EXPECT_TRUE(differs([](auto& other) { other.headers.set("A", "3"); }));
    EXPECT_TRUE(differs([](auto& other) { other.headers.add("C", "3"); }));
    EXPECT_TRUE(differs([](auto& other) { other.repeat = webhooks::RepeatRule{}; }));
}

TEST_F(Repetition, ComparesRulesByWhatTheyMean) {
    asked.repeat = webhooks::RepeatRule{.interval = 60, .max = 5, .unit = webhooks::Unit::seconds};
    stored.repeat.enabled = true;
    stored.repeat.rule = {.interval = 1, .max = 5, .unit = webhooks::Unit::minutes};
    EXPECT_TRUE(is_repetition(asked, stored, true));
    stored.repeat.rule.max = 6;
    EXPECT_FALSE(is_repetition(asked, stored, true));
}

}  // namespace
}  // namespace carillon::server
