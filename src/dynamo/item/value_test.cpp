#include "dynamo/item/value.hpp"

#include "core/random.hpp"

#include <gtest/gtest.h>

#include <map>

namespace carillon::dynamo {
namespace {

TEST(AttributeMap, KeepsNamesSortedByTheirBytes) {
    const Item item{{"b", 1}, {"", 2}, {"\xC3\xA9", 3}, {"a", 4}, {"B", 5}};
    std::vector<std::string> names;
    for (const Attribute& attribute : item) names.push_back(attribute.name);
    EXPECT_EQ(names, (std::vector<std::string>{"", "B", "a", "b", "\xC3\xA9"}));
}

TEST(AttributeMap, FindsWhatWasSetAndNothingElse) {
    Item item{{"id", "a1"}, {"count", 3}};
    ASSERT_NE(item.find("id"), nullptr);
    EXPECT_EQ(*item.find("id"), Value("a1"));
    EXPECT_EQ(item.find("i"), nullptr);
    EXPECT_EQ(item.find("idd"), nullptr);
    EXPECT_EQ(item.find("zz"), nullptr);
    EXPECT_EQ(Item().find("id"), nullptr);

    *item.find("count") = 4;
    EXPECT_EQ(*std::as_const(item).find("count"), Value(4));
}

TEST(AttributeMap, LaterValueOfTheSameNameWins) {
    Item item{{"a", 1}, {"a", 2}};
    EXPECT_EQ(item.size(), 1U);
    EXPECT_EQ(item.set("a", 3), Value(3));
    EXPECT_EQ(item, (Item{{"a", 3}}));
}

TEST(AttributeMap, EraseSaysWhetherThereWasOne) {
    Item item{{"a", 1}, {"b", 2}};
    EXPECT_TRUE(item.erase("a"));
    EXPECT_FALSE(item.erase("a"));
    EXPECT_FALSE(item.erase("c"));
    EXPECT_EQ(item, (Item{{"b", 2}}));
    item.clear();
    EXPECT_TRUE(item.empty());
}

TEST(AttributeMap, AgreesWithAnOrderedMapOverRandomChanges) {
    constexpr std::uint64_t seed = 20'240'901;
    SCOPED_TRACE(seed);
    SeededRandom random(seed);
    Item item;
    std::map<std::string, Value, std::less<>> oracle;
    for (int step = 0; step < 20'000; ++step) {
        const std::string name = "n" + std::to_string(random.below(40));
        if (random.below(3) == 0) {
            EXPECT_EQ(item.erase(name), oracle.erase(name) == 1);
        } else {
            item.set(name, step);
            oracle.insert_or_assign(name, Value(step));
        }
        const Value* found = item.find(name);
        const auto expected = oracle.find(name);
        ASSERT_EQ(found != nullptr, expected != oracle.end());
        if (found != nullptr) ASSERT_EQ(*found, expected->second);
    }
    ASSERT_EQ(item.size(), oracle.size());
    auto expected = oracle.begin();
    for (const Attribute& attribute : item) {
        EXPECT_EQ(attribute.name, expected->first);
        EXPECT_EQ(attribute.value, expected->second);
        ++expected;
    }
}

TEST(AttributeMap, SortsWhatComesUnsorted) {
    const Item item = Item::from_unsorted({{"b", 1}, {"a", 2}, {"c", 3}});
    EXPECT_EQ(item, (Item{{"a", 2}, {"b", 1}, {"c", 3}}));
    EXPECT_EQ(Item::from_unsorted({}), Item());
    EXPECT_EQ(Item::from_unsorted({{"a", 1}, {"b", 2}, {"a", 1}}), (Item{{"a", 1}, {"b", 2}}));
}

TEST(AttributeMapDeathTest, AppendRefusesANameOutOfOrder) {
    Item item{{"b", 1}};
    EXPECT_EQ(item.append("c", 2), Value(2));
    EXPECT_DEATH(item.append("c", 3), "check failed");
    EXPECT_DEATH(item.append("a", 3), "check failed");
}

TEST(Value, KnowsItsType) {
    struct Case {
        Value value;
        Type type;
        std::string_view name;
    };

    const Case cases[] = {
        {"text", Type::string, "S"},
        {std::string("text"), Type::string, "S"},
        {std::string_view("text"), Type::string, "S"},
        {7, Type::number, "N"},
        {std::int64_t{7}, Type::number, "N"},
        {Binary{"x"}, Type::binary, "B"},
        {true, Type::boolean, "BOOL"},
        {Null{}, Type::null, "NULL"},
        {Value(), Type::null, "NULL"},
        {Value::string_set({"a"}), Type::string_set, "SS"},
        {Value::number_set({1}), Type::number_set, "NS"},
        {Value::binary_set({{"a"}}), Type::binary_set, "BS"},
        {List{1}, Type::list, "L"},
        {Map{{"a", 1}}, Type::map, "M"},
    };
    for (const Case& c : cases) {
        EXPECT_EQ(c.value.type(), c.type) << c.name;
        EXPECT_EQ(type_name(c.value.type()), c.name);
    }
}

TEST(Value, ShorthandsAnswerOnlyForTheirType) {
    const Value text("x");
    ASSERT_NE(text.string(), nullptr);
    EXPECT_EQ(*text.string(), "x");
    EXPECT_EQ(text.number(), nullptr);
    EXPECT_EQ(text.list(), nullptr);
    EXPECT_EQ(text.map(), nullptr);
    EXPECT_EQ(Value(Binary{"x"}).string(), nullptr);
    EXPECT_EQ(*Value(3).number(), Number(3));
}

TEST(Value, EmplaceReplacesTheContent) {
    Value value("text");
    value.emplace<List>().push_back(1);
    EXPECT_EQ(value, Value(List{1}));
    EXPECT_EQ(value.emplace<std::string>("again"), "again");
    EXPECT_EQ(value.type(), Type::string);
}

TEST(Value, SetsCompareWithoutOrderOrDuplicates) {
    EXPECT_EQ(Value::string_set({"b", "a", "b"}), Value::string_set({"a", "b"}));
    EXPECT_EQ(Value::number_set({3, *Number::parse("1.0"), 1}), Value::number_set({1, 3}));
    EXPECT_EQ(Value::binary_set({{"b"}, {"a"}, {"a"}}), Value::binary_set({{"a"}, {"b"}}));
    EXPECT_NE(Value::string_set({"a"}), Value::string_set({"a", "b"}));
    EXPECT_EQ(Value::number_set({10, 9, -1}).get_if<NumberSet>()->front(), Number(-1));
}

TEST(Value, ComparesDeeplyAndByType) {
    const Value deep = List{Map{{"a", List{1, "x", Null{}}}}, true};
    EXPECT_EQ(deep, Value(List{Map{{"a", List{1, "x", Null{}}}}, true}));
    EXPECT_NE(deep, Value(List{Map{{"a", List{1, "y", Null{}}}}, true}));
    EXPECT_NE(Value("x"), Value(Binary{"x"}));
    EXPECT_NE(Value("1"), Value(1));
    EXPECT_NE(Value(List{1, 2}), Value(List{2, 1}));
    EXPECT_EQ(Value(*Number::parse("1.50")), Value(*Number::parse("15e-1")));
}

TEST(SizeOf, FollowsTheDocumentedRules) {
    struct Case {
        const char* name = nullptr;
        Value value;
        std::size_t size = 0;
    };

    const Case cases[] = {
        {"empty string", "", 0},
        {"utf-8 bytes", "h\xC3\xA9", 3},
        {"binary", Binary{std::string(5, '\0')}, 5},
        {"zero", 0, 1},
        {"one digit", 7, 2},
        {"bool", false, 1},
        {"null", Null{}, 1},
        {"string set", Value::string_set({"a", "bcd"}), 4},
        {"number set", Value::number_set({1, 2}), 4},
        {"binary set", Value::binary_set({{"a"}, {"bc"}}), 3},
        {"empty list", List{}, 3},
        {"empty map", Map{}, 3},
        {"list", List{"ab", true}, 3 + 2 + 2 + 1},
        {"map", Map{{"key", "ab"}}, 3 + 1 + 3 + 2},
        {"nested", List{Map{{"k", List{}}}}, 3 + 1 + (3 + 1 + 1 + 3)},
    };
    for (const Case& c : cases) EXPECT_EQ(size_of(c.value), c.size) << c.name;
    EXPECT_EQ(size_of(Item{{"id", "a1"}, {"n", 7}}), 2U + 2 + 1 + 2);
    EXPECT_EQ(size_of(Item()), 0U);
}

TEST(PageWeight, CountsNamesAsOneByteAndTheSortKeyInEveryHeader) {
    const Item item{{"id", "a1"}, {"long name", 7}};
    EXPECT_EQ(page_weight(item, ""), 2U + (1 + 3) + (1 + 3) + 18);
    EXPECT_EQ(page_weight(item, "long name"), 2U + (1 + 3) + (18 + 3));
    const Item large{{"id", std::string(6000, 'x')}, {"n", 7}};
    EXPECT_EQ(page_weight(large, "n"), 2U + (1 + 6002) + 2 * (18 + 3)) << "two parts of 3 KB";
}

TEST(DepthOf, CountsNestedListsAndMaps) {
    EXPECT_EQ(depth_of("x"), 0);
    EXPECT_EQ(depth_of(Value::string_set({"x"})), 0);
    EXPECT_EQ(depth_of(List{}), 1);
    EXPECT_EQ(depth_of(Map{{"a", 1}}), 1);
    EXPECT_EQ(depth_of(List{1, Map{{"a", List{}}}, List{}}), 3);
}

}  // namespace
}  // namespace carillon::dynamo
