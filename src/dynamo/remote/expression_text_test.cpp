#include "dynamo/remote/expression_text.hpp"

#include <gtest/gtest.h>

namespace carillon::dynamo::remote {
namespace {

Update update(std::string_view text, const ExpressionNames& names = {}) {
    return Update::parse(text, names).value();
}

TEST(ExpressionText, KeepsPlaceholdersOfTwoExpressionsApart) {
    const Update set =
        update("SET #a = :v, b.#c[2] = if_not_exists(#a, :w)", {{"#a", "alpha"}, {"#c", "state"}});
    const Condition condition =
        Condition::parse("#a = :v AND #b <> :v", {{"#a", "state"}, {"#b", "alpha"}}).value();
    ExpressionText expressions;
    EXPECT_EQ(expressions.add(set.source(), {{":v", 1}, {":w", 2}, {":unused", 3}}),
              "SET #0 = :0, b.#1[2] = if_not_exists(#0, :1)");
    EXPECT_EQ(expressions.add(condition.source(), {{":v", "x"}}), "#1 = :2 AND #0 <> :2");
    std::string body = "{";
    expressions.append_to(body);
    EXPECT_EQ(body,
              R"({"ExpressionAttributeNames":{"#0":"alpha","#1":"state"},)"
              R"("ExpressionAttributeValues":{":0":{"N":"1"},":1":{"N":"2"},":2":{"S":"x"}})");
}

TEST(ExpressionText, WritesNothingWithoutPlaceholders) {
    ExpressionText expressions;
    EXPECT_EQ(expressions.add(update("REMOVE a, b").source(), {}), "REMOVE a, b");
    std::string body = "{";
    expressions.append_to(body);
    EXPECT_EQ(body, "{");
}

TEST(ExpressionText, NamesEveryStepOfAProjection) {
    ExpressionText expressions;
    const Projection projection =
        Projection::parse("#a.b[1][2].c, d", {{"#a", "reserved.name"}}).value();
    EXPECT_EQ(expressions.add(projection), "#0.#1[1][2].#2,#3");
    EXPECT_EQ(expressions.add(Projection::of_attributes({"d", "x y"})), "#3,#4");
}

TEST(ExpressionText, SaysKeyConditions) {
    const KeySchema key{.hash = {.name = "id"}, .sort = KeyAttribute{.name = "n"}};
    const auto said = [&](SortOperator op) {
        ExpressionText expressions;
        KeyCondition condition{.hash = "h",
                               .sort = SortCondition{.op = op, .value = "a", .upper = "b"}};
        return expressions.add(condition, key);
    };
    EXPECT_EQ(said(SortOperator::equal), "#0 = :0 AND #1 = :1");
    EXPECT_EQ(said(SortOperator::less), "#0 = :0 AND #1 < :1");
    EXPECT_EQ(said(SortOperator::less_equal), "#0 = :0 AND #1 <= :1");
    EXPECT_EQ(said(SortOperator::greater), "#0 = :0 AND #1 > :1");
    EXPECT_EQ(said(SortOperator::greater_equal), "#0 = :0 AND #1 >= :1");
    EXPECT_EQ(said(SortOperator::between), "#0 = :0 AND #1 BETWEEN :1 AND :2");
    EXPECT_EQ(said(SortOperator::begins_with), "#0 = :0 AND begins_with(#1, :1)");
    ExpressionText expressions;
    EXPECT_EQ(expressions.add(KeyCondition{.hash = "h"}, key), "#0 = :0");
}

TEST(Repeatable, IsWhatDoesTheSameTwice) {
    for (const char* text : {"SET a = :v",
                             "SET a = if_not_exists(a, :v)",
                             "REMOVE a",
                             "DELETE tags :v",
                             "SET address = :v REMOVE padding"}) {
        EXPECT_TRUE(is_repeatable(update(text))) << text;
    }
    for (const char* text : {"ADD n :v",
                             "add n :v",
                             "SET b = :v\nADD n :v",
                             "SET n = n + :v",
                             "SET n = n - :v",
                             "SET l = list_append(l, :v)",
                             "SET l[9] = :v",
                             "REMOVE l[0]"}) {
        EXPECT_FALSE(is_repeatable(update(text))) << text;
    }
}

}  // namespace
}  // namespace carillon::dynamo::remote
