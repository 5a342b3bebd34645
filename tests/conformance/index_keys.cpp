// Orders of indexes, keys of several attributes, and indexes that come to tables with items.

#include "conformance/conformance.hpp"

#include <fmt/format.h>

namespace carillon::conformance {

using dynamo::IndexSchema;
using dynamo::Item;
using dynamo::KeyCondition;
using dynamo::SortCondition;
using dynamo::SortOperator;
using dynamo::Type;
using dynamo::Value;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

namespace {

dynamo::ScanRequest scan_of(std::string table, std::string index = "") {
    dynamo::ScanRequest request;
    request.table = std::move(table);
    request.consistent = false;
    if (!index.empty()) request.index = std::move(index);
    return request;
}

/// Table `things` with the index `places`: hash `country`, `city` (number), sort `street`,
/// `number`.
dynamo::TableSchema places_table() {
    dynamo::TableSchema schema = hash_table();
    IndexSchema index;
    index.name = "places";
    index.key.hash = {"country", Type::string};
    index.key.more_hash = {{"city", Type::number}};
    index.key.sort = {"street", Type::string};
    index.key.more_sort = {{"house", Type::number}};
    schema.indexes.push_back(std::move(index));
    return schema;
}

Item place(const char* id, const char* country, int city, const char* street, int house) {
    return {{"id", id}, {"country", country}, {"city", city}, {"street", street}, {"house", house}};
}

dynamo::QueryRequest in_city(const char* country, int city) {
    dynamo::QueryRequest request = query("things", country);
    request.index = "places";
    request.consistent = false;
    request.key.more_hash = {city};
    return request;
}

Task<std::vector<Value>> ids(dynamo::Database& db, dynamo::QueryRequest request) {
    const auto page = co_await db.query(request);
    EXPECT_TRUE(page) << outcome(page);
    co_return page ? column(*page, "id") : std::vector<Value>{};
}

}  // namespace

TEST_P(DatabaseConformance, IndexesAreScannedInTheHashOrderOfTheirPartitions) {
    run([](dynamo::Database& db) -> Task<> {
        dynamo::TableSchema schema = hash_table();
        IndexSchema index;
        index.name = "by-kind";
        index.key.hash = {"kind", Type::string};
        schema.indexes.push_back(index);
        EXPECT_TRUE(co_await db.create_table(schema));
        EXPECT_TRUE(co_await db.create_table(hash_table("kinds")));
        for (int i = 0; i < 40; ++i) {
            const std::string kind = fmt::format("kind {}", i);
            EXPECT_TRUE(co_await db.put_item(
                put("things", {{"id", fmt::format("{}", i)}, {"kind", kind}})));
            EXPECT_TRUE(co_await db.put_item(put("kinds", {{"id", kind}})));
        }
        const auto by_table = co_await db.scan(scan_of("kinds"));
        const auto by_index = co_await db.scan(scan_of("things", "by-kind"));
        CARILLON_CO_ASSERT(by_table && by_index);
        EXPECT_EQ(column(*by_index, "kind"), column(*by_table, "id"));
        // In segments, and page by page, the same and each once.
        for (const std::int64_t segments : {1, 3, 7}) {
            std::vector<Value> kinds;
            for (std::int64_t segment = 0; segment < segments; ++segment) {
                dynamo::ScanRequest request = scan_of("things", "by-kind");
                request.segment = segment;
                request.total_segments = segments;
                request.limit = 4;
                for (;;) {
                    const auto page = co_await db.scan(request);
                    CARILLON_CO_ASSERT(page);
                    for (const Value& kind : column(*page, "kind")) kinds.push_back(kind);
                    if (!page->last_key) break;
                    request.start_key = page->last_key;
                }
            }
            EXPECT_EQ(kinds, column(*by_table, "id")) << segments;
        }
    }(db()));
}

TEST_P(DatabaseConformance, KeysOfSeveralAttributesAreQueriedFromTheLeft) {
    run([](dynamo::Database& db) -> Task<> {
        const auto created = co_await db.create_table(places_table());
        if (!created && created.error().code == Errc::invalid) {
            co_return;  // A server that does not know them.
        }
        CARILLON_CO_ASSERT(created);
        if (created->schema.indexes != places_table().indexes) co_return;  // Nor does this engine.
        for (const Item& item : {place("a", "de", 1, "alte", 10),
                                 place("b", "de", 1, "alte", 9),
                                 place("c", "de", 1, "alte", 100),
                                 place("d", "de", 1, "neue", 1),
                                 place("e", "de", 2, "alte", 1),
                                 place("f", "at", 1, "alte", 1)}) {
            EXPECT_TRUE(co_await db.put_item(put("things", item)));
        }
        // Not in the index: an attribute of its key is missing.
        EXPECT_TRUE(co_await db.put_item(
            put("things", {{"id", "g"}, {"country", "de"}, {"city", 1}, {"street", "alte"}})));
        EXPECT_THAT(co_await ids(db, in_city("de", 1)), ElementsAre("b", "a", "c", "d"));
        dynamo::QueryRequest request = in_city("de", 1);
        request.key.sort = SortCondition{SortOperator::equal, "alte"};
        EXPECT_THAT(co_await ids(db, request), ElementsAre("b", "a", "c"));
        request.forward = false;
        EXPECT_THAT(co_await ids(db, request), ElementsAre("c", "a", "b"));
        request.forward = true;
        request.key.sort_prefix = {"alte"};
        request.key.sort = SortCondition{SortOperator::greater, 9};
        EXPECT_THAT(co_await ids(db, request), ElementsAre("a", "c"));
        request.key.sort = SortCondition{SortOperator::between, 9, 10};
        EXPECT_THAT(co_await ids(db, request), ElementsAre("b", "a"));
        request.key.sort_prefix.clear();
        request.key.sort = SortCondition{SortOperator::begins_with, "n"};
        EXPECT_THAT(co_await ids(db, request), ElementsAre("d"));
        EXPECT_THAT(co_await ids(db, in_city("de", 3)), IsEmpty());

        // Page by page.
        dynamo::QueryRequest paged = in_city("de", 1);
        paged.limit = 1;
        std::vector<Value> found;
        for (;;) {
            const auto page = co_await db.query(paged);
            CARILLON_CO_ASSERT(page);
            for (const Value& id : column(*page, "id")) found.push_back(id);
            if (!page->last_key) break;
            EXPECT_EQ(page->last_key->size(), 5U);
            paged.start_key = page->last_key;
        }
        EXPECT_THAT(found, ElementsAre("b", "a", "c", "d"));

        // Changes move entries.
        EXPECT_TRUE(
            co_await db.update_item(update("things", {{"id", "d"}}, "SET city = :c", {{":c", 2}})));
        EXPECT_THAT(co_await ids(db, in_city("de", 2)), ElementsAre("e", "d"));
        EXPECT_TRUE(co_await db.update_item(update("things", {{"id", "d"}}, "REMOVE house")));
        EXPECT_THAT(co_await ids(db, in_city("de", 2)), ElementsAre("e"));
        const auto scanned = co_await db.scan(scan_of("things", "places"));
        CARILLON_CO_ASSERT(scanned);
        EXPECT_EQ(scanned->count, 5);

        dynamo::QueryRequest incomplete = in_city("de", 1);
        incomplete.key.more_hash.clear();
        EXPECT_EQ(code_of(co_await db.query(incomplete)), Errc::invalid);
        dynamo::QueryRequest mistyped = in_city("de", 1);
        mistyped.key.more_hash = {"1"};
        EXPECT_EQ(code_of(co_await db.query(mistyped)), Errc::invalid);
        Item bad = place("h", "de", 1, "alte", 1);
        bad.set("house", "one");
        EXPECT_EQ(code_of(co_await db.put_item(put("things", bad))), Errc::invalid);
        const auto described = co_await db.describe_table("things");
        CARILLON_CO_ASSERT(described);
        EXPECT_EQ(described->schema.indexes, places_table().indexes);
    }(db()));
}

TEST_P(DatabaseConformance, ChangesOfATableCanBeConditionalOnWhatWasSeen) {
    if (!db().capabilities().exclusive) GTEST_SKIP() << "others may change tables as they like";
    run([](dynamo::Database& db) -> Task<> {
        EXPECT_TRUE(co_await db.create_table(hash_table()));
        const auto seen = co_await db.describe_table("things");
        CARILLON_CO_ASSERT(seen);
        dynamo::TableChange first;
        first.settings = seen->schema.settings;
        first.settings->tags["a"] = "1";
        first.expected = seen->schema;
        const auto changed = co_await db.update_table("things", first);
        CARILLON_CO_ASSERT(changed);
        dynamo::TableChange second = first;
        second.settings->tags["b"] = "2";
        EXPECT_EQ(code_of(co_await db.update_table("things", second)), Errc::condition_failed);
        second.expected = changed->schema;
        EXPECT_TRUE(co_await db.update_table("things", second));
    }(db()));
}

}  // namespace carillon::conformance
