#include "conformance/conformance.hpp"
#include "core/check.hpp"

namespace carillon::conformance {

using dynamo::Value;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST_P(DatabaseConformance, WatchesHearOfInsertsIntoTheirPartitions) {
    if (!GetParam().watches) GTEST_SKIP() << "the engine has no watches";
    std::vector<Value> heard;
    run([](dynamo::Database& db) -> Task<> {
        EXPECT_TRUE(co_await db.create_table(queue_table()));
    }(db()));
    dynamo::Watch watch = db().watch(
        loop_, "things", "by-due", {"ready"}, [&](const Value& at) { heard.push_back(at); });
    auto write = [](dynamo::Database& db, const char* id, const char* state, int at) -> Task<> {
        EXPECT_TRUE(
            co_await db.put_item(put("things", {{"id", id}, {"state", state}, {"due", at}})));
    };
    auto settle = [this] {
        loop_.context().restart();
        loop_.context().poll();
    };
    run(write(db(), "a", "ready", 7));
    settle();
    EXPECT_THAT(heard, ElementsAre(7));
    heard.clear();
    run(write(db(), "b", "other", 1));
    // The same entry again is no insert.
    run(write(db(), "a", "ready", 7));
    settle();
    EXPECT_THAT(heard, IsEmpty());
    // Inserts that share a call tell the lowest.
    run([](dynamo::Database& db) -> Task<> {
        std::vector<dynamo::WriteUnit> units;
        for (const int at : {30, 10, 20}) {
            units.push_back(
                {put("things", {{"id", std::to_string(at)}, {"state", "ready"}, {"due", at}})});
        }
        const auto answers = co_await db.update_batch(std::move(units));
        for (const Result<>& answer : answers) EXPECT_TRUE(answer);
    }(db()));
    settle();
    CARILLON_CHECK(!heard.empty());
    EXPECT_EQ(heard.front(), Value(10));
    heard.clear();
    watch = {};
    run(write(db(), "c", "ready", 1));
    settle();
    EXPECT_THAT(heard, IsEmpty());
}

}  // namespace carillon::conformance
