// What updates are refused for, before any item is looked at.

#include "dynamo/expression/expression.hpp"

#include <gtest/gtest.h>

namespace carillon::dynamo {
namespace {

const ExpressionNames names = {{"#a", "alpha"}, {"#s", "set"}};
const ExpressionValues values = {{":n", 1},
                                 {":s", "text"},
                                 {":b", Binary{"x"}},
                                 {":t", true},
                                 {":null", Null{}},
                                 {":l", List{Value(1)}},
                                 {":m", Map{{"x", 1}}},
                                 {":ss", Value::string_set({"a"})},
                                 {":ns", Value::number_set({Number(1)})}};

/// Empty when the update is accepted.
std::string error_of(std::string_view text) {
    const auto update = Update::parse(text, names);
    if (!update) {
        EXPECT_EQ(update.error().code, Errc::invalid);
        return update.error().message;
    }
    const auto checked = update->check(values);
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

TEST(UpdateParse, AcceptsTheGrammar) {
    for (const char* text : {
             "SET a = :n",
             "set a=b",
             "SET a = :n, b = :n , c.d[0] = e.f",
             "SET a = a + :n",
             "SET a = :n - b",
             "SET a = (:n)",
             "SET a = (a + :n)",
             "SET a = (a) + (:n)",
             "SET a = if_not_exists(a, :n) + :n",
             "SET a = if_not_exists(b.c, if_not_exists(d, :n))",
             "SET a = list_append(if_not_exists(a, :l), :l)",
             "SET a = if_not_exists(a, list_append(b, :l))",
             "SET #a = :n",
             "SET #s.x = :n",
             "REMOVE a",
             "REMOVE a, b[0], c.d",
             "ADD a :n",
             "ADD a :n, b :ss",
             "DELETE a :ss, b.c :ns",
             "SET a = :n REMOVE b ADD c :n DELETE d :ss",
             "DELETE d :ss REMOVE b\nSET a = :n",
             "SET a[0] = :n, a[1] = :n REMOVE a[2]",
         }) {
        EXPECT_EQ(error_of(text), "") << text;
    }
}

TEST(UpdateParse, RefusesBrokenSyntax) {
    const struct {
        const char* text;
        const char* token;
        const char* near;
    } cases[] = {
        {"INVALID SYNTAX HERE", "INVALID", "INVALID SYNTAX"},
        {"SET", "<EOF>", "SET"},
        {"SET a", "<EOF>", "a"},
        {"SET a :n", ":n", "a :n"},
        {"SET a =", "<EOF>", "="},
        {"SET a = :n,", "<EOF>", ","},
        {"SET a = :n, REMOVE b", "REMOVE", ", REMOVE b"},
        {"SET a = :n b = :n", "b", ":n b ="},
        {"SET a = :n + :n + :n", "+", ":n + :n"},
        {"SET a = (a + :n) + :n", "+", ") + :n"},
        {"SET a = a / :n", "/", "a / :n"},
        {"SET a = a +", "<EOF>", "+"},
        {"SET a = if_not_exists(a, :n + :n)", "+", ":n + :n"},
        {"SET a = if_not_exists(a, 0)", "0", ", 0)"},
        {"SET a = f()", ")", "()"},
        {"SET a = (:n", "<EOF>", ":n"},
        {"SET a = _f(b)", "_", "= _f"},
        {"SET set = :n", "set", "SET set ="},
        {"SET :n = a", ":n", "SET :n ="},
        {"ADD hits : incr", ":", "hits : incr"},
        {"ADD a b", "b", "a b"},
        {"ADD a = :n", "=", "a = :n"},
        {"ADD a :n + :n", "+", ":n + :n"},
        {"DELETE a", "<EOF>", "a"},
        {"REMOVE a b", "b", "a b"},
        {"REMOVE :n", ":n", "REMOVE :n"},
        {"SET a[:n] = :n", ":n", "[:n]"},
        {"= :n", "=", "= :n"},
    };

    for (const auto& c : cases) {
        EXPECT_EQ(error_of(c.text),
                  std::string("Syntax error; token: \"") + c.token + "\", near: \"" + c.near + "\"")
            << c.text;
    }
}

TEST(UpdateParse, RefusesEmptyAndOverlongText) {
    expect_errors({
        {"", "The expression can not be empty;"},
        {" ", "The expression can not be empty;"},
        {"SET a = :n" + std::string(4086, ' '), ""},
        {"SET a = :n" + std::string(4087, ' '),
         "Expression size has exceeded the maximum allowed size; expression size: 4097"},
    });
}

TEST(UpdateParse, RefusesAClauseTwice) {
    const auto twice = [](const std::string& clause) {
        return "The \"" + clause + "\" section can only be used once in an update expression;";
    };
    expect_errors({
        {"SET a = :n SET b = :n", twice("SET")},
        {"REMOVE a ADD c :n remove b", twice("REMOVE")},
        {"ADD a :n ADD b :n", twice("ADD")},
        {"DELETE a :ss DELETE b :ss", twice("DELETE")},
    });
}

TEST(UpdateParse, RefusesPathsInEachOthersWay) {
    const auto clash = [](const std::string& what, const std::string& one, const std::string& two) {
        return "Two document paths " + what +
               " with each other; must remove or rewrite one of these paths; path one: " + one +
               ", path two: " + two;
    };
    expect_errors({
        {"SET a = :n, a = :n", clash("overlap", "[a]", "[a]")},
        {"SET a = :n REMOVE a", clash("overlap", "[a]", "[a]")},
        {"SET a.b = :n, a = :n", clash("overlap", "[a, b]", "[a]")},
        {"SET a = :n ADD a.b[1] :n", clash("overlap", "[a]", "[a, b, [1]]")},
        {"SET a[0] = :n DELETE a[0].x :ss", clash("overlap", "[a, [0]]", "[a, [0], x]")},
        {"SET a[0] = :n, a.b = :n", clash("conflict", "[a, [0]]", "[a, b]")},
        {"SET alpha = :n REMOVE #a", clash("overlap", "[alpha]", "[alpha]")},
        // Operands may be read from anywhere.
        {"SET a = a.b, c = a", ""},
    });
}

TEST(UpdateParse, RefusesFunctionsThatAreNotForUpdates) {
    const std::string elsewhere = "The function is not allowed in an update expression; function: ";
    expect_errors({
        {"SET a = f(b, c)", "Invalid function name; function: f"},
        {"SET a = LIST_APPEND(b, c)", "Invalid function name; function: LIST_APPEND"},
        {"SET a = size(b)", elsewhere + "size"},
        {"SET a = attribute_exists(b)", elsewhere + "attribute_exists"},
        {"SET a = contains(b, :n)", elsewhere + "contains"},
        {"SET a = list_append(list_append(:l, :l), :l)",
         "The function is not allowed to be used this way in an expression; function: "
         "list_append"},
        {"SET a = list_append(:l)",
         "Incorrect number of operands for operator or function; operator or function: "
         "list_append, number of operands: 1"},
        {"SET a = if_not_exists(a, b, c)",
         "Incorrect number of operands for operator or function; operator or function: "
         "if_not_exists, number of operands: 3"},
        {"SET a = if_not_exists(:n, :n)",
         "Operator or function requires a document path; operator or function: if_not_exists"},
        {"SET a = if_not_exists(if_not_exists(a, :n), :n)",
         "Operator or function requires a document path; operator or function: if_not_exists"},
    });
}

TEST(UpdateParse, RefusesReservedWordsAndUndefinedPlaceholders) {
    expect_errors({
        {"SET name = :n", "Attribute name is a reserved keyword; reserved keyword: name"},
        {"REMOVE a.Status", "Attribute name is a reserved keyword; reserved keyword: Status"},
        {"SET a = if_not_exists(and, :n)",
         "Attribute name is a reserved keyword; reserved keyword: and"},
        {"SET #x = :n",
         "An expression attribute name used in the document path is not defined; attribute name: "
         "#x"},
        {"SET a = :x",
         "An expression attribute value used in expression is not defined; attribute value: :x"},
        {"ADD a :x",
         "An expression attribute value used in expression is not defined; attribute value: :x"},
        {"SET a = list_append(a, :x)",
         "An expression attribute value used in expression is not defined; attribute value: :x"},
    });
}

TEST(UpdateParse, RefusesValuesOfWrongTypes) {
    const auto clause = [](const std::string& name, const std::string& type) {
        return "Incorrect operand type for operator or function; operator: " + name +
               ", operand type: " + type + ", typeSet: ALLOWED_FOR_" + name + "_OPERAND";
    };
    const std::string function =
        "Incorrect operand type for operator or function; operator or function: ";
    expect_errors({
        {"ADD a :s", clause("ADD", "STRING")},
        {"ADD a :b", clause("ADD", "BINARY")},
        {"ADD a :t", clause("ADD", "BOOLEAN")},
        {"ADD a :null", clause("ADD", "NULL")},
        {"ADD a :l", clause("ADD", "LIST")},
        {"ADD a :m", clause("ADD", "MAP")},
        {"DELETE a :n", clause("DELETE", "NUMBER")},
        {"DELETE a :s", clause("DELETE", "STRING")},
        {"SET a = :s + :n", function + "+, operand type: S"},
        {"SET a = b - :ss", function + "-, operand type: SS"},
        {"SET a = list_append(:l, :s)", function + "list_append, operand type: S"},
        {"SET a = list_append(b, :m)", function + "list_append, operand type: M"},
        {"SET a = if_not_exists(a, list_append(b, :m))", function + "list_append, operand type: M"},
    });
}

TEST(UpdateParse, KeepsTheLimitsOfSizeAndNesting) {
    const auto sums = [](int count) {
        std::string text = "SET a0=b+c";
        for (int i = 1; i < count; ++i) text += ",a" + std::to_string(i) + "=b+c";
        return text;
    };
    std::string deep = "SET a = " + std::string(2000, '(') + ":n" + std::string(2000, ')');
    expect_errors({
        {sums(300), ""},
        {sums(301), "The expression contains too many operators; operator count: 301"},
        {deep, "The expression has redundant parentheses;"},
    });
    std::string path = "REMOVE a";
    for (int i = 0; i < 32; ++i) path += ".b";
    EXPECT_EQ(error_of(path), "The document path has too many nesting levels; nesting levels: 33");
}

TEST(UpdateParse, ReportsWhatItRefersTo) {
    const auto update =
        Update::parse("SET #a = if_not_exists(#s, :n), b = :s REMOVE c.d[1] ADD e :n", names);
    ASSERT_TRUE(update);
    EXPECT_EQ(update->used_names(), (std::vector<std::string>{"#a", "#s"}));
    EXPECT_EQ(update->used_values(), (std::vector<std::string>{":n", ":s"}));
    EXPECT_EQ(
        update->paths(),
        (std::vector<Path>{{{"alpha"}}, {{"set"}}, {{"b"}}, {{"c"}, {"d"}, {{}, 1}}, {{"e"}}}));
    for (const char* attribute : {"alpha", "b", "c", "e"}) {
        EXPECT_TRUE(update->touches(attribute)) << attribute;
    }
    // Read, or below another attribute, or only a placeholder.
    for (const char* attribute : {"set", "d", "#a", ""}) {
        EXPECT_FALSE(update->touches(attribute)) << attribute;
    }
}

TEST(UpdateParse, KeepsItsSourceWithTheNamesThatItUses) {
    const std::string text = "SET #a = :n";
    const auto update = Update::parse(text, names);
    ASSERT_TRUE(update);
    EXPECT_EQ(update->source().text, text);
    EXPECT_EQ(update->source().names, (ExpressionNames{{"#a", "alpha"}}));
}

}  // namespace
}  // namespace carillon::dynamo
