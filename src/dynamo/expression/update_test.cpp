#include "dynamo/expression/expression.hpp"
#include "dynamo/expression/path.hpp"

#include <gtest/gtest.h>

namespace carillon::dynamo {
namespace {

Value list_of(std::initializer_list<int> numbers) {
    List list;
    for (const int number : numbers) list.emplace_back(number);
    return list;
}

const Item item{{"id", "a1"},
                {"n", 5},
                {"s", "text"},
                {"l", list_of({10, 11, 12, 13})},
                {"m", Map{{"x", 1}, {"in_", Map{{"y", 2}}}, {"l", List{Map{{"z", 3}}}}}},
                {"ss", Value::string_set({"a", "b"})},
                {"ns", Value::number_set({Number(1)})},
                {"bs", Value::binary_set({Binary{"p"}, Binary{"q"}})},
                {"huge", *Number::parse("9.9999999999999999999999999999999999999E+125")}};

const ExpressionValues values = {{":1", 1},
                                 {":2", 2},
                                 {":big", *Number::parse("9E+125")},
                                 {":s", "new"},
                                 {":l", list_of({7, 8})},
                                 {":empty", List{}},
                                 {":m", Map{{"k", "v"}}},
                                 {":ab", Value::string_set({"a", "b"})},
                                 {":bc", Value::string_set({"b", "c"})},
                                 {":n12", Value::number_set({Number(1), Number(2)})},
                                 {":q", Value::binary_set({Binary{"q"}, Binary{"r"}})},
                                 {":null", Null{}}};

Result<Item> applied(std::string_view text,
                     const Item& before = item,
                     std::vector<Path>* touched = nullptr) {
    const auto update = Update::parse(text);
    EXPECT_TRUE(update) << text << ": " << (update ? "" : update.error().message);
    if (!update) return std::unexpected(update.error());
    Item after = before;
    const auto done = update->apply(after, values, touched);
    if (!done) {
        EXPECT_EQ(after, before) << "an error must leave the item as it was: " << text;
        return std::unexpected(done.error());
    }
    return after;
}

Item with(Item base, std::string_view name, Value value) {
    base.set(name, std::move(value));
    return base;
}

Item lacking(Item base, std::string_view name) {
    base.erase(name);
    return base;
}

struct Case {
    const char* text;
    Item want;
};

void expect_items(const std::vector<Case>& cases) {
    for (const Case& c : cases) {
        const auto after = applied(c.text);
        ASSERT_TRUE(after) << c.text << ": " << after.error().message;
        EXPECT_EQ(*after, c.want) << c.text;
    }
}

void expect_error(const std::string& want, std::initializer_list<const char*> texts) {
    for (const char* text : texts) {
        const auto after = applied(text);
        ASSERT_FALSE(after) << text;
        EXPECT_EQ(after.error().code, Errc::invalid);
        EXPECT_EQ(after.error().message, want) << text;
    }
}

TEST(Update, SetsAttributes) {
    expect_items({
        {"SET a = :1", with(item, "a", 1)},
        {"SET n = :s", with(item, "n", "new")},
        {"SET a = n", with(item, "a", 5)},
        {"SET a = m.in_.y", with(item, "a", 2)},
        {"SET a = l[1]", with(item, "a", 11)},
        {"SET a = :null", with(item, "a", Null{})},
        {"SET a = :1, b = :2", with(with(item, "a", 1), "b", 2)},
    });
}

TEST(Update, AddsAndSubtracts) {
    expect_items({
        {"SET n = n + :1", with(item, "n", 6)},
        {"SET n = :1 - n", with(item, "n", -4)},
        {"SET a = :1 + :2", with(item, "a", 3)},
        {"SET a = n + m.x", with(item, "a", 6)},
        {"SET a = if_not_exists(gone, :1) + if_not_exists(n, :2)", with(item, "a", 6)},
        {"SET a = (n - :2)", with(item, "a", 3)},
    });
}

TEST(Update, CallsItsFunctions) {
    expect_items({
        {"SET a = if_not_exists(a, :1)", with(item, "a", 1)},
        {"SET n = if_not_exists(n, :1)", item},
        {"SET a = if_not_exists(n, :1)", with(item, "a", 5)},
        {"SET a = if_not_exists(gone, if_not_exists(m.gone, :2))", with(item, "a", 2)},
        {"SET a = list_append(l, :l)", with(item, "a", list_of({10, 11, 12, 13, 7, 8}))},
        {"SET l = list_append(:l, l)", with(item, "l", list_of({7, 8, 10, 11, 12, 13}))},
        {"SET a = list_append(:empty, :empty)", with(item, "a", List{})},
        {"SET a = list_append(if_not_exists(a, :empty), :l)", with(item, "a", list_of({7, 8}))},
    });
}

TEST(Update, WritesInsideDocuments) {
    Map added = *item.find("m")->map();
    added.set("w", 1);
    Map deep = *item.find("m")->map();
    deep.set("in_", Map{{"y", 2}, {"k", Map{{"k", "v"}}}});
    Map in_list = *item.find("m")->map();
    in_list.set("l", List{Map{{"z", 1}}});
    expect_items({
        {"SET m.w = :1", with(item, "m", added)},
        {"SET m.in_.k = :m", with(item, "m", deep)},
        {"SET m.l[0].z = :1", with(item, "m", in_list)},
        {"SET l[1] = :s", with(item, "l", List{Value(10), Value("new"), Value(12), Value(13)})},
    });
    const auto after = applied("ADD m.x :2 SET m.in_.y = :1 REMOVE m.l[0].z");
    ASSERT_TRUE(after);
    EXPECT_EQ(*after->find("m"), Value(Map{{"x", 3}, {"in_", Map{{"y", 1}}}, {"l", List{Map{}}}}));
}

TEST(Update, AppendsElementsBeyondTheEndInOrderOfTheirIndexes) {
    expect_items({
        {"SET l[4] = :1", with(item, "l", list_of({10, 11, 12, 13, 1}))},
        {"SET l[99] = :1", with(item, "l", list_of({10, 11, 12, 13, 1}))},
        {"SET l[99] = :1, l[20] = :2", with(item, "l", list_of({10, 11, 12, 13, 2, 1}))},
        {"SET l[99] = :1, l[0] = :2", with(item, "l", list_of({2, 11, 12, 13, 1}))},
        {"ADD l[99] :1", with(item, "l", list_of({10, 11, 12, 13, 1}))},
    });
}

TEST(Update, RemovesByTheIndexesThatTheItemHadBefore) {
    expect_items({
        {"REMOVE n", lacking(item, "n")},
        {"REMOVE n, s", lacking(lacking(item, "n"), "s")},
        {"REMOVE l[0]", with(item, "l", list_of({11, 12, 13}))},
        {"REMOVE l[0], l[2]", with(item, "l", list_of({11, 13}))},
        {"REMOVE l[2], l[0], l[1], l[3]", with(item, "l", List{})},
        {"REMOVE l[4]", item},
        {"REMOVE l[0] SET l[1] = :1", with(item, "l", list_of({1, 12, 13}))},
        {"SET l[9] = :1 REMOVE l[0], l[4]", with(item, "l", list_of({11, 12, 13, 1}))},
        {"REMOVE gone, m.gone", item},
        {"REMOVE m.l[0]", with(item, "m", Map{{"x", 1}, {"in_", Map{{"y", 2}}}, {"l", List{}}})},
    });
}

TEST(Update, RemovesBelowAndBesideListElements) {
    const Item before{{"l", List{Map{{"a", 1}, {"b", 2}}, Map{{"a", 3}, {"b", 4}}, Value(5)}}};
    const auto after = applied("REMOVE l[0], l[1].a, l[2]", before);
    ASSERT_TRUE(after);
    EXPECT_EQ(*after, (Item{{"l", List{Map{{"b", 4}}}}}));
}

TEST(Update, AddsNumbersAndMembers) {
    expect_items({
        {"ADD n :2", with(item, "n", 7)},
        {"ADD a :2", with(item, "a", 2)},
        {"ADD ss :bc", with(item, "ss", Value::string_set({"a", "b", "c"}))},
        {"ADD ns :n12", with(item, "ns", Value::number_set({Number(1), Number(2)}))},
        {"ADD bs :q", with(item, "bs", Value::binary_set({Binary{"p"}, Binary{"q"}, Binary{"r"}}))},
        {"ADD a :bc", with(item, "a", Value::string_set({"b", "c"}))},
        {"ADD ss :ab", item},
    });
}

TEST(Update, DeletesMembersAndWithTheLastTheAttribute) {
    expect_items({
        {"DELETE ss :bc", with(item, "ss", Value::string_set({"a"}))},
        {"DELETE ss :ab", lacking(item, "ss")},
        {"DELETE ns :n12", lacking(item, "ns")},
        {"DELETE bs :q", with(item, "bs", Value::binary_set({Binary{"p"}}))},
        {"DELETE gone :ab", item},
        {"DELETE m.gone :ab", item},
    });
    const Item nested{{"l", List{Value::string_set({"a"}), Value(1)}}};
    EXPECT_EQ(applied("DELETE l[0] :ab", nested).value(), (Item{{"l", List{Value(1)}}}));
}

TEST(Update, ReadsAllOperandsBeforeItWrites) {
    const Item before{{"a", 1}, {"b", 2}};
    EXPECT_EQ(applied("SET a = b, b = a", before).value(), (Item{{"a", 2}, {"b", 1}}));
    EXPECT_EQ(applied("SET c = a REMOVE a ADD b :1", before).value(), (Item{{"b", 3}, {"c", 1}}));
    EXPECT_EQ(applied("REMOVE a SET c = a + :1", before).value(), (Item{{"b", 2}, {"c", 2}}));
    EXPECT_EQ(applied("SET l[0] = l[1], l[1] = l[0]").value().find("l")->list()->front(),
              Value(11));
}

TEST(Update, WorksOnAnAbsentItem) {
    EXPECT_EQ(applied("SET a = :1 ADD b :2 REMOVE c DELETE d :ab", Item{}).value(),
              (Item{{"a", 1}, {"b", 2}}));
}

TEST(Update, RefusesWrongTypesInTheItem) {
    expect_error("An operand in the update expression has an incorrect data type",
                 {"SET a = s + :1",
                  "SET a = :1 - l",
                  "SET a = list_append(n, :l)",
                  "SET a = list_append(:l, m)",
                  "SET a = if_not_exists(s, :1) + :1",
                  "SET a = list_append(:l, :l) + :1",
                  "ADD s :1",
                  "ADD n :ab",
                  "ADD ss :1",
                  "ADD ns :ab",
                  "ADD l :1",
                  "DELETE n :ab",
                  "DELETE ns :ab",
                  "ADD s :s",
                  "SET a = :1, b = s + :1"});
}

TEST(Update, RefusesOperandsThatAreNotInTheItem) {
    expect_error("The provided expression refers to an attribute that does not exist in the item",
                 {"SET a = gone",
                  "SET a = gone + :1",
                  "SET a = m.gone",
                  "SET a = l[4]",
                  "SET a = s.x",
                  "SET a = list_append(gone, :l)",
                  "SET a = if_not_exists(gone, gone2)"});
}

TEST(Update, RefusesPathsThatLeadNowhere) {
    expect_error("The document path provided in the update expression is invalid for update",
                 {"SET gone.x = :1",
                  "SET m.gone.x = :1",
                  "SET l[9].x = :1",
                  "SET l[0].x = :1",
                  "SET s.x = :1",
                  "SET gone[0] = :1",
                  "SET m[0] = :1",
                  "SET l.x = :1",
                  "REMOVE gone.x",
                  "REMOVE m[0]",
                  "REMOVE l.x",
                  "ADD gone.x :1",
                  "DELETE gone.x :ab",
                  "SET n = :2, gone.x = :1"});
}

TEST(Update, RefusesSumsOutOfRange) {
    for (const char* text : {"SET huge = huge + :big", "ADD huge :big"}) {
        const auto after = applied(text);
        ASSERT_FALSE(after) << text;
        EXPECT_EQ(after.error().code, Errc::invalid);
        EXPECT_EQ(after.error().message,
                  "Number overflow. Attempting to store a number with magnitude larger than "
                  "supported range");
    }
}

TEST(Update, RefusesUndefinedValues) {
    expect_error(
        "An expression attribute value used in expression is not defined; attribute value: :x",
        {"SET a = :x", "ADD a :x", "DELETE ss :x", "SET a = if_not_exists(gone, :x)"});
}

std::string touched_by(std::string_view text) {
    std::vector<Path> touched{Path{{"stale"}}};
    EXPECT_TRUE(applied(text, item, &touched)) << text;
    std::string all;
    for (const Path& path : touched) all += path_text(path);
    return all;
}

TEST(Update, TellsWhichPathsItTouched) {
    EXPECT_EQ(touched_by("SET n = :1, m.x = :2 REMOVE s"), "[n][m, x][s]");
    EXPECT_EQ(touched_by("ADD a :1 DELETE ss :ab"), "[a][ss]");
    EXPECT_EQ(touched_by("SET l[1] = :1"), "[l, [1]]");
    // As they were asked for, so that UPDATED_NEW does not show what was appended elsewhere.
    EXPECT_EQ(touched_by("SET l[99] = :1, l[98] = :2"), "[l, [99]][l, [98]]");
    // Nothing happened there.
    EXPECT_EQ(touched_by("REMOVE gone DELETE gone2 :ab"), "");
}

TEST(Update, NamesAMissingOperandBeforeAnImpossiblePlace) {
    const auto update = Update::parse("SET s.a = :one, b = gone").value();
    Item changed = item;
    const auto applied = update.apply(changed, {{":one", Value(Number(1))}});
    ASSERT_FALSE(applied);
    EXPECT_EQ(applied.error().message,
              "The provided expression refers to an attribute that does not exist in the item");
    EXPECT_EQ(changed, item);
}

TEST(Update, KnowsTypesThatTheRequestDecides) {
    struct Case {
        const char* text;
        std::optional<Type> type;
    };

    const Case cases[] = {
        {"SET a = :s", Type::string},
        {"SET a = b", std::nullopt},
        {"SET a = if_not_exists(b, :s)", Type::string},
        {"SET a = if_not_exists(b, c)", std::nullopt},
        {"SET a = b + c", Type::number},
        {"SET a = list_append(b, c)", Type::list},
        {"ADD a :ss", Type::string_set},
        {"DELETE a :ss", Type::string_set},
        {"REMOVE a", std::nullopt},
        {"SET a.b = :s", std::nullopt},
        {"SET b = :s", std::nullopt},
    };
    const ExpressionValues given = {{":s", Value(std::string("x"))},
                                    {":ss", Value::string_set({"x"})}};
    for (const Case& c : cases) {
        EXPECT_EQ(Update::parse(c.text).value().written_type("a", given), c.type) << c.text;
    }
}

}  // namespace
}  // namespace carillon::dynamo
