// What conditions are refused for, before any item is looked at.

#include "dynamo/expression/expression.hpp"

#include <gtest/gtest.h>

namespace carillon::dynamo {
namespace {

const ExpressionNames names = {{"#a", "alpha"}, {"#b", "and"}, {"#dot", "x.y"}};
const ExpressionValues values = {{":s", "text"},
                                 {":t", "S"},
                                 {":n", 5},
                                 {":m", 3},
                                 {":b", Binary{"abc"}},
                                 {":b0", Binary{"ab"}},
                                 {":bool", true},
                                 {":null", Null{}},
                                 {":l", List{Value(1)}},
                                 {":map", Map{{"x", 1}}},
                                 {":ss", Value::string_set({"a"})},
                                 {":ns", Value::number_set({Number(1)})},
                                 {":bs", Value::binary_set({Binary{"a"}})}};

/// Empty when the condition is accepted.
std::string error_of(std::string_view text) {
    const auto condition = Condition::parse(text, names);
    if (!condition) {
        EXPECT_EQ(condition.error().code, Errc::invalid);
        return condition.error().message;
    }
    const auto checked = condition->check(values);
    if (!checked) {
        EXPECT_EQ(checked.error().code, Errc::invalid);
        return checked.error().message;
    }
    return {};
}

struct Case {
    std::string text;
    std::string want;
};

void expect_errors(const std::vector<Case>& cases) {
    for (const Case& c : cases) EXPECT_EQ(error_of(c.text), c.want) << c.text;
}

std::string repeated(std::string_view text, std::size_t times) {
    std::string all;
    for (std::size_t i = 0; i < times; ++i) all += text;
    return all;
}

TEST(ConditionParse, AcceptsTheGrammar) {
    for (const char* text : {
             "a = :s",
             "a=:s",
             ":s = a",
             ":n < :m",
             "a = b",
             "(a) = (:s)",
             "(a = :s)",
             "NOT a = :s",
             "not not a = :s",
             "NOT (a = :s)",
             "a = :s aNd b <> :n oR c < :m",
             "(a = :s OR b = :s) AND (c = :s OR (d = :s AND e = :s))",
             "a BETWEEN :m AND :n AND b = :s",
             "a between b and c",
             "a IN (:s)",
             "a in (:s, b, c.d[0], size(e))",
             "attribute_exists(a) AND attribute_not_exists (b)",
             "attribute_type(a, :t)",
             "attribute_type(:n, :t)",
             "begins_with(a, :s)",
             "begins_with(:s, a)",
             "contains(a, :n)",
             "contains(a, size(b))",
             "size(a) > :n",
             ":n < size(a)",
             "(size(a)) > :n",
             "size(:s) > :n",
             "a.b[0][1].c = :s",
             "a . b [ 0 ] = :s",
             "(a).b = :s",
             "#a.#b[1] = :s",
             "#dot = :s",
             "remove = :s",
             "(a) BETWEEN (:m) AND (:n)",
             "(attribute_exists(a))",
             "\ta\n=\r:s ",
             "SIZE_of = :s",
             "a = :bool",
             "a <> :map",
             "a IN (:l, :null)",
         }) {
        // `remove` is not reserved, and `size_of` only begins like a function.
        EXPECT_EQ(error_of(text), "") << text;
    }
}

TEST(ConditionParse, RefusesBrokenSyntax) {
    const struct {
        const char* text;
        const char* token;
        const char* near;
    } cases[] = {
        {"a", "<EOF>", "a"},
        {"a =", "<EOF>", "="},
        {"a = :s b", "b", ":s b"},
        {"a = :s AND", "<EOF>", "AND"},
        {"AND a = :s", "AND", "AND a"},
        {"a = = :s", "=", "= = :s"},
        {"a != :s", "!", "a !="},
        {"a = 5", "5", "= 5"},
        {"a = 'x'", "'", "= 'x"},
        {"a = :s = :s", "=", ":s = :s"},
        {"(a = :s) = :s", "=", ") = :s"},
        {"(a = :s", "<EOF>", ":s"},
        {"a = :s)", ")", ":s)"},
        {"()", ")", "()"},
        {"(a)", "<EOF>", ")"},
        {"NOT (a)", "<EOF>", ")"},
        {"(NOT a)", ")", "a)"},
        {"(a = :s AND b)", ")", "b)"},
        {"(a AND b = :s)", "AND", "a AND b"},
        {"a BETWEEN :n", "<EOF>", ":n"},
        {"a BETWEEN :n OR :n", "OR", ":n OR :n"},
        {"a IN :s", ":s", "IN :s"},
        {"a IN ()", ")", "()"},
        {"a IN (:s,)", ")", ",)"},
        {"contains(a, :s", "<EOF>", ":s"},
        {"contains()", ")", "()"},
        {"_a = :s", "_", "_a"},
        {"# = :s", "#", "# ="},
        {"a[:n] = :s", ":n", "[:n]"},
        {"a[-1] = :s", "-", "[-1"},
        {"a[#a] = :s", "#a", "[#a]"},
        {"a[] = :s", "]", "[] ="},
        {"a. = :s", "=", ". = :s"},
        {"a.and = :s", "and", ".and ="},
        {"#a(b) = :s", "(", "#a(b"},
        {"a = (b = :s)", "=", "b = :s"},
        {"a + :n = :n", "+", "a + :n"},
        {"((((((", "<EOF>", "("},
    };

    for (const auto& c : cases) {
        EXPECT_EQ(error_of(c.text),
                  std::string("Syntax error; token: \"") + c.token + "\", near: \"" + c.near + "\"")
            << c.text;
    }
}

TEST(ConditionParse, RefusesEmptyAndOverlongText) {
    expect_errors({
        {"", "The expression can not be empty;"},
        {"  \n", "The expression can not be empty;"},
        {"a = :s" + std::string(4090, ' '), ""},
        {"a = :s" + std::string(4091, ' '),
         "Expression size has exceeded the maximum allowed "
         "size; expression size: 4097"},
        {std::string(15000, '('),
         "Expression size has exceeded the maximum allowed "
         "size; expression size: 15000"},
    });
}

TEST(ConditionParse, RefusesRedundantParentheses) {
    const std::string redundant = "The expression has redundant parentheses;";
    expect_errors({
        {"((a = :s))", redundant},
        {"((a = :s) AND (b = :s))", ""},
        {"((a = :s) AND ((b = :s)))", redundant},
        {"((a)) = :s", redundant},
        {"a = ((:s))", redundant},
        {"contains(((a)), :s)", redundant},
        {"a IN ((:s))", ""},
        {"a IN (((:s)))", redundant},
        {"((attribute_exists(a)))", redundant},
        {"NOT ((a = :s))", redundant},
        {repeated("(", 2000) + "a<b" + repeated(")", 2000), redundant},
        // The first rule that DynamoDB checks.
        {"((abort = :s)) AND unheard_of(#x, :y)", redundant},
    });
}

TEST(ConditionParse, RefusesFunctionsWhereTheyMayNotStand) {
    const std::string misused =
        "The function is not allowed to be used this way in an "
        "expression; function: ";
    const std::string elsewhere =
        "The function is not allowed in a condition "
        "expression; function: ";
    expect_errors({
        {"dog(a)", "Invalid function name; function: dog"},
        {"SIZE(a) = :n", "Invalid function name; function: SIZE"},
        {"a < dog(dog(b))", "Invalid function name; function: dog"},
        {"a < " + repeated("f(", 1355) + "b" + repeated(")", 1355),
         "Invalid function name; function: f"},
        {"if_not_exists(a, b) = :n", elsewhere + "if_not_exists"},
        {"list_append(a, b) = :n", elsewhere + "list_append"},
        {"size(a)", misused + "size"},
        {"(size(a))", misused + "size"},
        {"NOT size(a)", misused + "size"},
        {"a = :s AND size(a)", misused + "size"},
        {"attribute_exists(a) < :n", misused + "attribute_exists"},
        {"a IN (contains(a, :s))", misused + "contains"},
        {"contains(a, begins_with(b, :s))", misused + "begins_with"},
        {"a BETWEEN attribute_type(a, :t) AND :n", misused + "attribute_type"},
    });
}

TEST(ConditionParse, RefusesWrongOperandCounts) {
    const std::string count =
        "Incorrect number of operands for operator or "
        "function; operator or function: ";
    expect_errors({
        {"attribute_exists(a, b)", count + "attribute_exists, number of operands: 2"},
        {"attribute_type(a)", count + "attribute_type, number of operands: 1"},
        {"begins_with(a)", count + "begins_with, number of operands: 1"},
        {"contains(a, b, c)", count + "contains, number of operands: 3"},
        {"size(a, b) = :n", count + "size, number of operands: 2"},
    });
}

TEST(ConditionParse, RefusesWrongOperandCountsInsideOfComparisonsToo) {
    // With the values it looks at the operands of a comparison although one is refused already.
    for (const char* text : {"attribute_type(a) > :n",
                             "attribute_type(a) BETWEEN :n AND :m",
                             "a BETWEEN :n AND attribute_type(a)",
                             "begins_with(a) = :n",
                             "contains(a) < size(a)",
                             "attribute_type(attribute_type(a)) = :n"}) {
        EXPECT_FALSE(Condition::parse(text, names)) << text;
        EXPECT_FALSE(Condition::parse(text, names, &values)) << text;
    }
}

TEST(ConditionParse, RefusesWhatIsNoPath) {
    const std::string path =
        "Operator or function requires a document path; "
        "operator or function: ";
    expect_errors({
        {"attribute_exists(:s)", path + "attribute_exists"},
        {"attribute_not_exists(size(a))", path + "attribute_not_exists"},
    });
}

TEST(ConditionParse, RefusesTheSameOperandTwice) {
    const std::string distinct =
        "The first operand must be distinct from the remaining "
        "operands for this operator or "
        "function; operator: ";
    expect_errors({
        {"a = a", distinct + "=, first operand: [a]"},
        {"a.b[0] <> a.b[0]", distinct + "<>, first operand: [a, b, [0]]"},
        {"alpha < #a", distinct + "<, first operand: [alpha]"},
        {"contains(a, a)", distinct + "contains, first operand: [a]"},
        {"begins_with((a), a)", distinct + "begins_with, first operand: [a]"},
        {"a BETWEEN :n AND a", distinct + "BETWEEN, first operand: [a]"},
        {"a IN (b, a)", distinct + "IN, first operand: [a]"},
        {"a BETWEEN b AND b", ""},
        {":s = :s", ""},
        {"a.b = a.c", ""},
    });
}

TEST(ConditionParse, RefusesReservedWordsAndUndefinedPlaceholders) {
    expect_errors({
        {"Name = :s",
         "Attribute name is a reserved keyword; reserved "
         "keyword: Name"},
        {"a.status = :s",
         "Attribute name is a reserved keyword; reserved "
         "keyword: status"},
        {"size = :n",
         "Attribute name is a reserved keyword; reserved "
         "keyword: size"},
        {"#x = :s",
         "An expression attribute name used in the document "
         "path is not defined; attribute name: "
         "#x"},
        {"a.#A = :s",
         "An expression attribute name used in the document "
         "path is not defined; attribute name: "
         "#A"},
        {"a = :x",
         "An expression attribute value used in expression is "
         "not defined; attribute value: :x"},
        {"a = :s AND (b = :n OR NOT contains(c, :S))",
         "An expression attribute value used in expression is "
         "not defined; attribute value: :S"},
    });
}

TEST(ConditionParse, RefusesValuesOfWrongTypes) {
    const std::string type =
        "Incorrect operand type for operator or function; "
        "operator or function: ";
    expect_errors({
        {"a < :bool", type + "<, operand type: BOOL"},
        {":l <= a", type + "<=, operand type: L"},
        {"a > :map", type + ">, operand type: M"},
        {"a >= :ss", type + ">=, operand type: SS"},
        {"a < :null", type + "<, operand type: NULL"},
        {"a BETWEEN :ns AND :bs", type + "BETWEEN, operand type: NS"},
        {":bs BETWEEN a AND b", type + "BETWEEN, operand type: BS"},
        {"begins_with(a, :n)", type + "begins_with, operand type: N"},
        {"begins_with(:l, :s)", type + "begins_with, operand type: L"},
        {"begins_with(a, size(b))", type + "begins_with, operand type: N"},
        {"size(:n) = :n", type + "size, operand type: N"},
        {"size(:bool) = :n", type + "size, operand type: BOOL"},
        {"size(:null) = :n", type + "size, operand type: NULL"},
        {"size(size(a)) = :n", type + "size, operand type: N"},
        {"attribute_type(a, :n)", type + "attribute_type, operand type: N"},
        {"attribute_type(a, b)",
         type + "attribute_type, operand type: "
                "{NS,SS,L,BS,N,M,B,BOOL,NULL,S}"},
        {"attribute_type(a, :s)",
         "Invalid attribute type name found; type: text, valid "
         "types: "
         "{B,NULL,SS,BOOL,L,BS,N,NS,S,M}"},
    });
}

TEST(ConditionParse, RefusesBoundsThatHoldNothing) {
    const std::string order =
        "The BETWEEN operator requires upper bound to be "
        "greater than or equal to lower bound; ";
    expect_errors({
        {"a BETWEEN :n AND :m",
         order + "lower bound operand: AttributeValue: {N:5}, "
                 "upper bound operand: "
                 "AttributeValue: {N:3}"},
        {"a BETWEEN :s AND :t",
         order + "lower bound operand: AttributeValue: "
                 "{S:text}, upper bound operand: "
                 "AttributeValue: {S:S}"},
        {"a BETWEEN :b AND :b0",
         order + "lower bound operand: AttributeValue: "
                 "{B:java.nio.HeapByteBuffer[pos=0 lim=3 "
                 "cap=3]}, upper bound operand: AttributeValue: "
                 "{B:java.nio.HeapByteBuffer[pos=0 "
                 "lim=2 cap=2]}"},
        {"a BETWEEN :n AND :s",
         "The BETWEEN operator requires same data type for "
         "lower and upper bounds; lower bound "
         "operand: AttributeValue: {N:5}, upper bound operand: "
         "AttributeValue: {S:text}"},
        {"a BETWEEN :n AND :n", ""},
        {"a BETWEEN :n AND b", ""},
        {"a BETWEEN size(b) AND :m", ""},
    });
}

TEST(ConditionParse, KeepsTheLimitsOfSizeAndNesting) {
    const auto operators = [](int count) {
        return "The expression contains too many operators; "
               "operator count: " +
               std::to_string(count);
    };
    // Each `a<b` is an operator, and so is each OR between two
    // of them.
    const auto nested = [](std::size_t depth) {
        return "a<b " + repeated("or (a<b ", depth) + repeated(")", depth);
    };
    std::string in = "a IN (:s";
    expect_errors({
        {nested(149), ""},
        {nested(150), operators(301)},
        {nested(454), operators(301)},
        {"a=b" + repeated(" OR a=b", 149), ""},
        {"a=b" + repeated(" OR a=b", 150), operators(301)},
        {repeated("not ", 299) + "a<b", ""},
        {repeated("not ", 1000) + "a<b", operators(301)},
        {in + repeated(",b", 99) + ")", ""},
        {in + repeated(",b", 100) + ")",
         "The IN operator is provided with too many operands; "
         "number of operands: 101"},
        {"a" + repeated(".b", 31) + " = :s", ""},
        {"a" + repeated(".b", 32) + " = :s",
         "The document path has too many nesting levels; "
         "nesting levels: 33"},
        {"a" + repeated("[0]", 40) + " = :s",
         "The document path has too many nesting levels; "
         "nesting levels: 41"},
        {"a[2147483647] = :s", ""},
        {"a[2147483648] = :s",
         "List index is not within the allowable range; index: "
         "[2147483648]"},
        {"a[99999999999999999999] = :s",
         "List index is not within the allowable range; index: "
         "[99999999999999999999]"},
    });
}

TEST(ConditionParse, ReportsWhatItRefersTo) {
    const auto condition = Condition::parse(
        "#a = :s AND (contains(b.#b, :n) OR :s = c) AND #a <> "
        ":m",
        names);
    ASSERT_TRUE(condition);
    EXPECT_EQ(condition->used_names(), (std::vector<std::string>{"#a", "#b"}));
    EXPECT_EQ(condition->used_values(), (std::vector<std::string>{":s", ":n", ":m"}));
    EXPECT_EQ(condition->paths(),
              (std::vector<Path>{{{"alpha"}}, {{"b"}, {"and"}}, {{"c"}}, {{"alpha"}}}));
}

TEST(ConditionParse, WithValuesNamesTheFirstFaultInTheText) {
    struct Case {
        const char* text;
        const char* message;
    };

    const char* undefined_name =
        "An expression attribute name used in the document path is not defined; attribute name: #x";
    const char* undefined_value =
        "An expression attribute value used in expression is not defined; attribute value: :x";
    const char* wrong_type =
        "Incorrect operand type for operator or function; operator or function: <, operand type: L";
    const Case cases[] = {
        {"a < :l AND #x = :s", wrong_type},
        {"#x = :s AND a < :l", undefined_name},
        {"a = :x AND #x = :s", undefined_value},
        {"#x = :x", undefined_name},
        {"a < :l AND b = :x", wrong_type},
        // What is wrong with the whole text comes first.
        {"a < :l AND foo(b)", "Invalid function name; function: foo"},
        {"a < :l AND select = :s",
         "Attribute name is a reserved keyword; reserved keyword: select"},
    };
    const ExpressionValues given = {{":l", Value(List{})}, {":s", Value(std::string("x"))}};
    for (const Case& c : cases) {
        const auto parsed = Condition::parse(c.text, {}, &given);
        ASSERT_FALSE(parsed) << c.text;
        EXPECT_EQ(parsed.error().message, c.message) << c.text;
    }
}

}  // namespace
}  // namespace carillon::dynamo
