#include "conformance/conformance.hpp"

namespace carillon::conformance {

using dynamo::Item;
using dynamo::Value;
using dynamo::WriteUnit;

TEST_P(DatabaseConformance, BatchesWriteAndGetAnyNumber) {
    run([](dynamo::Database& db) -> Task<> {
        EXPECT_TRUE(co_await db.create_table(hash_table()));
        std::vector<dynamo::Write> writes;
        dynamo::BatchGetRequest request;
        request.tables.push_back({"things", {}, true, std::nullopt});
        for (int i = 0; i < 250; ++i) {
            writes.emplace_back(put("things", {{"id", std::to_string(i)}, {"x", i}}));
            request.tables[0].keys.push_back({{"id", std::to_string(i * 2)}});
        }
        EXPECT_TRUE(co_await db.batch_write(writes));
        const auto got = co_await db.batch_get(request);
        CARILLON_CO_ASSERT(got && got->items.size() == 1);
        EXPECT_EQ(got->items[0].first, "things");
        EXPECT_EQ(got->items[0].second.size(), 125U);
        writes.clear();
        for (int i = 0; i < 250; ++i) {
            writes.emplace_back(erase("things", {{"id", std::to_string(i)}}));
        }
        EXPECT_TRUE(co_await db.batch_write(writes));
        const auto none = co_await db.batch_get(request);
        CARILLON_CO_ASSERT(none);
        EXPECT_TRUE(none->items[0].second.empty());
    }(db()));
}

TEST_P(DatabaseConformance, UnitsOfABatchAreIndependent) {
    run([](dynamo::Database& db) -> Task<> {
        EXPECT_TRUE(co_await db.create_table(queue_table()));
        EXPECT_TRUE(co_await db.put_item(put("things", {{"id", "b"}, {"x", 1}})));
        std::vector<WriteUnit> units;
        units.push_back({put("things", {{"id", "a"}, {"state", "ready"}, {"due", 1}})});
        dynamo::PutRequest once = put("things", {{"id", "b"}});
        once.condition = when("attribute_not_exists(id)");
        units.push_back({once});
        units.push_back({put("things", {{"wrong", "key"}})});
        units.push_back({put("nothing", {{"id", "a"}})});
        units.push_back({});
        units.push_back({put("things", {{"id", "c"}})});
        const auto answers = co_await db.update_batch(units);
        CARILLON_CO_ASSERT(answers.size() == 6);
        EXPECT_TRUE(answers[0]);
        EXPECT_EQ(code_of(answers[1]), Errc::condition_failed);
        EXPECT_EQ(code_of(answers[2]), Errc::invalid);
        EXPECT_EQ(code_of(answers[3]), Errc::not_found);
        EXPECT_EQ(code_of(answers[4]), Errc::invalid);
        EXPECT_TRUE(answers[5]);
        for (const char* id : {"a", "c"}) {
            const auto got = co_await db.get_item(get("things", {{"id", id}}));
            CARILLON_CO_ASSERT(got);
            EXPECT_TRUE(got->has_value()) << id;
        }
    }(db()));
}

TEST_P(DatabaseConformance, UnitsOfSeveralWritesHappenWholly) {
    if (!GetParam().transactions) GTEST_SKIP() << "the engine has no transactions";
    run([](dynamo::Database& db) -> Task<> {
        EXPECT_TRUE(co_await db.create_table(hash_table()));
        dynamo::PutRequest once = put("things", {{"id", "b"}});
        once.condition = when("attribute_exists(id)");
        std::vector<WriteUnit> units;
        units.push_back({put("things", {{"id", "a"}}), once});
        units.push_back({put("things", {{"id", "c"}}), put("things", {{"id", "d"}})});
        // Later units see what earlier ones of the batch did.
        dynamo::DeleteRequest again = erase("things", {{"id", "c"}});
        again.condition = when("attribute_exists(id)");
        units.push_back({again});
        const auto answers = co_await db.update_batch(units, false);
        CARILLON_CO_ASSERT(answers.size() == 3);
        EXPECT_EQ(code_of(answers[0]), Errc::condition_failed);
        EXPECT_TRUE(answers[1]);
        EXPECT_TRUE(answers[2]);
        dynamo::ScanRequest scan;
        scan.table = "things";
        const auto page = co_await db.scan(scan);
        CARILLON_CO_ASSERT(page);
        EXPECT_THAT(column(*page, "id"), ::testing::ElementsAre("d"));
    }(db()));
}

TEST_P(DatabaseConformance, AnEmptyBatchIsAnsweredAtOnce) {
    run([](dynamo::Database& db) -> Task<> {
        const auto answers = co_await db.update_batch({});
        EXPECT_TRUE(answers.empty());
        EXPECT_TRUE(co_await db.batch_write({}));
    }(db()));
}

}  // namespace carillon::conformance
