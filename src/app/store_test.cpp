#include "app/store.hpp"

#include <gtest/gtest.h>

namespace carillon::app {
namespace {

TEST(StoreUrl, NamesADirectoryOrTheMemory) {
    EXPECT_TRUE(parse_store_url("memory:")->memory);
    EXPECT_EQ(parse_store_url("embedded:./var/carillon")->directory, "./var/carillon");
    EXPECT_EQ(parse_store_url("embedded:/var/lib/c:d")->directory, "/var/lib/c:d");
    EXPECT_EQ(parse_store_url("embedded:///var/lib")->directory, "/var/lib");
}

TEST(StoreUrl, NamesADynamodb) {
    const auto plain = parse_store_url("dynamodb://eu-central-1");
    ASSERT_TRUE(plain && plain->dynamodb);
    EXPECT_EQ(plain->dynamodb->region, "eu-central-1");
    EXPECT_FALSE(plain->dynamodb->endpoint);
    EXPECT_TRUE(plain->dynamodb->transactions);
    EXPECT_FALSE(plain->dynamodb->seed_layout);
    const auto full = parse_store_url(
        "dynamodb://local/?endpoint=http://127.0.0.1:8000&prefix=test-&profile=me%20too"
        "&transactions=off&streams=off&layout=seed");
    ASSERT_TRUE(full && full->dynamodb) << describe(full.error());
    EXPECT_EQ(full->dynamodb->region, "local");
    EXPECT_EQ(full->dynamodb->endpoint->origin(), "http://127.0.0.1:8000");
    EXPECT_EQ(full->dynamodb->prefix, "test-");
    EXPECT_EQ(full->dynamodb->profile, "me too");
    EXPECT_FALSE(full->dynamodb->transactions);
    EXPECT_FALSE(full->dynamodb->streams);
    EXPECT_TRUE(full->dynamodb->seed_layout);
    EXPECT_EQ(parse_store_url("dynamodb://?profile=x")->dynamodb->region, "");
}

TEST(StoreUrl, SaysWhatIsWrongWithADynamodb) {
    for (const auto& [url, part] : {
             std::pair{"dynamodb:eu-central-1", "dynamodb://"},
             std::pair{"dynamodb://127.0.0.1:8000", "dynamodb://local?endpoint="},
             std::pair{"dynamodb://local", "needs ?endpoint="},
             std::pair{"dynamodb://local?endpoint=nonsense", "endpoint: "},
             std::pair{"dynamodb://x?prefix=a/b", "prefix: "},
             std::pair{"dynamodb://x?transactions=maybe", "transactions: must be on or off"},
             std::pair{"dynamodb://x?layout=other", "layout: must be spread or seed"},
             std::pair{"dynamodb://x?region=y", "region: is not known"},
         }) {
        const auto store = parse_store_url(url);
        ASSERT_FALSE(store) << url;
        EXPECT_EQ(store.error().code, Errc::invalid);
        EXPECT_NE(store.error().message.find(part), std::string::npos) << store.error().message;
    }
}

TEST(StoreUrl, SaysWhatThisBuildLacks) {
    const auto postgres = parse_store_url("postgres://localhost/x");
    ASSERT_FALSE(postgres);
    EXPECT_EQ(postgres.error().code, Errc::invalid);
    EXPECT_NE(postgres.error().message.find("this build has no engine"), std::string::npos)
        << postgres.error().message;
    for (const char* url : {"", "./var", "embedded:", "embedded://", "memory:x", "redis://x"}) {
        const auto store = parse_store_url(url);
        ASSERT_FALSE(store) << url;
        EXPECT_NE(store.error().message.find("use embedded:DIR, memory: or dynamodb://REGION"),
                  std::string::npos);
    }
}

TEST(Store, OfAnotherServerIsNotServedAsOurs) {
    runtime::SystemClock clock;
    Config config;
    config.store = "dynamodb://eu-central-1";
    const auto store = open_store(config, clock, Log::null());
    ASSERT_FALSE(store);
    EXPECT_EQ(store.error().code, Errc::invalid);
}

}  // namespace
}  // namespace carillon::app
