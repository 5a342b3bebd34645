#include "conformance/conformance.hpp"

namespace carillon::conformance {

using dynamo::Item;
using dynamo::TransactionCancelled;
using dynamo::WriteUnit;

namespace {

const TransactionCancelled* cancelled(const Result<>& answer) {
    if (answer) return nullptr;
    return dynamic_cast<const TransactionCancelled*>(answer.error().detail.get());
}

Task<bool> exists(dynamo::Database& db, const char* id) {
    const auto got = co_await db.get_item(get("things", {{"id", id}}));
    EXPECT_TRUE(got) << outcome(got);
    co_return got && got->has_value();
}

}  // namespace

TEST_P(DatabaseConformance, TransactionsHappenWholly) {
    if (!GetParam().transactions) GTEST_SKIP() << "the engine has no transactions";
    run([](dynamo::Database& db) -> Task<> {
        EXPECT_TRUE(co_await db.create_table(hash_table()));
        EXPECT_TRUE(co_await db.put_item(put("things", {{"id", "old"}, {"x", 1}})));
        dynamo::ConditionCheck check;
        check.table = "things";
        check.key = {{"id", "old"}};
        check.condition = when("x = :x", {{":x", 1}});
        WriteUnit unit;
        unit.emplace_back(put("things", {{"id", "a"}}));
        unit.emplace_back(update("things", {{"id", "b"}}, "SET y = :y", {{":y", 2}}));
        unit.emplace_back(check);
        EXPECT_TRUE(co_await db.transact_write(unit));
        EXPECT_TRUE(co_await exists(db, "a"));
        EXPECT_TRUE(co_await exists(db, "b"));
        unit.clear();
        unit.emplace_back(erase("things", {{"id", "old"}}));
        EXPECT_TRUE(co_await db.transact_write(unit));
        EXPECT_FALSE(co_await exists(db, "old"));
    }(db()));
}

TEST_P(DatabaseConformance, OneFailedConditionCancelsTheTransaction) {
    if (!GetParam().transactions) GTEST_SKIP() << "the engine has no transactions";
    run([](dynamo::Database& db) -> Task<> {
        EXPECT_TRUE(co_await db.create_table(hash_table()));
        EXPECT_TRUE(co_await db.put_item(put("things", {{"id", "b"}, {"x", "text"}})));
        dynamo::PutRequest once = put("things", {{"id", "b"}});
        once.condition = when("attribute_not_exists(id)");
        once.return_old_on_condition_failure = true;
        WriteUnit unit;
        unit.emplace_back(put("things", {{"id", "a"}}));
        unit.emplace_back(once);
        const auto answer = co_await db.transact_write(unit);
        EXPECT_EQ(outcome(answer),
                  "condition failed: Transaction cancelled, please refer cancellation reasons for "
                  "specific reasons [None, ConditionalCheckFailed]");
        const TransactionCancelled* detail = cancelled(answer);
        CARILLON_CO_ASSERT(detail != nullptr && detail->reasons.size() == 2);
        EXPECT_EQ(detail->reasons[0].code, "None");
        EXPECT_EQ(detail->reasons[1].code, "ConditionalCheckFailed");
        EXPECT_EQ(detail->reasons[1].item, (Item{{"id", "b"}, {"x", "text"}}));
        EXPECT_FALSE(co_await exists(db, "a"));
        // An update that cannot be applied cancels too.
        unit.pop_back();
        unit.emplace_back(update("things", {{"id", "b"}}, "ADD x :one", {{":one", 1}}));
        const auto invalid = co_await db.transact_write(unit);
        detail = cancelled(invalid);
        CARILLON_CO_ASSERT(detail != nullptr);
        EXPECT_EQ(detail->reasons[1].code, "ValidationError");
        EXPECT_FALSE(co_await exists(db, "a"));
    }(db()));
}

TEST_P(DatabaseConformance, TransactionsHaveLimits) {
    if (!GetParam().transactions) GTEST_SKIP() << "the engine has no transactions";
    run([](dynamo::Database& db) -> Task<> {
        EXPECT_TRUE(co_await db.create_table(hash_table()));
        WriteUnit unit;
        EXPECT_EQ(code_of(co_await db.transact_write(unit)), Errc::invalid);
        unit.emplace_back(put("things", {{"id", "a"}}));
        unit.emplace_back(erase("things", {{"id", "a"}}));
        EXPECT_EQ(outcome(co_await db.transact_write(unit)),
                  "invalid: Transaction request cannot include multiple operations on one item");
        unit.clear();
        for (int i = 0; i < 101; ++i) {
            unit.emplace_back(put("things", {{"id", std::to_string(i)}}));
        }
        EXPECT_EQ(code_of(co_await db.transact_write(unit)), Errc::invalid);
        unit.pop_back();
        EXPECT_TRUE(co_await db.transact_write(unit));
        unit.clear();
        for (int i = 0; i < 12; ++i) {
            unit.emplace_back(
                put("things", {{"id", std::to_string(i)}, {"big", std::string(390'000, 'x')}}));
        }
        EXPECT_EQ(code_of(co_await db.transact_write(unit)), Errc::invalid);
    }(db()));
}

TEST_P(DatabaseConformance, TokensMakeTransactionsRepeatable) {
    if (!GetParam().transactions) GTEST_SKIP() << "the engine has no transactions";
    run([](dynamo::Database& db) -> Task<> {
        EXPECT_TRUE(co_await db.create_table(hash_table()));
        WriteUnit unit;
        unit.emplace_back(update("things", {{"id", "a"}}, "ADD n :one", {{":one", 1}}));
        EXPECT_TRUE(co_await db.transact_write(unit, "token-1"));
        EXPECT_TRUE(co_await db.transact_write(unit, "token-1"));
        const auto got = co_await db.get_item(get("things", {{"id", "a"}}));
        CARILLON_CO_ASSERT(got && *got);
        EXPECT_EQ(*(*got)->find("n"), dynamo::Value(1));
        WriteUnit other;
        other.emplace_back(update("things", {{"id", "a"}}, "ADD n :one", {{":one", 2}}));
        EXPECT_EQ(code_of(co_await db.transact_write(other, "token-1")), Errc::invalid);
        EXPECT_TRUE(co_await db.transact_write(unit, "token-2"));
    }(db()));
}

TEST_P(DatabaseConformance, TransactionalReadsAreOneSnapshotInOrder) {
    if (!GetParam().transactions) GTEST_SKIP() << "the engine has no transactions";
    run([](dynamo::Database& db) -> Task<> {
        EXPECT_TRUE(co_await db.create_table(hash_table()));
        EXPECT_TRUE(co_await db.put_item(put("things", {{"id", "b"}, {"x", 1}})));
        std::vector<dynamo::GetRequest> requests = {get("things", {{"id", "a"}}),
                                                    get("things", {{"id", "b"}})};
        const auto items = co_await db.transact_get(requests);
        CARILLON_CO_ASSERT(items && items->size() == 2);
        EXPECT_FALSE((*items)[0]);
        EXPECT_EQ((*items)[1], (Item{{"id", "b"}, {"x", 1}}));
        requests.push_back(requests.front());
        EXPECT_EQ(code_of(co_await db.transact_get(requests)), Errc::invalid);
    }(db()));
}

}  // namespace carillon::conformance
