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
        ASSERT_FALSE(key) << (*headers.begin()).value;
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

}  // namespace
}  // namespace carillon::server
