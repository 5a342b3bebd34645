#include "dynamo/expression/expression.hpp"

#include <gtest/gtest.h>

namespace carillon::dynamo {
namespace {

const ExpressionNames names = {{"#p", "pk"}, {"#s", "sk"}};
const ExpressionValues values = {
    {":p", "part"}, {":1", 1}, {":2", 2}, {":s", "text"}, {":l", List{Value(1)}}};

Result<KeyCondition> parsed(std::string_view text, std::string_view sort = "sk") {
    return parse_key_condition(text, names, values, "pk", sort);
}

TEST(KeyCondition, TakesEqualityOfTheHashKey) {
    for (const char* text : {"pk = :p", "#p=:p", ":p = pk", "(pk = :p)", "(pk) = (:p)"}) {
        const auto condition = parsed(text);
        ASSERT_TRUE(condition) << text << ": " << condition.error().message;
        EXPECT_EQ(condition->hash, Value("part"));
        EXPECT_FALSE(condition->sort);
        EXPECT_TRUE(parsed(text, "")) << text;
    }
}

TEST(KeyCondition, TakesOneConditionOnTheSortKey) {
    const struct {
        const char* text = "";
        SortOperator op = SortOperator::equal;
        Value value{};
    } cases[] = {
        {"pk = :p AND sk = :1", SortOperator::equal, 1},
        {"pk = :p AND #s < :1", SortOperator::less, 1},
        {"pk = :p AND sk <= :1", SortOperator::less_equal, 1},
        {"pk = :p AND sk > :1", SortOperator::greater, 1},
        {"pk = :p AND sk >= :1", SortOperator::greater_equal, 1},
        {"sk >= :1 and pk = :p", SortOperator::greater_equal, 1},
        {"((sk = :1) AND (pk = :p))", SortOperator::equal, 1},
        {"pk = :p AND begins_with(sk, :s)", SortOperator::begins_with, "text"},
        // Exchanged sides exchange the operator.
        {":p = pk AND :1 = sk", SortOperator::equal, 1},
        {":p = pk AND :1 < sk", SortOperator::greater, 1},
        {":p = pk AND :1 <= sk", SortOperator::greater_equal, 1},
        {":p = pk AND :1 > sk", SortOperator::less, 1},
        {":p = pk AND :1 >= sk", SortOperator::less_equal, 1},
    };

    for (const auto& c : cases) {
        const auto condition = parsed(c.text);
        ASSERT_TRUE(condition) << c.text << ": " << condition.error().message;
        EXPECT_EQ(condition->hash, Value("part")) << c.text;
        ASSERT_TRUE(condition->sort) << c.text;
        EXPECT_EQ(condition->sort->op, c.op) << c.text;
        EXPECT_EQ(condition->sort->value, c.value) << c.text;
    }
}

TEST(KeyCondition, TakesBounds) {
    const auto condition = parsed("pk = :p AnD sk BeTwEeN :1 aNd :2");
    ASSERT_TRUE(condition);
    ASSERT_TRUE(condition->sort);
    EXPECT_EQ(condition->sort->op, SortOperator::between);
    EXPECT_EQ(condition->sort->value, Value(1));
    EXPECT_EQ(condition->sort->upper, Value(2));
}

TEST(KeyCondition, RefusesWhatAnIndexCannotAnswer) {
    const std::string invalid_operator = "Invalid operator used in KeyConditionExpression: ";
    const std::string invalid = "Invalid condition in KeyConditionExpression: ";
    const std::string missed = "Query condition missed key schema element: ";
    const std::string unsupported = "Query key condition not supported";
    const std::string once =
        "Invalid KeyConditionExpression: KeyConditionExpressions must only contain one condition "
        "per key";

    const struct {
        const char* text;
        std::string want;
    } cases[] = {
        {"pk = :p OR sk = :1", invalid_operator + "OR"},
        {"NOT pk = :p", invalid_operator + "NOT"},
        {"NOT NOT pk = :p", invalid_operator + "NOT"},
        {"pk = :p AND sk <> :1", invalid_operator + "<>"},
        {"pk = :p AND sk IN (:1)", invalid_operator + "IN"},
        {"pk = :p AND attribute_exists(sk)", invalid_operator + "attribute_exists"},
        {"pk = :p AND attribute_not_exists(sk)", invalid_operator + "attribute_not_exists"},
        {"pk = :p AND contains(sk, :s)", invalid_operator + "contains"},
        {"pk = :p AND size(sk) = :1", "KeyConditionExpressions cannot contain nested operations"},
        {"pk = :p AND sk = size(:s)", "KeyConditionExpressions cannot contain nested operations"},
        {"pk = :p AND :1 BETWEEN sk AND :2",
         invalid + "BETWEEN operator must have the key attribute as its first operand"},
        {"pk = :p AND begins_with(:s, sk)",
         invalid + "begins_with operator must have the key attribute as its first operand"},
        {"pk = sk", invalid + "Multiple attribute names used in one condition"},
        {"pk = :p AND sk BETWEEN a AND :1",
         invalid + "Multiple attribute names used in one condition"},
        {":p = :s", invalid + "No key attribute specified"},
        {"pk = :p AND a.b = :1",
         "Invalid KeyConditionExpression: KeyConditionExpressions cannot have conditions on nested "
         "attributes"},
        {"pk[0] = :p",
         "Invalid KeyConditionExpression: KeyConditionExpressions cannot have conditions on nested "
         "attributes"},
        {"pk = :p AND pk = :p", once},
        {"pk = :p AND sk > :1 AND sk < :2", once},
        {"pk = :p AND sk = :1 AND a = :2",
         "The number of query conditions (3) exceeds the number of key attributes defined in the "
         "schema (2)"},
        {"sk = :1", missed + "pk"},
        {"sk = :1 AND a = :2", missed + "pk"},
        {"pk = :p AND a = :1", missed + "sk"},
        {"pk < :p", unsupported},
        {":p < pk", unsupported},
        {"begins_with(pk, :p) AND sk = :1", unsupported},
        {"pk BETWEEN :p AND :s", unsupported},
    };

    for (const auto& c : cases) {
        const auto condition = parsed(c.text);
        ASSERT_FALSE(condition) << c.text;
        EXPECT_EQ(condition.error().code, Errc::invalid);
        EXPECT_EQ(condition.error().message, c.want) << c.text;
    }
}

TEST(KeyCondition, RefusesASecondConditionWithoutASortKey) {
    const auto condition = parsed("pk = :p AND sk = :1", "");
    ASSERT_FALSE(condition);
    EXPECT_EQ(condition.error().message, "Query key condition not supported");
}

TEST(KeyCondition, NamesItselfInTheErrorsOfEveryCondition) {
    const std::string prefix = "Invalid KeyConditionExpression: ";

    const struct {
        const char* text;
        std::string want;
    } cases[] = {
        {"", "The expression can not be empty;"},
        {"pk", R"(Syntax error; token: "<EOF>", near: "pk")"},
        {"pk = :p AND sk != :1", R"(Syntax error; token: "!", near: "sk !=")"},
        {"((pk = :p))", "The expression has redundant parentheses;"},
        {"pk = :p AND dog(sk, :1)", "Invalid function name; function: dog"},
        {"pk = :p AND BEGINS_WITH(sk, :s)", "Invalid function name; function: BEGINS_WITH"},
        {"pk = :p AND #x = :1",
         "An expression attribute name used in the document path is not defined; attribute name: "
         "#x"},
        {"pk = :x",
         "An expression attribute value used in expression is not defined; attribute value: :x"},
        {"pk = :p AND begins_with(sk, :1)",
         "Incorrect operand type for operator or function; operator or function: begins_with, "
         "operand type: N"},
        {"pk = :p AND sk < :l",
         "Incorrect operand type for operator or function; operator or function: <, operand type: "
         "L"},
        {"pk = :p AND sk BETWEEN :2 AND :1",
         "The BETWEEN operator requires upper bound to be greater than or equal to lower bound; "
         "lower bound operand: AttributeValue: {N:2}, upper bound operand: AttributeValue: {N:1}"},
    };

    for (const auto& c : cases) {
        const auto condition = parsed(c.text);
        ASSERT_FALSE(condition) << c.text;
        EXPECT_EQ(condition.error().message, prefix + c.want) << c.text;
    }
}

}  // namespace
}  // namespace carillon::dynamo
