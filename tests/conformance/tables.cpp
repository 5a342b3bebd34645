#include "conformance/conformance.hpp"

namespace carillon::conformance {

using dynamo::TableDescription;
using ::testing::ElementsAre;

TEST_P(DatabaseConformance, TablesAreCreatedDescribedListedAndDeleted) {
    run([](dynamo::Database& db) -> Task<> {
        const auto created = co_await db.create_table(queue_table());
        CARILLON_CO_ASSERT(created);
        EXPECT_EQ(created->schema, queue_table());
        EXPECT_EQ(created->status, "ACTIVE");
        EXPECT_EQ(created->id.size(), 36U);
        EXPECT_TRUE(co_await db.create_table(hash_table("another")));
        const auto described = co_await db.describe_table("things");
        CARILLON_CO_ASSERT(described);
        EXPECT_EQ(described->schema, queue_table());
        EXPECT_EQ(described->id, created->id);
        const auto schema = co_await db.table_schema("things");
        CARILLON_CO_ASSERT(schema);
        EXPECT_EQ(**schema, queue_table());
        const auto names = co_await db.list_tables();
        CARILLON_CO_ASSERT(names);
        EXPECT_THAT(*names, ElementsAre("another", "things"));

        EXPECT_TRUE(co_await db.delete_table("things"));
        const auto gone = co_await db.describe_table("things");
        EXPECT_EQ(outcome(gone),
                  "not found: Requested resource not found: Table: things not found");
        const auto left = co_await db.list_tables();
        CARILLON_CO_ASSERT(left);
        EXPECT_THAT(*left, ElementsAre("another"));
    }(db()));
}

TEST_P(DatabaseConformance, TableNamesAreTakenOnce) {
    run([](dynamo::Database& db) -> Task<> {
        EXPECT_TRUE(co_await db.create_table(hash_table()));
        EXPECT_EQ(code_of(co_await db.create_table(hash_table())), Errc::already_exists);
        EXPECT_EQ(code_of(co_await db.delete_table("nothing")), Errc::not_found);
    }(db()));
}

TEST_P(DatabaseConformance, BadSchemasAreRefused) {
    run([](dynamo::Database& db) -> Task<> {
        dynamo::TableSchema short_name = hash_table("ab");
        EXPECT_EQ(code_of(co_await db.create_table(short_name)), Errc::invalid);
        dynamo::TableSchema bad_name = hash_table("a b c");
        EXPECT_EQ(code_of(co_await db.create_table(bad_name)), Errc::invalid);
        dynamo::TableSchema bad_key = hash_table();
        bad_key.key.hash.type = dynamo::Type::map;
        EXPECT_EQ(code_of(co_await db.create_table(bad_key)), Errc::invalid);
        dynamo::TableSchema twice = queue_table();
        twice.indexes.push_back(twice.indexes.front());
        EXPECT_EQ(code_of(co_await db.create_table(twice)), Errc::invalid);
        dynamo::TableSchema local = queue_table();
        local.indexes.front().local = true;
        EXPECT_EQ(code_of(co_await db.create_table(local)), Errc::invalid);
    }(db()));
}

TEST_P(DatabaseConformance, ATableOfTheSameNameStartsEmpty) {
    run([](dynamo::Database& db) -> Task<> {
        EXPECT_TRUE(co_await db.create_table(queue_table()));
        EXPECT_TRUE(
            co_await db.put_item(put("things", {{"id", "a"}, {"state", "ready"}, {"due", 1}})));
        EXPECT_TRUE(co_await db.delete_table("things"));
        EXPECT_TRUE(co_await db.create_table(queue_table()));
        const auto item = co_await db.get_item(get("things", {{"id", "a"}}));
        CARILLON_CO_ASSERT(item);
        EXPECT_FALSE(item->has_value());
        dynamo::QueryRequest due = query("things", "ready");
        due.index = "by-due";
        due.consistent = false;
        const auto page = co_await db.query(due);
        CARILLON_CO_ASSERT(page);
        EXPECT_EQ(page->count, 0);
    }(db()));
}

TEST_P(DatabaseConformance, MissingTablesAndIndexesAreNotFound) {
    run([](dynamo::Database& db) -> Task<> {
        EXPECT_EQ(outcome(co_await db.get_item(get("nothing", {{"id", "a"}}))),
                  "not found: Requested resource not found: Table: nothing not found");
        EXPECT_EQ(code_of(co_await db.put_item(put("nothing", {{"id", "a"}}))), Errc::not_found);
        EXPECT_EQ(code_of(co_await db.query(query("nothing", "a"))), Errc::not_found);
        dynamo::ScanRequest scan;
        scan.table = "nothing";
        EXPECT_EQ(code_of(co_await db.scan(scan)), Errc::not_found);
        EXPECT_TRUE(co_await db.create_table(hash_table()));
        dynamo::QueryRequest by_index = query("things", "a");
        by_index.index = "by-due";
        EXPECT_EQ(code_of(co_await db.query(by_index)), Errc::not_found);
    }(db()));
}

}  // namespace carillon::conformance
