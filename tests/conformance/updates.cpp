#include "conformance/conformance.hpp"

namespace carillon::conformance {

using dynamo::Item;
using dynamo::ReturnValues;
using dynamo::Value;

TEST_P(DatabaseConformance, UpdatesCreateAndChangeItems) {
    run([](dynamo::Database& db) -> Task<> {
        EXPECT_TRUE(co_await db.create_table(hash_table()));
        dynamo::UpdateRequest request =
            update("things", {{"id", "a"}}, "SET x = :x ADD hits :one", {{":x", "y"}, {":one", 1}});
        request.return_values = ReturnValues::all_new;
        const auto first = co_await db.update_item(request);
        CARILLON_CO_ASSERT(first && *first);
        EXPECT_EQ(**first, (Item{{"hits", 1}, {"id", "a"}, {"x", "y"}}));
        const auto second = co_await db.update_item(request);
        CARILLON_CO_ASSERT(second && *second);
        EXPECT_EQ(**second, (Item{{"hits", 2}, {"id", "a"}, {"x", "y"}}));
        // Without an expression it creates the bare key.
        dynamo::UpdateRequest bare;
        bare.table = "things";
        bare.key = {{"id", "b"}};
        EXPECT_TRUE(co_await db.update_item(bare));
        const auto got = co_await db.get_item(get("things", {{"id", "b"}}));
        CARILLON_CO_ASSERT(got && *got);
        EXPECT_EQ(**got, (Item{{"id", "b"}}));
    }(db()));
}

TEST_P(DatabaseConformance, UpdatesAnswerWhatIsAskedFor) {
    struct Case {
        ReturnValues wanted;
        std::optional<Item> answer;
    };

    const Case cases[] = {
        {ReturnValues::none, std::nullopt},
        {ReturnValues::all_old,
         Item{{"id", "a"}, {"m", dynamo::Map{{"p", 1}, {"q", 2}}}, {"x", 1}, {"y", 1}}},
        {ReturnValues::all_new,
         Item{{"id", "a"}, {"m", dynamo::Map{{"p", 7}, {"q", 2}}}, {"x", 2}}},
        {ReturnValues::updated_old, Item{{"m", dynamo::Map{{"p", 1}}}, {"x", 1}, {"y", 1}}},
        {ReturnValues::updated_new, Item{{"m", dynamo::Map{{"p", 7}}}, {"x", 2}}},
    };
    run([](dynamo::Database& db) -> Task<> {
        EXPECT_TRUE(co_await db.create_table(hash_table()));
    }(db()));
    for (const Case& c : cases) {
        run([](dynamo::Database& db, const Case& wanted) -> Task<> {
            EXPECT_TRUE(co_await db.put_item(
                put("things",
                    {{"id", "a"}, {"x", 1}, {"y", 1}, {"m", dynamo::Map{{"p", 1}, {"q", 2}}}})));
            dynamo::UpdateRequest request = update("things",
                                                   {{"id", "a"}},
                                                   "SET x = :two, m.p = :seven REMOVE y",
                                                   {{":two", 2}, {":seven", 7}});
            request.return_values = wanted.wanted;
            const auto answer = co_await db.update_item(request);
            CARILLON_CO_ASSERT(answer);
            EXPECT_EQ(*answer, wanted.answer) << static_cast<int>(wanted.wanted);
        }(db(), c));
    }
}

TEST_P(DatabaseConformance, UpdatedElementsOfListsAreThoseAtTheIndexesOfTheExpression) {
    run([](dynamo::Database& db) -> Task<> {
        EXPECT_TRUE(co_await db.create_table(hash_table()));
        EXPECT_TRUE(
            co_await db.put_item(put("things", {{"id", "a"}, {"l", dynamo::List{1, 2, 3}}})));
        const std::pair<const char*, std::optional<Item>> cases[] = {
            {"SET l[1] = :v", Item{{"l", dynamo::List{9}}}},
            // Appended, but not at 100.
            {"SET l[100] = :v", std::nullopt},
            // What was behind the removed element is there now.
            {"REMOVE l[1]", Item{{"l", dynamo::List{3}}}},
        };
        for (const auto& [expression, wanted] : cases) {
            const bool sets = std::string_view(expression).starts_with("SET");
            dynamo::UpdateRequest request =
                update("things",
                       {{"id", "a"}},
                       expression,
                       sets ? dynamo::ExpressionValues{{":v", 9}} : dynamo::ExpressionValues{});
            request.return_values = ReturnValues::updated_new;
            const auto answer = co_await db.update_item(request);
            CARILLON_CO_ASSERT(answer);
            EXPECT_EQ(*answer, wanted) << expression;
        }
    }(db()));
}

TEST_P(DatabaseConformance, UpdatesKeepTheKeyAndTheLimits) {
    run([](dynamo::Database& db) -> Task<> {
        EXPECT_TRUE(co_await db.create_table(queue_table()));
        EXPECT_EQ(outcome(co_await db.update_item(
                      update("things", {{"id", "a"}}, "SET id = :b", {{":b", "b"}}))),
                  "invalid: One or more parameter values were invalid: Cannot update attribute id. "
                  "This attribute is part of the key");
        EXPECT_EQ(
            outcome(co_await db.update_item(update(
                "things", {{"id", "a"}}, "SET big = :big", {{":big", std::string(410'000, 'x')}}))),
            "invalid: Item size to update has exceeded the maximum allowed size");
        EXPECT_EQ(code_of(co_await db.update_item(
                      update("things", {{"id", "a"}}, "SET due = :t", {{":t", "soon"}}))),
                  Errc::invalid);
        EXPECT_TRUE(co_await db.put_item(put("things", {{"id", "a"}, {"x", "text"}})));
        EXPECT_EQ(code_of(co_await db.update_item(
                      update("things", {{"id", "a"}}, "ADD x :one", {{":one", 1}}))),
                  Errc::invalid);
        const auto got = co_await db.get_item(get("things", {{"id", "a"}}));
        CARILLON_CO_ASSERT(got && *got);
        EXPECT_EQ(**got, (Item{{"id", "a"}, {"x", "text"}}));
    }(db()));
}

TEST_P(DatabaseConformance, UpdatesThatOnlyTakeAwayMakeNoItem) {
    run([](dynamo::Database& db) -> Task<> {
        EXPECT_TRUE(co_await db.create_table(hash_table()));
        for (const char* text : {"REMOVE x", "REMOVE m.p, l[0]", "DELETE s :s"}) {
            dynamo::ExpressionValues values;
            if (std::string_view(text).starts_with("DELETE")) {
                values.emplace_back(":s", Value::string_set({"a"}));
            }
            dynamo::UpdateRequest request = update("things", {{"id", "a"}}, text, values);
            request.return_values = ReturnValues::all_new;
            const auto answer = co_await db.update_item(request);
            EXPECT_TRUE(answer && !*answer) << text;
            const auto got = co_await db.get_item(get("things", {{"id", "a"}}));
            EXPECT_TRUE(got && !*got) << text;
        }
    }(db()));
}

TEST_P(DatabaseConformance, UpdatesInOneGroupSeeEachOther) {
    run([](dynamo::Database& db) -> Task<> {
        EXPECT_TRUE(co_await db.create_table(hash_table()));
    }(db()));
    auto count = [](dynamo::Database& db) -> Task<> {
        const auto answer =
            co_await db.update_item(update("things", {{"id", "a"}}, "ADD n :one", {{":one", 1}}));
        EXPECT_TRUE(answer) << outcome(answer);
    };
    std::vector<Task<>> tasks;
    for (int i = 0; i < 100; ++i) tasks.push_back(count(db()));
    run_all(std::move(tasks));
    run([](dynamo::Database& db) -> Task<> {
        const auto got = co_await db.get_item(get("things", {{"id", "a"}}));
        CARILLON_CO_ASSERT(got && *got);
        EXPECT_EQ(*(*got)->find("n"), Value(100));
    }(db()));
}

}  // namespace carillon::conformance
