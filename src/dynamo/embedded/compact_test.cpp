#include "dynamo/embedded/store_rig.hpp"

namespace carillon::dynamo::embedded {

namespace {

Task<> write_and_delete(Database& database, int count) {
    const auto made = co_await database.create_table(things());
    EXPECT_TRUE(made);
    for (const bool erase : {false, true}) {
        std::vector<Write> writes;
        for (int i = 0; i < count; ++i) {
            Item key{{"id", std::to_string(i)}};
            if (erase && i % 100 != 0) {
                writes.emplace_back(DeleteRequest{"things", std::move(key)});
            } else if (!erase) {
                key.set("text", std::string(10'000, static_cast<char>('a' + i % 26)));
                writes.emplace_back(PutRequest{"things", std::move(key)});
            }
        }
        const auto written = co_await database.batch_write(std::move(writes));
        EXPECT_TRUE(written);
    }
}

TEST(Compact, ReclaimsWhatIsGoneAndKeepsTheRest) {
    StoreRig store;
    ASSERT_TRUE(store.open());
    store.run(write_and_delete(store.db(), 1'000));
    ASSERT_TRUE(store.db().compact());
    const std::uint64_t items = store.db().check()->items;
    EXPECT_EQ(items, 10U);
    // Ten items of 10 KB are left of ten megabytes.
    EXPECT_LT(store.db().stats().disk_bytes, 3U << 20U);
    store.expect_consistent();
    store.close();
    ASSERT_TRUE(store.open());
    store.expect_consistent();
    EXPECT_EQ(store.db().check()->items, 10U);
}

TEST(Compact, AndTheCheckStopWhenTold) {
    StoreRig store;
    ASSERT_TRUE(store.open());
    store.run(write_and_delete(store.db(), 1'000));
    std::atomic<bool> stop = true;
    EXPECT_EQ(store.db().compact(&stop).error().code, Errc::cancelled);
    EXPECT_EQ(store.db().check(&stop).error().code, Errc::cancelled);
    stop = false;
    EXPECT_TRUE(store.db().compact(&stop));
    EXPECT_TRUE(store.db().check(&stop));
}

}  // namespace

}  // namespace carillon::dynamo::embedded
