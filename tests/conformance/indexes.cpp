#include "conformance/conformance.hpp"

namespace carillon::conformance {

using dynamo::Item;
using dynamo::ProjectionType;
using dynamo::Value;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

namespace {

dynamo::QueryRequest due(const char* state) {
    dynamo::QueryRequest request = query("things", state);
    request.index = "by-due";
    request.consistent = false;
    return request;
}

Task<std::vector<Value>> due_ids(dynamo::Database& db, const char* state) {
    const auto page = co_await db.query(due(state));
    EXPECT_TRUE(page) << outcome(page);
    if (!page) co_return std::vector<Value>{};
    co_return column(*page, "id");
}

Task<> put_due(dynamo::Database& db, const char* id, const char* state, int at) {
    EXPECT_TRUE(co_await db.put_item(
        put("things", {{"id", id}, {"state", state}, {"due", at}, {"body", "text"}})));
}

}  // namespace

TEST_P(DatabaseConformance, IndexesFollowEveryChange) {
    run([](dynamo::Database& db) -> Task<> {
        EXPECT_TRUE(co_await db.create_table(queue_table()));
        co_await put_due(db, "a", "ready", 30);
        co_await put_due(db, "b", "ready", 10);
        co_await put_due(db, "c", "ready", 20);
        EXPECT_THAT(co_await due_ids(db, "ready"), ElementsAre("b", "c", "a"));
        // Moved within the partition, to another one, and out of the index.
        co_await put_due(db, "b", "ready", 40);
        co_await put_due(db, "c", "done", 20);
        EXPECT_THAT(co_await due_ids(db, "ready"), ElementsAre("a", "b"));
        EXPECT_THAT(co_await due_ids(db, "done"), ElementsAre("c"));
        EXPECT_TRUE(co_await db.update_item(update("things", {{"id", "a"}}, "REMOVE due")));
        EXPECT_THAT(co_await due_ids(db, "ready"), ElementsAre("b"));
        EXPECT_TRUE(
            co_await db.update_item(update("things", {{"id", "a"}}, "SET due = :t", {{":t", 5}})));
        EXPECT_THAT(co_await due_ids(db, "ready"), ElementsAre("a", "b"));
        EXPECT_TRUE(co_await db.delete_item(erase("things", {{"id", "a"}})));
        EXPECT_THAT(co_await due_ids(db, "ready"), ElementsAre("b"));
    }(db()));
}

TEST_P(DatabaseConformance, EarlierInsertsAreFoundBehindADrainedHead) {
    // What a low-water mark must never hide.
    run([](dynamo::Database& db) -> Task<> {
        EXPECT_TRUE(co_await db.create_table(queue_table()));
        for (int i = 0; i < 50; ++i) {
            co_await put_due(db, std::to_string(i).c_str(), "ready", 1'000 + i);
        }
        for (int i = 0; i < 25; ++i) {
            const auto head = co_await due_ids(db, "ready");
            CARILLON_CO_ASSERT(!head.empty());
            EXPECT_EQ(head.front(), Value(std::to_string(i)));
            EXPECT_TRUE(co_await db.delete_item(erase("things", {{"id", std::to_string(i)}})));
        }
        co_await put_due(db, "early", "ready", 3);
        auto ids = co_await due_ids(db, "ready");
        CARILLON_CO_ASSERT(ids.size() == 26);
        EXPECT_EQ(ids.front(), Value("early"));
        EXPECT_TRUE(co_await db.delete_item(erase("things", {{"id", "early"}})));
        ids = co_await due_ids(db, "ready");
        CARILLON_CO_ASSERT(ids.size() == 25);
        co_await put_due(db, "earlier", "ready", -3);
        ids = co_await due_ids(db, "ready");
        EXPECT_EQ(ids.front(), Value("earlier"));
        dynamo::QueryRequest bounded = due("ready");
        bounded.key.sort = dynamo::SortCondition{dynamo::SortOperator::less_equal, 0};
        const auto page = co_await db.query(bounded);
        CARILLON_CO_ASSERT(page);
        EXPECT_THAT(column(*page, "id"), ElementsAre("earlier"));
    }(db()));
}

TEST_P(DatabaseConformance, ItemsWithEqualSortKeysAreAllThere) {
    run([](dynamo::Database& db) -> Task<> {
        EXPECT_TRUE(co_await db.create_table(queue_table()));
        for (const char* id : {"a", "b", "c", "d", "e"}) co_await put_due(db, id, "ready", 7);
        dynamo::QueryRequest request = due("ready");
        request.limit = 2;
        std::vector<Value> seen;
        for (;;) {
            const auto page = co_await db.query(request);
            CARILLON_CO_ASSERT(page);
            for (const Value& id : column(*page, "id")) seen.push_back(id);
            if (!page->last_key) break;
            EXPECT_EQ(page->last_key->size(), 3U);
            request.start_key = page->last_key;
        }
        EXPECT_THAT(seen, ::testing::UnorderedElementsAre("a", "b", "c", "d", "e"));
    }(db()));
}

TEST_P(DatabaseConformance, IndexesHoldWhatTheyProject) {
    struct Case {
        ProjectionType type;
        std::vector<std::string> included;
        Item item;
    };

    const Item whole = {{"body", "text"}, {"due", 1}, {"id", "a"}, {"more", 1}, {"state", "ready"}};
    const Case cases[] = {
        {ProjectionType::all, {}, whole},
        {ProjectionType::keys_only, {}, {{"due", 1}, {"id", "a"}, {"state", "ready"}}},
        {ProjectionType::include,
         {"body"},
         {{"body", "text"}, {"due", 1}, {"id", "a"}, {"state", "ready"}}},
    };
    for (const Case& c : cases) {
        run([](dynamo::Database& db, const Case& wanted, const Item& item) -> Task<> {
            EXPECT_TRUE(co_await db.create_table(queue_table(wanted.type, wanted.included)));
            EXPECT_TRUE(co_await db.put_item(put("things", item)));
            const auto page = co_await db.query(due("ready"));
            CARILLON_CO_ASSERT(page);
            EXPECT_THAT(page->items, ElementsAre(wanted.item));
            if (wanted.type != ProjectionType::all) {
                dynamo::QueryRequest more = due("ready");
                more.projection = dynamo::Projection::parse("more").value();
                EXPECT_EQ(code_of(co_await db.query(more)), Errc::invalid);
            }
            EXPECT_TRUE(co_await db.delete_table("things"));
        }(db(), c, whole));
    }
}

TEST_P(DatabaseConformance, LocalIndexesSortAPartitionAnotherWay) {
    run([](dynamo::Database& db) -> Task<> {
        dynamo::TableSchema schema = sorted_table();
        dynamo::IndexSchema index;
        index.name = "by-name";
        index.local = true;
        index.key.hash = schema.key.hash;
        index.key.sort = dynamo::KeyAttribute{"name", dynamo::Type::string};
        index.projection = ProjectionType::keys_only;
        schema.indexes.push_back(index);
        EXPECT_TRUE(co_await db.create_table(schema));
        const char* names[] = {"cc", "aa", "bb"};
        for (int i = 0; i < 3; ++i) {
            EXPECT_TRUE(co_await db.put_item(
                put("things", {{"id", "p"}, {"n", i}, {"name", names[i]}, {"extra", i}})));
        }
        EXPECT_TRUE(co_await db.put_item(put("things", {{"id", "p"}, {"n", 9}})));
        dynamo::QueryRequest request = query("things", "p");
        request.index = "by-name";
        const auto page = co_await db.query(request);
        CARILLON_CO_ASSERT(page);
        EXPECT_THAT(column(*page, "n"), ElementsAre(1, 2, 0));
        EXPECT_THAT(column(*page, "extra"), ElementsAre(Value(), Value(), Value()));
        // Asked for by name, it comes from the table.
        request.projection = dynamo::Projection::parse("extra").value();
        const auto fetched = co_await db.query(request);
        CARILLON_CO_ASSERT(fetched);
        EXPECT_THAT(column(*fetched, "extra"), ElementsAre(1, 2, 0));
    }(db()));
}

TEST_P(DatabaseConformance, IndexesAreSparse) {
    run([](dynamo::Database& db) -> Task<> {
        EXPECT_TRUE(co_await db.create_table(queue_table()));
        EXPECT_TRUE(co_await db.put_item(put("things", {{"id", "a"}, {"state", "ready"}})));
        EXPECT_TRUE(co_await db.put_item(put("things", {{"id", "b"}, {"due", 1}})));
        EXPECT_THAT(co_await due_ids(db, "ready"), IsEmpty());
        dynamo::ScanRequest scan;
        scan.table = "things";
        scan.index = "by-due";
        const auto page = co_await db.scan(scan);
        CARILLON_CO_ASSERT(page);
        EXPECT_EQ(page->scanned_count, 0);
    }(db()));
}

}  // namespace carillon::conformance
