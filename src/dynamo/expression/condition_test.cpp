#include "dynamo/expression/expression.hpp"

#include <gtest/gtest.h>

#include <optional>

namespace carillon::dynamo {
namespace {

const Item item{{"id", "a1"},
                {"n", 5},
                {"neg", -7},
                {"s", "hello"},
                {"e", ""},
                {"b", Binary{"\x01\xFF"}},
                {"t", true},
                {"nul", Null{}},
                {"list_", List{Value(1), Value("two"), Map{{"k", "v"}}}},
                {"m", Map{{"in_", Map{{"deep", 9}}}, {"l", List{Value(7)}}}},
                {"ss", Value::string_set({"x", "y"})},
                {"ns", Value::number_set({Number(1), Number(2)})},
                {"bs", Value::binary_set({Binary{"q"}})},
                {"five", 5}};

const ExpressionNames names = {{"#n", "n"}, {"#m", "m"}, {"#deep", "deep"}};
const ExpressionValues values = {{":1", 1},
                                 {":2", 2},
                                 {":3", 3},
                                 {":5", 5},
                                 {":6", 6},
                                 {":9", 9},
                                 {":h", "hello"},
                                 {":he", "he"},
                                 {":ll", "ll"},
                                 {":z", "z"},
                                 {":x", "x"},
                                 {":empty", ""},
                                 {":5s", "5"},
                                 {":b1", Binary{"\x01"}},
                                 {":bff", Binary{"\xFF"}},
                                 {":true", true},
                                 {":false", false},
                                 {":null", Null{}},
                                 {":ssyx", Value::string_set({"y", "x"})},
                                 {":two", "two"},
                                 {":map", Map{{"k", "v"}}},
                                 {":N", "N"},
                                 {":L", "L"},
                                 {":M", "M"}};

bool holds(std::string_view text, const Item& subject = item) {
    const auto condition = Condition::parse(text, names);
    EXPECT_TRUE(condition) << text << ": " << (condition ? "" : condition.error().message);
    if (!condition) return false;
    const auto checked = condition->check(values);
    EXPECT_TRUE(checked) << text << ": " << (checked ? "" : checked.error().message);
    const auto answer = condition->holds(subject, values);
    EXPECT_TRUE(answer) << text;
    return answer.value_or(false);
}

void expect_true(std::initializer_list<const char*> texts) {
    for (const char* text : texts) EXPECT_TRUE(holds(text)) << text;
}

void expect_false(std::initializer_list<const char*> texts) {
    for (const char* text : texts) EXPECT_FALSE(holds(text)) << text;
}

TEST(Condition, ComparesForEquality) {
    expect_true({"n = :5",
                 ":5 = n",
                 "n = five",
                 ":5 = :5",
                 "s = :h",
                 "e = :empty",
                 "t = :true",
                 "nul = :null",
                 "ss = :ssyx",
                 "list_[2] = :map",
                 "m.in_.deep = :9",
                 "#m.in_.#deep = :9",
                 "m.l[0] <> :9"});
    expect_false({"n = :6",
                  "n = :5s",
                  ":5 = :6",
                  "s = :he",
                  "t = :false",
                  "nul = :empty",
                  "ss = :x",
                  "list_[0] = :2"});
}

TEST(Condition, ComparesForInequality) {
    expect_true({"n <> :6", "n <> :5s", ":5 <> :6", "t <> :false"});
    expect_false({"n <> :5", "s <> :h", ":5 <> :5", "n <> five", "ss <> :ssyx"});
}

TEST(Condition, Orders) {
    expect_true({"n < :6",
                 "n <= :5",
                 "n > :1",
                 "n >= :5",
                 "neg < n",
                 "s < :z",
                 "s > :he",
                 "e < :he",
                 "b > :b1",
                 "b < :bff",
                 ":1 < n",
                 ":1 < :2"});
    expect_false({"n < :5",
                  "n <= :1",
                  "n > :5",
                  "n >= :6",
                  "s < :he",
                  "n < :5s",
                  "n > :5s",
                  "t > n",
                  "list_ < n",
                  "nul <= n",
                  "t <= t.x"});
}

TEST(Condition, TakesBoundsAsIncluded) {
    expect_true({"n BETWEEN :5 AND :5",
                 "n BETWEEN :1 AND :9",
                 "s BETWEEN :he AND :z",
                 "n BETWEEN neg AND :9",
                 ":2 BETWEEN :1 AND n",
                 "b BETWEEN :b1 AND :bff",
                 "size(s) BETWEEN :5 AND :6"});
    expect_false({"n BETWEEN :6 AND :9",
                  "n BETWEEN :1 AND :2",
                  "s BETWEEN :1 AND :9",
                  "n BETWEEN five AND neg",
                  "gone BETWEEN :1 AND :9",
                  "n BETWEEN gone AND :9",
                  "n BETWEEN s AND :9",
                  "t BETWEEN :1 AND :9"});
}

TEST(Condition, FindsOneOfSeveral) {
    expect_true({"n IN (:5)",
                 "n IN (:1, :h, :5)",
                 "s IN (:1, five, :h)",
                 "ss IN (:ssyx)",
                 "n IN (size(s))"});
    expect_false({"n IN (:1, :2)", "n IN (:5s)", "gone IN (:1, :5)", "n IN (gone)"});
}

TEST(Condition, KnowsWhatExists) {
    expect_true({"attribute_exists(n)",
                 "attribute_exists(nul)",
                 "attribute_exists(e)",
                 "attribute_exists(m.in_.deep)",
                 "attribute_exists(list_[2].k)",
                 "attribute_not_exists(gone)",
                 "attribute_not_exists(m.gone)",
                 "attribute_not_exists(list_[3])",
                 "attribute_not_exists(list_.k)",
                 "attribute_not_exists(m[0])",
                 "attribute_not_exists(n.x)"});
    expect_false({"attribute_exists(gone)", "attribute_not_exists(n)"});
}

TEST(Condition, KnowsTypes) {
    expect_true({"attribute_type(n, :N)",
                 "attribute_type(list_, :L)",
                 "attribute_type(m, :M)",
                 "attribute_type(:5, :N)",
                 "NOT attribute_type(gone, :N)"});
    expect_false({"attribute_type(s, :N)", "attribute_type(ns, :N)", "attribute_type(gone, :N)"});
}

TEST(Condition, CallsBeginsWithAndContains) {
    expect_true({"begins_with(s, :he)",
                 "begins_with(:h, :he)",
                 "begins_with(b, :b1)",
                 "begins_with(s, e)",
                 "contains(s, :ll)",
                 "contains(ss, :x)",
                 "contains(ns, :2)",
                 "contains(list_, :two)",
                 "contains(list_, :map)",
                 "contains(:h, :ll)",
                 "contains(ns, list_[0])"});
    expect_false({"begins_with(s, :ll)",
                  "begins_with(n, :he)",
                  "begins_with(gone, :he)",
                  "begins_with(s, gone)",
                  "contains(s, :z)",
                  "contains(ss, :z)",
                  "contains(n, :5)",
                  "contains(gone, :5)",
                  "contains(s, gone)"});
}

TEST(Condition, MeasuresSizes) {
    expect_true({"size(s) = :5",
                 "size(e) < :1",
                 "size(b) = :2",
                 "size(ss) = :2",
                 "size(list_) = :3",
                 "size(m) = :2",
                 "size(:h) = n",
                 "n = size(s)",
                 "size(s) <> :6",
                 "size(ns) = size(ss)"});
    // A type without a size is like an attribute that is not there.
    expect_false({"size(n) = :1",
                  "size(t) = :1",
                  "size(nul) = :1",
                  "size(gone) = :1",
                  "size(s) = :5s",
                  "size(n) < :9"});
}

TEST(Condition, TreatsWhatIsMissingAsUnequalToAll) {
    expect_true({"gone <> :5", ":5 <> gone", "gone <> gone2", "size(n) <> :5"});
    expect_false({"gone = :5",
                  ":5 = gone",
                  "gone = gone2",
                  "gone < :5",
                  "gone >= :5",
                  ":5 > gone",
                  "NOT gone <> :5"});
}

TEST(Condition, BindsNotBeforeAndBeforeOr) {
    expect_true({"n = :5 OR n = :6 AND n = :6",
                 "n = :6 AND n = :6 OR n = :5",
                 "NOT n = :6 AND n = :5",
                 "NOT NOT n = :5",
                 "NOT n = :5 OR n = :5",
                 "n BETWEEN :1 AND :6 AND s = :h",
                 "NOT n BETWEEN :6 AND :9 AND s = :h",
                 "NOT n IN (:6) AND s = :h",
                 "NOT contains(s, :z)",
                 "NOT NOT NOT n = :6"});
    expect_false({"(n = :5 OR n = :6) AND n = :6",
                  "NOT n = :5 AND n = :6",
                  "NOT (n = :6 OR n = :5)",
                  "NOT n = :5",
                  "NOT n BETWEEN :1 AND :9"});
}

TEST(Condition, LooksAtAnAbsentItemAsAnEmptyOne) {
    EXPECT_TRUE(holds("attribute_not_exists(id)", Item{}));
    EXPECT_TRUE(holds("n <> :5", Item{}));
    EXPECT_FALSE(holds("n = :5", Item{}));
}

TEST(Condition, RefusesToAnswerWithoutAValue) {
    const auto condition = Condition::parse("n = :5 AND s IN (:h, :unknown)");
    ASSERT_TRUE(condition);
    const auto answer = condition->holds(item, values);
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code, Errc::invalid);
    EXPECT_EQ(answer.error().message,
              "An expression attribute value used in expression is not defined; attribute value: "
              ":unknown");
}

TEST(Condition, MayBeCopiedAndOutliveItsText) {
    std::string text = "s = :h";
    std::optional first(*Condition::parse(text));
    const Condition copy(*first);
    first.reset();
    text.assign(text.size(), 'x');
    EXPECT_TRUE(copy.holds(item, values).value());
}

}  // namespace
}  // namespace carillon::dynamo
