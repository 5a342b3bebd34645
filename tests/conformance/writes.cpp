#include "conformance/conformance.hpp"

namespace carillon::conformance {

using dynamo::Item;
using dynamo::Value;

TEST_P(DatabaseConformance, WhatWasPutIsGot) {
    run([](dynamo::Database& db) -> Task<> {
        EXPECT_TRUE(co_await db.create_table(hash_table()));
        const Item item = {
            {"id", "a"},
            {"text", "grüß"},
            {"empty", ""},
            {"count", 3},
            {"exact", dynamo::Number::parse("1234567890.0123456789012345678901234567").value()},
            {"flag", true},
            {"none", dynamo::Null{}},
            {"bytes", dynamo::Binary{std::string("\0\1\xff", 3)}},
            {"list", dynamo::List{1, "two", dynamo::Map{{"deep", false}}}},
            {"tags", Value::string_set({"b", "a"})}};
        const auto old = co_await db.put_item(put("things", item));
        CARILLON_CO_ASSERT(old);
        EXPECT_FALSE(old->has_value());
        const auto got = co_await db.get_item(get("things", {{"id", "a"}}));
        CARILLON_CO_ASSERT(got);
        EXPECT_EQ(*got, item);
        const auto other = co_await db.get_item(get("things", {{"id", "b"}}));
        CARILLON_CO_ASSERT(other);
        EXPECT_FALSE(other->has_value());
    }(db()));
}

TEST_P(DatabaseConformance, PutReplacesTheWholeItemAndReturnsTheOld) {
    run([](dynamo::Database& db) -> Task<> {
        EXPECT_TRUE(co_await db.create_table(hash_table()));
        EXPECT_TRUE(co_await db.put_item(put("things", {{"id", "a"}, {"x", 1}, {"y", 2}})));
        dynamo::PutRequest again = put("things", {{"id", "a"}, {"z", 3}});
        again.return_old = true;
        const auto old = co_await db.put_item(again);
        CARILLON_CO_ASSERT(old && *old);
        EXPECT_EQ(**old, (Item{{"id", "a"}, {"x", 1}, {"y", 2}}));
        const auto got = co_await db.get_item(get("things", {{"id", "a"}}));
        CARILLON_CO_ASSERT(got && *got);
        EXPECT_EQ(**got, (Item{{"id", "a"}, {"z", 3}}));
    }(db()));
}

TEST_P(DatabaseConformance, DeletedItemsAreGone) {
    run([](dynamo::Database& db) -> Task<> {
        EXPECT_TRUE(co_await db.create_table(hash_table()));
        EXPECT_TRUE(co_await db.put_item(put("things", {{"id", "a"}, {"x", 1}})));
        dynamo::DeleteRequest request = erase("things", {{"id", "a"}});
        request.return_old = true;
        const auto old = co_await db.delete_item(request);
        CARILLON_CO_ASSERT(old && *old);
        EXPECT_EQ(**old, (Item{{"id", "a"}, {"x", 1}}));
        const auto got = co_await db.get_item(get("things", {{"id", "a"}}));
        CARILLON_CO_ASSERT(got);
        EXPECT_FALSE(got->has_value());
        const auto again = co_await db.delete_item(request);
        CARILLON_CO_ASSERT(again);
        EXPECT_FALSE(again->has_value());
    }(db()));
}

TEST_P(DatabaseConformance, ConditionsDecideAndTellTheItemWhenAsked) {
    run([](dynamo::Database& db) -> Task<> {
        EXPECT_TRUE(co_await db.create_table(hash_table()));
        dynamo::PutRequest create = put("things", {{"id", "a"}, {"x", 1}});
        create.condition = when("attribute_not_exists(id)");
        EXPECT_TRUE(co_await db.put_item(create));
        const auto second = co_await db.put_item(create);
        EXPECT_EQ(outcome(second), "condition failed: The conditional request failed");
        create.return_old_on_condition_failure = true;
        const auto third = co_await db.put_item(create);
        CARILLON_CO_ASSERT(!third);
        const auto* detail =
            dynamic_cast<const dynamo::ConditionFailure*>(third.error().detail.get());
        CARILLON_CO_ASSERT(detail != nullptr && detail->item);
        EXPECT_EQ(*detail->item, (Item{{"id", "a"}, {"x", 1}}));

        dynamo::DeleteRequest remove = erase("things", {{"id", "a"}});
        remove.condition = when("x = :x", {{":x", 2}});
        EXPECT_EQ(code_of(co_await db.delete_item(remove)), Errc::condition_failed);
        remove.condition = when("x = :x", {{":x", 1}});
        EXPECT_TRUE(co_await db.delete_item(remove));
    }(db()));
}

TEST_P(DatabaseConformance, BadItemsAreRefusedWithDynamoDbsTexts) {
    run([](dynamo::Database& db) -> Task<> {
        EXPECT_TRUE(co_await db.create_table(queue_table()));
        struct Case {
            Item item;
            std::string text;
        };
        const std::string big(400 * 1024, 'x');
        const Case cases[] = {
            {{{"x", 1}},
             "One or more parameter values were invalid: Missing the key id in the item"},
            {{{"id", 1}},
             "One or more parameter values were invalid: Type mismatch for key id expected: S "
             "actual: N"},
            {{{"id", ""}},
             "One or more parameter values are not valid. The AttributeValue for a key attribute "
             "cannot contain an empty string value. Key: id"},
            {{{"id", std::string(2049, 'x')}},
             "One or more parameter values were invalid: Size of hashkey has exceeded the maximum "
             "size limit of2048 bytes"},
            {{{"id", "a"}, {"big", big}}, "Item size has exceeded the maximum allowed size"},
            {{{"id", "a"}, {"due", "soon"}},
             "One or more parameter values were invalid: Type mismatch for Index Key due Expected: "
             "N Actual: S IndexName: by-due"},
            {{{"id", "a"}, {"state", ""}},
             "One or more parameter values are not valid. A value specified for a secondary index "
             "key is not supported. The AttributeValue for a key attribute cannot contain an empty "
             "string value. IndexName: by-due, IndexKey: state"},
            {{{"id", "a"}, {"set", Value::string_set({})}},
             "One or more parameter values were invalid: An string set  may not be empty"},
        };
        for (const Case& c : cases) {
            const auto answer = co_await db.put_item(put("things", c.item));
            CARILLON_CO_ASSERT(!answer);
            EXPECT_EQ(answer.error().code, Errc::invalid) << c.text;
            EXPECT_EQ(answer.error().message, c.text);
        }
        Item deep = {{"id", "a"}};
        Value nested = 1;
        for (int i = 0; i < 33; ++i) nested = dynamo::List{nested};
        deep.set("deep", nested);
        EXPECT_EQ(outcome(co_await db.put_item(put("things", deep))),
                  "invalid: Nesting Levels have exceeded supported limits");
        EXPECT_TRUE(co_await db.put_item(
            put("things", {{"id", std::string(2048, 'x')}, {"big", std::string(390'000, 'y')}})));
    }(db()));
}

TEST_P(DatabaseConformance, BadKeysAreRefused) {
    run([](dynamo::Database& db) -> Task<> {
        EXPECT_TRUE(co_await db.create_table(sorted_table()));
        const Item keys[] = {
            {{"id", "a"}},
            {{"id", "a"}, {"n", "1"}},
            {{"id", "a"}, {"n", 1}, {"x", 1}},
            {{"id", "a"}, {"m", 1}},
        };
        for (const Item& key : keys) {
            const std::string text = "invalid: The provided key element does not match the schema";
            EXPECT_EQ(outcome(co_await db.get_item(get("things", key))), text);
            EXPECT_EQ(outcome(co_await db.delete_item(erase("things", key))), text);
            EXPECT_EQ(outcome(co_await db.update_item(update("things", key, "REMOVE z"))), text);
        }
    }(db()));
}

TEST_P(DatabaseConformance, ConcurrentConditionalWritesHaveOneWinner) {
    int won = 0;
    int lost = 0;
    auto contend = [](dynamo::Database& db, int& winners, int& losers) -> Task<> {
        dynamo::PutRequest create = put("things", {{"id", "a"}});
        create.condition = when("attribute_not_exists(id)");
        const auto answer = co_await db.put_item(create);
        if (answer) {
            ++winners;
        } else {
            EXPECT_EQ(answer.error().code, Errc::condition_failed);
            ++losers;
        }
    };
    run([](dynamo::Database& db) -> Task<> {
        EXPECT_TRUE(co_await db.create_table(hash_table()));
    }(db()));
    std::vector<Task<>> tasks;
    for (int i = 0; i < 20; ++i) tasks.push_back(contend(db(), won, lost));
    run_all(std::move(tasks));
    EXPECT_EQ(won, 1);
    EXPECT_EQ(lost, 19);
}

}  // namespace carillon::conformance
