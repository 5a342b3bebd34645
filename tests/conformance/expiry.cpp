#include "conformance/conformance.hpp"

namespace carillon::conformance {

using dynamo::Item;
using dynamo::Value;

namespace {

dynamo::TableSchema expiring_table() {
    dynamo::TableSchema schema = queue_table();
    schema.ttl_attribute = "expires";
    return schema;
}

Task<> put_expiring(dynamo::Database& db, const char* id, std::int64_t at) {
    EXPECT_TRUE(co_await db.put_item(
        put("things", {{"id", id}, {"state", "ready"}, {"due", 1}, {"expires", at}})));
}

Task<std::int64_t> count_items(dynamo::Database& db) {
    dynamo::ScanRequest scan;
    scan.table = "things";
    scan.select = dynamo::Select::count;
    const auto page = co_await db.scan(scan);
    EXPECT_TRUE(page) << outcome(page);
    co_return page ? page->count : -1;
}

}  // namespace

TEST_P(DatabaseConformance, ExpiredItemsAreInvisibleAtOnce) {
    if (!GetParam().expires_at_once) GTEST_SKIP() << "the engine expires in its own time";
    run([](dynamo::Database& db, TestClock& clock) -> Task<> {
        EXPECT_TRUE(co_await db.create_table(expiring_table()));
        const std::int64_t now = to_epoch_ms(clock.now()) / 1'000;
        co_await put_expiring(db, "soon", now + 10);
        co_await put_expiring(db, "later", now + 1'000);
        // Not an expiry: another type, or too long ago.
        EXPECT_TRUE(co_await db.put_item(put("things", {{"id", "text"}, {"expires", "1"}})));
        co_await put_expiring(db, "ancient", 1);
        EXPECT_EQ(co_await count_items(db), 4);
        clock.advance(Duration{20'000});
        EXPECT_EQ(co_await count_items(db), 3);
        const auto gone = co_await db.get_item(get("things", {{"id", "soon"}}));
        CARILLON_CO_ASSERT(gone);
        EXPECT_FALSE(gone->has_value());
        dynamo::QueryRequest request = query("things", "ready");
        request.index = "by-due";
        const auto page = co_await db.query(request);
        CARILLON_CO_ASSERT(page);
        EXPECT_EQ(page->scanned_count, 2);
        // Conditions do not see it either, and updates start anew.
        dynamo::PutRequest create = put("things", {{"id", "soon"}, {"fresh", true}});
        create.condition = when("attribute_not_exists(id)");
        create.return_old = true;
        const auto created = co_await db.put_item(create);
        CARILLON_CO_ASSERT(created);
        EXPECT_FALSE(created->has_value());
        const auto again = co_await db.query(request);
        CARILLON_CO_ASSERT(again);
        EXPECT_EQ(again->scanned_count, 2);
    }(db(), clock_));
}

TEST_P(DatabaseConformance, ExpiryCanBeTurnedOnAndOff) {
    if (!GetParam().expires_at_once) GTEST_SKIP() << "the engine expires in its own time";
    run([](dynamo::Database& db, TestClock& clock) -> Task<> {
        EXPECT_TRUE(co_await db.create_table(queue_table()));
        const std::int64_t now = to_epoch_ms(clock.now()) / 1'000;
        co_await put_expiring(db, "a", now - 10);
        EXPECT_EQ(co_await count_items(db), 1);
        EXPECT_TRUE(co_await db.set_time_to_live("things", "expires"));
        EXPECT_EQ(co_await count_items(db), 0);
        const auto described = co_await db.describe_table("things");
        CARILLON_CO_ASSERT(described);
        EXPECT_EQ(described->schema.ttl_attribute, "expires");
        EXPECT_TRUE(co_await db.set_time_to_live("things", std::nullopt));
        EXPECT_EQ(code_of(co_await db.set_time_to_live("nothing", "expires")), Errc::not_found);
    }(db(), clock_));
}

}  // namespace carillon::conformance
