#include "dynamo/expression/expression.hpp"

#include <gtest/gtest.h>

namespace carillon::dynamo {
namespace {

const ExpressionNames names = {{"#a", "a"}, {"#name", "name"}, {"#dot", "x.y"}};

const Item item{{"a", 1},
                {"b", "two"},
                {"l", List{Value(10), Map{{"p", 1}, {"q", 2}}, List{Value(20), Value(21)}}},
                {"m", Map{{"x", 1}, {"y", Map{{"z", 2}, {"w", 3}}}, {"l", List{Value(5)}}}},
                {"name", "n"},
                {"x.y", "dotted"}};

TEST(Projection, CopiesTheNamedParts) {
    const struct {
        const char* text;
        Item want;
    } cases[] = {
        {"a", {{"a", 1}}},
        {"b, a", {{"a", 1}, {"b", "two"}}},
        {"#a,#name", {{"a", 1}, {"name", "n"}}},
        {"#dot", {{"x.y", "dotted"}}},
        {"gone", {}},
        {"a, gone, m.gone, l[9], b.x, name_[0]", {{"a", 1}}},
        {"m.x", {{"m", Map{{"x", 1}}}}},
        {"m.y.z, m.x", {{"m", Map{{"x", 1}, {"y", Map{{"z", 2}}}}}}},
        {"m.l[0]", {{"m", Map{{"l", List{Value(5)}}}}}},
        {"l[0]", {{"l", List{Value(10)}}}},
        {"l[2], l[0]", {{"l", List{Value(10), List{Value(20), Value(21)}}}}},
        {"l[1].q, l[2][1]", {{"l", List{Map{{"q", 2}}, List{Value(21)}}}}},
        {"l[1].gone", {}},
        {"l.x", {}},
        {"m[0]", {}},
        {"and_, a", {{"a", 1}}},
    };

    for (const auto& c : cases) {
        const auto projection = Projection::parse(c.text, names);
        ASSERT_TRUE(projection) << c.text << ": " << projection.error().message;
        EXPECT_EQ(projection->apply(item), c.want) << c.text;
    }
}

TEST(Projection, KeepsEmptyDocumentsThatAreNamedThemselves) {
    const Item empty{{"l", List{}}, {"m", Map{}}};
    EXPECT_EQ(Projection::parse("l, m")->apply(empty), empty);
    EXPECT_EQ(Projection::parse("l[0], m.x")->apply(empty), Item{});
}

TEST(Projection, RefusesBrokenText) {
    const struct {
        std::string text;
        std::string want;
    } cases[] = {
        {"", "The expression can not be empty;"},
        {" ", "The expression can not be empty;"},
        {std::string(4097, 'a'),
         "Expression size has exceeded the maximum allowed size; expression size: 4097"},
        {"!!!", R"(Syntax error; token: "!", near: "!!")"},
        {"a b", R"(Syntax error; token: "b", near: "a b")"},
        {"a,", R"(Syntax error; token: "<EOF>", near: ",")"},
        {",a", R"(Syntax error; token: ",", near: ",a")"},
        {"a..b", R"(Syntax error; token: ".", near: "..b")"},
        {"a[b]", R"(Syntax error; token: "b", near: "[b]")"},
        {":v", R"(Syntax error; token: ":v", near: ":v")"},
        {"_id", R"(Syntax error; token: "_", near: "_id")"},
        {"name", "Attribute name is a reserved keyword; reserved keyword: name"},
        {"a.and", "Attribute name is a reserved keyword; reserved keyword: and"},
        {"a, #x",
         "An expression attribute name used in the document path is not defined; attribute name: "
         "#x"},
        {"a, #a",
         "Two document paths overlap with each other; must remove or rewrite one of these paths; "
         "path one: [a], path two: [a]"},
        {"m.x.y, b, m.x",
         "Two document paths overlap with each other; must remove or rewrite one of these paths; "
         "path one: [m, x, y], path two: [m, x]"},
        {"m.x, m[0]",
         "Two document paths conflict with each other; must remove or rewrite one of these paths; "
         "path one: [m, x], path two: [m, [0]]"},
        {"a[2147483648]", "List index is not within the allowable range; index: [2147483648]"},
    };

    for (const auto& c : cases) {
        const auto projection = Projection::parse(c.text, names);
        ASSERT_FALSE(projection) << c.text;
        EXPECT_EQ(projection.error().code, Errc::invalid);
        EXPECT_EQ(projection.error().message, c.want) << c.text;
    }
}

TEST(Projection, ReportsItsNamesAndPaths) {
    const auto projection = Projection::parse("#name.b[2], c, #a", names);
    ASSERT_TRUE(projection);
    EXPECT_EQ(projection->used_names(), (std::vector<std::string>{"#name", "#a"}));
    const std::vector<Path> want = {{{"name"}, {"b"}, {{}, 2}}, {{"c"}}, {{"a"}}};
    EXPECT_EQ(projection->paths(), want);
}

TEST(Projection, TakesPlainAttributeNames) {
    const auto projection = Projection::of_attributes({"name", "a", "x.y", "a", "gone"});
    EXPECT_EQ(projection.apply(item), (Item{{"a", 1}, {"name", "n"}, {"x.y", "dotted"}}));
    EXPECT_EQ(Projection::of_attributes({}).apply(item), Item{});
    EXPECT_TRUE(projection.used_names().empty());
}

}  // namespace
}  // namespace carillon::dynamo
