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

TEST(StoreUrl, SaysWhatThisBuildLacks) {
    for (const char* url : {"dynamodb://eu-central-1", "postgres://localhost/x"}) {
        const auto store = parse_store_url(url);
        ASSERT_FALSE(store) << url;
        EXPECT_EQ(store.error().code, Errc::invalid);
        EXPECT_NE(store.error().message.find("this build has no engine"), std::string::npos)
            << store.error().message;
    }
    for (const char* url : {"", "./var", "embedded:", "embedded://", "memory:x", "redis://x"}) {
        const auto store = parse_store_url(url);
        ASSERT_FALSE(store) << url;
        EXPECT_NE(store.error().message.find("use embedded:DIR or memory:"), std::string::npos);
    }
}

}  // namespace
}  // namespace carillon::app
