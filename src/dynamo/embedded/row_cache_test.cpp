#include "dynamo/embedded/row_cache.hpp"

#include <gtest/gtest.h>

namespace carillon::dynamo::embedded {
namespace {

Row row(const std::string& bytes) {
    return std::make_shared<const std::string>(bytes);
}

TEST(RowCache, HidesRowsFromOlderSnapshots) {
    RowCache cache(1U << 20);
    cache.put("a", row("one"), 10);
    EXPECT_EQ(cache.find("a", 9), nullptr);
    ASSERT_NE(cache.find("a", 10), nullptr);
    EXPECT_EQ(*cache.find("a", 11), "one");
    cache.put("a", row("two"), 20);
    EXPECT_EQ(cache.find("a", 15), nullptr);
    EXPECT_EQ(*cache.find("a", 20), "two");
    cache.erase("a", 30);
    EXPECT_EQ(cache.find("a", 40), nullptr);
}

TEST(RowCache, TakesFromReadersOnlyWhatIsStillTheLatest) {
    RowCache cache(1U << 20);
    cache.fill("a", row("one"), 10);
    EXPECT_EQ(*cache.find("a", 10), "one");
    cache.erase("a", 20);
    // Read before the row was deleted, told afterwards.
    cache.fill("a", row("one"), 15);
    EXPECT_EQ(cache.find("a", 30), nullptr);
    cache.fill("a", row("anew"), 25);
    EXPECT_EQ(*cache.find("a", 30), "anew");
    cache.fill("a", row("other"), 26);
    EXPECT_EQ(*cache.find("a", 30), "anew");
}

TEST(RowCache, IsBoundedAndKeepsWhatIsNew) {
    RowCache cache(256U << 10);
    for (int i = 0; i < 10'000; ++i) {
        cache.put(std::to_string(i), row(std::string(100, 'x')), static_cast<std::uint64_t>(i));
        ASSERT_LE(cache.bytes(), 256U << 10);
    }
    EXPECT_NE(cache.find("9999", 10'000), nullptr);
    EXPECT_EQ(cache.find("0", 10'000), nullptr);
}

}  // namespace
}  // namespace carillon::dynamo::embedded
